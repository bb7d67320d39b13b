"""Fields for days and times of day: what is typed, read by wizard.forms.types.days and wizard.forms.types.clocks,
within limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Literal, TypeVar

from wizard.forms.field_type import BaseField, FieldType, Input
from wizard.forms.messages import LimitErrors
from wizard.forms.parsing import Context, Parser, limit
from wizard.forms.refusals import Refusal, either
from wizard.forms.setting_types import DateLimit, TimeLimit
from wizard.forms.types.clocks import NO_TIME, USUAL_TIMES, examples_of, times_of
from wizard.forms.types.date_inputs import date_inputs, date_texts
from wizard.forms.types.days import NO_DATE, PARTS, USUAL_DAY, InNumbers, days_of, days_of_parts, usual_day
from wizard.forms.types.limits import all_within, with_examples, within
from wizard.forms.types.text import short
from wizard.locale import formats
from wizard.locale.sentences import sentence
from wizard.locale.words import Argument
from wizard.model import PromptField, Value

Point = TypeVar("Point", date, time)

_ABSENT = {
    ("day",): sentence("Your answer to “{label}” must include a day"),
    ("month",): sentence("Your answer to “{label}” must include a month"),
    ("year",): sentence("Your answer to “{label}” must include a year"),
    ("day", "month"): sentence("Your answer to “{label}” must include a day and month"),
    ("day", "year"): sentence("Your answer to “{label}” must include a day and year"),
    ("month", "year"): sentence("Your answer to “{label}” must include a month and year"),
}
_TODAY_OR_LATER = sentence("Your answer to “{label}” must be today or in the future")
_TODAY_OR_EARLIER = sentence("Your answer to “{label}” must be today or in the past")


class DateField(BaseField):
    """A day. Limits are dates like 2026-01-31 or expressions like today()."""

    type: Literal["date"]
    min: DateLimit | None = None
    max: DateLimit | None = None
    errors: LimitErrors = LimitErrors()


class TimeField(BaseField):
    """A time of day, without a zone. Limits are times like 09:30 or expressions."""

    type: Literal["time"]
    min: TimeLimit | None = None
    max: TimeLimit | None = None
    errors: LimitErrors = LimitErrors()


def _date_parser(field: DateField) -> Parser:
    """A date."""
    bounded = field.min is not None or field.max is not None

    def parse(raw: object, context: Context) -> Value:
        try:
            day = raw if type(raw) is date else _typed_day(field, raw, context)
        except Refusal as refusal:
            raise with_examples(refusal, lambda: _day_examples(field, context)) from None
        if bounded and day is not None:
            _check_day(field, day, context)
        return day

    return parse


def _day_examples(field: DateField, context: Context) -> dict[str, Argument]:
    day = within(USUAL_DAY, *_date_limits(field, context))
    return {"example": InNumbers(day), "year": f"{day:%Y}"}


def _typed_day(field: DateField, raw: object, context: Context) -> date | None:
    language = context.names.language
    if isinstance(raw, str):
        if (usual := usual_day(raw, language)) is not None:
            return usual
        text = short(raw)
        days = [] if text is None else days_of(text, language)
    elif raw is None:
        return None
    elif isinstance(raw, Mapping):
        days = _of_parts(raw, language)
    else:
        raise Refusal(NO_DATE)
    return _one_day(field, days, context) if days else None


def _of_parts(parts: Mapping[object, object], language: str) -> list[date]:
    if not parts.keys() <= set(PARTS):
        raise Refusal(NO_DATE)
    texts = [_part(parts.get(name)) for name in PARTS]
    absent = tuple(name for name, text in zip(PARTS, texts, strict=True) if text is None)
    if len(absent) == len(PARTS):
        return []
    if absent:
        raise Refusal(_ABSENT[absent])
    day, month, year = (text or "" for text in texts)
    return days_of_parts(day, month, year, language)


def _part(raw: object) -> str | None:
    if type(raw) is int and 0 <= raw <= 9999:
        return str(raw)
    if raw is not None and not isinstance(raw, str):
        raise Refusal(NO_DATE)
    return short(raw)


def _one_day(field: DateField, days: list[date], context: Context) -> date:
    """The only day, or the only one that the field takes. Raises Refusal where there are several."""
    if len(days) == 1:
        return days[0]
    fitting = _fitting(days, *_date_limits(field, context))
    if len(fitting) == 1:
        return fitting[0]
    raise either(*fitting)


def _fitting(readings: list[Point], first: Point | None, last: Point | None) -> list[Point]:
    """The readings within the limits; all of them where none is."""
    return [
        reading for reading in readings if (first is None or reading >= first) and (last is None or reading <= last)
    ] or readings


def _date_limits(field: DateField, context: Context) -> tuple[date | None, date | None]:
    """The first and the last day that are taken now. Raises ExpressionError."""
    what = f"A limit of the field {field.name}"
    return limit(field.min, context.names, (date,), what), limit(field.max, context.names, (date,), what)


def _check_day(field: DateField, day: date, context: Context) -> None:
    first, last = _date_limits(field, context)
    if first is not None and day < first:
        told = sentence("Your answer to “{label}” must be on or after {day}", day=first)
        raise Refusal(_TODAY_OR_LATER if _is_today(first, field.min, context) else told, "min")
    if last is not None and day > last:
        told = sentence("Your answer to “{label}” must be on or before {day}", day=last)
        raise Refusal(_TODAY_OR_EARLIER if _is_today(last, field.max, context) else told, "max")


def _is_today(bound: date, setting: object, context: Context) -> bool:
    """Whether the limit is today by the clock, and not a day that the author wrote down."""
    return not isinstance(setting, date) and bound == context.names.now.date()


def _time_parser(field: TimeField) -> Parser:
    """A time without a zone, to the second."""

    def parse(raw: object, context: Context) -> Value:
        try:
            moment = raw if type(raw) is time else _typed_time(field, raw, context)
            if moment is not None and (moment.tzinfo is not None or moment.microsecond):
                raise Refusal(NO_TIME)
        except Refusal as refusal:
            raise with_examples(refusal, lambda: _time_examples(field, context)) from None
        if moment is None:
            return None
        first, last = _time_limits(field, context)
        if first is not None and moment < first:
            bound = f"{first:%H:%M}"
            raise Refusal(sentence("Your answer to “{label}” must be {time} or later", time=bound), "min")
        if last is not None and moment > last:
            bound = f"{last:%H:%M}"
            raise Refusal(sentence("Your answer to “{label}” must be {time} or earlier", time=bound), "max")
        return moment

    return parse


def _time_examples(field: TimeField, context: Context) -> dict[str, Argument]:
    return {"times": examples_of(all_within(USUAL_TIMES, *_time_limits(field, context)))}


def _typed_time(field: TimeField, raw: object, context: Context) -> time | None:
    if raw is not None and not isinstance(raw, str):
        raise Refusal(NO_TIME)
    text = short(raw)
    if text is None:
        return None
    times = times_of(text, context.names.language)
    if len(times) == 1:
        return times[0]
    fitting = _fitting(times, *_time_limits(field, context))
    if len(fitting) == 1:
        return fitting[0]
    raise either(*(f"{reading:%H:%M}" for reading in fitting))


def _time_limits(field: TimeField, context: Context) -> tuple[time | None, time | None]:
    """The earliest and the latest time that are taken now. Raises ExpressionError."""
    what = f"A limit of the field {field.name}"
    first, last = (limit(bound, context.names, (time, datetime), what) for bound in (field.min, field.max))
    return _of_day(first), _of_day(last)


def _of_day(value: Value) -> time | None:
    if isinstance(value, datetime):
        return value.time()
    return None if value is None else value.replace(tzinfo=None)


def _day_example(asked: PromptField, language: str) -> str:
    return formats.day(_taken(asked, USUAL_DAY), language)


def _time_example(asked: PromptField, language: str) -> str:
    return f"{_taken(asked, time(14, 30)):%H:%M}"


def _taken(asked: PromptField, usual: Point) -> Point:
    """One that the field takes: the usual one where it does, else its first or its last."""
    least: Point | None = asked.options.get("min")
    most: Point | None = asked.options.get("max")
    return within(usual, least, most)


DATE = FieldType(
    model=DateField,
    example=_day_example,
    parser=_date_parser,
    value_type=date,
    called_elsewhere=("datetime", "timestamp", "day"),
    limits=_date_limits,
    control="date",
    parts=PARTS,
    part_texts=date_texts,
    part_inputs=date_inputs,
)
TIME = FieldType(
    model=TimeField,
    example=_time_example,
    parser=_time_parser,
    value_type=time,
    called_elsewhere=("datetime", "timestamp"),
    limits=_time_limits,
    input=Input(width="govuk-input--width-5"),
)
