"""Days and times of day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from tests.unit.forms.asking import accepted, form, refuse, rejected, take
from wizard.errors import ExpressionError

BORN = date(1985, 3, 27)


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "27 3 1985",
            "27.3.1985",
            "27/3/1985",
            "27-03-1985",
            "27. 3. 1985",
            " 27  03  1985 ",
            "1985-03-27",
            "1985/3/27",
        ),
        *("27 March 1985", "27 march 1985", "27 Mar 1985", "27th March, 1985", "27. Mar. 1985", "March 27, 1985"),
        *("27-Mar-1985", "\u0662\u0667 3 1985", BORN),
        {"day": 27, "month": 3, "year": 1985},
        {"day": "27", "month": "March", "year": " 1985 "},
    ],
)
def test_a_day_in_the_ways_people_write_it(raw: Any) -> None:
    """Whoever types a date in another way than the hint shows shouldn't have to type it twice."""
    assert take(raw, type="date") == BORN


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("31 2 1985", "Your answer to “Thing” must be a real date, like 27 3 1985"),
        ("31 February 1985", "Your answer to “Thing” must be a real date, like 27 3 1985"),
        ("1985-02-31", "Your answer to “Thing” must be a real date, like 27 3 1985"),
        ("3 27 1985", "Your answer to “Thing” must be a real date, like 27 3 1985"),
        ("0 0 0000", "Your answer to “Thing” must be a real date, like 27 3 1985"),
        ({"day": 31, "month": 2, "year": 1985}, "Your answer to “Thing” must be a real date, like 27 3 1985"),
        ("27 3 85", "Your answer to “Thing” can be read in two ways. Write 27 March 1985 or 27 March 2085"),
        ("27 3 985", "Your answer to “Thing” must include a year with 4 numbers, like 1985"),
        ("3/4/1985", "Your answer to “Thing” can be read in two ways. Write 3 April 1985 or 4 March 1985"),
        ("Monday 27 3 1985", "Your answer to “Thing” falls on a different day of the week from the one you wrote"),
        ("27 3", "Your answer to “Thing” must be a date, like 27 3 1985"),
        ("2026-W01-1", "Your answer to “Thing” must be a date, like 27 3 1985"),
        ("yesterday", "Your answer to “Thing” must be a date, like 27 3 1985"),
        ("27 Brumaire 1985", "Your answer to “Thing” must be a date, like 27 3 1985"),
        ("x 3 1985", "Your answer to “Thing” must be a date, like 27 3 1985"),
        ("27 3 x", "Your answer to “Thing” must be a date, like 27 3 1985"),
        (19850327, "Your answer to “Thing” must be a date, like 27 3 1985"),
        (datetime(1985, 3, 27), "Your answer to “Thing” must be a date, like 27 3 1985"),
        ([27, 3, 1985], "Your answer to “Thing” must be a date, like 27 3 1985"),
        ({"d": 27}, "Your answer to “Thing” must be a date, like 27 3 1985"),
        ({"day": True, "month": 3, "year": 1985}, "Your answer to “Thing” must be a date, like 27 3 1985"),
        ({"day": 10**5000, "month": 3, "year": 1985}, "Your answer to “Thing” must be a date, like 27 3 1985"),
        ({"day": 27, "month": 3}, "Your answer to “Thing” must include a year"),
        ({"day": "", "month": 3, "year": ""}, "Your answer to “Thing” must include a day and year"),
        ({"day": "", "month": " ", "year": None}, "Answer “Thing”"),
        ({}, "Answer “Thing”"),
        (None, "Answer “Thing”"),
        (" ", "Answer “Thing”"),
    ],
)
def test_what_is_no_day(raw: Any, message: str) -> None:
    """31 February must be told from a missing year: the person has to know what to correct."""
    assert refuse(raw, type="date") == message


def test_of_two_days_the_one_that_the_field_takes() -> None:
    """Nobody is born in 2085, so nobody has to be asked which 85 it is; who is born in 25 has."""
    assert take("27 3 85", type="date", max="today()") == BORN
    assert take({"day": "27", "month": "3", "year": "85"}, type="date", max="today()") == BORN
    assert refuse("27 3 25", type="date", max="today()") == (
        "Your answer to “Thing” can be read in two ways. Write 27 March 1925 or 27 March 2025"
    )
    assert refuse("1/2/85", type="date") == (
        "Your answer to “Thing” can be read in several ways. "
        "Write 1 February 1985, 1 February 2085, 2 January 1985 or 2 January 2085"
    )


