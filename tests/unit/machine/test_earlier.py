"""Answers, Back and Save from the page of an earlier step: each as Previous to it and the move, in one turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from tests.conversations import Conversation, talk
from tests.workflows import AskConfig, AskNode, ask, branch, work
from wizard.errors import NotAStep, PointOfNoReturn, RunCompleted, StaleInput
from wizard.model import Outcome
from wizard.node import Visit
from wizard.testing import make_test_engine

WAY = (
    ask("a"),
    branch("b", ("a.x == 'short'", "d"), "c"),
    ask("c"),
    work("t", "a.x", "c.x"),
    ask("d"),
    ask("e"),
)


async def at_the_end(**keys: Any) -> Conversation:
    person = await talk(*WAY, **keys)
    for answer in ("1", "2", "3"):
        await person.says(answer)
    person.did()
    return person


async def answers_again(person: Conversation, step: str, answers: Mapping[str, Any], seen: str | None = None) -> None:
    """What is posted from the page of an earlier step."""
    await person.engine.next(person.run, answers, step=step, revisit=True, seen=seen)


@pytest.mark.parametrize(
    ("step", "answers"),
    [("a", {"x": "4"}), ("a", {"x": "short"}), ("c", {"x": "4"}), ("d", {"x": "4"}), ("e", {"x": "4"})],
)
async def test_it_is_previous_and_next_in_one_turn(step: str, answers: dict[str, Any]) -> None:
    """A page opened again by the browser's Back does just what the process's own Back and Continue do."""
    one, two = await at_the_end(), await at_the_end()
    await answers_again(one, step, answers)
    moved = two.at != step
    if moved:
        await two.goes_back(to=step)
    await two.engine.next(two.run, answers)
    assert (one.stack, one.run.answers, one.run.status) == (two.stack, two.run.answers, two.run.status)
    assert one.run.revision == two.run.revision - moved
    assert len(one.book.lives()) == len(two.book.lives())


async def test_looking_at_the_page_moves_nothing_and_the_same_answers_change_nothing() -> None:
    """A refresh of the request that sent the page, or Continue on an old page without a change."""
    person = await at_the_end()
    revision = person.run.revision
    await answers_again(person, "a", {"x": "1"}, person.run.mark_of("a"))
    assert (person.stack, person.run.revision, person.did()) == ("a c t d e", revision, [])


async def test_a_rejected_answer_leaves_the_run_where_it_is() -> None:
    """A mistake on an old page must not throw the person back to it, nor run anything."""
    person = await talk(ask("a", refuses=["no"]), ask("b"), ask("c"))
    await person.says("1")
    await person.says("2")
    await answers_again(person, "a", {"x": "no"})
    assert person.stack == "a b c"
    assert person.run.rejected is not None
    assert (person.run.rejected.step, person.run.current.step) == ("a", "c")
    assert person.run.run.by_path["a"].state == {"executed": 3}, "what the node noted is kept"
    assert person.run.answers["a"] == {"x": "1"}
    await answers_again(person, "a", {"x": "2"})
    assert person.stack == "a b | c"


async def test_a_form_that_notes_nothing_leaves_the_run_as_it_was() -> None:
    """Nothing is stored for a mistake on an old page; the person's own words come back."""
    engine = await make_test_engine(
        {
            "id": "two",
            "nodes": [
                {"id": "age", "type": "form", "fields": [{"name": "years", "type": "integer"}]},
                {"id": "name", "type": "form", "fields": [{"name": "full"}]},
            ],
        }
    )
    run = await engine.start("two")
    await engine.next(run, {"years": "7"})
    revision = run.revision
    await engine.next(run, {"years": "seven"}, step="age", revisit=True)
    assert (run.step, run.revision) == ("name", revision)
    assert run.rejected is not None
    assert (run.rejected.fields[0].value, run.rejected.fields[0].error) == (
        "seven",
        "Your answer to “Years” must be a whole number, like 17",
    )


