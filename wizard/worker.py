"""A worker: claims jobs that are due, has the engine do them, and keeps its claims alive meanwhile.

Any number of workers share one store, in servers or in processes of their own (`wizard worker`). One that dies
needs no help: its claims end with their lease, and others take the jobs over.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from time import perf_counter

from wizard.engine import Engine
from wizard.errors import StoreError, WizardError
from wizard.jobs import Claim
from wizard.leases import LeaseLost, held
from wizard.logs import broke
from wizard.pauses import pause_after

log = logging.getLogger("wizard.jobs")

IDLE = 1.0  # seconds that an empty queue is waited at before it is looked at again
HOUSEKEEPING = 3600.0  # seconds between two looks at what is too old to be kept
AWAY = timedelta(seconds=30)  # a storage that comes back does so for all jobs, however often they were tried
PRUNED = 1000  # dedupe records that are deleted at once


@asynccontextmanager
async def working(engine: Engine, at_once: int | None = None) -> AsyncIterator[None]:
    """Has jobs done in this process for as long as the context lasts: at most so many at a time, as the engine's
    settings say (`jobs`) unless given; 0 leaves them to other processes."""
    at_once = engine.settings.jobs if at_once is None else at_once
    if not at_once:
        yield
        return
    worker = Worker(engine, at_once=at_once)
    running = asyncio.ensure_future(worker.run())
    try:
        yield
    finally:
        await worker.stop(engine.settings.grace)
        await running


class Worker:
    """Does at most `at_once` jobs at a time. What it claims is its own for the settings' `lease`, which it renews."""

    def __init__(self, engine: Engine, *, at_once: int = 10, idle: float = IDLE) -> None:
        self._engine = engine
        self._queue = engine.store.queue
        self._at_once = at_once
        self._idle = idle
        self._lease = timedelta(seconds=engine.settings.lease)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._housekept = 0.0

    async def run(self) -> None:
        """Works until `stop` is called."""
        stopping = asyncio.ensure_future(self._stopping.wait())
        failures = 0
        while not stopping.done():
            if len(self._tasks) >= self._at_once:
                await asyncio.wait({stopping, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
                continue
            claiming = asyncio.ensure_future(self._look())
            await asyncio.wait({stopping, claiming}, return_when=asyncio.FIRST_COMPLETED)
            if not claiming.done():  # most likely it waits at an empty queue
                claiming.cancel()
            try:
                await claiming
                failures = 0
            except asyncio.CancelledError:
                break
            except StoreError as error:
                failures += 1
                log.warning("jobs can't be claimed: %s", error.message)
                await asyncio.wait({stopping}, timeout=min(0.5 * 2.0 ** min(failures, 5), 10.0))
        stopping.cancel()

    async def _look(self) -> None:
        await self._claim(self._idle)
        await self._keep_house()

    async def stop(self, grace: float) -> None:
        """Claims nothing more, and returns when the jobs under way are done; after `grace` seconds they are handed
        back."""
        self._stopping.set()
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=grace)
            for each in left:
                each.cancel()
            if left:
                await asyncio.wait(left)

    async def perform_due(self) -> int:
        """Does all jobs that are due now, and those that come due by it; how many they were. For tests, and for hosts
        with a clock of their own."""
        done = 0
        while claimed := await self._claim(0.0):
            done += claimed
            while self._tasks:
                await asyncio.wait(self._tasks)
        return done

    async def _claim(self, wait: float) -> int:
        free = self._at_once - len(self._tasks)
        claims = await self._queue.claim(self._engine.clock(), free, self._lease, wait)
        for claim in claims:
            task = asyncio.ensure_future(self._hold(claim))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claims)

    async def _hold(self, claim: Claim) -> None:
        begun, outcome = perf_counter(), "done"
        try:
            again = await self._perform(claim)
            if again is None:
                await self._queue.done(claim)
            else:
                outcome = "put_off"
                await self._queue.put_off(claim, again)
        except LeaseLost:
            outcome = "lost"
        except asyncio.CancelledError:
            outcome = "put_off"
            with suppress(WizardError):
                await self._queue.put_off(claim, self._engine.clock())
            raise
        except StoreError as error:  # it is in the queue still, and comes again when the lease is over
            outcome = "failed"
            log.warning("a job of run %s can't be noted as done: %s", claim.job.run, error.message)
        finally:
            self._engine.watch.job(claim.job.kind.value, outcome, perf_counter() - begun)

    async def _perform(self, claim: Claim) -> datetime | None:
        """When the job is to be done again; a failure that isn't the run's own is one that may pass."""
        work = asyncio.ensure_future(self._engine.perform(claim))
        try:
            return await held(work, lambda: self._renew(claim), self._lease.total_seconds() / 3)
        except (LeaseLost, asyncio.CancelledError):
            raise
        except Exception as error:
            broke(log, error, "the job %s of run %s failed; it is tried again", claim.job.kind.value, claim.job.run)
            pause = pause_after(claim.tries, random.random())  # noqa: S311
            return self._engine.clock() + (min(pause, AWAY) if isinstance(error, StoreError) else pause)

    async def _renew(self, claim: Claim) -> bool:
        return await self._queue.put_off(claim, self._engine.clock() + self._lease)

    async def _keep_house(self) -> None:
        if self._housekept and perf_counter() - self._housekept < HOUSEKEEPING:
            return
        self._housekept = perf_counter()
        before = self._engine.clock() - timedelta(days=self._engine.settings.keep_replies)
        while await self._engine.store.prune(before, PRUNED) == PRUNED:
            pass
