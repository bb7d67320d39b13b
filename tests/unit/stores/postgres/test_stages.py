"""Drafts and versions in a PostgreSQL database: what they leave there, and databases of the version before."""

from __future__ import annotations

import asyncpg

from tests.contract.test_stages import SAVES, a_draft, a_long_draft, a_version, deploys
from tests.postgres import connect, server
from tests.unit.stores.databases import beside, store, url
from wizard.stores.postgres import PostgresStore
from wizard.stores.postgres.migrations import migrate
from wizard.stores.postgres.queue import queries
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


async def test_a_database_of_the_version_before_gets_the_tables() -> None:
    """After an update nobody has to prepare anything: the first draft is saved, and what was stored is there still."""
    url = server().empty()
    connection = await connect(url)
    await migrate(connection, queries(connection), scripts("postgres")[:BEFORE])
    await connection.execute("INSERT INTO wizard.definitions VALUES ('old', $1)", b"\x01")
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
