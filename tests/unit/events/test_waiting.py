"""Which runs an event reaches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.migrations import House
from tests.unit.events.shop import SHOP, an_engine
from wizard.engine import Engine
from wizard.errors import TooManyRuns, WorkflowUnavailable
from wizard.events import waiting
from wizard.events.intake import Intake
from wizard.events.waiting import Waiting
from wizard.stores.memory import MemoryStore

EVENTS = ("paid", "[paid, sent]", "{name: paid, when: data.n > 1}", "[{name: sent}, {name: paid}]")


async def test_the_oldest_comes_first_and_each_once() -> None:
    """What was ordered first is delivered first; a run of both the profile and the session takes one event once."""
    engine = await an_engine()
    both = [(await engine.start("parcel", profile_id="ann", session_id="s")).id for _ in range(3)]
    assert await Waiting(engine).runs("purchase", "ann", "s", 10) == tuple(both)
    assert await Waiting(engine).runs("refund", "ann", "s", 10) == ()
    assert await Waiting(engine).runs("purchase", None, None, 10) == ()
    mixed = [(await engine.start("parcel", **whose)).id for whose in ({"profile_id": "bob"}, {"session_id": "t"}) * 2]
    assert await Waiting(engine).runs("purchase", "bob", "t", 10) == tuple(mixed)
    with pytest.raises(TooManyRuns):
        await Waiting(engine).runs("purchase", "ann", "s", 2)


async def test_how_many_are_looked_at_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody with ten thousand open runs would have each of their events load them all."""
    monkeypatch.setattr(waiting, "MOST_LOOKED_AT", 4)
    engine = await an_engine()
    for _ in range(5):
        await engine.start("thanks", profile_id="ann")
    with pytest.raises(TooManyRuns):
        await Waiting(engine).runs("purchase", "ann", None, 10)


async def test_each_version_is_looked_at_once() -> None:
    """Somebody who has left a hundred forms open would have each of their events load them all."""
    engine = await an_engine()
    runs = [(await engine.start(name, profile_id="ann")).id for name in ("parcel", "thanks") for _ in range(5)]
    loaded: list[str] = []
    real = engine.load

    async def load(run: Any) -> Any:
        loaded.append(run)
        return await real(run)

    engine.load = load  # type: ignore[method-assign]
    waiting = Waiting(engine)
    for _ in range(3):
        assert await waiting.runs("purchase", "ann", None, 10) == tuple(runs[:5])
    assert len(loaded) == 2


TRIP = """
id: trip
nodes:
  - {id: pay, type: wait, event: purchase}
  - {id: done, type: end}
"""


async def test_a_run_that_is_migrated_meanwhile_says_nothing_of_those_that_were_not() -> None:
    """Otherwise nobody on the old version is told of an event any more, for as long as the process lives."""
    house = House(MemoryStore())
    await house.deploys(TRIP)
    left = await house.begins(profile_id="bob")
    house.clock.move(seconds=1)
    moved = await house.begins(profile_id="ann")
    await house.deploys(TRIP.replace("  - {id: done", "  - {id: more, type: wait, event: refund}\n  - {id: done"))
    real = house.engine.load

    async def load(run: Any) -> Any:
        if run == moved.id and (await house.stored(run)).version == moved.run.version:
            await house.migrates(limit=1)  # of the newest
        return await real(run)

    house.engine.load = load  # type: ignore[method-assign]
    waiting = Waiting(house.engine)
    assert await waiting.runs("refund", "ann", None, 10) == (moved.id,)
    assert await waiting.runs("refund", "bob", None, 10) == ()
    assert await waiting.runs("purchase", "bob", None, 10) == (left.id,)
    await house.engine.close()


@pytest.mark.parametrize("event", EVENTS)
async def test_a_run_whose_plug_in_is_gone_is_no_run_that_has_no_use_for_the_event(event: str) -> None:
    """It would be acknowledged, and lost when the plug-in is back: 503, until that."""
    store = MemoryStore()
    text = f"id: order\nnodes:\n  - {{id: a, type: wait, event: {event}}}\n"
    engine = await an_engine(text, store)
    await engine.start("order", profile_id="ann")
    lacking = await an_engine(SHOP, store)

    def compile_(body: bytes) -> Any:
        raise RuntimeError("the plug-in isn't installed")

    lacking.definitions.compile = compile_  # type: ignore[method-assign]
    with pytest.raises(WorkflowUnavailable):
        await Intake(lacking).emit("paid", {"n": 2}, id="p-1", profile_id="ann")
    assert (await Intake(lacking).emit("other", profile_id="ann")).runs == ()
    again: Engine = await an_engine(text, store)
    emitted = await Intake(again).emit("paid", {"n": 2}, id="p-1", profile_id="ann")
    assert [(run.workflow, run.status) for run in emitted.runs] == [("order", "completed")]
    assert not emitted.again
