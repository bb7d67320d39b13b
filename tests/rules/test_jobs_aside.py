"""A worker survives whatever a job is: it says which one it was, puts it aside for an operator, the others go on."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.moved import KINDS, world
from tests.patience import until
from tests.workflows import Clock, ask, engine, flow, work
from wizard.app import wizard_app
from wizard.engine import Engine
from wizard.engine import worker as workers
from wizard.engine.worker import Worker
from wizard.errors import DataUnreadable, StoreError
from wizard.model import RunStatus
from wizard.model.instants import LATEST
from wizard.model.job import MOST_TRIES, Claim
from wizard.stores.sqlite import SqliteStore
from wizard.testing import MovableClock, Person, make_test_engine

SLOW = flow("main", ask("a"), work("t", slow=True), ask("b"))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

Perform = Callable[[Claim], Awaitable[datetime | None]]


def breaking(made: Engine, run: str, error: BaseException) -> Perform:
    """From now on the jobs of the run raise that. Gives what mends it."""
    perform = made.perform

    async def broken(claim: Claim) -> datetime | None:
        if claim.job.run == run:
            raise error
        return await perform(claim)

    made.perform = broken  # type: ignore[method-assign]
    return perform


async def standing(made: Engine) -> Any:
    """A run that waits for its slow step."""
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    return run


# -- one job that fails each time ------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [OverflowError("date value out of range"), DataUnreadable("The run can't be read."), asyncio.CancelledError()],
    ids=["a bug", "unreadable", "given up"],
)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_job_that_fails_each_time_is_put_aside(
    kind: str, error: BaseException, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It isn't tried for ever, it is kept, and an operator who mended the cause has it done."""
    async with world(kind, tmp_path, NOON, UTC) as made_world:
        made = engine(SLOW, store=made_world.store, clock=made_world.clock)  # type: ignore[arg-type]
        run = await standing(made)
        perform = breaking(made, run.id, error)
        for tries in range(1, MOST_TRIES + 1):
            await made_world.passes(hours=1, seconds=1)
            assert await Worker(made).perform_due() == 1, tries
        await made_world.passes(days=30)
        assert await Worker(made).perform_due() == 0
        (aside,) = await made.store.queue.aside()
        assert (aside.run, aside.kind, aside.tries) == (run.id, "work", MOST_TRIES)
        assert (await made.store.backlog(made.clock())).aside == 1
        assert f"the job work of run {run.id} failed, and is put aside" in caplog.text
        assert "date value" not in aside.reason, "what a library says may quote answers"

        made.perform = perform  # type: ignore[method-assign]
        assert await made.store.queue.put_back(run.id, made.clock()) == 1
        await made_world.passes(seconds=1)
        assert await Worker(made).perform_due() == 1
        assert (await made.load(run)).step == "b"


async def test_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    """One person's job is that person's: nobody else waits for longer."""
    made = engine(SLOW)
    bad, good = await standing(made), await standing(made)
    breaking(made, bad.id, OverflowError())
    await Worker(made).perform_due()
    assert (await made.load(good)).step == "b"
    assert (await made.load(bad)).status is RunStatus.WORKING
    assert bad.id in caplog.text


async def test_a_storage_that_is_away_puts_nothing_aside() -> None:
    """After a day without the database an operator doesn't find all jobs of that day put aside."""
    clock = Clock()
    made = engine(SLOW, clock=clock)
    run = await standing(made)
    perform = breaking(made, run.id, StoreError("The database can't be reached."))
    for _ in range(MOST_TRIES + 5):
        await Worker(made).perform_due()
        clock.move(seconds=31)
    made.perform = perform  # type: ignore[method-assign]
    await Worker(made).perform_due()
    assert (await made.load(run)).step == "b"


