"""Instants: adding durations, resolving what a clock shows, the ends of time (S25)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from wizard.errors import SettingsError
from wizard.model.instants import EARLIEST, LATEST, Clock, after, first_of, instant, order, resolve, shown

ZURICH = ZoneInfo("Europe/Zurich")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("wall", "zone", "meant"),
    [
        ("2026-03-29T02:30", ZURICH, "2026-03-29T01:30+00:00"),  # missing: 03:30 in summer time
        ("2026-03-29T03:00", ZURICH, "2026-03-29T01:00+00:00"),
        ("2026-10-25T02:30", ZURICH, "2026-10-25T00:30+00:00"),  # twice: the first
        ("2026-10-04T02:15", LORD_HOWE, "2026-10-03T15:45+00:00"),  # half an hour is missing: 02:45
        ("2026-04-05T01:45", LORD_HOWE, "2026-04-04T14:45+00:00"),  # and comes twice
        ("2026-06-01T12:00", UTC, "2026-06-01T12:00+00:00"),
    ],
)
def test_what_a_clock_shows_is_resolved_by_one_rule(wall: str, zone: ZoneInfo, meant: str) -> None:
    """Else the same text is another hour in another place of the program."""
    for fold in (0, 1):
        found = resolve(datetime.fromisoformat(wall).replace(fold=fold), zone)
        assert found.isoformat(timespec="minutes") == meant


def test_a_day_begins_where_its_midnight_is_missing() -> None:
    """In Beirut the clocks go forward at midnight: the day begins at one o'clock."""
    found = first_of(date(2026, 3, 29), ZoneInfo("Asia/Beirut"))
    assert found.isoformat() == "2026-03-28T22:00:00+00:00"
    assert shown(found, ZoneInfo("Asia/Beirut")).isoformat() == "2026-03-29T01:00:00+03:00"


@pytest.mark.parametrize("text", ["9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00", "9999-12-31T00:00Z"])
def test_what_no_clock_can_show_is_no_instant(text: str) -> None:
    """Such a text of one person ended the workers of all servers."""
    with pytest.raises(ValueError, match="after 9999-12-30"):
        instant(datetime.fromisoformat(text))


def test_a_time_without_a_zone_is_no_instant() -> None:
    """It means another moment on each server."""
    for refused in (instant, order):
        with pytest.raises((ValueError, TypeError), match="time zone"):
            refused(datetime(2026, 1, 1))
    with pytest.raises(SettingsError, match="without a time zone"):
        Clock(lambda: datetime(2026, 1, 1))()


def test_durations_are_added_to_instants_and_end_with_time() -> None:
    """An overflow somewhere below a worker ends it; a time that is too late is as good as the last one."""
    before = datetime(2026, 3, 29, 1, 30, tzinfo=ZURICH)
    assert after(before, timedelta(hours=2)).isoformat() == "2026-03-29T02:30:00+00:00"
    assert after(before, timedelta.max) == LATEST
    assert after(before, timedelta.min) == EARLIEST
    assert after(before, timedelta(days=10_000 * 365)) == LATEST


def test_an_instant_is_shown_as_it_is_read_back() -> None:
    """A value that was stored and one that wasn't yet are the same: else background work is done again (S10)."""
    at = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    found = shown(at, ZURICH)
    assert found.isoformat() == "2026-10-25T02:10:00+01:00"
    assert found.tzinfo == timezone(timedelta(hours=1))
    assert datetime.fromisoformat(found.isoformat()) == found == at
    assert shown(datetime(2026, 1, 1), ZURICH) == datetime(2026, 1, 1)
    extreme = datetime.max.replace(tzinfo=UTC)
    assert shown(extreme, ZURICH) == extreme


def test_times_are_ordered_by_when_they_are() -> None:
    """Python orders two times of one zone by their clocks: the second 02:10 would be before the first 02:50."""
    first = datetime(2026, 10, 25, 2, 50, tzinfo=ZURICH)
    second = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=ZURICH)
    assert first > second
    assert order(first) < order(second)
    assert order(datetime.fromisoformat("9999-12-31T23:59-12:00")) > order(LATEST)


def test_a_clock_is_read_in_utc_and_in_its_zone() -> None:
    """What is stored and compared, and what people see."""
    clock = Clock(lambda: datetime(2026, 7, 1, 0, 30, tzinfo=ZURICH))
    assert clock().isoformat() == "2026-06-30T22:30:00+00:00"
    assert clock().tzinfo is UTC
    assert clock.wall().isoformat() == "2026-07-01T00:30:00+02:00"
