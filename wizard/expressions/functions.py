"""The functions that expressions and templates can call, by name: FUNCTIONS.

A function's name, parameters and docstring are its documentation. Where a value is null the result
is null, unless the docstring says otherwise. None of them can be made to take long: the caller
spends steps for what a function is given, and what it makes is bounded as in wizard.expressions.arithmetic.
There is no search by pattern: patterns can be written that take years to match.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cmp_to_key, partial
from typing import Final

from wizard.errors import ExpressionError
from wizard.expressions import dates, wording
from wizard.expressions.arithmetic import (
    CONTEXT,
    MAX_ITEMS,
    MAX_TEXT,
    add,
    checked,
    contains,
    few,
    fits,
    is_number,
    items_of,
    kind,
    less,
    same,
    to_decimal,
)
from wizard.expressions.closures import NO_NULL, Function, Scope
from wizard.expressions.library import F, amount, declare, whole, words
from wizard.locale import formats
from wizard.model import Value

FUNCTIONS: Final[dict[str, Function]] = dict(dates.FUNCTIONS)


def function(null: Value = None) -> Callable[[F], F]:
    return declare(FUNCTIONS, null)


# -- texts -------------------------------------------------------------------------------------


def fitting(scope: Scope, made: str) -> str:
    """The text, if it isn't too long."""
    fits(scope, len(made))
    return made


@function(null=0)
def len_(scope: Scope, value: Value) -> Value:
    """How many characters a text or items a list has; 0 for null."""
    if isinstance(value, str | list | tuple | Mapping):
        return len(value)
    raise ExpressionError(f"len needs a text or a list; this is {kind(value)}.")


@function()
def lower(scope: Scope, text: Value) -> Value:
    """The text in small letters."""
    return fitting(scope, words(text, "lower").lower())


@function()
def upper(scope: Scope, text: Value) -> Value:
    """The text in capital letters."""
    return fitting(scope, words(text, "upper").upper())


_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@function()
def title(scope: Scope, text: Value) -> Value:
    """The text with a capital letter at the start of each word, and small ones after it."""
    scope.spend(len(words(text, "title")) >> 2)
    return fitting(scope, _WORD.sub(lambda word: word[0].capitalize(), text))


@function()
def strip(scope: Scope, text: Value) -> Value:
    """The text without the spaces around it."""
    return fitting(scope, words(text, "strip").strip())


@function(null=False)
def contains_(scope: Scope, value: Value, part: Value) -> Value:
    """Whether a text has this part, or a list this item; false for null."""
    return contains(scope, part, value)


@function(null=False)
def starts_with(scope: Scope, text: Value, start: Value) -> Value:
    """Whether a text begins with another; false for null."""
    return words(text, "starts_with").startswith(words(start, "starts_with"))


@function(null=False)
def ends_with(scope: Scope, text: Value, end: Value) -> Value:
    """Whether a text ends with another; false for null."""
    return words(text, "ends_with").endswith(words(end, "ends_with"))


