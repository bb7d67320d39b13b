"""Of several who do something under one name at once, the others wait for the first, in the order in which they came.

On one event loop, that is. One on another loop is as one in another process: it doesn't wait, and the store tells them
apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Line:
    """`wanted` by whoever has it or waits for it. The lock lets nobody who comes later overtake those who wait."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class OneAtATime:
    """Remembers what is under way, and nothing else."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[asyncio.AbstractEventLoop, Hashable], _Line] = {}

    @asynccontextmanager
    async def under(self, name: Hashable) -> AsyncIterator[None]:
        """Waits until nobody else is at it, and has others wait meanwhile."""
        key = (asyncio.get_running_loop(), name)
        line = self._under_way.setdefault(key, _Line())
        line.wanted += 1
        try:
            async with line.lock:
                yield
        finally:
            line.wanted -= 1
            if not line.wanted:
                del self._under_way[key]
