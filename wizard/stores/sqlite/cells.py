"""Cells, in a SQLite database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from wizard.model.cells import Cell
from wizard.stores.blobs.cell_rows import LAST, cell_body, read_cell
from wizard.stores.blobs.vault import Vault
from wizard.stores.sqlite.queue import Read
from wizard.stores.sqlite.reading import stored_time
from wizard.stores.sqlite.stages import Scan, bounded
from wizard.stores.sqlite.writer import Work, rows_changed

READ = "SELECT key, version, body FROM cells WHERE key=?"
ADD = "INSERT INTO cells VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING"
CHANGE = "UPDATE cells SET version=?2, run_id=?3, until=?4, body=?5 WHERE key=?1 AND version=?2 - 1"
DROP = "DELETE FROM cells WHERE key=? AND version=?"
LIST = """SELECT key, version, body FROM cells WHERE key > ?1 AND key < ?2 AND substr(key, 1, length(?3)) = ?3
    ORDER BY key LIMIT ?4"""
OF_RUN = "DELETE FROM cells WHERE run_id=? AND run_id <> ''"  # as the index says it
OLD = "DELETE FROM cells WHERE until < ?"


class SqliteCells:
    """See wizard.model.cells.Cells for what each method promises."""

    def __init__(
        self, write: Callable[[Work], Awaitable[None]], read: Read, scan: Scan, vault: Callable[[], Vault]
    ) -> None:
        self._write = write
        self._read = read
        self._scan = scan
        self._vault = vault

    async def get(self, key: str) -> Cell | None:
        row = self._read(lambda connection: connection.execute(READ, (key,)).fetchone())
        return None if row is None else read_cell(self._vault(), *row)

    async def put(self, cell: Cell) -> bool:
        until = None if cell.until is None else stored_time(cell.until)
        values = (cell.key, cell.version, cell.run, until, cell_body(self._vault(), cell))
        return await self._changed(ADD if cell.version == 1 else CHANGE, values)

    async def drop(self, cell: Cell) -> bool:
        return await self._changed(DROP, (cell.key, cell.version))

    async def _changed(self, statement: str, values: tuple[Any, ...]) -> bool:
        return await rows_changed(self._write, statement, values) > 0

    async def list(self, prefix: str, limit: int = 100, after: str = "") -> Sequence[Cell]:
        values = (max(prefix[:-1], after), prefix + LAST, prefix, bounded(limit))
        rows = await self._scan(lambda connection: connection.execute(LIST, values).fetchall())
        return [read_cell(self._vault(), *row) for row in rows]