@function()
def replace(scope: Scope, text: Value, old: Value, new: Value) -> Value:
    """The text with each `old` replaced by `new`."""
    text, old, new = words(text, "replace"), words(old, "replace"), words(new, "replace")
    if not old:
        raise ExpressionError("replace needs something to look for.")
    fits(scope, len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


@function()
def split(scope: Scope, text: Value, separator: Value = None) -> Value:
    """The parts of a text between separators; between spaces where none is given."""
    text = words(text, "split")
    if separator is not None and not words(separator, "split"):
        raise ExpressionError("split needs a separator that isn't empty.")
    parts = text.split(separator, MAX_ITEMS)
    few(scope, len(parts))
    return parts


@function()
def join(scope: Scope, values: Value, separator: Value = ", ") -> Value:
    """The items of a list as one text; nulls are left out."""
    return join_texts(scope, values, words(separator, "join"))


def join_texts(scope: Scope, values: Value, between: str) -> str:
    """The values that aren't null, as text, with `between` between them."""
    pieces, length = [], 0
    for value in items_of(values):
        if value is not None:
            pieces.append(wording.show(scope, value))
            length += len(pieces[-1]) + len(between)
            if length - len(between) > MAX_TEXT:
                break
    fits(scope, max(length - len(between), 0))
    return between.join(pieces)


@function(null="")
def text(scope: Scope, value: Value) -> Value:
    """Any value as text, as templates show it; "" for null."""
    return wording.show(scope, value)


# -- numbers -----------------------------------------------------------------------------------


@function()
def abs_(scope: Scope, number: Value) -> Value:
    """The number without its sign."""
    return abs(amount(number, "abs"))


@function()
def round_(scope: Scope, number: Value, digits: Value = 0) -> Value:
    """The number to so many decimal digits (0 to 20), half up: 2.5 gives 3, -2.5 gives -3."""
    number, digits = amount(number, "round"), _digits(digits, "round")
    if isinstance(number, int):
        return number
    scope.spend(5)
    exact = to_decimal(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _WIDE)
    if digits == 0:
        return checked(int(exact))
    return exact


_WIDE: Final = CONTEXT.copy()
_WIDE.prec = 500


def _digits(value: Value, name: str) -> int:
    digits = whole(value, name)
    if not 0 <= digits <= 20:
        raise ExpressionError(f"{name} takes 0 to 20 digits.")
    return digits


@function()
def floor(scope: Scope, number: Value) -> Value:
    """The nearest whole number that isn't larger."""
    return checked(math.floor(_sized(amount(number, "floor"))))


@function()
def ceil(scope: Scope, number: Value) -> Value:
    """The nearest whole number that isn't smaller."""
    return checked(math.ceil(_sized(amount(number, "ceil"))))


def _sized(value: Value) -> Value:
    return to_decimal(value) if isinstance(value, Decimal) else value


@function()
def int_(scope: Scope, value: Value) -> Value:
    """A whole number: of a number what stands before the point, of a text what it says."""
    value = number(scope, value)
    return checked(int(_sized(value)))


@function()
def decimal(scope: Scope, value: Value) -> Value:
    """An exact decimal number, of a number or of a text like "12.50"."""
    return to_decimal(number(scope, value))


_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,60}(\.[0-9]{1,60})?")


@function()
def number(scope: Scope, value: Value) -> Value:
    """The number that a text says, like "12" or "-3.50"; a number is itself."""
    if not isinstance(value, str):
        return amount(value, "number")
    match = _NUMBER.fullmatch(value.strip()) if len(value) <= 200 else None
    if match is None:
        raise ExpressionError(f"{value[:40]!r} isn't a number. Write digits, as in 1200 or 12.50.", private=True)
    return to_decimal(Decimal(match[0])) if match[1] else checked(int(match[0]))


@function()
def format_number(scope: Scope, number: Value, digits: Value = None) -> Value:
    """A number as text with its thousands parted, to so many decimal digits: format_number(1234.5, 2) is 1,234.50."""
    number = amount(number, "format_number")
    scope.spend(5)
    if digits is None:
        return formats.number(Decimal(wording.write_number(number)), scope.language)
    rounded = to_decimal(number).quantize(Decimal(1).scaleb(-_digits(digits, "format_number")), ROUND_HALF_UP, _WIDE)
    return formats.number(rounded, scope.language)


# -- lists -------------------------------------------------------------------------------------


def _present(values: Value) -> list[Value]:
    return [value for value in items_of(values) if value is not None]


def _extreme(scope: Scope, values: tuple[Value, ...], better: Callable[[Value, Value], Value]) -> Value:
    best: Value = None
    for value in _present(values[0] if len(values) == 1 and not is_number(values[0]) else values):
        if best is None or better(value, best):
            best = value
    scope.spend(len(values))
    return best


@function(null=NO_NULL)
def min_(scope: Scope, *values: Value) -> Value:
    """The smallest of the values, or of a list's items; nulls are left out."""
    return _extreme(scope, values, lambda a, b: less(scope, a, b))


