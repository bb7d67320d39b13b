"""Plays a trial: the engine that runs are played with, on a store of its own in memory, until it is answered to the
last, ends, or goes over a bound.

Time stands. Where the run waits for a time, the clock is moved on to that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from wizard.debugging.bounds import MOST_TURNS, SECONDS
from wizard.debugging.clock import DebugClock
from wizard.debugging.live import Fork, entries_of, recorded
from wizard.debugging.observing import Observer
from wizard.debugging.outcomes import Outcomes, Unheard, is_failure, tries_of
from wizard.debugging.recording import Recorder, listening
from wizard.debugging.resolving import resolved
from wizard.debugging.ways import place_at, port_of, ways
from wizard.definitions.reading.complaints import did_you_mean
from wizard.engine import Definitions, Engine
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.errors import InvalidInput, NotAStep, WorkflowNotFound
from wizard.machine.scope import Scope
from wizard.model import Call, Change, DocumentSave, Entry, Kind, Prompt, Run, RunStatus, Workflow
from wizard.model.job import Job
from wizard.model.path import AFTER, locate
from wizard.model.trial import Line, Report, Trial
from wizard.node import Services
from wizard.node.types import parse_duration
from wizard.profiles.schema import ProfileSchema
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore

RUN = "debug"
RECORDED = "This is what is recorded of the run that was forked."
_BEFORE = datetime(1970, 1, 1, tzinfo=UTC)
PERSON = "debug"  # the profile and session that a trial works on, in its own store


class Tried(NamedTuple):
    """A workflow that is tried, and its definition."""

    workflow: Workflow
    bundle: bytes


async def play(
    tried: Tried,
    trial: Trial,
    services: Services,
    now: datetime,
    *,
    fork: Fork | None = None,
    profiles: ProfileSchema | None = None,
    others: Definitions | None = None,
    seconds: float = SECONDS,
) -> Report:
    """What comes of the trial, within so many seconds; with `fork`, from there on. `profiles` is what profiles may
    hold, and `others` are the definitions that it may start runs of, which are played here as well. Raises InvalidInput
    for what the workflow, or a step, can't be handed."""
    check_steps(tried.workflow, trial)
    clock = DebugClock(trial.at or now)
    recorder = Recorder()
    observer = Observer(recorder, Outcomes(trial), clock)
    store = _Store(trial)
    functions = services.functions if trial.effects else Unheard()
    engine = Engine(
        _Only(Tried(observer.workflow(tried.workflow), tried.bundle), others),
        store,
        services=Services(
            functions, _settings(services), calls=services.calls, resources=services.resources.for_tests()
        ),
        clock=clock,
        ids=lambda: RUN,
        profile_schema=profiles,
    )
    player = _Player(engine, store, clock, trial, recorder, seconds)
    with listening():
        try:
            await player.play(tried, fork)
            return await player.report(tried.workflow, fork)
        finally:
            await engine.close()


def check_steps(workflow: Workflow, trial: Trial) -> None:
    """What is given for a step that there can't be, or that has no use for it, was meant for another one. Raises
    InvalidInput."""
    for name, given in (("answers", trial.answers), ("results", trial.results), ("takes", trial.takes)):
        for step in given:
            if why := unusable(workflow, name, step):
                raise InvalidInput(f"`{name}` has {step[:100]!r}, and {why}")
    for step, result in trial.results.items():
        if any(is_failure(each) and not isinstance(each["error"], str) for each in tries_of(result)):
            raise InvalidInput(f'`results` has {step[:100]!r}, and its `error` is no text; write it as "404".')


def unusable(workflow: Workflow, name: str, step: str) -> str | None:
    """Why nothing of that name (`answers`, `results`, `takes`) can be given for a step; None where it can."""
    placed = place_at(workflow, step)
    if placed is None:
        return f"there is no such step in this workflow{did_you_mean(step, workflow.nodes) or '.'}"
    type_name = placed[1].type
    try:
        kind = locate(workflow, step).node.kind
    except NotAStep:  # a condition, or what embeds a workflow: the engine itself walks through
        kind = Kind.INTERNAL
    if name == "results":
        return None if kind is not Kind.INTERNAL else f"what comes of a node of type {type_name} can't be given."
    is_list_page = step.rpartition("/")[2].startswith(AFTER) and isinstance(placed[1].config, Call)
    if kind is Kind.FOREGROUND or is_list_page:
        return None
    hint = "; give what comes of it in `results`" if kind is Kind.BACKGROUND else ""
    return f"a node of type {type_name} asks nobody anything{hint}."


