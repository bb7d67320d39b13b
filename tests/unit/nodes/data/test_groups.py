"""Groups of values: joined, picked from, reshaped and looked up."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.nodes.handing import failure_of, output_of, visit_of
from wizard.errors import NodeFailed
from wizard.model import Proceed
from wizard.nodes.data.groups import MapValuesNode, MergeNode, PickNode, ReshapeNode, merge
from wizard.nodes.given import MAX_ITEMS

HOME = {"street": "Weg 1", "geo": {"lat": 1, "lon": 2}, "tags": [1]}
NEW = {"town": "Bern", "geo": {"lat": 3}, "tags": [2], "street": None}


@pytest.mark.parametrize(
    ("data", "deep", "expected"),
    [
        ({"a": HOME, "b": NEW}, False, {"street": None, "geo": {"lat": 3}, "tags": [2], "town": "Bern"}),
        ({"a": HOME, "b": NEW}, True, {"street": None, "geo": {"lat": 3, "lon": 2}, "tags": [2], "town": "Bern"}),
        ({"a": None, "b": NEW}, False, NEW),
        ({"a": [1, 2], "b": [2]}, False, [1, 2, 2]),
        ({"a": None, "b": None}, False, None),
    ],
)
async def test_parts_are_joined(data: Mapping[str, Any], deep: bool, expected: Any) -> None:
    """An address of which somebody corrected a part keeps the rest."""
    assert await output_of(MergeNode(), {"parts": ["a", "b"], "deep": deep}, data) == {"value": expected}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"a": HOME, "b": [1]}, "`parts.2` gives must be a group of values"),
        ({"a": [1], "b": HOME}, "`parts.2` gives must be a list"),
        ({"a": "text", "b": HOME}, "`parts.1` gives must be a group of values"),
        ({"a": [0] * 3_000, "b": [0] * 3_000}, "6,000 items"),
    ],
)
async def test_what_cant_be_joined_is_refused_by_its_place(data: Mapping[str, Any], said: str) -> None:
    """The author sees which of the parts is meant."""
    assert said in await failure_of(MergeNode(), {"parts": ["a", "b"]}, data)


def test_groups_that_are_nested_too_deeply_arent_joined() -> None:
    """Python itself would give up, and nobody would know of what."""
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"a": deep}
    with pytest.raises(NodeFailed, match="32 deep"):
        merge(deep, deep)


@pytest.mark.parametrize(
    ("value", "more", "expected"),
    [
        (HOME, {}, {"tags": [1], "street": "Weg 1"}),
        ([HOME, {"town": "x"}], {}, [{"tags": [1], "street": "Weg 1"}, {}]),
        (HOME, {"leave_out": True}, {"geo": {"lat": 1, "lon": 2}}),
        (None, {}, None),
        ([], {}, []),
    ],
)
async def test_names_are_picked(value: Any, more: Mapping[str, Any], expected: Any) -> None:
    """What is sent to others has no more than what is named."""
    config = {"value": "a", "fields": ["tags", "street", "nothing"], **more}
    assert await output_of(PickNode(), config, {"a": value}) == {"value": expected}


async def test_names_are_picked_of_groups_only() -> None:
    """A text in the list would go through unseen otherwise."""
    for key, wrong in (("value", "text"), ("value.2", [HOME, 5])):
        told = await failure_of(PickNode(), {"value": "a", "fields": ["x"]}, {"a": wrong})
        assert f"`{key}` gives must be a group" in told


async def test_each_item_is_reshaped() -> None:
    """Types are kept, other names are seen, and what has no template in it is the same for each."""
    shape = {"name": "{{ item.n }} {{ b.last }}", "age": "{{ item.a }}", "fixed": [1]}
    config = {"value": "a", "shape": shape}
    data = {"a": [{"n": "Ann", "a": Decimal("1.5")}, {}], "b": {"last": "Ö"}}
    first, second = (await output_of(ReshapeNode(), config, data))["value"]
    assert first == {"name": "Ann Ö", "age": Decimal("1.5"), "fixed": [1]}
    assert second == {"name": " Ö", "age": None, "fixed": [1]}
    assert await output_of(ReshapeNode(), config, {"a": None}) == {"value": None}
    assert (await output_of(ReshapeNode(), config, {"a": {"n": "x"}}))["value"]["name"] == "x "


async def test_no_item_shares_what_it_is_made_of_with_another() -> None:
    """S26: to change one would change all, and the definition as well."""
    visit = visit_of(ReshapeNode(), {"value": "a", "shape": {"fixed": [1]}}, {"a": [1, 2]})
    outcome = await ReshapeNode().execute(visit)
    assert isinstance(outcome, Proceed)
    first, second = outcome.output["value"]
    assert first["fixed"] is not second["fixed"]


async def test_what_is_reshaped_is_bounded() -> None:
    """A thousand values for each of five thousand items would fill the memory."""
    config = {"value": "a", "shape": ["{{ item }}"] * 200}
    assert "too many steps" in await failure_of(ReshapeNode(), config, {"a": list(range(MAX_ITEMS))})
    config = {"value": "a", "shape": "{{ big.text }}"}
    assert "too large" in await failure_of(ReshapeNode(), config, {"a": [1] * 100, "big": {"text": "x" * 50_000}})
    config = {"value": "a", "shape": "{{ big.text }}!"}
    assert "`shape` gives would be texts of more than 1,000,000" in await failure_of(
        ReshapeNode(), config, {"a": [1] * 100, "big": {"text": "x" * 50_000}}
    )
    config = {"value": "a", "shape": "{% for x in b %}{% for y in b %}{% endfor %}{% endfor %}"}
    assert "too many steps" in await failure_of(ReshapeNode(), config, {"a": [1] * 5_000, "b": [1] * 20})


@pytest.mark.parametrize(
    ("value", "more", "expected"),
    [
        ("CH", {}, "Switzerland"),
        (1, {}, "one"),
        (True, {}, "yes"),
        (Decimal("1"), {}, None),
        ("ch", {}, None),
        (None, {}, None),
        ("x", {"otherwise": "{{ b.abroad }}"}, "abroad"),
        (None, {"otherwise": "{{ b.abroad }}"}, "abroad"),
        ("x", {"unchanged": True}, "x"),
        (["CH", "x"], {"unchanged": True}, ["Switzerland", "x"]),
        ([], {}, []),
        ({"a": 1}, {}, None),
    ],
)
async def test_values_are_looked_up(value: Any, more: Mapping[str, Any], expected: Any) -> None:
    """A code that nobody thought of must not become the name of another one."""
    table = {"CH": "Switzerland", "1": "one", "true": "yes"}
    config = {"value": "a", "table": table, **more}
    assert await output_of(MapValuesNode(), config, {"a": value, "b": {"abroad": "abroad"}}) == {"value": expected}


def test_a_value_cant_stay_and_become_another() -> None:
    """Which of the two counts would be a guess."""
    config = {"value": "a", "table": {"a": 1}, "otherwise": 2, "unchanged": True}
    [(place, _)] = MapValuesNode().check(MapValuesNode.Config.model_validate(config))  # type: ignore[arg-type]
    assert place == ("otherwise",)
