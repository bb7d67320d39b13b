"""`calendar_file` nodes: files as RFC 5545 has them, whatever is in the answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.handing import NOW, visit_of
from wizard.errors import NodeFailed
from wizard.model import Proceed
from wizard.nodes.out.calendar_file import CalendarFileNode, folded

IN_ZURICH = NOW.astimezone(ZoneInfo("Europe/Zurich"))


async def made(data: Mapping[str, Any] | None = None, *, now: datetime = NOW, **config: Any) -> dict[str, Any]:
    visit = visit_of(CalendarFileNode(), {"summary": "Talk", **config}, data, now=now)
    outcome = await CalendarFileNode().execute(visit)
    assert isinstance(outcome, Proceed)
    return dict(outcome.output)


async def lines(data: Mapping[str, Any] | None = None, **config: Any) -> list[str]:
    """The file's lines, unfolded."""
    text: str = (await made(data, **config))["text"]
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")[:-1]


async def test_an_appointment() -> None:
    """Line by line what calendars read."""
    config = {"location": "Room 4", "description": "Bring:\n- a pen", "remind": "1d", "duration": "90m"}
    came = await lines(start="2026-07-01T10:30", now=IN_ZURICH, **config)
    uid = next(line for line in came if line.startswith("UID:"))
    assert came[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert came[3:] == [
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        uid,
        "DTSTAMP:20260327T120000Z",
        "DTSTART:20260701T083000Z",
        "DTEND:20260701T100000Z",
        "SUMMARY:Talk",
        "LOCATION:Room 4",
        "DESCRIPTION:Bring:\\n- a pen",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:Talk",
        "TRIGGER:-PT86400S",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


@pytest.mark.parametrize(
    ("config", "start", "end"),
    [
        ({"start": "2026-07-01"}, ";VALUE=DATE:20260701", ";VALUE=DATE:20260702"),
        ({"start": "2026-07-01", "end": "2026-07-03"}, ";VALUE=DATE:20260701", ";VALUE=DATE:20260704"),
        ({"start": "2026-07-01", "duration": "36h"}, ";VALUE=DATE:20260701", ";VALUE=DATE:20260703"),
        ({"start": "{{ x.day }}"}, ";VALUE=DATE:20260301", ";VALUE=DATE:20260302"),
        ({"start": "{{ x.at }}"}, ":20260301T050000Z", ":20260301T060000Z"),
        ({"start": "2026-07-01T10:00Z", "end": "2026-07-01T12:30+02:00"}, ":20260701T100000Z", ":20260701T103000Z"),
        ({"start": "2026-03-29T02:30"}, ":20260329T013000Z", ":20260329T023000Z"),
        ({"start": "2026-10-25T02:30"}, ":20261025T003000Z", ":20261025T013000Z"),
        ({"start": "0999-01-02T00:00Z"}, ":09990102T000000Z", ":09990102T010000Z"),
    ],
)
async def test_times_and_days(config: dict[str, Any], start: str, end: str) -> None:
    """Around a change of summer time somebody would come an hour late; whole days end on the day behind them."""
    data = {"x": {"day": date(2026, 3, 1), "at": datetime(2026, 3, 1, 7, tzinfo=timezone(timedelta(hours=2)))}}
    came = await lines(data, now=IN_ZURICH, **config)
    assert [line.removeprefix("DTSTART") for line in came if line.startswith("DTSTART")] == [start]
    assert [line.removeprefix("DTEND") for line in came if line.startswith("DTEND")] == [end]


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"start": "soon"}, "`start` must be a date or a time"),
        ({"start": "{{ x }}"}, "`start` must be"),
        ({"start": 5}, "`start` must be"),
        ({"start": "2026-07-01", "end": "2026-07-01T10:00"}, "must both be dates"),
        ({"start": "2026-07-01T10:00", "end": "2026-07-01T10:00"}, "`end` isn't after `start`"),
        ({"start": "2026-07-02", "end": "2026-07-01"}, "`end` isn't after"),
        ({"start": "9999-12-31"}, "after the year 9999"),
        ({"start": "2026-07-01", "description": "{{ '0123456789' * 1001 }}"}, "`description` gives more than 10,000"),
    ],
)
async def test_what_is_no_appointment_is_told(config: dict[str, Any], why: str) -> None:
    """A file that no calendar opens is worse than an error."""
    with pytest.raises(NodeFailed, match=why) as caught:
        await made({}, **config)
    assert caught.value.lasting


@given(st.text(max_size=300))
async def test_no_answer_begins_a_line_of_its_own(value: str) -> None:
    """Who types a line break must not add guests, alarms or another appointment."""
    keys = {"summary": "{{ x }}", "location": "{{ x }}", "description": "{{ x }}"}
    evil = f"{value}\r\nATTENDEE:mailto:eve@example.org\u2028END:VEVENT;,\\"
    came = await lines({"x": evil}, start="2026-07-01", **keys)
    names = [line.partition(":")[0].partition(";")[0] for line in came]
    own = ["UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "DESCRIPTION"]
    assert names == ["BEGIN", "VERSION", "PRODID", "METHOD", "BEGIN", *own, "END", "END"]
    assert next(line for line in came if line.startswith("SUMMARY")).endswith("END:VEVENT\\;\\,\\\\")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=400))
def test_folding_loses_nothing(line: str) -> None:
    """A letter of two bytes that is cut in the middle is none any more."""
    made = folded(line)
    assert all(len(piece.encode()) <= 75 for piece in made.split("\r\n"))
    assert made.replace("\r\n ", "") == line


async def test_the_file_has_a_name_and_one_id() -> None:
    """A changed appointment replaces the first one in the calendar; a name leads into no other folder."""
    first = await made(start="2026-07-01", file_name="../../Zoë's talk")
    second = await made(start="2026-07-02", now=NOW + timedelta(hours=1))
    assert first["file"] == {"name": "Zoë's talk.ics", "type": "text/calendar", "text": first["text"]}
    assert second["file"]["name"] == "appointment.ics"
    ids = {next(line for line in each["text"].split("\r\n") if line.startswith("UID")) for each in (first, second)}
    assert len(ids) == 1


def test_end_and_duration_are_not_both_said() -> None:
    """One of them would be ignored."""
    config = {"summary": "a", "start": "2026-07-01", "end": "2026-07-02", "duration": "1h"}
    problems = list(CalendarFileNode().check(CalendarFileNode.Config.model_validate(config)))
    assert [place for place, _ in problems] == [("duration",)]


def test_it_is_in_utc() -> None:
    """The clock of these tests is one."""
    assert NOW.tzinfo is UTC
