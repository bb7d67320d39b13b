"""A form, compiled once from what the author wrote: every decision that needs no answer is taken here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from wizard.errors import ExpressionError, InvalidInput, NodeContractError
from wizard.expressions.expression import Expression, Names
from wizard.expressions.template import Template
from wizard.forms.field_type import BaseField, FieldType
from wizard.forms.fields import Check, is_built_in
from wizard.forms.messages import Messages
from wizard.forms.parsing import Context, NoNames, OwnNames, Parser
from wizard.forms.refusals import LIMIT_CODES, Ambiguous, Code, Refusal, about
from wizard.forms.types.computed import ComputedField
from wizard.locale.sentences import Sentence
from wizard.model import PromptField, Value

T = TypeVar("T")

TIMELESS_CONTEXT = Context(OwnNames((), NoNames()), {}, None)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A field that is asked.

    `label` is a str where it is constant. `prompt` is what is shown as long as there is no answer;
    `fixed` says that its label, hint, choices and options are the same in every run,
    `of_others` that its type isn't built in.
    """

    name: str
    field: Any  # a BaseField of the type whose parser this is
    type: FieldType
    parse: Parser
    required: bool
    default: object
    show_if: Expression | None
    label: str | Template
    prompt: PromptField
    fixed: bool
    of_others: bool

    def needed(self, context: Context) -> bool:
        """Whether there has to be an answer, by what is known of the others. Raises ExpressionError."""
        return self.type.needed(self.field, context)

    def empty(self) -> Value:
        """What an optional field without an answer holds."""
        return self.type.empty(self.field)

    def refusal(self, refusal: Refusal, names: OwnNames) -> str:
        """What the person is told about an answer that can't be taken."""
        return Ambiguous.of(self._told(refusal.code, refusal.sentence, names), refusal, names.language)

    def absence(self, names: OwnNames) -> str:
        """What the person is told where a needed answer is missing."""
        return self._told("required", self.type.absence(self.field), names)

    def _told(self, code: Code, sentence: Sentence, names: OwnNames) -> str:
        own = _own_message(self.field, code)
        if own is not None and (words := own.words(names)).strip():
            return words
        label = self.label_now(names)
        return about(sentence, label if label.strip() else default_label(self.name)).in_language(names.language)

    def label_now(self, names: Names) -> str:
        return self.label if isinstance(self.label, str) else self.label.render(names)

    def failure(self, error: BaseException) -> NodeContractError | None:
        """What the field's type failed with, without what was answered; None where the error isn't that of a type of
        others. They are called without awaiting, so that only an operator's Ctrl-C is meant for us."""
        if not self.of_others or isinstance(error, ExpressionError | KeyboardInterrupt):
            return None
        what = f": {error.message}" if isinstance(error, InvalidInput) else ""
        kind = type(error).__name__
        told = f"its field `{self.name}` is of the type `{self.type.name}`, which failed with {kind}{what}"
        failure = NodeContractError(told)
        failure.__cause__ = error
        return failure


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A field that is computed; `uses` are the form's own fields that it reads."""

    name: str
    field: ComputedField
    uses: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A check, with the form's own fields that it reads."""

    check: Check
    uses: frozenset[str]


class Form:
    """A compiled form. `names` are those of all its fields, in order; `files` of those that are files,
    `secrets` of those that are passwords; `of_others` says whether the type of some field isn't built in. `reveals`
    maps each question whose `show_if` reads answers of this form to their names."""

    __slots__ = (
        *("by_name", "computed", "fields", "files", "names", "of_others", "own"),
        *("questions", "reveals", "rules", "secrets"),
    )

    def __init__(self, fields: tuple[BaseField, ...], checks: tuple[Check, ...] = ()) -> None:
        self.fields = fields
        self.names = tuple(field.name for field in fields)
        self.own = frozenset(self.names)
        self.of_others = not all(is_built_in(field.field_type) for field in fields)
        self.questions = tuple(_compiled(field) for field in fields if field.field_type.parser is not None)
        self.computed = tuple(
            Computed(field.name, field, self.own & field.value.names)
            for field in fields
            if isinstance(field, ComputedField)
        )
        self.rules = tuple(Rule(check, self.own & check.check.names) for check in checks)
        self.by_name: Mapping[str, Question] = {question.name: question for question in self.questions}
        self.files = tuple(question.name for question in self.questions if question.type.holds_files)
        self.secrets = frozenset(question.name for question in self.questions if question.type.is_secret)
        self.reveals: Mapping[str, tuple[str, ...]] = {
            question.name: deciding
            for question in self.questions
            if question.show_if is not None and (deciding := tuple(sorted(self.own & question.show_if.names)))
        }


