"""Wakes, in one process, whoever waits for jobs: it rings where some were ordered, or moved."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from wizard.jobs import Claim

POLL_SECONDS = 1.0  # after which a queue is looked at again that other processes fill as well

Attempt = Callable[[datetime], Awaitable[tuple[Sequence[Claim], datetime | None]]]


class Bell:
    """One ring wakes all who wait, on whatever event loop each of them does."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._lock = threading.Lock()

    def ring(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, set()
        for rung in waiting:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                rung.get_loop().call_soon_threadsafe(_wake, rung)

    async def attend(self, attempt: Attempt, now: datetime, wait: float) -> Sequence[Claim]:
        """What `attempt` finds, tried until it finds any and for `wait` seconds at most: again after a ring, when
        the next job is due and every second. It is handed the time, which goes on from `now`, and returns
        the claims, and, where there are none, when the next job is due."""
        began = time.monotonic()
        while True:
            rung = self._listen()  # first: a ring during the attempt isn't missed
            try:
                passed = time.monotonic() - began
                moment = now + timedelta(seconds=passed)
                claims, due = await attempt(moment)
                left = wait - (time.monotonic() - began)
                if claims or left <= 0:
                    return claims
                pause = min(left, POLL_SECONDS)
                if due is not None:
                    pause = min(pause, max((due - moment).total_seconds(), 0.001))
                await asyncio.wait({rung}, timeout=pause)
            finally:
                self._waiting.discard(rung)

    def _listen(self) -> asyncio.Future[None]:
        rung: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.add(rung)
        return rung


def _wake(rung: asyncio.Future[None]) -> None:
    if not rung.done():
        rung.set_result(None)
