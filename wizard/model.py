"""The data of the engine: definitions (Workflow, Node), runs (Run, Step) and what passes between
nodes, the engine and channels (Outcome, Prompt). All of it is frozen; a change makes a new value. What every turn makes
anew (Run, Step, Change) is a named tuple: a frozen dataclass takes three times as long.

Definitions and runs are different types and never point at each other: a run names its workflow by
id and version. A value (`Value`) is what an answer or output may hold: None, bool, int, float, str,
bytes, Decimal, date, time, datetime, and lists and str-keyed dicts of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from immutables import Map

from wizard.errors import WorkflowUnavailable
from wizard.jobs import Job
from wizard.pauses import growing

Value = Any  # see the module docstring; the closed union is recursive and buys no checks here
Chain = tuple[str, ...]  # a dotted name in parts: applicant.full_name -> ("applicant", "full_name")


# -- definitions -------------------------------------------------------------------------------


class Kind(StrEnum):
    """How the engine treats a node: waits at it, runs it, or walks through it."""

    FOREGROUND = "foreground"
    BACKGROUND = "background"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class OnError:
    """What follows when a background node fails for good (S16)."""

    action: str = "stop"  # stop, back, continue, goto
    goto: str | None = None  # a node id, or None for the end of the workflow; only with action goto


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failing background node is tried, and how long is waited before the second try."""

    attempts: int = 1
    backoff: timedelta = timedelta(seconds=1)  # doubles with each further try
    max_backoff: timedelta = timedelta(minutes=1)  # up to this

    def wait(self, tried: int, jitter: float) -> float:
        """The seconds to wait after try number `tried` (from 1): between half and all of the backoff, as `jitter`
        (0 to 1) says, so that many runs don't try again at once."""
        return growing(self.backoff.total_seconds(), tried, self.max_backoff.total_seconds(), jitter)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to somebody outside of a page: `send` names a function of the host, the others are templates."""

    send: str
    to: Any  # wizard.templates.Template
    subject: Any
    text: Any


@dataclass(frozen=True, slots=True)
class Reminder:
    """What happens where a form isn't answered in time: the run goes to the node `goto` (None: to the end of the
    workflow), or, with a message, stays where it is and sends that, `times` times, `every` so often."""

    after: timedelta
    goto: str | None = None
    message: Message | None = None
    every: timedelta | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Awaited:
    """An event that a node takes (S24): its name, a condition on its `data` (None for none), and what a person reads
    who answers too late. Where it `leads` elsewhere, the run goes to the node `goto` (None: to the end)."""

    name: str
    when: Any = None  # wizard.expressions.Expression | None
    leads: bool = False
    goto: str | None = None
    text: Any = None  # wizard.templates.Template | None


@dataclass(frozen=True, slots=True)
class Case:
    """One way out of a condition; `when` is None for "otherwise", `goto` None for the end."""

    when: Any  # wizard.expressions.Expression | None
    goto: str | None


@dataclass(frozen=True, slots=True)
class Branches:
    """The configuration of a `condition` node: the first case that holds is taken."""

    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often a sub-workflow is gone through. Exactly one of the three ways is set:
    `times` and `for_each` are expressions; otherwise the person is asked after each item, with the
    question `add_another`, and an item is called `item` (both templates or None: the channel's words)."""

    times: Any = None  # Expression | None
    for_each: Any = None  # Expression | None
    min: int = 1
    max: int | None = None
    add_another: Any = None  # wizard.templates.Template | None
    item: Any = None  # wizard.templates.Template | None

    @property
    def asks(self) -> bool:
        return self.times is None and self.for_each is None


