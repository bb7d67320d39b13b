"""Exact numbers: rounded as it is said, grouped, and their mean."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.nodes.handing import failure_of, output_of
from wizard.nodes.data.figures import MOST_GROUPS, CalculateNode, GroupAndSumNode, MinMaxMeanNode

D = Decimal


@pytest.mark.parametrize(
    ("expression", "more", "expected"),
    [
        ("0.1 + 0.2", {}, D("0.3")),
        ("a.x * 2", {}, D("5.0")),
        ("a.x", {"places": 0}, 3),
        ("-a.x", {"places": 0}, -3),
        ("a.x", {"places": 0, "rounding": "half_even"}, 2),
        ("a.x", {"places": 0, "rounding": "down"}, 2),
        ("-a.x", {"places": 0, "rounding": "up"}, -2),
        ("-a.x", {"places": 0, "rounding": "down"}, -3),
        ("a.x", {"places": 2}, D("2.50")),
        ("2", {"places": 2}, D("2.00")),
        ("a.missing + 1", {}, None),
        ("a.missing + 1", {"places": 2}, None),
        ("a.missing + 1", {"otherwise": 0, "places": 2}, D("0.00")),
        ("2 ** 200", {"places": 1}, D(f"{2**200}.0")),
        ("2 ** 200", {"places": 0}, 2**200),
    ],
)
async def test_numbers_are_exact(expression: str, more: Mapping[str, Any], expected: Any) -> None:
    """A price that is a cent too high or low, or 0 where it isn't known."""
    output = await output_of(CalculateNode(), {"expression": expression, **more}, {"a": {"x": D("2.5")}})
    assert output == {"value": expected}
    assert str(output["value"]) == str(expected), "2.50 isn't 2.5"
    assert type(output["value"]) is type(expected)


@pytest.mark.parametrize(
    ("expression", "more", "said"),
    [
        ("a.text", {}, "`expression` gives must be a number; it is a text"),
        ("a.x > 1", {}, "`expression` gives must be a number; it is true or false"),
        ("a.missing", {"otherwise": "a.text"}, "`otherwise` gives must be a number"),
        ("a.x / 0", {}, "divides by zero"),
        ("10 ** 500", {}, "too large"),
    ],
)
async def test_what_is_no_number_is_refused(expression: str, more: Mapping[str, Any], said: str) -> None:
    """A text that looks like a number would be compared as a text later on."""
    data = {"a": {"x": 2, "text": "5"}}
    assert said in await failure_of(CalculateNode(), {"expression": expression, **more}, data)


ORDERS = [
    {"to": "CH", "total": D("0.10")},
    {"to": "AT", "total": 5},
    {"to": "CH", "total": D("0.20")},
    {"total": None},
]


async def test_items_are_grouped_and_added_up() -> None:
    """Groups in the order in which they came up; what has no number counts and adds nothing."""
    output = await output_of(GroupAndSumNode(), {"items": "a", "by": "item.to", "sum": "item.total"}, {"a": ORDERS})
    assert output["value"] == [
        {"by": "CH", "count": 2, "sum": D("0.30")},
        {"by": "AT", "count": 1, "sum": 5},
        {"by": None, "count": 1, "sum": 0},
    ]
    assert output["total"] == D("5.30")


async def test_without_a_number_items_are_counted() -> None:
    """How many orders go where."""
    output = await output_of(GroupAndSumNode(), {"items": "a", "by": "item.to"}, {"a": ORDERS})
    assert [group["sum"] for group in output["value"]] == [2, 1, 1]
    assert await output_of(GroupAndSumNode(), {"items": "a", "by": "item"}, {}) == {"value": [], "total": 0}


async def test_groups_are_bounded_and_sums_are_of_numbers() -> None:
    """Grouping by something that each item has alone helps nobody and fills the run."""
    many = {"a": list(range(MOST_GROUPS + 1))}
    assert "`by` gives makes more than 1,000 groups" in await failure_of(
        GroupAndSumNode(), {"items": "a", "by": "item"}, many
    )
    wrong = {"a": [{"n": "5"}]}
    config = {"items": "a", "by": "1", "sum": "item.n"}
    assert "`sum` gives must be a number" in await failure_of(GroupAndSumNode(), config, wrong)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([2, 1, 1], (1, 2, D("1." + "3" * 39), 4, 3)),
        ([1, 2, None], (1, 2, D("1.5"), 3, 2)),
        ([D("0.1"), D("0.2")], (D("0.1"), D("0.2"), D("0.15"), D("0.3"), 2)),
        ([None], (None, None, None, 0, 0)),
        (None, (None, None, None, 0, 0)),
        ([-5], (-5, -5, -5, -5, 1)),
    ],
)
async def test_smallest_largest_and_mean(items: Any, expected: tuple[Any, ...]) -> None:
    """The mean of no orders is nothing, and not 0."""
    output = await output_of(MinMaxMeanNode(), {"items": "a"}, {"a": items})
    names = ("min", "max", "mean", "sum", "count")
    assert tuple(output[name] for name in names) == expected
    assert output["value"] == {name: output[name] for name in names}


async def test_the_mean_is_of_numbers() -> None:
    """`true` is no 1."""
    for wrong in (True, "5", [1]):
        assert "`of` gives must be a number" in await failure_of(MinMaxMeanNode(), {"items": "a"}, {"a": [wrong]})
