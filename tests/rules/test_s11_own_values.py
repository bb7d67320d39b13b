"""What a step sees of itself when it is answered or judged anew (S4, S9 to S11): nothing. What it gave and set before
counts as little as what comes after it, whichever way the person takes back to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.conversations import Conversation, talk
from tests.stores import Open, clocked
from tests.workflows import AskConfig, AskNode, Book, ask, branch, work
from wizard.model import Outcome, Prompt, Wait
from wizard.node import Visit
from wizard.testing import MovableClock, Person, make_test_engine

__all__ = ["clocked"]  # a fixture

CAREFUL = ask("a", unless="session.k", sets="session.k", text="{{ session.k }}")


async def changes(person: Conversation, step: str, x: str) -> None:
    await person.changes(step, x)


async def opens_and_changes(person: Conversation, step: str, x: str) -> None:
    await person.changes(step)
    await person.says(x)


async def goes_back(person: Conversation, step: str, x: str) -> None:
    await person.goes_back(to=step)
    await person.says(x)


async def sends_the_old_page(person: Conversation, step: str, x: str) -> None:
    await person.engine.next(person.run, {"x": x}, step=step, revisit=True)


Way = Callable[[Conversation, str, str], Awaitable[None]]
WAYS: list[Way] = [changes, opens_and_changes, goes_back, sends_the_old_page]


@pytest.mark.parametrize("way", WAYS)
async def test_what_a_first_visit_refuses_is_refused_ever_after(way: Way) -> None:
    """Whoever answers again must not get past a rule by what the step itself had set: here nobody may keep the `k` that
    they came with."""
    person = await talk(CAREFUL, ask("b"), ask("c"), session={"k": "old"})
    await person.says("old")
    assert person.run.rejected is not None
    await person.says("new")
    await person.says("1")
    await way(person, "a", "old")
    assert person.run.rejected is not None
    assert person.run.rejected.step == "a"
    assert person.output("a") == {"x": "new"}


@pytest.mark.parametrize("way", WAYS)
async def test_what_a_first_visit_takes_is_taken_ever_after(way: Way) -> None:
    """And nobody is refused for what they said themselves before; what they set then goes with it."""
    person = await talk(ask("z"), CAREFUL, work("t", "session.k"), ask("b"), ask("c"), session={"k": "old"})
    await person.says("0")
    await person.says("new")
    await person.says("1")
    await way(person, "a", "newer")
    assert person.run.rejected is None
    assert (person.output("a"), person.output("t")) == ({"x": "newer"}, {"v": "['newer']"})
    await person.changes("z", "9")
    await way(person, "a", "new")
    assert person.run.rejected is None
    assert person.output("t") == {"v": "['new']"}


async def test_a_kept_answer_is_judged_without_what_it_set() -> None:
    """S11: a change of something else must not ask a question again only because its own answer is there already."""
    person = await talk(ask("z"), CAREFUL, ask("b"), ask("c"), session={"k": "old"})
    for answer in ("1", "new", "2"):
        await person.says(answer)
    await person.changes("z", "9")
    assert (person.at, person.stack) == ("c", "z a b c")


async def test_a_kept_answer_that_wouldnt_be_taken_now_is_asked_again() -> None:
    """S11: a change can make an answer one that a first visit would refuse; then the person is asked."""
    person = await talk(
        ask("z"),
        branch("way", ("z.x == '2'", "t"), "a"),
        work("t", "z.x", sets="session.k"),
        CAREFUL,
        ask("b"),
        ask("c"),
    )
    for answer in ("1", "2", "4"):
        await person.says(answer)
    await person.changes("z", "2")
    assert (person.at, person.stack) == ("a", "z t a | b c")


async def test_what_a_step_set_itself_is_no_change_of_what_it_depends_on() -> None:
    """S11: a question that depends on a field and sets it isn't asked again for having set it."""
    person = await talk(
        ask("z"), ask("a", depends_on=["session.k"], sets="session.k"), ask("b"), ask("c"), session={"k": "old"}
    )
    for answer in ("1", "new", "2"):
        await person.says(answer)
    await person.changes("z", "9")
    assert (person.at, person.stack) == ("c", "z a b c")


