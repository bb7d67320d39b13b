"""The rules of a run, told as conversations: keeping what still applies, and changing it (S8-S13)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conversations import Conversation, talk
from tests.workflows import Book, ask, branch, embed, flow, work
from wizard.errors import NotAStep, StaleInput
from wizard.model import RunStatus


async def test_s8_answers_ahead_are_kept_on_the_way_forward() -> None:
    """S8: whoever goes back two pages and on again finds everything as it was."""
    person = await talk(ask("a"), ask("b"), ask("c"))
    await person.says("1")
    await person.says("2")
    await person.goes_back(to="a")
    await person.says("1")
    assert (person.stack, person.shown) == ("a b | c", {"x": "2"})
    await person.says("2")
    assert (person.stack, person.shown) == ("a b c", {})


async def forked() -> Conversation:
    person = await talk(
        ask("a"),
        branch("c", ("a.x == 'left'", "left"), "right"),
        ask("left", next="both"),
        ask("right"),
        ask("both"),
        ask("last"),
    )
    await person.says("left")
    await person.says("l")
    await person.says("both")
    return person


async def test_s8_another_way_drops_what_only_the_old_one_had() -> None:
    """S8: what can still be reached stays kept; what can't is dropped, and removed (S12)."""
    person = await forked()
    await person.goes_back(to="a")
    person.did()
    await person.says("right")
    assert (person.stack, person.did()) == ("a right | both last", ["accept a", "remove left"])
    await person.says("r")
    assert (person.stack, person.shown) == ("a right both | last", {"x": "both"})


async def test_s8_steps_jumped_over_are_dropped() -> None:
    """S8: a kept step that is found further up drops the kept ones below it."""
    person = await talk(ask("a"), branch("c", ("a.x == 'short'", "z"), "b"), ask("b"), work("t"), ask("z"))
    await person.says("long")
    await person.says("b")
    await person.goes_back(to="a")
    person.did()
    await person.says("short")
    assert (person.stack, person.did()) == ("a z", ["accept a", "remove t", "remove b"])


async def test_s9_what_was_typed_and_not_submitted_is_shown_again() -> None:
    """S9: pressing Back in the middle of a page doesn't cost what was typed in it."""
    person = await talk(ask("a"), ask("b"))
    await person.says("1")
    await person.goes_back(draft={"x": "half a sent"})
    await person.says("1")
    assert (person.at, person.shown) == ("b", {"x": "half a sent"})
    await person.goes_back(draft={"x": "half a sentence"})
    await person.goes_back()
    await person.says("1")
    await person.says("all of it")
    assert person.run.answers["b"] == {"x": "all of it"}


async def test_s9_what_was_typed_is_saved_without_moving() -> None:
    """S9: somebody saves half a page to go on tomorrow; the run stays where it is."""
    person = await talk(ask("a"), ask("b"), reopen=True)
    await person.says("1")
    await person.goes_back(to="b", draft={"x": "half"})
    assert (person.at, person.shown, person.run.answers) == ("b", {"x": "half"}, {"a": {"x": "1"}})
    revision = person.run.revision
    await person.goes_back(to="b")
    assert person.run.revision == revision, "nothing was typed, nothing changes"
    await person.says("all")
    await person.goes_back(to="b", draft={"x": "late"})
    assert (person.run.answers["b"], person.run.status) == ({"x": "all"}, RunStatus.COMPLETED)


async def test_s9_a_draft_is_shown_instead_of_the_answer_and_counts_for_nothing() -> None:
    """S9: a draft is for the person alone."""
    person = await talk(ask("a"), ask("b"), work("t", "b.x"), ask("c"))
    await person.says("1")
    await person.says("2")
    await person.goes_back()
    assert person.shown == {"x": "2"}
    await person.goes_back(draft={"x": "typed"})
    await person.says("1")
    assert person.shown == {"x": "typed"}
    assert person.run.answers == {"a": {"x": "1"}}
    await person.says("typed")
    assert person.output("t") == {"v": "['typed']"}


async def test_s10_background_work_is_done_again_only_if_it_read_something_else() -> None:
    """S10: a paid look-up isn't made twice for the same address, and never kept for another one."""
    person = await talk(ask("a"), work("t", "a.x"), work("u", "a.y"), work("v", "t.v"), ask("b"))
    await person.says("1", y="1")
    person.did()
    await person.changes("a", "1", y="1")
    assert person.did() == ["accept a"]
    await person.changes("a", "2", y="1")
    assert person.did() == ["accept a", "remove t", "run t", "remove v", "run v"]
    await person.changes("a", "2", y="2")
    assert person.did() == ["accept a", "remove u", "run u"]
    assert person.output("v") == {"v": """["['2']"]"""}


