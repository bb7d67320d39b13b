"""What a node type is: the contract that built-in and third-party node types are written against.

A node type is one class with a typed configuration. The engine makes one instance per type and
hands it a Visit at each call: instances hold no state of a run. For each visit the engine calls
`execute` once or more, then either `close`, or `remove` and `close`; close is the last call (S14).

Foreground types also say, without side effects, what they ask (`prompt`) and whether an answer
accepted earlier still holds (`accepts`). Background types execute and return Proceed.

Third parties announce their types as entry points of the group `wizard.nodes`, each by the type's name. What they write
against is exported here: this module, and wizard.node.stateful for types with several states, is all that they import.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from math import isnan
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict

from wizard.errors import NodeContractError, ResourceUnusable
from wizard.expressions.expression import Names
from wizard.expressions.template import Dynamic
from wizard.locale.words import language_of
from wizard.model import (
    Arrival,
    Chain,
    Item,
    Kind,
    Later,
    Node,
    Outcome,
    Prompt,
    StoredFile,
    Value,
    Wait,
)
from wizard.process.calls import Calls
from wizard.resources.handing import NONE, Resources
from wizard.resources.kinds import Resource

if TYPE_CHECKING:
    from wizard.node.keys import EventFormat


class NodeConfig(BaseModel):
    """The base of every node type's configuration: closed, frozen, checked when it is loaded.

    Fields of the types wizard.expressions.expression.Expression, wizard.expressions.template.Template and
    wizard.expressions.template.Dynamic are compiled at load; a node computes them through its Visit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """That a node calls a function of the application: where inside its configuration that stands, the function's name,
    and the names of the arguments, None where they can't be known. `visit` says that a function with a parameter
    `visit` gets that as well."""

    place: tuple[str | int, ...]
    function: str
    arguments: frozenset[str] | None
    visit: bool = True


C = TypeVar("C", bound=NodeConfig)
T = TypeVar("T")
R = TypeVar("R", bound=Resource)
ConfigClass: TypeAlias = type[NodeConfig]  # inside NodeType, `type` is the type's name


@dataclass(frozen=True, slots=True)
class Services:
    """What the host application hands to nodes: its functions by name, its settings, and things
    that nodes open once and share (an HTTP client), by name. `calls` is how its functions are called; `resources` are
    the credentials that definitions name. All nodes are handed the same: none can change it, but for what is shared."""

    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    settings: Any = None  # wizard.settings.Settings
    shared: dict[str, Any] = field(default_factory=dict)
    calls: Calls = field(default_factory=Calls)
    resources: Resources = NONE

    def __post_init__(self) -> None:
        object.__setattr__(self, "functions", MappingProxyType(self.functions))

    def share(self, name: str, make: Callable[[], T]) -> T:
        """What is shared under that name, made by the first who asks. It is closed with the engine, where it has a
        `close`. Take a name that begins with that of your package."""
        if name not in self.shared:
            self.shared.setdefault(name, make())
        shared: T = self.shared[name]
        return shared


def _nobody(percent: float | None, text: str) -> None:
    """Hears what nobody waits for."""


class StartedRun(NamedTuple):
    """A run that a node started, as it stands: what its people answered, by step path and without passwords, and
    whether anything of it still comes."""

    id: str
    status: str
    answers: Mapping[str, Value] = {}


class ChildRun(Protocol):
    """The one run that a visit may start, the same however often it is tried."""

    async def start(self, workflow: str, values: Mapping[str, Value], *, wakes: bool) -> StartedRun:
        """Starts it, or tells how it stands where that was done before. With `wakes` the visit is executed again when
        it ends or stops at an error. Raises NodeFailed."""

    async def look(self) -> StartedRun | None:
        """How it stands; None where it was never started, or isn't kept any more."""

    async def cancel(self) -> None:
        """Ends it, if it goes on, and undoes what its steps did."""


class KnownProfile(NamedTuple):
    """A stored profile."""

    id: str
    fields: Mapping[str, Value]


