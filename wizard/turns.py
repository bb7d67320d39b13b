"""Taking a turn: load, let the machine decide, call nodes, commit; again where somebody else was faster (S19-S21).

A turn is acknowledged (it returns) only after everything it changed is committed. Turns don't lock a run; the
store's compare-and-swap lets one of two win, and the other looks again at what there is now: its input is a
conflict, or the same input over again, which gets the same result.

Work that takes longer than anybody should be kept waiting goes on when its turn has ended, its lease being renewed;
its result is taken by a turn of its own, if the run still stands there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from wizard import machine
from wizard.asks import Ask, check_fresh, is_replay
from wizard.cache import RunCache
from wizard.documents import document_saves
from wizard.driver import Driver, Lasting, Means
from wizard.errors import CallerError, RunCancelled, RunExpired, StaleInput, StaleRevision, WizardError
from wizard.jobs import Claim, Job, JobKind
from wizard.leases import LeaseLost, held
from wizard.model import Prompt, Reply, Run, RunStatus, Workflow
from wizard.node import Services
from wizard.pinned import Pinned
from wizard.places import locate
from wizard.reporting import reporter
from wizard.requests import Move, Result
from wizard.saving import Effects, LateResult, Saver, lease_from
from wizard.settings import Settings
from wizard.state import RunView, is_expired, with_fault
from wizard.stores import Store
from wizard.turn import Turn, visit_of
from wizard.watching import Watch, WatchedTurn

log = logging.getLogger("wizard.engine")

MAX_TRIES = 20  # lost compare-and-swaps in one turn before the caller is told to try again

RespondWith = Callable[[RunView], Reply]


@dataclass(frozen=True, slots=True)
class Task:
    """How a turn that isn't a person's is taken: for the job of the visit `performing`, waiting as long as it takes,
    or with the result that `known` work had, if the run has the revision `at` still."""

    performing: int | None = None
    known: Mapping[int, Result] | None = None
    at: int | None = None


PERSONS = Task()


class Turns:
    """Takes turns on the runs of a store."""

    def __init__(
        self, store: Store, pinned: Pinned, services: Services, clock: Callable[[], datetime], watch: Watch
    ) -> None:
        settings: Settings = services.settings or Settings()
        self.cache = RunCache(store)
        self._store = store
        self._pinned = pinned
        self._clock = clock
        self._watch = watch
        self._effects = Effects()
        self._means = Means(services, patience=settings.slow_after, tell=reporter(store), watch=watch)
        self._seconds = settings.lease
        self.lease = lease_from(clock, settings.lease)
        self._lasting: set[asyncio.Task[None]] = set()

    async def close(self, grace: float) -> None:
        """Lets work that outlasted its turn go on for so many seconds; what isn't done then is another worker's."""
        if self._lasting:
            _, left = await asyncio.wait(self._lasting, timeout=grace)
            for each in left:
                each.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def show(self, run_id: str) -> RunView:
        """The run as it is now."""
        stored, cached = await self.cache.get(run_id)
        if cached and await self.cache.is_old(stored):
            stored = await self.cache.read(run_id)
        view = RunView(await self._pinned.workflow_of(stored), stored, self._clock())
        if stored.status is RunStatus.WORKING:
            view.report = await self._store.reported(run_id)
        return view

    async def first(
        self, workflow: Workflow, run: Run, respond: RespondWith | None, token: str, *, entering: bool
    ) -> RunView:
        """The turn that creates a run, and enters it."""
        with self._watch.turn("start", run.id):
            turn = Turn(workflow, run, run.created_at)
            turn.log("created", workflow=workflow.id, version=workflow.version)
            if run.expires_at is not None:
                turn.order(JobKind.EXPIRE, 0, run.expires_at)
            move = machine.next_(turn, None) if entering else None
            saver = self._saver(turn, run, respond, token, born=False)
            try:
                view = await self._play(turn, move, saver, respond, PERSONS, token=token)
            except LateResult:
                view = await self.show(run.id)
            view.token = token
            return view

    async def take(
        self, name: str, run_id: str, ask: Ask, respond: RespondWith | None = None, task: Task = PERSONS
    ) -> RunView:
        """One turn, again from the start where a cached run was old or somebody else was faster."""
        with self._watch.turn(name, run_id) as watched:
            for _ in range(MAX_TRIES):
                stored, cached = await self.cache.get(run_id)
                try:
                    view = await self._try(stored, ask, respond, task, watched)
                except StaleRevision:
                    self._watch.retried()
                    continue
                except CallerError as error:
                    if cached and await self.cache.is_old(stored):
                        continue
                    error.run = error.run or run_id
                    raise
                except LateResult:
                    view = await self.show(run_id)
                    view.late = True
                    return view
                if view.run is stored and cached and await self.cache.is_old(stored):
                    continue
                return view
            raise StaleRevision(run=run_id)

    async def _try(self, run: Run, ask: Ask, respond: RespondWith | None, task: Task, watched: WatchedTurn) -> RunView:
        workflow = await self._pinned.workflow_of(run)
        now = self._clock()
        if not ask.always:
            check_live(run, now)
        if is_replay(run, ask):
            watched.outcome = "replayed"
            return RunView(workflow, run, now)
        check_fresh(run, ask)
        if task.at is not None and task.at != run.revision:
            raise LateResult
        if ask.answering and (self._effects.is_running(run) or _is_handed_over(workflow, run)):
            raise StaleInput("This step is being worked on. Wait for it, or go back.", run=run.id)
        turn = Turn(workflow, run, now)
        saver = self._saver(turn, run, respond, None, born=True)
        view = await self._play(turn, ask.move(turn), saver, respond, task, strict=ask.strict)
        if view.run is run:
            watched.outcome = "unchanged"
        elif view.rejected is not None:
            watched.outcome = "rejected"
        return view

    def _saver(self, turn: Turn, run: Run, respond: RespondWith | None, token: str | None, *, born: bool) -> Saver:
        on_the_way = None if respond is None else partial(_answer_on_the_way, turn, respond, token)
        return Saver(self._store, self.cache, self._effects, turn, run, born=born, lease=self.lease, respond=on_the_way)

    def _means_for(self, task: Task) -> Means:
        patience = self._means.patience if task.performing is None else None
        return replace(self._means, performing=task.performing, known=task.known or {}, patience=patience)

    async def _play(
        self,
        turn: Turn,
        move: Move | None,
        saver: Saver,
        respond: RespondWith | None,
        task: Task,
        *,
        token: str | None = None,
        strict: bool = False,
    ) -> RunView:
        """Drives a move to its end and commits it. Where nothing changed, the view's run is the one
        that the saver holds."""
        driver = Driver(turn, self._means if task is PERSONS else self._means_for(task), saver)
        try:
            await _drive(move, driver)
            rejected = driver.prompt if turn.rejected else None
            # What was stored on the way isn't the answer yet: the same request again would be made again (S19).
            unanswered = respond is not None and saver.has_saved
            if not (turn.touched or unanswered) or (strict and turn.rejected):
                prompt = None if strict else _prompt_of(saver.run, driver)
                return RunView(turn.workflow, saver.run, turn.now, prompt, rejected=rejected)
            if turn.status is RunStatus.COMPLETED and saver.run.status is not RunStatus.COMPLETED:
                turn.documents = document_saves(turn, saver.run)
            change = turn.change()
            view = RunView(turn.workflow, change.run, turn.now, _prompt_of(change.run, driver), rejected=rejected)
            if respond is not None:
                view.token = token
                change = change._replace(reply=saver.answering(respond(view)))
            view.until = driver.until.get(visit_of(change.run.current))
            await saver.commit(change)
            return view
        finally:
            if driver.lasting is None:
                saver.effects_done()
            else:
                self._see_through(turn.id, driver.lasting, saver)

    # -- work that outlasts its turn -----------------------------------------------------------------

    def _see_through(self, run_id: str, lasting: Lasting, saver: Saver) -> None:
        task = asyncio.ensure_future(self._await_lasting(run_id, lasting, saver))
        self._lasting.add(task)
        task.add_done_callback(self._lasting.discard)

    async def _await_lasting(self, run_id: str, lasting: Lasting, saver: Saver) -> None:
        """Renews the lease until there is a result, and takes the turn that it belongs to."""
        job = Job(run_id, JobKind.WORK, lasting.visit, self._clock())
        claim, revision = Claim(job, 0), saver.run.revision
        try:
            try:
                result = await held(lasting.result, lambda: self._renew(claim), self._seconds / 3)
            finally:
                saver.effects_done()
            ask = Ask(lambda turn: machine.resume(turn, lasting.visit), always=True)
            view = await self.take("job", run_id, ask, task=Task(lasting.visit, {lasting.visit: result}, revision))
            if view.late:  # what it read may have changed meanwhile: once more
                await self._store.queue.put_off(claim, self._clock())
        except asyncio.CancelledError:  # the process ends: nobody needs to wait for the lease to do the same
            with suppress(WizardError):
                await self._store.queue.put_off(claim, self._clock())
            raise
        except LeaseLost:
            self._watch.node(lasting.type, 0.0, "late")
        except WizardError as error:
            log.warning("the result of run %s can't be stored: %s", run_id, type(error).__name__)

    async def _renew(self, claim: Claim) -> bool:
        return await self._store.queue.put_off(claim, self.lease())


def check_live(run: Run, now: datetime) -> None:
    """Raises RunExpired or RunCancelled where nothing can be done with the run any more."""
    if run.status is RunStatus.EXPIRED or is_expired(run, now):
        raise RunExpired(workflow=run.workflow, run=run.id)
    if run.status is RunStatus.CANCELLED:
        raise RunCancelled(workflow=run.workflow, run=run.id)


def _is_handed_over(workflow: Workflow, run: Run) -> bool:
    """Whether the run stands at work that only a job goes on with."""
    step = run.current
    if run.status is not RunStatus.WORKING or step is None or step.is_foreground or step.is_done:
        return False
    node = locate(workflow, step.path).node
    return bool(node.slow or node.handler.slow or node.handler.pauses)


def _answer_on_the_way(turn: Turn, respond: RespondWith, token: str | None, stored: Run) -> Reply:
    view = RunView(turn.workflow, stored, turn.now)
    view.token = token
    return respond(view)


async def _drive(move: Move | None, driver: Driver) -> None:
    if move is None:
        return
    try:
        request = next(move)
        while True:
            request = move.send(await driver.answer(request))
    except StopIteration:
        return


def _prompt_of(run: Run, driver: Driver) -> Prompt | None:
    """What the last node showed, if the run stopped there."""
    prompt, current = driver.prompt, run.current
    if prompt is None or current is None or prompt.step != current.path:
        return None
    return with_fault(prompt, run.fault)


def stands_at(run: Run, visit: int) -> bool:
    """Whether the run is still to go on at that visit."""
    return run.status is RunStatus.WORKING and visit_of(run.current) == visit
