"""What expressions and templates compute with: operators that can't be made to take long or grow large.

Every operator looks at its operands before it computes, so that nothing large is ever made, and
spends steps of a Budget in proportion to its work. The rules that differ from Python:

- A comparison in which a value is null is false; `null == null` is true. So `x != "a"` is false
  where x is missing; `not (x == "a")` is true there. Against the literal null, `!=`, `in` and
  `not in` say what they look like: `x != null` is true where x is there.
- `true` is not 1: neither equal to it nor ordered with it nor added to it.
- Arithmetic with null is null. Numbers with a point are Decimals and computed exactly, up to 60 digits; a float, which
  only functions of the host give, is the digits that it prints. A quotient has up to 40 digits (S27).
- Only numbers, texts, dates, times and moments are ordered, each among themselves. Moments with a time zone are
  instants: equal and ordered by when they are, whatever zones they are written in.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from typing import Final

from wizard.errors import ExpressionError
from wizard.locale.catalogs import SOURCE
from wizard.model import Value
from wizard.model.decimals import LARGEST
from wizard.model.instants import order

MAX_TEXT: Final = 100_000  # characters of a computed text, as of one that a template makes
MAX_ITEMS: Final = 1_000  # items of a computed list
MAX_RESULT_NODES: Final = 50_000  # values in a computed result, nested ones included
MAX_RESULT_TEXT: Final = 1_000_000  # characters in it

QUOTIENT: Final = Context(prec=40, Emax=400, Emin=-400, traps=[InvalidOperation, DivisionByZero, Overflow])
CONTEXT: Final = Context(prec=60, Emax=400, Emin=-400, traps=[InvalidOperation, DivisionByZero, Overflow])


class Budget:
    """The steps that one evaluation may still take."""

    __slots__ = ("left",)

    left: int

    @property
    def zone(self) -> tzinfo | None:
        """Where moments are shown, None for as they are."""
        return None

    @property
    def language(self) -> str:
        """What days and numbers are written in."""
        return SOURCE

    def spend(self, steps: int) -> None:
        """Raises ExpressionError when the steps are used up."""
        self.left -= steps
        if self.left < 0:
            raise ExpressionError("This takes too many steps to compute. Make the lists shorter, or it simpler.")


_DIVIDING: Final = frozenset(("/", "//", "%"))

Operation = Callable[[Value, Value], Value]
Operator = Callable[[Budget, Value, Value], Value]


def kind(value: Value) -> str:
    """What a value that isn't null is, as an error message calls it."""
    match value:
        case bool():
            return "true or false"
        case int() | float() | Decimal():
            return "a number"
        case str():
            return "a text"
        case datetime():
            return "a moment"
        case date():
            return "a date"
        case time():
            return "a time"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a group of values"
    return "a value of another kind"


# -- numbers -----------------------------------------------------------------------------------


def is_number(value: Value) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def checked(value: Value) -> Value:
    """The number, if it is one of bounded size; raises ExpressionError otherwise."""
    if isinstance(value, int):
        if -LARGEST <= value <= LARGEST:
            return value
    elif isinstance(value, float):
        if math.isfinite(value):
            return value
    elif isinstance(value, Decimal):
        if value.is_finite():
            return value
    else:
        raise ExpressionError("The result of this isn't a real number.")
    raise ExpressionError("A number is too large to compute with.")


def pair(left: Value, right: Value) -> tuple[Value, Value]:
    """Two numbers in forms that can be computed and compared with each other."""
    left, right = checked(left), checked(right)
    if isinstance(left, int) and isinstance(right, int):
        return left, right
    return to_decimal(left), to_decimal(right)


def to_decimal(value: Value) -> Decimal:
    """The number as a Decimal of at most 60 digits; a float gives the digits it prints."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    try:
        return CONTEXT.plus(Decimal(value))
    except DecimalException as error:
        raise ExpressionError("A number is too large to compute with.") from error


def _divide_down(left: Decimal, right: Decimal) -> Decimal:
    return CONTEXT.divide(CONTEXT.subtract(left, _modulo(left, right)), right)


def _modulo(left: Decimal, right: Decimal) -> Decimal:
    """The remainder with the sign of the divisor, as Python's integers have it."""
    rest = CONTEXT.remainder(left, right)
    return CONTEXT.add(rest, right) if rest and (rest < 0) != (right < 0) else rest


def _power(left: Value, right: Value) -> Value:
    if right < 0:
        return _exact_power(Decimal(left), Decimal(right))
    if (left.bit_length() - 1) * right > LARGEST.bit_length():
        raise OverflowError
    return left**right


