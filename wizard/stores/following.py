"""What a process has at hand of a store, and follows there: what is deployed, which services are registered.

One small read tells whether anything has changed, for all that follow the store. Each says for itself what goes wrong:
what one can't read keeps no other from getting on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from wizard.stores.contract import Store
from wizard.telemetry.logs import broke

INTERVAL = 0.5  # seconds between two looks


@dataclass(slots=True)
class Follower:
    """`refresh` is handed the stamp as it is now. `away` is what the log says, once, where that fails, and `back`, if
    anything, when it works again."""

    refresh: Callable[[int], Awaitable[object]]
    log: logging.Logger
    away: str
    back: str = ""
    is_away: bool = False

    def failed(self, error: Exception) -> None:
        if not self.is_away:
            broke(self.log, error, self.away)
        self.is_away = True

    def worked(self) -> None:
        if self.is_away and self.back:
            self.log.warning(self.back)
        self.is_away = False


async def look(store: Store, *followers: Follower) -> None:
    """Has all of them look once, in this order."""
    try:
        stamp = await store.stages.stamp()
    except Exception as error:
        for follower in followers:
            follower.failed(error)
        return
    for follower in followers:
        try:
            await follower.refresh(stamp)
        except Exception as error:
            follower.failed(error)
        else:
            follower.worked()


@asynccontextmanager
async def following(store: Store, *followers: Follower) -> AsyncIterator[None]:
    """Has all of them look again and again, until the end of the context."""
    task = asyncio.ensure_future(_follow(store, followers))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _follow(store: Store, followers: tuple[Follower, ...]) -> None:
    while True:
        await asyncio.sleep(INTERVAL)
        await look(store, *followers)
