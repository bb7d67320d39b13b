"""What every store promises of its cells (wizard.model.cells.Cells)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.kinds import KINDS
from tests.contract.runs import NOW, a_run, creating
from wizard.model.cells import Cell
from wizard.stores.contract import Store


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with KINDS[request.param](tmp_path) as made:
        yield made


async def test_a_cell_is_changed_by_whoever_saw_it_last(store: Store) -> None:
    """Two servers that deliver one conversation would both think that they have it."""
    cells, first = store.cells, Cell("link/a", 1, {"to": "ann 🦊", "at": NOW})
    assert await cells.get("link/a") is None
    assert await cells.put(first)
    assert not await cells.put(first)
    assert await cells.get("link/a") == first
    seconds = [replace(first, version=2, body={"by": number}) for number in range(5)]
    took = await asyncio.gather(*map(cells.put, seconds))
    assert sum(took) == 1
    assert await cells.get("link/a") == seconds[took.index(True)]
    assert not await cells.put(replace(first, version=4))


async def test_a_cell_is_dropped_once(store: Store) -> None:
    """A code for a conversation would open it twice."""
    cell = Cell("code/x", 1, until=NOW)
    await store.cells.put(cell)
    assert not await store.cells.drop(replace(cell, version=2))
    assert sum(await asyncio.gather(*(store.cells.drop(cell) for _ in range(5)))) == 1
    assert await store.cells.get("code/x") is None


async def test_cells_are_listed_by_the_beginning_of_their_keys(store: Store) -> None:
    """An operator would see no conversations, or other things among them."""
    for key in ("waits/b", "waits/a", "waits", "waiting/c", "waits/c", "z"):
        await store.cells.put(Cell(key, 1))
    assert [cell.key for cell in await store.cells.list("waits/")] == ["waits/a", "waits/b", "waits/c"]
    assert [cell.key for cell in await store.cells.list("waits/", 1, after="waits/a")] == ["waits/b"]


async def test_cells_go_with_their_run_and_when_they_are_old(store: Store) -> None:
    """A person's address in a messenger would stay when the run that it is about is deleted."""
    run = a_run()
    await store.cells.put(Cell("link/a", 1, run=run.id))
    await store.cells.put(Cell("link/b", 1, run="another"))
    await store.cells.put(Cell("code/old", 1, until=NOW - timedelta(days=2)))
    await store.cells.put(Cell("code/new", 1, until=NOW))
    await store.commit(creating(run))
    await store.delete_run(run.id)
    await store.prune(NOW - timedelta(days=1))
    left = [cell.key for prefix in ("code/", "link/") for cell in await store.cells.list(prefix)]
    assert left == ["code/new", "link/b"]
