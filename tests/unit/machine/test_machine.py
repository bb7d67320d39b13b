"""The rules of a run, told as conversations: moving (S1-S7)."""

from __future__ import annotations

import pytest

from tests.conversations import talk
from tests.workflows import ask, branch, engine, flow, work
from wizard.errors import NotAStep, PointOfNoReturn, RunCompleted
from wizard.model import RunStatus


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


async def test_s6_one_step_back_from_a_failed_one() -> None:
    """S6: the run no longer counts as failed, and Next goes on from there."""
    person = await talk(ask("a"), work("t"), work("u", "a.x", fails_on=["bad"]), ask("b"))
    await person.says("bad")
    await person.goes_back(skip_background=False)
    assert (person.stack, person.run.status, person.error) == ("a t | u", RunStatus.WAITING, None)
    await person.says()
    assert (person.stack, person.run.status) == ("a t u", RunStatus.FAILED)


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
