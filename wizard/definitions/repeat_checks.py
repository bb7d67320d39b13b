"""Whether a repeat can go (S17): `for_each` through a list, `times` by a whole number that isn't below 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wizard.definitions.draft import Draft
from wizard.definitions.reading.complaints import quoted
from wizard.definitions.shapes import Shapes, kind_of
from wizard.errors import ExpressionError, Problem
from wizard.expressions.arithmetic import is_number
from wizard.expressions.expression import Expression
from wizard.expressions.terms import of_expression, written
from wizard.forms.parsing import NoNames

_WANTED = {"for_each": "a list", "times": "a number"}
_MEANT = {
    ("for_each", "a number"): "; as often as a number says goes `times`",
    ("times", "a list"): "; once for each of its items goes `for_each`",
}


def check_repeats(draft: Draft, drafts: Mapping[str, Draft]) -> Iterator[Problem]:
    """Repeats that stop each run that comes to them, or that never begin."""
    shapes = Shapes(draft, drafts)
    for node, config in draft.calls:
        for key in _WANTED:
            expression = getattr(config.repeat, key, None)
            if expression is not None and (message := _misfit(key, expression, shapes)):
                yield draft.document.problem((*node.place, "repeat", key), message)


def _misfit(key: str, expression: Expression, shapes: Shapes) -> str:
    """What is wrong with the value of an expression, "" where nothing is known to be."""
    if key == "times" and (number := _constant(expression)) is not None:
        fits = number == int(number) and number >= 0
        return "" if fits else f"`times` must be a whole number, 0 or more; this is {number}"
    term = of_expression(expression.source)
    kind = kind_of(shapes.of(term, {}))
    if kind in (None, _WANTED[key]):
        return ""
    name = written(term)
    what = f"{quoted(name)} is {kind}" if name else f"this is {kind}"
    return f"`{key}` needs {_WANTED[key]}, and {what}, which stops the run here{_MEANT.get((key, kind), '')}"


def _constant(expression: Expression) -> float | None:
    """The number that an expression always is, None where it isn't one."""
    if expression.names or expression.functions:
        return None
    try:
        value = expression.evaluate(NoNames())
    except ExpressionError:
        return None
    return value if is_number(value) else None