@dataclass(frozen=True, slots=True)
class Call:
    """The configuration of a `workflow` node: the definition it embeds, what it hands it as
    `input` (constants, Templates or Expressions, nested in lists and dicts), and its repeat."""

    workflow: Workflow
    input: Mapping[str, Any]
    repeat: Repeat | None


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One box of a workflow.

    `config` is an instance of its type's configuration (Branches or Call for internal nodes),
    `handler` the node type itself (wizard.node.NodeType), `next` the node that follows (None: the
    end of the workflow), `targets` every node an edge leads to, its own `next` included. `events` are those that it
    takes, `names` the dotted names that its configuration reads, and `secrets` those below its id that are never shown
    again.
    """

    id: str
    type: str
    kind: Kind
    config: Any
    handler: Any
    next: str | None
    targets: tuple[str, ...]
    title: Any = None  # wizard.templates.Template | None
    final: bool = False
    depends_on: tuple[Chain, ...] = ()
    on_error: OnError = OnError()
    retry: Retry = Retry()
    timeout: timedelta | None = None
    concurrency: int | None = None  # how many visits of it work at once, in all runs
    slow: bool = False  # nobody is kept waiting for it: it is done as a job
    remind: Reminder | None = None
    expires_after: timedelta | None = None  # of a form: how long it may wait for its answer
    changeable: bool = True  # whether its configuration has lists or mappings in it, so that visits get copies
    events: tuple[Awaited, ...] = ()
    names: frozenset[Chain] = frozenset()
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Remaining:
    """Foreground steps still to come after a place, on the shortest and on the longest way;
    `max` is None where a loop or an open repeat has no bound."""

    min: int
    max: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Workflow:
    """An immutable, checked definition, compiled.

    `reach[node]` holds the nodes that follow from it over at least one edge (S8); `remaining[node]`
    counts what comes from entering that node on, itself included.
    `version` is the content hash of the definition and of every definition it embeds (S22). `events` are the names of
    the events that it, or a definition that it embeds, uses, None where that can't be known; `awaited` those of them
    that a node takes. Where `unavailable` is set it is no more than an outline, with which a run can be looked at and
    ended, but not moved.
    """

    id: str
    version: str
    title: str
    text: str
    nodes: Mapping[str, Node]
    start: str
    reach: Mapping[str, Set[str]]
    remaining: Mapping[str, Remaining]
    input: tuple[Any, ...] = ()  # wizard.forms.fields.Field: what a caller may hand in
    reopen: bool = False
    expires_after: timedelta | None = None
    delete_after: timedelta | None = None  # what is stored of a run goes, so long after it has ended
    language: str = "en"
    events: frozenset[str] | None = frozenset()
    awaited: frozenset[str] = frozenset()
    unavailable: WorkflowUnavailable | None = None  # of an outline (wizard.outlines): why there is no more than that


# -- runs --------------------------------------------------------------------------------------


EMPTY: Map[str, Any] = Map()
NOTHING: Mapping[Any, Any] = MappingProxyType({})


class RunStatus(StrEnum):
    CREATED = "created"
    WAITING = "waiting"
    WORKING = "working"
    FAILED = "failed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class StepStatus(StrEnum):
    WAITING = "waiting"  # a foreground step that is to be answered (again)
    PENDING = "pending"  # a background step whose effect was begun and not yet recorded (S21)
    FAILED = "failed"
    DONE = "done"


# Looking up a member of an enumeration costs more than comparing with it; these are compared often.
_FOREGROUND = Kind.FOREGROUND
_DONE = StepStatus.DONE


class PutOff(NamedTuple):
    """What is remembered of a background step that isn't gone on with at once. `until` is the time before which it
    isn't, whatever comes; of a step of a node that pauses, and is done, the time at which it went on."""

    until: datetime | None = None
    tried: int = 0  # tries that failed
    rounds: int = 0  # of a loop, in a row, that came through its node without waiting (wizard/pacing.py)
    since: datetime | None = None  # it waits in line since then (wizard/slots.py)


class Arrival(NamedTuple):
    """An event that arrived at a run (S24). `number` counts the run's arrivals, `key` is its sender's, "" for none."""

    number: int
    name: str
    data: Value
    key: str
    at: datetime


class Delivery(NamedTuple):
    """An event that a run has taken in and knows again: digests of its key, and of its name and data."""

    key: bytes
    content: bytes


