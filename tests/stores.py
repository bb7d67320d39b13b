"""Stores for tests of the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import fresh_database
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.stores.postgres import PostgresStore
from wizard.stores.sqlite import SqliteStore

Open = Callable[[], Any]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens the same storage as often as it is called, as several processes would."""
    async with _opened(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture(params=["memory", "sqlite"])
async def clocked(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """The same, of the storages whose queues go by the clock of the test."""
    async with _opened(request.param, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def _opened(kind: str, folder: Path) -> AsyncIterator[Open]:
    opened: list[Store] = []
    memory = MemoryStore()
    database = fresh_database() if kind == "postgres" else nullcontext("")

    async def open_store() -> Store:
        if kind == "memory":
            return memory
        store: Store = PostgresStore(url, pool_size=5) if url else SqliteStore(folder / "runs.sqlite")
        opened.append(store)
        await store.open()
        return store

    with database as url:
        yield open_store
        for each in opened:
            await each.close()
