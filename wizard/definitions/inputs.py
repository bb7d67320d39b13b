"""What a definition hands to one that it embeds (`with`), typed by what that one declares as its `input`.

Constants and defaults are taken once, when the definitions are loaded, with all checks that an answer
goes through. What is computed is taken where it is read: a value of the declared type as it is, another
one as an answer would be (the text 2026-03-27 for a date), but within no limits. A missing value gives
the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from wizard.errors import ExpressionError
from wizard.expressions.arithmetic import kind
from wizard.expressions.expression import Names
from wizard.expressions.template import Dynamic
from wizard.forms.field_type import BaseField
from wizard.forms.form import Form, Question
from wizard.forms.parsing import Context, NoNames, OwnNames
from wizard.forms.refusals import Refusal, about
from wizard.model import Value

ITEM_NAMES = frozenset({"item", "index"})  # what a repeat hands to each item besides its `with`

_LIMITS = ("min", "max")


class Handed(Protocol):
    """One input: what it is, as computed from what the embedding definition sees."""

    def evaluate(self, names: Names) -> Value: ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """An input that is the same in every run."""

    value: Value

    def evaluate(self, names: Names) -> Value:
        return self.value


@dataclass(frozen=True, slots=True)
class Typed:
    """An input that is computed."""

    workflow: str
    source: Dynamic
    question: Question
    type: type | None
    default: Value

    def evaluate(self, names: Names) -> Value:
        """Raises ExpressionError where what is computed doesn't fit the declared type."""
        value = self.source.evaluate(names)
        if type(value) is self.type:
            return value
        return self.default if value is None else self._converted(value, names)

    def _converted(self, value: Value, names: Names) -> Value:
        try:
            return self.question.parse(value, Context(OwnNames((), names), {}, None))
        except Refusal as refusal:
            name = self.question.name
            raise ExpressionError(
                f"The input {name!r} of the workflow {self.workflow!r} is handed {kind(value)}, and doesn't accept it: "
                f"{about(refusal.sentence, name)}. Hand over another value in `with`."
            ) from None


def typed(
    workflow: str, declared: tuple[BaseField, ...], given: Mapping[str, Dynamic], also: frozenset[str]
) -> dict[str, Handed]:
    """What the definition `workflow` is handed, by name, its defaults included; `also` are the names
    that it gets otherwise. What it doesn't declare stays as it is."""
    handed: dict[str, Handed] = dict(given)
    for field in declared:
        name, default = field.name, _default(field)
        if name in given:
            handed[name] = _one(workflow, field, given[name], default)
        elif default is not None and name not in also:
            handed[name] = Fixed(default)
    return handed


def _one(workflow: str, field: BaseField, source: Dynamic, default: Value) -> Handed:
    question = _question(field)
    if question is None:
        return source
    if source.constant:
        try:
            value = _taken(question, source.source)
            return Fixed(default if value is None else value)
        except ExpressionError:  # its limits need a run
            pass
    limits = {name: None for name in _LIMITS if name in type(field).model_fields}
    unlimited = _question(field.model_copy(update=limits)) or question
    return Typed(workflow, source, unlimited, unlimited.type.value_type, default)


def _default(field: BaseField) -> Value:
    question = _question(field)
    if question is None or field.default is None:
        return field.default
    try:
        return _taken(question, field.default)
    except ExpressionError:
        return field.default


def misfit(field: BaseField, value: Any) -> str | None:
    """Why a constant can't be an input: a sentence. None where it can, or where only a run can tell."""
    question = _question(field)
    if question is None or value is None:
        return None
    try:
        _taken(question, value)
    except Refusal as refusal:
        return str(about(refusal.sentence, field.name))
    except ExpressionError:
        pass
    return None


def _question(field: BaseField) -> Question | None:
    fields: Any = (field,)
    return Form(fields).by_name.get(field.name)


def _taken(question: Question, value: object) -> Value:
    return question.parse(value, Context(OwnNames((), NoNames()), {}, None))
