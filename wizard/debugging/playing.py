"""Plays a trial: the engine that runs are played with, on a store of its own in memory, until it is answered to the
last, ends, or goes over a bound.

Time stands. Where the run waits for a time, the clock is moved on to that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from wizard.debugging.bounds import MOST_TURNS, SECONDS
from wizard.debugging.clock import DebugClock
from wizard.debugging.observing import Observer
from wizard.debugging.outcomes import Outcomes
from wizard.debugging.recording import Recorder, listening
from wizard.debugging.ways import port_of, ways
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.errors import WorkflowNotFound
from wizard.model import Change, Entry, Run, RunStatus, Workflow
from wizard.model.job import Job
from wizard.model.path import locate
from wizard.model.trial import Report, Trial
from wizard.node import Services
from wizard.settings import Settings
from wizard.state.merging import Document
from wizard.stores.memory import MemoryStore

PERSON = "debug"  # the profile and session that a trial works on, in its own store


class Tried(NamedTuple):
    """A workflow that is tried, and its definition."""

    workflow: Workflow
    bundle: bytes


async def play(tried: Tried, trial: Trial, services: Services, now: datetime) -> Report:
    """What comes of the trial. Raises InvalidInput for an input that the workflow doesn't take, and DebugRefused for
    answers and results of steps that it can't have."""
    clock = DebugClock(trial.at or now)
    recorder = Recorder()
    observer = Observer(recorder, Outcomes(trial), clock)
    store = _Store(trial)
    engine = Engine(
        _Only(Tried(observer.workflow(tried.workflow), tried.bundle)),
        store,
        services=Services(services.functions, _settings(services), calls=services.calls),
        clock=clock,
    )
    player = _Player(engine, store, clock, trial, recorder)
    try:
        with listening():
            await player.play(tried.workflow)
    finally:
        await engine.close()
    return await player.report(tried.workflow)


def _settings(services: Services) -> Settings:
    """Nothing is put off because it takes long: a trial has a bound of its own."""
    settings: Settings = services.settings or Settings()
    patient = {"slow_after": SECONDS, "lease": 3 * SECONDS, "grace": 1.0}
    return settings.model_copy(update={**patient, "step_timeout": min(settings.step_timeout, SECONDS)})


class _Only:
    """The definitions of an engine that knows one workflow."""

    def __init__(self, tried: Tried) -> None:
        self._tried = tried

    def get(self, workflow_id: str) -> Workflow:
        if workflow_id != self._tried.workflow.id:
            raise WorkflowNotFound(workflow=workflow_id)
        return self._tried.workflow

    def all_workflows(self) -> Collection[Workflow]:
        return (self._tried.workflow,)

    def bundle(self, workflow_id: str) -> bytes:
        return self._tried.bundle

    def compile(self, bundle: bytes) -> Workflow:
        return self._tried.workflow

    def outline(self, run: Run, bundle: bytes | None, error: Exception | None) -> Workflow:
        return self._tried.workflow


class _Store(MemoryStore):
    """A store of one run, which knows when its next job is due."""

    def __init__(self, trial: Trial) -> None:
        super().__init__()
        self._due: dict[str, Job] = {}
        for kind, fields in (("profile", trial.profile), ("session", trial.session)):
            self._documents[kind, PERSON] = Document(1, dict(fields))

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

    def __init__(self, engine: Engine, store: _Store, clock: DebugClock, trial: Trial, recorder: Recorder) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self._trial = trial
        self._recorder = recorder
        self._answers = dict(trial.answers)
        self._view: RunView | None = None
        self._stopped: str | None = None

    async def play(self, workflow: Workflow) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                self._view = await self._engine.start(
                    workflow.id,
                    dict(self._trial.input),
                    event=dict(self._trial.event),
                    profile_id=PERSON,
                    session_id=PERSON,
                )
                await self._go_on(self._view)
        except TimeoutError:
            self._stopped = f"It took longer than {SECONDS:g} seconds, and was stopped."

    async def _go_on(self, view: RunView) -> None:
        for _ in range(MOST_TURNS):
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
        answers = self._answers.pop(step, None)
        if answers is None:
            if step in self._trial.answers:
                self._stopped = f"The run came back to {step}, whose answers were given once."
            return False
        await self._engine.next(view, answers, step=step)
        if view.rejected is not None:
            self._stopped = f"The answers of {step} weren't accepted."
            return False
        return True

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

    async def report(self, workflow: Workflow) -> Report:
        assert self._view is not None
        view = await self._engine.load(self._view)
        entries: list[Entry] = []
        number = 0
        while page := await self._engine.trace(view.id, after=number):
            entries += [each.entry for each in page]
            number = page[-1].number
        self._name_ports(view)
        return Report(
            view.status.value,
            view.rejected or view.current,
            self._recorder.told(),
            tuple(ways(workflow, view.run, entries, self._recorder.cases)),
            self._stopped,
        )

    def _name_ports(self, view: RunView) -> None:
        for line in self._recorder.lines:
            step = view.run.by_path.get(line.step)
            if step is not None:
                line.port = port_of(locate(view.workflow, step.path).node, step)