async def test_s10_types_of_values_count() -> None:
    """S10: 1, true and "1" are three values; a step that read one isn't re-used for another."""
    person = await talk(ask("a"), work("t", "a.x"), ask("b"))
    values: list[Any] = [1, True, "1", 1.0, None, [], {}]
    await person.says(values[0])
    for value in values[1:]:
        person.did()
        await person.engine.change(person.run, "a", {"x": value})
        assert person.did() == ["accept a", "remove t", "run t"], value


async def test_s10_what_a_step_set_itself_is_no_reason_to_run_it_again() -> None:
    """S10: a step that counts up a field reads what was there before it, however often it is passed."""
    person = await talk(ask("a"), work("count", counts="session.visits"), ask("b"), session={"visits": 4})
    await person.says("1")
    person.did()
    await person.changes("a", "2")
    assert person.did() == ["accept a"]
    await person.goes_back()
    await person.says("3")
    assert person.did() == ["accept a"]
    await person.engine.amend(person.run, session={"visits": 7})
    await person.changes("a", "4")
    assert person.did() == ["accept a", "remove count", "run count"]


async def test_s11_a_change_comes_back_to_where_it_was_asked() -> None:
    """S11: changing the first answer from the last page leads to the last page, over answers that hold."""
    person = await talk(ask("a"), ask("b"), ask("c"), ask("d"))
    for answer in "123":
        await person.says(answer)
    person.did()
    await person.changes("a", "other")
    assert (person.stack, person.did()) == ("a b c d", ["accept a"])


async def test_s11_without_answers_the_step_is_shown_and_next_returns() -> None:
    """S11: the change link of a review opens the page; submitting it leads back to the review."""
    person = await talk(ask("a"), ask("b"), ask("c"))
    await person.says("1")
    await person.says("2")
    await person.changes("a")
    assert (person.stack, person.shown) == ("a | b c", {"x": "1"})
    await person.says("other")
    assert person.stack == "a b c"


async def test_s11_what_an_answer_depends_on_is_asked_again() -> None:
    """S11: a city that belongs to a country is asked again for another country, and what follows isn't."""
    person = await talk(ask("country"), ask("name"), ask("city", depends_on=["country.x"]), ask("e"), ask("last"))
    for answer in ("CH", "Ada", "Bern", "e"):
        await person.says(answer)
    await person.changes("name", "Bo")
    assert person.at == "last"
    await person.changes("country", "FR")
    assert (person.stack, person.shown) == ("country name city | e last", {"x": "Bern"})
    await person.says("Lyon")
    assert person.at == "last", "the return was still pending"


async def test_s11_an_answer_that_no_longer_holds_is_asked_again() -> None:
    """S11: a kept answer that the form would refuse now isn't taken over in passing."""
    person = await talk(ask("a"), ask("b", unless="a.x"), ask("c"), ask("d"))
    for answer in "123":
        await person.says(answer)
    await person.changes("a", "2")
    assert person.stack == "a b | c d"
    await person.says("3")
    assert person.at == "d"


async def test_s11_new_questions_are_asked_and_the_return_waits_for_them() -> None:
    """S11: a change that opens a new branch stops at its questions, one after another, and returns then."""
    person = await talk(ask("a"), branch("c", ("a.x == 'yes'", "n"), "b"), ask("n"), ask("m"), ask("b"), ask("z"))
    await person.says("no")
    await person.says("b")
    await person.changes("a", "yes")
    assert person.stack == "a n | b z"
    await person.says("n")
    assert person.stack == "a n m | b z"
    await person.says("m")
    assert person.stack == "a n m b z"


async def test_s11_a_second_change_keeps_the_first_ones_return() -> None:
    """S11: whoever changes another answer on the way is still brought back to the beginning of it all."""
    person = await talk(ask("a"), ask("b"), ask("c", depends_on=["b.x"]), ask("d"), ask("e"))
    for answer in "1234":
        await person.says(answer)
    await person.changes("b", "other")
    assert person.at == "c"
    await person.changes("a", "other")
    assert person.at == "c"
    await person.says("3")
    assert person.at == "e"


async def test_s11_going_back_gives_up_the_return() -> None:
    """S11: a person who goes back walks page by page again."""
    person = await talk(ask("a"), ask("b"), ask("c"), ask("d"))
    for answer in "123":
        await person.says(answer)
    await person.changes("c")
    await person.goes_back()
    await person.says("2")
    assert person.stack == "a b c | d"


