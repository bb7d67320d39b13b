"""What was said in conversations, in a SQLite database."""

from __future__ import annotations

import sqlite3

from wizard.errors import KeyReused
from wizard.model.talk import Utterance
from wizard.stores.blobs.talk_rows import read_utterance
from wizard.stores.blobs.vault import Vault

ADD = "INSERT INTO utterances VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
READ = "SELECT number, id, body FROM utterances WHERE run_id=? AND number > ? ORDER BY number LIMIT ?"
FIND = "SELECT number, id, body FROM utterances WHERE run_id=? AND id=?"
DELETE = "DELETE FROM utterances WHERE run_id=?"

Row = tuple[str, int, str, bytes]


def add(connection: sqlite3.Connection, rows: list[Row], run_id: str) -> None:
    """Raises KeyReused where one of the ids is there already."""
    for row in rows:
        if connection.execute(ADD, row).rowcount == 0:
            raise KeyReused(run=run_id)


def read(connection: sqlite3.Connection, vault: Vault, run_id: str, after: int, limit: int) -> list[Utterance]:
    """Raises StoreError naming the run."""
    rows = connection.execute(READ, (run_id, after, limit))
    return [read_utterance(vault, run_id, *row) for row in rows]


def find(connection: sqlite3.Connection, vault: Vault, run_id: str, said_id: str) -> Utterance | None:
    """Raises StoreError naming the run."""
    row = connection.execute(FIND, (run_id, said_id)).fetchone()
    return None if row is None else read_utterance(vault, run_id, *row)