# -- rows that can't be read -------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["UPDATE jobs SET payload=x'c1'", "UPDATE jobs SET kind='dance'"])
async def test_a_row_that_cant_be_read_is_put_aside(
    harm: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A damaged payload, or the job of a newer version: tried again, for that version may come, but not for ever."""
    clock, path = MovableClock(NOON), tmp_path / "runs.db"
    store = SqliteStore(path)
    await store.open()
    made = engine(SLOW, store=store, clock=clock)  # type: ignore[arg-type]
    run = await standing(made)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(harm)
    other = await standing(made)
    for _ in range(MOST_TRIES + 2):
        await Worker(made).perform_due()
        clock.move(hours=1, seconds=1)
    (aside,) = await store.queue.aside()
    assert (aside.run, aside.tries) == (run.id, MOST_TRIES)
    assert "can't be read" in aside.reason
    assert run.id in caplog.text
    assert (await made.load(other)).step == "b"
    await store.close()


async def test_a_due_time_of_an_earlier_version_harms_nobody(tmp_path: Path) -> None:
    """A database in which somebody's job is due after the year 9999: the workers of a new process live."""
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    await store.open()
    clock = MovableClock(NOON)
    made = engine(SLOW, store=store, clock=clock)  # type: ignore[arg-type]
    await standing(made)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE jobs SET due = 253402343940000000")
    running = asyncio.ensure_future((worker := Worker(made, idle=0.01)).run())
    other = await standing(made)
    for _ in range(300):
        if (await made.load(other)).step == "b":
            break
        await asyncio.sleep(0.01)
    assert (await made.load(other)).step == "b"
    assert not running.done()
    await worker.stop(1)
    await running
    await store.close()


# -- the worker itself -------------------------------------------------------------------------------


async def test_a_claim_that_breaks_is_said_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a queue raises: the worker that ended silently was the worst of it."""
    made = engine(SLOW)
    errors: list[BaseException] = [OverflowError("date value out of range"), asyncio.CancelledError()]
    claim = made.store.queue.claim

    async def broken(*given: Any) -> Any:
        if errors:
            raise errors.pop(0)
        return await claim(*given)

    monkeypatch.setattr(made.store.queue, "claim", broken)
    monkeypatch.setattr(workers, "FIRST_PAUSE", 0.01)
    run = await standing(made)
    async with workers.working(made):
        await until(lambda: _is_at(made, run, "b"))
    assert caplog.text.count("jobs can't be claimed") == 2
    assert "OverflowError" in caplog.text


async def test_a_worker_that_was_ended_is_started_again_and_readiness_knows(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody's code cancels all tasks: the process says so, isn't ready meanwhile, and then works again."""
    monkeypatch.setattr(workers, "RESTART", 2.0)
    made = await make_test_engine(flow_of_a_wait(), clock=lambda: datetime.now(UTC))
    async with TestClient(TestServer(wizard_app(made))) as client:
        assert (await client.get("/readyz")).status == 200
        for task in asyncio.all_tasks():
            if "Worker.run" in repr(task.get_coro()):
                task.cancel()
        while (response := await client.get("/readyz")).status == 200:
            await asyncio.sleep(0.01)
        assert (response.status, await response.text()) == (503, "The worker of this process has ended.\n")
        person = await Person.starts(made, "d")
        await until(lambda: _is_at(made, person.run, "m"))
        assert (await client.get("/readyz")).status == 200
    critical = [record.getMessage() for record in caplog.records if record.levelno == logging.CRITICAL]
    assert critical == ["the worker has ended, and is started again: it was cancelled"]


def flow_of_a_wait() -> dict[str, Any]:
    nodes = [{"id": "w", "type": "wait", "for": "1s"}, {"id": "m", "type": "message", "title": "over"}]
    return {"id": "d", "nodes": nodes}


async def test_a_job_that_comes_early_is_put_off_at_the_end_of_time_as_well() -> None:
    """Nothing that a due time can be makes the sum overflow that it is put off by."""
    made = engine(SLOW)
    run = await standing(made)
    (claim,) = await made.store.queue.claim(made.clock(), 1, timedelta(seconds=30), 0)
    assert claim.job.run == run.id
    assert await made.perform(claim._replace(job=claim.job._replace(due=LATEST))) == LATEST


async def _is_at(made: Engine, run: Any, step: str) -> bool:
    return (await made.load(run.id)).step == step