async def test_work_that_counts_up_counts_from_where_it_began() -> None:
    """S10: work that reads a field and sets it is re-used where nothing else changed, and done anew from the same value
    where something did: going back and forth must not count twice."""
    person = await talk(ask("a"), work("t", "a.x", counts="session.count"), ask("b", text="{{ session.count }}"))
    await person.says("1")
    await person.goes_back()
    await person.says("1")
    assert (person.run.current.text, len(person.book.keys("t"))) == ("1", 1)
    await person.goes_back()
    await person.says("2")
    assert (person.run.current.text, len(person.book.keys("t"))) == ("1", 2)


async def test_a_page_that_is_opened_again_shows_what_its_answer_is_judged_by() -> None:
    """Texts and conditional fields of an old page are computed from what its step saw, not from what the step or later
    ones set: whoever fills in what is shown must not be told of something else."""
    person = await talk(CAREFUL, work("t", "a.x", sets="session.k"), ask("b"), ask("c"), session={"k": "old"})
    await person.says("new")
    await person.says("1")
    assert person.run.prompt_at("a").text == "old"
    await person.goes_back(to="a")
    assert person.run.current.text == "old"


async def test_a_later_visit_sees_the_one_before_and_not_itself() -> None:
    """In a loop a step reads its own node's answer of the visit before; that stays so when it is looked at and answered
    again."""
    again = ask("a", unless="a.x", text="{{ a.x }}")
    person = await talk(again, ask("b"), branch("way", ("b.x == 'more'", "a"), "c"), ask("c"))
    for answer in ("1", "more", "2"):
        await person.says(answer)
    assert person.stack == "a b a~2 b~2"
    assert person.run.prompt_at("a~2").text == "1"
    await sends_the_old_page(person, "a~2", "1")
    assert person.run.rejected is not None
    await sends_the_old_page(person, "a~2", "3")
    assert person.run.rejected is None
    assert person.output("a~2") == {"x": "3"}


class PartNode(AskNode):
    """Says in its state what a part that was sent saw."""

    type = "part"

    async def submit(self, visit: Visit[AskConfig]) -> Outcome:
        if not visit.partial:
            return await super().submit(visit)
        visit.state["saw"] = visit.read("session.k")
        return Wait(Prompt(visit.step, self.type))


async def test_a_file_that_is_kept_for_an_old_page_is_taken_as_its_step_saw_it() -> None:
    """What is kept of an old page (a file that was chosen) is judged as the whole answer would be."""
    person = await talk(
        {"id": "a", "type": "part", "sets": "session.k"}, ask("b"), types=[PartNode], session={"k": "1"}
    )
    await person.says("2")
    await person.engine.keep(person.run, "a", {}, files={"x": "a file"})
    state: Any = person.run.run.by_path["a"].state
    assert state["saw"] == "1"
    assert (person.at, person.output("a")) == ("b", {"x": "2"})


async def test_a_form_that_time_took_away_takes_back_what_its_answer_set(clocked: Open) -> None:
    """Somebody goes back to a question and leaves it: when its time is over there is no answer, and what the answer had
    set mustn't count again."""
    definition = {
        "id": "main",
        "nodes": [
            {**CAREFUL, "remind_after": {"after": "3d", "goto": "late"}},
            ask("b", next="end"),
            ask("late", text="{{ session.k }}"),
        ],
    }
    made = await make_test_engine(definition, store=await clocked(), node_types=[AskNode], clock=MovableClock())
    made.services.shared["book"] = Book()
    person = Person(made, await made.start("main", session={"k": "old"}))
    await made.next(person.run, {"x": "new"})
    await person.goes_back()
    await person.waits(days=4)
    person.sees(text="old")
    assert person.asked == "late"
