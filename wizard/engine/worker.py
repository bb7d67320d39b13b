"""A worker: claims jobs that are due, has the engine do them, and keeps its claims alive meanwhile.

Any number of workers share one store, in servers or in processes of their own (`wizard worker`). One that dies
needs no help: its claims end with their lease, and others take the jobs over.

Whatever a job or a claim raises, the worker goes on: a job that fails each time is tried less and less often, and put
aside for an operator in the end (`wizard jobs`).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from wizard.engine.engine import Engine
from wizard.engine.jobs import ERRANDS
from wizard.engine.leases import LeaseLost, held
from wizard.errors import DataUnreadable, StoreError
from wizard.model.backoff import pause_after
from wizard.model.instants import after, instant
from wizard.model.job import MOST_TRIES, Claim
from wizard.profiles.retention import prune_documents
from wizard.telemetry.logs import broke, is_outspoken, kind_and_place

log = logging.getLogger("wizard.jobs")

IDLE = 1.0  # seconds that an empty queue is waited at before it is looked at again
HOUSEKEEPING = 3600.0  # seconds between two looks at what is too old to be kept
AWAY = timedelta(seconds=30)  # a storage that comes back does so for all jobs, however often they were tried
PRUNED = 1000  # dedupe records that are deleted at once
FIRST_PAUSE = 0.5  # seconds after a claim that failed, doubled with each further one
RESTART = 1.0  # seconds after which a worker that ended is started again


@asynccontextmanager
async def working(engine: Engine, at_once: int | None = None) -> AsyncIterator[Worker | None]:
    """Has jobs done in this process for as long as the context lasts: at most so many at a time, as the engine's
    settings say (`jobs`) unless given; 0 leaves them to other processes, and gives no worker."""
    at_once = engine.settings.jobs if at_once is None else at_once
    if not at_once:
        yield None
        return
    worker = Worker(engine, at_once=at_once)
    worker.start()
    try:
        yield worker
    finally:
        await worker.stop(engine.settings.grace)


class Worker:
    """Does at most `at_once` jobs at a time; what follows from one and goes on when it is done counts as one still.
    What it claims is its own for the settings' `lease`, which it renews."""

    def __init__(self, engine: Engine, *, at_once: int = 10, idle: float = IDLE) -> None:
        self._engine = engine
        self._queue = engine.store.queue
        self._at_once = at_once
        self._idle = idle
        self._lease = timedelta(seconds=engine.settings.lease)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._housekept = 0.0
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Has it work until `stop` is called, begun again should it ever end before that."""
        self._running = asyncio.ensure_future(self.run())
        self._running.add_done_callback(self._ended)

    @property
    def has_ended(self) -> bool:
        """Whether it was started, and works no more although nobody stopped it."""
        return self._running is not None and self._running.done() and not self._stopping.is_set()

    def _ended(self, running: asyncio.Task[None]) -> None:
        if self._stopping.is_set():
            return
        why = "it was cancelled" if running.cancelled() else type(running.exception()).__name__
        log.critical("the worker has ended, and is started again: %s", why)
        asyncio.get_running_loop().call_later(RESTART, self._start_again)

    def _start_again(self) -> None:
        if not self._stopping.is_set():
            self.start()

    async def run(self) -> None:
        """Works until `stop` is called."""
        stopping = asyncio.ensure_future(self._stopping.wait())
        failures = 0
        try:
            while not stopping.done():
                if self._free <= 0:
                    await asyncio.wait({stopping, *self._busy}, return_when=asyncio.FIRST_COMPLETED)
                elif await self._looks(stopping):
                    failures = 0
                elif not stopping.done():
                    failures = min(failures + 1, 5)
                    await asyncio.wait({stopping}, timeout=min(FIRST_PAUSE * 2.0**failures, 10.0))
        finally:
            stopping.cancel()

    async def _looks(self, stopping: asyncio.Task[Any]) -> bool:
        """Looks for jobs once, unless it is stopped meanwhile; whether that went well."""
        looking = asyncio.ensure_future(self._look())
        try:
            await asyncio.wait({stopping, looking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            looking.cancel()  # most likely it waits at an empty queue
        try:
            await asyncio.wait({looking})
            looking.result()
        except StoreError as error:
            log.warning("jobs can't be claimed: %s", error.message)
        except asyncio.CancelledError:
            if not looking.cancelled():
                raise  # it is this task that is ended
            if not stopping.done():
                log.error("jobs can't be claimed: a library gave up by itself")
        except Exception as error:
            broke(log, error, "jobs can't be claimed; it is tried again")
        else:
            return True
        return False

    async def _look(self) -> None:
        await self._claim(self._idle)
        await self._keep_house()

    async def stop(self, grace: float) -> None:
        """Claims nothing more, and returns when the jobs under way are done; after `grace` seconds they are handed
        back."""
        self._stopping.set()
        if self._running is not None:
            await asyncio.wait({self._running})
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=grace)
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left)

    async def perform_due(self) -> int:
        """Does all jobs that are due now, and those that come due by it; how many they were. For tests, and for hosts
        with a clock of their own."""
        done = 0
        while claimed := await self._claim_when_free():
            done += claimed
            while self._tasks:
                await asyncio.wait(self._tasks)
        return done

    @property
    def _busy(self) -> set[asyncio.Task[None]]:
        return {*self._tasks, *self._engine.following}

    @property
    def _free(self) -> int:
        """How many more jobs may be begun."""
        return self._at_once - len(self._busy)

    async def _claim_when_free(self) -> int:
        while self._free <= 0:
            await asyncio.wait(self._busy, return_when=asyncio.FIRST_COMPLETED)
        return await self._claim(0.0)

    async def _claim(self, wait: float) -> int:
        leave = [kind for kind in ERRANDS if kind not in self._engine.errands]
        claims = await self._queue.claim(self._engine.clock(), self._free, self._lease, wait, leave)
        for claim in claims:
            task = asyncio.ensure_future(self._hold(claim))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claims)

    async def _hold(self, claim: Claim) -> None:
        begun, outcome = perf_counter(), "failed"
        try:
            outcome = await self._settle(claim)
        except LeaseLost:
            outcome = "lost"
        except asyncio.CancelledError:
            outcome = "put_off"
            await self._engine.hand_back(claim)
            raise
        except StoreError as error:  # it is in the queue still, and comes again when the lease is over
            log.warning("a job of run %s can't be noted as done: %s", claim.job.run, error.message)
        except Exception as error:
            broke(log, error, "the job %s can't be settled; it comes again", claim.job.key)
        finally:
            self._engine.watch.job(claim.job.kind.value, outcome, perf_counter() - begun)

    async def _settle(self, claim: Claim) -> str:
        """Does the job and says in the queue what came of it; the outcome."""
        try:
            again = await self._perform(claim)
            if again is None:
                await self._queue.done(claim)
                return "done"
            again = instant(again)
        except LeaseLost:
            raise
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return await self._failed(claim, error)  # a library gave up by itself
        except Exception as error:
            return await self._failed(claim, error)
        await self._put_off(claim, again)
        return "put_off"

    async def _failed(self, claim: Claim, error: BaseException) -> str:
        """A failure that isn't the run's own is one that may pass, unless it has come too often. That the storage is
        away says nothing of the job."""
        kind, run = claim.job.kind.value, claim.job.run
        away = isinstance(error, StoreError) and not isinstance(error, DataUnreadable)
        if claim.tries >= MOST_TRIES and not away:
            broke(log, error, "the job %s of run %s failed, and is put aside: wizard runs repair %s", kind, run, run)
            await self._queue.put_aside(claim, self._engine.clock(), _reason(error))
            return "aside"
        broke(log, error, "the job %s of run %s failed; it is tried again", kind, run)
        pause = pause_after(claim.tries, random.random())  # noqa: S311
        await self._put_off(claim, after(self._engine.clock(), min(pause, AWAY) if away else pause))
        return "put_off"

    async def _put_off(self, claim: Claim, until: datetime) -> bool:
        return await self._queue.put_off(claim, self._engine.clock(), until)

    async def _perform(self, claim: Claim) -> datetime | None:
        """When the job is to be done again."""
        work = asyncio.ensure_future(self._engine.perform(claim))
        return await held(work, lambda: self._renew(claim), self._lease.total_seconds() / 3)

    async def _renew(self, claim: Claim) -> bool:
        kept = await self._put_off(claim, self._engine.clock() + self._lease)
        return kept or self._engine.is_past(claim)  # what follows has a lease of its own

    async def _keep_house(self) -> None:
        if self._housekept and perf_counter() - self._housekept < HOUSEKEEPING:
            return
        self._housekept = perf_counter()
        before = self._engine.clock() - timedelta(days=self._engine.settings.keep_replies)
        while await self._engine.store.prune(before, PRUNED) == PRUNED:
            pass
        await prune_documents(self._engine.store.documents, self._engine.settings, self._engine.clock())


def _reason(error: BaseException) -> str:
    """For an operator, as the log says it, since it is stored in clear: what can quote no answers in full, of anything
    else the kind and the place."""
    if is_outspoken(error):
        return error.message
    known = (("workflow", getattr(error, "workflow", "")), ("node", getattr(error, "node", "")))
    place = ", ".join(f"{name} {value}" for name, value in known if value)
    return kind_and_place(error) + (f" ({place})" if place else "")
