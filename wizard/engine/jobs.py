"""Doing jobs: what a turn ordered for later, if the run still stands where it was ordered.

A job is done at least once and may come late or in vain, so everything here looks at the run first. What is to be
done again is put off, with a pause that grows.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, assert_never

from wizard.engine.children import Children
from wizard.engine.dropped import UNDO_TRIES
from wizard.engine.pinned import Pinned
from wizard.engine.playing import stands_at
from wizard.engine.reentry import AtWork
from wizard.engine.turns import Turns
from wizard.engine.unsaved import Task
from wizard.engine.view import RunView
from wizard.engine.visits import make_visit
from wizard.errors import MessageNotSent, RunNotFound, WorkflowUnavailable
from wizard.machine import machine
from wizard.machine.background import wake
from wizard.machine.conflicts import OwnWork
from wizard.machine.deadlines import next_reminder, waits_at
from wizard.machine.expiry import expire
from wizard.machine.interventions import remind
from wizard.machine.protocol import Close, Move
from wizard.machine.stack import Turn
from wizard.machine.undo import debt
from wizard.model import ENDED, RunStatus
from wizard.model.backoff import pause_after
from wizard.model.instants import Clock, after
from wizard.model.job import MOST_TRIES, Claim, Job, JobKind
from wizard.model.path import locate
from wizard.node import NodeType, Services
from wizard.node.others import Profiles
from wizard.node.retry import seconds_in_all
from wizard.process.isolation import Whose
from wizard.process.unstoppable import doing
from wizard.settings import Settings
from wizard.stores.asides import delete_whole_run
from wizard.stores.contract import Store
from wizard.telemetry.logs import broke
from wizard.telemetry.watching import Watch

log = logging.getLogger("wizard.jobs")

ERRANDS = (JobKind.DELIVER, JobKind.ATTEND)  # that not every process can do
# Between two looks of a process that can't do what another one can, at most, and at first: longer than it is until the
# others look (wizard.stores.wakening), who would learn of it later than this one else.
ELSEWHERE, FIRST_ELSEWHERE = timedelta(seconds=5), timedelta(seconds=1.2)
WAKE_AGAIN = timedelta(seconds=1)
LONGEST_AWAY = timedelta(minutes=10)  # between two looks for a node type or function that is missing here

Errand = Callable[[Claim], Awaitable[datetime | None]]  # does jobs of one kind; gives what Performer.perform does


class Performer:
    """Does the jobs of runs; see Engine.perform."""

    def __init__(
        self,
        store: Store,
        pinned: Pinned,
        turns: Turns,
        services: Services,
        clock: Clock,
        watch: Watch,
        children: Children,
        profiles: Profiles,
    ) -> None:
        self._store = store
        self._profiles = profiles
        self._children = children
        self._pinned = pinned
        self._turns = turns
        self._services = services
        self._clock = clock
        self._watch = watch
        self.errands: dict[JobKind, Errand] = {}

    async def perform(self, claim: Claim) -> datetime | None:
        """When the job is to be done (again), None where nothing is left to do."""
        job, now = claim.job, self._clock()
        if job.due > now:  # the clock was put back since it was claimed: nothing is done early
            return job.due
        try:
            return await self._do(claim)
        except RunNotFound:
            return None
        except WorkflowUnavailable as error:  # not the run's fault: no try is counted, it goes on when that is mended
            log.error("the job %s of run %s is put off: %s", job.kind.value, job.run, error.message)
            return self._away(claim.tries)
        finally:
            self._turns.past.discard(job.key)

    def _away(self, tries: int) -> datetime:
        """When what is missing here is looked for again."""
        return self._clock() + min(pause_after(tries, random.random()), LONGEST_AWAY)  # noqa: S311

    async def _do(self, claim: Claim) -> datetime | None:
        job = claim.job
        match job.kind:
            case JobKind.WORK:
                return await self._work(job)
            case JobKind.UNDO:
                return await self._undo(job)
            case JobKind.REMIND:
                return await self._remind(claim)
            case JobKind.EXPIRE:
                await self._move(job, lambda turn: expire(turn, job.visit), outline=True, claim=claim)
            case JobKind.MESSAGE:
                return await self._send(claim)
            case JobKind.DELIVER | JobKind.ATTEND:  # ERRANDS
                errand = self.errands.get(job.kind)
                return elsewhere(claim, self._clock()) if errand is None else await errand(claim)
            case JobKind.DELETE:
                return await self._delete(claim)
            case JobKind.WAKE:
                return await self._wake(job)
            case _:
                assert_never(job.kind)
        return None

    async def _move(
        self, job: Job, move: Callable[[Turn], Move], *, outline: bool = False, claim: Claim | None = None
    ) -> RunView:
        """Takes the turn that the job is for; with `claim` none where that doesn't hold any more: a clock that started
        anew, after the job was claimed, has another deadline."""
        ask = OwnWork(move, outline)
        return await self._turns.take("job", job.run, ask, task=Task(job.visit, job.key, claim))

    async def _work(self, job: Job) -> datetime | None:
        view = await self._turns.show(job.run)
        if not stands_at(view.run, job.visit):
            return None
        view = await self._move(job, lambda turn: machine.resume(turn, job.visit))
        if not stands_at(view.run, job.visit):
            return None
        return self._turns.lease() if view.late else view.until  # late: somebody else has taken it over

    async def _wake(self, job: Job) -> datetime | None:
        """Has the visit look at what it waits for. While it is at work, it may have looked already, and be about to say
        that it comes again much later."""
        view = await self._turns.show(job.run)
        step = view.run.current
        if step is None or not stands_at(view.run, job.visit):
            return None
        if step.claim:
            return self._clock() + WAKE_AGAIN
        await self._move(job, lambda turn: wake(turn, job.visit), outline=True)
        return None

    async def _remind(self, claim: Claim) -> datetime | None:
        job, first = claim.job, claim.job.payload.get("first")
        view = await self._move(job, lambda turn: remind(turn, job.visit, first), claim=claim)
        step = view.run.current
        if step is None or not waits_at(view.run, job.visit):
            return None
        reminder = locate(view.workflow, step.path).node.remind
        return None if reminder is None else next_reminder(reminder, first, step.reminded)

    # -- undoing -------------------------------------------------------------------------------------

    async def _undo(self, job: Job) -> datetime | None:
        view = await self._turns.show(job.run)
        owed = debt(view.run.undos, job.visit)
        if owed is None or owed.failed:
            return None
        if owed.tries == 0 and view.run.status is RunStatus.WORKING:
            return self._turns.lease()  # the turn that owes it is under way, or the job that goes on with it undoes it
        workflow = await self._pinned.workflow_of(view.run)
        handler: NodeType[Any] = locate(workflow, owed.step.path).node.handler
        error = None
        try:
            visit = make_visit(workflow, view.run, owed.step, self._clock.wall(), self._services)
            visit.child, visit.profiles = self._children.of(view.run, owed.step), self._profiles
            with AtWork(visit), doing(job.key):
                await self._services.calls.within(seconds_in_all(visit), lambda: handler.remove(visit), visit)
        except Exception as failure:
            error = type(failure).__name__
            broke(log, failure, "undoing step %s of run %s failed", owed.step.path, job.run)
        await self._move(job, lambda turn: _settle(turn, job.visit, error))
        if error is None:
            return None
        if owed.tries + 1 >= UNDO_TRIES:
            self._watch.undo_failed(job.run)
            log.error("step %s of run %s can't be undone; look at it: wizard runs repair", owed.step.path, job.run)
            return None
        return self._clock() + pause_after(owed.tries + 1, random.random())  # noqa: S311

    async def repair(self, run_id: str) -> RunView:
        """Owes again what was given up."""
        return await self._turns.take("job", run_id, OwnWork(_owe_again))

    # -- messages and deletion -------------------------------------------------------------------------

    async def _send(self, claim: Claim) -> datetime | None:
        """Hands a message to the host's function; `key` is the same each time, so that it can be sent once. One that
        takes longer than the setting `step_timeout` has failed. Raises MessageNotSent; the last time that the job is
        tried, the run's trace says so."""
        job, given = claim.job, dict(claim.job.payload)
        name = str(given.pop("send", ""))
        function = self._services.functions.get(name)
        if function is None:  # it is to be sent by whoever has it, or has it again: no try is counted
            log.error("a message of run %s can't be sent: there is no function %r; register it", job.run, name)
            return self._away(claim.tries)
        try:
            calls, whole = self._services.calls, {**given, "key": job.key}
            settings: Settings = self._services.settings or Settings()
            about = Whose("a message", job.run, "message")
            with doing(job.key):
                await calls.within(settings.step_timeout, lambda: calls.function(function, whole), about)
        except Exception as error:
            kind = type(error).__name__
            if claim.tries >= MOST_TRIES:
                await self._move(job, lambda turn: _not_sent(turn, name, kind), outline=True)
            raise MessageNotSent(
                f"The function {name!r} failed with {kind}, so that a message of this run can't be sent. Mend it, and"
                f" have the message sent: wizard runs repair {job.run}",
                run=job.run,
            ) from error
        return None

    async def _delete(self, claim: Claim) -> datetime | None:
        """A run that was gone back into expires first; where it doesn't, it is deleted when it is left alone for as
        long as it would have been kept."""
        job, now = claim.job, self._clock()
        view = await self._turns.show(job.run)
        workflow, run = view.workflow, view.run
        goes_on = run.status not in ENDED
        if goes_on and run.expires_at is not None:
            if run.expires_at > now:
                return run.expires_at
            await self._move(job, lambda turn: expire(turn, 0), outline=True)
            return now  # what is kept of it from here on is counted anew
        if workflow.delete_after is not None:
            due = after(run.updated_at, workflow.delete_after)
            if due > now:
                return due
        elif workflow.unavailable is None:
            return None
        elif goes_on:
            return self._away(claim.tries)
        self._turns.cache.forget(job.run)
        await delete_whole_run(self._store, job.run)
        return None


def elsewhere(claim: Claim, now: datetime) -> datetime:
    """When a job is due again that this process can't do and another one can: soon, so that the other one isn't kept
    waiting by that; less soon after some tries, as it may be down."""
    return now + min(FIRST_ELSEWHERE * (1 << min(claim.tries // 6, 10)), ELSEWHERE)


def _settle(turn: Turn, visit: int, error: str | None) -> Move:
    owed = debt(turn.undos, visit)
    if owed is None:
        return
    if error is None:
        turn.undone(visit)
        turn.log("undone", owed.step.path)
        yield Close(owed.step)
        return
    tries = owed.tries + 1
    turn.owe_again(owed._replace(tries=tries, error=error, failed=tries >= UNDO_TRIES))
    turn.log("not undone", owed.step.path, error=error)


def _not_sent(turn: Turn, function: str, error: str) -> Move:
    turn.log("not sent", send=function, error=error)
    return
    yield


def _owe_again(turn: Turn) -> Move:
    for owed in turn.undos:
        if owed.failed:
            turn.owe_again(owed._replace(tries=1, failed=False))
            turn.order(JobKind.UNDO, owed.step.visit, turn.now)
    return
    yield
