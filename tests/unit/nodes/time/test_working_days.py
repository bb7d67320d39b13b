"""`next_working_day`: weekends and holidays of a country, on and back."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.unit.nodes.computed import outcome, refused
from tests.unit.nodes.handing import visit_of
from wizard.definitions.catalog import Catalog
from wizard.errors import DefinitionError
from wizard.model import Later
from wizard.node import Registry
from wizard.nodes.time.working_days import NextWorkingDayNode, WaitUntilWorkingDayNode


@pytest.mark.parametrize(
    ("config", "day"),
    [
        ({"country": "CH", "day": "2026-03-27"}, date(2026, 3, 30)),
        ({"country": "CH", "day": "2026-03-28", "days": 0}, date(2026, 3, 30)),
        ({"country": "CH", "day": "2026-03-27", "days": 0}, date(2026, 3, 27)),
        ({"country": "CH", "subdivision": "ZH", "day": "2026-04-02"}, date(2026, 4, 7)),
        ({"country": "CH", "subdivision": "ZH", "day": "2026-04-07", "days": -1}, date(2026, 4, 2)),
        ({"country": "DE", "subdivision": "BY", "day": "2026-01-05"}, date(2026, 1, 7)),
        ({"country": "DE", "subdivision": "BE", "day": "2026-01-05"}, date(2026, 1, 6)),
        ({"country": "AE", "day": "2026-03-27"}, date(2026, 3, 30)),
        ({"country": "IL", "day": "2026-03-26"}, date(2026, 3, 29)),
        ({"country": "CH", "day": None}, None),
        ({"country": None, "day": "2026-03-27"}, None),
    ],
)
async def test_the_day_is_one_on_which_people_work(config: dict[str, Any], day: date | None) -> None:
    """A deadline on a holiday is missed by everybody; one a day late by nobody who should."""
    made = await outcome(NextWorkingDayNode, **config)
    assert made.output["value"] == day


async def test_holidays_on_the_way_are_named() -> None:
    """Who asks why it takes so long is told."""
    made = await outcome(NextWorkingDayNode, country="CH", subdivision="ZH", day="2026-04-02", spoken="de")
    named = made.output["holidays"]
    assert named == [
        {"day": date(2026, 4, 3), "name": "Karfreitag"},
        {"day": date(2026, 4, 6), "name": "Ostermontag"},
    ]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"country": "XX"}, "no calendar of the country 'XX'"),
        ({"country": "CH", "subdivision": "QQ"}, "CH has no part 'QQ'"),
    ],
)
def test_a_country_that_there_isnt_is_told_at_load(config: dict[str, Any], told: str) -> None:
    """A slip would otherwise wait for the first order."""
    visit = visit_of(NextWorkingDayNode(), config)
    assert any(told in message for _, message in NextWorkingDayNode().check(visit.config))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"country": "{{ x }}"}, "`country` gives is no code"),
        ({"country": "CH", "subdivision": "{{ x }}"}, "`subdivision` gives is no code"),
        ({"country": "CH", "days": 1_001}, "must be from -1,000 to 1,000"),
        ({"country": "CH", "day": "9999-12-30", "days": 5}, "too near"),
    ],
)
async def test_what_isnt_one_in_a_run_is_told(config: dict[str, Any], told: str) -> None:
    """An address may have any country."""
    assert told in await refused(NextWorkingDayNode, {"x": "QQ"}, **config)


async def test_without_the_package_a_definition_that_needs_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the service reads what to install, and not that a module is missing."""
    monkeypatch.setitem(sys.modules, "holidays", None)
    node = {"id": "due", "type": "next_working_day", "country": "CH"}
    with pytest.raises(DefinitionError, match=r"pip install wizard\[calendars\]"):
        Catalog.from_documents([{"id": "main", "nodes": [node]}], Registry.installed())


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-04-02T06:00", "2026-04-02T08:30"),
        ("2026-04-02T08:31", "2026-04-07T08:30"),
        ("2026-04-04T12:00", "2026-04-07T08:30"),
    ],
)
async def test_it_waits_for_the_morning_of_a_working_day(now: str, until: str) -> None:
    """A letter on Easter Monday is read by nobody."""
    at = datetime.fromisoformat(f"{now}+02:00").astimezone(UTC)
    config = {"country": "CH", "subdivision": "ZH", "time": "08:30", "zone": "Europe/Zurich"}
    visit = visit_of(WaitUntilWorkingDayNode(), config, now=at)
    assert WaitUntilWorkingDayNode().later(visit) == Later(datetime.fromisoformat(f"{until}+02:00"))
