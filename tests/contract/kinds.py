"""The stores that the contract suites ask: by name, what makes an open one that keeps its data in a folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from tests.postgres import fresh_database
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.stores.postgres import PostgresStore
from wizard.stores.sqlite import SqliteStore

Making = Callable[[Path], AbstractAsyncContextManager[Store]]

RING = new_key("contract")


@asynccontextmanager
async def memory(folder: Path) -> AsyncIterator[Store]:
    store = MemoryStore()
    await store.open()
    yield store
    await store.close()


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[Store]:
    store = SqliteStore(folder / "runs.db")
    await store.open()
    yield store
    await store.close()


@asynccontextmanager
async def encrypted_sqlite(folder: Path) -> AsyncIterator[Store]:
    store = SqliteStore(folder / "encrypted.db", KeyRing.parse(RING))
    await store.open()
    yield store
    await store.close()


@asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[Store]:
    with fresh_database() as url:
        store = PostgresStore(url)
        await store.open()
        yield store
        await store.close()


@asynccontextmanager
async def encrypted_postgres(folder: Path) -> AsyncIterator[Store]:
    with fresh_database() as url:
        store = PostgresStore(url, KeyRing.parse(RING))
        await store.open()
        yield store
        await store.close()


KINDS: dict[str, Making] = {
    "memory": memory,
    "sqlite": sqlite,
    "encrypted sqlite": encrypted_sqlite,
    "postgres": postgres,
    "encrypted postgres": encrypted_postgres,
}
