"""How many follow runs at the same time: in all, and of one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class TooMany(Exception):
    """Nobody else may follow now. Ask for the run's state every few seconds instead."""


class Places:
    """Those of one server: `most` in all, `most_of_one` of each run."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, run_id: str) -> Iterator[None]:
        """One of them, within the block. Raises TooMany."""
        if self._taken.total() >= self._most or self._taken[run_id] >= self._most_of_one:
            raise TooMany
        self._taken[run_id] += 1
        try:
            yield
        finally:
            self._taken[run_id] -= 1
            if not self._taken[run_id]:
                del self._taken[run_id]
