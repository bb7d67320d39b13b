"""Cells, in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wizard.model.cells import Cell
from wizard.stores.blobs.cell_rows import LAST, cell_body, read_cell
from wizard.stores.blobs.vault import Vault
from wizard.stores.postgres.pool import Pool
from wizard.stores.postgres.values import bounded, decoded, encoded, in_utc

READ = "SELECT key, version, body FROM wizard.cells WHERE key = $1"
ADD = "INSERT INTO wizard.cells VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING key"
CHANGE = """UPDATE wizard.cells SET version = $2, run_id = $3, until = $4, body = $5
    WHERE key = $1 AND version = $2 - 1 RETURNING key"""
DROP = "DELETE FROM wizard.cells WHERE key = $1 AND version = $2 RETURNING key"
LIST = """SELECT key, version, body FROM wizard.cells WHERE key > $1 AND key < $2 AND starts_with(key, $3)
    ORDER BY key LIMIT $4"""
OLD = "DELETE FROM wizard.cells WHERE until < $1"


class PostgresCells:
    """See wizard.model.cells.Cells for what each method promises."""

    def __init__(self, pool: Pool, vault: Callable[[], Vault]) -> None:
        self._pool = pool
        self._vault = vault

    async def get(self, key: str) -> Cell | None:
        rows = await self._pool.read(READ, encoded(key))
        return self._cell(rows[0]) if rows else None

    async def put(self, cell: Cell) -> bool:
        values = (encoded(cell.key), cell.version, encoded(cell.run), in_utc(cell.until))
        return bool(
            await self._pool.write(ADD if cell.version == 1 else CHANGE, *values, cell_body(self._vault(), cell))
        )

    async def drop(self, cell: Cell) -> bool:
        return bool(await self._pool.write(DROP, encoded(cell.key), cell.version))

    async def list(self, prefix: str, limit: int = 100, after: str = "") -> Sequence[Cell]:
        first, start = encoded(max(prefix[:-1], after)), encoded(prefix)
        rows = await self._pool.read(LIST, first, start + LAST, start, bounded(limit))
        return [self._cell(row) for row in rows]

    def _cell(self, row: Any) -> Cell:
        return read_cell(self._vault(), decoded(row["key"]), row["version"], row["body"])
