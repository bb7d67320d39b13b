"""Numbers with a point, as people write them: every digit is kept when one is read, and none is made up (S27)."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Final

LARGEST: Final = 2**256  # of the whole numbers: what is larger is a Decimal, or refused
MOST_WRITTEN = 1_000  # characters of a number that is read
EXACT = 30  # digits: what has more is the result of a division or a root, and is shown rounded
SHOWN = 12  # of the digits of such a result, after the point, or after the noughts behind it

_WIDE = Context(prec=500)


def read_decimal(text: str) -> Decimal:
    """The number that a definition or JSON says, digit for digit. Raises ValueError where it is too large."""
    rough = float(text)
    if len(text) > MOST_WRITTEN or not math.isfinite(rough):
        raise ValueError("a number is too large")
    number = Decimal(text)
    if not number or not rough:
        return Decimal(0) if not number.is_zero() else abs(number)
    return number if _exponent(number) <= 0 else Decimal(format(number, "f"))


def from_float(value: float) -> Decimal:
    """What a float stands for: the shortest digits that are read as it. It must be finite."""
    return Decimal(repr(value))


def is_multiple(number: Decimal | float, of: Decimal | float) -> bool:
    """Whether a number is a whole multiple of another, digit for digit: 0.07 is one of 0.01, which floats can't tell.
    Both are finite, and `of` isn't 0."""
    exact = [from_float(each) if isinstance(each, float) else each for each in (number, of)]
    return (Fraction(exact[0]) / Fraction(exact[1])).denominator == 1


def written(number: Decimal) -> str:
    """The number without an exponent. What is longer than anybody writes is rounded."""
    if len(number.as_tuple().digits) > EXACT and -_exponent(number) > SHOWN:
        places = max(SHOWN, SHOWN - 1 - number.adjusted())
        number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE)
        text = format(number, "f").rstrip("0").rstrip(".")
    else:
        text = format(number, "f")
    return text if number else text.removeprefix("-")


def _exponent(number: Decimal) -> int:
    return int(number.as_tuple().exponent)
