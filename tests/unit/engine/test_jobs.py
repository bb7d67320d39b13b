"""Doing jobs: each looks at its run first, and what came too late, or for nothing, does nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.stores import Open, clocked
from tests.workflows import START, Book, Clock, ask, catalog, embed, engine, flow, work
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.errors import StaleInput
from wizard.machine import machine
from wizard.machine.stack import Turn
from wizard.model import Run, RunStatus
from wizard.model.job import Claim, Job, JobKind
from wizard.node import Visit
from wizard.testing import MovableClock, make_test_engine

__all__ = ["clocked"]  # a fixture

ELSEWHERE = (JobKind.MESSAGE, JobKind.DELIVER, JobKind.ATTEND, JobKind.LEAVE)
SLOW = flow("main", ask("a"), work("t", slow=True), ask("b"))


@pytest.mark.parametrize("kind", list(JobKind))
async def test_a_job_for_a_visit_that_never_was_does_nothing(kind: JobKind) -> None:
    """A job out of a backup, or of a run that was restored: whatever it says, the run stays as it is. What this process
    can't do is left to another one."""
    made = engine(SLOW)
    run = await made.start("main")
    claim = Claim(Job(run.id, kind, 99, START), 1)
    assert await made.perform(claim) is None or kind in ELSEWHERE
    after = await made.load(run.id)
    assert (after.revision, after.status, after.step) == (run.revision, RunStatus.WAITING, "a")


