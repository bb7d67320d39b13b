"""Turns that can't go on (S17), and the stack that a turn leaves behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversations import Conversation, talk
from tests.workflows import START, ask, branch, catalog, embed, engine, flow, work
from wizard.errors import TurnTooLong
from wizard.machine.stack import MAX_NODES, Turn
from wizard.model import Run, RunStatus
from wizard.model.path import locate

# -- S17 -------------------------------------------------------------------------------------------


async def stuck() -> Conversation:
    person = await talk(
        ask("a"), ask("b"), work("t", "b.x"), work("u"), branch("which", ("b.x == 'good'", "c")), ask("c"), ask("d")
    )
    await person.says("1")
    await person.says("bad")
    return person


async def test_s17_without_a_case_the_person_stays_at_the_step_just_answered() -> None:
    """S17: the answer isn't lost, the person can give another one, and the author learns where it was."""
    person = await stuck()
    assert (person.stack, person.run.status) == ("a b | t u", RunStatus.WAITING)
    fault = person.run.fault
    assert fault is not None
    assert (fault.kind, fault.node) == ("NoCaseMatched", "which")
    assert "No case of the condition matches" in person.fault
    assert person.shown == {"x": "bad"}
    assert person.run.answers == {"a": {"x": "1"}}


async def test_s17_background_steps_that_ran_meanwhile_are_reused() -> None:
    """S17 and S10: what was paid for isn't bought again because the way on was missing."""
    person = await stuck()
    person.did()
    await person.says("bad")
    assert person.did() == ["accept b"]
    await person.says("good")
    assert (person.stack, person.did()) == ("a b t u c", ["accept b", "remove t", "run t"])
    assert person.run.fault is None


async def test_s17_the_error_goes_when_the_person_moves() -> None:
    """S17: an old error under a new page would only confuse."""
    person = await stuck()
    await person.goes_back()
    assert (person.stack, person.error) == ("a | b t u", None)


async def test_s17_an_expression_that_fails_names_its_node() -> None:
    """S17: a comparison of things that can't be compared."""
    person = await talk(ask("a"), branch("which", ("a.x > 5", "b"), "b"), ask("b"))
    await person.says("text")
    fault = person.run.fault
    assert fault is not None
    assert (person.at, fault.kind, fault.node) == ("a", "ExpressionError", "which")
    await person.engine.next(person.run, {"x": 6})
    assert person.at == "b"


async def test_s17_a_page_whose_title_fails_is_never_entered() -> None:
    """S17: a page that can't be shown isn't put before anybody; its step doesn't stay behind either."""
    person = await talk(ask("a"), ask("b", text="{{ 10 // a.x }}"), ask("c"))
    await person.engine.next(person.run, {"x": 0})
    assert (person.stack, person.run.fault is not None) == ("a", True)
    assert person.run.fault is not None
    assert person.run.fault.node == "b"
    await person.engine.next(person.run, {"x": 5})
    assert (person.stack, person.run.current.text) == ("a b", "2")


async def test_s17_a_kept_page_whose_title_fails_keeps_its_answer() -> None:
    """S17 and S13: the answer is there again as soon as the page can be shown."""
    person = await talk(ask("a"), ask("b", text="{{ 10 // a.x }}"), ask("c"))
    await person.engine.next(person.run, {"x": 5})
    await person.says("mine")
    await person.goes_back(to="a")
    await person.engine.next(person.run, {"x": 0})
    assert (person.stack, person.run.fault is not None) == ("a | b c", True)
    await person.engine.next(person.run, {"x": 2})
    assert (person.stack, person.shown) == ("a b | c", {"x": "mine"})


async def test_s17_a_draft_is_parked_with_its_page() -> None:
    """S17 and S9: what was typed on a page that can't be shown for now isn't lost."""
    person = await talk(ask("a"), ask("b", text="{{ 10 // a.x }}"), ask("c"))
    await person.engine.next(person.run, {"x": 5})
    await person.goes_back(draft={"x": "half"})
    await person.engine.next(person.run, {"x": 0})
    await person.engine.next(person.run, {"x": 1})
    assert (person.stack, person.shown) == ("a b", {"x": "half"})


async def test_s17_before_any_question_the_run_fails_and_can_be_tried_again() -> None:
    """S17: there is no step to stay at; an event from outside may make the way free."""
    made = engine(flow("main", work("t"), branch("which", ("session.open == true", "a")), ask("a")))
    person = Conversation(made, await made.start("main"))
    assert (person.stack, person.at, person.run.status) == (" | t", "t", RunStatus.FAILED)
    assert "which" in person.fault
    assert not person.run.has_previous
    person.did()
    await person.goes_back()
    await made.amend(person.run, session={"open": True})
    await person.says()
    assert (person.stack, person.did(), person.run.status) == ("t a", [], RunStatus.WAITING)


async def test_s17_after_a_background_step_the_run_fails_there() -> None:
    """S17: tried again at a failed step, the way on is missing; Next tries once more, Back leads out."""
    person = await talk(
        ask("a"), work("t", "a.x", fails_on=["bad"]), branch("which", ("session.open == true", "b")), ask("b")
    )
    await person.says("bad")
    await person.says()
    assert (person.stack, person.run.status) == ("a t", RunStatus.FAILED)
    await person.goes_back()
    await person.goes_back()
    await person.says("good")
    await person.goes_back(skip_background=False)
    assert person.stack == "a | t"
    await person.engine.amend(person.run, session={"open": True})
    await person.says("good")
    assert person.stack == "a t b"


