"""What can still be told of a run whose definition can't be compiled any more: a node type is gone, refuses its
configuration, or the definition isn't of this version of the program (S22).

An outline is a Workflow of the nodes that the run has come to, each by itself: those that can be read are what they
are, a stand-in takes the place of the others. It is enough to look at the run, export it and end it. Nothing can be
moved by it: it doesn't say what follows what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wizard.definitions.draft import NodeDraft, draft_head, draft_node
from wizard.definitions.format import STEP
from wizard.definitions.internal import ConditionConfig, WorkflowConfig
from wizard.definitions.reading import source
from wizard.definitions.reading.document import MAX_DEPTH, Document
from wizard.errors import DefinitionError, NodeContractError, WorkflowUnavailable
from wizard.expressions.prose import prose
from wizard.locale.sentences import sentence
from wizard.machine.items import is_numbers_entry
from wizard.model import Call, Item, Kind, Node, Outcome, Remaining, Repeat, Run, Step, Workflow
from wizard.model.nesting import load_json
from wizard.model.path import AFTER
from wizard.node import NodeConfig, NodeType, Registry, Visit
from wizard.node.plugins import reason_of
from wizard.node.registry import REMOTE

MAX_BUNDLE_BYTES = 64_000_000
NOT_SHOWN = sentence("(can't be shown at the moment)")
MOST_REASONS = 3  # that a message names


# -- what is stored of a definition ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bundle:
    """A stored definition with all that it embeds, as data. `program` is the version that stored it, `packages` say
    where its node types came from, `fields` where its field types did; they are empty where that wasn't noted."""

    root: str
    definitions: Mapping[str, Any]
    program: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)


def read_bundle(body: bytes) -> Bundle | None:
    """None where the body is no bundle."""
    try:
        data = load_json(body, MAX_DEPTH + 2) if len(body) <= MAX_BUNDLE_BYTES else None
    except ValueError:
        return None
    match data:
        case {"root": str(root), "definitions": dict(definitions), **others} if root in definitions:
            return Bundle(root, definitions, *_made_with(others.get("made_with")))
    return None


def _made_with(noted: object) -> tuple[str, Mapping[str, str], Mapping[str, str]]:
    match noted:
        case {"program": str(program), "packages": dict(packages), **others}:
            fields = others.get("fields")
            return program, _texts(packages), _texts(fields) if isinstance(fields, dict) else {}
    return "", {}, {}


def _texts(noted: dict[Any, Any]) -> Mapping[str, str]:
    return {str(name): str(version) for name, version in noted.items()}


# -- why it can't be used ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trouble:
    """A node that can't be read, with the id of its definition."""

    definition: str
    node: str
    type: str
    package: str
    reason: str


def troubles(bundle: Bundle, registry: Registry) -> Iterator[Trouble]:
    """The nodes of a bundle that can't be used here, in order."""
    for name, data in bundle.definitions.items():
        nodes = data.get("nodes") if isinstance(data, dict) else None
        for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
            if isinstance(node, dict):
                type_ = str(node.get("type", ""))
                known = registry.get(type_) is not None
                if said := _wrong(name, data, index, registry) if known else _missing(type_, bundle, registry):
                    package = _package(type_, bundle, registry) or _package_of_field(said, bundle, registry)
                    yield Trouble(name, str(node.get("id", "")), type_, package, said)


def _wrong(name: str, data: Any, index: int, registry: Registry) -> str:
    _, problems = draft_node(Document(name, data), registry, index)
    place = f"nodes.{index}."
    return "; ".join(problem.message.removeprefix(place) for problem in problems if problem.severity == "error")


def _missing(type_: str, bundle: Bundle, registry: Registry) -> str:
    """Why there is no node type of this name. A package may have announced it under another."""
    came_from = bundle.packages.get(type_, "").partition(" ")[0]
    whys = registry.why_unusable(type_) or [
        node_type for node_type in registry.unusable if came_from and node_type.package.partition(" ")[0] == came_from
    ]
    if not whys and bundle.packages.get(type_, "").startswith(REMOTE):
        return f"no service offers this node type here; register it: `wizard remote-nodes add {type_} URL`"
    return "; ".join(why.reason for why in whys) or "this node type isn't installed"


def _package(type_: str, bundle: Bundle, registry: Registry) -> str:
    """Where a type comes from, or came from when the definition was stored."""
    unusable = registry.why_unusable(type_)
    here = unusable[0].package if unusable else registry.package(type_)
    return here or bundle.packages.get(type_, "")


def _package_of_field(said: str, bundle: Bundle, registry: Registry) -> str:
    """Where the field type came from that a message says there isn't."""
    gone = (package for name, package in bundle.fields.items() if name not in registry.fields and f"`{name}`" in said)
    return next(gone, "")