async def test_an_undo_waits_for_the_turn_that_owes_it() -> None:
    """The job is due while the turn that dropped the step is still undoing it: it isn't undone twice at once."""
    book = Book()
    made = engine(flow("main", ask("a"), work("t", "a.x"), ask("b")), book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    hanging, go_on = asyncio.Event(), asyncio.Event()
    handler = made.definitions.get("main").nodes["t"].handler
    undo = handler.remove

    async def hang(visit: Visit[Any]) -> None:
        hanging.set()
        await go_on.wait()
        await undo(visit)

    handler.remove = hang
    moving = asyncio.create_task(made.next(run.id, {"x": "2"}))
    await hanging.wait()
    (owed,) = (await made.load(run.id)).run.undos
    due = await made.perform(Claim(Job(run.id, JobKind.UNDO, owed.step.visit, START), 1))
    assert due == START + timedelta(seconds=30)
    assert book.keys("t", "remove") == []
    go_on.set()
    await moving
    handler.remove = undo
    assert len(book.keys("t", "remove")) == 1


async def test_what_may_be_done_still_is_undone_once_more(clocked: Open) -> None:
    """Somebody goes another way while a booking is on its way in another process. It is taken back at once, and again
    when that process can't be at it any more: the booking may have arrived in between."""
    book, clock = Book(), Clock()
    one = engine(flow("main", ask("a"), work("t", "a.x"), ask("b")), store=await clocked(), book=book, clock=clock)
    run = await one.start("main")
    book.gate("t")
    booking = asyncio.create_task(one.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    two = engine(flow("main", ask("a"), work("t", "a.x"), ask("b")), store=await clocked(), book=book, clock=clock)
    await two.previous(run.id)
    book.gates.pop("t")
    await two.next(run.id, {"x": "2"})
    first = book.keys("t")[0]
    assert book.keys("t", "remove") == [first]
    clock.move(seconds=31)
    await Worker(two).perform_due()
    assert book.keys("t", "remove") == [first, first]
    view = await two.load(run.id)
    assert (view.step, view.run.undos) == ("b", ())
    booking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await booking


async def test_a_host_can_take_back_what_it_doesnt_know_the_end_of() -> None:
    """The function that takes back is told the key of a booking whose answer never came."""
    taken_back: list[tuple[object, str]] = []
    gate, begun, keys = asyncio.Event(), asyncio.Event(), []

    async def book(visit: Visit[Any]) -> None:
        keys.append(visit.key)
        begun.set()
        await gate.wait()

    def unbook(visit: Visit[Any], output: object) -> None:
        taken_back.append((output, visit.key))

    made = await make_test_engine(
        {
            "id": "main",
            "nodes": [
                {"id": "a", "type": "form", "fields": [{"name": "x", "type": "text"}]},
                {"id": "c", "type": "condition", "cases": [{"when": "a.x == '1'", "goto": "t"}, {"goto": "b"}]},
                {"id": "t", "type": "python", "function": "book", "undo": "unbook"},
                {"id": "b", "type": "form", "fields": [{"name": "y", "type": "text"}]},
            ],
        },
        functions={"book": book, "unbook": unbook},
        clock=MovableClock(),
    )
    run = await made.start("main")
    booking = asyncio.create_task(made.next(run.id, {"x": "1"}))
    await begun.wait()
    await made.previous(run.id)
    await made.next(run.id, {"x": "2"})
    assert taken_back == [(None, keys[0])]
    booking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await booking


MEMBER = flow("member", ask("name"))
HOUSE = flow("main", embed("house", "member", repeat={"min": 0, "max": 9}), ask("z"))


async def cut_off_in_remove(made: Engine, run_id: str, path: str, moving: Any) -> None:
    """A process that dies while it undoes the step at `path`."""
    hanging = asyncio.Event()
    handler = made.definitions.get("member").nodes["name"].handler

    async def hang(visit: Visit[Any]) -> None:
        if visit.step == path:
            hanging.set()
            await asyncio.Event().wait()

    handler.remove = hang
    dying = asyncio.create_task(moving)
    await hanging.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    del handler.remove
    made.forget(run_id)


async def test_taking_out_the_last_item_survives_a_crash(clocked: Open) -> None:
    """Killed while the last member is taken out: the list asks again whether there are more, by itself."""
    clock = Clock()
    made = engine(HOUSE, MEMBER, store=await clocked(), clock=clock)
    run = await made.start("main")
    await made.next(run, {"add_another": True})
    await made.next(run, {"x": "Ann"})
    assert run.step == "house/after-1"
    await cut_off_in_remove(made, run.id, "house/1/name", made.remove_item(run.id, "house/1"))
    view = await made.load(run.id)
    assert (view.step, view.status, view.answers) == ("house/after-0", RunStatus.WORKING, {})
    clock.move(seconds=31)
    await Worker(made).perform_due()
    view = await made.load(run.id)
    assert (view.step, view.status, view.run.undos) == ("house/after-0", RunStatus.WAITING, ())
    await made.next(view, {"add_another": False})
    assert view.step == "z"


async def test_another_answer_while_the_first_is_being_taken_is_a_conflict() -> None:
    """Two tabs answer differently; the second one's answer must not be acknowledged and dropped."""
    made = engine(flow("main", ask("a"), work("t", "a.x"), ask("b")))
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    handler = made.definitions.get("main").nodes["t"].handler
    hanging, go_on = asyncio.Event(), asyncio.Event()

    async def hang(visit: Visit[Any]) -> None:
        hanging.set()
        await go_on.wait()

    handler.remove = hang
    moving = asyncio.create_task(made.next(run.id, {"x": "2"}))
    await hanging.wait()
    other = engine(flow("main", ask("a"), work("t", "a.x"), ask("b")), store=made.store)
    with pytest.raises(StaleInput):
        await other.next(run.id, {"x": "3"}, step="a")
    go_on.set()
    assert (await moving).answers["a"] == {"x": "2"}
    del handler.remove


async def test_a_move_that_only_undid_what_was_left_and_lost_is_a_conflict() -> None:
    """The answer that lost against another one isn't acknowledged, although something was undone on its way."""
    book, clock = Book(), Clock()
    definition = flow("main", ask("a"), work("t", "a.x"), ask("b"))
    made = engine(definition, book=book, clock=clock)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    handler = made.definitions.get("main").nodes["t"].handler
    hanging = asyncio.Event()

    async def hang(visit: Visit[Any]) -> None:
        hanging.set()
        await asyncio.Event().wait()

    handler.remove = hang
    dying = asyncio.create_task(made.next(run.id, {"x": "2"}))
    await hanging.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    back = await made.previous(run.id)
    assert (back.step, len(back.run.undos)) == ("a", 1)
    again = asyncio.Event()

    async def slowly(visit: Visit[Any]) -> None:
        hanging.set()
        await again.wait()

    handler.remove = slowly
    hanging.clear()
    losing = asyncio.create_task(made.next(run.id, {"x": "3"}, step="a"))
    await hanging.wait()
    other = engine(definition, store=made.store, book=book, clock=clock)
    await other.amend(run.id, session={"k": 1})
    again.set()
    view = await losing
    assert view.answers["a"] == {"x": "3"}, "it was taken again, and this time it counted"
    del handler.remove


def test_a_run_that_moved_on_isnt_resumed() -> None:
    """The person was faster than the worker, by a moment: its move does nothing."""
    made = catalog(SLOW).get("main")
    now = START
    run = Run(id="r", workflow="main", version=made.version, revision=1, status=RunStatus.WAITING,
              created_at=now, updated_at=now)  # fmt: skip
    turn = Turn(made, run, now)
    assert list(machine.resume(turn, 7)) == []
    assert not turn.touched
