"""Who delivers a conversation holds its link, so that two never send in it at the same time: for longer than sending
one message can take, and anew with each that was sent.

A process that stands still for longer (a suspended machine) may send after its hold was over, once; by its next word to
the store it learns that it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from wizard.channels.outside.links import Link, Links

MARGIN = timedelta(seconds=30)  # beyond what a message may take; the clocks of processes differ by less


class Hold:
    """That of one conversation. `longest` is how long one message may take to be sent."""

    def __init__(self, links: Links, key: str, link: Link, clock: Callable[[], datetime], longest: timedelta) -> None:
        self.key, self.link = key, link
        self._links, self._clock, self._longest = links, clock, longest
        self._version = 0
        self._is_kept = False

    async def take(self, version: int) -> bool:
        """Holds the link, which has that version; False where somebody else was faster."""
        self._version, self._is_kept = version, True
        return await self._put(holder=uuid4().hex, held=self._until())

    async def keep(self, **changes: Any) -> bool:
        """Changes the link, and holds it from now on; False where it isn't held any more."""
        return await self._put(held=self._until(), **changes)

    def note(self, **changes: Any) -> None:
        """Changes the link with whatever is written next."""
        self.link = replace(self.link, **changes)

    async def let_go(self, **changes: Any) -> bool:
        """Changes the link and holds it no longer; False where it wasn't held any more."""
        kept = await self._put(holder="", held=None, **changes)
        self._is_kept = False
        return kept

    async def has_time(self) -> bool:
        """Whether it is held for as long as a message may take, if need be from now on."""
        for _ in range(2):
            if self.link.held is not None and self._clock() + self._longest < self.link.held:
                return True
            if not await self.keep():
                break
        return False

    async def _put(self, **changes: Any) -> bool:
        link = replace(self.link, **changes)
        self._is_kept = self._is_kept and await self._links.put(self.key, link, self._version)
        if self._is_kept:
            self.link, self._version = link, self._version + 1
        return self._is_kept

    def _until(self) -> datetime:
        return self._clock() + self._longest + MARGIN
