"""`show_if` on a page: which questions another answer of the same form brings up, for pages show a form as a whole.

A channel that asks a form question by question never needs this. A page that only showed the questions
whose `show_if` holds so far would have to be sent once more for each answer that brings one up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from wizard.errors import ExpressionError
from wizard.expressions.expression import Expression, Names
from wizard.forms.fields import type_of
from wizard.forms.form import Form
from wizard.forms.parsing import OwnNames
from wizard.forms.prompts import unasked
from wizard.model import PromptField, Reveal, Value

_NOTHING: Mapping[str, Value] = {}
NO_ANSWER = ""  # as a page sends it, or doesn't send it: nothing is picked, or the field isn't shown itself


def possible_fields(
    form: Form,
    names: Names,
    shown: tuple[PromptField, ...],
    draft: Mapping[str, Value] | None,
    settled: Mapping[str, Value] = _NOTHING,
) -> tuple[PromptField, ...]:
    """The fields that are `shown`, and in their places those that another answer in this form would
    bring up, with what was typed in them; empty where no `show_if` reads an answer of this form.

    Where one answer out of a list decides, `when` of the field says which. `settled` are answers that
    the page doesn't ask for, though they are shown otherwise. Raises ExpressionError.
    """
    if not form.reveals:
        return ()
    asked = {field.name: field for field in shown}
    possible: list[PromptField] = []
    for question in form.questions:
        field = asked.get(question.name)
        # What can't be asked here, or is computed only afterwards, is null for every condition.
        reads = form.reveals.get(question.name, ())
        deciding = [asked[name] for name in reads if name in asked and name not in settled]
        if not deciding:
            if field is not None:
                possible.append(field)
            continue
        assert question.show_if is not None
        when = _reveal(form, question.show_if, deciding, names, settled)
        if field is None and when is not None and not when.values:
            continue  # something outside this form keeps it away, whatever is answered here
        field = field or unasked(question, names, form, draft or _NOTHING)
        possible.append(replace(field, when=when))
        asked.setdefault(question.name, field)
    return tuple(possible)


def _reveal(
    form: Form, condition: Expression, deciding: list[PromptField], names: Names, settled: Mapping[str, Value]
) -> Reveal | None:
    """Tried out with each answer that there can be: the condition may say it in any way."""
    if len(deciding) != 1:
        return None
    (other,) = deciding
    answers = _answers(other)
    if answers is None:
        return None
    own = OwnNames(form.own, names, settled)
    holding: list[str] = []
    for sent, value in answers:
        own.values[other.name] = value
        if _holds(condition, own):
            holding.append(sent)
    return Reveal(other.name, tuple(holding))


def _answers(field: PromptField) -> Iterable[tuple[str, Value]] | None:
    """Each answer to a field as a page sends it, and what is taken of it; None where they can't be listed."""
    of = type_of(field)
    if of.is_yes_or_no:
        refused = field.options.get("checkbox") and field.required  # unticked, it isn't answered yet
        return (("yes", True), ("no", None if refused else False), (NO_ANSWER, None))
    if of.picks_one:
        return (*((choice.value, choice.value) for choice in field.choices), (NO_ANSWER, None))
    return None


def _holds(condition: Expression, names: Names) -> bool:
    """A condition that fails for an answer that nobody gave brings nothing up, and is nobody's error yet."""
    try:
        return condition.holds(names)
    except ExpressionError:
        return False
