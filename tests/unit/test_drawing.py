"""What `make test` draws: an eighth of the variants of tests, others each time, and of each test some."""

from __future__ import annotations

from typing import cast

import pytest

from tests.drawing import VARIANTS, left_out
from tests.fast import TESTS


class Item:
    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid


def items(test: str, count: int) -> list[pytest.Item]:
    return cast("list[pytest.Item]", [Item(f"{test}[{number}]") for number in range(count)])


RULE = "tests/rules/test_forging.py::test_it"
ONE = "tests/browser/test_moving.py::test_one"


@pytest.mark.parametrize(("count", "stay"), [(1, 1), (2, 1), (11, 1), (13, 2), (16, 2), (80, 10)])
def test_an_eighth_of_the_variants_stays(count: int, stay: int) -> None:
    """A test of which no variant is drawn would prove nothing, and nobody would notice."""
    assert len(left_out(items(RULE, count), 1)) == count - stay


def test_others_are_drawn_each_time() -> None:
    """What is never drawn is never tried; what failed is drawn again with the seed that the output tells."""
    those = items(RULE, 10)
    gone = [left_out(those, seed) for seed in range(100)]
    assert gone == [left_out(those, seed) for seed in range(100)]
    assert set[pytest.Item]().union(*(set(those) - each for each in gone)) == set(those)


def test_what_has_no_variants_is_always_tried() -> None:
    """A rule that is told once has nothing else that stands for it."""
    single = [Item(ONE), Item("tests/unit/test_errors.py::test_it[1]")]
    assert left_out(cast("list[pytest.Item]", single), 1) == set()


def test_the_long_ones_are_where_they_are_looked_for() -> None:
    """A file that was renamed would take its whole time again."""
    assert [each for each in VARIANTS if not (TESTS / each).exists()] == []
