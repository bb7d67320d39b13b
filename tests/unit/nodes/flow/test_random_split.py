"""Who goes which way by chance."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.handing import outcome_of
from wizard.errors import DefinitionError
from wizard.nodes.flow.random_split import RandomSplitNode, way_of
from wizard.testing import make_test_engine

WAYS = {"short": 80, "long": 20, "never": 0}


def test_each_way_gets_its_part() -> None:
    """An experiment with half of the people, and not a tenth of them."""
    gone = Counter(way_of("form", f"p{n}", WAYS) for n in range(10_000))
    assert set(gone) == {"short", "long"}
    assert 7_800 < gone["short"] < 8_200


def test_splits_are_independent_of_each_other() -> None:
    """Else everybody who gets the new form would get the new mail as well."""
    ways = {"a": 1, "b": 1}
    both = Counter((way_of("one", f"p{n}", ways), way_of("two", f"p{n}", ways)) for n in range(4_000))
    assert min(both.values()) > 850


@given(st.text(), st.text(), st.dictionaries(st.sampled_from("abc"), st.integers(1, 10**6), min_size=1))
def test_a_person_goes_the_same_way_each_time(name: str, who: str, ways: dict[str, int]) -> None:
    """In another process as well: nothing of it depends on where it is computed."""
    assert way_of(name, who, ways) == way_of(name, who, dict(ways)) in ways


def test_it_stays_as_it_is() -> None:
    """A new release that sent people the other way would spoil each experiment that is under way."""
    ways = [way_of("form", who, WAYS) for who in ("ann", "ben", "cy", "dan", "eve", "flo", "gus")]
    assert ways == ["short", "short", "short", "short", "long", "long", "short"]


@pytest.mark.parametrize(
    ("data", "who"),
    [({"profile": {"id": "p"}, "session": {"id": "s"}}, "p"), ({"session": {"id": "s"}}, "s"), ({}, "run-1")],
)
async def test_who_decides(data: Any, who: str) -> None:
    """The person where there is one, else the session, else the run."""
    ways = {f"w{n}": 1 for n in range(50)}
    outcome = await outcome_of(RandomSplitNode(), {"name": "n", "ways": ways}, data)
    assert outcome.port == way_of("n", who, ways)


async def test_somebody_must_be_able_to_go_somewhere() -> None:
    """Weights that are all 0 are found at load."""
    node = {"id": "s", "type": "random_split", "name": "n", "ways": {"a": 0}}
    with pytest.raises(DefinitionError, match="weight above 0"):
        await make_test_engine({"id": "w", "nodes": [node, {"id": "e", "type": "end", "title": "x"}]})
