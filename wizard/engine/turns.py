"""Taking a turn: load, let the machine decide, call nodes, commit; again where somebody else was faster (S19-S21).

A turn is acknowledged (it returns) only after everything it changed is committed. Turns don't lock a run; the
store's compare-and-swap lets one of two win, and the other looks again at what there is now: its input is a
conflict, or the same input over again, which gets the same result. Who lost stands in line (wizard.engine.contention).

Work that takes longer than anybody should be kept waiting goes on when its turn has ended (wizard.engine.lasting).

What doesn't move a run doesn't disturb its work (S23): where another commit came between an effect and its result, the
result is stored on top of that, unless the run was moved or somebody else took the work over.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count

from wizard.engine.cache import RunCache
from wizard.engine.children import Children
from wizard.engine.claims import claims
from wizard.engine.commits import Effects, Saver, lease_from
from wizard.engine.contention import Contention, Place
from wizard.engine.driver import Driver, Means
from wizard.engine.lasting import LastingWork, claim_of
from wizard.engine.leases import Leases
from wizard.engine.narration import Narrator, Said, Telling
from wizard.engine.pinned import Pinned
from wizard.engine.playing import (
    RespondWith,
    answer_on_the_way,
    drive,
    is_handed_over,
    log_failures,
    outcome,
    prompt_of,
    put_off_until,
    stands_at,
)
from wizard.engine.progress import reporter
from wizard.engine.slots import Slots
from wizard.engine.unsaved import PERSONS, LateResult, Overtaken, Task, Unsaved, taken_again
from wizard.engine.view import RunView
from wizard.errors import (
    CallerError,
    RunBusy,
    StaleInput,
    StaleRevision,
    StoreError,
)
from wizard.locale.sentences import sentence
from wizard.machine import machine
from wizard.machine.conflicts import (
    Answer,
    Ask,
    Change,
    LookBack,
    check_fresh,
    check_live,
    is_at_work,
    is_known,
    is_replay,
    takes_an_outline,
)
from wizard.machine.item_migration import number_items
from wizard.machine.protocol import Move
from wizard.machine.stack import Turn, visit_of
from wizard.model import Prompt, Reply, Run, RunStatus, Workflow
from wizard.model.instants import Clock
from wizard.model.job import JobKind, job_key
from wizard.node import Services
from wizard.node.others import Profiles
from wizard.profiles.schema import ProfileSchema
from wizard.settings import Settings
from wizard.state.documents import document_saves
from wizard.stores.contract import Store
from wizard.telemetry.watching import Watch, WatchedTurn

log = logging.getLogger("wizard.engine")

MAX_TRIES = 20  # lost compare-and-swaps in one turn before the caller is told to try again
QUICK_TRIES, PAUSE = 3, 0.05  # those made at once, and the most seconds before each of the others


class Turns:
    """Takes turns on the runs of a store."""

    def __init__(
        self,
        store: Store,
        pinned: Pinned,
        services: Services,
        clock: Clock,
        watch: Watch,
        profiles: ProfileSchema | None,
        children: Children,
        stored_profiles: Profiles,
    ) -> None:
        settings: Settings = services.settings or Settings()
        self.cache = RunCache(store, room=settings.cache_bytes)
        self._store = store
        self._pinned = pinned
        self._clock = clock
        self._watch = watch
        self._effects = Effects()
        self._contention = Contention()
        self._slots = Slots(store, clock, settings)
        patience = min(settings.slow_after, settings.lease / 3)  # beyond that, its lease has to be renewed
        self._means = Means(
            services,
            self._slots,
            patience=patience,
            tell=reporter(store),
            watch=watch,
            profiles=profiles,
            file=store.file,
            children=children,
            claim=claims(store, clock),
            stored_profiles=stored_profiles,
        )
        self._leases = Leases(store, clock, services.calls.unstoppable, settings)
        self.narrator: Narrator | None = None
        self.listeners: list[Callable[[str], None]] = []  # told of each run in whose conversation something was said
        self.past: set[str] = set()  # keys of claimed jobs that aren't their holder's any more, by their own turn
        self.lease = lease_from(clock, settings.lease)
        self.lasting = LastingWork(self._leases, clock, watch, self._take_result)

    async def show(self, run_id: str) -> RunView:
        """The run as it is now."""
        stored, cached = await self.cache.get(run_id)
        if cached and await self.cache.is_old(stored):
            stored = await self.cache.read(run_id)
        view = RunView(await self._pinned.known_of(stored), stored, self._clock.wall())
        if stored.status is RunStatus.WORKING:
            view.report = await self._store.reported(run_id)
        return view

    async def first(
        self,
        workflow: Workflow,
        run: Run,
        now: datetime,
        respond_to: RespondWith | None,
        token: str,
        *,
        entering: bool,
        said: Said | None = None,
    ) -> RunView:
        """The turn that creates a run, and enters it; `now` is its creation on the wall clock."""

        def answer(view: RunView) -> Reply:
            assert respond_to is not None
            view.token = token
            return respond_to(view)

        respond = None if respond_to is None else answer
        with self._watch.turn("start", run.id) as watched:
            turn = Turn(workflow, run, now)
            turn.log("created", workflow=workflow.id, version=workflow.version)
            if run.expires_at is not None:
                turn.order(JobKind.EXPIRE, 0, run.expires_at)
            move = machine.next_(turn, None) if entering else machine.stay(turn)
            task = PERSONS if said is None else replace(PERSONS, said=said)
            telling = self._telling(run, said, passes=True)
            saver = self._saver(turn, run, respond, task, None, born=False, telling=telling)
            try:
                view = await self._play(turn, move, saver, respond, task, telling=telling)
            except Overtaken as overtaken:
                if overtaken.task.unsaved is None:  # there is a run of this id
                    raise StaleRevision(run=run.id) from None
                ask = overtaken.task.unsaved.ask()
                view = await self._until_stored(run.id, ask, respond, overtaken.task, watched)
            view.token = token
            return view

    async def take(
        self, name: str, run_id: str, ask: Ask, respond: RespondWith | None = None, task: Task = PERSONS
    ) -> RunView:
        """One turn, again from the start where a cached run was old or somebody else was faster."""
        with self._watch.turn(name, run_id) as watched:
            return await self._until_stored(run_id, ask, respond, task, watched)

    async def _take_result(self, run_id: str, unsaved: Unsaved, task: Task) -> RunView:
        return await self.take("job", run_id, unsaved.ask(), task=task)

    async def _until_stored(
        self, run_id: str, ask: Ask, respond: RespondWith | None, task: Task, watched: WatchedTurn
    ) -> RunView:
        place = Place(self._contention, run_id)
        try:
            return await self._tries(place, ask, respond, task, watched)
        finally:
            place.leave()

    async def _tries(
        self, place: Place, ask: Ask, respond: RespondWith | None, task: Task, watched: WatchedTurn
    ) -> RunView:
        run_id = place.run_id
        for tries in count(1):
            if not await place.take(lost=tries > 1) and task.unsaved is None:
                raise RunBusy(run=run_id)
            stored, cached = await self.cache.get(run_id)
            try:
                view = await self._try(stored, ask, respond, task, watched, place)
            except Overtaken as overtaken:
                self._watch.retried()
                task = overtaken.task
                if task.unsaved is not None:  # what was done isn't given up: who was faster has got on
                    ask = task.unsaved.ask()
                elif tries >= MAX_TRIES:
                    raise RunBusy(run=run_id) from None
                await asyncio.sleep(random.random() * PAUSE if tries > QUICK_TRIES else 0)  # noqa: S311
                continue
            except (CallerError, LateResult) as error:
                if cached and await self.cache.is_old(stored):
                    continue
                if isinstance(error, LateResult):
                    return await self._late(run_id, task)
                error.run = error.run or run_id
                raise
            if view.run is stored and cached and await self.cache.is_old(stored):
                continue
            return view
        raise AssertionError  # count() has no end

    async def _late(self, run_id: str, task: Task) -> RunView:
        """The run as those left it who moved it."""
        step = None if task.unsaved is None or task.unsaved.result is None else task.unsaved.at.current
        if step is not None:
            self._watch.node(step.type, 0.0, "late")
        view = await self.show(run_id)
        view.late = True
        return view

    async def _try(
        self, run: Run, ask: Ask, respond: RespondWith | None, task: Task, watched: WatchedTurn, place: Place
    ) -> RunView:
        now = self._clock.wall()
        is_done = is_known(run, ask)
        if not is_done:
            check_live(run, ask, now)
        if is_done or (task.said is None and is_replay(run, ask)):
            watched.outcome = "replayed"
            return RunView(await self._pinned.known_of(run), run, now)
        workflow = await (self._pinned.known_of(run) if takes_an_outline(ask) else self._pinned.workflow_of(run))
        check_fresh(run, ask)
        if task.unsaved is not None and not task.unsaved.fits(run):
            raise LateResult
        if task.unsaved is None and task.claim is not None and not await self._leases.renew(task.claim):
            raise LateResult  # it was settled or ordered anew, by what was stored before the run was read
        if is_at_work(run, ask) and await self._is_worked_on(workflow, run):
            raise StaleInput(sentence("This step is being worked on. Wait for it, or go back."), run=run.id)
        turn = Turn(workflow, run, now)
        if run.positional and workflow.unavailable is None:
            number_items(turn, run)
        by_page = task.said is None and isinstance(ask, Answer | Change | LookBack)
        telling = self._telling(run, task.said, passes=not by_page)
        saver = self._saver(turn, run, respond, task, place, born=True, telling=telling)
        strict = isinstance(ask, Change)
        view = await self._play(turn, ask.move(turn), saver, respond, task, strict=strict, telling=telling)
        watched.outcome = outcome(view, run)
        return view

    async def _is_worked_on(self, workflow: Workflow, run: Run) -> bool:
        """Whether the work that the run stands at is somebody's, here or in another process, or waits for its time."""
        if self._effects.is_running(run) or is_handed_over(workflow, run):
            return True
        return await self._store.queue.is_kept(job_key(run.id, JobKind.WORK, visit_of(run.current)), self._clock())

    def _telling(self, run: Run, said: Said | None, *, passes: bool) -> Telling | None:
        """None where the run is no conversation."""
        if self.narrator is None or (said is None and not run.conversation):
            return None
        return Telling(self.narrator, run, said, passes=passes)

    def _saver(
        self,
        turn: Turn,
        run: Run,
        respond: RespondWith | None,
        task: Task,
        place: Place | None,
        *,
        born: bool,
        telling: Telling | None,
    ) -> Saver:
        return Saver(
            self._store,
            self.cache,
            self._effects,
            turn,
            run,
            born=born,
            lease=self.lease,
            respond=None if respond is None else partial(answer_on_the_way, turn, respond),
            responded=task.responded,
            job=task.job,
            past=partial(self.past.add, task.job),
            committed=None if place is None else place.leave,
            tell=None if telling is None else partial(telling.tell, turn, None, on_the_way=True),
        )

    def _driver(self, turn: Turn, saver: Saver, task: Task) -> Driver:
        means = self._means
        if task is not PERSONS:
            means = replace(means, performing=task.performing, undone=task.undone, closed=task.closed, heard=task.heard)
        if turn.workflow.unavailable is not None:
            means = replace(means, patience=0.0)  # what is owed is ordered: it is done when the workflow is back
        return Driver(turn, means, saver, self._clock)

    async def _play(
        self,
        turn: Turn,
        move: Move,
        saver: Saver,
        respond: RespondWith | None,
        task: Task,
        *,
        strict: bool = False,
        telling: Telling | None = None,
    ) -> RunView:
        """Drives a move to its end and commits it. Where nothing changed, the view's run is the one
        that the saver holds. Raises Overtaken."""
        driver, before = self._driver(turn, saver, task), saver.run
        try:
            await drive(move, driver)
            if telling is not None and not (strict and turn.rejected):
                await self._have_told(telling, turn, driver)
            rejected = driver.prompt if turn.rejected else None
            # What was stored on the way isn't the answer yet: the same request again would be made again (S19).
            unanswered = respond is not None and saver.owes_reply
            if not (turn.touched or unanswered) or (strict and turn.rejected):
                prompt = None if strict else prompt_of(saver.run, driver, turn.workflow)
                return RunView(turn.workflow, saver.run, turn.local_now, prompt, rejected=rejected)
            # A change of a run that is completed can end it again in the same turn.
            ended = turn.workflow.reopen or saver.run.status is not RunStatus.COMPLETED
            if turn.status is RunStatus.COMPLETED and ended and not turn.workflow.saves_steps:
                turn.documents += document_saves(turn, saver.run, reopens=turn.workflow.reopen)
            change = turn.change()
            prompt = prompt_of(change.run, driver, turn.workflow)
            view = RunView(turn.workflow, change.run, turn.local_now, prompt, rejected=rejected)
            view.said = change.said if telling is None else telling.utterances
            if respond is not None:
                change = change._replace(reply=saver.answering(respond(view)))
            view.until = driver.until.get(visit_of(change.run.current), put_off_until(change.run))
            await saver.commit(change)
            log_failures(turn)
            if change.said:
                self.tell_listeners(change.run.id)
            await self._leave_line(before, change.run)
            return view
        except StaleRevision:
            raise Overtaken(taken_again(task, driver, saver)) from None
        except (asyncio.CancelledError, StoreError):
            log_failures(turn)
            if driver.lasting is None:
                await self._hand_back_work(saver, task)
            raise
        finally:
            if driver.lasting is None:
                saver.effects_done()
            else:
                self.lasting.go_on(turn.id, driver.lasting, saver, follows=bool(task.job) or task.follows)

    def tell_listeners(self, run_id: str) -> None:
        """Those of conversations, about one of a run."""
        for listener in self.listeners:
            listener(run_id)

    async def _have_told(self, telling: Telling, turn: Turn, driver: Driver) -> None:
        """Goes on where nothing is asked in a conversation, and has said what came of it."""

        def shown() -> Prompt | None:
            return prompt_of(turn.as_run(), driver, turn.workflow)

        await telling.go_on(turn, lambda move: drive(move, driver), shown)
        telling.tell(turn, shown())

    async def _leave_line(self, before: Run, after: Run) -> None:
        """Gives up the place in line of a step that the turn moved the run away from: it keeps nobody waiting."""
        step = before.current
        if step is not None and step.put_off is not None and step.put_off.since and not stands_at(after, step.visit):
            await self._slots.leave(job_key(after.id, JobKind.WORK, step.visit))

    async def _hand_back_work(self, saver: Saver, task: Task) -> None:
        """Hands back the work that the turn began and that nobody goes on with."""
        if saver.has_saved and visit_of(saver.run.current) != task.performing:
            await self.lasting.hand_back(claim_of(saver.run, self._clock()))