def test_limits_of_days() -> None:
    """Both ends belong to the range, constants and expressions alike; today has words of its own."""
    assert take("2026-11-22", type="date", min="today()", max="2026-11-22") == date(2026, 11, 22)
    assert refuse("23 11 2026", type="date", max="today()") == "Your answer to “Thing” must be today or in the past"
    assert refuse("21 11 2026", type="date", min="today()") == "Your answer to “Thing” must be today or in the future"
    assert (
        refuse("23 11 2026", type="date", max="2026-11-22")
        == "Your answer to “Thing” must be on or before 22 November 2026"
    )
    assert (
        refuse("1 1 1899", type="date", min=date(1900, 1, 1))
        == "Your answer to “Thing” must be on or after 1 January 1900"
    )
    moving_out = form({"name": "out", "type": "date", "min": "lease.since"})
    assert accepted(moving_out, {"out": "1 1 2020"}) == {"out": date(2020, 1, 1)}
    late = rejected(moving_out, {"out": "1 1 2020"}, lease={"since": datetime(2020, 1, 2, 12)})
    assert late.errors == {"out": "Your answer to “Out” must be on or after 2 January 2020"}
    with pytest.raises(ExpressionError, match="A limit of the field out"):
        rejected(moving_out, {"out": "1 1 2020"}, lease={"since": "2020"})


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("9:30", time(9, 30)),
        ("09:30", time(9, 30)),
        ("9.30am", time(9, 30)),
        ("9.30 PM", time(21, 30)),
        ("9 p.m.", time(21)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("14:00", time(14)),
        ("14h30", time(14, 30)),
        ("14:00:05", time(14, 0, 5)),
        ("Noon", time(12)),
        ("midnight", time(0)),
        (time(9, 30), time(9, 30)),
    ],
)
def test_a_time_in_the_ways_people_write_it(raw: Any, value: time) -> None:
    """Half the world writes 9.30, the other half 9:30am."""
    assert take(raw, type="time") == value


@pytest.mark.parametrize(
    "raw",
    ["x", "9:", "24:00", "9:60", "13pm", "0am", "9:3", 930, [9], True, time(9, tzinfo=UTC), time(9, microsecond=1)],
)
def test_what_is_no_time(raw: Any) -> None:
    """Each gets a message that shows what is one."""
    assert refuse(raw, type="time") == "Your answer to “Thing” must be a time, like 9:30 or 14:00"


def test_an_hour_alone() -> None:
    """A lone 9 could be morning or evening: it is asked again, unless the field takes one of them only."""
    assert refuse("9", type="time") == "Your answer to “Thing” can be read in two ways. Write 09:00 or 21:00"
    assert take("9", type="time", min="08:00", max="18:00") == time(9)
    assert refuse("12", type="time") == "Your answer to “Thing” can be read in two ways. Write 00:00 or 12:00"
    assert take("14", type="time") == time(14)


def test_limits_of_times() -> None:
    """Opening hours."""
    assert refuse("", type="time") == "Answer “Thing”"
    assert take("9:30", type="time", min="09:30", max="09:30") == time(9, 30)
    assert refuse("9:29", type="time", min="09:30") == "Your answer to “Thing” must be 09:30 or later"
    assert refuse("17:01", type="time", max=time(17)) == "Your answer to “Thing” must be 17:00 or earlier"
    visit = form({"name": "at", "type": "time", "min": "shop.opens", "max": "shop.closes"})
    shop = {"opens": datetime(2026, 1, 1, 8), "closes": time(18)}
    assert accepted(visit, {"at": "8:00"}, shop=shop) == {"at": time(8)}
    assert rejected(visit, {"at": "7:59"}, shop=shop).errors == {"at": "Your answer to “At” must be 08:00 or later"}


@pytest.mark.parametrize(
    ("limits", "raw", "like"),
    [
        ({"min": "today()"}, "soon", "a date, like 22 11 2026"),
        ({"min": "today()"}, "31 2 2026", "a real date, like 22 11 2026"),
        ({"min": "2030-05-01"}, "1 5 203", "a year with 4 numbers, like 2030"),
        ({"max": "1950-12-31"}, "soon", "a date, like 31 12 1950"),
        ({"min": "1900-01-01", "max": "today()"}, "soon", "a date, like 27 3 1985"),
    ],
)
def test_an_example_of_a_day_is_one_that_the_field_takes(limits: dict[str, str], raw: str, like: str) -> None:
    """Who types the example, and is told then that it must be in the future, is made a fool of."""
    assert refuse(raw, type="date", **limits).endswith(f" {like}")


@pytest.mark.parametrize(
    ("limits", "like"),
    [
        ({}, "9:30 or 14:00"),
        ({"min": "12:00"}, "14:00"),
        ({"min": "18:00"}, "18:00"),
        ({"max": "07:15"}, "7:15"),
    ],
)
def test_an_example_of_a_time_is_one_that_the_field_takes(limits: dict[str, str], like: str) -> None:
    """As with days."""
    assert refuse("soon", type="time", **limits) == f"Your answer to “Thing” must be a time, like {like}"
