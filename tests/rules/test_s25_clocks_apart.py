"""S25: how far the clocks of processes and of a database are apart changes nothing: a lease and a pause are as long as
they are, by the database's clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.moved import World, world
from tests.patience import LONG
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.errors import StaleInput
from wizard.model import RunStatus
from wizard.model.job import Claim, Job, JobKind
from wizard.settings import Settings
from wizard.testing import make_test_engine

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEASE = 3


@pytest.fixture(params=[-3600, 6], ids=["an hour behind", "ahead"])
async def apart(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """PostgreSQL, and processes whose clocks are so many seconds ahead of its own."""
    async with world("postgres", tmp_path, NOON, UTC) as made:
        made.ahead = timedelta(seconds=request.param)
        yield made


def form(node: str, **more: Any) -> dict[str, Any]:
    return {"id": node, "type": "form", "fields": [{"name": "x"}], **more}


class Till:
    """Pays when the gate is open. `begun` counts."""

    def __init__(self) -> None:
        self.begun, self.at_it, self.gate = 0, asyncio.Event(), asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        self.at_it.set()
        await self.gate.wait()


async def an_engine(made: World, *nodes: dict[str, Any], **functions: Any) -> Engine:
    return await make_test_engine(
        {"id": "main", "nodes": list(nodes)},
        store=made.store,
        functions=functions,
        settings=Settings(lease=LEASE, slow_after=60),
        clock=made.clock,
    )


async def renewed(engine: Engine, run: RunView, tries: int) -> bool:
    """As whoever works there does it."""
    (claim,) = [Claim(Job(run.id, JobKind.WORK, run.run.steps[-1].visit, engine.clock()), tries)]
    return await engine.store.queue.put_off(claim, engine.clock(), engine.clock() + timedelta(seconds=LEASE))


async def test_slow_work_is_begun_once(apart: World) -> None:
    """With the clock of a server six seconds ahead and a lease of three, the commit before the work took its own job
    for one that nobody holds: the work was begun again and again, and never ended."""
    till = Till()
    engine = await an_engine(apart, form("a"), {"id": "p", "type": "python", "function": "pay", "slow": True}, pay=till)
    run = await engine.start("main")
    await engine.next(run, {"x": "1"})
    await apart.passes(milliseconds=1)
    working = asyncio.create_task(Worker(engine).perform_due())
    await asyncio.wait_for(till.at_it.wait(), LONG)
    await apart.passes(seconds=LEASE - 0.1)
    assert await Worker(engine).perform_due() == 0
    till.gate.set()
    await working
    assert ((await engine.load(run)).status, till.begun) == (RunStatus.COMPLETED, 1)


async def test_a_turn_holds_what_it_began_for_a_lease(apart: World) -> None:
    """The job that takes over for a process that died was due at once where the server's clock was behind, and hours
    later where it was ahead."""
    till = Till()
    engine = await an_engine(apart, form("a"), {"id": "p", "type": "python", "function": "pay"}, pay=till)
    run = await engine.start("main")
    dying = asyncio.create_task(engine.next(run.id, {"x": "1"}))
    await asyncio.wait_for(till.at_it.wait(), LONG)
    other = await an_engine(apart, form("a"), {"id": "p", "type": "python", "function": "pay"}, pay=till)
    await apart.passes(seconds=LEASE - 0.1)
    assert await Worker(other).perform_due() == 0
    with pytest.raises(StaleInput):
        await other.next(run.id)
    assert await renewed(engine, await other.load(run.id), 0)
    await apart.passes(seconds=LEASE - 0.1)
    assert await Worker(other).perform_due() == 0
    await apart.passes(seconds=0.2)
    till.gate.set()
    taking_over = asyncio.create_task(Worker(other).perform_due())
    assert await taking_over == 1
    assert (await other.load(run.id)).status is RunStatus.COMPLETED
    await dying


async def test_a_deadline_comes_when_its_time_has_passed(apart: World) -> None:
    """A reminder after an hour comes after an hour, whatever the two clocks show."""
    engine = await an_engine(apart, form("a", remind_after={"after": "2h", "goto": "b"}), form("b"))
    run = await engine.start("main")
    await apart.passes(hours=2, seconds=-1)
    assert await Worker(engine).perform_due() == 0
    await apart.passes(seconds=2)
    assert await Worker(engine).perform_due() == 1
    assert (await engine.load(run)).step == "b"


async def test_a_wait_ends_when_its_time_has_passed(apart: World) -> None:
    """A wait looks at its own clock once more when it is woken, and mustn't be put off again and again."""
    engine = await an_engine(apart, form("a"), {"id": "w", "type": "wait", "for": "2h"}, form("b"))
    run = await engine.start("main")
    await engine.next(run, {"x": "1"})
    await apart.passes(hours=2, seconds=-1)
    assert await Worker(engine).perform_due() == 0
    await apart.passes(seconds=2)
    assert await Worker(engine).perform_due() == 1
    assert (await engine.load(run)).step == "b"


async def test_servers_whose_clocks_differ_do_each_others_work(apart: World) -> None:
    """A wait is over for each server by its own clock: one that is behind puts it off by what is left."""
    nodes = (form("a"), {"id": "w", "type": "wait", "for": "2h"}, form("b"))
    engine = await an_engine(apart, *nodes)
    run = await engine.start("main")
    await engine.next(run, {"x": "1"})
    apart.ahead -= timedelta(seconds=10)
    behind = await an_engine(apart, *nodes)
    await apart.passes(hours=2, seconds=1)
    assert await Worker(behind).perform_due() == 1
    assert (await behind.load(run.id)).step == "w"
    assert await Worker(behind).perform_due() == 0, "it would spin until then"
    await apart.passes(seconds=10)
    assert await Worker(behind).perform_due() == 1
    assert (await behind.load(run.id)).step == "b"


async def test_a_pause_after_a_failure_is_as_long_as_it_is(apart: World) -> None:
    """What failed is left alone for seconds: not for none, and not for an hour."""
    queue = apart.store.queue
    engine = await an_engine(apart, form("a"), {"id": "w", "type": "wait", "for": "1s"}, form("b"))
    run = await engine.start("main")
    await engine.next(run, {"x": "1"})
    await apart.passes(seconds=2)
    (claim,) = await queue.claim(engine.clock(), 1, timedelta(seconds=LEASE), 0)
    assert claim.job.due <= engine.clock()
    assert await queue.put_off(claim, engine.clock(), engine.clock() + timedelta(seconds=30))
    await apart.passes(seconds=29)
    assert await queue.claim(engine.clock(), 1, timedelta(seconds=LEASE), 0) == []
    assert (await apart.store.backlog(engine.clock())).due == 0
    await apart.passes(seconds=2)
    assert (await apart.store.backlog(engine.clock())).due == 1
    (again,) = await queue.claim(engine.clock(), 1, timedelta(seconds=LEASE), 0)
    assert await queue.put_aside(again, engine.clock(), "It failed.")
    assert await queue.put_back(run.id, engine.clock()) == 1
    await apart.passes(milliseconds=1)
    assert len(await queue.claim(engine.clock(), 1, timedelta(seconds=LEASE), 0)) == 1
