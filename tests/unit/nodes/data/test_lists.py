"""What is done with lists: what is kept, in which order, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.handing import failure_of, output_of, visit_of
from wizard.nodes.data.lists import (
    AppendNode,
    DeduplicateNode,
    FilterNode,
    RemoveFromListNode,
    SetOperationsNode,
    SortNode,
)
from wizard.nodes.given import MAX_ITEMS

ANN, BEN, CY = {"name": "Ann", "age": 40}, {"name": "Ben", "age": 7}, {"name": "Cy", "age": None}
PEOPLE = [ANN, BEN, CY]
NOON = datetime(2026, 3, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "items", "expected"),
    [
        ({}, [1, 2], [1, 2, 3]),
        ({}, None, [3]),
        ({"at_start": True}, [1, 2], [3, 1, 2]),
        ({"unique": True}, [3, 1], [3, 1]),
        ({"unique": True}, [Decimal("3.0")], [Decimal("3.0")]),
        ({"unique": True}, ["3", True], ["3", True, 3]),
        ({"most": 2}, [1, 2], [2, 3]),
        ({"most": 2, "at_start": True}, [1, 2], [3, 1]),
    ],
)
async def test_a_value_is_added(more: Mapping[str, Any], items: Any, expected: list[Any]) -> None:
    """The last pages that somebody looked at: the newest would be lost, or the list grow for ever."""
    config = {"items": "a.list", "value": "{{ a.x }}", **more}
    assert await output_of(AppendNode(), config, {"a": {"list": items, "x": 3}}) == {"value": expected}


async def test_the_longer_list_is_kept_in_the_profile() -> None:
    """`into` is what makes it stay until the person's next run."""
    visit = visit_of(AppendNode(), {"items": "profile.n", "value": "b", "into": "profile.n"}, {"profile": {"n": ["a"]}})
    await AppendNode().execute(visit)
    assert visit.changes == {("profile", "n"): ["a", "b"]}


async def test_a_list_that_is_full_says_so() -> None:
    """A list that grew with each run would make each of them slower, until nothing could be saved."""
    full = {"a": list(range(MAX_ITEMS))}
    assert "`most`" in await failure_of(AppendNode(), {"items": "a", "value": 1}, full)
    assert len((await output_of(AppendNode(), {"items": "a", "value": 1, "most": MAX_ITEMS}, full))["value"]) == 5_000


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"value": "{{ a.five }}"}, ["5", True, None, "x"]),
        ({"value": "x"}, [5, "5", True, None, Decimal("5.0")]),
        ({"value": "nobody"}, [5, "5", True, None, Decimal("5.0"), "x"]),
        ({"when": "item == null"}, [5, "5", True, Decimal("5.0"), "x"]),
    ],
)
async def test_values_are_taken_out(more: Mapping[str, Any], expected: list[Any]) -> None:
    """Who unsubscribes is taken out each time that they are in there, and nobody else is."""
    data = {"a": {"five": 5, "list": [5, "5", True, None, Decimal("5.0"), "x"]}}
    output = await output_of(RemoveFromListNode(), {"items": "a.list", **more}, data)
    assert output == {"value": expected, "removed": 6 - len(expected)}


@pytest.mark.parametrize("more", [{}, {"value": 1, "when": "item == 1"}])
def test_it_is_clear_what_is_taken_out(more: Mapping[str, Any]) -> None:
    """Nothing said would take nothing out, both would leave it open which counts."""
    config = RemoveFromListNode.Config.model_validate({"items": "a", **more})
    [(_, problem)] = RemoveFromListNode().check(config)  # type: ignore[arg-type]
    assert "either" in problem


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"when": "item.age >= 18"}, [ANN]),
        ({"when": "item.age < limit.age"}, [BEN]),
        ({"when": "not (item.age >= 18)"}, [BEN, CY]),
        ({"when": "true", "most": 2}, [ANN, BEN]),
        ({"when": "item.nothing"}, []),
    ],
)
async def test_items_are_filtered(more: Mapping[str, Any], expected: list[Any]) -> None:
    """The expression sees the item and everything else."""
    output = await output_of(FilterNode(), {"items": "people", **more}, {"people": PEOPLE, "limit": {"age": 18}})
    assert output == {"value": expected, "count": len(expected)}


async def test_what_is_read_of_others_is_noted_and_an_item_is_not() -> None:
    """S10: the step is done again if the limit changes, and a node called `item` has nothing to do with it."""
    data = {"people": PEOPLE, "limit": {"age": 18}, "item": {"age": 99}}
    visit = visit_of(FilterNode(), {"items": "people", "when": "item.age < limit.age"}, data)
    await FilterNode().execute(visit)
    assert visit.names.reads == {("people",), ("limit", "age")}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"by": "item.age"}, [BEN, ANN, CY]),
        ({"by": "item.age", "descending": True}, [ANN, BEN, CY]),
        ({"by": "item.name", "descending": True}, [CY, BEN, ANN]),
        ({"by": "item.age == null"}, None),
    ],
)
async def test_items_are_ordered(more: Mapping[str, Any], expected: list[Any] | None) -> None:
    """Who has no age comes last, whatever the direction; true and false have no order."""
    if expected is None:
        assert "can't order" in await failure_of(SortNode(), {"items": "people", **more}, {"people": PEOPLE})
        return
    assert await output_of(SortNode(), {"items": "people", **more}, {"people": PEOPLE}) == {"value": expected}


