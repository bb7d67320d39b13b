"""The data of the engine: definitions (Workflow, Node), runs (Run, Step) and what passes between
nodes, the engine and channels (Outcome, Prompt). All of it is frozen; a change makes a new value. What every turn makes
anew (Run, Step, Change) is a named tuple: a frozen dataclass takes three times as long. What isn't about runs is in
wizard.model.workflow and wizard.model.prompt, and can be imported from here.

Definitions and runs are different types and never point at each other: a run names its workflow by
id and version. A value (`Value`) is what an answer or output may hold: None, bool, int, float, str,
bytes, Decimal, date, time, datetime, and lists and str-keyed dicts of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from immutables import Map

from wizard.model.documents import DocumentSave
from wizard.model.job import Job
from wizard.model.prompt import Value
from wizard.model.talk import Utterance
from wizard.model.workflow import Kind

TAKEN_FILES = "files"  # in a step's state: the files that its node took, also before the answers as a whole were

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


ENDED = frozenset({RunStatus.COMPLETED, RunStatus.CANCELLED, RunStatus.EXPIRED})


def is_past(status: RunStatus, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a run's time is over and it wasn't finished before."""
    if expires_at is None or now < expires_at:
        return False
    return status not in (RunStatus.COMPLETED, RunStatus.CANCELLED)


class StepStatus(StrEnum):
    WAITING = "waiting"  # a foreground step that is to be answered (again)
    PENDING = "pending"  # a background step whose effect was begun and not yet recorded (S21)
    FAILED = "failed"
    DONE = "done"


# Looking up a member of an enumeration costs more than comparing with it; these are compared often.
_FOREGROUND = Kind.FOREGROUND
_DONE = StepStatus.DONE


# In the place of a digest of an input, so that a late answer isn't the same input again.
BY_TIMER, BY_EVENT, BY_TRIES = b"timer", b"event", b"tries"


class PutOff(NamedTuple):
    """What is remembered of a background step that isn't gone on with at once. `until` is the time before which it
    isn't, whatever comes; of a step of a node that pauses, and is done, the time at which it went on."""

    until: datetime | None = None
    tried: int = 0  # tries that failed
    rounds: int = 0  # of a loop, in a row, that came through its node without waiting (wizard.machine.pacing)
    since: datetime | None = None  # it waits in line since then (wizard.engine.slots)
    wakes: bool = False  # `until` is the longest: it is gone on with before, where something wakes it


class Arrival(NamedTuple):
    """An event that arrived at a run (S24). `number` counts the run's arrivals, `key` is its sender's, "" for none.
    `packed` is its data as it is stored, while it waits in the run's queue: that is stored whole with each event."""

    number: int
    name: str
    data: Value
    key: str
    at: datetime
    packed: bytes = b""


class Delivery(NamedTuple):
    """An event that a run has taken in and knows again: digests of its key, and of its name and data."""

    key: bytes
    content: bytes


class Step(NamedTuple):
    """One visit of a run to a foreground or background node.

    `seq` orders the steps of a run and has gaps; `visit` numbers the run's visits and is never used
    twice; `given` is a digest of the input that was accepted (S19), or says what came instead; `reads`
    maps each dotted name that was read to a digest of its value (S10);
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
    port: str | None = None  # the way out of its node that it took, None for the ordinary one

    @property
    def is_foreground(self) -> bool:
        return self.kind is _FOREGROUND

    @property
    def is_done(self) -> bool:
        return self.status is _DONE

    @property
    def is_answered(self) -> bool:
        """Whether it is a foreground step that is done."""
        return self.status is _DONE and self.kind is _FOREGROUND

    @property
    def is_closed(self) -> bool:
        """Whether an event came instead of a person's answer: nobody answers it any more."""
        return self.took is not None and self.kind is _FOREGROUND

    @property
    def answer(self) -> Mapping[str, Value] | None:
        """What a person gave; None where nobody did yet, or where something else came instead."""
        return None if self.given in (BY_TIMER, BY_EVENT, BY_TRIES) else self.output


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
    """An error that stopped the run: what it is for whoever runs the service, and the node it came from; what a person
    reads of it, in Current, and the reference that the log has it under."""

    message: str
    node: str
    kind: str  # the error class's name: stable, for programs
    people: str = ""
    reference: str = ""


class Parent(NamedTuple):
    """The run that started this one. `visit` is the visit there that waits for its end, 0 where nobody does, and
    `depth` how many runs stand above this one."""

    run: str
    visit: int
    depth: int


Field = tuple[str, str]  # a document, event, profile or session, and the name of a field
Setting = tuple[int, int, str]  # the seq of a step that set one, the field's place in its patch, the step's path
Setters = Map[Field, tuple[Setting, ...]]
NO_SETTERS: Setters = Map()


