"""A document -> a draft: each key is checked by itself and what is right is kept, so that one mistake doesn't hide the
next. `wizard.definitions.build` makes the compiled Workflow of drafts that `wizard.definitions.checks` has found
nothing wrong with.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ValidationError

from wizard.definitions.chains import Part, chains_of, parts_of
from wizard.definitions.format import WorkflowFormat
from wizard.definitions.internal import ConditionConfig, WorkflowConfig
from wizard.definitions.reading.complaints import complaints, quoted, unknown_field_type, whole
from wizard.definitions.reading.document import Document
from wizard.definitions.refused_nodes import unknown_type, why_not
from wizard.definitions.salvage import Partial, salvaged
from wizard.definitions.schema import known_keys
from wizard.errors import NodeContractError, Problem
from wizard.forms.field_type import BaseField
from wizard.forms.fields import USUAL
from wizard.model import Chain, Kind
from wizard.model.workflow import Path
from wizard.node import FunctionCall, NodeConfig, NodeType, Registry
from wizard.node.keys import COMMON, EventFormat, NodeFormat, keys_of
from wizard.node.plugins import reason_of
from wizard.node.types import END
from wizard.process.isolation import contained
from wizard.telemetry.logs import show_origin

log = logging.getLogger("wizard.plugins")


@dataclass(frozen=True)
class NodeDraft:
    """A node whose common keys are read. `config` is None where the configuration is wrong, and `partial` what is left
    of it then; `secrets` are the names below its id that are never shown again, `files` those of uploaded files."""

    place: Path
    common: NodeFormat
    handler: NodeType[Any]
    config: NodeConfig | None
    below: str | None  # the node that is written below
    secrets: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    partial: Partial | None = None

    @property
    def id(self) -> str:
        return self.common.id

    @property
    def written(self) -> NodeConfig | None:
        """The configuration, or what is left of a wrong one."""
        return self.config if self.partial is None else self.partial.config

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Its expressions and templates; several checks go through them."""
        return tuple(parts_of(self))

    @cached_property
    def names(self) -> frozenset[Chain]:
        """The dotted names that it reads, without its own."""
        return frozenset(chain for _, chain, own in chains_of(self) if chain[0] not in own)

    def written_at(self, path: Path) -> Path:
        """Where what stands at `path` in `written` stands in the document."""
        return (*self.place, *(path if self.partial is None else self.partial.place(path)))

    @property
    def named(self) -> tuple[tuple[Path, str], ...]:
        """The targets that the author wrote, with their places."""
        targets: list[tuple[Path, str]] = []
        match self.common.next:
            case str(target):
                targets.append(((*self.place, "next"), target))
            case dict(ports):
                targets += (((*self.place, "next", port), target) for port, target in ports.items())
        written = self.written
        if isinstance(written, ConditionConfig):
            places = (self.written_at(("cases", index, "goto")) for index in range(len(written.cases)))
            targets += zip(places, (case.goto for case in written.cases), strict=True)
        if self.common.on_error.goto is not None:
            targets.append(((*self.place, "on_error", "goto"), self.common.on_error.goto))
        if self.unanswered is not None:
            targets.append(((*self.place, "remind_after", "goto"), self.unanswered))
        if self.given_up is not None:
            targets.append(((*self.place, "after_tries", "goto"), self.given_up))
        targets += [((*self.place, "event"), event.goto) for event in self.events if event.goto is not None]
        return tuple(targets)

    @property
    def next(self) -> str | None:
        """The node that follows on the ordinary way; None for the end, and for conditions, whose cases say."""
        if self.handler.ends or isinstance(self.config, ConditionConfig):
            return None
        return target_of(self.common.next) if isinstance(self.common.next, str) else self.below

    @property
    def port_names(self) -> tuple[str, ...]:
        """The ways out that a node of this type and configuration has, besides the ordinary one."""
        return self.handler.ports if self.config is None else tuple(self.handler.ports_of(self.config))

    @property
    def ports(self) -> dict[str, str | None]:
        """Where the ways out lead that the type names, as far as the definition says."""
        named = self.common.next if isinstance(self.common.next, dict) else {}
        return {port: target_of(target) for port, target in named.items()}

    @property
    def exits(self) -> tuple[str | None, ...]:
        """Where the node leads when nothing fails; None is the end."""
        if isinstance(self.config, ConditionConfig):
            return tuple(dict.fromkeys(target_of(case.goto) for case in self.config.cases))
        ways = [*self.ports.values()]
        if not self.handler.always_ports or self.ports.keys() < {*self.port_names}:
            ways.insert(0, self.next)
        if self.handler.kind is Kind.BACKGROUND:
            ways += (target_of(event.goto) for event in self.events if event.goto is not None)
        return tuple(dict.fromkeys(ways))

    @property
    def events(self) -> tuple[EventFormat, ...]:
        """The events that the node takes."""
        own = () if self.config is None else self.handler.events(self.config)
        return (*self.common.event, *own)

    @property
    def own_outputs(self) -> frozenset[str] | None:
        """The names below the node's id that its type gives, or may give if its configuration is wrong; None where they
        can't be known."""
        if self.written is None:
            return None
        names = self.handler.outputs(self.written)
        return names if names is None or self.partial is None else names | self.partial.names

    @property
    def outputs(self) -> frozenset[str] | None:
        """The names below the node's id that later nodes can read; None where they can't be known."""
        own = self.own_outputs
        return own if own is None or not self.common.event else own | {"event", "data"}

    @property
    def unanswered(self) -> str | None:
        """Where a form leads that isn't answered in time, as the author wrote it."""
        reminder = self.common.remind_after
        return None if reminder is None else reminder.goto

    @property
    def given_up(self) -> str | None:
        """Where a conversation leads that isn't understood, as the author wrote it."""
        tries = self.common.after_tries
        return None if tries is None else tries.goto

    @property
    def successors(self) -> tuple[str, ...]:
        """Every node that an edge leads to."""
        closing = [event.goto for event in self.common.event]
        others = (self.common.on_error.goto, self.unanswered, self.given_up, *closing)
        every = [*self.exits, *(target_of(goto) for goto in others if goto is not None)]
        return tuple(dict.fromkeys(target for target in every if target is not None))


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition whose keys are read. `ids` holds every node id that is written in it, and
    `whole` says that all its nodes are right as far as they can be read alone."""

    document: Document
    head: WorkflowFormat
    input: tuple[BaseField, ...]
    nodes: tuple[NodeDraft, ...]
    ids: frozenset[str]
    whole: bool

    @property
    def id(self) -> str:
        return self.head.id

    @property
    def valued(self) -> dict[str, NodeDraft]:
        """The nodes that can have values, by id."""
        return {node.id: node for node in self.nodes if not isinstance(node.config, ConditionConfig)}

    @property
    def calls(self) -> tuple[tuple[NodeDraft, WorkflowConfig], ...]:
        """The nodes that embed another definition."""
        return tuple((node, node.config) for node in self.nodes if isinstance(node.config, WorkflowConfig))


_NO_NODES: tuple[dict[str, Any], ...] = ({},)  # stands in for nodes that can't be read


def target_of(name: str) -> str | None:
    """The node that an author names, None for the end."""
    return None if name == END else name


# -- reading -------------------------------------------------------------------------------------


def draft(document: Document, registry: Registry) -> tuple[Draft | None, list[Problem]]:
    """The definition as far as it can be read, and everything that is wrong with its keys. None
    where there is not even a usable id."""
    reader = _Reader(document, registry)
    return reader.draft(), reader.problems


def draft_node(document: Document, registry: Registry, index: int) -> tuple[NodeDraft | None, list[Problem]]:
    """One node by itself, as far as it can be read, and what is wrong with it."""
    reader = _Reader(document, registry)
    return reader.node(index), reader.problems


def draft_head(document: Document, registry: Registry) -> WorkflowFormat | None:
    """What a definition says beside its nodes, without the keys that are wrong; None where there is not even a usable
    id."""
    return _Reader(document, registry).head()


def draft_fields(document: Document, registry: Registry, key: str) -> tuple[tuple[BaseField, ...], list[Problem]]:
    """The fields by name that a document declares below `key`, as a workflow does below `input`, and what is wrong with
    them."""
    reader = _Reader(document, registry)
    return reader.fields(key, document.data.get(key)), reader.problems


class _Reader:
    def __init__(self, document: Document, registry: Registry) -> None:
        self.document = document
        self.registry = registry
        self.problems: list[Problem] = []

    def draft(self) -> Draft | None:
        data = self.document.data
        if not isinstance(data, dict):
            self._complain((), "a definition is a mapping that has `id` and `nodes`")
            return None
        head = self._head(data)
        before = len(self.problems)
        nodes, ids = self._nodes(data.get("nodes"))
        declared = self.fields("input", data.get("input"))
        if head is None:
            return None
        whole = len(self.problems) == before and head.nodes != _NO_NODES
        return Draft(self.document, head, declared, nodes, ids, whole)

    def node(self, index: int) -> NodeDraft | None:
        return self._node(("nodes", index), self.document.data["nodes"][index], None)

    def head(self) -> WorkflowFormat | None:
        return self._head(self.document.data)

    def _complain(self, path: Path, message: str, *, key: bool = False, offset: int | None = None) -> None:
        self.problems.append(self.document.problem(path, message, key=key, offset=offset))

    def _validated(self, model: type[BaseModel], data: Mapping[str, Any], place: Path, also: frozenset[str]) -> Any:
        """The model, or None; its complaints name places below `place`. `also` are keys that the place
        may have besides."""
        try:
            return model.model_validate(data, context=self.registry.fields)
        except ValidationError as error:

            def known(loc: tuple[str | int, ...]) -> frozenset[str]:
                return known_keys(model, loc, self.registry.fields) | (also if not loc else frozenset())

            for complaint in complaints(error, known, data):
                self._complain((*place, *complaint.path), complaint.message, key=complaint.key, offset=complaint.offset)
            return None

    def _salvaged(
        self, model: type[BaseModel], data: Mapping[str, Any], place: Path, stand_ins: Mapping[str, Any]
    ) -> Any:
        """As _validated, but keys that are wrong are left out, or replaced by their stand-ins, so that
        the rest can be checked. None where that isn't enough."""
        whole = self._validated(model, data, place, frozenset())
        if whole is not None:
            return whole
        try:
            model.model_validate(data, context=self.registry.fields)
        except ValidationError as error:
            wrong = {detail["loc"][0] for detail in error.errors(include_input=False) if detail["loc"]}
            kept = {key: value for key, value in data.items() if key not in wrong}
            kept |= {key: value for key, value in stand_ins.items() if key in wrong}
            try:
                return model.model_validate(kept, context=self.registry.fields)
            except ValidationError:
                return None

    def _head(self, data: Mapping[str, Any]) -> WorkflowFormat | None:
        nodes = data.get("nodes")
        if nodes == []:
            self._complain(("nodes",), "this workflow is empty; give it at least one node")
            data = {**data, "nodes": _NO_NODES}
        head: WorkflowFormat | None = self._salvaged(WorkflowFormat, data, (), {"nodes": _NO_NODES})
        return head

    def fields(self, key: str, data: object) -> tuple[BaseField, ...]:
        fields = []
        for name, declaration in data.items() if isinstance(data, dict) else ():
            if not isinstance(declaration, dict):
                continue
            place = (key, name)
            kind = declaration.get("type", USUAL.name)
            of = self.registry.fields.get(kind) if isinstance(kind, str) else None
            if "name" in declaration:
                self._complain((*place, "name"), "the key is the name of an input; remove `name`", key=True)
            elif of is None:
                self._complain((*place, "type"), unknown_field_type(str(kind), self.registry.fields))
            else:
                field = self._validated(of.model, {"name": name, "type": kind, **declaration}, place, frozenset())
                fields += [field] if field is not None else []
        return tuple(fields)

    def _nodes(self, data: object) -> tuple[tuple[NodeDraft, ...], frozenset[str]]:
        nodes = (
            [(index, node) for index, node in enumerate(data) if isinstance(node, dict)]
            if isinstance(data, list)
            else []
        )
        first: dict[str, int] = {}
        for index, node in nodes:
            name = node.get("id")
            if isinstance(name, str) and first.setdefault(name, index) != index:
                line = self.document.problem(("nodes", first[name], "id"), "").line
                message = f"there are two nodes called {quoted(name)}; the first is in line {line}"
                self._complain(("nodes", index, "id"), message)
        drafts = []
        for position, (index, node) in enumerate(nodes):
            following = nodes[position + 1][1].get("id") if position + 1 < len(nodes) else None
            drafted = self._node(("nodes", index), node, following if isinstance(following, str) else None)
            if drafted is not None and first[drafted.id] == index:
                drafts.append(drafted)
        return tuple(drafts), frozenset(first)

    def _node(self, place: Path, data: Mapping[str, Any], below: str | None) -> NodeDraft | None:
        handler = self._handler(place, data)
        if handler is None:
            keys = {key: value for key, value in data.items() if key in COMMON}
            self._validated(NodeFormat, {**keys, "type": "?"}, place, frozenset())
            return None
        allowed = keys_of(handler)
        own = known_keys(handler.Config)
        for key in data:
            if key in COMMON - allowed - own:
                self._complain((*place, key), why_not(key, handler), key=True)
        common: NodeFormat | None = self._salvaged(
            NodeFormat, {key: value for key, value in data.items() if key in allowed}, place, {}
        )
        mine = {key: value for key, value in data.items() if key in own or key not in COMMON}
        config, secrets, files, partial = self._configured(handler, mine, place, allowed)
        return None if common is None else NodeDraft(place, common, handler, config, below, secrets, files, partial)

    def _configured(
        self, handler: NodeType[Any], data: Mapping[str, Any], place: Path, allowed: frozenset[str]
    ) -> tuple[NodeConfig | None, frozenset[str], frozenset[str], Partial | None]:
        """The node's configuration, None where it is wrong, its secrets, its files, and what is left of a wrong one.
        All that its type is asked while definitions are loaded is asked here first: what the type itself does wrong is
        a problem that names it, whoever wrote it."""
        try:
            config: NodeConfig | None = self._validated(handler.Config, data, place, allowed)
            if config is None:
                return None, frozenset(), frozenset(), self._partial(handler, data, place)
            for inside, message in handler.check(config):
                self._complain((*place, *inside), whole((*place, *inside), message))
            return config, *_special_names(handler, config), None
        except BaseException as raised:
            error = contained(raised)
            package = self.registry.package(handler.type)
            whose = f" of the package {package}" if package else ""
            self._complain(
                (*place, "type"),
                f"the node type {quoted(handler.type)}{whose} can't say whether this is right: {_said(error)}",
            )
            show_origin(log, error)
            return None, frozenset(), frozenset(), None

    def _partial(self, handler: NodeType[Any], data: Mapping[str, Any], place: Path) -> Partial | None:
        """What is left of a configuration that is wrong, and what else is wrong with it."""
        partial = salvaged(handler.Config, data, self.registry.fields)
        if partial is None:
            return None
        if partial.whole:
            for inside, message in handler.check(partial.config):
                path = (*place, *partial.place(inside))
                self._complain(path, whole(path, message))
        _special_names(handler, partial.config)
        return partial

    def _handler(self, place: Path, data: Mapping[str, Any]) -> NodeType[Any] | None:
        name = data.get("type")
        if name is None:
            self._complain(place, "this node has no `type`")
            return None
        handler = self.registry.get(name) if isinstance(name, str) else None
        if handler is None:
            self._complain((*place, "type"), unknown_type(str(name), self.registry))
        return handler


