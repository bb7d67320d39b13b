"""A database file when it is opened, and when all of it was encrypted anew: whose it is, and how it is sealed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress

from wizard.errors import StoreError
from wizard.stores.blobs.marks import Prepared, prepared
from wizard.stores.blobs.vault import Vault
from wizard.stores.sqlite.reseal import COLUMNS

READ_MARK = "SELECT body FROM seal"
WRITE_MARK = "REPLACE INTO seal VALUES (1, ?)"
HAS_ROWS = "EXISTS (SELECT 1 FROM {})"
IS_EMPTY = "SELECT NOT (" + " OR ".join(HAS_ROWS.format(column.table) for column in COLUMNS) + ")"


def empty_log(connection: sqlite3.Connection) -> None:
    """What was encrypted anew is in the write-ahead log still, as it was before. Raises StoreError where it stays
    there, because somebody reads what the log holds."""
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreError(
            "Everything is encrypted, but the write-ahead log (the file that ends in -wal) still holds what was there"
            " before: another program is reading the database. End that, a backup or a viewer, and run this again."
        )


def make_private(path: str) -> None:
    """A new file is its owner's alone, whatever the umask; what SQLite puts beside it has the same rights. One that is
    there keeps the rights that it was given."""
    if not path or path.startswith(":"):
        return  # SQLite's own: no file
    with suppress(OSError):  # SQLite says what is wrong
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def prepare_seal(connection: sqlite3.Connection, ring: Vault) -> Prepared:
    """Raises StoreError where the database isn't sealed as the ring asks."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        row = connection.execute(READ_MARK).fetchone()
        is_empty = bool(connection.execute(IS_EMPTY).fetchone()[0])
        made = prepared(ring, None if row is None else row[0], is_empty=is_empty)
        if made.body is not None:
            write_mark(connection, made.body)
    finally:
        connection.execute("COMMIT")
    return made


def write_mark(connection: sqlite3.Connection, body: bytes) -> None:
    connection.execute(WRITE_MARK, (body,))
