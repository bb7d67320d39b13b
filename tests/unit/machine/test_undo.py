"""What left the path is undone, whatever fails or dies meanwhile (S12)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.stores import Open, clocked
from tests.workflows import Book, Clock, ask, branch, engine, flow, work
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.errors import RunCompleted
from wizard.model import RunStatus
from wizard.model.job import Claim, Job, JobKind
from wizard.node import Visit
from wizard.settings import Settings
from wizard.telemetry.watching import Nobody
from wizard.testing import MovableClock, make_test_engine

__all__ = ["clocked"]  # a fixture

BRANCHES = flow("main", ask("a"), branch("c", ("a.x == '1'", "t"), "b"), work("t"), ask("b"), ask("z"))

BOOKING: dict[str, Any] = {
    "id": "main",
    "nodes": [
        {"id": "a", "type": "form", "fields": [{"name": "x", "type": "text"}]},
        {"id": "c", "type": "condition", "cases": [{"when": "a.x == '1'", "goto": "t"}, {"goto": "b"}]},
        {"id": "t", "type": "python", "function": "book", "undo": "unbook"},
        {"id": "b", "type": "form", "fields": [{"name": "y", "type": "text"}]},
    ],
}


LAST = {"id": "last", "type": "form", "fields": [{"name": "z", "type": "text"}]}


class Rooms:
    """A service that books, and fails to take back as often as it is told."""

    def __init__(self) -> None:
        self.booked: list[str] = []
        self.taken_back: list[str] = []
        self.failing = 0

    def book(self, visit: Visit[Any]) -> dict[str, str]:
        self.booked.append(visit.key)
        return {"room": "12"}

    def unbook(self, visit: Visit[Any], output: dict[str, str]) -> None:
        if self.failing > 0:
            self.failing -= 1
            raise ConnectionError("no line")
        assert output == {"room": "12"}
        self.taken_back.append(visit.key)


async def test_an_undo_that_fails_is_tried_again_later(clocked: Open) -> None:
    """The booking service is down when somebody takes another way: they go on, and the booking is taken back when
    the service is there again."""
    rooms, clock = Rooms(), MovableClock()
    made = await make_test_engine(
        BOOKING, store=await clocked(), functions={"book": rooms.book, "unbook": rooms.unbook}, clock=clock
    )
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    rooms.failing = 3
    await made.next(run, {"x": "2"})
    assert (run.step, run.status, rooms.taken_back) == ("b", RunStatus.WAITING, [])
    (owed,) = run.run.undos
    assert (owed.step.path, owed.tries, owed.failed) == ("t", 1, False)
    for _ in range(4):
        clock.move(hours=1)
        await Worker(made).perform_due()
    assert rooms.taken_back == rooms.booked
    await made.load(run)
    assert (run.run.undos, run.step) == ((), "b")
    told = [(each.entry.kind, each.entry.detail.get("error")) for each in await made.trace(run.id)]
    failed = ("not undone", "ConnectionError")
    assert [each for each in told if "undone" in each[0]] == [failed, failed, ("undone", None)]


async def test_an_undo_that_failed_is_left_alone_twice_as_long_each_time() -> None:
    """A booking that nobody uses is taken back soon after the service is there again, and a service that is down isn't
    asked all the time."""
    rooms, clock = Rooms(), MovableClock()
    made = await make_test_engine(BOOKING, functions={"book": rooms.book, "unbook": rooms.unbook}, clock=clock)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    rooms.failing = 4
    await made.next(run, {"x": "2"})
    (owed,) = run.run.undos
    for longest in (10, 20, 40):
        due = await made.perform(Claim(Job(run.id, JobKind.UNDO, owed.step.visit, clock.now), 1))
        assert due is not None
        assert longest / 2 <= (due - clock.now).total_seconds() <= longest


async def test_an_undo_that_fails_holds_up_no_result_of_later_work() -> None:
    """The booking can't be taken back for hours. Meanwhile another service takes its time: its answer is stored when it
    comes, and what is owed stays with the worker."""
    rooms, clock, asked = Rooms(), MovableClock(), asyncio.Event()

    async def slowly(visit: Visit[Any]) -> dict[str, str]:
        await asked.wait()
        return {"price": "80"}

    made = await make_test_engine(
        {**BOOKING, "nodes": [*BOOKING["nodes"], {"id": "s", "type": "python", "function": "slowly"}, LAST]},
        functions={"book": rooms.book, "unbook": rooms.unbook, "slowly": slowly},
        clock=clock,
        settings=Settings(slow_after=0.3, lease=60.0),
    )
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    rooms.failing = 1
    await made.next(run, {"x": "2"})
    await made.next(run, {"y": "1"})
    assert (run.status, len(run.run.undos)) == (RunStatus.WORKING, 1)
    asked.set()
    while (await made.load(run)).status is RunStatus.WORKING:
        await asyncio.sleep(0.01)
    assert (run.step, len(run.run.undos), rooms.taken_back) == ("last", 1, [])
    clock.move(hours=1)
    await Worker(made).perform_due()
    assert rooms.taken_back == rooms.booked


async def test_an_undo_that_failed_waits_for_its_time_whatever_the_person_does(clocked: Open) -> None:
    """Whoever goes on quickly would use up its tries within seconds, and an operator had to see to it."""
    rooms = Rooms()
    functions = {"book": rooms.book, "unbook": rooms.unbook}
    made = await make_test_engine(BOOKING, store=await clocked(), functions=functions, clock=MovableClock())
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    rooms.failing = 10
    for answer in ("2", "3", "4"):
        await made.next(run, {"x": answer})
        await made.previous(run)
    assert ([undo.tries for undo in run.run.undos], rooms.failing) == ([1], 9)


async def test_an_undo_that_cant_be_done_is_shown_to_an_operator(clocked: Open) -> None:
    """After ten tries it isn't tried any more: it is on the operator's list until they have it tried again."""
    rooms, clock = Rooms(), MovableClock()
    store = await clocked()
    made = await make_test_engine(
        BOOKING, store=store, functions={"book": rooms.book, "unbook": rooms.unbook}, clock=clock
    )
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    rooms.failing = 10
    await made.next(run, {"x": "2"})
    assert list(await store.failed_undos()) == []
    for _ in range(12):
        clock.move(hours=2)
        await Worker(made).perform_due()
    assert list(await store.failed_undos()) == [run.id]
    assert rooms.taken_back == []
    await made.repair(run)
    await Worker(made).perform_due()
    assert rooms.taken_back == rooms.booked
    assert list(await store.failed_undos()) == []


class GivenUp(Nobody):
    """The runs of which an undo was given up."""

    def __init__(self) -> None:
        self.runs: list[str] = []

    def undo_failed(self, run_id: str) -> None:
        self.runs.append(run_id)


async def test_whoever_watches_is_told_once_of_an_undo_that_is_given_up(clocked: Open) -> None:
    """The operator's alarm rings with the tenth failure, not later and not again; a job that is left over from before
    tries nothing behind their back."""
    rooms, clock, watch = Rooms(), MovableClock(), GivenUp()
    functions = {"book": rooms.book, "unbook": rooms.unbook}
    plain = await make_test_engine(BOOKING, store=await clocked(), functions=functions, clock=clock)
    made = Engine(plain.definitions, plain.store, services=plain.services, clock=clock, watch=watch)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    rooms.failing = 100
    await made.next(run, {"x": "2"})
    told = []
    for _ in range(12):
        clock.move(hours=2)
        await Worker(made).perform_due()
        told.append((100 - rooms.failing, list(watch.runs)))
    assert told[7:] == [(9, []), *[(10, [run.id])] * 4]
    (owed,) = (await made.load(run)).run.undos
    rooms.failing = 0
    assert await made.perform(Claim(Job(run.id, JobKind.UNDO, owed.step.visit, clock.now), 1)) is None
    assert rooms.taken_back == []


async def test_a_process_that_dies_while_it_undoes_leaves_it_to_a_worker(clocked: Open) -> None:
    """Killed in the middle of taking back: the run goes on by itself when the lease is over, undone first."""
    book, clock = Book(), Clock()
    store = await clocked()
    made = engine(BRANCHES, store=store, book=book, clock=clock)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    hanging = asyncio.Event()

    async def hang(visit: Visit[Any]) -> None:
        hanging.set()
        await asyncio.Event().wait()

    handler = made.definitions.get("main").nodes["t"].handler
    undo, handler.remove = handler.remove, hang
    dying = asyncio.create_task(made.next(run.id, {"x": "2"}))
    await hanging.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    handler.remove = undo
    other = engine(BRANCHES, store=await clocked(), book=book, clock=clock)
    view = await other.load(run.id)
    assert (view.step, view.status, view.answers) == ("a", RunStatus.WORKING, {"a": {"x": "2"}})
    clock.move(seconds=31)
    await Worker(other).perform_due()
    view = await other.load(run.id)
    assert (view.step, view.status, view.run.undos) == ("b", RunStatus.WAITING, ())
    assert book.keys("t", "remove") == book.keys("t")


async def test_cancelling_undoes_everything_newest_first(clocked: Open) -> None:
    """Who withdraws an application gets everything taken back: kept steps as well, the newest first, each once."""
    book = Book()
    made = engine(flow("main", ask("a"), work("s"), ask("b"), work("t"), ask("c")), store=await clocked(), book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.next(run, {"x": "2"})
    await made.previous(run)
    book.take()
    await made.cancel(run, undo=True)
    assert run.status is RunStatus.CANCELLED
    assert book.take() == ["remove c", "remove t", "remove b", "remove s", "remove a"]
    await made.cancel(run, undo=True)
    assert book.take() == [], "a second time changes nothing"


async def test_cancelling_without_undo_leaves_what_was_done() -> None:
    """A run that is only ended."""
    book = Book()
    made = engine(flow("main", ask("a"), work("s"), ask("b")), book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    book.take()
    await made.cancel(run)
    assert (run.status, book.take(), run.has_next, run.has_previous) == (RunStatus.CANCELLED, [], False, False)


async def test_a_completed_run_cant_be_cancelled() -> None:
    """What was handed in stays handed in."""
    made = engine(flow("main", ask("a")))
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    with pytest.raises(RunCompleted):
        await made.cancel(run, undo=True)


@pytest.mark.parametrize("slow_after", [5.0, 0.0])
async def test_what_may_be_done_still_isnt_undone_for_good_before_it_is_over(slow_after: float, clocked: Open) -> None:
    """A booking is on its way in another process when somebody goes another way, and it can't be taken back yet: the
    line is cut, or an operator's command leaves it to a worker. Were it tried soon and then no more, the booking that
    arrives after that would stand for ever."""
    book, clock = Book(), Clock()
    one = engine(BRANCHES, store=await clocked(), book=book, clock=clock)
    run = await one.start("main")
    gate = book.gate("t")
    booking = asyncio.create_task(one.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    settings = Settings().model_copy(update={"slow_after": slow_after})  # as `wizard runs` sets it
    two = engine(BRANCHES, store=await clocked(), book=book, clock=clock, settings=settings)
    await two.previous(run.id)
    handler = two.definitions.get("main").nodes["t"].handler
    undo, handler.remove = handler.remove, _cut
    await two.next(run.id, {"x": "2"})
    handler.remove = undo
    clock.move(seconds=20)
    await Worker(two).perform_due()
    gate.set()
    await booking
    assert book.keys("t", "remove") == [], "it may be under way still"
    clock.move(seconds=20)
    await Worker(two).perform_due()
    assert book.keys("t", "remove") == book.keys("t")
    view = await two.load(run.id)
    assert (view.step, view.run.undos) == ("b", ())


async def _cut(visit: Visit[Any]) -> None:
    raise ConnectionError


async def test_two_visits_of_one_step_are_owed_the_later_first(clocked: Open) -> None:
    """An answer is changed twice while the booking service is down: what is owed is read from the store in the order
    that it was owed in, so that whoever takes over takes back the newest first as well."""
    book, clock = Book(), Clock()
    made = engine(flow("main", ask("a"), work("t", "a.x"), ask("b")), store=await clocked(), book=book, clock=clock)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    handler = made.definitions.get("main").nodes["t"].handler
    undo, handler.remove = handler.remove, _cut
    await made.change(run.id, "a", {"x": "2"})
    view = await made.change(run.id, "a", {"x": "3"})
    first, second, _ = book.keys("t")
    visits = [owed.step.visit for owed in view.run.undos]
    assert visits == sorted(visits, reverse=True)
    other = engine(flow("main", ask("a"), work("t", "a.x"), ask("b")), store=await clocked(), book=book, clock=clock)
    assert (await other.load(run.id)).run.undos == view.run.undos
    handler.remove = undo
    clock.move(minutes=1)
    await Worker(other).perform_due()
    assert sorted(book.keys("t", "remove")) == sorted([first, second])
