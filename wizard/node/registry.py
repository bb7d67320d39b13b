"""The types of nodes and of fields that definitions can use: built-in ones, those of the application, and those that
installed packages announce as entry points.
"""

from __future__ import annotations

import inspect
import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from jinja2 import Environment

from wizard.errors import DefinitionError, NodeContractError, Problem
from wizard.forms.field_type import FieldType
from wizard.forms.fields import BUILT_IN, FieldTypes
from wizard.model.remote import RemoteNode
from wizard.node.contract import NodeType
from wizard.node.disabled import disabled, normal
from wizard.node.plugins import Announced, Unusable, announced, reason_of
from wizard.process.calls import no_copy
from wizard.process.isolation import Whose
from wizard.telemetry.logs import show_origin

ENTRY_POINTS = "wizard.nodes"
FIELD_ENTRY_POINTS = "wizard.fields"

_NAME = re.compile(r"[a-z][a-z0-9_.]{0,59}")
_SYNTAX = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)  # it only parses

REMOTE = "remote service"  # in the place of a package
GONE = "no service offers it any more; register one again"
LONG = 5.0  # seconds of an import after which it is told

T = TypeVar("T")

log = logging.getLogger("wizard.plugins")


def made(node_class: object) -> NodeType[Any]:
    """An instance of a node type. Raises NodeContractError where it is none or is wrongly written, saying what is
    wrong, and whatever making one raises."""
    from wizard.node.declared import mistakes

    if problems := mistakes(node_class):
        raise NodeContractError("; ".join(problems))
    assert isinstance(node_class, type)
    assert issubclass(node_class, NodeType)
    config = node_class.Config
    config.model_rebuild()  # a name in it that is nowhere defined would show in the first definition only
    return node_class()


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    """What is announced under one name, and isn't imported yet."""

    made: Callable[[object], tuple[str, T]]
    entries: list[Announced]
    lock: threading.RLock = field(default_factory=threading.RLock)


