"""`set` nodes: computed outputs and changes of the internal state."""

import pytest

from tests.unit.nodes.handing import visit_of
from wizard.definitions.internal import SetConfig
from wizard.errors import ExpressionError, NodeFailed
from wizard.model import Proceed
from wizard.nodes.data.set import SetNode


async def test_values_keep_their_types_and_texts_are_filled_in() -> None:
    """A total that became text could not be compared any more."""
    visit = visit_of(
        SetNode(),
        {"values": {"total": "{{ order.count * 3 }}", "hello": "Dear {{ order.name }}", "fixed": [1, {"a": True}]}},
        {"order": {"count": 2, "name": "Ada"}},
    )
    assert await SetNode().execute(visit) == Proceed({"total": 6, "hello": "Dear Ada", "fixed": [1, {"a": True}]})
    assert visit.changes == {}


async def test_documents_are_changed_through_the_visit() -> None:
    """Only so the change is taken back when the step leaves the path."""
    values = {"session.seen": True, "profile.name": "{{ order.name }}", "event.count": 1, "kept": 2}
    visit = visit_of(SetNode(), {"values": values}, {"order": {"name": "Ada"}})
    assert await SetNode().execute(visit) == Proceed({"kept": 2})
    assert visit.changes == {("session", "seen"): True, ("profile", "name"): "Ada", ("event", "count"): 1}


def test_later_nodes_see_the_plain_names_only() -> None:
    """The checker warns of names that nobody can read."""
    config = SetConfig.model_validate({"values": {"total": 1, "session.seen": True}})
    assert SetNode().outputs(config) == {"total"}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("applicant.name", "applicant.name can't be set"),
        ("session.a.b", "session.a.b can't be set"),
        ("input.a", "can't be set"),
        ("two words", "isn't a name"),
        ("session.", "isn't a name"),
        ("1st", "isn't a name"),
        ("", "isn't a name"),
    ],
)
def test_names_that_cannot_be_set_are_found_at_load(name: str, why: str) -> None:
    """Otherwise the author finds out when a person is in the middle of the run."""
    config = SetConfig.model_validate({"values": {name: 1, "fine": 2, "session.fine": 3}})
    problems = list(SetNode().check(config))
    assert [place for place, _ in problems] == [("values", name)]
    assert why in problems[0][1]


async def test_an_expression_that_fails_changes_nothing() -> None:
    """Half of the values set would be a state that no definition describes."""
    visit = visit_of(SetNode(), {"values": {"session.a": 1, "b": "{{ 1 / x.zero }}"}}, {"x": {"zero": 0}})
    with pytest.raises(ExpressionError):
        await SetNode().execute(visit)
    assert visit.changes == {}


async def test_what_cannot_be_stored_is_the_nodes_failure() -> None:
    """It must stop at this node, and not break the turn when it is saved."""
    visit = visit_of(SetNode(), {"values": {"x": "{{ a }}"}}, {"a": float("inf")})
    with pytest.raises((NodeFailed, ExpressionError)):
        await SetNode().execute(visit)
    visit = visit_of(SetNode(), {"values": {"x": "{{ a }}"}}, {"a": "x" * 2_000_000})
    with pytest.raises((NodeFailed, ExpressionError)):
        await SetNode().execute(visit)


def test_it_runs_again_without_a_record() -> None:
    """An effect record for each computed value would double the cost of a turn (S21)."""
    assert SetNode.pure
