"""Puts what a SQLite database holds under the key in use, a few rows at a time, while turns go on.

Rows are found by a reader and written where they are as they were found: a turn that was faster has written
its row under the key in use already. One pass goes through all tables; passes are made until one finds nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wizard.errors import StoreError
from wizard.stores.formats import resealed, unreadable
from wizard.stores.vault import Vault


@dataclass(frozen=True, slots=True)
class Column:
    """A column of blobs; `key` are the table's columns that name a row, `owner` the SQL of whose the blob is."""

    table: str
    name: str
    key: tuple[str, ...]
    owner: str = "run_id"

    @property
    def find(self) -> str:
        """The rows after a key, in the order of their keys."""
        key = ", ".join(self.key)
        after = ", ".join("?" * len(self.key))
        wanted = f"({key}) > ({after}) AND {self.name} <> x'' AND NOT current({self.name})"
        # All names in it are those of COLUMNS.
        return f"SELECT {self.owner}, {self.name}, {key} FROM {self.table} WHERE {wanted} ORDER BY {key} LIMIT ?"  # noqa: S608

    @property
    def write(self) -> str:
        there = " AND ".join(f"{name}=?" for name in self.key)
        return f"UPDATE {self.table} SET {self.name}=? WHERE {there} AND {self.name}=?"  # noqa: S608 - likewise


COLUMNS = (
    Column("runs", "header", ("id",), "id"),
    Column("run_data", "birth", ("run_id",)),
    Column("run_data", "context", ("run_id",)),
    Column("steps", "body", ("run_id", "path")),
    Column("parked", "body", ("run_id", "path")),
    Column("undos", "body", ("run_id", "visit")),
    Column("trace", "body", ("run_id", "first")),
    Column("replies", "body", ("scope", "key")),
    Column("files", "body", ("run_id", "id")),
    Column("documents", "body", ("kind", "id"), "kind || '/' || id"),
    Column("jobs", "payload", ("key",)),
    Column("reports", "body", ("run_id",)),
)

Found = tuple[str, bytes, tuple[Any, ...]]  # owner, blob, the row's key


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pass is: at a column, after the row with this key. `found` says whether the pass found any."""

    column: int = 0
    after: tuple[Any, ...] | None = None
    found: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows to be written, and where to go on then."""

    column: Column
    rows: Sequence[tuple[bytes, tuple[Any, ...], bytes]]  # new blob, key, the blob that is to be there still
    place: Place

    def write(self, connection: sqlite3.Connection) -> None:
        connection.executemany(self.column.write, [(new, *key, old) for new, key, old in self.rows])


def next_batch(connection: sqlite3.Connection, vault: Vault, place: Place, limit: int) -> Batch | None:
    """None where a whole pass found nothing. Raises StoreError naming the run whose blob can't be opened."""
    connection.create_function("current", 1, vault.is_current, deterministic=True)
    while True:
        if place.column == len(COLUMNS):
            if not place.found:
                return None
            place = Place()
        column = COLUMNS[place.column]
        after = tuple("" for _ in column.key) if place.after is None else place.after
        found = connection.execute(column.find, (*after, limit)).fetchall()
        if found:
            rows = [(_anew(vault, column, row[0], row[1]), row[2:], row[1]) for row in found]
            return Batch(column, rows, replace(place, after=found[-1][2:], found=True))
        place = replace(place, column=place.column + 1, after=None)


def _anew(vault: Vault, column: Column, owner: str, blob: bytes) -> bytes:
    try:
        return resealed(vault, owner, blob)
    except StoreError as error:
        raise unreadable(f"What is stored in the table {column.table} of {owner}", error, owner) from error
