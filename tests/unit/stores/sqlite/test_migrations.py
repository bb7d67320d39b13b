"""Numbered scripts: each is run once, in order, whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from wizard.errors import StoreError
from wizard.stores.scripts import scripts
from wizard.stores.sqlite.migrations import APPLICATION_ID, migrate

FIRST = f"""-- The first tables; a comment may hold a ;
PRAGMA application_id = {APPLICATION_ID};
CREATE TABLE runs (
    id TEXT
);
INSERT INTO runs VALUES ('kept;');
"""
SECOND = """CREATE TABLE steps (run_id TEXT);
ALTER TABLE runs ADD COLUMN note TEXT DEFAULT 'new';
"""
BROKEN = """CREATE TABLE half (x);
CREATE TABLE half (x);
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "runs.db", isolation_level=None)) as connection:
        yield connection


def version(database: sqlite3.Connection) -> int:
    number: int = database.execute("PRAGMA user_version").fetchone()[0]
    return number


def tables(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='table'")}


def test_an_empty_file_gets_all_scripts(database: sqlite3.Connection) -> None:
    """Somebody who starts the program for the first time has nothing to set up."""
    migrate(database, [FIRST, SECOND])
    assert version(database) == 2
    assert database.execute("SELECT * FROM runs").fetchall() == [("kept;", "new")]


def test_an_older_database_gets_the_later_scripts_only(database: sqlite3.Connection) -> None:
    """An update must bring old data along, and not run what was run before."""
    migrate(database, [FIRST])
    database.execute("INSERT INTO runs VALUES ('mine')")
    migrate(database, [FIRST, SECOND])
    migrate(database, [FIRST, SECOND])
    assert database.execute("SELECT * FROM runs").fetchall() == [("kept;", "new"), ("mine", "new")]


def test_a_newer_database_is_left_alone(database: sqlite3.Connection) -> None:
    """Somebody who goes back to an older version mustn't damage what the newer one wrote."""
    migrate(database, [FIRST, SECOND])
    with pytest.raises(StoreError, match=r"newer version .* number is 2, .* knows 1\). Update the program"):
        migrate(database, [FIRST])
    assert not database.in_transaction


def test_another_programs_database_is_left_alone(database: sqlite3.Connection) -> None:
    """A mistyped path mustn't put our tables among somebody else's."""
    database.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match="belongs to another program"):
        migrate(database, [FIRST])
    assert tables(database) == {"theirs"}


def test_a_numbered_database_of_another_program_is_left_alone(database: sqlite3.Connection) -> None:
    """Other programs number their databases as well."""
    database.execute("PRAGMA user_version = 1")
    with pytest.raises(StoreError, match="belongs to another program"):
        migrate(database, [FIRST, SECOND])


def test_a_script_that_fails_leaves_nothing_behind(database: sqlite3.Connection) -> None:
    """An update that is interrupted half-way can simply be started again."""
    migrate(database, [FIRST])
    with pytest.raises(sqlite3.OperationalError):
        migrate(database, [FIRST, SECOND, BROKEN])
    assert (version(database), tables(database)) == (1, {"runs"})


def test_a_script_that_ends_its_own_transaction_is_an_error(database: sqlite3.Connection) -> None:
    """A script with a COMMIT in it can't be undone, and the failure must show as what it is."""
    with pytest.raises(sqlite3.OperationalError, match="no transaction is active"):
        migrate(database, [FIRST + "COMMIT;\n"])


def test_the_shipped_scripts_fit_the_code(database: sqlite3.Connection) -> None:
    """The scripts are data files: a package built without them can't open any database."""
    migrate(database, scripts("sqlite"))
    assert version(database) == len(scripts("sqlite")) >= 1
    assert database.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


def test_modules_beside_the_scripts_are_none(database: sqlite3.Connection) -> None:
    """They were once counted: databases with the number 6 are about, and the script after theirs isn't the third."""
    assert [number for number, text in enumerate(scripts("sqlite"), 1) if not text][:4] == [3, 4, 5, 6]
    assert all(not text or "CREATE" in text for text in scripts("sqlite"))
    migrate(database, scripts("sqlite")[:2])
    database.execute("PRAGMA user_version = 6")
    migrate(database, scripts("sqlite"))
    assert "reason" in [row[1] for row in database.execute("PRAGMA table_info(jobs)")]
