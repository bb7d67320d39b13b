"""What is wrong with a form that its fields' models can't say, found when a definition is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from wizard.errors import ExpressionError
from wizard.expressions.expression import Expression
from wizard.forms.field_type import BaseField, Place, Problems
from wizard.forms.fields import Check
from wizard.forms.form import TIMELESS_CONTEXT, Form, Question, named
from wizard.forms.refusals import Refusal, about


def form_problems(fields: tuple[Any, ...], checks: tuple[Check, ...] = ()) -> Problems:
    """(place below the node's configuration, message) pairs."""
    positions: dict[str, int] = {}
    for index, field in enumerate(fields):
        if positions.setdefault(field.name, index) != index:
            yield ("fields", index, "name"), f"there are two fields called {field.name!r}"
    form = Form(fields, checks)
    for index, field in enumerate(fields):
        for key, message in _field_problems(form, index, field):
            yield ("fields", index, key), message
        for place, message in _said(field, field.field_type.problems, fields):
            yield ("fields", index, *place), message
    for index, check in enumerate(checks):
        if check.field is not None and check.field not in form.by_name:
            yield ("validate", index, "field"), f"there is no field {check.field!r} that is asked in this form"


def form_doubts(fields: Sequence[BaseField]) -> Problems:
    """What may be meant like that, as (place below the node's configuration, message) pairs."""
    for index, field in enumerate(fields):
        for place, message in (*_said(field, field.field_type.doubts, fields), *_unread(field)):
            yield ("fields", index, *place), message


def _said(
    field: BaseField, by_type: Callable[[Any, Sequence[BaseField]], Problems], fields: Sequence[BaseField]
) -> tuple[tuple[Place, str], ...]:
    """What the field's type says of it in its form. Raises NodeContractError where it can't."""
    return named(field, lambda: tuple(by_type(field, fields)))


def _unread(field: Any) -> Problems:
    """Messages about what can't happen."""
    own = getattr(field, "errors", None)
    for key in ("min", "max", "min_length", "pattern", "accept"):
        if getattr(own, key, None) is not None and getattr(field, key, None) in (None, ()):
            yield ("errors", key), f"nobody will read this: the field has no `{key}`"
    if getattr(own, "required", None) is not None and not field.required:
        yield ("errors", "required"), "nobody will read this: the field isn't required"
    for key in () if own is None else type(own).model_fields:
        message = getattr(own, key)
        if message is not None and field.name in message.names:
            yield ("errors", key), f"`{field.name}` is null here: what was typed isn't taken yet"


def _field_problems(form: Form, index: int, field: Any) -> Iterator[tuple[str, str]]:
    asked = form.names[:index]
    if field.show_if is not None and field.field_type.parser is not None:
        later = sorted(field.show_if.names & (form.own - set(asked)))
        computed = sorted(field.show_if.names & {each.name for each in form.computed} - set(later))
        if later:
            yield "show_if", f"{', '.join(later)} isn't answered yet here; put this field below it"
        if computed:
            yield "show_if", f"{', '.join(computed)} is computed after all fields are answered; ask what it uses"
    for smaller, larger in (("min", "max"), ("min_length", "max_length")):
        low, high = getattr(field, smaller, None), getattr(field, larger, None)
        if type(low) is type(high) and low is not None and _is_above(low, high):
            yield smaller, f"{smaller} is above {larger}, so that no answer fits"
    yield from _limit_problems(field)
    question = form.by_name.get(field.name)
    if question is not None and (message := _default_problem(question)):
        yield "default", message


def _is_above(low: Any, high: Any) -> bool:
    return not hasattr(low, "evaluate") and bool(low > high)


def _limit_problems(field: Any) -> Iterator[tuple[str, str]]:
    """Limits that are computed out of nothing, and that no answer can be compared with."""
    limits = field.field_type.limits
    for key, other in (("min", "max"), ("max", "min")):
        setting = getattr(field, key, None)
        if limits is not None and isinstance(setting, Expression) and not (setting.names or setting.functions):
            try:
                limits(field.model_copy(update={other: None}), TIMELESS_CONTEXT)
            except ExpressionError as error:
                yield key, str(error)


def _default_problem(question: Question) -> str | None:
    """A default that the field itself refuses; what needs a run to tell is left to the run."""
    if question.default is None:
        return None
    try:
        question.parse(question.default, TIMELESS_CONTEXT)
    except Refusal as refusal:
        label = question.label if isinstance(question.label, str) else question.name
        return f"the default isn't accepted: {about(refusal.sentence, label)}"
    except ExpressionError:
        return None
    return None
