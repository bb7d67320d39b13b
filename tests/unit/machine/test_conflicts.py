"""Whether what a caller says of a run still holds, and whether it was taken already (S19)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conversations import Conversation, talk
from tests.unit.engine.test_commits import Crashing
from tests.workflows import Book, ask, branch, engine, flow, work
from wizard.errors import InvalidInput, RunCancelled, StaleInput, StoreError
from wizard.machine.conflicts import (
    Answer,
    Ask,
    Change,
    FromOutside,
    LookBack,
    OwnWork,
    check_fresh,
    check_live,
    is_replay,
)
from wizard.machine.machine import stay


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


async def three_steps() -> Conversation:
    """At `c`, `a` and `b` having been answered with 1."""
    person = await talk(ask("a"), ask("b"), ask("c"))
    for _ in range(2):
        await person.says("1")
    return person


ONE, OTHER = {"x": "1"}, {"x": "2"}


@pytest.mark.parametrize(
    ("asked", "stale", "replayed"),
    [
        (Answer(stay, "c", ONE), False, False),
        (Answer(stay, "b", ONE), True, True),
        (Answer(stay, "b", OTHER), True, False),
        (Answer(stay, "b", OTHER, earlier=True), False, False),
        (Answer(stay, "b", OTHER, earlier=True, seen="0" * 16), True, False),
        (Answer(stay, "none", ONE, earlier=True), True, False),
        (Answer(stay, "c", ONE, revision=1), True, False),
        (Change(stay, "b", ONE), False, False),
        (Change(stay, "b", ONE, seen="0" * 16), True, True),
        (Change(stay, "b", seen="0" * 16), True, False),
        (Change(stay, "b", revision=1), True, False),
        (LookBack(stay, "b"), False, False),
        (LookBack(stay, "none"), True, False),
        (LookBack(stay, revision=1), True, False),
        (FromOutside(stay), False, False),
        (OwnWork(stay), False, False),
    ],
)
async def test_each_kind_of_ask_is_held_to_what_it_says_of_the_run(asked: Ask, stale: bool, replayed: bool) -> None:
    """An answer that overwrites another one unseen is lost work; one that is refused for nothing is typed twice."""
    run = (await three_steps()).run.run
    assert is_replay(run, asked) is replayed
    if not stale:
        check_fresh(run, asked)
        return
    with pytest.raises(StaleInput):
        check_fresh(run, asked)


async def test_only_what_the_run_ordered_itself_is_done_after_its_end() -> None:
    """A cancelled run still undoes what it did; nobody answers it, and no event moves it."""
    person = await three_steps()
    await person.engine.cancel(person.run)
    run, now = person.run.run, person.run.now
    check_live(run, OwnWork(stay), now)
    for asked in (Answer(stay), Change(stay, "b"), LookBack(stay), FromOutside(stay)):
        with pytest.raises(RunCancelled):
            check_live(run, asked, now)


@pytest.mark.parametrize("said", [{"step": 5}, {"revision": "1"}, {"seen": 5}, {"given": ["1"]}])
def test_what_is_said_of_a_run_is_of_a_kind_that_it_could_be(said: dict[str, Any]) -> None:
    """A host's mistake is told as that, and not as something that broke inside."""
    with pytest.raises(InvalidInput):
        Answer(stay, **said)
