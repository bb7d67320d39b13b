"""Wakes, in one process, whoever waits for jobs, where some were ordered or moved."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from wizard.errors import WizardError
from wizard.model.job import Claim

POLL_SECONDS = 1.0  # after which a queue is looked at again that other processes fill as well

GIVING_BACK = 5.0  # seconds after which a storage that doesn't answer isn't waited for any more

Attempt = Callable[[datetime], Coroutine[Any, Any, tuple[Sequence[Claim], datetime | None]]]
PutOff = Callable[[Claim, datetime, datetime], Awaitable[bool]]


class Wakening:
    """Wakes all who wait at once, on whatever event loop each of them does."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._lock = threading.Lock()

    def wake(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, set()
        for waiter in waiting:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                waiter.get_loop().call_soon_threadsafe(_wake, waiter)

    async def claims(self, attempt: Attempt, now: datetime, wait: float, put_off: PutOff) -> Sequence[Claim]:
        """What `attempt` finds, tried until it finds any and for `wait` seconds at most: again when woken, when
        the next job is due and every second. It is handed the time, which goes on from `now`, and returns
        the claims, and, where there are none, when the next job is due. What it finds for one who is cancelled
        meanwhile is given back by `put_off`."""
        began, moment = time.monotonic(), now
        while True:
            waiter = self._waiter()  # first: who is woken during the attempt looks again
            try:
                claims, due = await _whole(attempt(moment), now, put_off)
                left = wait - (time.monotonic() - began)
                if claims or left <= 0:
                    return claims
                pause = min(left, POLL_SECONDS)
                if due is not None:
                    pause = min(pause, max((due - moment).total_seconds(), 0.001))
                await asyncio.wait({waiter}, timeout=pause)
                moment = now + timedelta(seconds=time.monotonic() - began)
            finally:
                self._waiting.discard(waiter)

    def _waiter(self) -> asyncio.Future[None]:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.add(waiter)
        return waiter


async def _whole(
    attempt: Coroutine[Any, Any, tuple[Sequence[Claim], datetime | None]], now: datetime, put_off: PutOff
) -> tuple[Sequence[Claim], datetime | None]:
    """What the attempt gives. It isn't broken off in the middle: jobs would be claimed then, and nobody's."""
    attempting = asyncio.ensure_future(attempt)
    try:
        return await asyncio.shield(attempting)
    except asyncio.CancelledError:
        await asyncio.wait({attempting}, timeout=GIVING_BACK)
        if not attempting.cancel() and not attempting.cancelled() and attempting.exception() is None:
            with suppress(WizardError):
                for claim in attempting.result()[0]:
                    await put_off(claim, now, now)
        raise


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
