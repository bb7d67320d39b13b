"""A PostgreSQL database for one test: its address, a store of it, and a connection that isn't a store's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from tests.postgres import connect, fresh_database
from wizard.stores.postgres import PostgresStore


@pytest.fixture
def url() -> Iterator[str]:
    with fresh_database() as found:
        yield found


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresStore]:
    opened = PostgresStore(url, pool_size=5)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def beside(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that isn't a store's."""
    connection = await connect(url)
    yield connection
    await connection.close()
