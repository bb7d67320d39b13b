"""Work under a lease: renewed while the work goes on, and given up where it can't be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from wizard.errors import WizardError
from wizard.model.job import Claim, JobKind
from wizard.process.unstoppable import Unstoppable
from wizard.settings import Settings
from wizard.stores.contract import Store

T = TypeVar("T")

log = logging.getLogger("wizard.jobs")


class LeaseLost(Exception):
    """The work is somebody else's now, or nobody's: its run was moved."""


async def held(work: asyncio.Task[T], renew: Callable[[], Coroutine[Any, Any, bool]], every: float) -> T:
    """What `work` gives, while its lease is renewed each `every` seconds. Where it isn't awaited to the end, the work
    is cancelled. Raises LeaseLost, and what `work` raises. A storage that can't be reached loses no lease by itself:
    the commit that follows tells who was faster."""
    try:
        while True:
            done, _ = await asyncio.wait({work}, timeout=every)
            if done:
                return work.result()
            try:
                if not await renew():
                    raise LeaseLost
            except WizardError as error:
                log.warning("a lease can't be renewed: %s", type(error).__name__)
    finally:
        if not work.done():
            work.cancel()
            await asyncio.wait({work})


class Leases:
    """The leases of what one process does, each of so many `seconds`."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], unstoppable: Unstoppable, settings: Settings
    ) -> None:
        self.seconds = settings.lease
        self._store = store
        self._clock = clock
        self._unstoppable = unstoppable
        self._longest = settings.step_timeout

    async def renew(self, claim: Claim) -> bool:
        """Renews the lease on a job. False where the claim doesn't hold any more."""
        now = self._clock()
        return await self._store.queue.put_off(claim, now, now + timedelta(seconds=self.seconds))

    async def free(self, claim: Claim) -> None:
        """Gives up a job that nobody goes on with. What can't be freed now is free when the lease is over."""
        now = self._clock()
        with suppress(WizardError):
            await self._store.queue.put_off(claim, now, now)

    def goes_on(self, claim: Claim) -> bool:
        """Whether something is still done that the job would begin anew."""
        return bool(self._under_way(claim))

    def _under_way(self, claim: Claim) -> list[str]:
        """Work undoes what its run owes as well; each message is apart."""
        job = claim.job
        if job.kind is JobKind.WORK:
            messages = f"{job.run}/{JobKind.MESSAGE.value}/"
            return [key for key in self._unstoppable.keys(job.run) if not key.startswith(messages)]
        return [job.key] if self._unstoppable.goes_on(job.key) else []

    async def keep(self, claim: Claim) -> None:
        """Renews the lease until nothing of the job is done any more, for as long as a step may take at most; then
        frees it."""
        ends = [asyncio.wrap_future(self._unstoppable.end_of(key)) for key in self._under_way(claim)]
        if not ends:
            return await self.free(claim)
        waiting = asyncio.ensure_future(asyncio.wait(ends, timeout=self._longest))
        try:
            await held(waiting, lambda: self.renew(claim), self.seconds / 3)
        except LeaseLost:
            return None
        finally:
            for end in ends:
                end.cancel()
        return await self.free(claim)