class Step(NamedTuple):
    """One visit of a run to a foreground or background node.

    `seq` orders the steps of a run and has gaps; `visit` numbers the run's visits and is never used
    twice; `given` is a digest of the input that was accepted (S19); `reads` maps each dotted name
    that was read to a digest of its value (S10);
    `patch` maps (document, field) to the value that this step set there, document being event,
    profile or session. `took` is the event that it waited for, or was closed by (S24).
    """

    path: str
    node: str
    type: str
    kind: Kind
    seq: int
    visit: int
    status: StepStatus
    output: Mapping[str, Value] | None = None  # what was accepted or computed
    draft: Mapping[str, Value] | None = None  # typed, not submitted
    state: Mapping[str, Value] | None = None  # the node's own
    given: bytes = b""
    reads: Mapping[str, bytes] = NOTHING
    patch: Mapping[tuple[str, str], Value] = NOTHING
    error: str | None = None
    begun: int = 0  # how often its effect was begun since it had a result last
    claim: int = 0  # the run's revision with which that was stored last: whoever takes the work over stores another
    put_off: PutOff | None = None
    reminded: int = 0  # which reminder was sent last since it began to wait, counting those that were missed
    took: Arrival | None = None

    @property
    def is_foreground(self) -> bool:
        return self.kind is _FOREGROUND

    @property
    def is_done(self) -> bool:
        return self.status is _DONE

    @property
    def is_closed(self) -> bool:
        """Whether an event came instead of a person's answer: nobody answers it any more."""
        return self.took is not None and self.kind is _FOREGROUND


class Undo(NamedTuple):
    """The effect of a dropped step that is still to be undone (S12). `failed` says that it was given up after
    so many `tries`, and is an operator's now."""

    step: Step
    tries: int = 0
    error: str | None = None
    failed: bool = False

    @property
    def newness(self) -> tuple[int, int]:
        """The higher, the newer. A step that is done anew with other inputs stays where it stood: of two visits there
        the later is the newer one."""
        return self.step.seq, self.step.visit


@dataclass(frozen=True, slots=True)
class Fault:
    """An error that Current carries: what a person reads, and the node it came from."""

    message: str
    node: str
    kind: str  # the error class's name: stable, for programs