def _own_message(field: Any, code: Code) -> Template | None:
    """What the author says instead; of two readings nobody but the program can tell."""
    if code == "ambiguous":
        return None
    kind = code if code in type(field.errors).model_fields else "invalid"
    own: Template | None = getattr(field.errors, kind)
    if own is not None:
        return own
    former = "limit" if code in LIMIT_CODES else code if code in Messages.model_fields else "invalid"
    before: Template | None = getattr(field.messages, former)
    return before


def default_label(name: str) -> str:
    """full_name -> Full name."""
    text = name.replace("_", " ").strip()
    return text[0].upper() + text[1:]


def _compiled(field: BaseField) -> Question:
    return named(field, lambda: _question(field))


def named(field: BaseField, made: Callable[[], T]) -> T:
    """What the type makes of a field that nobody has answered yet. Raises NodeContractError, which names both, where
    the type is one of others' and fails."""
    try:
        return made()
    except Exception as error:
        if is_built_in(field.field_type):
            raise
        name, kind = field.name, field.field_type.name
        what = f"its field `{name}` is of the type `{kind}`, which failed with {type(error).__name__}: {error}"
        raise NodeContractError(what) from error


def _question(field: BaseField) -> Question:
    of = field.field_type
    label = default_label(field.name) if field.label is None else _constant(field.label)
    hint = "" if field.hint is None else _constant(field.hint)
    limits_fixed = not any(isinstance(getattr(field, key, None), Expression) for key in ("min", "max"))
    fixed = isinstance(label, str) and isinstance(hint, str) and limits_fixed and of.is_fixed(field)
    options, required = _constant_options(field), field.required
    question = Question(
        name=field.name,
        field=field,
        type=of,
        parse=parser_of(field),
        required=required,
        default=_default(field),
        show_if=field.show_if,
        label=label,
        prompt=PromptField(field.name, of.name, "", required=required, options=options, field_type=of),
        fixed=False,
        of_others=not is_built_in(field.field_type),
    )
    return replace(question, prompt=_asked(question, TIMELESS_CONTEXT), fixed=True) if fixed else question


def _default(field: BaseField) -> object:
    """A number, date or time that the definition writes as text is read once, here: no run's language changes it."""
    if field.field_type.limits is None or not isinstance(field.default, str):
        return field.default
    try:
        return parser_of(field.model_copy(update={"min": None, "max": None}))(field.default, TIMELESS_CONTEXT)
    except Refusal:
        return field.default


def asked_now(question: Question, context: Context) -> PromptField:
    """The question without an answer, as it is put now. Raises ExpressionError."""
    return question.prompt if question.fixed else _asked(question, context)


def _asked(question: Question, context: Context) -> PromptField:
    field, of, names = question.field, question.type, context.names
    options = dict(question.prompt.options)
    if of.limits is not None:
        limits = zip(("min", "max"), of.limits(field, context), strict=True)
        options |= {key: bound for key, bound in limits if bound is not None}
    choices = () if of.choices is None else of.choices(field, names)
    hint = field.hint.prose(names) if field.hint is not None else ""
    label = question.label_now(names)
    required = question.needed(context)
    return replace(question.prompt, label=label, hint=hint, required=required, choices=choices, options=options)


def _constant(template: Template) -> str | Template:
    return template.source if template.constant else template


def _constant_options(field: BaseField) -> dict[str, Value]:
    settings = {key: getattr(field, key, None) for key in ("autocomplete", *field.field_type.options)}
    written = {key: value for key, value in settings.items() if value is not False and value not in (None, ())}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in written.items()}


def parser_of(field: BaseField) -> Parser:
    """The parser of a field's answers. The field is one that is asked."""
    make = field.field_type.parser
    assert make is not None
    parser = make(field)
    if not callable(parser):
        raise TypeError(f"its `parser` made {type(parser).__name__}, not a function")
    return parser