class MergedProfile(NamedTuple):
    """What came of a merge: `merged`, with the fields as they are now, or why it couldn't be: `not_found`, `elsewhere`
    (one of the two was merged into another before) or `under_way` (runs of the other one haven't ended)."""

    outcome: str
    fields: Mapping[str, Value]


class Profiles(Protocol):
    """The stored profiles, for nodes that look at others than their run's own."""

    async def find(self, field: str, value: Value, most: int) -> Sequence[KnownProfile]:
        """Those whose field has that value, the ones first that were saved last. Raises NodeFailed where profiles
        aren't found by that field."""

    async def merge(
        self, own_id: str, other_id: str, rules: Mapping[str, str], otherwise: str, run: str
    ) -> MergedProfile:
        """Merges the other one into the first, once however often it is called. Raises NodeFailed."""

    async def unmerge(self, own_id: str, other_id: str) -> None:
        """Undoes that, but for what was set since."""


async def _nobody_claims(name: str, key: str) -> bool:
    """Where there is no store, nobody else has the name."""
    return True


async def _no_file(file_id: str) -> StoredFile | None:
    """Where there is no store, there are no files."""
    return None


@dataclass(slots=True)
class Visit(Generic[C]):
    """What a node is handed.

    `input` is what the person or caller sent, as it came, or None when the step is to be shown;
    `partial` says that only some fields were sent (a form answered field by field). `output` is the
    answer accepted earlier, `draft` what was typed and not submitted. `state` is the node's own: what it puts
    there is stored and handed back at the next execute; it stays as it is where a step is only looked
    at. `key` is the idempotency key of this visit's effect: the same for the same inputs, however
    often it is tried. `tried` counts the tries that failed before this call, and `resumes` says that work can be tried
    again in another call, hours later. `changes` collects what the node sets in the event, profile and session.
    `open_file` gives a file that somebody uploaded in this run, by the `id` in the answer, None where there is none.
    `now` is an instant, in UTC: add durations to it; what the clocks of `zone` show then is
    `visit.now.astimezone(visit.zone)`.
    """

    config: C
    node: Node
    step: str
    run: str
    names: Names
    services: Services
    now: datetime
    key: str
    input: Mapping[str, Value] | None = None
    partial: bool = False
    output: Mapping[str, Value] | None = None
    draft: Mapping[str, Value] | None = None
    state: dict[str, Value] = field(default_factory=dict)
    changes: dict[tuple[str, str], Value] = field(default_factory=dict)
    files: list[StoredFile] = field(default_factory=list)
    tried: int = 0
    resumes: bool = False
    review: Callable[[], tuple[Item, ...]] = tuple  # what the path's steps answered, one line each
    items: Callable[[], tuple[Item, ...]] = tuple  # the items of a repeat, for its list page
    item_count: Callable[[], int] = int  # how many these are
    arrival: Arrival | None = None  # the event that the node takes if it proceeds
    tell: Callable[[float | None, str], None] = _nobody  # hears how far the work is
    open_file: Callable[[str], Awaitable[StoredFile | None]] = _no_file  # an uploaded file of this run, by its id
    claim: Callable[[str, str], Awaitable[bool]] = _nobody_claims  # whether a name is this key's alone, among all runs
    child: ChildRun | None = None  # the run that this visit may start, where an engine plays it
    profiles: Profiles | None = None  # the stored ones, where an engine plays it

    def read(self, name: str) -> Value:
        """The visible value of a dotted name: `visit.read("applicant.full_name")`. Lists and mappings are copies."""
        return self.names.read(tuple(name.split(".")))

    async def resource(self, name: str, kind: type[R]) -> R:
        """The resource of that name, which has to be of that kind: what is for production in a real run, what is for
        tests in a debug run. Never put what is secret in it into an output, an error or a log. Raises NodeFailed, which
        isn't tried again, where there is none."""
        try:
            return await self.services.resources.get(name, kind)
        except ResourceUnusable as error:
            raise ResourceUnusable(error.message, node=self.step, run=self.run) from None

    def set(self, document: str, name: str, value: Value) -> None:
        """Sets a field of the event, profile or session; it is taken back if the step leaves the path."""
        if document not in ("event", "profile", "session"):
            raise NodeContractError(f"a node set a field of {document!r}; there are event, profile and session")
        self.changes[document, name] = value

    def report(self, percent: float | None, text: str = "") -> None:
        """Says how far slow work is: percent of the whole, None where that isn't known, and what is being done.
        Whoever waits sees it; it costs next to nothing, however often it is called."""
        share = None if percent is None or isnan(percent) else min(max(float(percent), 0.0), 100.0)
        self.tell(share, str(text)[:200].encode(errors="replace").decode())

    @property
    def kind(self) -> str:
        """The node's type, as figures and log lines name whom something is called for
        (wizard.process.isolation.Caller).
        """
        return self.node.type

    @property
    def zone(self) -> tzinfo:
        """The time zone that people's days and hours are of."""
        return self.names.now.tzinfo or UTC

    @property
    def language(self) -> str:
        """The run's language (BCP 47), for words that aren't the author's."""
        return language_of(self.names)

    @property
    def title(self) -> str:
        return self.node.title.render(self.names) if self.node.title is not None else ""


