"""What a service has people asked: the prompt that it answers with, as a form of this engine.

The texts of a service are words and nothing else: no markup, no templates, no expressions. What it gives is kept with
the step, so that the prompt can be shown again without asking the service; the form is made of that each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from wizard.actions.configuration_form import literal
from wizard.forms.checking import form_problems
from wizard.forms.fields import BUILT_IN
from wizard.forms.form import Form
from wizard.forms.refusals import Refusal
from wizard.forms.types.text import line, lines
from wizard.model import Value
from wizard.remote.shape import plain

MOST_FIELDS, MOST_CHOICES = 50, 200
MAX_PROMPT = 100_000  # characters, as JSON
TYPES = (
    "text",
    "textarea",
    "integer",
    "decimal",
    "boolean",
    "date",
    "time",
    "choice",
    "choices",
    "email",
    "phone",
    "url",
    "postcode",
    "country",
    "iban",
)


def _line(text: str) -> str:
    return _clean(line(text))


def _lines(text: str) -> str:
    return _clean(lines(text))


def _clean(text: str | None) -> str:
    return "" if text is None else text


def _checked(read: Any) -> Any:
    def check(text: str) -> str:
        try:
            made: str = read(text)
        except Refusal:
            raise ValueError("must be a text of characters that can be shown") from None
        return made

    return AfterValidator(check)


Line = Annotated[str, Field(max_length=500), _checked(_line)]
Lines = Annotated[str, Field(max_length=10_000), _checked(_lines)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ChoiceFormat(_Closed):
    """One of the values to pick from."""

    value: Annotated[Line, Field(min_length=1, max_length=200)]
    label: Line = ""
    hint: Line = ""


def _choice(given: object) -> object:
    return {"value": given} if isinstance(given, str) else given


class FieldFormat(_Closed):
    """A field. What else a field of its type can have is checked with the type."""

    name: Annotated[str, Field(max_length=60)]
    type: Literal[
        "text", "textarea", "integer", "decimal", "boolean", "date", "time", "choice", "choices", "email", "phone",
        "url", "postcode", "country", "iban",
    ] = "text"  # fmt: skip
    label: Line = ""
    hint: Line = ""
    required: bool = True
    choices: Annotated[tuple[Any, ...], Field(max_length=MOST_CHOICES, strict=False)] = ()
    value: Any = None
    error: Line | None = None
    min: int | float | str | None = None
    max: int | float | str | None = None
    min_length: int | None = None
    max_length: int | None = None
    rows: int | None = None
    places: int | None = None
    checkbox: bool | None = None
    region: str | None = None
    autocomplete: str | None = None


class PromptFormat(_Closed):
    """A prompt, as `next` answers it: `title`, `text`, `fields`, `error` and `submit`."""

    title: Line = ""
    text: Lines = ""
    fields: Annotated[tuple[FieldFormat, ...], Field(max_length=MOST_FIELDS, strict=False)] = ()
    error: Lines | None = None
    submit: Annotated[Line, Field(max_length=60)] = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt that can be shown: the form, and what the service says of what was answered."""

    title: str
    text: str
    form: Form
    errors: Mapping[str, str]
    error: str | None
    submit: str

    @property
    def rejects(self) -> bool:
        """Whether the service didn't take what it was sent."""
        return bool(self.errors) or self.error is not None


def stored_prompt(given: Value) -> str:
    """A service's prompt, as it is kept with the step. Raises ValueError with what is wrong, which quotes nothing."""
    try:
        text = PromptFormat.model_validate(plain(given)).model_dump_json(exclude_none=True, exclude_defaults=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"`{place}` {_said(first)}" if place else "it must be an object") from None
    if len(text) > MAX_PROMPT:
        raise ValueError(f"it has more than {MAX_PROMPT:,} characters")
    asked_of(text)
    return text


def _said(detail: Any) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return "isn't a part of a prompt"
        case "missing":
            return "is missing"
        case "literal_error":
            return f"must be one of {', '.join(TYPES)}"
    return str(detail["msg"]).removeprefix("Value error, ")


@lru_cache(maxsize=200)
def asked_of(stored: str) -> Asked:
    """The prompt of what is kept. Raises ValueError."""
    prompt = PromptFormat.model_validate_json(stored)
    form = Form(tuple(_field(each) for each in prompt.fields))
    for place, message in form_problems(form.fields):
        raise ValueError(f"the field {form.names[int(place[1])]!r}: {message}")
    errors = {each.name: each.error for each in prompt.fields if each.error}
    return Asked(prompt.title, prompt.text, form, errors, prompt.error or None, prompt.submit)


_OWN = ("min", "max", "min_length", "max_length", "rows", "places", "checkbox", "region", "autocomplete")


def _field(asked: FieldFormat) -> Any:
    written: dict[str, Any] = {"name": asked.name, "type": asked.type, "required": asked.required}
    written |= {key: literal(text) for key, text in (("label", asked.label), ("hint", asked.hint)) if text}
    written |= {key: value for key in _OWN if (value := getattr(asked, key)) is not None}
    if asked.choices:
        written["choices"] = [_choice_of(given) for given in asked.choices]
    if asked.value is not None:
        written["prefill"] = _literal_value(asked.value)
    for key in ("min", "max"):  # a date or time; other texts would be expressions
        if isinstance(written.get(key), str) and asked.type not in ("date", "time"):
            raise ValueError(f"the field {asked.name!r} has a `{key}` that is no number")
    try:
        field = BUILT_IN.one.validate_python(written)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"][1:]))
        raise ValueError(f"the field {asked.name!r}: `{place}` {_said(first)}") from None
    if any(getattr(getattr(field, key, None), "names", None) is not None for key in ("min", "max")):
        raise ValueError(f"the field {asked.name!r} has a limit that is no {asked.type}")
    return field


def _choice_of(given: Any) -> dict[str, str]:
    choice = ChoiceFormat.model_validate(_choice(given))
    texts = (("label", choice.label), ("hint", choice.hint))
    return {"value": choice.value, **{key: literal(text) for key, text in texts if text}}


def _literal_value(value: Any) -> Any:
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, list):
        return [_literal_value(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    raise ValueError("a `value` must be a text, a number, true, false or a list of these")
