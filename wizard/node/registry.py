"""The node types that definitions can use: built-in ones, those of the application, and those that installed packages
announce as entry points.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from wizard.errors import DefinitionError, NodeContractError, Problem
from wizard.node.contract import NodeType
from wizard.node.plugins import Announced, Unusable, announced, reason_of
from wizard.telemetry.logs import show_origin

ENTRY_POINTS = "wizard.nodes"


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


class Registry:
    """The node types that definitions can use, by their `type`. `unusable` are those that installed packages
    announce and that can't be used, with the reasons."""

    def __init__(self, types: Iterable[type[NodeType[Any]]] = ()) -> None:
        self._types: dict[str, NodeType[Any]] = {}
        self._packages: dict[str, Announced] = {}
        self._unusable: dict[tuple[str, str], Unusable] = {}
        for node_type in types:
            self.add(node_type)

    @classmethod
    def installed(cls) -> Registry:
        """All types that installed packages announce, the built-in ones included. What can't be used is warned of in
        the log and remembered as `unusable`; nothing is raised for it."""
        registry = cls()
        for entry in announced(ENTRY_POINTS):
            try:
                node_type = made(entry.load())
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                registry._refuse(entry, entry.name, _said(error), error)
            else:
                registry._admit(entry, node_type)
        return registry

    def add(self, node_type: type[NodeType[Any]]) -> None:
        """Raises DefinitionError where another type has this name already, or the class isn't what a node type is."""
        try:
            instance = made(node_type)
        except Exception as error:
            raise DefinitionError([Problem(node_type.__module__, 1, 1, _said(error))]) from error
        known = self._types.get(instance.type)
        if known is not None and type(known) is not node_type:
            raise DefinitionError([Problem(node_type.__module__, 1, 1, f"two node types are called {instance.type!r}")])
        if known is None:
            self._packages.pop(instance.type, None)
        self._types[instance.type] = instance

    def get(self, name: str) -> NodeType[Any] | None:
        return self._types.get(name)

    def package(self, name: str) -> str:
        """The package and version that a type comes from; "" for built-in types and those of the application."""
        known = self._packages.get(name)
        return "" if known is None or known.built_in else known.package

    @property
    def unusable(self) -> tuple[Unusable, ...]:
        return tuple(sorted(self._unusable.values()))

    def why_unusable(self, name: str) -> tuple[Unusable, ...]:
        """Why there is no type of this name, though one is announced; nothing where none is."""
        return () if name in self._types else tuple(node_type for node_type in self.unusable if node_type.type == name)

    def __iter__(self) -> Iterator[NodeType[Any]]:
        return iter(sorted(self._types.values(), key=lambda node_type: node_type.type))

    # -- what packages announce ----------------------------------------------------------------------

    def _admit(self, by: Announced, node_type: NodeType[Any]) -> None:
        """Of two packages that announce one name neither is taken: which of them a stored run was started with, nobody
        can tell."""
        name = node_type.type
        first, known = self._packages.get(name), self._types.get(name)
        if first is None:
            self._types[name], self._packages[name] = node_type, by
        elif known is not None and type(known) is type(node_type):
            return
        elif first.built_in:
            self._refuse(by, name, f"a built-in node type is called {name!r}: it needs another name")
        else:
            self._types.pop(name, None)
            for admitted, other in ((first, by), (by, first)):
                why = f"{other.package} announces a node type {name!r} as well: uninstall one of them"
                self._refuse(admitted, name, why)

    def _refuse(self, by: Announced, name: str, reason: str, error: BaseException | None = None) -> None:
        self._unusable[name, by.package] = Unusable(name, by.package, reason)
        log.warning("the node type %s of the package %s can't be used: %s", name, by.package or "unknown", reason)
        if error is not None:
            show_origin(log, error)


def _said(error: BaseException) -> str:
    return error.message if isinstance(error, NodeContractError) else reason_of(error)
