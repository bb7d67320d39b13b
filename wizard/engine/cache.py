"""Runs in memory, so that a turn on a long run doesn't read it anew (S18).

A cached run may be old: another process may have moved it. It is safe to decide on, because a
commit names the revision that it was decided from; before anything is refused or shown from it,
`is_old` asks the store.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from wizard.engine.sizes import RunSize
from wizard.errors import RunNotFound
from wizard.model import Change, Run
from wizard.model.recent import Recent
from wizard.stores.contract import Store

SIZE = 1024  # runs
ROOM = 64_000_000  # bytes of memory for all of them together (WIZARD_CACHE_BYTES)


class _Cached(NamedTuple):
    run: Run
    size: RunSize


class RunCache:
    """The latest runs, least recently used out first. Turns may be taken in several threads."""

    def __init__(self, store: Store, size: int = SIZE, room: int = ROOM) -> None:
        self._store = store
        self._runs: Recent[str, _Cached] = Recent(size, room)
        self._measuring = threading.Lock()

    async def get(self, run_id: str) -> tuple[Run, bool]:
        """The run, and whether it comes out of memory, and so may be old. Raises RunNotFound."""
        cached = self._runs.get(run_id)
        return (await self.read(run_id), False) if cached is None else (cached.run, True)

    async def read(self, run_id: str) -> Run:
        """The run as stored now. Raises RunNotFound."""
        run = await self._store.load(run_id)
        if run is None:
            self.forget(run_id)
            raise RunNotFound(run=run_id)
        size = RunSize(run)
        self._runs.put(run_id, _Cached(run, size), size.total)
        return run

    async def is_old(self, run: Run) -> bool:
        """Whether the store has another revision; then the run is forgotten."""
        if await self._store.revision(run.id) == run.revision:
            return False
        self.forget(run.id)
        return True

    def remember(self, change: Change) -> None:
        """The run after a change that was stored: what it takes is reckoned from what changed."""
        run = change.run
        with self._measuring:
            cached = self._runs.get(run.id)
            if cached is not None and cached.run.revision == change.expected:
                size = cached.size
                size.follow(change)
            else:
                size = RunSize(run)
            self._runs.put(run.id, _Cached(run, size), size.total)

    def forget(self, run_id: str) -> None:
        self._runs.forget(run_id)

    def versions(self) -> set[str]:
        """The versions of workflows that the runs are pinned to."""
        return {cached.run.version for cached in self._runs.values()}