def _exact_power(left: Decimal, right: Decimal) -> Decimal:
    if not left and right < 0:
        raise ZeroDivisionError
    if left < 0 and right != right.to_integral_value():
        raise ExpressionError("The result of this isn't a real number.")
    return CONTEXT.power(left, right)


def _quotient(left: Value, right: Value) -> Value:
    return QUOTIENT.divide(Decimal(left), Decimal(right))


def _numeric(sign: str, plain: Operation, exact: Operation, cost: int = 3) -> Operator:
    """An operator on numbers; `exact` is the same on Decimals, and takes `cost` steps."""

    def compute(budget: Budget, left: Value, right: Value) -> Value:
        if left is None or right is None:
            return None
        for value in (left, right):
            if type(value) is not int and not is_number(value):
                raise ExpressionError(f"{sign} needs numbers; here is {kind(value)}.")
        try:
            left, right = pair(left, right)
            if not right and sign in _DIVIDING:
                raise ZeroDivisionError
            if not isinstance(left, Decimal):
                return checked(plain(left, right))
            budget.spend(cost)
            return checked(exact(left, right))
        except ZeroDivisionError as error:
            raise ExpressionError("This divides by zero.") from error
        except (OverflowError, DecimalException) as error:
            raise ExpressionError("The result of this is too large.") from error

    return compute


_add = _numeric("+", operator.add, CONTEXT.add)
_multiply = _numeric("*", operator.mul, CONTEXT.multiply)
_remainder = _numeric("%", operator.mod, _modulo)


def add(budget: Budget, left: Value, right: Value) -> Value:
    """Adds numbers, and joins two texts or two lists."""
    if isinstance(left, str) and isinstance(right, str):
        return fits(budget, len(left) + len(right)) and left + right
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        few(budget, len(left) + len(right))
        return [*left, *right]
    if isinstance(left, str) or isinstance(right, str):
        if left is None or right is None:
            return None
        other = right if isinstance(left, str) else left
        raise ExpressionError(f"+ can't join a text and {kind(other)}. Make it a text with text(...) first.")
    return _add(budget, left, right)


def multiply(budget: Budget, left: Value, right: Value) -> Value:
    """Multiplies numbers, and repeats a text or list."""
    if isinstance(left, int) and isinstance(right, str | list | tuple):
        left, right = right, left
    if isinstance(left, str | list | tuple) and isinstance(right, int) and not isinstance(right, bool):
        times = max(right, 0)
        if isinstance(left, str):
            return fits(budget, len(left) * times) and left * times
        few(budget, len(left) * times)
        return list(left) * times
    return _multiply(budget, left, right)


def remainder(budget: Budget, left: Value, right: Value) -> Value:
    if isinstance(left, str):
        raise ExpressionError("% is for numbers only. Join texts with +.")
    return _remainder(budget, left, right)


ARITHMETIC: Final[Mapping[str, Operator]] = {
    "+": add,
    "-": _numeric("-", operator.sub, CONTEXT.subtract),
    "*": multiply,
    "/": _numeric("/", _quotient, QUOTIENT.divide),
    "//": _numeric("//", operator.floordiv, _divide_down),
    "%": remainder,
    "**": _numeric("**", _power, _exact_power, 200),
}


def negative(budget: Budget, value: Value) -> Value:
    return ARITHMETIC["-"](budget, 0, value) if not isinstance(value, float) else -value


# -- sizes -------------------------------------------------------------------------------------


def fits(budget: Budget, length: int) -> bool:
    """True; raises ExpressionError where a text of this length is not to be made."""
    if length > MAX_TEXT:
        raise ExpressionError(
            f"A computed text would be longer than {MAX_TEXT:,} characters. Make what it is made of shorter."
        )
    budget.spend(length >> 6)
    return True


def few(budget: Budget, length: int) -> None:
    """Raises ExpressionError where a list of this length is not to be made."""
    if length > MAX_ITEMS:
        raise ExpressionError(f"A computed list would have more than {MAX_ITEMS:,} items.")
    budget.spend(length)


def items_of(value: Value) -> Sequence[Value]:
    """What a loop goes through: a list's items, a group's names, nothing for null."""
    if isinstance(value, list | tuple):
        return value
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return list(value)
    raise ExpressionError(f"A list is needed here; this is {kind(value)}.")


