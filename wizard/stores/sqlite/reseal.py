"""Puts what a SQLite database holds under the key in use, a few rows at a time, while turns go on.

Rows are found by a reader and written where they are as they were found: a turn that was faster has written
its row under the key in use already. One pass goes through all tables; passes are made until one finds nothing.

A run that isn't sealed in the present way yet is sealed whole, in one transaction, since its header speaks of its rows.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wizard.errors import StoreError
from wizard.stores.blobs.formats import Part, resealed, unreadable
from wizard.stores.blobs.resource_rows import OWNER
from wizard.stores.blobs.sealing import sealed_run
from wizard.stores.blobs.vault import Vault, stamp_of
from wizard.stores.sqlite.reading import read_rows

log = logging.getLogger("wizard.stores")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of blobs; `key` are the table's columns that name a row, `owner` the SQL of whose the blob is, `about`
    the columns that are bound to it. Whether they are `counted` by a run's header."""

    table: str
    name: str
    part: Part
    key: tuple[str, ...]
    about: tuple[str, ...] = ()
    owner: str = "run_id"
    counted: bool = False

    @property
    def find(self) -> str:
        """The rows after a key, in the order of their keys."""
        key = ", ".join(self.key)
        after = ", ".join("?" * len(self.key))
        wanted = f"({key}) > ({after}) AND {self.name} IS NOT NULL AND NOT current({self.name})"
        read = ", ".join((self.owner, self.name, *self.key, *self.about))
        # All names in it are those of COLUMNS.
        return f"SELECT {read} FROM {self.table} WHERE {wanted} ORDER BY {key} LIMIT ?"  # noqa: S608

    @property
    def write(self) -> str:
        there = " AND ".join(f"{name}=?" for name in self.key)
        return f"UPDATE {self.table} SET {self.name}=? WHERE {there} AND {self.name}=?"  # noqa: S608 - likewise


DOCUMENT_OWNER = "kind || '/' || id"
HEADER = ("workflow", "version", "status", "revision", "created_at", "updated_at", "expires_at")
RESOURCE = ("name", "kind", "revision", "saved_at")
COLUMNS = (
    Column("runs", "header", Part.HEADER, ("id",), HEADER, "id", counted=True),
    Column("run_data", "birth", Part.BIRTH, ("run_id",), counted=True),
    Column("run_data", "context", Part.CONTEXT, ("run_id",), counted=True),
    Column("steps", "body", Part.STEP, ("run_id", "path"), ("path", "seq"), counted=True),
    Column("parked", "body", Part.ANSWERS, ("run_id", "path"), ("path",), counted=True),
    Column("undos", "body", Part.UNDO, ("run_id", "visit"), ("visit", "failed"), counted=True),
    Column("trace", "body", Part.ENTRIES, ("run_id", "first"), ("first", "revision", "at"), counted=True),
    Column("replies", "body", Part.REPLY, ("scope", "key"), ("scope", "key")),
    Column("files", "body", Part.FILE, ("run_id", "id"), ("id",)),
    Column("documents", "body", Part.DOCUMENT, ("kind", "id"), ("kind", "id", "revision"), DOCUMENT_OWNER),
    Column(
        "saves", "body", Part.SAVE, ("kind", "id", "revision"), ("kind", "id", "revision", "at"), "kind || '/' || id"
    ),
    Column("jobs", "payload", Part.PAYLOAD, ("key",), ("key",)),
    Column("reports", "body", Part.REPORT, ("run_id",)),
    Column("formers", "body", Part.FORMER, ("run_id",), ("revision",)),
    Column("utterances", "body", Part.UTTERANCE, ("run_id", "number"), ("number", "id")),
    Column("cells", "body", Part.CELL, ("key",), ("key", "version"), "key"),
    Column("refused", "body", Part.REFUSED, ("scope", "key"), ("scope", "key", "at"), "scope"),
    Column("resources", "body", Part.RESOURCE, ("name",), RESOURCE, f"'{OWNER}' || name"),
    Column("remote_nodes", "body", Part.REMOTE, ("type",), ("type", "revision"), "type"),
    Column("events", "body", Part.EVENT, ("id",), ("id", "at", "standing"), "id"),
)


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
    """None where a whole pass found nothing. Raises StoreError naming the run whose blob can't be opened, unless the
    vault takes what is old: then such a blob stays as it is."""
    connection.create_function("current", 1, vault.is_current, deterministic=True)
    while True:
        if place.column == len(COLUMNS):
            if not place.found:
                return None
            place = Place()
        column = COLUMNS[place.column]
        after = tuple("" for _ in column.key) if place.after is None else place.after
        rows = connection.execute(column.find, (*after, limit)).fetchall()
        if not rows:
            place = replace(place, column=place.column + 1, after=None)
            continue
        end = 2 + len(column.key)
        place = replace(place, after=rows[-1][2:end])
        anew = [(_anew(vault, column, row), row[2:end], row[1]) for row in rows]
        written = [(new, key, old) for new, key, old in anew if new is not None]
        if written:
            return Batch(column, written, replace(place, found=True))


