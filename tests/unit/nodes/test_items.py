"""What is done with the items of a list."""

from __future__ import annotations

import string
from decimal import Decimal
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from wizard.expressions.arithmetic import Budget, same
from wizard.nodes.items import identity

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
