"""A form, compiled once from what the author wrote: every decision that needs no answer is taken here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from wizard.expressions.expression import Expression, Names
from wizard.expressions.template import Template
from wizard.forms.fields import (
    AnyField,
    AskedField,
    BooleanField,
    Check,
    ChoiceField,
    ChoicesField,
    ComputedField,
    CountryField,
    DateField,
    DecimalField,
    EmailField,
    FileField,
    HiddenField,
    IbanField,
    IntegerField,
    PasswordField,
    PhoneField,
    PostcodeField,
    TextareaField,
    TextField,
    TimeField,
    UrlField,
)
from wizard.forms.messages import Messages
from wizard.forms.parsing import Context, NoNames, OwnNames, Parser
from wizard.forms.refusals import (
    ANSWER_WANTED,
    CHOICE_WANTED,
    CONFIRMATION_WANTED,
    FILE_WANTED,
    LIMIT_CODES,
    Code,
    Refusal,
    about,
)
from wizard.forms.types.choices import boolean_parser, choice_parser, choices_of, choices_parser, constant_choices
from wizard.forms.types.contact import email_parser, iban_parser, phone_parser, url_parser
from wizard.forms.types.dates import date_limits, date_parser, time_limits, time_parser
from wizard.forms.types.files import file_parser
from wizard.forms.types.numbers import decimal_parser, integer_parser, number_limits
from wizard.forms.types.places import country_choices, country_parser, needs_postcode, postcode_parser
from wizard.forms.types.text import text_parser
from wizard.locale.sentences import Sentence
from wizard.model import PromptField, Value

_WANTED = {
    **dict.fromkeys(("boolean", "choice", "choices", "country"), CHOICE_WANTED),
    "file": FILE_WANTED,
}
TIMELESS_CONTEXT = Context(OwnNames((), NoNames()), {}, None)
_LIMITED: Mapping[str, Callable[[Any, Context], tuple[Value, Value]]] = {
    "integer": number_limits,
    "decimal": number_limits,
    "date": date_limits,
    "time": time_limits,
}


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A field that is asked.

    `label` is a str where it is constant. `prompt` is what is shown as long as there is no answer;
    `fixed` says that its label, hint, choices and options are the same in every run.
    """

    name: str
    field: Any  # AnyField, of the type whose parser this is
    parse: Parser
    required: bool
    default: object
    show_if: Expression | None
    label: str | Template
    prompt: PromptField
    fixed: bool
    secret: bool
    is_file: bool
    is_checkbox: bool
    many: bool

    def needed(self, context: Context) -> bool:
        """Whether there has to be an answer, by what is known of the others. Raises ExpressionError."""
        if not isinstance(self.field, PostcodeField):
            return self.required
        return self.required and needs_postcode(self.field, context)

    def empty(self) -> Value:
        """What an optional field without an answer holds."""
        if self.is_checkbox:
            return False
        return [] if self.many else None

    def refusal(self, refusal: Refusal, names: OwnNames) -> str:
        """What the person is told about an answer that can't be taken."""
        return self._told(refusal.code, refusal.sentence, names)

    def absence(self, names: OwnNames) -> str:
        """What the person is told where a needed answer is missing."""
        wanted = CONFIRMATION_WANTED if self.is_checkbox else _WANTED.get(self.field.type, ANSWER_WANTED)
        return self._told("required", wanted, names)

    def _told(self, code: Code, sentence: Sentence, names: OwnNames) -> str:
        own = _own_message(self.field, code)
        if own is not None and (words := own.words(names)).strip():
            return words
        label = self.label_now(names)
        return about(sentence, label if label.strip() else default_label(self.name)).in_language(names.language)

    def label_now(self, names: Names) -> str:
        return self.label if isinstance(self.label, str) else self.label.render(names)


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
    `secrets` of those that are passwords. `reveals` maps each question whose `show_if` reads answers of
    this form to their names."""

    __slots__ = ("by_name", "computed", "fields", "files", "names", "own", "questions", "reveals", "rules", "secrets")

    def __init__(self, fields: tuple[AnyField, ...], checks: tuple[Check, ...] = ()) -> None:
        self.fields = fields
        self.names = tuple(field.name for field in fields)
        self.own = frozenset(self.names)
        self.questions = tuple(_question(field) for field in fields if not isinstance(field, ComputedField))
        self.computed = tuple(
            Computed(field.name, field, self.own & field.value.names)
            for field in fields
            if isinstance(field, ComputedField)
        )
        self.rules = tuple(Rule(check, self.own & check.check.names) for check in checks)
        self.by_name: Mapping[str, Question] = {question.name: question for question in self.questions}
        self.files = tuple(question.name for question in self.questions if question.is_file)
        self.secrets = frozenset(question.name for question in self.questions if question.secret)
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


def _question(field: AskedField) -> Question:
    label = default_label(field.name) if field.label is None else _constant(field.label)
    hint = "" if field.hint is None else _constant(field.hint)
    limits_fixed = not any(isinstance(getattr(field, key, None), Expression) for key in ("min", "max"))
    choices_fixed = constant_choices(field) if field.type in ("choice", "choices") else field.type != "country"
    need_fixed = field.type != "postcode" or not field.required or field.country is None or field.country.isupper()
    fixed = isinstance(label, str) and isinstance(hint, str) and limits_fixed and choices_fixed and need_fixed
    question = Question(
        name=field.name,
        field=field,
        parse=parser_of(field),
        required=field.required,
        default=_default(field),
        show_if=field.show_if,
        label=label,
        prompt=PromptField(field.name, field.type, "", required=field.required, options=_constant_options(field)),
        fixed=False,
        secret=field.type == "password",
        is_file=field.type == "file",
        is_checkbox=isinstance(field, BooleanField) and field.checkbox,
        many=field.type == "choices",
    )
    return replace(question, prompt=_asked(question, TIMELESS_CONTEXT), fixed=True) if fixed else question


def _default(field: AskedField) -> object:
    """A number, date or time that the definition writes as text is read once, here: no run's language changes it."""
    if field.type not in _LIMITED or not isinstance(field.default, str):
        return field.default
    try:
        return parser_of(field.model_copy(update={"min": None, "max": None}))(field.default, TIMELESS_CONTEXT)
    except Refusal:
        return field.default


