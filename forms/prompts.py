"""What a form asks right now: its questions as PromptFields, and its answers as lines to read."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.expressions.expression import Names
from wizard.forms.form import Form, Question, asked_now, default_label
from wizard.forms.parsing import Context, OwnNames
from wizard.forms.readable import readable
from wizard.forms.refusals import Refusal
from wizard.forms.validation import storable
from wizard.model import Item, PromptField, Value
from wizard.model.prompt import THERE
from wizard.model.values import check_value

_NOTHING: Mapping[str, Value] = {}


def prompt_fields(
    form: Form,
    names: Names,
    *,
    output: Mapping[str, Value] | None = None,
    draft: Mapping[str, Value] | None = None,
    errors: Mapping[str, str] = _NOTHING,
    kept: Mapping[str, Value] = _NOTHING,
) -> tuple[PromptField, ...]:
    """The questions that are shown, with what is known of their answers: first what was typed
    (`draft`), then what was accepted (`output`), then default and prefill.

    A draft may come from anybody: files are shown only out of `kept`. Raises ExpressionError.
    """
    own = OwnNames(form.own, names)
    context = Context(own, kept, None)
    accepted, typed = output or _NOTHING, draft or _NOTHING
    fields: list[PromptField] = []
    for question in form.questions:
        if question.show_if is not None and not question.show_if.holds(own):
            continue
        name = question.name
        if name in typed:
            value, answered = _typed(question, typed[name], context)
        elif question.type.holds_files and name in kept:
            value, answered = kept[name], False
        elif name in accepted:
            value, answered = accepted[name], False
            own.values[name] = value
        else:
            value, answered = _suggested(question, context), False
        error = errors.get(name)
        fields.append(_filled(question, context, value, error, answered=answered and error is None))
    return tuple(fields)


def _filled(question: Question, context: Context, value: Value, error: str | None, *, answered: bool) -> PromptField:
    """Raises NodeContractError where the question's type is one of others' and fails."""
    try:
        return _with_answer(question, context, value, error, answered=answered)
    except BaseException as broken:
        failure = question.failure(broken)
        if failure is None:
            raise
        raise failure from broken


def _with_answer(
    question: Question, context: Context, value: Value, error: str | None, *, answered: bool
) -> PromptField:
    asked = asked_now(question, context)
    if value is None and error is None and not answered:
        return asked
    of = question.type
    there = of.is_secret and value is not None
    return PromptField(
        asked.name,
        asked.type,
        asked.label,
        asked.hint,
        asked.required,
        asked.choices,
        None if of.is_secret else value,
        error,
        answered,
        {**asked.options, THERE: True} if there else asked.options,
        typed=None if of.typed is None else of.typed(question.field, value, context.names.language),
        field_type=of,
    )


def _typed(question: Question, raw: Value, context: Context) -> tuple[Value, bool]:
    """What to show of something typed, and whether it is an answer. What a type of others fails at is shown as it was
    typed, so that it can be put right: its failure is told where the answer is taken."""
    if question.type.holds_files and (not isinstance(raw, Mapping) or "content" in raw):
        return None, raw is None and not question.needed(context)
    try:
        value = question.parse(raw, context)
        if question.of_others:
            check_value(value, "The answer")
    except Refusal:
        return _as_typed(question, raw)
    except BaseException as error:
        if question.failure(error) is None:
            raise
        return _as_typed(question, raw)
    if value is None:
        return None, not question.needed(context)
    context.names.values[question.name] = value
    return value, True


def _as_typed(question: Question, raw: Value) -> tuple[Value, bool]:
    return None if question.type.holds_files else storable(raw), False


def unasked(question: Question, names: Names, form: Form, draft: Mapping[str, Value]) -> PromptField:
    """A question that isn't to be asked yet, with what was typed in it or is suggested."""
    context = Context(OwnNames(form.own, names), _NOTHING, None)
    if question.name in draft and not question.type.holds_files:
        value = storable(draft[question.name])
    else:
        value = _suggested(question, context)
    return _filled(question, context, value, None, answered=False)


def _suggested(question: Question, context: Context) -> Value:
    """The default, else the prefill; typed where it is an answer, else as it is."""
    if question.default is None and question.field.prefill is None:
        return None
    prefill = question.field.prefill
    raw = question.default if prefill is None else prefill.evaluate(context.names)
    if raw is None:
        raw = question.default
    value, _ = _typed(question, raw, context)
    return value


def summary_items(form: Form, names: Names, output: Mapping[str, Value], step: str) -> tuple[Item, ...]:
    """The accepted answers, one line each, with labels. A computed value has a line if it has a label;
    what only a channel carries (hidden) has none."""
    own = OwnNames(form.own, names, output)
    items: list[Item] = []
    for field in form.fields:
        is_asked = field.field_type.parser is not None
        if field.name not in output or not field.field_type.is_seen or (field.label is None and not is_asked):
            continue
        label = default_label(field.name) if field.label is None else field.label.render(own)
        items.append(Item(label, readable(field, output[field.name], own), step))
    return tuple(items)