class Run(NamedTuple):
    """One execution of one version of a workflow.

    `steps` is the stack, oldest first, and `cursor` the index of the current step, -1 before the
    first Next. `by_path` finds the steps of the stack by path, and is derived from it. `parked` holds
    the answers of dropped steps by step path (S13). `returning` is the step that a change goes back
    to (S11). `removed` names the items of repeats that were taken out for good ("household/2"). `undos` are
    owed to steps that were dropped, the newest first. `arrivals` are the events that no step has taken, in order,
    `arrived` is the number of the last one that came, and `deliveries` are those with a key that came last (S24).
    """

    id: str
    workflow: str
    version: str
    revision: int
    status: RunStatus
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    steps: tuple[Step, ...] = ()
    cursor: int = -1
    by_path: Map[str, Step] = EMPTY
    parked: Map[str, Mapping[str, Value]] = EMPTY
    returning: str | None = None
    fault: Fault | None = None
    removed: frozenset[str] = frozenset()
    visits: int = 0
    input: Mapping[str, Value] = NOTHING
    event: Mapping[str, Value] = NOTHING
    profile: Mapping[str, Value] = NOTHING
    session: Mapping[str, Value] = NOTHING
    profile_id: str | None = None
    session_id: str | None = None
    token_hash: bytes = b""
    undos: tuple[Undo, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    arrived: int = 0
    deliveries: tuple[Delivery, ...] = ()

    @property
    def current(self) -> Step | None:
        return self.steps[self.cursor] if self.cursor >= 0 else None

    @property
    def path(self) -> tuple[Step, ...]:
        return self.steps[: self.cursor + 1]

    @property
    def kept(self) -> tuple[Step, ...]:
        return self.steps[self.cursor + 1 :]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, for the trace. `kind` is a verb: entered, presented, accepted, ran,
    failed, removed, closed, branched, moved, completed ..."""

    kind: str
    step: str = ""
    detail: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """The dedupe record of one request (S19): its idempotency key, a digest of what it asked, and
    what was answered, so that the same request again gets the same answer. Keys are unique in their
    `scope`: a run's id, or "" for the requests that create runs. `again` says that it takes the place of what an
    earlier commit of the same turn stored."""

    scope: str
    key: str
    digest: bytes
    status: int
    body: bytes
    again: bool = False


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file. `id` is unguessable and unique in its run."""

    id: str
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class DocumentSave:
    """Fields to merge into a stored profile or session when a run ends (DESIGN: internal state)."""

    kind: str  # profile or session
    id: str
    fields: Mapping[str, Value]


class Change(NamedTuple):
    """What one turn changed, to be stored in one transaction (S20).

    `expected` is the revision the stored run must have; None creates the run. `run` is the new
    state, its revision one higher. `written` are the steps to store, `dropped` the paths of steps
    to delete, `parked` the answers to keep for those paths and `unparked` the paths whose parked
    answers are to be deleted; None deletes all of them. `undos` are to be written, each in the place of
    one with the same visit, and `undone` are the visits of those to delete. `jobs` are ordered, `settled`
    are the keys of jobs that aren't needed any more. `context` says whether what turns seldom change may have changed:
    the documents, the events, what was taken out for good.
    """

    run: Run
    expected: int | None
    written: tuple[Step, ...] = ()
    dropped: tuple[str, ...] = ()
    parked: Mapping[str, Mapping[str, Value]] = NOTHING
    unparked: tuple[str, ...] | None = ()
    entries: tuple[Entry, ...] = ()
    reply: Reply | None = None
    files: tuple[StoredFile, ...] = ()
    documents: tuple[DocumentSave, ...] = ()
    undos: tuple[Undo, ...] = ()
    undone: tuple[int, ...] = ()
    jobs: tuple[Job, ...] = ()
    settled: tuple[str, ...] = ()
    context: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """How far a step's work is, as its node says: percent of the whole (None: unknown), and a few words."""

    visit: int
    percent: float | None
    text: str


# -- between nodes, the engine and channels ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values a person picks from; `value` is what is stored."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Reveal:
    """A field is shown while the field `field` of the same form has one of `values`, as a page sends them."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PromptField:
    """One thing a prompt asks for, ready to be shown.

    `value` is what to show in it: the person's own text where that was invalid, else the typed value
    or None; `answered` tells a partly answered form's given fields from those still to be asked.
    `options` holds what the type adds (max_length, min, max, rows, accept ...), for channels.
    `when` says what brings the field up, where that is one other answer (see Prompt.possible).
    """

    name: str
    type: str
    label: str
    hint: str = ""
    required: bool = True
    choices: tuple[Choice, ...] = ()
    value: Value = None
    error: str | None = None
    answered: bool = False
    options: Mapping[str, Value] = field(default_factory=dict)
    when: Reveal | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a prompt's list: an answer to check, or an item of a repeat. `step` is the step to
    change; `value` is text, ready to be shown; `remove` is the item's path where it can be removed."""

    label: str
    value: str
    step: str | None = None
    group: str = ""
    remove: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a waiting step asks, independent of channel. `error` is about the whole step.

    `possible` holds, for channels that show a form as a whole, the fields together with those that
    another answer in the same form would bring up, in order; it is empty where there are none of these.
    """

    step: str
    type: str
    title: str = ""
    text: str = ""
    fields: tuple[PromptField, ...] = ()
    items: tuple[Item, ...] = ()
    error: str | None = None
    submit: str = ""  # what the button says; "" lets the channel choose
    ends: bool = False  # a page without a way on
    possible: tuple[PromptField, ...] = ()

    @property
    def has_errors(self) -> bool:
        return self.error is not None or any(f.error is not None for f in self.fields)


@dataclass(frozen=True, slots=True)
class Proceed:
    """The node is done; `output` is what later nodes read below its id."""

    output: Mapping[str, Value] = field(default_factory=dict)


class Later(NamedTuple):
    """A background node isn't to be executed yet, but at the time `at`; without one, when something else moves
    the run on."""

    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The node waits for the person, who is shown `prompt`. `rejected` says that input came and
    was not accepted."""

    prompt: Prompt
    rejected: bool = False


Outcome = Proceed | Wait
