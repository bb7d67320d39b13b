"""What `make test-fast` leaves out is what takes its time, and no room whose tests are quick."""

from __future__ import annotations

import pytest

from tests.fast import TESTS, WHOLE_RUNS, is_fast, rooms


def test_the_pure_rooms_are_tried() -> None:
    """Who changes a rule would see nothing fail, and push."""
    assert {"machine", "model", "expressions", "forms", "definitions"} <= rooms()
    folders = [TESTS / "unit" / room for room in rooms()]
    files = [path for folder in folders for path in folder.rglob("test_*.py")]
    assert len(files) > 50
    assert all(map(is_fast, files))


def test_whole_runs_are_where_they_are_looked_for() -> None:
    """A file that was renamed would be left out without a word."""
    assert all(is_fast(path) for each in WHOLE_RUNS for path in [*(TESTS / each).glob("test_*.py")] or [TESTS / each])
    assert [each for each in WHOLE_RUNS if not (TESTS / each).exists()] == []


@pytest.mark.parametrize(
    ("place", "fast"),
    [
        ("unit/test_errors.py", True),
        ("unit/test_typing.py", False),
        ("unit/node/test_retry.py", False),
        ("unit/stores/postgres/test_pool.py", False),
        ("browser/test_views.py", False),
        ("acceptance/test_stopping.py", False),
    ],
)
def test_what_takes_its_time_is_left_out(place: str, fast: bool) -> None:
    """It would be a minute no longer."""
    assert (TESTS / place).exists()
    assert is_fast(TESTS / place) is fast
