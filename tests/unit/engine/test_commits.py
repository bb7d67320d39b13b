"""What survives a crash, and what comes too late (S20, S21)."""

from __future__ import annotations

import asyncio

import pytest

from tests.stores import Open, clocked, stores
from tests.workflows import Book, Clock, ask, branch, engine, flow, work
from wizard.engine.worker import Worker
from wizard.errors import (
    RunCompleted,
    StaleInput,
    StoreError,
)
from wizard.model import Change, RunStatus, StepStatus
from wizard.stores.memory import MemoryStore

__all__ = ["clocked", "stores"]  # fixtures

AB = flow("main", ask("a"), work("t", "a.x"), ask("b"), ask("c"))


class Crashing(MemoryStore):
    """Fails at the commits whose number, counted from now on, is in `at`."""

    at: frozenset[int] = frozenset()
    count = 0

    async def commit(self, change: Change) -> None:
        self.count += 1
        if self.count in self.at:
            raise StoreError("the disk is full")
        await super().commit(change)

    def crash(self, *at: int) -> None:
        self.count, self.at = 0, frozenset(at)


async def test_s20_what_isnt_stored_isnt_acknowledged() -> None:
    """S20: the disk is full: the person is told so, and the same answer works as soon as there is room."""
    store = Crashing()
    made = engine(flow("main", ask("a"), ask("b")), store=store)
    run = await made.start("main")
    store.crash(1)
    with pytest.raises(StoreError):
        await made.next(run, {"x": "1"})
    assert (await made.load(run.id)).step == "a"
    assert (await engine(AB, store=store).load(run.id)).answers == {}
    await made.next(run, {"x": "1"})
    assert run.step == "b"


async def test_s21_after_a_crash_the_effect_runs_again_with_the_same_key() -> None:
    """S21: the payment went through, and the process died before it could be noted: paid once all the same."""
    store, book = Crashing(), Book()
    made = engine(AB, store=store, book=book)
    run = await made.start("main")
    store.crash(2)
    with pytest.raises(StoreError):
        await made.next(run, {"x": "1"})
    other = engine(AB, store=store, book=book)
    view = await other.load(run.id)
    assert (view.step, view.status, view.run.by_path["t"].status) == ("t", RunStatus.WORKING, StepStatus.PENDING)
    assert view.answers == {"a": {"x": "1"}}, "S20: the answer was stored before the effect"
    assert len(book.keys("t")) == 1, "S18: loading executes nothing"
    assert (await other.next(view)).step == "b"
    first, second = book.keys("t")
    assert first == second


async def test_s21_a_pure_node_needs_no_record() -> None:
    """S21: what may run again is run again with the answer before it, and costs no commit of its own."""
    store = Crashing()
    made = engine(flow("main", ask("a"), {"id": "p", "type": "pure", "reads": ["a.x"]}, ask("b")), store=store)
    run = await made.start("main")
    store.crash(1)
    with pytest.raises(StoreError):
        await made.next(run, {"x": "1"})
    assert (await made.load(run.id)).step == "a"
    store.crash()
    await made.next(run, {"x": "1"})
    assert (run.step, store.count) == ("b", 1)


async def test_s21_no_effect_begins_before_it_is_recorded() -> None:
    """S21: where the record can't be stored, the effect doesn't run."""
    store, book = Crashing(), Book()
    made = engine(AB, store=store, book=book)
    run = await made.start("main")
    store.crash(1)
    with pytest.raises(StoreError):
        await made.next(run, {"x": "1"})
    assert book.keys("t") == []


