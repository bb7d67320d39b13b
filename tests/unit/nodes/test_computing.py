"""What all types that only compute share."""

from __future__ import annotations

import string
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.nodes.handing import failure_of, visit_of
from wizard.expressions.arithmetic import Budget, same
from wizard.node import Registry
from wizard.nodes.computing import Computes, ComputesOfItems, identity
from wizard.nodes.data.texts import TemplateNode

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.decimals(-3, 3, places=1)
    | st.sampled_from([-1.0, 0.5, 2.0])
    | st.text(string.ascii_letters, max_size=2)
    | st.dates()
    | st.datetimes(timezones=st.timezones() | st.none())
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner), max_leaves=5
)


@given(VALUES, VALUES)
@example(True, 1)
@example([False], [0])
@example(1, Decimal("1.0"))
@example(0.1, Decimal("0.1"))
@example({"a": 1, "b": None}, {"b": None, "a": 1.0})
def test_what_is_identical_is_what_the_expressions_call_equal(left: Any, right: Any) -> None:
    """A filter by `==` and a deduplication would disagree about who is the same person."""
    budget = Budget()
    budget.left = 10_000
    for one, other in ((left, right), (left, left)):
        assert (identity(one) == identity(other)) == same(budget, one, other)
    assert hash(identity(left)) == hash(identity(left))


async def test_a_result_that_is_too_large_is_refused_where_it_is_made() -> None:
    """It must stop at its node, with a message that says why, and not break the turn when it is saved."""
    from wizard.nodes.data.groups import MergeNode

    for item, told in (("x" * 1_000, "too large"), ("ä" * 600, "The result is larger than 1,000,000 bytes")):
        config, data = {"parts": ["a", "a"]}, {"a": [item] * 800}
        assert told in await failure_of(MergeNode(), config, data)


async def test_a_result_is_kept_only_where_it_is_said() -> None:
    """A text that is for one page only must not end up in somebody's profile."""
    visit = visit_of(TemplateNode(), {"text": "x"})
    await TemplateNode().execute(visit)
    assert visit.changes == {}


@pytest.mark.parametrize("handler", [each for each in Registry.installed() if isinstance(each, Computes)])
def test_into_is_asked_last_and_an_item_is_seen_where_it_is_used(handler: Any) -> None:
    """Who fills in a form says first what is to be computed."""
    assert list(handler.Config.model_fields)[-1] == "into"
    assert handler.pure
    assert not handler.outputs(None) - set(handler.gives)
    assert (handler.own_names(None) == {"item"}) == isinstance(handler, ComputesOfItems)