class NodeType(ABC, Generic[C]):
    """The base of every node type; see the module docstring. The class docstring is the type's
    documentation: its first line is the summary that `wizard nodes` prints."""

    type: ClassVar[str]
    kind: ClassVar[Kind]
    Config: ClassVar[ConfigClass]
    title: ClassVar[str] = ""  # what people call it; made of its type unless given
    group: ClassVar[str] = "other"  # the part of the catalogue that it is in: flow, data, out …
    icon: ClassVar[str] = ""  # a name of the editor's set of icons; that of its group unless given
    example: ClassVar[Mapping[str, Any] | None] = None  # a configuration that runs
    pure: ClassVar[bool] = False  # no effect outside the run: may run again, needs no record (S21)
    ports: ClassVar[tuple[str, ...]] = ()  # its ways out besides the ordinary one: Proceed(output, port="found")
    always_ports: ClassVar[bool] = False  # it takes one of its ports each time, and never the ordinary way
    ends: ClassVar[bool] = False  # entering it completes the run
    slow: ClassVar[bool] = False  # done as a job, so that nobody is kept waiting; a node can say `slow: true` as well
    # `later` puts each visit off at first, or `execute` does by returning Later: a loop may go through it without a
    # person.
    pauses: ClassVar[bool] = False
    reads_events: ClassVar[bool] = False  # its code may read events that its configuration doesn't name
    only_computes: ClassVar[bool] = False  # of built-in types: calls nothing of others, so that no limit is around it
    own_retries: ClassVar[bool] = False  # heeds `retry` and `timeout` itself; for the others the engine does

    def events(self, config: C) -> tuple[EventFormat, ...]:
        """The events that a node takes while it pauses (`pauses`): the key `event` of foreground nodes for others."""
        return ()

    def outputs(self, config: C) -> frozenset[str] | None:
        """The names below the node's id that later nodes can read; None where they can't be known."""
        return None

    def ports_of(self, config: C) -> tuple[str, ...]:
        """The ways out of a node with this configuration, besides the ordinary one; `ports` unless a type says more."""
        return self.ports

    def own_names(self, config: C) -> frozenset[str]:
        """The names that only this node's own expressions see (a form's fields)."""
        return frozenset()

    def secrets(self, config: C) -> frozenset[str]:
        """The names below the node's id that are never shown again, nor stored before they are accepted
        (a form's passwords)."""
        return frozenset()

    def files(self, config: C) -> frozenset[str]:
        """The names below the node's id whose values are files that were uploaded to it: they come back with their
        step, as `visit.state[TAKEN_FILES]`, where it left the path (S13)."""
        return frozenset()

    def example_output(self, config: C) -> Mapping[str, Value] | None:
        """Of a type that isn't `pure`: what stands for its output in a debug run without effects, where the definition
        has no `example`; None where nothing can."""
        return None

    def check(self, config: C) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """What the configuration's types can't say: (place inside the configuration, message) pairs."""
        return ()

    @abstractmethod
    async def execute(self, visit: Visit[C]) -> Outcome:
        """Does the node's work. An exception is a failure (S16); the engine tries a background node again
        as its `retry` says, unless the failure is a NodeFailed that is `lasting`."""

    def prompt(self, visit: Visit[C]) -> Prompt:
        """What the step asks now. No side effects: it is also called when a step is only looked at."""
        raise NodeContractError(f"node type {self.type} waits, but has no prompt()", node=visit.step)

    def accepts(self, visit: Visit[C]) -> bool:
        """Whether `visit.output`, accepted earlier, still holds (S11). No side effects."""
        return True

    def carried(self, visit: Visit[C]) -> Mapping[str, Value] | None:
        """What `visit.output`, accepted by an earlier version of the definition, is as an answer to this one; None
        where it has to be asked again. No side effects."""
        return visit.output if self.accepts(visit) else None

    def summary(self, visit: Visit[C]) -> tuple[Item, ...]:
        """The lines that a review shows of `visit.output`. No side effects."""
        return ()

    def later(self, visit: Visit[C]) -> Later | None:
        """Whether a background node isn't to be executed yet, and when it is; None for now. It is asked each time
        before `execute`, may keep what it needs in `visit.state`, may leave `visit.arrival` for others by setting it to
        None, and has no other side effects."""
        return None

    def part(self, config: C) -> str | None:
        """Of a background type: which part of what it does this is (a function's name), so that operators can limit how
        many visits of that work at once."""
        return None

    def functions(self, config: C) -> frozenset[str]:
        """The functions of the application that a node calls, by name, so that it is said at once which are missing."""
        return frozenset()

    def function_calls(self, config: C) -> tuple[FunctionCall, ...]:
        """How it calls them, so that `wizard check` can tell whether they take that."""
        return tuple(FunctionCall((), name, None) for name in sorted(self.functions(config)))

    def hosts(self, config: C) -> frozenset[Chain]:
        """The dotted names that say which service a node calls, so that nobody leaves that to strangers unawares."""
        return frozenset()

    def starts(self, config: C) -> Iterable[tuple[tuple[str | int, ...], str, Mapping[str, Dynamic]]]:
        """The workflows that a node starts as runs of their own: where inside its configuration that stands, the
        workflow's id, and what it is handed, so that it is said at once which there isn't."""
        return ()

    def waits(self, config: C) -> bool:
        """Of a type that `pauses`: whether a visit with this configuration may be put off at all. A loop that asks
        nobody anything needs one that may."""
        return self.pauses

    @property
    def undoes(self) -> bool:
        """Whether the type undoes anything when a step is dropped."""
        return type(self).remove is not NodeType.remove

    def undoes_with(self, config: C) -> bool:
        """Of a type that `undoes`: whether it undoes anything with this configuration."""
        return self.undoes

    @property
    def closes(self) -> bool:
        """Whether the type does anything at the end of a visit."""
        return type(self).close is not NodeType.close

    async def remove(self, visit: Visit[C]) -> None:
        """The step is no longer part of the path: undo its effect, where there is one to undo. `visit.output` is
        what came of it, None where that never became known; `visit.key` the key that it was done with. Where it
        fails it is called again later, and may be called again after it succeeded: what it reads is
        as it is then."""

    async def close(self, visit: Visit[C]) -> None:
        """The last call of a visit."""


class Foreground(NodeType[C]):
    """A node type that waits for a person. Without input it shows its prompt; `submit` takes input."""

    kind = Kind.FOREGROUND

    async def execute(self, visit: Visit[C]) -> Outcome:
        if visit.input is None:
            return Wait(self.prompt(visit))
        return await self.submit(visit)

    @abstractmethod
    async def submit(self, visit: Visit[C]) -> Outcome: ...


class Background(NodeType[C]):
    """A node type that runs once and doesn't wait."""

    kind = Kind.BACKGROUND
