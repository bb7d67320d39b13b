"""A run while one turn changes it: the stack under the machine's hands, and what the turn will store.

The moves (wizard.machine.machine) decide; this module keeps the stack in order, finds steps by path
in constant time, and remembers which rows a turn touched, so that a turn writes what it changed and
no more. `change` freezes the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from wizard.errors import TurnTooLong, WizardError
from wizard.machine.failures import Failure, reference_of, words_for_people
from wizard.machine.lifecycle import RunTrigger, next_run_status
from wizard.machine.parked import Answers, Parked
from wizard.machine.scope import Scope
from wizard.model import (
    ENDED,
    TAKEN_FILES,
    Arrival,
    Change,
    DocumentSave,
    Entry,
    Fault,
    Kind,
    Run,
    RunStatus,
    Step,
    StepStatus,
    StoredFile,
    Undo,
    Value,
    Workflow,
)
from wizard.model.documents import Origin, SaveAction
from wizard.model.instants import instant
from wizard.model.job import Job, JobKind, job_key
from wizard.model.path import Place, locate
from wizard.model.talk import Utterance
from wizard.model.values import pack
from wizard.state.documents import step_saves
from wizard.state.patches import with_step

MAX_NODES = 1000  # executed or walked through in one turn (S17)
GAP = 1 << 16  # between the seq of neighbours: room for steps that are put in between later


class Turn:
    """One turn on `run`, seen at the time `now`: the wall clock of the people whose days and hours count. The turn's
    own `now` is the instant, which moves on while outside work is done: a deadline counts from when its step was
    presented (S25). It satisfies wizard.machine.scope.Visible."""

    def __init__(self, workflow: Workflow, run: Run, now: datetime) -> None:
        self.workflow = workflow
        self.now = instant(now)
        self.zone = now.tzinfo
        self._shown = self.now, now
        self.id = run.id
        self.created_at, self.expires_at = run.created_at, run.expires_at
        self.input, self.event, self.profile, self.session = run.input, run.event, run.profile, run.session
        self.profile_id, self.session_id, self.parent = run.profile_id, run.session_id, run.parent
        self.steps = list(run.steps)
        self.cursor = run.cursor
        self.by_path, self.answered, self.setters = run.by_path, run.answered, run.setters
        self.status = run.status
        self.returning = run.returning
        self.fault: Fault | None = run.fault
        self.removed = run.removed
        self.visits = run.visits
        self.documents: tuple[DocumentSave, ...] = ()
        self.undoes_saves = False  # of documents: the run is ended, and nothing that its steps did is to stay
        self.undos = run.undos
        self.passes: Counter[str] = Counter()  # that this turn made through nodes that pause, by place
        self.arrivals, self.arrived, self.deliveries = run.arrivals, run.arrived, run.deliveries
        self.positional = run.positional
        self.conversation = run.conversation
        self.rejected = False  # the person's input was not accepted
        self.remarks: list[str] = []  # what is said in a conversation beside what is shown
        self.failures: list[Failure] = []  # what failed in this turn, for the log
        self._run = run
        self.parking = Parked(run.parked)
        self._nodes = 0
        self._new_turn()

    def _new_turn(self) -> None:
        self._written: dict[str, Step] = {}
        self._gone: dict[str, None] = {}
        self.parking.stored()
        self._entries: list[Entry] = []
        self._undos: dict[int, Undo] = {}
        self._undone: dict[int, None] = {}
        self._jobs: dict[str, Job] = {}
        self._settled: dict[str, None] = {}
        self.files: list[StoredFile] = []
        self.said: tuple[Utterance, ...] = ()

    # -- looking ---------------------------------------------------------------------------------

    @property
    def local_now(self) -> datetime:
        """The time as people's clocks show it. Each scope asks for it, and a zone's rules are slow to read."""
        at, local = self._shown
        if at is not self.now:
            local = self.now.astimezone(self.zone)
            self._shown = self.now, local
        return local

    @property
    def current(self) -> Step | None:
        return self.steps[self.cursor] if self.cursor >= 0 else None

    def place(self, step: Step) -> Place:
        return locate(self.workflow, step.path)

    def scope(self, place: Place, *, record: bool = False) -> Scope:
        return Scope(self, place.frame, self.local_now, record=record)

    def kept_at(self, path: str) -> int | None:
        """The position of the kept step at `path`, None if it isn't kept."""
        step = self.by_path.get(path)
        if step is None or (self.cursor >= 0 and step.seq <= self.steps[self.cursor].seq):
            return None
        return self.position(path)

    def position(self, path: str) -> int:
        """Where the step at `path` is in the stack; it is near the cursor more often than not."""
        seq = self.by_path[path].seq
        above = self.cursor + 1
        if above < len(self.steps) and self.steps[above].seq == seq:
            return above
        low, high = 0, len(self.steps)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.steps[middle].seq < seq else (low, middle)
        return low

    @contextmanager
    def seen_from(self, position: int) -> Iterator[Step]:
        """Shows the data, within the block, as the step at `position` finds it at a first visit: what comes later isn't
        decided, and what the step itself gave and set before isn't there. Whatever has a step judged, answered or
        compared while it is done has to look from there (S10, S11). Gives the step as it is then."""
        step, index, came_from = self.steps[position], self.by_path, self.cursor
        undone = as_undone(step)
        self.cursor, self.steps[position], self.by_path = position, undone, index.set(step.path, undone)
        try:
            yield undone
        finally:
            self.cursor, self.steps[position], self.by_path = came_from, step, index

    def reads_the_same(self, step: Step) -> bool:
        """Whether everything that the current step read still has the value it had then."""
        if not step.reads:
            return True
        with self.seen_from(self.cursor):
            return self.scope(self.place(step)).unchanged(step.reads)

    def foreground_above(self) -> bool:
        """Whether a person still answers a kept step."""
        return any(step.is_foreground and not step.is_closed for step in self.steps[self.cursor + 1 :])

    @property
    def next_revision(self) -> int:
        """The run's revision when what changed so far is stored."""
        return self._run.revision + 1

    @property
    def touched(self) -> bool:
        """Whether there is anything to store."""
        moved = self._entries or self._written or self._gone or self._undos or self._undone or self._jobs
        return bool(moved or self.said)

    # -- changing --------------------------------------------------------------------------------

    def count_node(self) -> None:
        """Counts a node that the turn comes through. Raises TurnTooLong after MAX_NODES (S17)."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise TurnTooLong(workflow=self.workflow.id, run=self.id)

    def count_anew(self) -> None:
        """Says that the turn has come on: a run of any length may be gone through, though no loop without end."""
        self._nodes = 0

    def log(self, kind: str, step: str = "", **detail: Value) -> None:
        self._entries.append(Entry(kind, step, detail))

    def fail(self, error: WizardError, step: str, message: str = "") -> Fault:
        """What is stored of an error that a step failed with, or that stopped the turn there; `message` stands for the
        error's own."""
        reference = reference_of(self.id, self.next_revision, f"{step}#{len(self.failures)}")
        people = words_for_people(error, reference, self.workflow.language)
        fault = Fault(message or error.message, error.node or step, type(error).__name__, people, reference)
        self.failures.append(Failure(fault, step, error))
        return fault

    def amend(self, name: str, fields: Mapping[str, Value]) -> Mapping[str, Value]:
        """Sets fields of the event, profile or session, in the run and, where it has one, in the stored document.
        Gives the run's whole."""
        stored: str | None = None
        match name:
            case "profile":
                whole = self.profile = {**self.profile, **fields}
                stored = self._run.profile_id
            case "session":
                whole = self.session = {**self.session, **fields}
                stored = self._run.session_id
            case _:
                whole = self.event = {**self.event, **fields}
        if stored is not None:
            origin = Origin(SaveAction.AMEND, self.id, self.workflow.id)
            self.documents += (DocumentSave(name, stored, fields, origin=origin),)
        return whole

    def become(self, trigger: RunTrigger) -> None:
        """Moves the run's own status, by the table in wizard/machine/lifecycle.py."""
        self.status = next_run_status(self.status, trigger)

    def push(self, place: Place, path: str) -> Step:
        """Puts a new step above the cursor and makes it current; parked answers become its draft."""
        below = self.steps[self.cursor].seq if self.cursor >= 0 else 0
        above = self.steps[self.cursor + 1].seq if self.cursor + 1 < len(self.steps) else below + 2 * GAP
        if above - below < 2:
            self._renumber()
            return self.push(place, path)
        self.visits += 1
        foreground = place.node.kind is not Kind.BACKGROUND
        draft = self.parking.take(path)
        files = {name: draft[name] for name in place.node.files if name in draft} if draft else None
        step = Step(
            path=path,
            node=place.node.id,
            type=place.node.type,
            kind=Kind.FOREGROUND if foreground else Kind.BACKGROUND,
            seq=(below + above) // 2,
            visit=self.visits,
            status=StepStatus.WAITING if foreground else StepStatus.PENDING,
            draft=draft,
            state={TAKEN_FILES: files} if files else None,
        )
        self.cursor += 1
        self.steps.insert(self.cursor, step)
        self._store(step)
        self.log("entered", path)
        return step

    def bring_forward(self, prefixes: Sequence[str]) -> None:
        """Kept steps whose paths begin like this come first, those with the longest beginning before the others."""
        above = self.cursor + 1
        kept = self.steps[above:]
        self.steps[above:] = sorted(kept, key=lambda step: -sum(map(step.path.startswith, prefixes)))
        self._renumber()

    def _renumber(self) -> None:
        """Numbers the kept steps anew, for new ones between them: once in some sixteen insertions at one place."""
        seq = self.steps[self.cursor].seq if self.cursor >= 0 else 0
        for position in range(self.cursor + 1, len(self.steps)):
            seq += GAP
            self.steps[position] = self.steps[position]._replace(seq=seq)
            self._store(self.steps[position])

    def update(self, step: Step) -> Step:
        """Puts a changed step in the place of the one with the same path."""
        self.steps[self.position(step.path)] = step
        self._store(step)
        return step

    def put(self, step: Step) -> Step:
        """Puts a changed step in the place of the current one."""
        self.steps[self.cursor] = step
        self._store(step)
        return step

    def _store(self, step: Step) -> None:
        before = self.by_path.get(step.path)
        if before is not None and before.is_answered:
            self.answered -= 1
        if step.is_answered:
            self.answered += 1
        if step.patch or (before is not None and before.patch):
            self.setters = with_step(self.setters, before, step)
        self.by_path = self.by_path.set(step.path, step)
        self._written[step.path] = step
        self._gone.pop(step.path, None)

    def take_out(self, step: Step, *, park: bool) -> None:
        """Drops a step from the stack. Its answers are parked unless they are gone for good (S13)."""
        position = self.position(step.path)
        del self.steps[position]
        if position <= self.cursor:
            self.cursor -= 1
        before = self.by_path[step.path]
        self.answered -= before.is_answered
        self.setters = with_step(self.setters, before, None)
        self.by_path = self.by_path.delete(step.path)
        self._written.pop(step.path, None)
        self._gone[step.path] = None
        answers = self._left_at(step) if park and step.is_foreground else None
        if answers:
            self.parking.put(step.path, answers)
        if self.returning == step.path:
            self.returning = None
        self.release(step)

    def _left_at(self, step: Step) -> Mapping[str, Value]:
        """All that the step's page had: what was typed last, what was accepted, and the files that are there."""
        files = self.place(step).node.files
        accepted = step.answer or {}
        typed = {name: value for name, value in (step.draft or {}).items() if name not in files}
        return {**accepted, **typed, **(taken_files(step) if files else {})}

    # -- parked answers ------------------------------------------------------------------------------

    @property
    def parked(self) -> Answers:
        return self.parking.answers

    @property
    def paths(self) -> Iterator[str]:
        """The paths of everything that the run has answers of: its steps, and what is parked."""
        yield from self.by_path
        yield from self.parking.answers

    # -- events -----------------------------------------------------------------------------------

    def take(self, arrival: Arrival, step: Step) -> Arrival:
        """Has a step take the event: no other can (S24). Gives it as the run holds it, whatever a node made of its
        copy (S26)."""
        arrival = next((waiting for waiting in self.arrivals if waiting.number == arrival.number), arrival)
        self.arrivals = tuple(waiting for waiting in self.arrivals if waiting.number != arrival.number)
        self.log("took", step.path, event=arrival.name, number=arrival.number)
        return arrival._replace(packed=b"")

    def release(self, step: Step) -> None:
        """Gives back the event that the step took: it can be taken again, in its old order (S24)."""
        if step.took is not None:
            released = step.took._replace(packed=pack(step.took.data))
            self.arrivals = tuple(sorted((*self.arrivals, released), key=lambda waiting: waiting.number))
            self.log("released", step.path, event=step.took.name, number=step.took.number)

    # -- what is done later --------------------------------------------------------------------------

    def order(self, kind: JobKind, visit: int, due: datetime, **payload: Value) -> None:
        """Orders a job, which is done once the turn is stored."""
        job = Job(self.id, kind, visit, due, payload)
        self._jobs[job.key] = job
        self._settled.pop(job.key, None)

    def settle(self, kind: JobKind, visit: int = 0) -> None:
        """Takes a job back that isn't needed any more."""
        key = job_key(self.id, kind, visit)
        self._jobs.pop(key, None)
        self._settled[key] = None

    def owe(self, step: Step) -> bool:
        """Notes that the effect of a step that was taken out is to be undone (S12). False where its node undoes
        nothing."""
        if not self.place(step).node.handler.undoes:
            return False
        self.owe_again(Undo(step._replace(took=None)))
        return True

    def owe_again(self, undo: Undo) -> None:
        """Notes an undo that was tried before, in the place of what was owed to the same visit."""
        others = [owed for owed in self.undos if owed.step.visit != undo.step.visit]
        self.undos = tuple(sorted([*others, undo], key=lambda owed: owed.newness, reverse=True))
        self._undos[undo.step.visit] = undo

    @property
    def unsaved_debts(self) -> tuple[int, ...]:
        """The visits of what is owed, and not stored yet."""
        return tuple(self._undos)

    def undone(self, visit: int) -> None:
        """Notes that what was owed to the visit is done (S12)."""
        self.undos = tuple(undo for undo in self.undos if undo.step.visit != visit)
        self._undos.pop(visit, None)
        self._undone[visit] = None
        self.settle(JobKind.UNDO, visit)

    # -- the result --------------------------------------------------------------------------------

    def change(self) -> Change:
        """What has to be stored now. The turn can go on afterwards; the next change is what came since."""
        before = self._run
        if before.status is RunStatus.WORKING and (
            self.status is not RunStatus.WORKING or visit_of(self.current) != visit_of(before.current)
        ):
            self.settle(JobKind.WORK, visit_of(before.current))  # whoever works there learns that it is in vain
        run = self.as_run()
        if self.workflow.saves_steps:
            self.documents += step_saves(before, run, undone=self.undoes_saves)
        change = Change(
            run=run,
            expected=before.revision,
            written=tuple(self._written.values()),
            dropped=tuple(self._gone),
            parked=self.parking.added,
            unparked=None if self.parking.taken is None else tuple(self.parking.taken),
            entries=tuple(self._entries),
            files=tuple(self.files),
            documents=self.documents,
            undos=tuple(self._undos.values()),
            undone=tuple(self._undone),
            jobs=(*self._jobs.values(), *_wakes(before, run)),
            settled=tuple(self._settled),
            context=_context_of(before) != _context_of(run),
            said=self.said,
        )
        self.documents = ()
        self._run = run
        self._new_turn()
        return change

    def as_run(self) -> Run:
        """The run as the turn leaves it, one revision on."""
        return self._run._replace(
            revision=self._run.revision + 1,
            status=self.status,
            updated_at=self.now,
            expires_at=self.expires_at,
            steps=tuple(self.steps),
            cursor=self.cursor,
            by_path=self.by_path,
            answered=self.answered,
            setters=self.setters,
            parked=self.parking.answers,
            returning=self.returning,
            fault=self.fault,
            removed=self.removed,
            visits=self.visits,
            input=self.input,
            event=self.event,
            profile=self.profile,
            session=self.session,
            undos=self.undos,
            arrivals=self.arrivals,
            arrived=self.arrived,
            deliveries=self.deliveries,
            positional=self.positional,
            conversation=self.conversation,
        )


def taken_files(step: Step) -> Mapping[str, Value]:
    """The files that a step's node took before its answers were accepted, by field."""
    files = (step.state or {}).get(TAKEN_FILES)
    return files if isinstance(files, Mapping) else {}


def as_undone(step: Step) -> Step:
    """The step as it was before it was done: nothing that it gave or set counts."""
    return step._replace(status=StepStatus.WAITING if step.is_foreground else StepStatus.PENDING)


def _context_of(run: Run) -> tuple[int, ...]:
    """Tells by identity whether it is the same: values are never changed in place."""
    parts = (run.event, run.profile, run.session, run.removed, run.arrivals, run.deliveries)
    return (run.arrived, *map(id, parts))


def _wakes(before: Run, run: Run) -> Iterator[Job]:
    """Where the run comes to its end, or stops at an error, whoever waits for it is told with the same commit."""
    if run.parent is None or not run.parent.visit or run.status is before.status:
        return
    if run.status in ENDED or run.status is RunStatus.FAILED:
        yield Job(run.parent.run, JobKind.WAKE, run.parent.visit, run.updated_at)


def visit_of(step: Step | None) -> int:
    """The number by which jobs name a run's current step; 0 before the first."""
    return 0 if step is None else step.visit
