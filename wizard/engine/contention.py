"""Turns on one run that get in each other's way are taken one after another, in the order in which they came.

The store's compare-and-swap lets one of those win that decide at once. Where forty do, each would lose again and again
by chance, so whoever lost stands in line, and who comes while there is one joins it. Turns of other processes aren't in
it: a turn that is first in line may lose to those, and is tried again.

Nobody holds the others up: a turn leaves the line with its first commit, which comes before what it does outside, and
is passed by when it takes longer than HOLD. The code of a node that tells its own run something doesn't wait for the
turn that it is a part of.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque

from wizard.engine.reentry import is_at_work

HOLD = 1.0  # seconds that the first in line has before the next one may try as well
PATIENCE = 10.0  # seconds that anybody waits in line


class Contention:
    """The lines of a process, by run. Turns may be taken on several event loops."""

    def __init__(self, hold: float = HOLD, patience: float = PATIENCE) -> None:
        self.hold = hold
        self.patience = patience
        self._lines: dict[str, deque[Place]] = {}
        self._lock = threading.Lock()

    def is_there(self, run_id: str) -> bool:
        """Whether anybody stands in line for the run."""
        return run_id in self._lines

    def join(self, place: Place) -> bool:
        """Puts it at the end; whether it is the first."""
        with self._lock:
            line = self._lines.setdefault(place.run_id, deque())
            line.append(place)
            return line[0] is place

    def leave(self, place: Place) -> None:
        """Takes it out, wherever it stands; if it was the first, the next one's turn has come."""
        with self._lock:
            line = self._lines.get(place.run_id)
            if line is None or place not in line:
                return
            was_first = line[0] is place
            line.remove(place)
            if not line:
                del self._lines[place.run_id]
            while was_first and line and not line[0].call():
                line.popleft()  # its event loop has ended
            if not line:
                self._lines.pop(place.run_id, None)


class Place:
    """A turn's place in the line for its run. It stands there from `take` on, until `leave`."""

    def __init__(self, contention: Contention, run_id: str) -> None:
        self.run_id = run_id
        self._contention = contention
        self._called: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.TimerHandle | None = None

    async def take(self, *, lost: bool) -> bool:
        """Waits for the turn's turn, if it has `lost` or others wait; False where it didn't come in time. Who has the
        place keeps it."""
        if self._called is not None or not (lost or self._contention.is_there(self.run_id)) or is_at_work(self.run_id):
            return True
        self._loop, self._called = asyncio.get_running_loop(), asyncio.Event()
        try:
            if not self._contention.join(self):
                async with asyncio.timeout(self._contention.patience):
                    await self._called.wait()
        except BaseException as error:
            self.leave()
            if isinstance(error, TimeoutError):
                return False
            raise
        self._over = self._loop.call_later(self._contention.hold, self.leave)
        return True

    def call(self) -> bool:
        """Tells whoever waits that the turn has come; False where nobody does any more."""
        assert self._loop is not None
        assert self._called is not None
        try:
            self._loop.call_soon_threadsafe(self._called.set)
        except RuntimeError:
            return False
        return True

    def leave(self) -> None:
        """Lets the next one try. Who left may take another place."""
        if self._over is not None:
            self._over.cancel()
        if self._called is not None:
            self._called = self._over = None
            self._contention.leave(self)
