"""`difference` and `between` nodes."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.computed import outcome, refused, value
from tests.unit.nodes.handing import NOW, visit_of
from wizard.nodes.time.spans import BetweenNode, DifferenceNode, _full

ZURICH = {"now": NOW.astimezone(ZoneInfo("Europe/Zurich"))}


@pytest.mark.parametrize(
    ("start", "end", "unit", "count"),
    [
        ("2026-01-01", "2026-03-01", "days", 59),
        ("2026-03-01", "2026-01-01", "days", -59),
        ("2026-01-01", "2026-01-14", "weeks", 1),
        ("2026-01-14", "2026-01-01", "weeks", -1),
        ("2026-01-31", "2026-02-28", "months", 0),
        ("2000-02-29", "2026-02-28", "years", 25),
        ("2000-02-29", "2026-03-01", "years", 26),
        ("2026-03-27T23:00", "2026-03-28T01:00", "days", 1),
        ("2026-03-27T23:00", "2026-03-28T01:00", "hours", 2),
        ("2026-03-29T00:00", "2026-03-29T06:00", "hours", 5),
        ("2026-10-25T00:00", "2026-10-25T06:00", "hours", 7),
        ("2026-01-01T00:00:00", "2026-01-01T00:01:59.9", "minutes", 1),
        ("2026-01-01T00:01:59.9", "2026-01-01T00:00:00", "minutes", -1),
        ("0001-01-03T00:00+00:00", "9999-12-29T00:00+00:00", "seconds", 315537465600),
        (None, "2026-01-01", "days", None),
        ("2026-01-01", None, "days", None),
    ],
)
async def test_what_is_full_is_counted(start: Any, end: Any, unit: str, count: Any) -> None:
    """An age, a notice period and a parking fee, also on the days on which the clocks change."""
    assert await value(DifferenceNode, ZURICH, start=start, end=end, unit=unit) == count


async def test_the_end_is_now_unless_said() -> None:
    """How long ago something was."""
    assert await value(DifferenceNode, start="2026-03-20") == 7


async def test_what_is_no_date_names_its_key() -> None:
    """A text that isn't a date doesn't count as one."""
    assert "`start` gives isn't a date" in await refused(DifferenceNode, start="soon")
    assert "`end` gives must be a date" in await refused(DifferenceNode, start="2026-01-01", end=True)
    assert "`end` gives must be a date or a time" in await refused(
        DifferenceNode, start="2026-01-01", end=1, unit="hours"
    )


@given(st.integers(), st.integers(1, 10**6))
def test_both_directions_count_alike(count: int, size: int) -> None:
    """From here to there is as far as from there to here."""
    assert _full(-count, size) == -_full(count, size)
    assert abs(_full(count, size)) * size <= abs(count)


@pytest.mark.parametrize(
    ("at", "start", "end", "where"),
    [
        ("2026-02-28T23:59", "2026-03-01", "2026-03-31", "before"),
        ("2026-03-01T00:00", "2026-03-01", "2026-03-31", "between"),
        ("2026-03-31T23:59", "2026-03-01", "2026-03-31", "between"),
        ("2026-04-01T00:00", "2026-03-01", "2026-03-31", "after"),
        ("2026-03-31", "2026-03-01", "2026-03-31", "between"),
        ("2026-03-01T12:00", "2026-03-01T08:00", "2026-03-01T12:00", "after"),
        ("2026-03-01T12:00", "2026-03-01T08:00", "2026-03-01T12:00:01", "between"),
        ("1999-01-01", None, "2026-03-31", "between"),
        ("2999-01-01", "2026-03-31", None, "between"),
        ("2026-03-31T22:30+00:00", "2026-03-01", "2026-03-31", "after"),
    ],
)
async def test_on_which_side_it_is(at: str, start: Any, end: Any, where: str) -> None:
    """An offer that ends on the 31st ends with that day, on the clocks of those who offer it."""
    made = await outcome(BetweenNode, ZURICH, at=at, start="{{ s }}" if start is None else start, end=end)
    assert (made.output, made.port) == ({"value": where}, where)


async def test_without_a_time_and_without_limits() -> None:
    """Nothing is nowhere, and a node without limits tells nothing."""
    made = await outcome(BetweenNode, at=None, start="2026-01-01")
    assert (made.output, made.port) == ({"value": None}, "before")
    assert (await outcome(BetweenNode, start="2026-03-27", end="2026-03-27")).port == "between"
    assert "`end` gives is before `start`" in await refused(BetweenNode, start="2026-03-02", end="2026-03-01T00:00")
    assert [place for place, _ in BetweenNode().check(visit_of(BetweenNode(), {}).config)] == [("start",)]


@given(st.dates(date(1, 1, 3), date(9999, 12, 29)))
async def test_every_day_is_in_itself(day: date) -> None:
    """The last days that there are as well."""
    made = await outcome(BetweenNode, {"d": day}, at="{{ d }}", start="{{ d }}", end="{{ d }}")
    assert made.port == "between"
    if day > date(1, 1, 3):
        before = day - timedelta(days=1)
        assert (await outcome(BetweenNode, {"d": day, "b": before}, at="{{ d }}", end="{{ b }}")).port == "after"