async def test_what_comes_later_is_not_seen_while_an_earlier_page_is_answered() -> None:
    """Rules of an earlier form must not depend on answers that aren't decided from there."""
    person = await talk(ask("a", unless="b.x"), ask("b"), ask("c"))
    await person.says("1")
    await person.says("2")
    await answers_again(person, "a", {"x": "2"})
    assert person.run.rejected is None
    assert person.run.answers == {"a": {"x": "2"}}


async def test_another_answer_meanwhile_is_a_conflict() -> None:
    """S19: two tabs show the same page; the second one would overwrite what the first one said."""
    person = await at_the_end()
    mark = person.run.mark_of("c")
    await answers_again(person, "c", {"x": "from the first tab"}, mark)
    stack = person.stack
    with pytest.raises(StaleInput, match="answered differently"):
        await answers_again(person, "c", {"x": "from the second"}, mark)
    await answers_again(person, "c", {"x": "from the first tab"}, mark)  # sent twice: not a conflict
    assert (person.stack, person.run.answers["c"]) == (stack, {"x": "from the first tab"})
    await answers_again(person, "c", {"x": "from the second"}, person.run.mark_of("c"))
    assert person.run.answers["c"] == {"x": "from the second"}


async def test_the_mark_tells_visits_apart_and_gives_nothing_away() -> None:
    """A step that left the path and came back is another one; equal answers of two runs don't look alike."""
    one, two = await at_the_end(), await at_the_end()
    assert one.run.mark_of("nowhere") == ""
    assert one.run.mark_of("c") != two.run.mark_of("c")
    mark = one.run.mark_of("c")
    await answers_again(one, "a", {"x": "short"})
    await answers_again(one, "a", {"x": "1"})
    assert one.run.mark_of("c") not in ("", mark)


async def test_a_page_of_a_step_that_left_the_path_is_stale() -> None:
    """S19: the branch was changed in another tab; the old page's answers belong nowhere."""
    person = await at_the_end()
    await person.changes("a", "short")
    for step in ("c", "t", "nowhere"):
        with pytest.raises((StaleInput, NotAStep)):
            await answers_again(person, step, {"x": "2"})
    await person.goes_back(to="a")
    with pytest.raises(StaleInput):
        await answers_again(person, "d", {"x": "4"})


async def test_walls_and_ends_hold() -> None:
    """S5, S7: an old page can't get below what is final, nor into a completed run."""
    person = await talk(ask("a"), ask("paid", final=True), ask("c"))
    await person.says("1")
    await person.says("2")
    for step in ("a", "paid"):
        with pytest.raises(PointOfNoReturn):
            await answers_again(person, step, {"x": "other"})
        with pytest.raises(PointOfNoReturn):
            await person.engine.save(person.run, step, {"x": "other"})
    await person.says("3")
    for step in ("a", "c"):
        with pytest.raises(RunCompleted):
            await answers_again(person, step, {"x": "other"})
        with pytest.raises(RunCompleted):
            await person.engine.keep(person.run, step, {"x": "other"})
        with pytest.raises(RunCompleted):
            await person.engine.previous(person.run, step=step)


async def test_a_completed_run_that_reopens_can_be_answered_anywhere() -> None:
    """S5: `reopen: true` lets the last page be answered again, too."""
    person = await talk(ask("a"), ask("b"), reopen=True)
    await person.says("1")
    await person.says("2")
    await answers_again(person, "b", {"x": "3"})
    assert (person.run.status, person.run.answers["b"]) == ("completed", {"x": "3"})
    await answers_again(person, "a", {"x": "4"})
    assert (person.run.status, person.stack) == ("waiting", "a b")


async def test_back_from_an_earlier_page_goes_to_the_one_before_it() -> None:
    """Who looks at an earlier page means that page's Back; what was typed there is kept (S9)."""
    person = await at_the_end()
    await person.engine.previous(person.run, step="c", draft={"x": "typed"})
    assert person.stack == "a | c t d e"
    await person.says("1")
    assert (person.at, person.shown) == ("c", {"x": "typed"})


async def test_back_from_the_first_page_keeps_what_was_typed() -> None:
    """There is nowhere to go back to, and nothing is lost."""
    person = await at_the_end()
    await person.engine.previous(person.run, step="a", draft={"x": "typed"})
    assert (person.at, person.shown) == ("a", {"x": "typed"})