@function(null=NO_NULL)
def max_(scope: Scope, *values: Value) -> Value:
    """The largest of the values, or of a list's items; nulls are left out."""
    return _extreme(scope, values, lambda a, b: less(scope, b, a))


@function(null=NO_NULL)
def sum_(scope: Scope, values: Value) -> Value:
    """The numbers of a list added up; nulls are left out, and 0 is the sum of nothing."""
    total: Value = 0
    for value in _present(values):
        scope.spend(1)
        total = add(scope, total, amount(value, "sum"))
    return total


@function(null=NO_NULL)
def any_(scope: Scope, values: Value) -> Value:
    """Whether at least one item of a list holds: any(p.age < 18 for p in people)."""
    return any(items_of(values))


@function(null=NO_NULL)
def all_(scope: Scope, values: Value) -> Value:
    """Whether every item of a list holds; true for an empty list and for null."""
    return all(items_of(values))


@function(null=NO_NULL)
def count(scope: Scope, values: Value, *value: Value) -> Value:
    """How many items of a list aren't null; with a value, how many are the same as it."""
    if len(value) > 1:
        raise ExpressionError("count takes a list, and one value to count.")
    if not value:
        return len(_present(values))
    return sum(same(scope, item, value[0]) for item in items_of(values))


@function(null=NO_NULL)
def unique(scope: Scope, values: Value) -> Value:
    """The items of a list, each once, in their order."""
    few(scope, len(items_of(values)))
    seen: set[object] = set()
    groups: list[Value] = []
    kept = []
    for value in items_of(values):
        if isinstance(value, list | tuple | Mapping):
            new = not contains(scope, value, groups)
            groups.append(value)
        else:
            identity = (isinstance(value, bool), to_decimal(value) if isinstance(value, float) else value)
            new = identity not in seen
            seen.add(identity)
        if new:
            kept.append(value)
    return kept


@function(null=NO_NULL)
def sorted_(scope: Scope, values: Value, reverse: Value = False) -> Value:
    """The items of a list in order, which must be all numbers, all texts or all dates; nulls last."""
    present = _present(values)
    few(scope, len(items_of(values)))
    before = partial(_compare, scope)
    nulls = [None] * (len(items_of(values)) - len(present))
    return [*sorted(present, key=cmp_to_key(before), reverse=bool(reverse)), *nulls]


def _compare(scope: Scope, left: Value, right: Value) -> int:
    scope.spend(1)
    return -1 if less(scope, left, right) else int(bool(less(scope, right, left)))


@function(null=NO_NULL)
def reversed_(scope: Scope, values: Value) -> Value:
    """The items of a list, last one first."""
    few(scope, len(items_of(values)))
    return list(reversed(items_of(values)))


@function()
def first(scope: Scope, values: Value) -> Value:
    """The first item of a list; null where it has none."""
    return next(iter(items_of(values)), None)


@function()
def last(scope: Scope, values: Value) -> Value:
    """The last item of a list; null where it has none."""
    return next(reversed(items_of(values)), None)


@function()
def range_(scope: Scope, start: Value, stop: Value = None, step: Value = 1) -> Value:
    """Whole numbers from `start` up to, not including, `stop`; of one number, that many from 0."""
    low, high = (0, start) if stop is None else (start, stop)
    step = whole(step, "range")
    if step == 0:
        raise ExpressionError("range can't step by 0.")
    numbers = range(whole(low, "range"), whole(high, "range"), step)
    few(scope, MAX_ITEMS + 1 if numbers[MAX_ITEMS:] else len(numbers))
    return list(numbers)


@function(null=NO_NULL)
def default(scope: Scope, value: Value, other: Value) -> Value:
    """The value, or the other one where it is null."""
    return other if value is None else value


@function(null=NO_NULL)
def coalesce(scope: Scope, *values: Value) -> Value:
    """The first of the values that isn't null."""
    return next((value for value in values if value is not None), None)
