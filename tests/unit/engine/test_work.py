"""How far work is, as every channel tells it."""

from __future__ import annotations

from tests.unit.channels.slow import ORDERED, POINTS, Bench
from wizard.engine import Engine
from wizard.engine.work import STUCK_AFTER, Work, pauses, seems_stuck, work_of
from wizard.model import Report, RunStatus
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine


async def slow_engine(bench: Bench, *, slow: bool = True) -> tuple[Engine, MovableClock]:
    clock = MovableClock()
    documents = [POINTS, ORDERED]
    if not slow:
        ask, count, done = POINTS["nodes"]
        documents[0] = {**POINTS, "nodes": [ask, {**count, "slow": False}, done]}
    settings = Settings(slow_after=0.05)
    engine = await make_test_engine(*documents, functions={"count": bench.count}, clock=clock, settings=settings)
    return engine, clock


async def test_work_is_told_while_there_is_any() -> None:
    """What was reported about an earlier step would mislead whoever waits at this one."""
    engine, _ = await slow_engine(Bench())
    view = await engine.start("points")
    assert work_of(view) is None
    await engine.next(view, {"card": "12"})
    assert view.status is RunStatus.WORKING
    assert work_of(view) == Work(None, "")
    current = view.run.current
    assert current is not None
    view.report = Report(current.visit, 40.0, "Reading")
    assert work_of(view) == Work(40.0, "Reading")
    view.report = Report(current.visit - 1, 90.0, "Something else")
    assert work_of(view) == Work(None, "")


async def test_slow_work_is_never_called_stuck() -> None:
    """Its author has said that it takes its time, and a worker that died is replaced."""
    engine, clock = await slow_engine(Bench())
    view = await engine.next(await engine.start("points"), {"card": "12"})
    assert not pauses(view)
    clock.now += 10 * STUCK_AFTER
    assert not seems_stuck(await engine.load(view))


async def test_other_work_is_called_stuck_after_a_while_without_news() -> None:
    """Its process may have died with nobody there to go on."""
    bench = Bench()
    engine, clock = await slow_engine(bench, slow=False)
    view = await engine.next(await engine.start("points"), {"card": "12"})
    assert view.status is RunStatus.WORKING
    clock.now += STUCK_AFTER / 2
    assert not seems_stuck(await engine.load(view))
    clock.now += STUCK_AFTER
    assert seems_stuck(await engine.load(view))
    current = view.run.current
    assert current is not None
    await engine.store.report(view.id, Report(current.visit, 40.0, "Reading"))
    assert not seems_stuck(await engine.load(view))
    bench.gate.set()
    await engine.close()


async def test_a_wait_is_no_work() -> None:
    """Nobody should be told that a wait of three days takes longer than it should."""
    engine, clock = await slow_engine(Bench())
    view = await engine.start("ordered")
    assert not pauses(view)
    await engine.next(view, {"what": "Tea"})
    assert pauses(view)
    clock.now += 10 * STUCK_AFTER
    assert not seems_stuck(await engine.load(view))