@pytest.mark.parametrize("processes", [1, 2])
async def test_s21_whoever_goes_back_while_an_effect_runs_wins(stores: Open, processes: int) -> None:
    """S21: the look-up hangs and the person goes back; its late result must not put them forward again."""
    book = Book()
    one = engine(AB, store=await stores(), book=book)
    two = one if processes == 1 else engine(AB, store=await stores(), book=book)
    run = await one.start("main")
    gate = book.gate("t")
    working = asyncio.create_task(one.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    back = await two.previous(run.id)
    assert (back.step, [line.step for line in back.kept]) == ("a", ["t"])
    gate.set()
    late = await working
    assert (late.step, late.revision) == ("a", back.revision)
    assert "ran" not in [each.entry.kind for each in await one.trace(run.id)]
    del book.gates["t"]
    onward = await two.next(run.id, {"x": "2"})
    assert (onward.step, onward.run.by_path["t"].output) == ("b", {"v": "['2']"})
    first, second = book.keys("t")
    assert first != second
    assert book.keys("t", "remove") == [first]


async def test_s21_next_while_an_effect_runs_is_a_conflict() -> None:
    """S21: an impatient second click doesn't start the effect a second time."""
    book = Book()
    made = engine(AB, book=book)
    run = await made.start("main")
    gate = book.gate("t")
    working = asyncio.create_task(made.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    view = await made.load(run.id)
    assert view.status is RunStatus.WORKING
    with pytest.raises(StaleInput, match="being worked on"):
        await made.next(run.id)
    assert (await made.next(run.id, {"x": "1"}, step="a")).step == "t", "the same answers again are no conflict"
    gate.set()
    assert (await working).step == "b"
    assert len(book.keys("t")) == 1


async def test_s21_who_takes_work_over_after_its_lease_has_the_result_that_counts(clocked: Open) -> None:
    """S21: a process hangs in the middle of a payment. Nobody else begins it while its lease lasts; after that another
    process does, with the same key, and what the first one says later counts for nothing."""
    book, other_book, clock = Book(), Book(), Clock()
    one = engine(AB, store=await clocked(), book=book, clock=clock)
    two = engine(AB, store=await clocked(), book=other_book, clock=clock)
    run = await one.start("main")
    gate = book.gate("t")
    working = asyncio.create_task(one.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    with pytest.raises(StaleInput, match="being worked on"):
        await two.next(run.id)
    clock.move(seconds=31)
    assert (await two.next(run.id)).step == "b"
    gate.set()
    late = await working
    assert (late.step, late.late) == ("b", True)
    assert book.keys("t") == other_book.keys("t")
    assert [each.entry.kind for each in await one.trace(run.id)].count("ran") == 1


async def test_a_turn_that_is_given_up_can_be_taken_up_again() -> None:
    """A client that hangs up cancels its request; the step isn't blocked for ever."""
    book = Book()
    made = engine(AB, book=book)
    run = await made.start("main")
    book.gate("t")
    working = asyncio.create_task(made.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    book.gates.clear()
    assert (await made.next(run.id)).step == "b"
    first, second = book.keys("t")
    assert first == second


async def test_s23_a_turn_that_fails_hands_back_nobody_elses_work() -> None:
    """S23: the disk is full when something else is stored beside a payment under way: the payment keeps its lease, and
    isn't made a second time."""
    store, book = Crashing(), Book()
    made = engine(AB, store=store, book=book)
    run = await made.start("main")
    gate = book.gate("t")
    working = asyncio.create_task(made.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    store.crash(1)
    with pytest.raises(StoreError):
        await made.amend(run.id, session={"n": 1})
    assert await Worker(made).perform_due() == 0
    gate.set()
    assert (await working).step == "b"
    assert len(book.keys("t")) == 1


async def test_s19_a_move_that_loses_undoes_nothing() -> None:
    """S19: a change that lost against the last Next is refused; what it would have undone must stay done."""
    book = Book()
    made = engine(
        flow("main", ask("a"), branch("c", ("a.x == '1'", "t"), "b"), work("t"), ask("b"), ask("z")), book=book
    )
    run = await made.start("main")
    for x in ("1", "b"):
        await made.next(run, {"x": x})
    store, commit = made.store, made.store.commit

    async def late(change: Change) -> None:
        store.commit = commit  # type: ignore[method-assign]
        await made.next(run.id, {"x": "z"})
        await commit(change)

    store.commit = late  # type: ignore[method-assign]
    with pytest.raises(RunCompleted):
        await made.change(run.id, "a", {"x": "2"})
    assert (await made.load(run.id)).status is RunStatus.COMPLETED
    assert book.keys("t", "remove") == []


async def test_s21_after_on_error_back_the_same_inputs_keep_their_key() -> None:
    """S21: the booking was taken and its answer got lost; whoever presses Next again books nothing twice."""
    book = Book()
    made = engine(flow("main", ask("a"), work("t", "a.x", on_error="back"), ask("b")), book=book)
    book.failing["t"] = 2
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    assert (run.step, [line.step for line in run.kept]) == ("a", ["t"])
    await made.next(run, {"x": "1"})
    assert run.step == "a"
    await made.next(run, {"x": "2"})
    assert run.step == "b"
    first, second, third = book.keys("t")
    assert first == second
    assert third != first, "with other inputs it is another booking"
    assert book.keys("t", "remove") == [first]


async def test_s21_a_turn_cut_off_while_it_undid_something_goes_on() -> None:
    """S12 and S20: the process died after it had undone what left the path. The answer is there, the same Next goes
    on, and as nobody noted that it was undone, that is done again, with the same key."""
    store, book = Crashing(), Book()
    branches = branch("c", ("a.x == '1'", "t"), "b")
    made = engine(flow("main", ask("a"), branches, work("t"), ask("b")), store=store, book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    store.crash(2)
    with pytest.raises(StoreError):
        await made.next(run, {"x": "2"})
    view = await engine(flow("main", ask("a"), branches, work("t"), ask("b")), store=store, book=book).load(run.id)
    assert (view.step, view.answers, [line.step for line in view.kept]) == ("a", {"a": {"x": "2"}}, ["b"])
    made.forget(run.id)
    await made.next(run.id, {"x": "2"}, step="a")
    assert (await made.load(run.id)).step == "b"
    assert len(set(book.keys("t", "remove"))) == 1
    assert len(book.keys("t", "remove")) == 2
    assert (await made.load(run.id)).run.undos == ()
