"""Examples of answers, in hints and in what people are told of an answer that can't be read: a field with limits takes
its examples itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, time
from decimal import Decimal
from typing import TypeVar

from wizard.errors import ExpressionError
from wizard.forms.refusals import Refusal
from wizard.locale.words import Argument

Point = TypeVar("Point", date, time, Decimal)


def within(usual: Point, least: Point | None, most: Point | None) -> Point:
    """The usual one where it is within the limits, else the limit that it is beyond."""
    if most is not None and usual > most:
        return most
    return least if least is not None and usual < least else usual


def all_within(usual: Sequence[Point], least: Point | None, most: Point | None) -> Sequence[Point]:
    """The usual ones within the limits; where none is, one that is."""
    return [point for point in usual if within(point, least, most) == point] or [within(usual[0], least, most)]


def with_examples(refusal: Refusal, examples: Callable[[], dict[str, Argument]]) -> Refusal:
    """The refusal with these in the places of those that its sentence has; as it is where they can't be computed."""
    in_it = dict(refusal.sentence.arguments)
    with suppress(ExpressionError):
        own = {name: example for name, example in examples().items() if name in in_it}
        return Refusal(refusal.sentence.with_arguments(**own), refusal.code)
    return refusal
