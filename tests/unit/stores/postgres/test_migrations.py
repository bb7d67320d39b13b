"""How a PostgreSQL database comes to its tables."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.contract.runs import a_run, a_step, creating
from tests.postgres import connect, server
from wizard.errors import StoreError
from wizard.stores.postgres import PostgresStore
from wizard.stores.scripts import scripts


@pytest.fixture
def empty() -> Iterator[str]:
    """The URL of a database without any tables."""
    url = server().empty()
    yield url
    server().drop(url)


async def opened(url: str) -> None:
    store = PostgresStore(url, pool_size=2)
    await store.open()
    await store.close()


async def test_many_processes_prepare_one_database(empty: str) -> None:
    """All servers of a new installation start at once."""
    await asyncio.gather(*(opened(empty) for _ in range(4)))
    connection = await connect(empty)
    numbers = [row["number"] for row in await connection.fetch("SELECT number FROM wizard.migrations ORDER BY number")]
    schemas = await connection.fetch(
        "SELECT DISTINCT table_schema::text AS name FROM information_schema.tables"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
    )
    await connection.close()
    assert numbers == list(range(1, len(scripts("postgres")) + 1))
    assert [row["name"] for row in schemas] == ["wizard"]


async def test_what_is_stored_outlives_the_store(empty: str) -> None:
    """An update of the program opens the database anew, and everybody goes on."""
    store = PostgresStore(empty, pool_size=2)
    await store.open()
    await store.commit(creating(a_run("run-1", a_step())))
    await store.close()
    again = PostgresStore(empty, pool_size=2)
    await again.open()
    assert await again.revision("run-1") == 1
    await again.close()


async def test_a_database_of_a_newer_version_is_refused(empty: str) -> None:
    """An old program that writes into tables it doesn't know would spoil them for the new one."""
    await opened(empty)
    connection = await connect(empty)
    await connection.execute("INSERT INTO wizard.migrations (number, pgqueuer) VALUES (900, '1.0')")
    await connection.close()
    with pytest.raises(StoreError, match="newer version"):
        await opened(empty)


async def test_the_schema_of_another_program_is_left_alone(empty: str) -> None:
    """The name is a common one; a stranger's tables mustn't be mixed with ours."""
    connection = await connect(empty)
    await connection.execute("CREATE SCHEMA wizard; CREATE TABLE wizard.spells (name text)")
    await connection.close()
    with pytest.raises(StoreError, match="another program"):
        await opened(empty)


async def test_the_tables_of_an_older_pgqueuer_are_brought_up_to_date(empty: str) -> None:
    """PgQueuer is updated with other libraries, and its new statements need its new columns."""
    await opened(empty)
    connection = await connect(empty)
    await connection.execute("ALTER TABLE wizard.pgqueuer DROP COLUMN slot")
    await connection.execute("UPDATE wizard.migrations SET pgqueuer = '1.0.0'")
    await opened(empty)
    columns = await connection.fetch(
        "SELECT column_name::text FROM information_schema.columns WHERE table_name='pgqueuer'"
    )
    known = await connection.fetchval("SELECT max(pgqueuer) FROM wizard.migrations")
    await connection.close()
    assert "slot" in [row["column_name"] for row in columns]
    assert known != "1.0.0"