def unavailable(run: Run, body: bytes | None, error: Exception | None, registry: Registry) -> WorkflowUnavailable:
    """Why the run can't go on here: `error` is what compiling the stored definition came to."""
    bundle = None if body is None else read_bundle(body)
    unusable = [] if bundle is None else list(troubles(bundle, registry))
    first = unusable[0] if unusable else Trouble(run.workflow, "", "", "", _reason(body, error))
    said = "; ".join(_told(node_type, run.workflow, bundle) for node_type in unusable[:MOST_REASONS]) or first.reason
    more = f"; and {len(unusable) - MOST_REASONS} more" if len(unusable) > MOST_REASONS else ""
    stored = f" It was stored by version {bundle.program} of this program." if bundle and bundle.program else ""
    return WorkflowUnavailable(
        f"The version {run.version[:12]} of the workflow, which this run was started with, can't be used here: "
        f"{said}{more}.{stored} Nothing of the run is lost: bring back what is missing, and it goes on.",
        type=first.type,
        package=first.package,
        reason=first.reason,
        version=run.version,
        workflow=run.workflow,
        node=first.node if first.definition == run.workflow else f"{first.definition}.{first.node}",
        run=run.id,
    )


def _reason(body: bytes | None, error: Exception | None) -> str:
    if body is None and error is None:
        return "its definition isn't in the store; restore it from a backup"
    if isinstance(error, DefinitionError):
        return "; ".join(problem.message for problem in error.problems[:MOST_REASONS] if problem.severity == "error")
    return "no reason is known" if error is None else reason_of(error)


def _told(trouble: Trouble, workflow: str, bundle: Bundle | None) -> str:
    where = trouble.node if trouble.definition == workflow else f"{trouble.node} of {trouble.definition}"
    then = "" if bundle is None else bundle.packages.get(trouble.type, "")
    came = f"; it came from {then} when the definition was stored" if then and then != trouble.package else ""
    of = f", package {trouble.package}" if trouble.package else ""
    return f"node {where} (type {trouble.type or 'unknown'}{of}): {trouble.reason}{came}"


# -- the outline -------------------------------------------------------------------------------------


class StandInConfig(NodeConfig):
    """`names` are those of what was answered: whether one is a password, only the missing type could say."""

    names: frozenset[str] = frozenset()


class StandIn(NodeType[StandInConfig]):
    """Takes the place of a node type that can't be used. What the node did stays owed until its type is back."""

    type = "unavailable"
    kind = Kind.FOREGROUND
    Config = StandInConfig

    def secrets(self, config: StandInConfig) -> frozenset[str]:
        return config.names

    async def execute(self, visit: Visit[StandInConfig]) -> Outcome:
        raise NodeContractError("A run was moved by its outline.", node=visit.step, run=visit.run)

    def summary(self, visit: Visit[StandInConfig]) -> tuple[Item, ...]:
        return (Item(visit.node.id, NOT_SHOWN.in_language(visit.language), step=visit.step),)

    @property
    def undoes(self) -> bool:
        return True

    async def remove(self, visit: Visit[StandInConfig]) -> None:
        raise NodeContractError("An outline can't undo anything.", node=visit.step, run=visit.run)


STAND_IN = StandIn()


@dataclass(frozen=True, slots=True)
class _Come:
    """Where the run has come to: the rest of a step's path, what is known of the step, and the names of its answers."""

    segments: tuple[str, ...]
    type: str
    kind: Kind
    names: frozenset[str]

    def inside(self, skipped: int) -> _Come:
        return replace(self, segments=self.segments[skipped:])


def outline(run: Run, body: bytes | None, registry: Registry, why: WorkflowUnavailable) -> Workflow:
    """What can be told of the workflow that the run is pinned to. `body` is the stored bundle, None where there is
    none."""
    return _Outline(None if body is None else read_bundle(body), registry, why).of(run)


