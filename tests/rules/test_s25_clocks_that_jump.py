"""S25: a clock that is put back or forward in the middle of work costs at most a lease, and never the run."""

from __future__ import annotations

import asyncio

import pytest

from tests.stores import Open, clocked
from tests.workflows import Book, Clock, ask, engine, flow, work
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.model import RunStatus
from wizard.testing import MovableClock, Person, make_test_engine

__all__ = ["clocked"]  # a fixture

PAUSED = flow("main", ask("a"), work("t", "a.x", slow=True), {"id": "w", "type": "wait", "for": "2s"}, ask("b"))


@pytest.mark.parametrize(("hours", "begun"), [(-1, 1), (1, 2)], ids=["back", "forward"])
async def test_work_under_way_ends_whatever_the_clock_does(clocked: Open, hours: int, begun: int) -> None:
    """Put back an hour, the clock has nobody begin the work again; put forward, it ends the lease as if the process had
    died: another one does the work, with the same key, and what comes of the first counts for nothing."""
    clock, books = Clock(), [Book(), Book()]
    one, two = [engine(PAUSED, store=await clocked(), book=book, clock=clock) for book in books]
    run = await one.start("main")
    await one.next(run.id, {"x": "1"})
    gate = books[0].gate("t")
    task = asyncio.create_task(Worker(one).perform_due())
    await books[0].at_gate["t"].wait()
    clock.move(hours=hours)
    await Worker(two).perform_due()
    gate.set()
    await task
    keys = [key for book in books for key in book.keys("t")]
    assert (len(keys), len(set(keys))) == (begun, 1)
    assert (await at(two, run.id), books[0].keys("t", "remove")) == ("w", [])
    clock.move(seconds=2)
    await Worker(two).perform_due()
    assert await at(two, run.id) == "b"


async def at(made: Engine, run: str) -> str:
    made.forget(run)
    return (await made.load(run)).step


async def test_a_wait_that_an_event_ended_leaves_its_clock_to_nobody(clocked: Open) -> None:
    """The same wait again, in a loop: the time of the first one would end it too early, five minutes before its own."""
    clock = MovableClock()
    notes: list[bool] = []

    def note(late: bool) -> None:
        notes.append(late)

    again = {"id": "s", "type": "python", "function": "note", "arguments": {"late": "{{ w.timed_out }}"}, "next": "w"}
    made = await make_test_engine(
        flow("main", {"id": "w", "type": "wait", "event": "go", "for": "10m", "next": "s"}, again),
        store=await clocked(),
        clock=clock,
        functions={"note": note},
    )
    person = await Person.starts(made, "main")
    await person.waits(minutes=5)
    await made.event(person.run, "go")
    await person.waits(minutes=6)
    assert notes == [False]
    await person.waits(minutes=3, seconds=59)
    assert notes == [False]
    await person.waits(seconds=1)
    assert (notes, person.run.status) == ([False, True], RunStatus.WORKING)