async def test_s11_the_last_answer_that_is_kept_is_never_taken_over() -> None:
    """S11: a change asked where nothing could go on brings the person to the last question, and
    doesn't send anything unseen."""
    book = Book()
    book.failing["t"] = 1
    person = await talk(ask("a"), ask("b"), work("t"), book=book)
    await person.says("1")
    await person.says("2")
    assert (person.stack, person.run.status) == ("a b t", RunStatus.FAILED)
    await person.changes("a", "3")
    assert (person.stack, person.run.status) == ("a b | t", RunStatus.WAITING)
    await person.says("2")
    assert (person.stack, person.run.status) == ("a b t", RunStatus.COMPLETED)


async def test_s11_refused_changes_change_nothing() -> None:
    """S11: a wrong answer in a change leaves the person where they are."""
    person = await talk(ask("a", refuses=["bad"]), work("t"), ask("b"))
    await person.says("1")
    revision = person.run.revision
    await person.changes("a", "bad")
    assert (person.at, person.run.revision) == ("b", revision)
    assert person.run.rejected is not None
    assert person.run.rejected.step == "a"
    with pytest.raises(NotAStep):
        await person.changes("t", "1")
    for gone in ("c", "nowhere", "a/b"):
        with pytest.raises(StaleInput):
            await person.changes(gone, "1")
    await person.goes_back()
    with pytest.raises(StaleInput):
        await person.changes("b", "1")


async def test_s12_effects_are_undone_newest_first_before_anything_new_runs() -> None:
    """S12: a booking made for a way that was left is cancelled, later ones first."""
    person = await talk(
        ask("a"), branch("c", ("a.x == '1'", "t"), "u"), work("t"), work("t2", next="z"), work("u"), ask("z")
    )
    await person.says("1")
    person.did()
    await person.changes("a", "2")
    assert person.did() == ["accept a", "remove t2", "remove t", "run u"]


async def test_s13_answers_of_a_way_that_was_left_come_back_with_it() -> None:
    """S13: changing a mind twice costs nothing; nobody but that step sees the parked answer meanwhile."""
    person = await forked()
    await person.changes("a", "right")
    assert person.run.answers == {"a": {"x": "right"}}
    await person.changes("a", "left")
    assert (person.at, person.shown) == ("left", {"x": "l"})
    assert "left" not in person.run.answers


async def test_s13_parked_answers_are_seen_by_no_expression() -> None:
    """S13: what was said on a way that was left decides nothing."""
    person = await talk(ask("a"), branch("c", ("a.x == 'skip'", "t"), "b"), ask("b"), work("t", "b.x"), ask("z"))
    await person.says("ask")
    await person.says("secret")
    assert person.output("t") == {"v": "['secret']"}
    await person.changes("a", "skip")
    assert person.output("t") == {"v": "[None]"}


async def test_s13_a_visit_with_the_number_of_one_that_was_passed_by_is_asked_with_its_answers() -> None:
    """S8, S13: a change takes a question out of a loop's first round, and the second one comes to it by that path.
    What was said of one household must not count for the next one unseen, and need not be typed again."""
    nobody_there = branch("c", ("a.x == 'empty'", "more"), "who")
    again = branch("d", ("more.x == 'y'", "a"), "end")
    person = await talk(ask("a"), nobody_there, ask("who"), work("t", "who.x"), ask("more"), again)
    for answer in ("full", "Ada", "y", "full", "Bo", "y"):
        await person.says(answer)
    assert person.stack == "a who t more a~2 who~2 t~2 more~2 a~3"
    person.did()
    await person.changes("a", "empty")
    assert person.stack == "a more a~2 who | who~2 t~2 more~2 a~3"
    assert person.did() == ["accept a", "remove t", "remove who"]
    assert person.shown == {"x": "Ada"}
    assert "who" not in person.run.answers
    await person.says("Bo")
    assert person.stack == "a more a~2 who t more~2 a~3", "and the change goes on to where it was asked"
    assert person.output("t") == {"v": "['Bo']"}


async def test_s13_parked_answers_go_when_the_run_completes() -> None:
    """S13: what was taken back isn't kept of a person for ever."""
    person = await forked()
    await person.changes("a", "right")
    assert dict(person.run.run.parked) == {"left": {"x": "l"}}
    for answer in ("r", "both", "last"):
        await person.says(answer)
    assert person.run.status is RunStatus.COMPLETED
    assert not person.run.run.parked


async def test_kept_answers_inside_other_workflows_stay_in_their_instances() -> None:
    """S8 at every level: what is kept in a sub-workflow is found again there."""
    inner = flow("inner", ask("x"), ask("y"))
    person = await talk(ask("a"), embed("one", "inner"), embed("two", "inner"), ask("z"), inside=(inner,))
    for answer in ("a", "1x", "1y", "2x", "2y"):
        await person.says(answer)
    assert person.stack == "a one/x one/y two/x two/y z"
    await person.changes("one/x", "other")
    assert person.at == "z"
    assert person.run.answers["two"] == {"x": {"x": "2x"}, "y": {"x": "2y"}}
