"""Runs in memory, so that a turn on a long run doesn't read it anew (S18).

A cached run may be old: another process may have moved it. It is safe to decide on, because a
commit names the revision that it was decided from; before anything is refused or shown from it,
`is_old` asks the store.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from wizard.errors import RunNotFound
from wizard.model import Run
from wizard.stores import Store

SIZE = 1024  # runs
STEPS = 200_000  # of all of them together: a long run takes the place of many short ones


class RunCache:
    """The latest runs, least recently used out first. Turns may be taken in several threads."""

    def __init__(self, store: Store, size: int = SIZE, steps: int = STEPS) -> None:
        self._store = store
        self._size = size
        self._most_steps = steps
        self._steps = 0
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._lock = threading.Lock()

    async def get(self, run_id: str) -> tuple[Run, bool]:
        """The run, and whether it was read just now. Raises RunNotFound."""
        with self._lock:
            cached = self._runs.get(run_id)
            if cached is not None:
                self._runs.move_to_end(run_id)
                return cached, True
        return await self.read(run_id), False

    async def read(self, run_id: str) -> Run:
        """The run as stored now. Raises RunNotFound."""
        run = await self._store.load(run_id)
        if run is None:
            self.forget(run_id)
            raise RunNotFound(run=run_id)
        self.remember(run)
        return run

    async def is_old(self, run: Run) -> bool:
        """Whether the store has another revision; then the run is forgotten."""
        if await self._store.revision(run.id) == run.revision:
            return False
        self.forget(run.id)
        return True

    def remember(self, run: Run) -> None:
        with self._lock:
            self._drop(run.id)
            self._runs[run.id] = run
            self._steps += len(run.steps)
            while len(self._runs) > self._size or (self._steps > self._most_steps and len(self._runs) > 1):
                self._drop(next(iter(self._runs)))

    def forget(self, run_id: str) -> None:
        with self._lock:
            self._drop(run_id)

    def _drop(self, run_id: str) -> None:
        run = self._runs.pop(run_id, None)
        if run is not None:
            self._steps -= len(run.steps)

    def versions(self) -> set[str]:
        """The versions of workflows that the runs are pinned to."""
        with self._lock:
            return {run.version for run in self._runs.values()}
