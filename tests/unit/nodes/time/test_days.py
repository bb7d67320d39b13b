"""`weekday` nodes."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.nodes.computed import outcome, refused
from wizard.nodes.time.days import WeekdayNode


@pytest.mark.parametrize(
    ("day", "language", "number", "name", "port"),
    [
        ("2026-03-27", "en", 5, "Friday", "workday"),
        ("2026-03-28", "en", 6, "Saturday", "weekend"),
        ("2026-03-29", "de-CH", 7, "Sonntag", "weekend"),
        ("2026-03-30", "fr", 1, "lundi", "workday"),
        ("2026-03-27", "ar-EG", 5, "الجمعة", "weekend"),
        ("2026-03-29", "ar-EG", 7, "الأحد", "workday"),
        ("2026-03-29", "he", 7, "יום ראשון", "workday"),
    ],
)
async def test_the_day_and_whether_people_work(day: str, language: str, number: int, name: str, port: str) -> None:
    """A reminder goes out on a day on which somebody reads it, wherever that is."""
    made = await outcome(WeekdayNode, spoken=language, day=day)
    assert made.output == {"value": number, "name": name, "weekend": port == "weekend"}
    assert made.port == port


async def test_a_moment_has_the_day_that_clocks_show() -> None:
    """Late on Friday in London is Saturday in Zurich."""
    data: dict[str, Any] = {"x": datetime(2026, 3, 27, 23, 30, tzinfo=UTC)}
    assert (await outcome(WeekdayNode, data, day="{{ x }}")).output["value"] == 5
    zurich = {**data, "now": data["x"].astimezone(ZoneInfo("Europe/Zurich"))}
    assert (await outcome(WeekdayNode, zurich, day="{{ x }}")).output["value"] == 6
    assert (await outcome(WeekdayNode, zurich)).output["value"] == 6, "today unless said"


async def test_nothing_and_what_is_no_day() -> None:
    """A day that wasn't answered isn't today."""
    made = await outcome(WeekdayNode, day=None)
    assert (set(made.output.values()), made.port) == ({None}, "workday")
    assert "`day` gives must be a date; it is a list" in await refused(WeekdayNode, day=["monday"])
    assert "`day` gives isn't a date" in await refused(WeekdayNode, day="monday")
