"""Numbered SQL scripts that bring a database to this version's tables, each in one transaction.

`sqlite_0001.sql`, `sqlite_0002.sql` … lie beside this module; a database's number is that of the
last script it has been through, and a script that was released is never edited.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from importlib.resources import files

from wizard.errors import StoreError

APPLICATION_ID = 1464424004  # sqlite_0001.sql sets it: how a file is known to be ours


def scripts(dialect: str) -> list[str]:
    """The texts of a dialect's scripts, each in the place of its number; a number that is missing has an empty one.

    SQLite's numbers 3 to 6 are missing for good: modules beside the scripts were once counted as such, so that a
    database that had been through two scripts has the number 6.
    """
    numbered = re.compile(rf"{dialect}_([0-9]{{4}})\.sql")
    there = files("wizard.stores").iterdir()
    found = {int(name[1]): each for each in there if (name := numbered.fullmatch(each.name))}
    return [
        found[number].read_text("utf-8") if number in found else "" for number in range(1, max(found, default=0) + 1)
    ]


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
