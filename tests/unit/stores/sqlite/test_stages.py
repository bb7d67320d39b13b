"""Drafts and versions in a SQLite file: what they leave there, and files of the version before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.test_stages import SAVES, a_draft, a_long_draft, a_version, deed, deploys
from wizard.errors import StoreError
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.scripts import scripts
from wizard.stores.sqlite import SqliteStore
from wizard.stores.sqlite.migrations import migrate

BEFORE = 12  # scripts that the last version without stages knew


async def test_drafts_that_are_saved_all_day_leave_no_room_taken(tmp_path: Path) -> None:
    """An editor saves every few seconds: a file that grows with that fills the disk within weeks."""
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()

    async def saves(first: int, last: int) -> int:
        for revision in range(first, last + 1):
            await store.stages.save_draft(a_long_draft(revision))
        with closing(sqlite3.connect(tmp_path / "runs.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return (tmp_path / "runs.db").stat().st_size

    small = await saves(1, 100)
    assert await saves(101, SAVES) <= small + 100_000
    assert (tmp_path / "runs.db-wal").stat().st_size < 8_000_000, "the log is begun anew"
    await store.close()


async def test_a_file_of_the_version_before_gets_the_tables(tmp_path: Path) -> None:
    """After an update nobody has to prepare anything: the first draft is saved, and what was stored is there still."""
    with closing(sqlite3.connect(tmp_path / "runs.db", isolation_level=None)) as connection:
        migrate(connection, scripts("sqlite")[:BEFORE])
        connection.execute("INSERT INTO definitions VALUES ('old', x'01')")
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    assert await store.stages.deployed() == ()
    assert await store.stages.stamp() == 0
    await store.stages.save_draft(a_draft())
    await deploys(store, 1, None)
    assert await store.stages.versions("passport") == (a_version(1, None),)
    assert await store.definition("old") == b"\x01"
    await store.close()


async def test_the_stamp_is_one_row_found_by_its_key(tmp_path: Path) -> None:
    """Every process asks several times a second, on its event loop."""
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    for number in range(1, 20):
        await deploys(store, number, number - 1 or None)
    with closing(sqlite3.connect(tmp_path / "runs.db")) as connection:
        assert connection.execute("SELECT * FROM stages").fetchall() == [(1, 19)]
        assert await store.stages.stamp() == 19
    await store.close()


async def test_a_deed_that_was_damaged_is_said_to_be(tmp_path: Path) -> None:
    """Whoever looks into what was done reads what is wrong instead of a traceback."""
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    await store.stages.save_draft(a_draft())
    await store.stages.delete_draft("passport", 1, deed("delete"))
    with closing(sqlite3.connect(tmp_path / "runs.db")) as connection, connection:
        connection.execute("UPDATE deeds SET details = x'01'")
    with pytest.raises(StoreError, match="What is stored beside a workflow can't be read"):
        await store.stages.deeds()
    await store.close()


async def test_drafts_are_in_clear_whatever_the_keys_are(tmp_path: Path) -> None:
    """A definition holds nothing that people answered. Changing keys passes drafts by, and they can be read without."""
    old, new = new_key("old"), new_key("new")
    for keys in (old, f"{new},{old}", new):
        store = SqliteStore(tmp_path / "runs.db", KeyRing.parse(keys))
        await store.open()
        if keys == old:
            await store.stages.save_draft(a_draft(1, "Plainword"))
            await deploys(store, 1, None)
        while await store.reseal():
            pass
        assert await store.stages.draft("passport") == a_draft(1, "Plainword")
        assert await store.stages.deeds() == (deed()._replace(number=1),)
        await store.close()
    assert b"Plainword" in (tmp_path / "runs.db").read_bytes()