class Run(NamedTuple):
    """One execution of one version of a workflow.

    `steps` is the stack, oldest first, and `cursor` the index of the current step, -1 before the
    first Next. `by_path` finds the steps of the stack by path, `answered` counts those of them that a person
    is done with, and `setters` finds those that set a field of a document (wizard.state.patches): they are derived from
    it, so that neither a turn nor a page goes through all of a long run.
    `parked` holds the answers of dropped steps by step path, and which items the numbers of lists stand for (S13;
    wizard.machine.items); in runs that are `positional`, they stand for positions. `returning` is the step that a
    change goes back to (S11). `removed` names the items of repeats that were taken out for good ("household/2").
    `undos` are owed to steps that were dropped, the newest first. `arrivals` are the events that no step has taken, in
    order, `arrived` is the number of the last one that came, and `deliveries` are those with a key that came last
    (S24). `parent` is the run whose node started it. `conversation` is what a conversation about the run remembers
    (wizard.engine.narration), empty where there is none.
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
    answered: int = 0
    setters: Setters = NO_SETTERS
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
    positional: bool = False
    parent: Parent | None = None
    conversation: Mapping[str, Value] = NOTHING

    @property
    def current(self) -> Step | None:
        return self.steps[self.cursor] if self.cursor >= 0 else None

    @property
    def path(self) -> tuple[Step, ...]:
        return self.steps[: self.cursor + 1]

    @property
    def kept(self) -> tuple[Step, ...]:
        return self.steps[self.cursor + 1 :]

    @property
    def answered_on_path(self) -> int:
        """How many foreground steps of the path are done. What is kept is seldom much, the path often is."""
        if self.cursor + 1 <= len(self.steps) // 2:
            return count_answered(self.path)
        return self.answered - count_answered(self.kept)


class Visible(Protocol):
    """What is looked at of a run: a Run, or a turn that is changing one."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> RunStatus: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def steps(self) -> Sequence[Step]: ...
    @property
    def cursor(self) -> int: ...
    @property
    def by_path(self) -> Mapping[str, Step]: ...
    @property
    def setters(self) -> Setters: ...
    @property
    def parked(self) -> Mapping[str, Mapping[str, Any]]: ...
    @property
    def positional(self) -> bool: ...
    @property
    def removed(self) -> frozenset[str]: ...
    @property
    def profile_id(self) -> str | None: ...
    @property
    def session_id(self) -> str | None: ...
    @property
    def input(self) -> Mapping[str, Value]: ...
    @property
    def event(self) -> Mapping[str, Value]: ...
    @property
    def profile(self) -> Mapping[str, Value]: ...
    @property
    def session(self) -> Mapping[str, Value]: ...


def count_answered(steps: Iterable[Step]) -> int:
    """How many of the steps a person is done with."""
    return len([None for step in steps if step.status is _DONE and step.kind is _FOREGROUND])


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


class Change(NamedTuple):
    """What one turn changed, to be stored in one transaction (S20).

    `expected` is the revision the stored run must have; None creates the run. `run` is the new
    state, its revision one higher. `written` are the steps to store, `dropped` the paths of steps
    to delete, `parked` the answers to keep for those paths and `unparked` the paths whose parked
    answers are to be deleted; None deletes all of them. `undos` are to be written, each in the place of
    one with the same visit, and `undone` are the visits of those to delete. `jobs` are ordered, `settled`
    are the keys of jobs that aren't needed any more. `context` says whether what turns seldom change may have changed:
    the documents, the events, what was taken out for good. With `migrating` the run goes to another version
    (`Migrating`). `said` is what was said in the conversation about it.
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
    migrating: Migrating | None = None
    said: tuple[Utterance, ...] = ()

    @property
    def bears(self) -> bool:
        """Whether it writes what is fixed for all turns on the run: it creates the run, or migrates it."""
        return self.expected is None or self.migrating is not None


class Migrating(NamedTuple):
    """Says of a change that it moves a run to another version. `former` is the run as it was, which is kept so that it
    can be brought back; None where the change brings it back, and nothing is kept any more."""

    former: Run | None


class Former(NamedTuple):
    """A run as it was before it was migrated; `revision` is the one with which that was stored."""

    run: Run
    revision: int


class Refused(NamedTuple):
    """What was sent from a page and not taken, kept for the page that says so. `scope` is the run, "" for a page that
    comes before there is one; `key` tells whose page it was, and which."""

    scope: str
    key: str
    at: datetime
    content: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Report:
    """How far a step's work is, as its node says: percent of the whole (None: unknown), and a few words."""

    visit: int
    percent: float | None
    text: str
