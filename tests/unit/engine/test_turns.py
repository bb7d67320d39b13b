"""Work that nobody should be kept waiting for: it goes on as a job, and the person always wins over it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.patience import until
from tests.stores import Open, clocked
from tests.workflows import Book, Clock, ask, engine, flow, work
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.errors import RunCancelled, StaleInput
from wizard.model import RunStatus, StepStatus
from wizard.model.job import JobKind
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore

__all__ = ["clocked"]  # a fixture

SLOW = flow("main", ask("a"), work("t", "a.x", slow=True), ask("b"), ask("c"))
AB = flow("main", ask("a"), work("t", "a.x"), ask("b"), ask("c"))
IMPATIENT = Settings(slow_after=0.02, lease=1.0)


async def settled(made: Engine, run_id: str) -> None:
    """Waits until nothing works on the run any more."""

    async def is_settled() -> bool:
        return (await made.load(run_id)).status is not RunStatus.WORKING

    await until(is_settled)


async def test_slow_work_is_left_to_a_worker(clocked: Open) -> None:
    """A node that says `slow` keeps nobody waiting: Next is answered at once, and a worker goes on with the run."""
    store, book = await clocked(), Book()
    made = engine(SLOW, store=store, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    assert (run.step, run.status, book.keys("t")) == ("t", RunStatus.WORKING, [])
    other = engine(SLOW, store=await clocked(), book=book)
    assert await Worker(other).perform_due() == 1
    await made.load(run)
    assert (run.step, run.status, len(book.keys("t"))) == ("b", RunStatus.WAITING, 1)
    assert await Worker(other).perform_due() == 0, "the job is gone"


async def test_next_at_slow_work_starts_nothing(clocked: Open) -> None:
    """An impatient person presses Next on the waiting page: no second worker starts, and nothing is lost."""
    store, book = await clocked(), Book()
    made = engine(SLOW, store=store, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    with pytest.raises(StaleInput, match="being worked on"):
        await made.next(run.id)
    assert (await made.next(run.id, {"x": "1"}, step="a")).step == "t", "the same answer again is no conflict"
    assert book.keys("t") == []


async def test_who_goes_back_wins_over_slow_work(clocked: Open) -> None:
    """Back at the waiting page: the work is never done, and with another answer it is done for that."""
    store, book = await clocked(), Book()
    made = engine(SLOW, store=store, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    assert run.step == "a"
    assert await Worker(made).perform_due() == 0
    await made.next(run, {"x": "2"})
    await Worker(made).perform_due()
    await made.load(run)
    assert (run.step, run.run.by_path["t"].output) == ("b", {"v": "['2']"})
    assert len(book.keys("t")) == 1


async def test_who_goes_back_while_a_worker_works_wins() -> None:
    """The worker is in the middle of it when the person goes back: its result is nobody's."""
    book = Book()
    made = engine(SLOW, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    gate = book.gate("t")
    working = asyncio.create_task(Worker(made).perform_due())
    await book.at_gate["t"].wait()
    await made.previous(run)
    gate.set()
    await working
    await made.load(run)
    assert (run.step, [line.step for line in run.kept]) == ("a", ["t"])
    assert run.run.by_path["t"].status is StepStatus.PENDING


async def test_work_that_takes_too_long_goes_on_by_itself() -> None:
    """A service that hangs for a while: the person gets the waiting page after `slow_after`, and the answer once it is
    there, though no worker runs."""
    book = Book()
    made = engine(AB, book=book, settings=IMPATIENT)
    run = await made.start("main")
    gate = book.gate("t")
    await made.next(run, {"x": "1"})
    assert (run.step, run.status) == ("t", RunStatus.WORKING)
    with pytest.raises(StaleInput, match="being worked on"):
        await made.next(run.id)
    gate.set()
    await settled(made, run.id)
    await made.load(run)
    assert (run.step, len(book.keys("t"))) == ("b", 1)
    await made.close()


async def test_a_lease_is_renewed_while_the_work_goes_on(clocked: Open) -> None:
    """Work that takes longer than a lease isn't begun by a second worker as well."""
    store, book, clock = await clocked(), Book(), Clock()
    made = engine(AB, store=store, book=book, settings=Settings(slow_after=0.01, lease=1.0), clock=clock)
    run = await made.start("main")
    gate = book.gate("t")
    await made.next(run, {"x": "1"})
    clock.move(seconds=0.9)
    await asyncio.sleep(0.5)  # a third of the lease passes for the one who works
    clock.move(seconds=0.9)
    assert await Worker(engine(AB, store=await clocked(), book=book, clock=clock)).perform_due() == 0
    gate.set()
    await settled(made, run.id)
    assert len(book.keys("t")) == 1
    await made.close()


async def test_work_of_a_process_that_died_is_taken_over_when_its_lease_ends(clocked: Open) -> None:
    """The server is killed in the middle of an effect: another one goes on with it, with the same key, and not before
    the lease is over."""
    store, book, other_book, clock = await clocked(), Book(), Book(), Clock()
    made = engine(AB, store=store, book=book, clock=clock)
    run = await made.start("main")
    book.gate("t")
    dead = asyncio.create_task(made.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    worker = Worker(engine(AB, store=await clocked(), book=other_book, clock=clock))
    assert await worker.perform_due() == 0
    clock.move(seconds=31)
    assert await worker.perform_due() == 1
    view = await engine(AB, store=await clocked(), book=book, clock=clock).load(run.id)
    assert (view.step, view.status) == ("b", RunStatus.WAITING)
    assert book.keys("t") == other_book.keys("t")
    dead.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dead


async def test_work_that_is_called_off_can_be_gone_on_with_at_once(clocked: Open) -> None:
    """A server is told to stop, or a client hangs up, in the middle of an effect: nobody has to wait for the end of a
    lease that nobody holds any more."""
    store, book, other_book, clock = await clocked(), Book(), Book(), Clock()
    made = engine(AB, store=store, book=book, clock=clock)
    run = await made.start("main")
    book.gate("t")
    stopping = asyncio.create_task(made.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    other = engine(AB, store=await clocked(), book=other_book, clock=clock)
    assert await Worker(other).perform_due() == 1
    assert (await other.load(run.id)).step == "b"
    assert book.keys("t") == other_book.keys("t")


async def test_a_process_that_was_stopped_past_its_lease_cant_write(clocked: Open) -> None:
    """A machine sleeps in the middle of an effect and wakes when another worker has gone on: what it has to say
    comes too late, even while the other one is still at work."""
    book, other_book, clock = Book(), Book(), Clock()
    one = engine(AB, store=await clocked(), book=book, clock=clock)
    run = await one.start("main")
    gate = book.gate("t")
    asleep = asyncio.create_task(one.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    clock.move(seconds=31)
    other = engine(AB, store=await clocked(), book=other_book, clock=clock)
    other_gate = other_book.gate("t")
    taking_over = asyncio.create_task(Worker(other).perform_due())
    await other_book.at_gate["t"].wait()
    gate.set()
    assert (await asleep).status is RunStatus.WORKING
    assert "ran" not in [each.entry.kind for each in await one.trace(run.id)]
    other_gate.set()
    await taking_over
    assert (await one.load(run.id)).step == "b"
    assert [each.entry.kind for each in await one.trace(run.id)].count("ran") == 1
    assert book.keys("t") == other_book.keys("t")


async def test_work_that_kills_its_worker_each_time_is_given_up(clocked: Open) -> None:
    """A picture that makes the process run out of memory: after five workers the run fails and says so, and
    doesn't take down a sixth."""
    store, clock, book = await clocked(), Clock(), Book()
    made = engine(SLOW, store=store, clock=clock, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    for _ in range(5):
        book.gate("t")
        (claim,) = await store.queue.claim(clock(), 1, timedelta(seconds=30), 0)
        dying = asyncio.create_task(engine(SLOW, store=store, clock=clock, book=book).perform(claim))
        await book.at_gate["t"].wait()
        dying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dying
        clock.move(seconds=31)
    book.gates.clear()
    assert await Worker(made).perform_due() == 1
    await made.load(run)
    assert run.status is RunStatus.FAILED
    assert run.fault is not None
    assert "cut off" in run.fault.message
    assert len(book.keys("t")) == 5
    await made.next(run)
    assert run.status is RunStatus.WORKING
    await Worker(made).perform_due()
    assert (await made.load(run)).step == "b", "somebody who looked at it can have it tried again"
    assert len(set(book.keys("t"))) == 1


async def test_a_storage_that_fails_isnt_taken_for_work_that_kills() -> None:
    """The database is away for a while: the work is begun when it is back, however often that was tried."""
    clock, book = Clock(), Book()
    made = engine(SLOW, clock=clock, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    for _ in range(8):
        await made.store.queue.claim(clock(), 1, timedelta(seconds=30), 0)
        clock.move(seconds=31)
    await Worker(made).perform_due()
    assert (await made.load(run)).step == "b"


async def test_an_event_while_a_worker_works_has_the_work_done_again() -> None:
    """The session changed while the work went on: what it read may be old, so it is done again with what is there."""
    book = Book()
    made = engine(SLOW, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    gate = book.gate("t")
    working = asyncio.create_task(Worker(made).perform_due())
    await book.at_gate["t"].wait()
    await made.amend(run.id, session={"k": 1})
    gate.set()
    await working
    await made.load(run)
    assert (run.step, run.status) == ("b", RunStatus.WAITING)
    assert len(set(book.keys("t"))) == 1


async def test_cancelling_wins_over_work() -> None:
    """A cancelled run stays cancelled, whatever its worker comes back with."""
    book = Book()
    made = engine(SLOW, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    gate = book.gate("t")
    working = asyncio.create_task(Worker(made).perform_due())
    await book.at_gate["t"].wait()
    await made.cancel(run)
    gate.set()
    await working
    await made.load(run)
    assert run.status is RunStatus.CANCELLED
    with pytest.raises(RunCancelled):
        await made.next(run.id)


async def test_a_slow_node_that_follows_another_is_a_job_of_its_own() -> None:
    """Two long computations in a row: each is done by whoever is free, and the run ends up where it belongs."""
    book = Book()
    made = engine(flow("main", ask("a"), work("s", slow=True), work("t", slow=True), ask("b")), book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    assert await Worker(made).perform_due() == 2
    assert (await made.load(run)).step == "b"


async def test_a_slow_step_that_failed_can_be_tried_again() -> None:
    """The computation failed: the run says so, Next tries again as a job, Previous goes back."""
    book = Book()
    made = engine(SLOW, book=book)
    book.failing["t"] = 1
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await Worker(made).perform_due()
    await made.load(run)
    assert (run.status, run.step) == (RunStatus.FAILED, "t")
    await made.next(run)
    assert run.status is RunStatus.WORKING
    await Worker(made).perform_due()
    assert (await made.load(run)).step == "b"
    first, second = book.keys("t")
    assert first == second


async def test_what_is_reported_is_seen_by_who_waits() -> None:
    """A long import says how far it is: whoever looks at the run is told."""
    from collections.abc import Mapping
    from typing import Any

    from wizard.testing import make_test_engine

    told = asyncio.Event()
    go_on = asyncio.Event()

    async def count(visit: Any) -> Mapping[str, Any]:
        visit.report(40, "Counting")
        told.set()
        await go_on.wait()
        return {}

    made = await make_test_engine(
        {"id": "main", "nodes": [{"id": "t", "type": "python", "function": "count", "slow": True}]},
        functions={"count": count},
    )
    run = await made.start("main")
    assert run.report is None
    working = asyncio.create_task(Worker(made).perform_due())
    await told.wait()
    await asyncio.sleep(0.05)
    await made.load(run)
    assert run.report is not None
    assert (run.report.percent, run.report.text) == (40.0, "Counting")
    go_on.set()
    await working
    await made.load(run)
    assert (run.status, run.report) == (RunStatus.COMPLETED, None)
    await made.close()


async def test_closing_waits_for_work_under_way() -> None:
    """A server that is told to stop lets work finish that it has begun; what takes too long is left to another."""
    book = Book()
    made = engine(AB, book=book, settings=Settings(slow_after=0.01, grace=0.2))
    run = await made.start("main")
    book.gate("t")
    await made.next(run, {"x": "1"})
    await made.close()
    assert (await made.load(run.id)).status is RunStatus.WORKING
    assert isinstance(made.store, MemoryStore)
    (claim,) = await made.store.queue.claim(Clock().now, 1, timedelta(minutes=1), 0)  # at once, not when the lease ends
    assert claim.job.kind is JobKind.WORK
