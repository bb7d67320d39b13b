"""Answers to try: for each field those that fit, those at which the workflow may go another way, and those just beyond
what is allowed.

What fits a field is found out by asking its type, so that types of others have answers as well.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from wizard.expressions.expression import Names
from wizard.forms.form import Form, Question
from wizard.forms.parsing import Context, OwnNames
from wizard.forms.refusals import Refusal
from wizard.model import PromptField, Value
from wizard.model.values import to_json
from wizard.scripts.coverage import NOBODY_TYPES
from wizard.scripts.hints import Hint

MOST = 24  # answers of one field
TEXTS = (
    "Ann",
    "12",
    "27 3 1985",
    "ann@example.com",
    "+41 44 668 18 00",
    "020 7946 0018",
    "8001",
    "SW1A 1AA",
    "GB",
    "14:30",
    "https://example.com",
    "CH93 0076 2011 6238 5295 7",
    "3.20",
    "2030-03-27T10:00",
    "27 3 2030",
    "12:00",
    "EUR",
    "1 week",
    "10 GBP",
    "2030-03",
    "#336699",
    "1:30",
    "en",
)
DAY = timedelta(days=1)


def answers_for(
    question: Question, asked: PromptField, hint: Hint | None, form: Form, names: Names, now: datetime
) -> list[Value]:
    """Answers as JSON has them, the likeliest first; some of them are to be refused."""
    context = Context(OwnNames(form.own, names), {}, None)
    found: list[Value] = []
    for value in _good(question, asked, hint, context, now):
        written = _as_json(value)
        if written not in found and len(found) < MOST:
            found.append(written)
    return [*found, *(value for value in _wrong(question, asked) if value not in found)]


def refused_for(question: Question, names: Names, form: Form) -> Value:
    """An answer in words that isn't taken, whatever else is answered; None where each text is one."""
    longest = getattr(question.field, "max_length", None)
    too_long = "a" * (longest + 1) if isinstance(longest, int) and longest < 5_000 else NOBODY_TYPES
    for text in (NOBODY_TYPES, too_long):
        try:
            question.parse(text, Context(OwnNames(form.own, names), {}, None))
        except Refusal:
            return text
        except Exception:  # what reads other answers
            return None
    return None


def _wrong(question: Question, asked: PromptField) -> Iterator[Value]:
    """What is to be refused, or is no answer."""
    of = question.type
    if not (of.is_yes_or_no or asked.choices or of.holds_files):
        yield NOBODY_TYPES
        if "places" in question.field.model_fields_set:
            yield "3.14159265"
    yield "" if question.required else None


def _good(
    question: Question, asked: PromptField, hint: Hint | None, context: Context, now: datetime
) -> Iterator[Value]:
    """What may be taken, and what is just beyond that."""
    of = question.type
    if of.is_yes_or_no:
        yield from (True, False)
    elif asked.choices:
        values = [choice.value for choice in asked.choices]
        yield from ([[value] for value in values] + [values] if of.is_list else values)
    elif of.holds_files:
        yield _file(asked)
    else:
        yield from _fitting(question, hint, context, now)


def _fitting(question: Question, hint: Hint | None, context: Context, now: datetime) -> Iterator[Value]:
    taken = {text: value for text in TEXTS if (value := _parsed(question, text, context)) is not None}
    samples = list(taken)
    limits = _limits(question, context)
    kinds = {type(value) for value in (*taken.values(), *limits)}
    is_date = bool(kinds & {date, datetime})
    hinted = [] if hint is None else list(_hinted(hint, now, is_date=is_date, is_text=kinds == {str}))
    default = question.default
    first = [value for value in samples if value is not None][:1]
    within = [value for value in _around(limits) if _is_taken(question, _as_json(value), context)]
    if default is not None:
        yield default
    yield from first or within[:1]
    yield from (value for value in hinted if _is_taken(question, _as_json(value), context))
    yield from within
    yield from (value for value in _around(limits) if value not in within)
    longest = getattr(question.field, "max_length", None)
    if "max_length" in question.field.model_fields_set and isinstance(longest, int) and longest < 5_000:
        yield "a" * (longest + 1)
    shortest = getattr(question.field, "min_length", None)
    if isinstance(shortest, int) and shortest > 1:
        yield "a" * shortest
        yield "a" * (shortest - 1)
    if kinds & {int, Decimal, float} and _is_taken(question, "0", context):
        yield "0"
    yield from samples[1:3]


def _hinted(hint: Hint, now: datetime, *, is_date: bool, is_text: bool) -> Iterator[Value]:
    for constant in hint.constants:
        match constant:
            case bool() | None:
                continue
            case int() if is_date:
                yield from _days_at(now.date(), constant)
            case int() | Decimal() if is_text:
                if hint.measured and isinstance(constant, int) and 0 < constant < 1_000:
                    yield from ("a" * (constant + more) for more in (0, 1, -1) if constant + more > 0)
            case int() | Decimal():
                yield from (constant, constant + 1, constant - 1)
            case _:
                yield constant
    if is_date and hint.measured:
        yield from (now.date() + DAY * ahead for ahead in range(1, 8))
    if is_date:
        yield from (now.date(), now.date() - DAY, now.date() + DAY)


def _days_at(today: date, number: int) -> Iterator[date]:
    """The days so many years, weeks or days from today, and those beside them."""
    if not 0 < number < 200:
        return
    for sign in (-1, 1):
        with suppress(ValueError, OverflowError):
            year = today.year + sign * number
            day = today.replace(year=year, day=min(today.day, 28) if today.month == 2 else today.day)
            yield from (day, day + DAY, day - DAY)
        yield today + sign * number * DAY


def _limits(question: Question, context: Context) -> tuple[Value, ...]:
    of = question.type
    if of.limits is None:
        return ()
    try:
        return tuple(value for value in of.limits(question.field, context) if value is not None)
    except Exception:  # what can't be told without a run
        return ()


def _around(limits: Iterable[Value]) -> Iterator[Value]:
    """The limits, and what is just beside them."""
    for limit in limits:
        match limit:
            case bool():
                continue
            case int() | Decimal():
                yield from (limit, limit + 1, limit - 1)
            case datetime():
                yield from (limit, limit + DAY, limit - DAY)
            case date():
                yield from (limit, limit + DAY, limit - DAY)
            case time():
                yield limit


def _parsed(question: Question, value: Value, context: Context) -> Value:
    try:
        return question.parse(value, context)
    except Exception:
        return None


def _is_taken(question: Question, value: Value, context: Context) -> bool:
    try:
        return question.parse(value, context) is not None
    except Refusal:
        return False
    except Exception:  # what reads other answers
        return False


def _as_json(value: Value) -> Any:
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, Decimal | date | time):
        written = to_json(value)
        return written if isinstance(written, str) else str(written)
    return value


def _file(asked: PromptField) -> Value:
    accepted = asked.options.get("accept") or ()
    first = next(iter(accepted if isinstance(accepted, list | tuple) else str(accepted).split(",")), "")
    suffix = str(first).strip().rpartition("/")[2].lstrip(".") or "txt"
    kind = str(first) if "/" in str(first) else {"pdf": "application/pdf", "png": "image/png"}.get(suffix, "text/plain")
    return {"name": f"file.{suffix}", "type": kind, "content": b64encode(b"A file.").decode("ascii")}
