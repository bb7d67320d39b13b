"""The rules of a run, told as conversations: moving (S1-S7) and keeping what still applies (S8-S13)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conversations import Conversation, talk
from tests.workflows import ask, branch, embed, engine, flow, work
from wizard.errors import NotAStep, PointOfNoReturn, RunCompleted, StaleInput
from wizard.model import RunStatus

# -- moving: S1-S7 ---------------------------------------------------------------------------------


async def test_s1_creating_executes_nothing() -> None:
    """S1: whoever only creates a run mustn't set anything off; Current may be an internal node."""
    made = engine(flow("main", branch("which", "a"), ask("a")))
    run = await made.create("main")
    assert (run.step, run.path, run.status) == ("which", (), RunStatus.CREATED)
    assert run.has_next
    assert not run.has_previous
    assert made.services.shared["book"].calls == []
    await made.previous(run)
    assert run.revision == 1


async def test_s2_the_first_next_enters_and_start_does_both() -> None:
    """S2: a host that creates runs ahead of time, and one that starts them, get to the same step."""
    made = engine(flow("main", ask("a")))
    run = await made.next(await made.create("main"))
    assert run.step == (await made.start("main")).step == "a"
    assert [line.step for line in run.path] == ["a"]


async def test_s3_entering_walks_through_what_needs_nobody() -> None:
    """S3: conditions leave trace entries and no steps, background nodes run one after another."""
    person = await talk(branch("c", "t"), ask("x"), work("t"), work("u", "t.v"), branch("d", "a"), ask("a"))
    assert person.stack == "t u a"
    assert person.did() == ["run t", "run u"]
    trace = [(each.entry.kind, each.entry.step) for each in await person.engine.trace(person.run.id)]
    assert ("branched", "c") in trace
    assert ("branched", "d") in trace


async def test_s4_rejected_answers_keep_the_person_at_the_step() -> None:
    """S4: a wrong answer is explained where it was given, and nothing goes on."""
    person = await talk(ask("a", refuses=["bad"]), work("t"))
    await person.says("bad")
    assert person.at == "a"
    assert person.run.rejected is not None
    assert person.run.rejected.error == "This can't be taken"
    assert person.run.answers == {}
    assert person.did() == ["reject a"]
    await person.says("good")
    assert person.run.status is RunStatus.COMPLETED
    assert person.run.answers == {"a": {"x": "good"}}


async def test_s5_a_completed_run_stays_as_it_is() -> None:
    """S5: a finished application must not be changed by whoever presses a button again."""
    person = await talk(ask("a"), ask("b"))
    await person.says("1")
    await person.says("2")
    revision = person.run.revision
    assert not person.run.has_next
    assert not person.run.has_previous
    await person.engine.next(person.run.id)
    for refused in (person.goes_back(), person.changes("a", "3"), person.takes_out("b/1")):
        with pytest.raises(RunCompleted):
            await refused
    assert (person.at, (await person.engine.load(person.run.id)).revision) == ("b", revision)


async def test_s5_a_run_that_may_be_reopened_is() -> None:
    """S5: with `reopen: true` a person can come back to what was sent, and complete it again."""
    person = await talk(ask("a"), ask("b"), reopen=True)
    await person.says("1")
    await person.says("2")
    await person.goes_back()
    assert (person.stack, person.run.status) == ("a | b", RunStatus.WAITING)
    await person.says("3")
    await person.says("2")
    assert (person.run.status, person.run.answers) == (RunStatus.COMPLETED, {"a": {"x": "3"}, "b": {"x": "2"}})
    await person.changes("a", "4")
    assert (person.at, person.run.status, person.shown) == ("b", RunStatus.WAITING, {"x": "2"})


async def test_s5_changing_the_last_answer_of_a_reopened_run_asks_what_is_new() -> None:
    """S5 and S11: a return to the step that is being changed is no return; a later change goes back
    to where it was asked."""
    person = await talk(ask("a"), ask("b"), branch("c", ("b.x == 'more'", "d"), "end"), ask("d"), ask("e"), reopen=True)
    await person.says("1")
    await person.says("no")
    await person.changes("b", "more")
    assert person.stack == "a b d"
    await person.says("1")
    await person.changes("a", "2")
    assert person.stack == "a b d e"