def _settings(services: Services) -> Settings:
    """Nothing is put off because it takes long: a trial has a bound of its own."""
    settings: Settings = services.settings or Settings()
    patient = {"slow_after": SECONDS, "lease": 3 * SECONDS, "grace": 1.0}
    return settings.model_copy(update={**patient, "step_timeout": min(settings.step_timeout, SECONDS)})


class _Only:
    """The definitions of an engine that tries one workflow; the others are only started by it."""

    def __init__(self, tried: Tried, others: Definitions | None) -> None:
        self._tried = tried
        self._others = others

    def get(self, workflow_id: str) -> Workflow:
        if workflow_id == self._tried.workflow.id:
            return self._tried.workflow
        if self._others is None:
            raise WorkflowNotFound(workflow=workflow_id)
        return self._others.get(workflow_id)

    def all_workflows(self) -> Collection[Workflow]:
        return (self._tried.workflow,)

    def bundle(self, workflow_id: str) -> bytes:
        if workflow_id == self._tried.workflow.id or self._others is None:
            return self._tried.bundle
        return self._others.bundle(workflow_id)

    def compile(self, bundle: bytes) -> Workflow:
        if bundle == self._tried.bundle or self._others is None:
            return self._tried.workflow
        return self._others.compile(bundle)

    def outline(self, run: Run, bundle: bytes | None, error: Exception | None) -> Workflow:
        if run.workflow == self._tried.workflow.id or self._others is None:
            return self._tried.workflow
        return self._others.outline(run, bundle, error)


class _Store(MemoryStore):
    """A store of one run, which knows when its next job is due."""

    def __init__(self, trial: Trial) -> None:
        super().__init__()
        self._due: dict[str, Job] = {}
        known = (("profile", trial.profile), ("session", trial.session))
        self._documents.save_all([DocumentSave(kind, PERSON, dict(fields)) for kind, fields in known], _BEFORE)

    async def commit(self, change: Change) -> None:
        await super().commit(change)
        for key in change.settled:
            self._due.pop(key, None)
        self._due.update({job.key: job for job in change.jobs})

    def due_for(self, visit: int) -> datetime | None:
        """When the work of that visit is due, None where nothing is."""
        return min((job.due for job in self._due.values() if job.visit == visit), default=None)


