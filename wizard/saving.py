"""Committing what a turn decides: once at its end, and before each effect (S20, S21)."""

from __future__ import annotations

from wizard.cache import RunCache
from wizard.errors import StaleRevision
from wizard.model import Change, Run, Step
from wizard.stores import Store
from wizard.turn import Turn


class LateResult(Exception):
    """An effect ran, and meanwhile somebody moved the run. What they did stands (S21)."""


class Effects:
    """The effects that this process is running, by run and visit."""

    def __init__(self) -> None:
        self._running: set[tuple[str, int]] = set()

    def begin(self, run_id: str, visit: int) -> None:
        self._running.add((run_id, visit))

    def end(self, run_id: str, visit: int) -> None:
        self._running.discard((run_id, visit))

    def is_running(self, run: Run) -> bool:
        return run.current is not None and (run.id, run.current.visit) in self._running


class Saver:
    """The commits of one turn on `run`, which isn't stored yet where `born` is false."""

    def __init__(self, store: Store, cache: RunCache, effects: Effects, turn: Turn, run: Run, *, born: bool) -> None:
        self.run = run  # as last committed
        self._store = store
        self._cache = cache
        self._effects = effects
        self._turn = turn
        self._born = born
        self._begun: list[int] = []

    async def save_before_effect(self, step: Step) -> None:
        """Records what was decided before the step's effect begins, or before it is undone: a move that
        loses against another one must have had no effect at all."""
        if self._turn.touched:
            await self.commit(self._turn.change())
        self._begun.append(step.visit)
        self._effects.begin(self._turn.id, step.visit)

    def effects_done(self) -> None:
        for visit in self._begun:
            self._effects.end(self._turn.id, visit)

    async def commit(self, change: Change) -> None:
        """Raises StaleRevision where the run was moved meanwhile, LateResult if after an effect."""
        if not self._born:
            change = change._replace(expected=None)
        try:
            await self._store.commit(change)
        except StaleRevision:
            self._cache.forget(self._turn.id)
            if self._begun:
                raise LateResult from None
            raise
        self._born = True
        self.run = change.run
        self._cache.remember(change.run)
