"""Time is an instant (S25): what nodes, expressions and stored runs see of it on the nights that the clocks change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.moved import KINDS, world
from wizard.model import Later, Outcome, Proceed, RunStatus
from wizard.node import Background, NodeConfig, Visit
from wizard.settings import Settings
from wizard.testing import MovableClock, Person, make_test_engine

ZURICH = ZoneInfo("Europe/Zurich")
SECOND_0210 = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
BEFORE_SPRING = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
END = {"id": "m", "type": "message", "title": "over"}


def flow(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "d", "nodes": [*nodes, END], **more}


def clock_at(at: datetime) -> MovableClock:
    return MovableClock(at.astimezone(ZURICH))


class NapNode(Background[NodeConfig]):
    """A plug-in's own wait, as its author would write it."""

    type = "nap"
    pure = pauses = True
    Config = NodeConfig

    def later(self, visit: Visit[NodeConfig]) -> Later | None:
        until = visit.state.setdefault("until", visit.now + timedelta(hours=2))
        return Later(until)

    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        return Proceed({"woke": visit.now, "shown": f"{visit.now.astimezone(visit.zone):%H:%M}"})


async def test_a_plug_in_adds_to_now() -> None:
    """`visit.now + timedelta(hours=2)` is two hours later, whatever the clocks do meanwhile."""
    engine = await make_test_engine(
        flow({"id": "n", "type": "nap"}), clock=clock_at(BEFORE_SPRING), node_types=[NapNode]
    )
    person = await Person.starts(engine, "d")
    await person.waits(minutes=119)
    assert person.run.step == "n"
    await person.waits(minutes=1)
    assert person.run.step == "m"
    output = person.run.run.by_path["n"].output
    assert output is not None
    assert output["woke"].isoformat() == "2026-03-29T02:30:00+00:00"
    assert output["shown"] == "04:30"


def due_at(at: datetime) -> type[NapNode]:
    class Odd(NapNode):
        type = "odd"

        def later(self, visit: Visit[NodeConfig]) -> Later | None:
            return Later(at)

    return Odd


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2027, 1, 1), "without a time zone"),
        (datetime.fromisoformat("9999-12-31T23:59-12:00"), "after 9999-12-30"),
    ],
)
async def test_what_cant_be_a_due_time_stops_the_run_and_says_where(at: datetime, told: str) -> None:
    """A plug-in that computes nonsense stops its own run, not the queue."""
    engine = await make_test_engine(flow({"id": "o", "type": "odd"}), clock=clock_at(UTC_NOON), node_types=[due_at(at)])
    person = await Person.starts(engine, "d")
    assert person.run.status is RunStatus.FAILED
    assert person.run.fault is not None
    assert person.run.fault.node == "o"
    assert told in person.run.fault.message


UTC_NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("pauses", [True, False])
async def test_what_is_due_at_this_very_instant_is_done_now(pauses: bool) -> None:
    """A node that says `visit.now` waits for nothing: put off to now it would say so again each time, for ever."""
    due = type("Due", (due_at(UTC_NOON),), {"pauses": pauses})
    engine = await make_test_engine(flow({"id": "o", "type": "odd"}), clock=clock_at(UTC_NOON), node_types=[due])
    person = await Person.starts(engine, "d")
    assert person.asked == "m"


async def test_a_person_who_types_the_end_of_time_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    """The text `9999-12-31T23:59-12:00` of one person ended the workers of all servers; now that person is told."""
    ask = {"id": "f", "type": "form", "fields": [{"name": "when"}]}
    wait = {"id": "w", "type": "wait", "until": "{{ f.when }}", "on_error": "back"}
    engine = await make_test_engine(flow(ask, wait), clock=clock_at(UTC_NOON))
    person = await Person.starts(engine, "d")
    await person.says("9999-12-31T23:59-12:00")
    assert person.run.step == "f"
    person.sees(error="Check your answers", fault="after 9999-12-30")
    assert "9999" not in caplog.text
    await person.says("2026-06-01T15:00")
    await person.waits(minutes=59)  # 14:59 in Zurich
    assert person.run.step == "w"
    await person.waits(minutes=1)
    assert person.run.step == "m"


# -- expressions -----------------------------------------------------------------------------------


async def computed(at: datetime, **values: str) -> dict[str, Any]:
    """What expressions give at that time: in memory, and the same after they were stored."""
    calls = {"id": "s", "type": "set", "values": {name: f"{{{{ {each} }}}}" for name, each in values.items()}}
    engine = await make_test_engine(flow(calls), clock=clock_at(at))
    person = await Person.starts(engine, "d")
    return dict(person.run.run.by_path["s"].output or {})