def _special_names(handler: NodeType[Any], config: NodeConfig) -> tuple[frozenset[str], frozenset[str]]:
    """The secrets and the files of a configuration, after all that a type is asked of one was asked. Raises
    NodeContractError where an answer is of a wrong kind, and whatever the type raises."""
    outputs, nothing = handler.outputs(config), frozenset[str]()
    secrets, files = handler.secrets(config), handler.files(config)
    answers = {
        "outputs": nothing if outputs is None else outputs,
        "own_names": handler.own_names(config),
        "secrets": secrets,
        "files": files,
        "functions": handler.functions(config),
    }
    for method, names in answers.items():
        if not isinstance(names, Set) or not all(isinstance(name, str) for name in names):
            raise NodeContractError(f"{method} gave {type(names).__name__}: return a frozenset of names")
    events = handler.events(config)
    if not isinstance(events, tuple) or not all(isinstance(event, EventFormat) for event in events):
        raise NodeContractError(f"events gave {type(events).__name__}: return the value of a field of the type Events")
    calls = handler.function_calls(config)
    if not isinstance(calls, tuple) or not all(isinstance(call, FunctionCall) for call in calls):
        raise NodeContractError(f"function_calls gave {type(calls).__name__}: return a tuple of FunctionCall")
    hosts = handler.hosts(config)
    if not isinstance(hosts, Set) or not all(isinstance(chain, tuple) and chain for chain in hosts):
        raise NodeContractError(f"hosts gave {type(hosts).__name__}: return the `chains` of an expression or template")
    waits = handler.waits(config)
    if not isinstance(waits, bool):
        raise NodeContractError(f"waits gave {type(waits).__name__}: return True or False")
    return frozenset(secrets), frozenset(files)


def _said(error: Exception) -> str:
    return error.message if isinstance(error, NodeContractError) else reason_of(error)
