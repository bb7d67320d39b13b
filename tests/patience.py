"""Waiting for the thing itself. On a busy machine a process may not run for a second, and what starts in one may take a
minute: no test asserts that something has happened after so many seconds, and none gives up before LONG."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable

LONG = 120.0  # seconds; only what hangs takes so long
LOOK = 0.01  # seconds between two looks


async def until(holds: Callable[[], object | Awaitable[object]], seconds: float = LONG) -> None:
    """Until that is true. Raises TimeoutError where it doesn't come true."""
    async with asyncio.timeout(seconds):
        while not await _is_true(holds):
            await asyncio.sleep(LOOK)


async def _is_true(holds: Callable[[], object | Awaitable[object]]) -> bool:
    value = holds()
    return bool(await value if isawaitable(value) else value)
