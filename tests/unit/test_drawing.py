"""What `make test` draws: a sixteenth of the variants of tests, others each time, and of each test some."""

from __future__ import annotations

import pytest

from tests.drawing import VARIANTS, stay
from tests.fast import TESTS

RULE = "tests/rules/test_forging.py::test_it"


@pytest.mark.parametrize(("count", "drawn"), [(1, 1), (2, 1), (23, 1), (25, 2), (32, 2), (160, 10)])
def test_a_sixteenth_of_the_variants_stays(count: int, drawn: int) -> None:
    """A test of which no variant is drawn would prove nothing, and nobody would notice."""
    assert len(set(stay(RULE, count, 1)) & set(range(count))) == drawn


def test_others_are_drawn_each_time() -> None:
    """What is never drawn is never tried; what failed is drawn again with the seed that the output tells."""
    drawn = [stay(RULE, 10, seed) for seed in range(100)]
    assert drawn == [stay(RULE, 10, seed) for seed in range(100)]
    assert set[int]().union(*drawn) == set(range(10))


def test_a_file_with_browsers_draws_one_of_them() -> None:
    """Each test would start another one, and a run all that there are."""
    drawn = [
        [stay(f"tests/browser/test_history.py::{test}", 4, seed) for test in ("one", "other")] for seed in range(50)
    ]
    assert all(one == other for one, other in drawn)
    assert {place for one, _ in drawn for place in one} == set(range(4))


def test_what_is_made_whole_elsewhere_stays_whole() -> None:
    """A rule that is told in a line has nothing else that stands for it."""
    assert stay("tests/unit/test_errors.py::test_it", 3, 1) == [0, 1, 2]


def test_the_long_ones_are_where_they_are_looked_for() -> None:
    """A file that was renamed would take its whole time again."""
    assert [each for each in VARIANTS if not (TESTS / each).exists()] == []