def _anew(vault: Vault, column: Column, row: tuple[Any, ...]) -> bytes | None:
    owner, blob, about = row[0], row[1], row[2 + len(column.key) :]
    try:
        return resealed(vault.strict if column.counted else vault, column.part, owner, blob, about)
    except StoreError as error:
        told = unreadable(f"What is stored in the table {column.table} of {owner}", error, owner)
        if not vault.takes_old:
            raise told from error
        log.error("%s It stays as it is.", told)
        return None


# -- runs that aren't sealed in the present way yet ----------------------------------------------

OLD_RUNS = "SELECT id FROM runs WHERE id > ? AND NOT sealed(header) ORDER BY id LIMIT ?"
ALL_TRACE = "SELECT first, count, revision, at, body FROM trace WHERE run_id=?"
WRITE_HEADER = "UPDATE runs SET header=? WHERE id=?"
WRITE_DATA = "UPDATE run_data SET birth=?, context=? WHERE run_id=?"
WRITE_STEP = "UPDATE steps SET body=? WHERE run_id=? AND path=?"
WRITE_PARKED = "UPDATE parked SET body=? WHERE run_id=? AND path=?"
WRITE_UNDO = "UPDATE undos SET body=? WHERE run_id=? AND visit=?"
WRITE_TRACE = "UPDATE trace SET body=? WHERE run_id=? AND first=?"
FORGET_PARKED = "DELETE FROM parked WHERE run_id=?"
FORGET_UNDOS = "DELETE FROM undos WHERE run_id=?"


def old_runs(connection: sqlite3.Connection, after: str, limit: int) -> list[str]:
    """Ids of runs that aren't sealed in the present way."""
    connection.create_function("sealed", 1, lambda blob: stamp_of(blob) is not None, deterministic=True)
    return [run_id for (run_id,) in connection.execute(OLD_RUNS, (after, limit))]


def seal_run(connection: sqlite3.Connection, vault: Vault, run_id: str) -> None:
    """Seals all rows of a run that isn't yet, in the connection's transaction. Raises StoreError naming the run."""
    stored = read_rows(connection, vault, run_id)
    if stored is None or stamp_of(stored.row.header) is not None:
        return
    turns = connection.execute(ALL_TRACE, (run_id,)).fetchall()
    try:
        sealed = sealed_run(vault, stored)
        trace = [
            (resealed(vault, Part.ENTRIES, run_id, body, (first, revision, at)), run_id, first)
            for first, _, revision, at, body in turns
        ]
    except StoreError as error:
        raise unreadable("The run", error, run_id) from error
    entries = max((first + count - 1 for first, count, *_ in turns), default=0)
    connection.execute(WRITE_HEADER, (sealed.header(vault, stored.row, stored.head, entries), run_id))
    connection.execute(WRITE_DATA, (sealed.birth, sealed.context, run_id))
    connection.executemany(WRITE_STEP, [(body, run_id, path) for path, body in sealed.steps])
    connection.executemany(WRITE_PARKED, [(body, run_id, path) for path, body in sealed.parked])
    connection.executemany(WRITE_UNDO, [(body, run_id, visit) for visit, body in sealed.undos])
    connection.executemany(WRITE_TRACE, trace)
    if not sealed.parked:
        connection.execute(FORGET_PARKED, (run_id,))
    if not sealed.undos:
        connection.execute(FORGET_UNDOS, (run_id,))