@pytest.mark.parametrize(
    ("items", "more", "expected"),
    [
        (["b", "A", "a", "B"], {}, ["A", "B", "a", "b"]),
        (["b", "A", "a", "B"], {"ignore_case": True}, ["A", "a", "b", "B"]),
        (["b", "A", "a", "B"], {"ignore_case": True, "descending": True}, ["b", "B", "A", "a"]),
        ([10, Decimal("9.5"), 9], {}, [9, Decimal("9.5"), 10]),
        ([NOON + timedelta(hours=1), NOON.astimezone(timezone(timedelta(hours=5)))], {}, None),
        ([date(2026, 2, 1), None, date(2026, 1, 1)], {}, [date(2026, 1, 1), date(2026, 2, 1), None]),
        ([], {}, []),
        (None, {}, []),
    ],
)
async def test_order_is_that_of_the_expressions(items: Any, more: Any, expected: Any) -> None:
    """Equal ones stay as they were, so that two sorts make an order by two things; moments are instants."""
    output = await output_of(SortNode(), {"items": "a", **more}, {"a": items})
    assert output == {"value": expected if expected is not None else list(reversed(items))}


@pytest.mark.parametrize("items", [["a", 1], [{"a": 1}], [[1], [2]], [True, False]])
async def test_what_has_no_order_is_refused(items: list[Any]) -> None:
    """An order that depends on the kinds of values would be a surprise to whoever reads it."""
    assert "can't order" in await failure_of(SortNode(), {"items": "a"}, {"a": items})


@pytest.mark.parametrize(
    ("items", "more", "expected"),
    [
        ([1, Decimal("1.0"), "1", True, 1], {}, [1, "1", True]),
        ([{"a": 1, "b": [2]}, {"b": [2], "a": 1}], {}, [{"a": 1, "b": [2]}]),
        ([NOON, NOON.astimezone(timezone(timedelta(hours=5)))], {}, [NOON]),
        ([None, None], {}, [None, None]),
        ([{"n": "Ann"}, {"n": "ANN"}, {}], {"by": "lower(item.n)"}, [{"n": "Ann"}, {}]),
        ([{"n": "Ann"}, {"n": "ANN"}, {}], {"by": "lower(item.n)", "keep": "last"}, [{"n": "ANN"}, {}]),
        (None, {}, []),
    ],
)
async def test_each_is_kept_once(items: Any, more: Any, expected: list[Any]) -> None:
    """Two letters to one address, or none to two people who have none."""
    output = await output_of(DeduplicateNode(), {"items": "a", **more}, {"a": items})
    assert output == {"value": expected, "removed": len(items or ()) - len(expected)}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("union", [1, 2, 3, "1"]),
        ("intersection", [2]),
        ("difference", [1]),
        ("symmetric_difference", [1, 3, "1"]),
    ],
)
async def test_two_lists_are_compared(operation: str, expected: list[Any]) -> None:
    """Which interests are new, and which are gone."""
    config = {"left": "a", "operation": operation, "right": "b"}
    output = await output_of(SetOperationsNode(), config, {"a": [1, 2, 1], "b": [2, 3, "1", 3]})
    assert output == {"value": expected, "count": len(expected)}
    assert (await output_of(SetOperationsNode(), config, {}))["value"] == []


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9)))
async def test_lists_are_compared_as_sets_are(left: list[int], right: list[int]) -> None:
    """Whatever the lists, each operation gives what mathematics says."""
    data = {"a": left, "b": right}
    for operation in ("union", "intersection", "difference", "symmetric_difference"):
        output = await output_of(SetOperationsNode(), {"left": "a", "operation": operation, "right": "b"}, data)
        assert set(output["value"]) == getattr(set(left), operation)(right)
        assert len(output["value"]) == len(set(output["value"]))


LISTS = (
    (AppendNode(), {"items": "a", "value": 1}),
    (RemoveFromListNode(), {"items": "a", "value": 1}),
    (FilterNode(), {"items": "a", "when": "item == 1"}),
    (SortNode(), {"items": "a"}),
    (DeduplicateNode(), {"items": "a"}),
)


@pytest.mark.parametrize(("handler", "config"), LISTS)
@pytest.mark.parametrize("wrong", ["a text", 5, {"a": 1}, True])
async def test_what_is_no_list_is_refused_by_its_key(handler: Any, config: Any, wrong: Any) -> None:
    """An operator reads which key it is, and nothing of what somebody answered."""
    told = await failure_of(handler, config, {"a": wrong})
    assert "`items` gives must be a list" in told
    assert "a text of" not in told


@pytest.mark.parametrize(("handler", "config"), LISTS[1:])
async def test_a_list_that_is_too_long_is_refused_and_the_longest_takes_no_second(handler: Any, config: Any) -> None:
    """All people of a server wait while one list is gone through."""
    assert "5,001" in await failure_of(handler, config, {"a": list(range(MAX_ITEMS + 1))})
    begun = process_time()
    await output_of(handler, config, {"a": [{"n": n % 7} for n in range(MAX_ITEMS)] if handler.type != "sort" else
                                     [n * 7919 % MAX_ITEMS for n in range(MAX_ITEMS)]})  # fmt: skip
    assert process_time() - begun < 2


async def test_an_expression_that_costs_much_is_stopped() -> None:
    """Loops inside of a loop over five thousand items would keep everybody waiting."""
    config = {"items": "a", "when": "sum([x for x in range(500)]) > item"}
    assert "too many steps" in await failure_of(FilterNode(), config, {"a": list(range(MAX_ITEMS))})


async def test_what_items_are_told_apart_by_costs_steps() -> None:
    """A large list that is looked at for each of many items would keep everybody waiting."""
    data = {"a": list(range(1_000)), "b": list(range(1_000))}
    assert "too many steps" in await failure_of(DeduplicateNode(), {"items": "a", "by": "b"}, data)
