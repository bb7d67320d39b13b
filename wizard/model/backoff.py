"""How long something that failed is left alone: twice as long each time, with jitter, so that many don't try again
at once."""

from __future__ import annotations

from datetime import timedelta


def growing(first: float, tries: int, longest: float, jitter: float) -> float:
    """Seconds after try number `tries` (from 1): `first`, doubled with each further try, at most `longest`; of that
    between half and all, as `jitter` (0 to 1) says."""
    full: float = min(first * 2.0 ** min(max(tries, 1) - 1, 16), longest)
    return full * (0.5 + 0.5 * jitter)


def pause_after(tries: int, jitter: float) -> timedelta:
    """The same for jobs: about 5 seconds at first, an hour at most."""
    return timedelta(seconds=growing(5.0, tries, 3600.0, jitter))
