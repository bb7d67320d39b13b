"""Stores for tests of the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from wizard.stores import Store
from wizard.stores.memory import MemoryStore
from wizard.stores.sqlite import SqliteStore

Open = Callable[[], Any]


@pytest.fixture(params=["memory", "sqlite"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens the same storage as often as it is called, as several processes would."""
    opened: list[SqliteStore] = []
    memory = MemoryStore()

    async def open_store() -> Store:
        if request.param == "memory":
            return memory
        store = SqliteStore(tmp_path / "runs.sqlite")
        opened.append(store)
        await store.open()
        return store

    yield open_store
    for each in opened:
        await each.close()
