"""Compiled workflows in memory: the latest used ones, within bounds on how many and how large they are.

A version that a cached run is pinned to stays whatever the bounds say: its next turn would compile it again.
"""

from __future__ import annotations

from collections.abc import Callable, Set

from wizard.model import Workflow
from wizard.model.recent import Recent

MOST = 500  # versions
MOST_BYTES = 2_000_000  # of their stored definitions; compiled, they take about 50 times as much


class Compiled:
    """Workflows by version. `in_use` says which versions stay. Callers may be in several threads."""

    def __init__(
        self, in_use: Callable[[], Set[str]] = frozenset, most: int = MOST, most_bytes: int = MOST_BYTES
    ) -> None:
        self._workflows: Recent[str, Workflow] = Recent(most, most_bytes, in_use)

    def get(self, version: str) -> Workflow | None:
        return self._workflows.get(version)

    def put(self, version: str, workflow: Workflow, size: int) -> None:
        """Keeps a workflow whose stored definition has `size` bytes, and forgets those that are too many then."""
        if version not in self._workflows:
            self._workflows.put(version, workflow, size)

    def __contains__(self, version: str) -> bool:
        return version in self._workflows
