"""`wait` nodes: what can be written, and until when it is waited."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from wizard.errors import DefinitionError
from wizard.model import RunStatus
from wizard.testing import NOON, MovableClock, Person, make_test_engine

INPUT = "{{ input.until }}"


def definition(**wait: Any) -> dict[str, Any]:
    return {
        "id": "main",
        "input": {"until": {"type": "text", "required": False}, "days": {"type": "integer", "required": False}},
        "nodes": [
            {"id": "w", "type": "wait", **wait},
            {"id": "b", "type": "form", "fields": [{"name": "x", "type": "text"}]},
        ],
    }


async def waiting(given: dict[str, Any] | None = None, **wait: Any) -> Person:
    made = await make_test_engine(definition(**wait), clock=MovableClock())
    return await Person.starts(made, "main", given)


@pytest.mark.parametrize(
    ("wait", "given", "until"),
    [
        ({"for": "2d"}, None, NOON + timedelta(days=2)),
        ({"for": "{{ input.days }}d"}, {"days": 3}, NOON + timedelta(days=3)),
        ({"until": "2026-01-20"}, None, datetime(2026, 1, 20, tzinfo=NOON.tzinfo)),
        ({"until": INPUT}, {"until": "2026-01-16T08:30"}, datetime(2026, 1, 16, 8, 30, tzinfo=NOON.tzinfo)),
        ({"until": INPUT}, {"until": "2026-01-16T08:30+02:00"}, datetime(2026, 1, 16, 6, 30, tzinfo=NOON.tzinfo)),
        ({"until": "{{ today() }}"}, None, datetime(2026, 1, 15, tzinfo=NOON.tzinfo)),
    ],
)  # fmt: skip
async def test_it_waits_until_then_and_not_a_second_less(
    wait: dict[str, Any], given: dict[str, Any] | None, until: datetime
) -> None:
    """A wait that ends early has somebody remind a customer who has paid."""
    person = await waiting(given, **wait)
    clock = person.engine.clock.source
    assert isinstance(clock, MovableClock)
    if until > clock.now:
        clock.now = until - timedelta(seconds=1)
        await person.waits()
        assert (person.run.status, person.run.step) == (RunStatus.WORKING, "w")
        clock.now = until
        await person.waits()
    assert person.asked == "b", "a time that is over isn't waited for"
    assert person.run.run.by_path["w"].output == {"event": None, "data": None, "timed_out": False}


async def test_a_day_begins_in_the_time_zone_of_the_settings() -> None:
    """Until the 20th in Auckland isn't until the 20th in London."""
    zone = ZoneInfo("Pacific/Auckland")
    made = await make_test_engine(definition(until="2026-01-20"), clock=MovableClock(NOON.astimezone(zone)))
    run = await made.start("main")
    step = run.run.by_path["w"]
    assert step.state is not None
    assert step.state["until"] == datetime(2026, 1, 20, tzinfo=zone)


async def test_what_people_read_meanwhile() -> None:
    """The waiting page says what is waited for."""
    person = await waiting(event="paid", title="Your payment", text="We wait for {{ 1 + 1 }} days")
    assert (person.prompt.title, person.prompt.text) == ("Your payment", "We wait for 2 days")
    assert (await waiting(event="paid")).prompt.text == ""


@pytest.mark.parametrize("given", [{"until": "tomorrow"}, {"until": None}])
async def test_a_time_that_cant_be_understood_stops_the_run_and_says_so(given: dict[str, Any]) -> None:
    """The author handed over something else: the run fails at its node, and Previous still works."""
    person = await waiting(given, until="{{ input.until }}")
    assert person.run.status is RunStatus.FAILED
    assert person.run.fault is not None
    assert "until" in person.run.fault.message.lower()


async def test_a_duration_that_cant_be_understood_stops_the_run() -> None:
    """The same for how long."""
    person = await waiting({"until": "a while"}, **{"for": "{{ input.until }}"})
    assert person.run.fault is not None
    assert "How long" in person.run.fault.message


@pytest.mark.parametrize(
    ("wait", "message"),
    [
        ({}, "say what is waited for"),
        ({"for": "2d", "until": "2026-01-01"}, "there is `for` already"),
        ({"for": "two days"}, "must be a duration"),
        ({"event": "two words"}, "must be a name"),
    ],
)
async def test_what_cant_be_meant_is_refused(wait: dict[str, Any], message: str) -> None:
    """An author learns it from `wizard check`, not from a run that never goes on."""
    with pytest.raises(DefinitionError, match=message):
        await make_test_engine(definition(**wait))


async def test_later_expressions_read_what_came() -> None:
    """`w.data` and `event.paid`."""
    made = await make_test_engine(
        {
            "id": "main",
            "nodes": [
                {"id": "w", "type": "wait", "event": "paid"},
                {
                    "id": "b",
                    "type": "end",
                    "title": "{{ w.data.amount }} {{ event.paid.amount }}",
                },
            ],
        }
    )
    run = await made.start("main")
    await made.event(run, "paid", {"amount": 5, "on": date(2026, 1, 1)})
    assert run.current.title == "5 5"
