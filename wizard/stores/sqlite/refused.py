"""What was sent from pages and not taken, in a SQLite database."""

from __future__ import annotations

import sqlite3

from wizard.model import Refused
from wizard.stores.blobs import records
from wizard.stores.blobs.vault import Vault
from wizard.stores.sqlite.reading import read_time, stored_time

KEEP = """REPLACE INTO refused SELECT ?1, ?2, ?3, ?4 WHERE ?1 = '' OR EXISTS (SELECT 1 FROM runs WHERE id = ?1)"""
LEAVE = """DELETE FROM refused WHERE scope = ?1 AND rowid NOT IN
    (SELECT rowid FROM refused WHERE scope = ?1 ORDER BY at DESC, rowid DESC LIMIT ?2)"""
OLD = "DELETE FROM refused WHERE at < ?"
READ = "SELECT at, body FROM refused WHERE scope = ? AND key = ?"
FORGET = "DELETE FROM refused WHERE scope = ? AND key = ?"


def keep(connection: sqlite3.Connection, refused: Refused, body: bytes, most: int, before: int) -> None:
    """See wizard.stores.contract.Store; `body` is what `refused` is packed as."""
    connection.execute(OLD, (before,))
    connection.execute(KEEP, (refused.scope, refused.key, stored_time(refused.at), body))
    connection.execute(LEAVE, (refused.scope, most))


def read(connection: sqlite3.Connection, vault: Vault, scope: str, key: str) -> Refused | None:
    """Raises StoreError naming the run."""
    row = connection.execute(READ, (scope, key)).fetchone()
    return None if row is None else records.read_refused(vault, scope, key, read_time(row[0]), row[1])


def forget(connection: sqlite3.Connection, scope: str, key: str) -> None:
    """See wizard.stores.contract.Store."""
    connection.execute(FORGET, (scope, key))