@pytest.mark.parametrize(
    ("at", "expression", "expected"),
    [
        (SECOND_0210, "text(now())", "25 October 2026, 02:10"),
        (BEFORE_SPRING, "text(add_days(now(), 1))", "30 March 2026, 01:30"),
        (BEFORE_SPRING - timedelta(days=1) + timedelta(hours=1), "text(add_days(now(), 1))", "29 March 2026, 03:30"),
        (SECOND_0210 - timedelta(days=1), "add_days(now(), 1) < now()", False),
        (datetime(2026, 6, 1, 22, 30, tzinfo=UTC), "text(today())", "2 June 2026"),
        (datetime(2026, 6, 1, 22, 30, tzinfo=UTC), "text(run.started)", "2 June 2026"),
        (datetime(2026, 6, 1, 22, 30, tzinfo=UTC), "day(now())", 2),
    ],
)
async def test_expressions_see_the_clock_of_the_zone(at: datetime, expression: str, expected: Any) -> None:
    """Tomorrow at the same time is that by the clock, and a day is the day that people have."""
    assert (await computed(at, x=expression))["x"] == expected


async def test_moments_are_compared_by_when_they_are() -> None:
    """The second 02:10 comes after the first 02:50, also where one was stored and the other wasn't."""
    functions: dict[str, Callable[..., Any]] = {
        "early": lambda: {"at": datetime(2026, 10, 25, 2, 50, tzinfo=ZURICH)},
        "late": lambda: {"at": datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=ZURICH)},
    }
    calls = [{"id": name, "type": "python", "function": name} for name in functions]
    compare = {"id": "s", "type": "set", "values": {"x": "{{ early.at < late.at }}", "y": "{{ late.at == now() }}"}}
    engine = await make_test_engine(flow(*calls, compare), functions=functions, clock=clock_at(SECOND_0210))
    person = await Person.starts(engine, "d")
    assert person.run.run.by_path["s"].output == {"x": True, "y": True}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_moment_that_was_stored_is_unchanged(kind: str, tmp_path: Path) -> None:
    """S10: work that read a moment, or the day a run was started, isn't done again because the run was loaded."""
    calls: list[Any] = []

    async def note(visit: Visit[Any]) -> dict[str, Any]:
        calls.append((visit.read("s.at"), visit.read("run.started")))
        return {}

    nodes = (
        {"id": "s", "type": "set", "values": {"at": "{{ now() }}"}},
        {"id": "f", "type": "form", "fields": [{"name": "x"}]},
        {"id": "n", "type": "python", "function": "note"},
    )
    async with world(kind, tmp_path, datetime(2026, 10, 24, 22, 30, tzinfo=UTC), ZURICH) as made:
        engine = await make_test_engine(flow(*nodes), store=made.store, functions={"note": note}, clock=made.clock)
        person = await Person.starts(engine, "d")
        await person.says("1")
        await person.goes_back()
        await made.passes(hours=3)
        await person.reloads()
        await person.says("1")
        assert len(calls) == 1
        assert calls[0][1].isoformat() == "2026-10-25", "it is past midnight where people are"
        await engine.close()


async def test_a_code_is_valid_for_its_minutes() -> None:
    """A code that was sent at 02:50 can be used at the second 02:00, and no hour longer."""
    sent: list[str] = []
    confirm = {"id": "c", "type": "confirm_email", "send": "send", "email": "ann@example.com", "valid_minutes": 15}
    for minutes, goes_on in ((14, True), (16, False)):
        sent.clear()
        engine = await make_test_engine(
            flow(confirm),
            functions={"send": lambda email, code: sent.append(code)},
            clock=clock_at(SECOND_0210 - timedelta(minutes=20)),
        )
        person = await Person.starts(engine, "d")
        await person.waits(minutes=minutes)
        await person.reloads()
        await (person if goes_on else person.wrongly).says(code=sent[-1])
        assert (person.run.step == "m") is goes_on, minutes


async def test_the_zone_of_the_settings_is_that_of_any_clock() -> None:
    """A test with a clock in UTC and the zone of its people in the settings would pass for the wrong zone."""
    clock = MovableClock(datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
    nodes = [{"id": "w", "type": "wait", "until": "2026-03-29T04:00"}, {"id": "m", "type": "message", "title": "over"}]
    settings = Settings(timezone="Europe/Zurich")
    engine = await make_test_engine({"id": "d", "nodes": nodes}, clock=clock, settings=settings)
    person = await Person.starts(engine, "d")
    await person.waits(minutes=89)
    assert person.asked == "w"
    await person.waits(minutes=1)
    assert person.asked == "m"
