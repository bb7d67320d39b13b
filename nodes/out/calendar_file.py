"""`calendar_file` nodes: an appointment as a file that calendars open (iCalendar, RFC 5545).

Times are written in UTC, so that no rules of a zone have to be in the file; days are written as days. Values are
escaped (3.3.11) and lines folded (3.1), so that nothing in a value begins a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard import __version__
from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic, Template
from wizard.forms.refusals import Refusal
from wizard.forms.types.files import clean_name
from wizard.model import Outcome, Proceed, Value
from wizard.model.instants import after, instant, resolve
from wizard.node import Background, FormHint, NodeConfig, Visit
from wizard.node.types import LongerThanNothing

MAX_LINE = 75  # octets of a line, its end left out
MAX_TEXT = 10_000  # characters of one value
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class CalendarFileConfig(NodeConfig):
    """What the appointment is."""

    summary: Annotated[Template, FormHint(label="Title", group="Appointment")] = Field(
        description="What the appointment is called."
    )
    start: Annotated[Dynamic, FormHint(group="Appointment")] = Field(
        description="A time, or a date for an appointment of whole days."
    )
    end: Annotated[Dynamic | None, FormHint(group="Appointment")] = Field(
        None, description="When it ends; of whole days, the last one."
    )
    duration: Annotated[LongerThanNothing | None, FormHint(group="Appointment")] = Field(
        None, description="How long it takes, like `1h 30m`; instead of `end`."
    )
    location: Annotated[Template | None, FormHint(group="Details")] = Field(None, description="Where it is.")
    description: Annotated[Template | None, FormHint(group="Details", rows=4)] = Field(
        None, description="What there is to know."
    )
    remind: Annotated[LongerThanNothing | None, FormHint(label="Remind", group="Details")] = Field(
        None, description="How long before the calendar reminds of it, like `1d`."
    )
    file_name: Annotated[Template | None, FormHint(group="Details")] = Field(
        None, description="What the file is called; `appointment.ics` unless given."
    )


class CalendarFileNode(Background[CalendarFileConfig]):
    """Makes a calendar file (.ics) of an appointment.

    A date makes an appointment of whole days, a time one of hours. A time without an offset is read in the time zone of
    the settings; of one that the clocks skip, an hour later is meant, of one that they show twice, the first. Without
    `end` and `duration` it takes an hour, or the one day. What ends before it begins fails the step.

    Each text has up to 10,000 characters. Line breaks stay in `description`; elsewhere they become blanks.

    A file that is made again for the same step, such as after a changed answer, has the same id and a later stamp:
    calendars know the appointment again.

    Outputs: `text`, the file's content; `file`, the same for the `attachments` of `send_mail`.
    """

    type = "calendar_file"
    title = "Make a calendar file"
    group = "out"
    icon = "calendar-plus"
    pure = True
    own_retries = True
    example: ClassVar[Mapping[str, Any]] = {
        "summary": "Passport office",
        "start": "2030-03-27T10:30",
        "duration": "30m",
        "location": "Town hall, room 4",
        "remind": "1d",
    }
    Config = CalendarFileConfig

    def outputs(self, config: CalendarFileConfig) -> frozenset[str]:
        return frozenset({"text", "file"})

    def check(self, config: CalendarFileConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if config.end is not None and config.duration is not None:
            yield ("duration",), "there is `end` already; say one of them"

    async def execute(self, visit: Visit[CalendarFileConfig]) -> Outcome:
        config = visit.config
        try:
            name = clean_name("appointment.ics" if config.file_name is None else config.file_name.render(visit.names))
        except Refusal:
            name = "appointment.ics"
        name = name if name.lower().endswith(".ics") else f"{name}.ics"
        text = "".join(f"{folded(line)}\r\n" for line in _lines(visit))
        file: dict[str, Value] = {"name": name, "type": "text/calendar", "text": text}
        return Proceed({"text": text, "file": file})


def folded(line: str) -> str:
    """A line in pieces of at most 75 octets, none of which ends within a character."""
    pieces, piece, size = [], "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > MAX_LINE:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + character, size + octets
    return "\r\n".join((*pieces, piece))


def _lines(visit: Visit[CalendarFileConfig]) -> Iterator[str]:
    config = visit.config
    start, end = _span(visit)
    uid = blake2b(f"{visit.run}/{visit.step}".encode(), digest_size=16, person=b"calendar").hexdigest()
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:-//Wizard//Wizard {__version__}//EN"
    yield "METHOD:PUBLISH"
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}@wizard"
    yield f"DTSTAMP:{_written(visit.now)}"
    yield f"DTSTART{_kind(start)}:{_written(start)}"
    yield f"DTEND{_kind(end)}:{_written(end)}"
    summary = _text(config.summary, "summary", visit)
    yield f"SUMMARY:{summary}"
    for name, template in (("LOCATION", config.location), ("DESCRIPTION", config.description)):
        if template is not None and (text := _text(template, name.lower(), visit)):
            yield f"{name}:{text}"
    if config.remind is not None:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{summary}")
        yield f"TRIGGER:-PT{int(config.remind.total_seconds())}S"
        yield "END:VALARM"
    yield "END:VEVENT"
    yield "END:VCALENDAR"


def _text(template: Template, key: str, visit: Visit[Any]) -> str:
    """The value, escaped: one line, whatever is in it. Raises NodeFailed where it is too long."""
    text = template.words(visit.names).strip()
    if len(text) > MAX_TEXT:
        raise _unfit(f"`{key}` gives more than {MAX_TEXT:,} characters. Make it shorter")
    lines = text.splitlines() if key == "description" else [" ".join(text.split())]
    shown = ("".join(c if c.isprintable() or c in "\t\u200d" else "" for c in line) for line in lines)
    return "\n".join(shown).translate(_ESCAPES)


def _span(visit: Visit[CalendarFileConfig]) -> tuple[date, date]:
    """When it begins and ends, times as instants; the end of whole days is the day behind them. Raises NodeFailed."""
    config = visit.config
    start = _moment(config.start, "start", visit)
    if config.end is not None:
        end = _moment(config.end, "end", visit)
        if isinstance(start, datetime) is not isinstance(end, datetime):
            raise _unfit("`start` and `end` must both be dates, or both be times. Give both alike")
        end = end if isinstance(end, datetime) else _days_after(end, 1)
    elif isinstance(start, datetime):
        end = after(start, config.duration or timedelta(hours=1))
    else:
        end = _days_after(start, max(1, -(-(config.duration or timedelta(days=1)) // timedelta(days=1))))
    if end <= start:
        raise _unfit("`end` isn't after `start`. Check both")
    return start, end


def _moment(given: Dynamic, key: str, visit: Visit[Any]) -> date:
    """A date, or an instant. Raises NodeFailed, naming the key."""
    value: Any = given.evaluate(visit.names)
    try:
        if isinstance(value, str):
            text = value.strip()
            value = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
        if isinstance(value, datetime):
            return instant(value) if value.tzinfo is not None else resolve(value, visit.zone)
    except ValueError:
        value = None
    if isinstance(value, date):
        return value
    raise _unfit(f"`{key}` must be a date or a time, like 2030-03-27 or 2030-03-27T18:00. Check what it is made of")


def _days_after(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise _unfit("`end` lies after the year 9999. Check it") from None


def _kind(at: date) -> str:
    return "" if isinstance(at, datetime) else ";VALUE=DATE"


def _written(at: date) -> str:
    """Four digits of the year on every system, unlike strftime."""
    day = f"{at.year:04}{at.month:02}{at.day:02}"
    if not isinstance(at, datetime):
        return day
    return f"{day}T{at.astimezone(UTC):%H%M%S}Z"


def _unfit(what: str) -> NodeFailed:
    return NodeFailed(f"{what}.", people=Excuse.CHECK, lasting=True)
