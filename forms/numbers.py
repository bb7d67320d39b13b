"""Numbers as people write them: 1'234.50, 1 234,50, −17. What can be read in two ways is asked again."""

from __future__ import annotations

import re
from decimal import Decimal

from wizard.forms.fields import DecimalField, IntegerField
from wizard.forms.parsing import Context, Parser, limit
from wizard.forms.refusals import Refusal
from wizard.forms.text import short
from wizard.model import Value

MAX_DIGITS = 30

_KINDS = (int, float, Decimal)
_GROUPED = re.compile(r"\d{1,3}(?:(?P<by>[ '’.,])\d{3})(?:(?P=by)\d{3})*")
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-"})
_WHOLE = "must be a whole number, like 17"
_NUMBER = "must be a number, like 17 or 12.5"


def integer_parser(field: IntegerField) -> Parser:
    """An int. 17.0 out of JSON is 17; `true` is no number."""

    def parse(raw: object, context: Context) -> Value:
        number = _integer(raw)
        if number is not None:
            _within(field, number, context)
        return number

    return parse


def decimal_parser(field: DecimalField) -> Parser:
    """A Decimal, never a float, in plain notation."""

    def parse(raw: object, context: Context) -> Value:
        number = _decimal(raw)
        if number is None:
            return None
        number = _fitted(number, field.places)
        _within(field, number, context)
        return number

    return parse


def _integer(raw: object) -> int | None:
    if type(raw) is int:
        number = raw
    elif isinstance(raw, float | Decimal):
        exact = Decimal(repr(raw)) if isinstance(raw, float) else raw
        if not exact.is_finite() or exact.adjusted() >= MAX_DIGITS or exact != int(exact):
            raise Refusal(_WHOLE)
        number = int(exact)
    else:
        text = _written(raw, _WHOLE)
        if text is None:
            return None
        if _GROUPED.fullmatch(text.lstrip("+-")) and "." not in text:
            text = re.sub("[ '’,]", "", text)
        if not re.fullmatch(r"[+-]?\d{1,60}", text):
            raise Refusal(_WHOLE)
        number = int(text)
    if abs(number) >= 10**MAX_DIGITS:
        raise Refusal(f"must have no more than {MAX_DIGITS} digits", "limit")
    return number


def _decimal(raw: object) -> Decimal | None:
    if type(raw) is int and abs(raw) < 10**MAX_DIGITS:
        return Decimal(raw)
    if isinstance(raw, float | Decimal):
        return _plain(Decimal(repr(raw)) if isinstance(raw, float) else raw)
    if type(raw) is int:
        raise Refusal(f"must have no more than {MAX_DIGITS} digits", "limit")
    text = _written(raw, _NUMBER)
    return None if text is None else _plain(_read(text))


def _written(raw: object, predicate: str) -> str | None:
    if not isinstance(raw, str | None):
        raise Refusal(predicate)
    text = short(raw)
    return None if text is None else text.translate(_SPACES)


def _read(text: str) -> Decimal:
    """The number a text stands for. The later of two kinds of separator is the decimal one."""
    sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    whole, point, rest = digits, "", ""
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and digits.count(",") == 1 and comma > dot:
        whole, point, rest = digits.partition(",")
        if _GROUPED.fullmatch(digits) and whole != "0":
            raise Refusal(f"can be read in two ways. Write {sign}{whole}{rest} or {sign}{whole}.{rest}")
    elif dot >= 0 and digits.count(".") == 1 and dot > comma:
        whole, point, rest = digits.partition(".")
    if _GROUPED.fullmatch(whole):
        whole = re.sub("[ '’.,]", "", whole)
    if point and not whole:
        whole = "0"
    if not re.fullmatch(r"\d{1,60}", whole) or (point and not re.fullmatch(r"\d{1,60}", rest)):
        raise Refusal(_NUMBER)
    return Decimal(f"{sign}{whole}.{rest}" if point else sign + whole)


def _plain(number: Decimal) -> Decimal:
    """Without an exponent above 0, so that it is written and read again the same."""
    if not number.is_finite():
        raise Refusal(_NUMBER)
    if number.is_zero():
        exponent = min(max(int(number.as_tuple().exponent), -MAX_DIGITS), 0)
        return Decimal((0, (0,), exponent))
    if number.adjusted() >= MAX_DIGITS or int(number.as_tuple().exponent) < -MAX_DIGITS:
        raise Refusal(f"must have no more than {MAX_DIGITS} digits", "limit")
    return Decimal(format(number, "f"))


def _fitted(number: Decimal, places: int) -> Decimal:
    """The number with at most `places` digits after the point; only noughts are cut off."""
    surplus = -int(number.as_tuple().exponent) - places
    if surplus <= 0:
        return number
    text = format(number, "f")
    if text[-surplus:].strip("0"):
        limit_of = f"must have no more than {places} decimal place{'s' if places > 1 else ''}"
        raise Refusal(limit_of if places else _WHOLE, "limit")
    return Decimal(text[:-surplus])


def _within(field: IntegerField | DecimalField, number: int | Decimal, context: Context) -> None:
    if field.min is None and field.max is None:
        return
    least, most = number_limits(field, context)
    if least is not None and number < least:
        raise Refusal(f"must be {least} or more", "limit")
    if most is not None and number > most:
        raise Refusal(f"must be {most} or less", "limit")


def number_limits(field: IntegerField | DecimalField, context: Context) -> tuple[Decimal | None, Decimal | None]:
    """The least and the most that are taken now. Raises ExpressionError where they can't be computed."""
    what = f"A limit of the field {field.name}"
    return _exact(limit(field.min, context.names, _KINDS, what)), _exact(limit(field.max, context.names, _KINDS, what))


def _exact(value: Value) -> Decimal | None:
    """0.1 as people mean it, not as a float holds it; a limit that isn't a finite number is none."""
    if value is None:
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() else None
