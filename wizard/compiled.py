"""Compiled workflows in memory: the latest used ones, within bounds on how many and how large they are.

A version that a cached run is pinned to stays whatever the bounds say: its next turn would compile it again. What is
remembered of workflows elsewhere (wizard.derived) holds them too, and is forgotten with them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Set

from wizard.derived import forget_derived
from wizard.model import Workflow

MOST = 500  # versions
MOST_BYTES = 2_000_000  # of their stored definitions; compiled, they take about 50 times as much


class Compiled:
    """Workflows by version. `in_use` says which versions stay. Callers may be in several threads."""

    def __init__(
        self, in_use: Callable[[], Set[str]] = frozenset, most: int = MOST, most_bytes: int = MOST_BYTES
    ) -> None:
        self._in_use = in_use
        self._most = most
        self._most_bytes = most_bytes
        self._workflows: OrderedDict[str, tuple[Workflow, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, version: str) -> Workflow | None:
        with self._lock:
            known = self._workflows.get(version)
            if known is None:
                return None
            self._workflows.move_to_end(version)
            return known[0]

    def put(self, version: str, workflow: Workflow, size: int) -> None:
        """Keeps a workflow whose stored definition has `size` bytes, and forgets those that are too many then."""
        with self._lock:
            if version not in self._workflows:
                self._workflows[version] = workflow, size
                self._bytes += size
            forgotten = self._forget_others(version) if self._too_many() else 0
        if forgotten:
            forget_derived()

    def __contains__(self, version: str) -> bool:
        return version in self._workflows

    def _too_many(self) -> bool:
        return len(self._workflows) > self._most or self._bytes > self._most_bytes

    def _forget_others(self, newest: str) -> int:
        """How many there were to forget."""
        stay = {newest, *self._in_use()}
        forgotten = 0
        for version in [each for each in self._workflows if each not in stay]:
            _, size = self._workflows.pop(version)
            self._bytes -= size
            forgotten += 1
            if not self._too_many():
                break
        return forgotten