async def test_saving_at_an_earlier_page_returns_there() -> None:
    """Who saves, leaves and comes back finds the page that they left, with what they had typed."""
    person = await at_the_end()
    await person.engine.save(person.run, "c", {"x": "half"})
    assert (person.stack, person.shown) == ("a c | t d e", {"x": "half"})
    await person.engine.save(person.run, "c", {"x": "more"})
    assert person.shown == {"x": "more"}


async def test_keeping_moves_nothing() -> None:
    """A change that is given up: the page shows what was typed when it is opened again, the answer counts."""
    person = await at_the_end()
    await person.engine.keep(person.run, "a", {"x": "typed"})
    assert (person.stack, person.run.answers["a"]) == ("a c t d e", {"x": "1"})
    assert person.run.prompt_at("a").fields[0].value == "typed"


async def test_files_are_kept_without_moving() -> None:
    """A file that was chosen on an earlier page is there again after Back; one that can't be taken isn't, and nobody
    is told off for it."""
    photo = {"name": "me.png", "type": "image/png", "content": b"picture"}
    huge = {**photo, "content": b"x" * 50}
    engine = await make_test_engine(
        {
            "id": "two",
            "nodes": [
                {
                    "id": "papers",
                    "type": "form",
                    "fields": [
                        {"name": "photo", "type": "file", "max_size": 20},
                        {"name": "scan", "type": "file", "max_size": 20, "required": False},
                        {"name": "title", "required": False},
                    ],
                },
                {"id": "name", "type": "form", "fields": [{"name": "full"}]},
            ],
        }
    )
    run = await engine.start("two")
    await engine.keep(run, "papers", {"title": "Me"}, {"photo": photo, "scan": huge})
    shown = {field.name: field.value for field in run.current.fields}
    assert (shown["photo"]["name"], shown["scan"], shown["title"]) == ("me.png", None, "Me")
    stored = await engine.file(run.id, shown["photo"]["id"])
    assert stored is not None
    assert stored.content == b"picture"
    await engine.next(run, {"title": "Me"})
    assert run.step == "name"
    await engine.keep(run, "papers", {"title": "Us"}, {"scan": {**photo, "name": "new.png"}})
    assert run.step == "name"
    shown = {field.name: field.value for field in run.prompt_at("papers").fields}
    assert (shown["photo"]["name"], shown["scan"]["name"], shown["title"]) == ("me.png", "new.png", "Us")
    assert run.answers["papers"]["scan"] is None, "what was accepted stays until it is answered anew"


class Moody(AskNode):
    """Takes one answer, and fails at any further one."""

    type: ClassVar[str] = "moody"

    async def submit(self, visit: Visit[AskConfig]) -> Outcome:
        if visit.output is not None:
            raise ZeroDivisionError
        return await super().submit(visit)


async def test_a_node_that_fails_on_an_earlier_page_is_shown_there() -> None:
    """The error stands where the person was; the answers are all kept."""
    person = await talk(ask("a", type="moody"), ask("b"), ask("c"), types=[Moody])
    await person.says("1")
    await person.says("2")
    await answers_again(person, "a", {"x": "2"})
    assert person.stack == "a | b c"
    assert person.error is not None
    assert "Something went wrong here" in person.error
    assert person.output("a") == {"x": "1"}


async def test_a_change_that_is_sent_twice_counts_once() -> None:
    """A double click on Continue of a page that was opened to change an answer (S11, S19)."""
    person = await at_the_end()
    mark = person.run.mark_of("a")
    await person.engine.change(person.run, "a", {"x": "9"}, seen=mark)
    assert person.at == "e"
    revision = person.run.revision
    await person.engine.change(person.run, "a", {"x": "9"}, seen=mark)
    assert person.run.revision == revision
    with pytest.raises(StaleInput):
        await person.engine.change(person.run, "a", {"x": "8"}, seen=mark)
    await person.engine.change(person.run, "c", seen=person.run.mark_of("c"))
    assert person.at == "c"
