"""A worker: what it claims, keeps, hands back, and survives."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.patience import until
from tests.workflows import Book, Clock, ask, engine, flow, work
from wizard.engine.worker import Worker, working
from wizard.errors import StoreError
from wizard.model import RunStatus
from wizard.model.job import Claim
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore

SLOW = flow("main", ask("a"), work("t", slow=True), ask("b"))


async def test_a_run_goes_on_by_itself() -> None:
    """The usual server: a slow step is done soon after it was come to, without anybody asking for it."""
    made = engine(SLOW)
    async with working(made):
        run = await made.start("main")
        await made.next(run, {"x": "1"})

        async def is_there() -> bool:
            return (await made.load(run)).step == "b"

        await until(is_there)


async def test_without_jobs_nothing_is_done_here() -> None:
    """WIZARD_JOBS=0: the web server leaves all work to `wizard worker`."""
    made = engine(SLOW, settings=Settings(jobs=0))
    async with working(made):
        run = await made.start("main")
        await made.next(run, {"x": "1"})
        await asyncio.sleep(0.05)
        assert (await made.load(run)).status is RunStatus.WORKING


async def test_a_worker_that_is_stopped_finishes_what_it_began() -> None:
    """A deployment doesn't interrupt work that ends soon."""
    book = Book()
    made = engine(SLOW, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    gate = book.gate("t")
    worker = Worker(made)
    running = asyncio.create_task(worker.run())
    await book.at_gate["t"].wait()
    stopping = asyncio.create_task(worker.stop(3600))
    await asyncio.sleep(0.02)
    assert not stopping.done()
    gate.set()
    await stopping
    await running
    assert (await made.load(run)).step == "b"


async def test_what_takes_too_long_is_handed_back() -> None:
    """A worker that has to go gives its job back at once: another one needn't wait for the lease to end."""
    book = Book()
    made = engine(SLOW, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    book.gate("t")
    worker = Worker(made)
    running = asyncio.create_task(worker.run())
    await book.at_gate["t"].wait()
    await worker.stop(0.01)
    await running
    book.gates.clear()
    assert await Worker(made).perform_due() == 1
    assert (await made.load(run)).step == "b"
    assert len(set(book.keys("t"))) == 1


async def test_no_more_jobs_than_allowed_at_a_time() -> None:
    """`--jobs 2` bounds what a machine is asked to do at once."""
    book = Book()
    made = engine(SLOW, book=book)
    gate = book.gate("t")
    for _ in range(5):
        run = await made.start("main")
        await made.next(run, {"x": "1"})
    worker = Worker(made, at_once=2)
    running = asyncio.create_task(worker.run())
    await book.at_gate["t"].wait()
    await asyncio.sleep(0.05)
    assert len(book.keys("t")) == 2
    gate.set()

    async def all_done() -> bool:
        return len(book.keys("t")) == 5

    await until(all_done)
    await worker.stop(1)
    await running


class Shaky(MemoryStore):
    """A storage that can't be reached for some calls of its queue."""

    class Queue:
        def __init__(self, inner: Any) -> None:
            self.inner, self.failing, self.asked = inner, set[str](), 0

        async def claim(
            self, now: datetime, most: int, lease: timedelta, wait: float, leave: Any = ()
        ) -> Sequence[Claim]:
            self.asked += 1
            self.check("claim")
            claims: Sequence[Claim] = await self.inner.claim(now, most, lease, wait)
            return claims

        async def put_off(self, claim: Claim, now: datetime, until: datetime) -> bool:
            self.check("put_off")
            return bool(await self.inner.put_off(claim, now, until))

        async def done(self, claim: Claim) -> None:
            self.check("done")
            await self.inner.done(claim)

        def check(self, call: str) -> None:
            if call in self.failing:
                raise StoreError("The database can't be reached.")

    def __init__(self) -> None:
        super().__init__()
        self.queue: Any = Shaky.Queue(self.queue)


async def test_a_worker_survives_a_database_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    """The database restarts: the worker says so, waits, and goes on when it is back."""
    store = Shaky()
    made = engine(SLOW, store=store)
    store.queue.failing = {"claim"}
    worker = Worker(made)
    running = asyncio.create_task(worker.run())
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await asyncio.sleep(0.05)
    assert store.queue.asked == 1, "it doesn't hammer at it"
    store.queue.failing = set()

    async def is_there() -> bool:
        return (await made.load(run)).step == "b"

    await until(is_there)
    await worker.stop(1)
    await running
    assert "jobs can't be claimed" in caplog.text


async def test_work_whose_end_cant_be_noted_is_done_again(caplog: pytest.LogCaptureFixture) -> None:
    """The job was done, and the database went away before that was noted: it comes again, and does nothing."""
    store, clock, book = Shaky(), Clock(), Book()
    made = engine(SLOW, store=store, clock=clock, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    store.queue.failing = {"done"}
    await Worker(made).perform_due()
    assert (await made.load(run)).step == "b"
    store.queue.failing = set()
    clock.move(seconds=31)
    await Worker(made).perform_due()
    assert len(book.keys("t")) == 1


async def test_a_lease_that_cant_be_renewed_for_a_moment_isnt_lost(caplog: pytest.LogCaptureFixture) -> None:
    """The database is away while long work goes on: its result counts if nobody else was faster."""
    store, book = Shaky(), Book()
    made = engine(SLOW, store=store, book=book, settings=Settings(lease=1.0))
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    gate = book.gate("t")
    doing = asyncio.create_task(Worker(made).perform_due())
    await book.at_gate["t"].wait()
    store.queue.failing = {"put_off"}
    await asyncio.sleep(0.5)
    store.queue.failing = set()
    gate.set()
    await doing
    assert (await made.load(run)).step == "b"
    assert "can't be renewed" in caplog.text


async def test_work_that_was_taken_over_is_given_up() -> None:
    """Its claim ended while this process slept, and another worker has it now: it stops."""
    store, book, clock = MemoryStore(), Book(), Clock()
    made = engine(SLOW, store=store, book=book, clock=clock, settings=Settings(lease=1.0))
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    gate = book.gate("t")
    doing = asyncio.create_task(Worker(made).perform_due())
    await book.at_gate["t"].wait()
    clock.move(seconds=2)
    (claim,) = await store.queue.claim(clock(), 1, timedelta(minutes=5), 0)
    assert claim.tries == 2
    await doing  # it is told at the next renewal
    assert (await made.load(run)).status is RunStatus.WORKING
    gate.set()


async def test_a_job_that_breaks_the_engine_is_tried_again_later(caplog: pytest.LogCaptureFixture) -> None:
    """What nobody has thought of: the worker lives on, the job comes again after a pause."""
    clock = Clock()
    made = engine(SLOW, clock=clock)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    perform, made.perform = made.perform, _broken  # type: ignore[method-assign]
    assert await Worker(made).perform_due() == 1
    made.perform = perform  # type: ignore[method-assign]
    assert await Worker(made).perform_due() == 0
    clock.move(seconds=10)
    assert await Worker(made).perform_due() == 1
    assert (await made.load(run)).step == "b"


async def test_jobs_come_soon_after_a_storage_that_was_away_for_long() -> None:
    """The database was away all night: the reminders don't wait for an hour more when it is back."""
    clock = Clock()
    made = engine(SLOW, clock=clock)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    perform, made.perform = made.perform, _away  # type: ignore[method-assign]
    for _ in range(12):
        assert await Worker(made).perform_due() == 1
        clock.move(seconds=31)
    made.perform = perform  # type: ignore[method-assign]
    assert await Worker(made).perform_due() == 1
    assert (await made.load(run)).step == "b"


async def _away(claim: Claim) -> datetime | None:
    raise StoreError("The database can't be reached.")


async def _broken(claim: Claim) -> datetime | None:
    raise ZeroDivisionError


async def test_a_job_of_a_run_that_is_gone_does_nothing() -> None:
    """The run was deleted while its job waited in a claim."""
    made = engine(SLOW)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    (claim,) = await made.store.queue.claim(made.clock(), 1, timedelta(seconds=30), 0)
    assert await made.delete(run.id)
    assert not await made.delete(run.id)
    assert await made.perform(claim) is None


async def test_nothing_is_done_before_its_time() -> None:
    """The clock was put back after the job was claimed: it waits for its time by that clock as well."""
    clock = Clock()
    made = engine(flow("main", ask("a"), {"id": "w", "type": "wait", "for": "1h"}, ask("b")), clock=clock)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    (claim,) = await made.store.queue.claim(clock.now + timedelta(hours=2), 1, timedelta(seconds=30), 0)
    assert await made.perform(claim) == claim.job.due == clock.now + timedelta(hours=1)
    assert (await made.load(run)).step == "w"
