"""Which questions another answer of the same form brings up: for pages, which show a form as a whole.

A channel that asks a form question by question never needs this. A page that only showed the questions
whose `show_if` holds so far would have to be sent once more for each answer that brings one up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from wizard.errors import ExpressionError
from wizard.expressions import Expression, Names
from wizard.forms.form import Form
from wizard.forms.parsing import OwnNames
from wizard.forms.prompts import unasked
from wizard.model import PromptField, Reveal, Value

_NOTHING: Mapping[str, Value] = {}
_YES_OR_NO: tuple[tuple[str, Value], ...] = (("yes", True), ("no", False))


def possible_fields(
    form: Form, names: Names, shown: tuple[PromptField, ...], draft: Mapping[str, Value] | None
) -> tuple[PromptField, ...]:
    """The fields that are `shown`, and in their places those that another answer in this form would
    bring up, with what was typed in them; empty where no `show_if` reads an answer of this form.

    Where one answer out of a list decides, `when` of the field says which. Raises ExpressionError.
    """
    if not form.reveals:
        return ()
    asked = {each.name: each for each in shown}
    possible: list[PromptField] = []
    for question in form.questions:
        field = asked.get(question.name)
        deciding = form.reveals.get(question.name)
        if deciding is None:
            if field is not None:
                possible.append(field)
            continue
        assert question.show_if is not None
        when = _reveal(form, question.show_if, deciding, asked, names)
        if field is None and when is not None and not when.values:
            continue  # something outside this form keeps it away, whatever is answered here
        field = field or unasked(question, names, form, draft or _NOTHING)
        possible.append(replace(field, when=when))
        asked.setdefault(question.name, field)
    return tuple(possible)


def _reveal(
    form: Form, condition: Expression, deciding: tuple[str, ...], asked: Mapping[str, PromptField], names: Names
) -> Reveal | None:
    """Tried out with each answer that there can be: the condition may say it in any way."""
    if len(deciding) != 1 or (other := asked.get(deciding[0])) is None:
        return None
    if other.type == "boolean":
        answers = _YES_OR_NO
    elif other.type == "choice":
        answers = tuple((choice.value, choice.value) for choice in other.choices)
    else:
        return None
    holding = (sent for sent, value in answers if _holds(condition, OwnNames(form.own, names, {other.name: value})))
    return Reveal(other.name, tuple(holding))


def _holds(condition: Expression, names: Names) -> bool:
    """A condition that fails for an answer that nobody gave brings nothing up, and is nobody's error yet."""
    try:
        return condition.holds(names)
    except ExpressionError:
        return False
