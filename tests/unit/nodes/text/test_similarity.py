"""`similarity` nodes."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.computed import refused, value
from wizard.nodes.text.similarity import SimilarityNode, _distance


@pytest.mark.parametrize(
    ("text", "other", "alike"),
    [
        ("Meier", "Meyer", "0.8"),
        ("kitten", "sitting", "0.5714"),
        ("Ann  Lee ", "ann lee", "1"),
        ("Zu\u0308rich", "Zürich", "1"),
        ("", "", "1"),
        ("a", "", "0"),
        ("abc", "xyz", "0"),
    ],
)
async def test_it_counts_the_letters_to_change(text: str, other: str, alike: str) -> None:
    """A clerk is asked only where two names are nearly the same."""
    made = await value(SimilarityNode, text=text, other=other)
    assert made == Decimal(alike)
    assert isinstance(made, Decimal)


async def test_capitals_can_count() -> None:
    """Codes differ by their capitals."""
    assert await value(SimilarityNode, text="aB", other="ab", ignore_case=False) == Decimal("0.5")


@pytest.mark.parametrize("config", [{"text": None, "other": "a"}, {"text": "a", "other": None}])
async def test_nothing_is_like_nothing(config: dict[str, Any]) -> None:
    """A missing name is no match."""
    assert await value(SimilarityNode, **config) is None


async def test_long_texts_are_refused() -> None:
    """The work grows with the product of both lengths."""
    assert "up to 500" in await refused(SimilarityNode, text="a" * 501, other="a")
    assert "up to 500" in await refused(SimilarityNode, text="ﬃ" * 400, other="a")
    assert "`other` gives must be a text" in await refused(SimilarityNode, text="a", other=1)


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_it_is_a_distance(left: str, middle: str, right: str) -> None:
    """Whichever text comes first, and never longer by a detour."""
    assert _distance(left, right) == _distance(right, left)
    assert (_distance(left, right) == 0) is (left == right)
    assert _distance(left, right) <= _distance(left, middle) + _distance(middle, right)
