"""Brings a SQLite database to this version's tables, each script (wizard.stores.scripts) in one transaction. A
database's number is that of the last script it has been through.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from wizard.errors import StoreError

APPLICATION_ID = 1464424004  # 0001.sql sets it: how a file is known to be ours


def migrate(connection: sqlite3.Connection, known: Sequence[str]) -> None:
    """Runs the scripts of `known` that the database hasn't been through yet.

    Several processes may do this at once: each script is run by the first one. Raises StoreError
    where the database is another program's or comes from a newer version of this one.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        done = _number(connection)
        if done > len(known):
            raise StoreError(
                f"The database was written by a newer version of the program (its number is {done}, this version"
                f" knows {len(known)}). Update the program, or restore a backup from before the update."
            )
        for number, script in enumerate(known[done:], done + 1):
            for statement in statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _number(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    owner: int = connection.execute("PRAGMA application_id").fetchone()[0]
    if owner != APPLICATION_ID and (number or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]):
        raise StoreError("The database belongs to another program. Name a file of its own for the runs.")
    return number


def statements(script: str) -> Iterator[str]:
    """The single statements of a script; each ends at the end of a line."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
