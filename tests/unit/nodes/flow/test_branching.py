"""Which way a look at the data leads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.nodes.handing import failure_of, outcome_of
from wizard.errors import DefinitionError
from wizard.nodes.flow.branching import ExistsNode, IfNode, SwitchNode
from wizard.testing import make_test_engine


@pytest.mark.parametrize(("value", "port"), [(19, "yes"), (18, "no"), (None, "no"), (Decimal("18.5"), "yes")])
async def test_it_holds_or_not(value: Any, port: str) -> None:
    """Whose age isn't known isn't taken for an adult."""
    outcome = await outcome_of(IfNode(), {"when": "a > 18"}, {"a": value})
    assert (outcome.port, outcome.output) == (port, {"holds": port == "yes"})


@pytest.mark.parametrize(
    ("value", "way"),
    [
        ("CH", "near"),
        ("AT", "near"),
        ("US", "far"),
        ("us", "otherwise"),
        (5, "number"),
        (Decimal("5.0"), "number"),
        ("5", "otherwise"),
        (None, "nothing"),
        (True, "otherwise"),
        (["CH"], "otherwise"),
        ("home", "own"),
    ],
)
async def test_a_value_says_the_way(value: Any, way: str) -> None:
    """A country that nobody thought of goes the way for all others."""
    cases = {"near": ["CH", "AT"], "far": "US", "number": 5, "nothing": None, "own": "{{ b.home }}"}
    outcome = await outcome_of(SwitchNode(), {"value": "a", "cases": cases}, {"a": value, "b": {"home": "home"}})
    assert (outcome.port, outcome.output) == (way, {"way": way})


async def test_the_first_case_counts_and_much_work_is_stopped() -> None:
    """Two cases that both fit would be a matter of luck otherwise."""
    assert (await outcome_of(SwitchNode(), {"value": "1", "cases": {"b": 1, "a": 1}})).port == "b"
    cases = {f"c{n}": "{{ a }}" for n in range(100)}
    assert "too many steps" in await failure_of(SwitchNode(), {"value": "0", "cases": cases}, {"a": [1] * 4_000})


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ({"otherwise": 1}, "take another name"),
        ({"a b": 1}, "must be a name"),
        ({}, "must not be empty"),
    ],
)
async def test_ways_are_checked_when_the_definition_is_loaded(cases: Any, said: str) -> None:
    """And so is where they lead."""
    node = {"id": "s", "type": "switch", "value": "profile.x", "cases": cases}
    with pytest.raises(DefinitionError, match=said):
        await make_test_engine({"id": "w", "nodes": [node, {"id": "e", "type": "end", "title": "x"}]})


async def test_a_way_that_isnt_there_is_told() -> None:
    """`next` has a slip in it: the run would go on below instead."""
    node = {"id": "s", "type": "switch", "value": "profile.x", "cases": {"near": 1}, "next": {"neer": "e"}}
    with pytest.raises(DefinitionError, match="did you mean `near`"):
        await make_test_engine({"id": "w", "nodes": [node, {"id": "e", "type": "end", "title": "x"}]})


@pytest.mark.parametrize("value", [0, False, "x", [0], {"a": None}, Decimal(0), b"x"])
async def test_what_was_said_is_there(value: Any) -> None:
    """Who has answered 0 children, or no, isn't asked again."""
    assert (await outcome_of(ExistsNode(), {"value": "a"}, {"a": value})).port == "there"


@pytest.mark.parametrize("value", [None, "", "  \n", [], {}, b""])
async def test_what_is_empty_is_missing(value: Any) -> None:
    """A blank in a field is no address."""
    outcome = await outcome_of(ExistsNode(), {"value": "a"}, {"a": value})
    assert (outcome.port, outcome.output) == ("missing", {"exists": False})