def bounded(value: Value) -> Value:
    """The value, if written out in full it stays small; a list can hold the same large item a thousand times."""
    nodes, characters, waiting = 1, 0, [value]
    while waiting:
        part = waiting.pop()
        if type(part) in _PLAIN:
            continue
        if isinstance(part, str):
            characters += len(part)
        elif isinstance(part, list | tuple | Mapping):
            nodes += len(part)
            if nodes <= MAX_RESULT_NODES:
                waiting.extend(part.values() if isinstance(part, Mapping) else part)
        if nodes > MAX_RESULT_NODES or characters > MAX_RESULT_TEXT:
            raise ExpressionError("The result of this is too large.")
    return value


# -- comparison --------------------------------------------------------------------------------

_PLAIN: Final = frozenset((int, bool, float, Decimal, date, datetime, time))


def same(budget: Budget, left: Value, right: Value) -> bool:
    """Equality by value, where true is not 1 and nothing equals null but null."""
    if left is None or right is None:
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        budget.spend(len(left) >> 8)
        return left == right
    if type(left) is type(right) and type(left) in _PLAIN and type(left) is not Decimal:
        return _same_moment(left, right) if type(left) is datetime else bool(left == right)
    if is_number(left) and is_number(right):
        budget.spend(1)
        left, right = pair(left, right)
        return bool(left == right)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        budget.spend(len(left))
        return len(left) == len(right) and all(same(budget, a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        budget.spend(len(left))
        return left.keys() == right.keys() and all(same(budget, left[name], right[name]) for name in left)
    return False


def _same_moment(left: datetime, right: datetime) -> bool:
    """Equality of instants, or of times without a zone (S25)."""
    if left.utcoffset() is None or right.utcoffset() is None:
        return left == right
    return order(left) == order(right)


def family(value: Value) -> type | None:
    """The type as which a value is ordered, None where it has no order."""
    if is_number(value):
        return int
    return next((kind for kind in (str, datetime, date, time) if isinstance(value, kind)), None)


def _ordered(sign: str, compare: Callable[[Value, Value], bool]) -> Operator:
    def holds(budget: Budget, left: Value, right: Value) -> bool:
        if left is None or right is None:
            return False
        if type(left) is int and type(right) is int:
            return compare(left, right)
        of = family(left)
        if of is None or of is not family(right):
            raise ExpressionError(f"{sign} can't order {kind(left)} and {kind(right)}.")
        if of is int:
            budget.spend(1)
            left, right = pair(left, right)
        elif of is str:
            budget.spend(min(len(left), len(right)) >> 8)
        elif of is datetime and left.utcoffset() is not None and right.utcoffset() is not None:
            left, right = order(left), order(right)
        try:
            return bool(compare(left, right))
        except TypeError as error:
            raise ExpressionError(f"{sign} can't order moments with and without a time zone.") from error

    return holds


def contains(budget: Budget, item: Value, container: Value) -> bool:
    """Whether a list has an item that is the same, a text has a part, or a group has a name."""
    if isinstance(container, str):
        if not isinstance(item, str):
            raise ExpressionError(f"A text can contain only a text, not {kind(item)}.")
        budget.spend(len(container) >> 8)
        return item in container
    if isinstance(container, list | tuple):
        budget.spend(len(container))
        return any(same(budget, item, element) for element in container)
    if isinstance(container, Mapping):
        return isinstance(item, str) and item in container
    raise ExpressionError(f"`in` needs a list or a text after it; this is {kind(container)}.")


def _differs(budget: Budget, left: Value, right: Value) -> bool:
    return left is not None and right is not None and not same(budget, left, right)


def _in(budget: Budget, left: Value, right: Value) -> bool:
    return left is not None and right is not None and contains(budget, left, right)


def _not_in(budget: Budget, left: Value, right: Value) -> bool:
    return left is not None and right is not None and not contains(budget, left, right)


less: Final = _ordered("<", operator.lt)

COMPARISON: Final[Mapping[str, Operator]] = {
    "==": same,
    "!=": _differs,
    "<": less,
    "<=": _ordered("<=", operator.le),
    ">": _ordered(">", operator.gt),
    ">=": _ordered(">=", operator.ge),
    "in": _in,
    "not in": _not_in,
}

# Where one side is the literal null, the author asks about null itself.
NULL_COMPARISON: Final[Mapping[str, Operator]] = {
    **COMPARISON,
    "!=": lambda budget, left, right: not same(budget, left, right),
    "in": lambda budget, left, right: right is not None and contains(budget, left, right),
    "not in": lambda budget, left, right: right is not None and not contains(budget, left, right),
}
