"""S14: close is the last call of a visit, and there is one of it, also where a turn has to be taken again."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pytest

from tests.workflows import Book, WorkConfig, WorkNode, ask, branch, engine, flow, work
from wizard.engine import Engine
from wizard.model import Change, RunStatus
from wizard.node import Visit
from wizard.testing import MovableClock, Person


def overtaken(made: Engine, run: str, when: Callable[[], object]) -> None:
    """Has the first commit lose, once that is so, against somebody who sets a document."""
    store, commit = made.store, made.store.commit

    async def late(change: Change) -> None:
        if when():
            store.commit = commit  # type: ignore[method-assign]
            await made.amend(run, session={"k": 1})
        await commit(change)

    store.commit = late  # type: ignore[method-assign]


def closed(book: Book) -> dict[str, int]:
    """How often each visit's close was called that was called at all."""
    return {key: count for key, life in book.lives().items() if (count := life.count("close"))}


async def test_a_step_that_was_undone_is_closed_once_whatever_arrives_meanwhile() -> None:
    """A node that gives a seat back in `close` would give back somebody else's."""
    book = Book()
    branches = branch("c", ("a.x == '1'", "t"), "b")
    made = engine(flow("main", ask("a"), branches, work("t"), ask("b")), book=book)
    run = await made.start("main")
    await made.next(run.id, {"x": "1"})
    overtaken(made, run.id, lambda: book.keys("t", "remove"))
    view = await made.change(run.id, "a", {"x": "2"})
    assert (view.step, view.run.session) == ("b", {"k": 1})
    assert [life[-2:] for life in book.lives().values() if "remove" in life] == [["remove", "close"]]
    assert set(closed(book).values()) == {1}


async def test_a_run_that_ends_closes_each_visit_once_whatever_arrives_meanwhile() -> None:
    """The same at the end of a run, where all visits are closed, and for one that is cancelled."""
    for ending in ("complete", "cancel"):
        book = Book()
        made = engine(flow("main", ask("a"), work("t"), ask("b")), book=book)
        run = await made.start("main")
        await made.next(run.id, {"x": "1"})
        overtaken(made, run.id, lambda: closed(book))  # noqa: B023 - called in this round
        view = await (made.next(run.id, {"x": "2"}) if ending == "complete" else made.cancel(run.id))
        assert view.status is (RunStatus.COMPLETED if ending == "complete" else RunStatus.CANCELLED)
        assert view.run.session == {"k": 1}
        assert list(closed(book).values()) == [1, 1, 1]


class Seat(WorkNode):
    """Can't be given back at first: `failing` is how often that fails still."""

    type: ClassVar[str] = "seat"
    failing: ClassVar[int] = 0

    async def remove(self, visit: Visit[WorkConfig]) -> None:
        await super().remove(visit)
        if Seat.failing > 0:
            Seat.failing -= 1
            raise ConnectionError("no line")


@pytest.mark.parametrize("leaves", ["changes", "cancels"])
async def test_what_is_still_to_be_undone_is_closed_after_that(monkeypatch: pytest.MonkeyPatch, leaves: str) -> None:
    """A node that hangs up in `close` couldn't give its seat back any more: while the undo is owed, the line stays
    open, and once it came to its end it is closed, once."""
    monkeypatch.setattr(Seat, "failing", 2)
    book, seat = Book(), {"id": "t", "type": "seat"}
    definition = flow("main", ask("a"), branch("c", ("a.x == '1'", "t"), "b"), seat, ask("b"))
    made = engine(definition, book=book, types=[Seat], clock=MovableClock())
    person = await Person.starts(made, "main")
    await person.says(x="1")
    (key,) = {each.key for each in book.calls if each.step == "t"}
    if leaves == "changes":
        await person.changes("a", x="2")
    else:
        await made.cancel(person.run, undo=True)
    for tries in (1, 2):
        assert book.lives()[key] == ["execute", *["remove"] * tries]
        await person.waits(hours=1)
    assert book.lives()[key] == ["execute", *["remove"] * 3, "close"]