class _Outline:
    def __init__(self, bundle: Bundle | None, registry: Registry, why: WorkflowUnavailable) -> None:
        self._bundle = bundle
        self._registry = registry
        self._why = why

    def of(self, run: Run) -> Workflow:
        steps = [*run.steps, *(undo.step for undo in run.undos)]
        come = [_come(step) for step in steps]
        known = {step.path for step in steps}
        come += [
            _Come(tuple(path.split("/")), "", Kind.FOREGROUND, frozenset(answers))
            for path, answers in run.parked.items()
            if path not in known and not is_numbers_entry(path)
        ]
        root = run.workflow if self._bundle is None else self._bundle.root
        return replace(
            self._workflow(root, come), id=run.workflow, version=run.version, awaited=frozenset(self._awaited())
        )

    def _awaited(self) -> Iterator[str]:
        """The events that nodes take, as far as their definitions say so: an event that is one of them mustn't be taken
        for one that the run has no use for."""
        for definition in () if self._bundle is None else self._bundle.definitions.values():
            nodes = definition.get("nodes") if isinstance(definition, Mapping) else None
            for node in nodes if isinstance(nodes, list) else ():
                event = node.get("event") if isinstance(node, Mapping) else None
                for each in event if isinstance(event, list) else [event]:
                    name = each.get("name") if isinstance(each, Mapping) else each
                    if isinstance(name, str):
                        yield name

    def _workflow(self, name: str, come: Iterable[_Come]) -> Workflow:
        document = self._document(name)
        head = None if document is None else draft_head(document, self._registry)
        raw = _raw_nodes(document)
        start = next(iter(raw), "")
        by_node: dict[str, list[_Come]] = {}
        for arrival in come:
            by_node.setdefault(arrival.segments[0].partition("~")[0], []).append(arrival)
        nodes = {node: self._node(node, raw.get(node), document, there) for node, there in by_node.items()}
        if start and start not in nodes:
            nodes[start] = self._node(start, raw[start], document, [])
        again = {node for node, there in by_node.items() if any("~" in path.segments[0] for path in there)}
        return Workflow(
            id=name,
            version="",
            title=(head.title if head is not None else "") or name,
            text="" if head is None else prose(head.text),
            nodes=nodes,
            start=start,
            reach={node: frozenset({node} & again) for node in nodes},
            remaining={node: Remaining(0, None) for node in nodes},
            saves_steps=head is not None and head.save == STEP,
            expires_after=None if head is None else head.expires_after,
            delete_after=None if head is None else head.delete_after,
            language="en" if head is None else head.language,
            unavailable=self._why,
        )

    def _document(self, name: str) -> Document | None:
        data = None if self._bundle is None else self._bundle.definitions.get(name)
        try:
            return source.from_data(data, name) if isinstance(data, dict) else None
        except DefinitionError:
            return None

    def _node(self, name: str, index: int | None, document: Document | None, there: list[_Come]) -> Node:
        draft = None if document is None or index is None else draft_node(document, self._registry, index)[0]
        config = None if draft is None else draft.config
        nested = [path for path in there if len(path.segments) > 1]
        if nested or isinstance(config, WorkflowConfig):
            embedding = self._registry.get("workflow") or STAND_IN
            return _made(name, draft, Kind.INTERNAL, embedding, self._call(index, document, there), type_="workflow")
        if draft is None or config is None or isinstance(config, ConditionConfig):
            kind = there[0].kind if there else Kind.FOREGROUND
            names = frozenset[str]().union(*(path.names for path in there))
            stand_in = _made(
                name, draft, kind, STAND_IN, StandInConfig(names=names), type_=there[0].type if there else ""
            )
            return replace(stand_in, secrets=names)
        return _made(name, draft, draft.handler.kind, draft.handler, config)

    def _call(self, index: int | None, document: Document | None, there: list[_Come]) -> Call:
        data = None if document is None or index is None else document.data["nodes"][index]
        named = data.get("workflow") if isinstance(data, dict) else None
        items = [path for path in there if len(path.segments) > 1 and _is_item(path.segments[1])]
        skipped = 2 if items else 1
        inside = [path.inside(skipped) for path in there if len(path.segments) > skipped]
        inner = self._workflow(named if isinstance(named, str) else "", inside)
        return Call(inner, {}, Repeat() if items else None)


def _come(step: Step) -> _Come:
    names = frozenset({**(step.output or {}), **(step.draft or {})})
    return _Come(tuple(step.path.split("/")), step.type, step.kind, names)


def _is_item(segment: str) -> bool:
    return segment.removeprefix(AFTER).isdigit()


def _raw_nodes(document: Document | None) -> dict[str, int]:
    """The places of a definition's nodes by id, in order; of two with one id the first."""
    places: dict[str, int] = {}
    nodes = None if document is None else document.data.get("nodes")
    for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
        name = node.get("id") if isinstance(node, dict) else None
        if isinstance(name, str):
            places.setdefault(name, index)
    return places


def _made(
    name: str, draft: NodeDraft | None, kind: Kind, handler: NodeType[Any], config: Any, *, type_: str = ""
) -> Node:
    common = None if draft is None else draft.common
    title = None if common is None or common.title is None or not common.title.constant else common.title
    return Node(
        id=name,
        type=type_ or (handler.type if draft is None else draft.handler.type),
        kind=kind,
        config=config,
        handler=handler,
        next=None,
        targets=(),
        title=title,
        final=common is not None and common.final,
        slow=common is not None and common.slow,
        secrets=frozenset() if draft is None else draft.secrets,
        files=frozenset() if draft is None else draft.files,
    )
