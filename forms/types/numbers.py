"""Number fields: whole and decimal numbers within limits, as programs send them and people type them."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from decimal import Context as Arithmetic
from typing import Annotated, Literal

from pydantic import Field as Setting

from wizard.forms.field_type import BaseField, FieldType, Input
from wizard.forms.messages import DecimalErrors, LimitErrors
from wizard.forms.parsing import Context, Parser, limit
from wizard.forms.refusals import Refusal
from wizard.forms.setting_types import Number
from wizard.forms.types.amounts import Reading, read_number, written_number
from wizard.forms.types.limits import all_within, with_examples, within
from wizard.forms.types.text import short
from wizard.locale import formats
from wizard.locale.sentences import AnyOf, Sentence, counted, sentence
from wizard.locale.words import Argument
from wizard.model import PromptField, Value

MAX_DIGITS = 30
_EXACT = Arithmetic(prec=4 * MAX_DIGITS)

_KINDS = (int, float, Decimal)
_USUAL = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,2})?")  # what can be read in one way in every language
_WHOLE = sentence("Your answer to “{label}” must be a whole number, like {example}", example=17)
_USUAL_NUMBERS = (Decimal(17), Decimal("12.5"))  # examples
_NUMBER = sentence("Your answer to “{label}” must be a number, like {numbers}", numbers=AnyOf(_USUAL_NUMBERS))


class IntegerField(BaseField):
    """A whole number."""

    type: Literal["integer"]
    min: Number | None = None
    max: Number | None = None
    errors: LimitErrors = LimitErrors()


class DecimalField(BaseField):
    """A number with at most `places` digits after the point, kept exactly as written."""

    type: Literal["decimal"]
    min: Number | None = None
    max: Number | None = None
    places: Annotated[int, Setting(ge=0, le=12)] = 10
    errors: DecimalErrors = DecimalErrors()


def _integer_parser(field: IntegerField) -> Parser:
    """An int. 17.0 out of JSON is 17; `true` is no number."""

    def parse(raw: object, context: Context) -> Value:
        try:
            number = _integer(raw, context)
        except Refusal as refusal:
            raise with_examples(refusal, lambda: _examples(field, 0, context)) from None
        if number is not None:
            _within(field, number, context)
        return number

    return parse


def _decimal_parser(field: DecimalField) -> Parser:
    """A Decimal, never a float, in plain notation."""

    def parse(raw: object, context: Context) -> Value:
        try:
            number = _decimal(raw, field, context)
            if number is None:
                return None
            number = _fitted(number, field.places)
        except Refusal as refusal:
            raise with_examples(refusal, lambda: _examples(field, field.places, context)) from None
        _within(field, number, context)
        return number

    return parse


def _integer(raw: object, context: Context) -> int | None:
    if type(raw) is int:
        number = raw
    elif isinstance(raw, float | Decimal):
        number = _whole(Decimal(repr(raw)) if isinstance(raw, float) else raw)
    else:
        read = _read(raw, 0, context, _WHOLE)
        if read is None:
            return None
        number = _whole(read)
    if abs(number) >= 10**MAX_DIGITS:
        raise _too_long(number)
    return number


def _whole(number: Decimal) -> int:
    if not number.is_finite() or number.adjusted() >= 2 * MAX_DIGITS or number != int(number):
        raise Refusal(_WHOLE)
    return int(number)


def _decimal(raw: object, field: DecimalField, context: Context) -> Decimal | None:
    if type(raw) is int and abs(raw) < 10**MAX_DIGITS:
        return Decimal(raw)
    if isinstance(raw, float | Decimal):
        return _plain(Decimal(repr(raw)) if isinstance(raw, float) else raw)
    if type(raw) is int:
        raise _too_long(raw)
    wanted = _NUMBER if field.places else _WHOLE
    read = _read(raw, field.places, context, wanted, said="places" in field.model_fields_set)
    return None if read is None else _plain(read)


def _typed(field: DecimalField, value: Value, language: str) -> str | None:
    """The number as somebody would type it, who is asked in that language."""
    if not isinstance(value, Decimal):
        return None
    return written_number(value, Reading(language, field.places, "places" in field.model_fields_set))


def _read(raw: object, places: int, context: Context, wanted: Sentence, *, said: bool = False) -> Decimal | None:
    if not isinstance(raw, str | None):
        raise Refusal(wanted)
    if raw is not None and _USUAL.fullmatch(raw):
        return Decimal(raw)
    text = short(raw)
    if text is None:
        return None
    number = read_number(text, Reading(context.names.language, places, said))
    if number is None:
        raise Refusal(wanted)
    return number


def _plain(number: Decimal) -> Decimal:
    """Without an exponent above 0, so that it is written and read again the same."""
    if not number.is_finite():
        raise Refusal(_NUMBER)
    if number.is_zero():
        exponent = min(max(int(number.as_tuple().exponent), -MAX_DIGITS), 0)
        return Decimal((0, (0,), exponent))
    if number.adjusted() >= MAX_DIGITS or int(number.as_tuple().exponent) < -MAX_DIGITS:
        raise _too_long(number)
    return Decimal(format(number, "f"))


def _fitted(number: Decimal, places: int) -> Decimal:
    """The number with at most `places` digits after the point; only noughts are cut off."""
    surplus = -int(number.as_tuple().exponent) - places
    if surplus <= 0:
        return number
    text = format(number, "f")
    if text[-surplus:].strip("0"):
        raise Refusal(_too_exact(places) if places else _WHOLE, "places")
    return Decimal(text[:-surplus])


def _too_exact(places: int) -> Sentence:
    return counted(
        "Your answer to “{label}” must have no more than {count} decimal place",
        "Your answer to “{label}” must have no more than {count} decimal places",
        places,
    )


def _too_long(number: float | Decimal) -> Refusal:
    told = counted(
        "Your answer to “{label}” must have no more than {count} digit",
        "Your answer to “{label}” must have no more than {count} digits",
        MAX_DIGITS,
    )
    return Refusal(told, "max" if number > 0 else "min")


def _within(field: IntegerField | DecimalField, number: int | Decimal, context: Context) -> None:
    if field.min is None and field.max is None:
        return
    least, most = _limits(field, context)
    if least is not None and number < least:
        raise Refusal(sentence("Your answer to “{label}” must be {least} or more", least=least), "min")
    if most is not None and number > most:
        raise Refusal(sentence("Your answer to “{label}” must be {most} or less", most=most), "max")


def _limits(field: IntegerField | DecimalField, context: Context) -> tuple[Decimal | None, Decimal | None]:
    """The least and the most that are taken now. Raises ExpressionError where they can't be computed."""
    what = f"A limit of the field {field.name}"
    return _exact(limit(field.min, context.names, _KINDS, what)), _exact(limit(field.max, context.names, _KINDS, what))


