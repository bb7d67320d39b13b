"""A run starts another one once and learns of its end, wherever in between its process is killed: by one storage that
several processes share, before and after each commit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.faults.test_events import Dying, Killed, _Opened
from tests.stores import Open, clocked
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.model import RunStatus
from wizard.testing import NOON, MovableClock, make_test_engine

__all__ = ["clocked"]  # a fixture

ORDER: dict[str, Any] = {
    "id": "order",
    "nodes": [
        {"id": "who", "type": "form", "fields": [{"name": "name"}]},
        {"id": "start", "type": "start_workflow", "workflow": "address", "wait": True},
        {"id": "on", "type": "form", "fields": [{"name": "x", "required": False}]},
    ],
}
ADDRESS: dict[str, Any] = {
    "id": "address",
    "nodes": [{"id": "ask", "type": "form", "fields": [{"name": "town"}]}],
}
MOST_POINTS = 40


async def process(store: Any, clock: MovableClock) -> Engine:
    return await make_test_engine(ORDER, ADDRESS, store=store, clock=clock)


async def perform(engine: Engine, clock: MovableClock) -> None:
    """As a worker does it, in this very task, so that it dies with it."""
    while claims := await engine.store.queue.claim(clock(), 10, timedelta(seconds=30), 0):
        for claim in claims:
            assert await engine.perform(claim) is None
            await engine.store.queue.done(claim)


async def work(engine: Engine, clock: MovableClock) -> None:
    """All that is due, also when the leases of the dead are over."""
    await Worker(engine).perform_due()
    clock.now += timedelta(seconds=engine.settings.lease + 1)
    await Worker(engine).perform_due()


@pytest.mark.parametrize("whose", ["parent", "child", "worker"])
async def test_a_kill_starts_nothing_twice_and_loses_no_end(clocked: Open, whose: str) -> None:
    """Killed while it starts the other run, while that ends, or while the first one is told: others go on, one run is
    started, and its end is known."""
    for at in range(MOST_POINTS):
        clock = MovableClock(NOON)
        engine = await process(await clocked(), clock)
        run = await engine.start("order")
        dying = await process(_Opened(Dying(engine.store, at)), clock)
        survived = True
        try:
            if whose == "parent":
                await dying.next(run.id, {"name": "Ann"})
            else:
                await engine.next(run, {"name": "Ann"})
                (line,) = await engine.store.list_runs(workflow="address")
                await (dying if whose == "child" else engine).next(line.id, {"town": "Bern"})
            if whose == "worker":
                await perform(dying, clock)
        except Killed:
            survived = False
        engine = await process(engine.store, clock)
        await work(engine, clock)
        view = await engine.load(run.id)
        if view.step == "who":  # it was killed before it said anything: its person sends the answer again
            await engine.next(view, {"name": "Ann"})
        (line,) = await engine.store.list_runs(workflow="address")
        child = await engine.load(line.id)
        if child.status is RunStatus.WAITING:
            await engine.next(child, {"town": "Bern"})
        await work(engine, clock)
        view = await engine.load(run.id)
        assert (view.status, view.step) == (RunStatus.WAITING, "on"), (whose, at)
        output = view.run.by_path["start"].output
        assert output == {"run": line.id, "status": "completed", "answers": {"ask": {"town": "Bern"}}}
        for each in await engine.store.list_runs():
            await engine.delete(each.id)
        if survived:
            assert at >= 2, "it was never killed"
            return
    raise AssertionError("it has more points than are tried")


async def test_an_end_that_comes_while_the_other_is_at_work_isnt_lost(clocked: Open) -> None:
    """Whoever starts it may be about to say that it comes again in a day: it is woken after that, and not before."""
    clock = MovableClock(NOON)
    engine = await process(await clocked(), clock)
    run = await engine.start("order")
    with pytest.raises(Killed):  # after the other run is stored, and before the first one says that it waits
        await (await process(_Opened(Dying(engine.store, 4)), clock)).next(run.id, {"name": "Ann"})
    (line,) = await engine.store.list_runs(workflow="address")
    await engine.next(line.id, {"town": "Bern"})
    (claim,) = await engine.store.queue.claim(clock(), 10, timedelta(seconds=30), 0)
    assert claim.job.kind == "wake"
    assert await engine.perform(claim) == clock.now + timedelta(seconds=1)
