"""The open connections of a server: how many there may be, and how long one may be of no use.

Who only opens connections, sends a request byte by byte or never reads an answer costs little by itself, but each takes
a file of the process and some memory. Where there are as many as there may be, of all or of one address, the one that
has waited longest for a request makes room for a new one. Where all are at work, the address that has most gives
one up for an address that has fewer; else the new one is turned away. So neither silence nor work of a few addresses
shuts anybody out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from typing import Protocol

from aiohttp import web

from wizard.channels.http.rate_limit import Turns, network_of
from wizard.settings import Settings

SWEEP = 1.0  # seconds between two looks at all connections
RESERVE = 100  # files that a process needs beside connections: the store, calls of other services, uploads
LATEST = 10.0  # seconds that a refusal is kept back at most
LEAST = 16  # connections, however few files the process may open
FRESH = 5.0  # seconds in which the first request of a connection comes, and is read, on a busy day
LEAVING = 70  # connections that made room and are not closed yet: they take files of the reserve


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, of all (`most`) and of one address (`most_of_one`, None where all come from
    a proxy's). For how many seconds the head of a request may take (`head`), from connecting on and once more from its
    first byte; nothing may come between two requests (`idle`); somebody may take nothing of an answer (`stalled`). How
    many requests of one address may be refused a minute (`refusals`), a fifth of them at once, until each further
    refusal waits for its turn. `proxies` are those whose word for the address counts."""

    most: int = 1000
    most_of_one: int | None = 200
    head: float = 20.0
    idle: float = 75.0
    stalled: float = 60.0
    refusals: int = 300
    proxies: int = 0

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """What the settings say."""
        return cls(
            most=settings.max_connections,
            most_of_one=None if settings.proxies else settings.max_connections_of_one,
            head=settings.head_timeout,
            idle=settings.idle_timeout,
            refusals=settings.refusal_rate,
            proxies=settings.proxies,
        )

    def fitted(self, files: int | None) -> Limits:
        """Such that a process that may open so many files, None for any number, never runs out of them by this."""
        if files is None:
            return self
        return replace(self, most=min(self.most, max(LEAST, files - RESERVE)))


LIMITS: web.AppKey[Limits] = web.AppKey("wizard.limits", Limits)


class Open(Protocol):
    """One connection (wizard.channels.web.connection.Connection)."""

    address: str

    @property
    def waiting_since(self) -> float | None:
        """When it began to wait for a request, or for the turn of its answer, by the loop's clock; None while it is at
        work."""

    def look(self, now: float) -> None:
        """Ends it where its time is over. Called every SWEEP seconds."""

    def drop(self) -> None:
        """Ends it now."""

    def release(self) -> None:
        """Lets an answer go that is kept back."""


class Connections:
    """See the module docstring."""

    def __init__(self, limits: Limits, loop: asyncio.AbstractEventLoop) -> None:
        self.limits = limits
        self._refusals = Turns(limits.refusals, LATEST)
        self._loop = loop
        self._all: dict[str, dict[Open, None]] = {}
        self._count = 0
        self._leaving: set[Open] = set()
        self._coming: Counter[str] = Counter()
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return self._count

    def watch(self) -> None:
        """Looks at all of them from now on."""
        self._sweep = self._loop.call_later(SWEEP, self._look)

    def stop(self) -> None:
        """Ends looking at them, and lets what was kept back go."""
        if self._sweep is not None:
            self._sweep.cancel()
        for line in (*self._lines(), *self._leaving):
            line.release()

    def add(self, line: Open) -> None:
        """One that was opened."""
        self.expect_no_more(line.address)
        self._all.setdefault(network_of(line.address), {})[line] = None
        self._count += 1

    def remove(self, line: Open) -> None:
        """One that is closed."""
        network = network_of(line.address)
        known = self._all.get(network, {})
        if line in known:
            del known[line]
            self._count -= 1
            if not known:
                del self._all[network]
        self._leaving.discard(line)

    def has_room(self, address: str) -> bool:
        """Whether one more may be opened from this address, beside those on their way; what waits makes room."""
        network, limits = network_of(address), self.limits
        own, count = self._all.get(network, {}), self._count + self._coming.total()
        if len(self._leaving) >= LEAVING and count >= limits.most:
            return False
        own_count = len(own) + self._coming[network]
        if limits.most_of_one is not None and own_count >= limits.most_of_one and not self._drop(_idlest(own)):
            return False
        if self._count + self._coming.total() < limits.most:
            return True
        return self._drop(self._that_makes_room(own))

    def _that_makes_room(self, own: dict[Open, None]) -> Open | None:
        """The one that has waited longest; but who has just come isn't ended for an address that has as many or more,
        which would come again and again."""
        line = _idlest(self._lines())
        if line is not None and self._loop.time() - (line.waiting_since or 0.0) < FRESH:
            fewer = len(self._all[network_of(line.address)]) <= len(own)
            return _idlest(own) or self._one_of_most(own) or (None if fewer else line)
        return line or self._one_of_most(own)

    def _one_of_most(self, own: dict[Open, None]) -> Open | None:
        """The latest one of the address that has most, where that has more than who comes would have then."""
        most = max(self._all.values(), key=len, default=own)
        return next(reversed(most)) if len(most) > len(own) + 1 else None

    def _drop(self, line: Open | None) -> bool:
        """Whether there was one to end: it is out of the count at once, though it takes a while to close."""
        if line is None:
            return False
        self.remove(line)
        self._leaving.add(line)
        line.drop()
        return True

    def expect(self, address: str) -> None:
        """One of this address was taken, and is opened soon: a burst has no more room than what comes one by one."""
        self._coming[network_of(address)] += 1

    def expect_no_more(self, address: str) -> None:
        """One of these is open, or will never be."""
        network = network_of(address)
        if self._coming[network] > 1:
            self._coming[network] -= 1
        else:
            del self._coming[network]

    def seconds_until_turn(self, address: str) -> float:
        """Counts a request of this address that was refused; how long its answer is kept back."""
        return self._refusals.wait(address)

    def _look(self) -> None:
        self._sweep = self._loop.call_later(SWEEP, self._look)
        now = self._loop.time()
        for line in (*self._lines(), *self._leaving):
            line.look(now)

    def _lines(self) -> list[Open]:
        return [line for waiting in self._all.values() for line in waiting]


def _idlest(lines: dict[Open, None] | list[Open]) -> Open | None:
    """The one that has waited longest, None where all are at work."""
    waiting = [(since, at) for at, line in enumerate(lines) if (since := line.waiting_since) is not None]
    return list(lines)[min(waiting)[1]] if waiting else None
