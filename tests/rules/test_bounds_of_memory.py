"""What a process keeps in memory of runs is bounded in bytes, whatever people send, by a setting that an operator
knows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from immutables import Map

from wizard.engine import Engine
from wizard.model import Run
from wizard.settings import Settings
from wizard.stores.blobs.inventory import ROW, Inventories, Inventory
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.memory import MemoryStore
from wizard.stores.sqlite import SqliteStore
from wizard.testing import make_test_engine

ASKS = """
id: main
title: Main
nodes:
  - {id: a, type: form, fields: [{name: x, required: false}]}
  - {id: b, type: form, fields: [{name: y, required: false}]}
"""


class Counted(MemoryStore):
    loads = 0

    async def load(self, run_id: str) -> Run | None:
        self.loads += 1
        return await super().load(run_id)


async def _drafts(engine: Engine, runs: int, size: int) -> list[str]:
    ids = []
    for _ in range(runs):
        run = await engine.start("main")
        await engine.next(run, {})
        await engine.previous(run, draft={"y": "z" * size})
        ids.append(run.id)
    return ids


async def test_drafts_of_many_people_take_no_more_than_the_setting_says() -> None:
    """Whoever starts a thousand runs and leaves a megabyte in each would fill a gigabyte."""
    store = Counted()
    engine = await make_test_engine(ASKS, store=store, settings=Settings(cache_bytes=5_000_000))
    ids = await _drafts(engine, 30, 900_000)
    store.loads = 0
    for run_id in ids[-5:]:
        await engine.load(run_id)
    assert store.loads == 0, "the latest ones are in memory"
    for run_id in ids[:5]:
        await engine.load(run_id)
    assert store.loads == 5, "the others are not"


async def test_small_runs_are_many() -> None:
    """The bound is for those who send much: nobody else's turn reads a run anew."""
    store = Counted()
    engine = await make_test_engine(ASKS, store=store, settings=Settings(cache_bytes=5_000_000))
    ids = await _drafts(engine, 300, 100)
    store.loads = 0
    for run_id in ids:
        await engine.load(run_id)
    assert store.loads == 0


async def test_events_count_as_well() -> None:
    """What waits in a run's queue is in memory with it."""
    store = Counted()
    waits = (
        "id: main\ntitle: Main\nnodes:\n  - {id: a, type: form, fields: [{name: x}]}\n  - {id: w, type: wait, event: e}"
    )
    engine = await make_test_engine(waits, store=store, settings=Settings(cache_bytes=6_000_000))
    runs = [await engine.start("main") for _ in range(10)]
    for run in runs:
        await engine.event(run, "e", ["y" * 900_000])
    store.loads = 0
    for run in reversed(runs):
        await engine.load(run.id)
    assert store.loads == 8, "each is there in the queue, packed beside it, and in the event document"


def test_inventories_are_bounded_by_their_rows() -> None:
    """Those of sealed runs of a thousand steps took 190 MB beside a cache of 64."""
    known = Inventories(room=10 * ROW * 1010)
    for number in range(30):
        steps = Map({f"household/{each}/name": int.from_bytes(os.urandom(16)) for each in range(1000)})
        known.put(f"run-{number}", 1, Inventory(steps=steps))
    assert [number for number in range(30) if known.get(f"run-{number}", 1)] == list(range(20, 30))


@pytest.mark.parametrize("steps", [1, 40])
async def test_a_run_in_memory_has_its_inventory_there_too(steps: int, tmp_path: Path) -> None:
    """Else each turn on it would read the whole run anew, and be as slow as the run is long."""
    settings = Settings(cache_bytes=1_000_000)
    store = SqliteStore(tmp_path / "runs.db", KeyRing.parse(new_key("k")), inventory_room=settings.cache_bytes // 3)
    await store.open()
    many = "id: main\ntitle: Main\nnodes:\n" + "".join(
        f"  - {{id: n{each}, type: form, fields: [{{name: x, required: false}}]}}\n" for each in range(steps + 2)
    )
    engine = await make_test_engine(many, store=store, settings=settings)
    runs = [await engine.start("main") for _ in range(40)]
    for run in runs:
        for _ in range(steps):
            await engine.next(run, {})
    kept = engine._turns.cache._runs.values()
    assert len(kept) > 10
    assert all(store._inventories.get(each.run.id, each.run.revision) for each in kept)
    await store.close()
