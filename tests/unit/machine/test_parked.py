"""Answers of steps that left the stack, and what is stored of them (S13)."""

from __future__ import annotations

from tests.unit.machine.test_stack import WORKFLOW, new_turn
from wizard.model.path import locate


def test_answers_are_parked_and_come_back_as_a_draft() -> None:
    """S13 in what is stored: parked when dropped, unparked when entered, and all deleted at once."""
    turn = new_turn()
    for node in ("n1", "n2"):
        step = turn.put(turn.push(locate(WORKFLOW, node), node)._replace(output={"x": node}))
        turn.take_out(step, park=True)
    parked = turn.change()
    assert parked.parked == {"n1": {"x": "n1"}, "n2": {"x": "n2"}}
    assert turn.push(locate(WORKFLOW, "n1"), "n1").draft == {"x": "n1"}
    unparked = turn.change()
    assert (unparked.unparked, dict(unparked.run.parked)) == (("n1",), {"n2": {"x": "n2"}})
    turn.take_out(turn.steps[0], park=False)
    turn.parking.forget("n")
    turn.parking.forget_all()
    assert turn.change().unparked == ("n2",)
    turn.parking.forget_all()
    assert turn.change().unparked == ()


def test_parking_over_what_was_unparked_keeps_it() -> None:
    """S13: entered and left again within one turn, the answers are still there."""
    turn = new_turn()
    turn.take_out(turn.put(turn.push(locate(WORKFLOW, "n1"), "n1")._replace(output={"x": 1})), park=True)
    turn.change()
    turn.take_out(turn.push(locate(WORKFLOW, "n1"), "n1"), park=True)
    change = turn.change()
    assert (change.parked, change.unparked) == ({"n1": {"x": 1}}, ())
    turn.parking.forget_all()
    turn.take_out(turn.push(locate(WORKFLOW, "n2"), "n2")._replace(draft={"x": 2}), park=True)
    everything = turn.change()
    assert (everything.unparked, everything.parked) == (None, {"n2": {"x": 2}})
    turn.parking.forget_all()
    turn.take_out(turn.push(locate(WORKFLOW, "n3"), "n3")._replace(draft={"x": 3}), park=True)
    assert turn.push(locate(WORKFLOW, "n3"), "n3").draft == {"x": 3}
    again = turn.change()
    assert (again.unparked, again.parked) == (None, {})