def asked_now(question: Question, context: Context) -> PromptField:
    """The question without an answer, as it is put now. Raises ExpressionError."""
    return question.prompt if question.fixed else _asked(question, context)


def _asked(question: Question, context: Context) -> PromptField:
    field, names = question.field, context.names
    options = dict(question.prompt.options)
    if field.type in _LIMITED:
        limits = zip(("min", "max"), limits_now(field, context), strict=True)
        options |= {key: bound for key, bound in limits if bound is not None}
    if field.type == "country":
        choices = country_choices(field.only, names.language)
    else:
        choices = choices_of(field, names) if field.type in ("choice", "choices") else ()
    hint = field.hint.prose(names) if field.hint is not None else ""
    label = question.label_now(names)
    required = question.needed(context)
    return replace(question.prompt, label=label, hint=hint, required=required, choices=choices, options=options)


def limits_now(field: Any, context: Context) -> tuple[Value, Value]:
    """The least and the greatest answer that a number, date or time takes. Raises ExpressionError."""
    return _LIMITED[field.type](field, context)


def _constant(template: Template) -> str | Template:
    return template.source if template.constant else template


def _constant_options(field: Any) -> dict[str, Value]:
    keys = ["autocomplete", "min_length", "max_length", "rows", "places", "accept", "max_size", "region", "checkbox"]
    if field.type == "choices":
        keys += ["min", "max"]
    found = {key: getattr(field, key, None) for key in keys}
    written = {key: value for key, value in found.items() if value is not False and value not in (None, ())}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in written.items()}


def parser_of(field: AskedField) -> Parser:  # noqa: PLR0912 - one line for each field type there is
    """The parser of a field's answers."""
    match field:
        case TextField() | TextareaField() | PasswordField() | HiddenField():
            return text_parser(field)
        case IntegerField():
            return integer_parser(field)
        case DecimalField():
            return decimal_parser(field)
        case BooleanField():
            return boolean_parser(field)
        case DateField():
            return date_parser(field)
        case TimeField():
            return time_parser(field)
        case ChoiceField():
            return choice_parser(field)
        case ChoicesField():
            return choices_parser(field)
        case EmailField():
            return email_parser(field)
        case PhoneField():
            return phone_parser(field)
        case UrlField():
            return url_parser(field)
        case PostcodeField():
            return postcode_parser(field)
        case CountryField():
            return country_parser(field)
        case IbanField():
            return iban_parser(field)
        case FileField():
            return file_parser(field)
    assert_never(field)
