"""Whether what a caller says of a run still holds, and whether it was taken already (S19)."""

from __future__ import annotations

import pytest

from tests.conversations import Conversation, talk
from tests.unit.engine.test_commits import Crashing
from tests.workflows import Book, ask, branch, engine, flow, work
from wizard.errors import StaleInput, StoreError


async def past_an_empty_answer() -> Conversation:
    """At `c`, `b` having been answered with nothing: as a message or a review is."""
    person = await talk(ask("a"), ask("b"), ask("c"))
    await person.says("1")
    await person.engine.next(person.run, {})
    assert person.stack == "a b c"
    return person


async def test_back_from_a_page_that_asked_nothing_is_no_answer_over_again() -> None:
    """Back, pressed on the old page of a message, goes back from there, though nothing was answered there either."""
    person = await past_an_empty_answer()
    await person.engine.previous(person.run, step="b")
    assert person.at == "a"


async def test_going_on_from_a_page_that_asked_nothing_twice_is_the_same_once() -> None:
    """A double click on Continue: the second one finds its answer taken, and can't go wrong for having none."""
    person = await past_an_empty_answer()
    revision = person.run.revision
    await person.engine.next(person.run.id, step="b")
    await person.engine.load(person.run)
    assert (person.at, person.run.revision) == ("c", revision)
    with pytest.raises(StaleInput):
        await person.engine.next(person.run.id, {"x": "1"}, step="b")


async def test_another_answer_than_the_one_that_was_cut_off_is_a_conflict() -> None:
    """The process died after an answer was taken: whoever answers otherwise now must be told, since it is the first one
    that the run goes on with."""
    store, nodes = Crashing(), (ask("a"), branch("c", ("a.x == '1'", "t"), "b"), work("t"), ask("b"))
    made = engine(flow("main", *nodes), store=store, book=Book())
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    store.crash(2)
    with pytest.raises(StoreError):
        await made.next(run, {"x": "2"})
    made.forget(run.id)
    with pytest.raises(StaleInput, match="answered differently"):
        await made.next(run.id, {"x": "3"}, step="a")
    view = await made.next(run.id, {"x": "2"}, step="a")
    assert (view.step, view.answers) == ("b", {"a": {"x": "2"}})
