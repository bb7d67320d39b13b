"""An event costs what it brings, however many wait before it; one that is refused costs less than one that is taken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import TooManyEvents
from wizard.model import values as codec
from wizard.stores.sqlite import SqliteStore
from wizard.testing import make_test_engine

WAITS = """
id: main
title: Main
nodes:
  - {id: a, type: form, fields: [{name: x}]}
  - {id: w, type: wait, event: paid}
  - {id: b, type: form, fields: [{name: x}]}
"""
SIZE = 20_000  # bytes of an event
MANY = [1, "x" * SIZE]


class Packed:
    """How many bytes are packed, which is what storing and measuring cost."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        real = codec.msgpack.packb

        def packb(*args: Any, **options: Any) -> bytes:
            packed: bytes = real(*args, **options)
            self.bytes += len(packed)
            return packed

        monkeypatch.setattr(codec.msgpack, "packb", packb)

    def taken(self) -> int:
        taken, self.bytes = self.bytes, 0
        return taken


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> Packed:
    return Packed(monkeypatch)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    yield await make_test_engine(WAITS, store=store)
    await store.close()


async def _costs(engine: Engine, run: RunView, packed: Packed, events: int) -> list[int]:
    costs = []
    for _ in range(events):
        packed.taken()
        await engine.event(run, "paid", MANY)
        costs.append(packed.taken())
    return costs


async def test_the_ninetieth_event_costs_what_the_second_did(engine: Engine, packed: Packed) -> None:
    """The whole queue was packed twice with each: whoever sends many kept the loop, and everybody, for a second."""
    run = await engine.start("main")
    costs = await _costs(engine, run, packed, 90)
    assert costs[89] < 1.1 * costs[1]


async def test_so_it_does_after_the_run_was_read_anew(engine: Engine, packed: Packed) -> None:
    """Another process has taken the others in: it reads them once."""
    run = await engine.start("main")
    before = await _costs(engine, run, packed, 40)
    engine.forget(run.id)
    await engine.load(run)
    after = await _costs(engine, run, packed, 3)
    assert max(after) < 1.1 * before[1] + SIZE, "once more of the event document's last one"


@pytest.mark.parametrize("key", [None, "key-1"])
async def test_a_refused_event_costs_its_own_size(key: str | None, engine: Engine, packed: Packed) -> None:
    """Who is refused comes again and again; nothing is worked out before there is room."""
    run = await engine.start("main")
    await _costs(engine, run, packed, 98)
    packed.taken()
    with pytest.raises(TooManyEvents):
        await engine.event(run, "paid", MANY, key=key)
    assert packed.taken() < 4 * SIZE


async def test_what_a_step_gave_back_is_packed_again_alone(engine: Engine, packed: Packed) -> None:
    """Going back below a wait puts its event into the queue again, in its old place, and nothing of it is lost."""
    run = await engine.start("main")
    for number in range(30):
        await engine.event(run, "paid", [number, "x" * SIZE])
    await engine.next(run, {"x": "1"})
    assert run.step == "b"
    await engine.change(run, "a", {"x": "1"})
    await engine.previous(run, to="a")
    packed.taken()
    await engine.event(run, "paid", MANY)
    assert packed.taken() < 7 * SIZE
    engine.forget(run.id)
    loaded = await engine.load(run.id)
    assert [each.data[0] for each in loaded.run.arrivals][-1] == 1
    assert [each.number for each in loaded.run.arrivals] == sorted(each.number for each in loaded.run.arrivals)
