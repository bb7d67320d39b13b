"""Drafts and versions in a PostgreSQL database: what they leave there, and databases of the version before."""

from __future__ import annotations

import asyncpg
import pytest

from tests.contract.test_stages import SAVES, a_draft, a_long_draft, a_version, deploys
from tests.postgres import connect, server
from tests.unit.stores.databases import beside, store, url
from wizard.stores.postgres import PostgresStore, reseal
from wizard.stores.postgres import store as postgres
from wizard.stores.scripts import scripts

__all__ = ["beside", "store", "url"]  # fixtures

BEFORE = 7  # scripts that the last version without stages knew


async def test_drafts_that_are_saved_all_day_leave_no_room_taken(
    store: PostgresStore, beside: asyncpg.Connection
) -> None:
    """A draft is one row that is updated, so the room of what it was before is used again once the database has tidied
    up, as it does by itself."""

    async def saves(first: int) -> int:
        for revision in range(first, first + 100):
            await store.stages.save_draft(a_long_draft(revision))
        await beside.execute("VACUUM wizard.drafts")
        return int(await beside.fetchval("SELECT pg_total_relation_size('wizard.drafts')"))

    small, *later = [await saves(first) for first in range(1, SAVES, 100)]
    assert max(later) <= small + 300_000
    assert await beside.fetchval("SELECT count(*) FROM wizard.drafts") == 1


async def test_a_database_of_the_version_before_gets_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update nobody has to prepare anything: the first draft is saved, and what was stored is there still."""
    url = server().empty()
    with monkeypatch.context() as before:
        before.setattr(postgres, "scripts", lambda database: scripts(database)[:BEFORE])
        before.setattr(reseal, "IS_EMPTY", "SELECT true")  # which speaks of later tables as well
        old = PostgresStore(url, pool_size=2)
        await old.open()
        await old.save_definition("old", b"\x01")
        await old.close()
    connection = await connect(url)
    assert await connection.fetchval("SELECT to_regclass('wizard.drafts')") is None
    await connection.close()
    store = PostgresStore(url, pool_size=2)
    await store.open()
    assert await store.stages.deployed() == ()
    assert await store.stages.stamp() == 0
    await store.stages.save_draft(a_draft())
    await deploys(store, 1, None)
    assert await store.stages.versions("passport") == (a_version(1, None),)
    assert await store.definition("old") == b"\x01"
    await store.close()
    server().drop(url)
