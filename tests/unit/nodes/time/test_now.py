"""`now` and `local_time` nodes."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from tests.unit.nodes.computed import outcome, refused
from tests.unit.nodes.handing import NOW, visit_of
from wizard.nodes.time.now import LocalTimeNode, NowNode

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (None, (date(2026, 3, 27), time(12), "+00:00")),
        ("UTC", (date(2026, 3, 27), time(12), "+00:00")),
        ("Europe/Zurich", (date(2026, 3, 27), time(13), "+01:00")),
        ("Pacific/Kiritimati", (date(2026, 3, 28), time(2), "+14:00")),
        ("America/St_Johns", (date(2026, 3, 27), time(9, 30), "-02:30")),
        ("{{ place.zone }}", (date(2026, 3, 27), time(21), "+09:00")),
    ],
)
async def test_the_moment_is_kept_as_clocks_show_it(zone: Any, shown: Any) -> None:
    """A receipt has the day that it was where its reader is."""
    made = (await outcome(NowNode, {"place": {"zone": "Asia/Tokyo"}}, zone=zone)).output
    assert (made["date"], made["time"], made["offset"]) == shown
    assert made["value"] == NOW


async def test_unless_said_otherwise_it_is_the_settings_zone() -> None:
    """The zone of the settings counts in all of a definition."""
    made = (await outcome(NowNode, {"now": NOW.astimezone(ZURICH)})).output
    assert (made["time"], made["offset"]) == (time(13), "+01:00")


@pytest.mark.parametrize("zone", ["Europe/Zürich", "Europe", "../etc/passwd", "", 5])
def test_a_zone_that_there_isnt_is_told_at_load(zone: Any) -> None:
    """An author learns it before anybody is in the run."""
    with pytest.raises(ValidationError, match="time zone"):
        visit_of(NowNode(), {"zone": zone})


@pytest.mark.parametrize("zone", ["Mars/Olympus", "/etc/passwd", "a" * 101, 5])
async def test_a_zone_that_isnt_known_fails_the_step(zone: Any) -> None:
    """Nobody's answer names a file."""
    assert "`zone` gives" in await refused(NowNode, {"x": zone}, zone="{{ x }}")


@pytest.mark.parametrize(
    ("at", "there"),
    [
        (datetime(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01T21:00:00+09:00"),
        ("2026-07-01T12:00+02:00", "2026-07-01T19:00:00+09:00"),
        ("2026-07-01T12:00", "2026-07-01T19:00:00+09:00"),
        ("2026-03-29T02:30", "2026-03-29T10:30:00+09:00"),
        ("2026-10-25T02:30", "2026-10-25T09:30:00+09:00"),
        (date(2026, 7, 1), "2026-07-01T07:00:00+09:00"),
    ],
)
async def test_clocks_elsewhere(at: Any, there: str) -> None:
    """A call is set for the time that the person in Tokyo sees, also where the clocks here change."""
    made = (
        await outcome(LocalTimeNode, {"x": at, "now": NOW.astimezone(ZURICH)}, at="{{ x }}", zone="Asia/Tokyo")
    ).output
    assert made["value"].isoformat() == there
    assert made["value"].date() == made["date"]


async def test_nothing_and_what_is_no_time() -> None:
    """A date that wasn't answered isn't today."""
    assert set((await outcome(LocalTimeNode, at=None)).output.values()) == {None}
    assert "`at` gives must be a date or a time; it is a number" in await refused(LocalTimeNode, at=5)
    assert "`at` gives isn't a time" in await refused(LocalTimeNode, at="tomorrow")
    assert "`at` gives isn't a time" in await refused(LocalTimeNode, at="9999-12-31T23:59")
