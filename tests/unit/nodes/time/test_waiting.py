"""`wait_until_time_of_day`, `wait_until_weekday` and `wait_until_open` nodes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from wizard.errors import DefinitionError
from wizard.model import RunStatus
from wizard.testing import NOON, MovableClock, Person, make_test_engine

# NOON is Thursday, 15 January 2026, 12:00 in UTC.


def definition(**wait: Any) -> dict[str, Any]:
    return {
        "id": "main",
        "input": {"time": {"required": False}},
        "nodes": [
            {"id": "w", **wait},
            {"id": "b", "type": "form", "fields": [{"name": "x", "type": "text"}]},
        ],
    }


async def waiting(given: dict[str, Any] | None = None, **wait: Any) -> Person:
    made = await make_test_engine(definition(**wait), clock=MovableClock())
    return await Person.starts(made, "main", given)


def at(day: int, hour: int = 0, minute: int = 0, month: int = 1) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wait", "given", "until"),
    [
        ({"type": "wait_until_time_of_day", "time": "17:30"}, None, at(15, 17, 30)),
        ({"type": "wait_until_time_of_day", "time": "08:30"}, None, at(16, 8, 30)),
        ({"type": "wait_until_time_of_day", "time": "12:00"}, None, at(15, 12)),
        ({"type": "wait_until_time_of_day", "time": "{{ input.time }}"}, {"time": "23:59"}, at(15, 23, 59)),
        ({"type": "wait_until_time_of_day", "time": "08:30", "zone": "Asia/Tokyo"}, None, at(15, 23, 30)),
        ({"type": "wait_until_weekday", "weekdays": ["monday", "saturday"]}, None, at(17)),
        ({"type": "wait_until_weekday", "weekdays": ["thursday"], "time": "11:00"}, None, at(22, 11)),
        ({"type": "wait_until_weekday", "weekdays": ["thursday"], "time": "13:00"}, None, at(15, 13)),
        ({"type": "wait_until_weekday", "weekdays": ["friday"], "zone": "Pacific/Kiritimati"}, None, at(22, 10)),
        ({"type": "wait_until_open", "hours": {"thursday": "08:00-17:00"}}, None, at(15, 12)),
        ({"type": "wait_until_open", "hours": {"thursday": "08:00-12:00"}}, None, at(22, 8)),
        ({"type": "wait_until_open", "hours": {"friday": "08:00-12:00"}, "exceptions": {"2026-01-16": "closed"}},
         None, at(23, 8)),
    ],
)  # fmt: skip
async def test_it_waits_until_then_and_not_a_second_less(wait: dict[str, Any], given: Any, until: datetime) -> None:
    """Nobody is called at night, and nobody a day too late."""
    person = await waiting(given, **wait)
    clock = person.engine.clock.source
    assert isinstance(clock, MovableClock)
    if until > clock.now:
        clock.now = until - timedelta(seconds=1)
        await person.waits()
        assert (person.run.status, person.run.step) == (RunStatus.WORKING, "w")
        clock.now = until
        await person.waits()
    assert person.asked == "b"
    output = person.run.run.by_path["w"].output
    assert output is not None
    assert output["until"] == until


async def test_the_time_is_that_of_the_clocks_when_they_change() -> None:
    """Half past eight is half past eight, on the day after a change of the clocks too."""
    zone = ZoneInfo("Europe/Zurich")
    made = await make_test_engine(
        definition(type="wait_until_time_of_day", time="08:30"),
        clock=MovableClock(datetime(2026, 3, 28, 20, tzinfo=UTC).astimezone(zone)),
    )
    run = await made.start("main")
    step = run.run.by_path["w"]
    assert step.state is not None
    assert step.state["until"] == datetime(2026, 3, 29, 6, 30, tzinfo=UTC)


async def test_what_people_read_meanwhile() -> None:
    """The waiting page says what is waited for."""
    person = await waiting(type="wait_until_time_of_day", time="17:00", title="Soon", text="From {{ 10 + 7 }} on")
    assert (person.prompt.title, person.prompt.text) == ("Soon", "From 17 on")
    assert (await waiting(type="wait_until_weekday", weekdays=["monday"])).prompt.text == ""


@pytest.mark.parametrize("time", ["noon", "25:00", "08:30+01:00", None])
async def test_a_time_that_cant_be_understood_stops_the_run_and_says_so(time: Any) -> None:
    """The fault names the key; Previous still works."""
    person = await waiting({"time": time}, type="wait_until_time_of_day", time="{{ input.time }}")
    assert person.run.status is RunStatus.FAILED
    assert person.run.fault is not None
    assert "`time` gives" in person.run.fault.message


async def test_what_never_opens_stops_the_run() -> None:
    """A run doesn't wait for good."""
    person = await waiting(type="wait_until_open", hours={})
    assert person.run.fault is not None
    assert "`hours` gives is never open within 400 days" in person.run.fault.message


async def test_what_cant_be_meant_is_refused() -> None:
    """An author learns it from `wizard check`."""
    with pytest.raises(DefinitionError, match="weekdays"):
        await make_test_engine(definition(type="wait_until_weekday", weekdays=[]))
    with pytest.raises(DefinitionError, match="weekdays"):
        await make_test_engine(definition(type="wait_until_weekday", weekdays=["moonday"]))
    assert NOON.weekday() == 3
