"""Opening hours, and the nodes that ask for them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.unit.nodes.computed import outcome, refused
from tests.unit.nodes.handing import visit_of
from wizard.nodes.time.days import WEEKDAYS
from wizard.nodes.time.hours import Week, next_open, spans
from wizard.nodes.time.opening_hours import OpeningHoursNode

HOURS = {"monday": "08:30-12:00, 13:00-17:00", "friday": "22:00-02:00", "saturday": "02:00-03:00"}
EXCEPTIONS = {"2026-03-30": "closed", "2026-03-31": "10:00-11:00"}
ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("at", "port", "opens", "closes"),
    [
        ("2026-03-23T08:29", "closed", "2026-03-23T08:30:00+01:00", "2026-03-23T12:00:00+01:00"),
        ("2026-03-23T08:30", "open", "2026-03-23T08:30:00+01:00", "2026-03-23T12:00:00+01:00"),
        ("2026-03-23T12:00", "closed", "2026-03-23T13:00:00+01:00", "2026-03-23T17:00:00+01:00"),
        ("2026-03-23T17:00", "closed", "2026-03-27T22:00:00+01:00", "2026-03-28T03:00:00+01:00"),
        ("2026-03-28T01:00", "open", "2026-03-27T22:00:00+01:00", "2026-03-28T03:00:00+01:00"),
        ("2026-03-28T02:30", "open", "2026-03-27T22:00:00+01:00", "2026-03-28T03:00:00+01:00"),
        ("2026-03-28T03:00", "closed", "2026-03-31T10:00:00+02:00", "2026-03-31T11:00:00+02:00"),
        ("2026-03-31T10:30", "open", "2026-03-31T10:00:00+02:00", "2026-03-31T11:00:00+02:00"),
    ],
)
async def test_whether_it_is_open_and_when_next(at: str, port: str, opens: str, closes: str) -> None:
    """Nobody is told to call a desk that is empty: lunch, nights, holidays and the change of the clocks count."""
    made = await outcome(OpeningHoursNode, at=f"{at}+02:00" if at > "2026-03-29" else f"{at}+01:00", hours=HOURS,
                         exceptions=EXCEPTIONS, zone="Europe/Zurich")  # fmt: skip
    assert made.port == port
    assert made.output["open"] is (port == "open")
    assert made.output["opens"].isoformat() == opens
    assert made.output["closes"].isoformat() == closes


async def test_what_never_opens_and_what_never_closes() -> None:
    """A desk that was given up, and one that is always there."""
    made = await outcome(OpeningHoursNode, hours={})
    assert (made.port, made.output) == ("closed", {"open": False, "opens": None, "closes": None})
    made = await outcome(OpeningHoursNode, hours=dict.fromkeys(WEEKDAYS, "00:00-24:00"))
    assert (made.port, made.output["closes"]) == ("open", None)
    made = await outcome(OpeningHoursNode, hours={}, exceptions={"2027-03-01": "10:00-11:00"})
    assert made.output["opens"] == datetime(2027, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "config",
    [
        {"hours": {"monday": "8-12"}},
        {"hours": {"monday": "08:00-08:00"}},
        {"hours": {"monday": "08:00-25:00"}},
        {"hours": {"monday": "08:00-12:00;"}},
        {"hours": {"monday": ", ".join(["08:00-12:00"] * 20)}},
        {"hours": {"someday": "08:00-12:00"}},
        {"hours": {}, "exceptions": {"2026-02-30": "closed"}},
        {"hours": {}, "exceptions": {"Christmas": "closed"}},
        {"hours": {}, "zone": "Europe"},
    ],
)
def test_hours_that_cant_be_meant_are_told_at_load(config: dict[str, Any]) -> None:
    """An author learns it before anybody stands in front of the door."""
    with pytest.raises(ValidationError):
        visit_of(OpeningHoursNode(), config)


async def test_nothing_and_what_is_no_time() -> None:
    """A time that isn't known isn't now."""
    made = await outcome(OpeningHoursNode, at=None, hours=HOURS)
    assert (made.port, set(made.output.values())) == ("closed", {None})
    assert "`at` gives must be a date or a time" in await refused(OpeningHoursNode, at=5, hours=HOURS)


def test_hours_in_an_hour_that_the_clocks_skip() -> None:
    """What begins at half past two on that night has no length before half past three."""
    week = Week.model_validate({"sunday": "02:30-03:15", "monday": "09:00-10:00"})
    found = next_open(week, {}, datetime(2026, 3, 29, 0, 0, tzinfo=UTC), ZURICH)
    assert found is not None
    assert found.opens == datetime(2026, 3, 30, 7, tzinfo=UTC)


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(("Europe/Zurich", "America/St_Johns", "Pacific/Apia", "UTC")),
    st.lists(
        st.sampled_from(("closed", "08:00-12:00", "22:00-06:00", "00:00-24:00", "02:15-02:45")), min_size=7, max_size=7
    ),
)
def test_what_opens_next_is_open_then(at: datetime, zone: str, hours: list[str]) -> None:
    """Who waits for the opening finds it open, and closed when it closes."""
    week = Week.model_validate(dict(zip(WEEKDAYS, hours, strict=True)))
    clocks = ZoneInfo(zone)
    found = next_open(week, {}, at, clocks)
    if found is None:
        assert set(hours) == {"closed"}
        return
    assert found.closes is None or found.closes > max(at, found.opens)
    later = next_open(week, {}, max(at, found.opens), clocks)
    assert later is not None
    assert later.opens == found.opens
    if found.closes is not None:
        then = next_open(week, {}, found.closes, clocks)
        assert then is None or then.opens > found.closes


def test_a_days_hours_are_in_order() -> None:
    """The afternoon may be written first."""
    assert spans("13:00–17:00,8:30-12:00") == (
        (timedelta(hours=8, minutes=30), timedelta(hours=12)),
        (timedelta(hours=13), timedelta(hours=17)),
    )
