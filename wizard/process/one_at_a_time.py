"""Of several who do something under one name at once, the others wait for the first.

On one event loop, that is. One on another loop is as one in another process: it doesn't wait, and the store tells them
apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class OneAtATime:
    """Remembers what is under way, and nothing else."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[asyncio.AbstractEventLoop, Hashable], asyncio.Event] = {}

    @asynccontextmanager
    async def under(self, name: Hashable) -> AsyncIterator[None]:
        """Waits until nobody else is at it, and has others wait meanwhile."""
        key = (asyncio.get_running_loop(), name)
        while (other := self._under_way.get(key)) is not None:
            await other.wait()
        done = self._under_way[key] = asyncio.Event()
        try:
            yield
        finally:
            del self._under_way[key]
            done.set()