def _exact(value: Value) -> Decimal | None:
    """0.1 as people mean it, not as a float holds it; a limit that isn't a finite number is none."""
    if value is None:
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() else None


def _examples(field: IntegerField | DecimalField, places: int, context: Context) -> dict[str, Argument]:
    limits = _in_places(*_limits(field, context), places)
    return {"example": within(_USUAL_NUMBERS[0], *limits), "numbers": AnyOf(all_within(_USUAL_NUMBERS, *limits))}


def _in_places(least: Value, most: Value, places: int) -> tuple[Decimal | None, Decimal | None]:
    """The least and the greatest number within the limits that has no more places."""
    return _rounded(least, places, ROUND_CEILING), _rounded(most, places, ROUND_FLOOR)


def _rounded(bound: Value, places: int, rounding: str) -> Decimal | None:
    number = None if bound is None else Decimal(bound)
    if number is None or -int(number.as_tuple().exponent) <= places:
        return number
    return number.quantize(Decimal(1).scaleb(-places), rounding, _EXACT)


def _example(asked: PromptField, language: str) -> str:
    return format(within(Decimal(12), *_limits_shown(asked, 0)), "f")


def _amount_example(asked: PromptField, language: str) -> str:
    places = asked.options.get("places", 10)
    return formats.number(within(Decimal("12.5") if places else Decimal(12), *_limits_shown(asked, places)), language)


def _limits_shown(asked: PromptField, places: int) -> tuple[Decimal | None, Decimal | None]:
    return _in_places(asked.options.get("min"), asked.options.get("max"), places)


INTEGER = FieldType(
    model=IntegerField,
    example=_example,
    parser=_integer_parser,
    value_type=int,
    called_elsewhere=("number", "numeric", "range", "slider", "int"),
    limits=_limits,
    input=Input(keypad="numeric"),
)
DECIMAL = FieldType(
    model=DecimalField,
    example=_amount_example,
    parser=_decimal_parser,
    value_type=Decimal,
    called_elsewhere=("number", "numeric", "range", "slider", "float", "double", "money", "currency", "amount"),
    options=("places",),
    limits=_limits,
    typed=_typed,
    input=Input(width="govuk-input--width-10", keypad="decimal"),
)
