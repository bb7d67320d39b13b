"""Wakes, in one process, whoever waits for jobs: it rings where some were ordered, or moved."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from wizard.jobs import Claim

POLL_SECONDS = 1.0  # after which a queue is looked at again that other processes fill as well

Attempt = Callable[[datetime], Awaitable[tuple[Sequence[Claim], datetime | None]]]


class Bell:
    """One ring wakes all who wait."""

    def __init__(self) -> None:
        self._rings = asyncio.Event()

    def ring(self) -> None:
        rung, self._rings = self._rings, asyncio.Event()
        rung.set()

    async def attend(self, attempt: Attempt, now: datetime, wait: float) -> Sequence[Claim]:
        """What `attempt` finds, tried until it finds any and for `wait` seconds at most: again after a ring, when
        the next job is due and every second. It is handed the time, which goes on from `now`, and returns
        the claims, and, where there are none, when the next job is due."""
        began = time.monotonic()
        while True:
            rings = self._rings  # taken first: a ring during the attempt isn't missed
            passed = time.monotonic() - began
            moment = now + timedelta(seconds=passed)
            claims, due = await attempt(moment)
            left = wait - (time.monotonic() - began)
            if claims or left <= 0:
                return claims
            pause = min(left, POLL_SECONDS)
            if due is not None:
                pause = min(pause, max((due - moment).total_seconds(), 0.001))
            try:
                async with asyncio.timeout(pause):
                    await rings.wait()
            except TimeoutError:
                continue