async def test_s6_previous_shows_the_answer_given() -> None:
    """S6: going back passes background steps, runs nothing, and what was answered is there again."""
    person = await talk(ask("a"), work("t"), ask("b"))
    await person.says("1")
    person.did()
    await person.goes_back()
    assert (person.stack, person.shown, person.did()) == ("a | t b", {"x": "1"}, [])
    await person.goes_back()
    assert person.stack == "a | t b"


async def test_s6_previous_by_exactly_one_step() -> None:
    """S6: a tool that looks at single steps can stop at a background step; nothing runs there."""
    person = await talk(ask("a"), work("t"), ask("b"))
    await person.says("1")
    person.did()
    await person.goes_back(skip_background=False)
    assert (person.stack, person.run.current.type, person.did()) == ("a t | b", "work", [])
    await person.says()
    assert (person.stack, person.did()) == ("a t b", [])


async def test_s6_previous_to_a_step() -> None:
    """S6: a visited page can be opened again by its address; other addresses are refused."""
    person = await talk(ask("a"), work("t"), ask("b"), ask("c"))
    await person.says("1")
    await person.says("2")
    await person.goes_back(to="a")
    assert person.stack == "a | t b c"
    await person.goes_back(to="a")
    assert person.stack == "a | t b c"
    for wrong in ("t", "b", "c", "nowhere", "a~2", ""):
        with pytest.raises(NotAStep):
            await person.goes_back(to=wrong)


async def test_s7_below_what_is_final_nothing_can_be_changed() -> None:
    """S7: once the money is taken, nobody changes what was bought."""
    person = await talk(ask("a"), ask("b"), work("pay", final=True), ask("c"), ask("d"))
    await person.says("1")
    await person.says("2")
    assert not person.run.has_previous
    for refused in (person.goes_back(), person.goes_back(to="a"), person.changes("b", "3"), person.changes("a")):
        with pytest.raises(PointOfNoReturn):
            await refused
    await person.says("3")
    assert person.run.has_previous
    await person.goes_back()
    assert person.stack == "a b pay c | d"
    await person.goes_back(skip_background=False)
    assert person.stack == "a b pay | c d"
    with pytest.raises(PointOfNoReturn):
        await person.goes_back()


async def test_s7_a_final_form_is_a_wall_once_it_is_answered() -> None:
    """S7: before it is sent, a person can still go back from the final form."""
    person = await talk(ask("a"), ask("send", final=True), ask("b"))
    await person.says("1")
    await person.goes_back()
    await person.says("1")
    await person.says("yes")
    with pytest.raises(PointOfNoReturn):
        await person.goes_back()


async def test_s7_holds_where_the_way_on_fails_after_the_wall() -> None:
    """S7 before S17: the money was taken, then the way on couldn't be found. The person must not
    come to stand where taking the money could be undone."""
    person = await talk(ask("a"), work("pay", final=True), branch("c", ("a.x == 'x'", "b")), ask("b"))
    await person.says("1")
    assert (person.stack, person.run.status) == ("a pay", RunStatus.FAILED)
    assert "c" in (person.error or "")
    with pytest.raises(PointOfNoReturn):
        await person.goes_back()
    person.did()
    await person.says()
    assert (person.stack, person.did()) == ("a pay", [])


# -- keeping what still applies: S8-S13 --------------------------------------------------------------


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
    """S11: so a change at the last page, or one whose page is gone, doesn't end the run unseen."""
    person = await talk(ask("a"), branch("c", ("a.x == 'short'", "b"), "n"), ask("n"), ask("b"), work("t"))
    await person.says("long")
    await person.says("n")
    await person.goes_back(skip_background=False)
    await person.changes("a", "short")
    assert (person.stack, person.run.status) == ("a b", RunStatus.WAITING)
    await person.says("b")
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