async def test_s17_a_pending_return_survives_a_turn_that_couldnt_go_on() -> None:
    """S11 with S17: the page to return to can't be shown for this answer; another one gets there."""
    person = await talk(ask("a"), ask("b"), ask("c", text="{{ 10 // a.x }}"), ask("d"))
    await person.engine.next(person.run, {"x": 1})
    await person.says("b")
    await person.says("c")
    await person.goes_back()
    await person.engine.change(person.run, "a", {"x": 0})
    assert (person.stack, person.run.fault is not None) == ("a | b c d", True)
    await person.engine.next(person.run, {"x": 2})
    assert person.stack == "a b c | d"


async def test_s17_a_turn_of_a_thousand_nodes_is_stopped() -> None:
    """S17: a list of a million items from outside doesn't occupy the server for an hour."""
    person = await talk(
        ask("a"), embed("many", "inner", repeat={"times": "a.n"}), ask("b"), inside=(flow("inner", work("t")),)
    )
    await person.says(n=10**9)
    fault = person.run.fault
    assert fault is not None
    assert (person.at, fault.kind) == ("a", "TurnTooLong")
    assert "1,000 nodes" in person.fault
    await person.says(n=3)
    assert person.stack == "a many/1/t many/2/t many/3/t b"


def test_s17_exactly_a_thousand_are_allowed() -> None:
    """The bound is the one that is promised."""
    turn = new_turn()
    for _ in range(MAX_NODES):
        turn.count_node()
    with pytest.raises(TurnTooLong, match="1,000 nodes"):
        turn.count_node()


# -- the stack -------------------------------------------------------------------------------------


NODES = [f"n{number}" for number in range(40)]
WORKFLOW = catalog(flow("main", *(ask(node) for node in NODES))).get("main")


def new_turn() -> Turn:
    run = Run("r", "main", WORKFLOW.version, 1, RunStatus.CREATED, START, START)
    return Turn(WORKFLOW, run, START)


@given(st.lists(st.integers(0, 39), min_size=1, max_size=40, unique=True), st.integers(0, 40))
def test_steps_are_found_wherever_they_were_put_in(order: list[int], down: int) -> None:
    """However often steps are put in between others, each stays in its place and is found by its path."""
    turn, expected = new_turn(), list[str]()
    for number in order:
        turn.cursor = max(-1, turn.cursor - down % (number + 1))
        expected.insert(turn.cursor + 1, f"n{number}")
        turn.push(locate(WORKFLOW, f"n{number}"), f"n{number}")
    assert [step.path for step in turn.steps] == expected
    seqs = [step.seq for step in turn.steps]
    assert seqs == sorted(set(seqs))
    assert [turn.position(path) for path in expected] == list(range(len(expected)))
    for path in expected:
        kept = turn.kept_at(path)
        assert kept == (turn.position(path) if turn.position(path) > turn.cursor else None)
    written = {step.path: step for step in turn.change().written}
    assert written == dict(turn.by_path)


@pytest.mark.parametrize("below", [0, 1, 3])
def test_room_between_two_steps_is_made_when_it_is_used_up(below: int) -> None:
    """Somebody who goes back and takes another way a hundred times gets as far as anybody, at whichever step."""
    turn = new_turn()
    before, others = NODES[:below], NODES[below:]
    for node in before:
        turn.push(locate(WORKFLOW, node), node)
    for node in others:
        turn.cursor = below - 1
        turn.push(locate(WORKFLOW, node), node)
    assert [step.path for step in turn.steps] == before + others[::-1]
    assert [turn.position(step.path) for step in turn.steps] == list(range(len(NODES)))
    assert turn.change().run.cursor == below


def test_what_is_owed_and_done_in_one_turn_is_stored_as_done() -> None:
    """S12: whoever reads the store finds no debt there, and no worker is sent for it."""
    turn = new_turn()
    step = turn.push(locate(WORKFLOW, "n1"), "n1")
    turn.take_out(step, park=False)
    assert turn.owe(step)
    assert turn.unsaved_debts == (step.visit,)
    turn.undone(step.visit)
    assert turn.unsaved_debts == ()
    change = turn.change()
    assert (change.undos, change.undone, change.run.undos) == ((), (step.visit,), ())


def test_a_change_holds_what_came_since_the_last_one() -> None:
    """S21: a turn is stored before each effect; nothing may be stored twice or forgotten."""
    turn = new_turn()
    turn.push(locate(WORKFLOW, "n1"), "n1")
    first = turn.change()
    assert [step.path for step in first.written] == ["n1"]
    assert (first.expected, first.run.revision) == (1, 2)
    assert not turn.touched
    step = turn.push(locate(WORKFLOW, "n2"), "n2")
    turn.take_out(step, park=True)
    second = turn.change()
    assert (second.written, second.dropped, second.expected) == ((), ("n2",), 2)
    assert [each.kind for each in second.entries] == ["entered"]
    assert first.run.by_path.get("n1") is not None
