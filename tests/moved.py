"""All stores under a clock that tests move, PostgreSQL's own included.

A database looks for functions in the schemas of its search path, and in its catalog first unless the path says
otherwise: with a `now()` of our own before it, all statements, PgQueuer's too, go by the time in a table. What the
clock of the operating system does to a server isn't shown by it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from tests.postgres import connect, database, fresh_database, server
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.stores.postgres import PostgresStore
from wizard.stores.sqlite import SqliteStore

KINDS = ("memory", "sqlite", "postgres")
MOVED = """CREATE SCHEMA moved; CREATE TABLE moved.clock (at timestamptz NOT NULL);
    INSERT INTO moved.clock VALUES ('2026-01-01T00:00Z');
    CREATE FUNCTION moved.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT at FROM moved.clock';"""


@contextmanager
def moved_database() -> Iterator[str]:
    """The URL of a database whose clock stands still until `tell` moves it."""
    with fresh_database() as url:
        name = database(url)
        server().psql(MOVED, name)
        server().psql(f"ALTER DATABASE {name} SET search_path = moved, pg_catalog, public")
        try:
            yield url
        finally:
            server().psql(f"ALTER DATABASE {name} RESET search_path; DROP SCHEMA moved CASCADE", name)


async def tell(connection: Any, at: datetime) -> None:
    """Moves the clock of the connection's database."""
    await connection.execute("UPDATE moved.clock SET at = $1", at)


class World:
    """One storage and one time, which is shown in a zone. `clock` is what engines are given; it is `ahead` of the
    storage's own, if that has one."""

    def __init__(self, store: Store, at: datetime, zone: tzinfo, others: Any = None) -> None:
        self.store = store
        self.zone = zone
        self.ahead = timedelta(0)
        self.now = at.astimezone(UTC)
        self._others = others  # the connection by which the database is told

    def clock(self) -> datetime:
        return (self.now + self.ahead).astimezone(self.zone)

    async def comes_to(self, at: datetime) -> None:
        self.now = at.astimezone(UTC)
        if self._others is not None:
            await tell(self._others, self.now)

    async def passes(self, **by: float) -> None:
        await self.comes_to(self.now + timedelta(**by))


@asynccontextmanager
async def world(kind: str, folder: Path, at: datetime, zone: tzinfo) -> AsyncIterator[World]:
    if kind == "postgres":
        async with _on_postgres(at, zone) as made:
            yield made
        return
    store = MemoryStore() if kind == "memory" else SqliteStore(folder / f"{at.timestamp():.0f}.sqlite")
    await store.open()
    yield World(store, at, zone)
    await store.close()


@asynccontextmanager
async def _on_postgres(at: datetime, zone: tzinfo) -> AsyncIterator[World]:
    with moved_database() as url:
        others = await connect(url)
        store = PostgresStore(url, pool_size=3)
        await store.open()
        made = World(store, at, zone, others)
        await made.comes_to(at)
        yield made
        await store.close()
        await others.close()
