"""How many times as long one thing takes as another, on a machine where others are at work. What they take changes from
second to second, so the two are measured in turns, and each is compared with the one beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from statistics import median
from time import monotonic, perf_counter

Deed = Callable[[], Awaitable[object]]


async def times_as_long(one: Deed, other: Deed, below: float, *, pairs: int, seconds: float = 60.0) -> float:
    """The median of the ratios of so many pairs, half of them the other way around. Where it isn't below that, more
    pairs are gathered for so many seconds: what chance did goes under in them, and what is so stays."""
    ratios: list[float] = []
    until = monotonic() + seconds
    while len(ratios) < pairs or (median(ratios) >= below and monotonic() < until):
        first, second = (one, other) if len(ratios) % 2 else (other, one)
        took = await _seconds(first), await _seconds(second)
        of_one, of_other = took if first is one else took[::-1]
        ratios.append(of_one / of_other)
    return median(ratios)


async def _seconds(deed: Deed) -> float:
    began = perf_counter()
    await deed()
    return perf_counter() - began
