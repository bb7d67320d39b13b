"""Results that take their time: a service is asked, and what it says comes when the script's clock has come so far.

In `results` such a one is `{takes: 10m, output: {...}}`, with `error` or `port` where that is what comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from wizard.debugging.clock import DebugClock
from wizard.debugging.outcomes import Outcomes, of_try, tries_of
from wizard.model.instants import after
from wizard.model.trial import Trial
from wizard.node import Visit
from wizard.node.types import parse_duration

TAKES = "takes"
_MEMBERS = frozenset({TAKES, "output", "error", "port"})
NO_TIME = timedelta(0)


class Told(NamedTuple):
    """What results say: what comes, and how long that takes, by step; only of steps for which something takes time."""

    results: Mapping[str, Any]
    takes: Mapping[str, Sequence[timedelta]]

    @property
    def longest(self) -> timedelta:
        return max((each for of in self.takes.values() for each in of), default=NO_TIME)


def told(results: Mapping[str, Any]) -> Told:
    """Raises ValueError, which names the step, where `takes` is no duration."""
    plain: dict[str, Any] = {}
    takes: dict[str, Sequence[timedelta]] = {}
    for step, result in results.items():
        each = [_taken_apart(step, one) for one in tries_of(result)]
        lengths = [length for length, _ in each]
        if any(lengths):
            takes[step] = lengths
        plain[step] = [comes for _, comes in each] if any(lengths) else result
    return Told(plain, takes)


def _taken_apart(step: str, result: Any) -> tuple[timedelta, Any]:
    if not (isinstance(result, Mapping) and TAKES in result and result.keys() <= _MEMBERS):
        return NO_TIME, result
    try:
        length = parse_duration(result[TAKES])
    except ValueError as error:
        raise ValueError(f"must say how long {step} takes: `takes` {error}") from None
    comes = {name: value for name, value in result.items() if name != TAKES}
    return length, comes["output"] if comes.keys() == {"output"} else comes


class Asleep:
    """Who waits on a clock that stands until it is moved."""

    def __init__(self, clock: DebugClock) -> None:
        self._clock = clock
        self._due: dict[asyncio.Future[None], datetime] = {}
        self._lay_down = asyncio.Event()

    async def sleep(self, length: timedelta) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._due[future] = after(self._clock(), length)
        self._lay_down.set()
        try:
            await future
        finally:
            del self._due[future]

    def next_due(self) -> datetime | None:
        return min((due for future, due in self._due.items() if not future.done()), default=None)

    def wake(self) -> None:
        """Wakes those whose time has come."""
        for future, due in self._due.items():
            if due <= self._clock() and not future.done():
                future.set_result(None)

    async def until_done_or_asleep(self, tasks: Collection[asyncio.Task[Any]]) -> None:
        """Until each of the tasks is done, or waits for one who sleeps."""
        while True:
            undone = {task for task in tasks if not task.done()}
            sleeping = [future for future in self._due if not future.done()]
            if len(undone) <= len(sleeping):
                return
            self._lay_down.clear()
            laying_down = asyncio.ensure_future(self._lay_down.wait())
            try:
                await asyncio.wait({laying_down, *undone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                laying_down.cancel()


class Scripted(Outcomes):
    """Of a list of results each call of a step takes the next, whatever it is called with; the last is for all that
    follow."""

    def __init__(self, trial: Trial, takes: Mapping[str, Sequence[timedelta]], asleep: Asleep) -> None:
        super().__init__(trial)
        self._takes = takes
        self._asleep = asleep
        self._nodes = {step.rpartition("/")[2].partition("~")[0] for step in takes}

    def counted_by(self, visit: Visit[Any]) -> str:
        return self.key_of(visit.step) or visit.key

    def takes_time(self, node: str) -> bool:
        return node in self._nodes

    async def lasts(self, key: str, tries: int) -> None:
        length = of_try(self._takes[key], tries) if key in self._takes else NO_TIME
        if length:
            await self._asleep.sleep(length)