class Announcements(Generic[T]):
    """What of one kind is there by name, where it comes from, and what can't be used. `what` is the kind, as people
    call it. What is announced may wait until somebody asks for it by its name: there is much, and a definition uses a
    little. Whoever waits for one import keeps nobody from another."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.known: dict[str, T] = {}
        self._waiting: dict[str, _Waiting[T]] = {}
        self._packages: dict[str, Announced] = {}
        self._unusable: dict[tuple[str, str], Unusable] = {}

    def load(
        self,
        entries: Iterable[Announced],
        made: Callable[[object], tuple[str, T]],
        *,
        without: frozenset[str] = frozenset(),
        later: bool = False,
    ) -> None:
        """What packages announce, but for those that are disabled (`without`); `made` gives the name and what is known
        by it, or raises anything. With `later` each is imported when it is asked for by name."""
        for entry in entries:
            if entry.built_in and later:
                self._waiting[entry.name], self._packages[entry.name] = _Waiting(made, [entry]), entry
            elif not entry.built_in and normal(entry.distribution) in without:
                why = f"its package is disabled: `wizard plugins enable {entry.distribution}` brings it back"
                self._unusable[entry.name, entry.package] = Unusable(entry.name, entry.package, why)
                log.info("the %s %s of the package %s is left out: %s", self.what, entry.name, entry.package, why)
            elif later and (first := self._packages.get(entry.name)) is not None and first.built_in:
                self._refuse(entry, entry.name, self._is_built_in(entry.name))
            elif later:
                self._waiting.setdefault(entry.name, _Waiting(made, [])).entries.append(entry)
            else:
                self._load(entry, made)

    def _load(self, entry: Announced, made: Callable[[object], tuple[str, T]]) -> None:
        whose = Whose(f"the {self.what} {entry.name} of the package {entry.package or 'unknown'}")
        try:
            with _telling(entry, self.what), no_copy(whose):
                name, thing = made(entry.load())
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._refuse(entry, entry.name, _said(error), error)
        else:
            if name == entry.name:
                self._admit(entry, name, thing)
            else:
                first = self._packages.get(name)
                is_built_in = first.built_in if first is not None else name in self.known
                other = f"its own name is {name}: name the entry point like the {self.what}"
                self._refuse(entry, entry.name, self._is_built_in(name) if is_built_in else other)

    def get(self, name: str) -> T | None:
        if (waiting := self._waiting.get(name)) is not None:
            with waiting.lock:  # definitions are compiled in several threads
                if name in self._waiting:
                    self._packages.pop(name, None)
                    for entry in waiting.entries:
                        self._load(entry, waiting.made)
                    del self._waiting[name]
        return self.known.get(name)

    def all(self) -> dict[str, T]:
        """By name."""
        for name in [*self._waiting]:
            self.get(name)
        return self.known

    def add(self, name: str, thing: T, origin: type) -> None:
        """Raises DefinitionError where something else has this name already; `origin` is the class that names it."""
        known = self.get(name)
        if known is not None and not _is_same(known, thing):
            raise _wrong(origin, f"two {self.what}s are called {name!r}: give this one another name")
        if known is None:
            self._packages.pop(name, None)
        self.known[name] = thing

    def package(self, name: str) -> str:
        self.get(name)
        known = self._packages.get(name)
        return "" if known is None or known.built_in else known.package

    @property
    def unusable(self) -> tuple[Unusable, ...]:
        self.all()
        return tuple(sorted(self._unusable.values()))

    def _admit(self, by: Announced, name: str, thing: T) -> None:
        """Of two packages that announce one name neither is taken: which of them a stored run was started with, nobody
        can tell."""
        first, known = self._packages.get(name), self.known.get(name)
        if first is None and known is None:
            self.known[name], self._packages[name] = thing, by
        elif known is not None and _is_same(known, thing):
            return
        elif first is None or first.built_in:
            self._refuse(by, name, self._is_built_in(name))
        else:
            self.known.pop(name, None)
            for admitted, other in ((first, by), (by, first)):
                why = f"{other.package} announces a {self.what} {name!r} as well: uninstall one of them"
                self._refuse(admitted, name, why)

    def _is_built_in(self, name: str) -> str:
        return f"a built-in {self.what} is called {name!r}: it needs another name"

    def _refuse(self, by: Announced, name: str, reason: str, error: BaseException | None = None) -> None:
        self._unusable[name, by.package] = Unusable(name, by.package, reason)
        log.warning("the %s %s of the package %s can't be used: %s", self.what, name, by.package or "unknown", reason)
        if error is not None:
            show_origin(log, error)


@contextmanager
def _telling(entry: Announced, what: str) -> Iterator[None]:
    """Says which package it is that nothing starts for, where its import takes long: it may hang."""
    if entry.built_in:
        yield
        return
    why = "the import of the %s %s of the package %s takes long. `wizard plugins disable %s` leaves the package out"
    package = entry.package or "unknown"
    told = threading.Timer(LONG, log.warning, (why, what, entry.name, package, entry.distribution))
    told.daemon = True
    told.start()
    try:
        yield
    finally:
        told.cancel()


def _is_same(known: object, other: object) -> bool:
    """Whether two are one: a node type is known by its class, of which each has an instance."""
    return known is other or (isinstance(known, NodeType) and type(known) is type(other))


class Registry:
    """The node types that definitions can use, by their `type`, and the types of their fields (`fields`). `unusable`
    are the node types that installed packages announce and that can't be used, with the reasons, `unusable_fields` the
    field types."""

    def __init__(self, types: Iterable[type[NodeType[Any]]] = (), fields: Iterable[FieldType] = ()) -> None:
        self._types = Announcements[NodeType[Any]]("node type")
        self._remote: Mapping[str, NodeType[Any]] = {}
        self._remote_nodes: Mapping[str, RemoteNode] = {}
        self._remote_unusable: Mapping[str, Unusable] = {}
        self.revision = 0  # counts how often the remote types changed
        self._fields = Announcements[FieldType]("field type")
        self._fields.known.update(BUILT_IN)
        self.fields = BUILT_IN
        for node_type in types:
            self.add(node_type)
        for field_type in fields:
            self.add_field(field_type)

    @classmethod
    def installed(cls) -> Registry:
        """All types that installed packages announce, the built-in ones included, but for those of packages that are
        disabled. A node type is imported when it is asked for. What can't be used is warned of in the log then, and
        remembered; nothing is raised for it. Raises
        SettingsError where the list of those that are disabled can't be read."""
        registry, without = cls(), disabled()
        registry._types.load(announced(ENTRY_POINTS), _made_and_named, without=without, later=True)
        registry._fields.load(announced(FIELD_ENTRY_POINTS), _checked, without=without)
        registry._tell_fields()
        return registry

    @classmethod
    def built_in(cls) -> Registry:
        """The built-in types alone: nothing of another package is imported."""
        registry = cls()
        own = [entry for entry in announced(ENTRY_POINTS) if entry.built_in]
        registry._types.load(own, _made_and_named, later=True)
        return registry

    def add(self, node_type: type[NodeType[Any]]) -> None:
        """Raises DefinitionError where another type has this name already, or the class isn't what a node type is."""
        try:
            instance = made(node_type)
        except Exception as error:
            raise _wrong(node_type, _said(error)) from error
        self._types.add(instance.type, instance, node_type)

    def add_field(self, field_type: FieldType) -> None:
        """Raises DefinitionError where another field type has this name already, or this is none that can be used."""
        try:
            name, _ = _checked(field_type)
        except Exception as error:
            raise _wrong(getattr(field_type, "model", field_type), _said(error)) from error
        self._fields.add(name, field_type, field_type.model)
        self._tell_fields()

    def _tell_fields(self) -> None:
        """A FieldTypes never changes: what is compiled of one is kept."""
        broken: dict[str, str] = {}
        for why in self.unusable_fields:
            if why.type not in self._fields.known:
                broken[why.type] = "; ".join(filter(None, (broken.get(why.type), str(why))))
        if broken or len(self._fields.known) > len(BUILT_IN):
            self.fields = FieldTypes(self._fields.known.values(), broken)

    def offer_remote(
        self,
        types: Mapping[str, NodeType[Any]],
        nodes: Mapping[str, RemoteNode],
        unusable: Iterable[Unusable] = (),
    ) -> None:
        """Has these node types in the place of those that services offered before; `nodes` are the registrations. A
        name that a type of this process has stays that one's. Those that are gone are known as such."""
        refused = {each.type: each for each in unusable}
        gone = {*self._remote, *self._remote_unusable} - types.keys()
        told = {name: Unusable(name, REMOTE, f"{GONE}: `wizard remote-nodes add {name} URL`") for name in gone}
        self._remote_unusable = {**told, **refused}
        self._remote, self._remote_nodes = dict(types), dict(nodes)
        self.revision += 1

    def get(self, name: str) -> NodeType[Any] | None:
        return self._types.get(name) or self._remote.get(name)

    def remote(self, name: str) -> RemoteNode | None:
        """The registration that counts now of the type of this name that a service offers."""
        return self._remote_nodes.get(name)

    def is_remote(self, name: str) -> bool:
        """Whether a service offers the type of this name."""
        return name in self._remote and self._types.get(name) is None

    def package(self, name: str) -> str:
        """The package and version that a type comes from; "" for built-in types and those of the application."""
        if self.is_remote(name):
            return f"{REMOTE} {urlsplit(self._remote_nodes[name].url).hostname}"
        return self._types.package(name)

    def has_field(self, name: str) -> bool:
        return name in self._fields.known

    def field_package(self, name: str) -> str:
        """The same of a field type."""
        return self._fields.package(name)

    @property
    def unusable(self) -> tuple[Unusable, ...]:
        return (*self._types.unusable, *(each for _, each in sorted(self._remote_unusable.items())))

    @property
    def unusable_fields(self) -> tuple[Unusable, ...]:
        return self._fields.unusable

    def why_unusable(self, name: str) -> tuple[Unusable, ...]:
        """Why there is no type of this name, though one is announced; nothing where none is."""
        whys = (why for why in self.unusable if why.type == name)
        return () if self.get(name) is not None else tuple(whys)

    def __iter__(self) -> Iterator[NodeType[Any]]:
        every = {**self._remote, **self._types.all()}
        return iter(sorted(every.values(), key=lambda node_type: node_type.type))


