"""Cells, in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

from wizard.model.cells import Cell


class MemoryCells:
    """See wizard.model.cells.Cells for what each method promises."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._cells: dict[str, Cell] = {}

    async def get(self, key: str) -> Cell | None:
        return self._cells.get(key)

    async def put(self, cell: Cell) -> bool:
        with self._lock:
            there = self._cells.get(cell.key)
            if cell.version - 1 != (0 if there is None else there.version):
                return False
            self._cells[cell.key] = cell
            return True

    async def drop(self, cell: Cell) -> bool:
        with self._lock:
            there = self._cells.get(cell.key)
            if there is None or there.version != cell.version:
                return False
            del self._cells[cell.key]
            return True

    async def list(self, prefix: str, limit: int = 100, after: str = "") -> Sequence[Cell]:
        with self._lock:
            found = sorted(key for key in self._cells if key.startswith(prefix) and key > after)
            return [self._cells[key] for key in found[: max(limit, 0)]]

    def forget(self, run_id: str) -> None:
        """Those of a run; its caller has the lock."""
        for key in [key for key, cell in self._cells.items() if cell.run == run_id]:
            del self._cells[key]

    def prune(self, before: datetime) -> None:
        """Those that ended before then; its caller has the lock."""
        for key in [key for key, cell in self._cells.items() if cell.until is not None and cell.until < before]:
            del self._cells[key]