class _Player:
    """One trial under way."""

    def __init__(
        self, engine: Engine, store: _Store, clock: DebugClock, trial: Trial, recorder: Recorder, seconds: float
    ) -> None:
        self._seconds = seconds
        self._engine = engine
        self._store = store
        self._clock = clock
        self._trial = trial
        self._recorder = recorder
        self._answers = dict(trial.answers)
        self._takes = {step: _duration(step, text) for step, text in trial.takes.items()}
        self._stopped: str | None = None
        self._rejected: Prompt | None = None

    async def play(self, tried: Tried, fork: Fork | None) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._go_on(await (self._start(tried) if fork is None else self._take_up(tried, fork)))
        except TimeoutError:
            self._stopped = f"It took longer than {self._seconds:g} seconds, and was stopped."
            self._recorder.break_off()  # also what can't be stopped, and goes on in its thread

    async def _start(self, tried: Tried) -> RunView:
        return await self._engine.start(
            tried.workflow.id,
            dict(self._trial.input),
            event=dict(self._trial.event),
            profile_id=PERSON,
            session_id=PERSON,
        )

    async def _take_up(self, tried: Tried, fork: Fork) -> RunView:
        """A copy of a run, at the step from which it is to go on."""
        for step in fork.run.steps:
            secrets = locate(tried.workflow, step.path).node.secrets
            self._recorder.secrets.learn(step.output, secrets)
            self._recorder.secrets.learn(step.draft, secrets)
        run = fork.run._replace(id=RUN, revision=1, profile_id=PERSON, session_id=PERSON)
        entries = tuple(each.entry for each in fork.entries)
        await self._store.save_definition(tried.workflow.version, tried.bundle)
        await self._store.commit(Change(run, None, written=run.steps, entries=entries, files=fork.files))
        view = await self._engine.load(RUN)
        return await self._engine.next(view) if view.status is RunStatus.FAILED else view

    async def _go_on(self, view: RunView) -> None:
        for _ in range(MOST_TURNS):
            await asyncio.sleep(0)  # nothing else here waits for anything, and people's runs are to have their turns
            if self._recorder.is_full:
                self._stopped = (
                    f"It went through {len(self._recorder.lines):,} nodes, and was stopped. Is there a loop?"
                )
                return
            if not await self._turn(view):
                return
        self._stopped = f"It took {MOST_TURNS:,} turns, and was stopped. Is there a loop?"

    async def _turn(self, view: RunView) -> bool:
        """Whether it can go on."""
        match view.status:
            case RunStatus.WAITING:
                return await self._answer(view)
            case RunStatus.WORKING:
                return await self._wait(view)
        return False

    async def _answer(self, view: RunView) -> bool:
        step = view.step
        if (takes := self._takes.pop(step, None)) is not None:
            self._clock.pass_by(takes)
            await Worker(self._engine).perform_due()
            await self._engine.load(view)
            return True
        answers = self._answers.pop(step, None)
        if answers is None:
            if step in self._trial.answers:
                self._stopped = f"The run came back to {step}, whose answers were given once."
            return False
        await self._engine.next(view, answers, step=step)
        self._rejected = view.rejected
        if view.rejected is not None:
            self._stopped = f"The answers of {step} weren't accepted."
        return view.rejected is None and view.fault is None

    async def _wait(self, view: RunView) -> bool:
        due = self._store.due_for(view.visit)
        if due is None:
            self._stopped = f"The run waits at {view.step} for an event, which nobody sends here."
            return False
        if due > self._clock():
            self._recorder.note_early(view.step, f"The clock was moved on to {due.isoformat()}: it isn't waited for.")
            self._clock.jump(due)
        await Worker(self._engine).perform_due()
        await self._engine.load(view)
        return True

    async def report(self, workflow: Workflow, fork: Fork | None) -> Report:
        before = () if fork is None else _before(workflow, fork)
        if await self._store.load(RUN) is None:  # it never came to its first step
            status, edges = RunStatus.CREATED.value, tuple(ways(workflow, None, ()))
            return Report(status, None, self._recorder.told(), edges, self._stopped)
        view = await self._engine.load(RUN)
        entries = [each.entry for each in await entries_of(self._engine, RUN)]
        self._complete_lines(view)
        stopped = self._stopped or (None if view.fault is None else view.fault.message)
        self._recorder.fill_in(self._passed_through(workflow, view, entries))
        return Report(
            view.status.value,
            view.current if self._rejected is None else self._rejected,
            (*before, *self._recorder.told()),
            tuple(ways(workflow, view.run, entries, self._recorder.cases)),
            stopped,
        )

    def _passed_through(self, workflow: Workflow, view: RunView, entries: list[Entry]) -> list[tuple[Line, str | None]]:
        """Lines of what embeds a workflow and came to none of its steps, as a repeat of nothing does; each with the
        next step that has a line."""
        known = {line.step for line in self._recorder.lines}
        missing: list[tuple[Line, str | None]] = []
        for at, entry in enumerate(entries):
            placed = place_at(workflow, entry.step) if entry.kind == "opened" and entry.step not in known else None
            if placed is not None and not any(step.startswith(f"{entry.step}/") for step in known):
                frame, node = placed
                scope = Scope(view.run, frame, view.now)
                line = Line(entry.step, node.id, node.type, config=resolved(node, scope), output=scope.read((node.id,)))
                behind = (later.step for later in entries[at + 1 :] if later.step in known)
                missing.append((line, next(behind, None)))
                known.add(entry.step)
        return missing

    def _complete_lines(self, view: RunView) -> None:
        """What is known in the end: by which way a step was left, and what embedded workflows gave."""
        for line in self._recorder.lines:
            step = view.run.by_path.get(line.step)
            if step is not None:
                line.port = port_of(locate(view.workflow, step.path).node, step)
            elif line.type == "workflow" and (placed := place_at(view.workflow, line.step)) is not None:
                line.output = Scope(view.run, placed[0], view.now).read((line.node,))


def _duration(step: str, text: str) -> timedelta:
    """Raises InvalidInput."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InvalidInput(f"How long people take for {step} {error}.") from error


def _before(workflow: Workflow, fork: Fork) -> tuple[Line, ...]:
    """What is recorded of a run that was forked."""
    lines = recorded(workflow, fork.run, fork.entries).told()
    return tuple(replace(line, log=[*line.log, RECORDED]) for line in lines if line.step != fork.step)