def _made_and_named(node_class: object) -> tuple[str, NodeType[Any]]:
    node_type = made(node_class)
    return node_type.type, node_type


def _checked(field_type: object) -> tuple[str, FieldType]:
    """Raises NodeContractError where it is no FieldType that can be used, and whatever its model or template raises."""
    if not isinstance(field_type, FieldType):
        raise NodeContractError(f"a field type is a FieldType, and this is {type(field_type).__name__}")
    if field_type.parser is None:
        raise NodeContractError(f"the field type {field_type.name!r} has no `parser`")
    if not _NAME.fullmatch(field_type.name):
        raise NodeContractError(
            f"{field_type.name!r} isn't a name for a field type: use small letters, digits, . and _"
        )
    field_type.model.model_rebuild()  # a name in it that is nowhere defined would show in the first definition only
    _SYNTAX.parse(field_type.template)
    return field_type.name, field_type


def _wrong(what: object, message: str) -> DefinitionError:
    """At the class in its file, where that is known."""
    return DefinitionError([Problem(*_place(what), 1, message)])


def _place(what: object) -> tuple[str, int]:
    try:
        return inspect.getfile(what), inspect.getsourcelines(what)[1]  # type: ignore[arg-type]
    except (OSError, TypeError):  # typed into an interpreter, or no class at all
        return getattr(what, "__module__", type(what).__module__), 1


def _said(error: BaseException) -> str:
    return error.message if isinstance(error, NodeContractError) else reason_of(error)
