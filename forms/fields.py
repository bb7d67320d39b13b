"""What a definition can write below `fields`: one closed model per field type, told apart by `type`.

These models hold what the author wrote, checked; `wizard.forms.form` compiles them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, Union, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Tag,
    model_validator,
)
from pydantic import Field as Setting

from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic, Template
from wizard.forms.messages import (
    Closed,
    DecimalErrors,
    Errors,
    FileErrors,
    LengthErrors,
    LimitErrors,
    Messages,
    TextErrors,
)
from wizard.forms.setting_types import Count, DateLimit, FieldName, MediaType, Number, Region, TimeLimit, as_text
from wizard.forms.types.patterns import check_pattern

MAX_CHOICES = 5_000  # of which one is picked out of a list
MAX_CHECKBOXES = 1_000  # beside each other
MEGABYTE = 1_000_000


class BaseField(Closed):
    """What all fields have.

    `default` is the answer where the field is left out of the input (a field sent empty stays empty);
    `prefill` is only shown, as a suggestion. `show_if` sees the fields above it.
    """

    name: FieldName
    label: Template | None = None
    hint: Template | None = None
    required: bool = True
    default: Any = None
    prefill: Dynamic | None = None
    show_if: Expression | None = None
    autocomplete: Annotated[str, Setting(max_length=60)] | None = None
    errors: Errors = Errors()
    messages: Messages = Messages()


class TextField(BaseField):
    """One line of text. `pattern` must match all of it."""

    type: Literal["text"] = "text"
    min_length: Count | None = None
    max_length: Count = 500
    pattern: str | None = None
    errors: TextErrors = TextErrors()

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.pattern is not None:
            check_pattern(self.pattern, self.max_length)
        return self


class TextareaField(BaseField):
    """Several lines of text."""

    type: Literal["textarea"]
    min_length: Count | None = None
    max_length: Count = 5_000
    rows: Annotated[int, Setting(ge=1, le=50)] = 5
    errors: LengthErrors = LengthErrors()


class PasswordField(BaseField):
    """A secret: never shown again, and no spaces are taken off it."""

    type: Literal["password"]
    min_length: Count | None = None
    max_length: Count = 200
    errors: LengthErrors = LengthErrors()

    @model_validator(mode="after")
    def _unknown(self) -> Self:
        if self.default is not None or self.prefill is not None:
            raise ValueError("a password has no default and no prefill: it would be shown to whoever asks")
        return self


class HiddenField(BaseField):
    """Text that a channel carries and nobody sees; it may be missing unless `required` says otherwise."""

    type: Literal["hidden"]
    required: bool = False
    min_length: Count | None = None
    max_length: Count = 500
    errors: LengthErrors = LengthErrors()


class IntegerField(BaseField):
    """A whole number."""

    type: Literal["integer"]
    min: Number | None = None
    max: Number | None = None
    errors: LimitErrors = LimitErrors()


class DecimalField(BaseField):
    """A number with at most `places` digits after the point, kept exactly as written."""

    type: Literal["decimal"]
    min: Number | None = None
    max: Number | None = None
    places: Annotated[int, Setting(ge=0, le=12)] = 10
    errors: DecimalErrors = DecimalErrors()


class BooleanField(BaseField):
    """Yes or no. As a `checkbox` it is one box to tick, and `required` means that it has to be ticked."""

    type: Literal["boolean"]
    checkbox: bool = False


class DateField(BaseField):
    """A day. Limits are dates like 2026-01-31 or expressions like today()."""

    type: Literal["date"]
    min: DateLimit | None = None
    max: DateLimit | None = None
    errors: LimitErrors = LimitErrors()


class TimeField(BaseField):
    """A time of day, without a zone. Limits are times like 09:30 or expressions."""

    type: Literal["time"]
    min: TimeLimit | None = None
    max: TimeLimit | None = None
    errors: LimitErrors = LimitErrors()


class ChoiceOption(Closed):
    """One of the values to pick from; its label is the value itself unless another is given."""

    value: Annotated[str, BeforeValidator(as_text), Setting(min_length=1, max_length=200)]
    label: Template | None = None
    hint: Template | None = None


class ChoicesFrom(Closed):
    """Choices out of a list that is computed: of texts, or of dicts whose keys `value`, `label` and
    `hint` name."""

    source: Expression = Setting(alias="from")
    value: str = "value"
    label: str = "label"
    hint: str = "hint"


def _option(value: object) -> object:
    return value if isinstance(value, Mapping | ChoiceOption) else {"value": value}


def _distinct(options: tuple[ChoiceOption, ...]) -> tuple[ChoiceOption, ...]:
    seen: set[str] = set()
    for option in options:
        if option.value in seen:
            raise ValueError(f"the choice {option.value!r} is there twice")
        seen.add(option.value)
    return options


def _written_as(value: object) -> str:
    return "from" if isinstance(value, Mapping | ChoicesFrom) else "list"


_Option = Annotated[ChoiceOption, BeforeValidator(_option, json_schema_input_type=ChoiceOption | str | int | float)]
_Options = Annotated[tuple[_Option, ...], Setting(min_length=1, max_length=MAX_CHOICES), AfterValidator(_distinct)]
Options = Annotated[Annotated[_Options, Tag("list")] | Annotated[ChoicesFrom, Tag("from")], Discriminator(_written_as)]
_Checkboxes = Annotated[_Options, Setting(max_length=MAX_CHECKBOXES)]
Checkboxes = Annotated[
    Annotated[_Checkboxes, Tag("list")] | Annotated[ChoicesFrom, Tag("from")], Discriminator(_written_as)
]


class ChoiceField(BaseField):
    """One of several choices."""

    type: Literal["choice"]
    choices: Options


class ChoicesField(BaseField):
    """Any number of several choices, or between `min` and `max` of them."""

    type: Literal["choices"]
    choices: Checkboxes
    min: Count | None = None
    max: Count | None = None
    errors: LimitErrors = LimitErrors()


class EmailField(BaseField):
    """An email address that is well formed; whether it exists only a message to it can tell."""

    type: Literal["email"]


class PhoneField(BaseField):
    """A telephone number. `region` is the country of numbers that are given without a code."""

    type: Literal["phone"]
    region: Region | None = None


class UrlField(BaseField):
    """A web address, http or https."""

    type: Literal["url"]


class PostcodeField(BaseField):
    """A postcode. `country` is a country's code or the name of the form's field that holds one."""

    type: Literal["postcode"]
    country: Annotated[str, Setting(max_length=60)] | None = None


class CountryField(BaseField):
    """A country, by its ISO 3166 code; `only` narrows them down."""

    type: Literal["country"]
    only: tuple[Region, ...] | None = None


class IbanField(BaseField):
    """An international bank account number."""

    type: Literal["iban"]


class FileField(BaseField):
    """An uploaded file. `accept` lists media types (image/*) and extensions (.pdf), `max_size` is in bytes."""

    type: Literal["file"]
    accept: tuple[MediaType, ...] = ()
    max_size: Annotated[int, Setting(ge=1, le=100 * MEGABYTE)] = 5 * MEGABYTE
    errors: FileErrors = FileErrors()

    @model_validator(mode="after")
    def _unknown(self) -> Self:
        if self.default is not None or self.prefill is not None:
            raise ValueError("a file has no default and no prefill: only a person can upload one")
        return self


class ComputedField(BaseField):
    """A value that is computed from the other answers and never asked."""

    type: Literal["computed"]
    value: Expression


AskedField = (
    TextField
    | TextareaField
    | PasswordField
    | HiddenField
    | IntegerField
    | DecimalField
    | BooleanField
    | DateField
    | TimeField
    | ChoiceField
    | ChoicesField
    | EmailField
    | PhoneField
    | UrlField
    | PostcodeField
    | CountryField
    | IbanField
    | FileField
)
AnyField = AskedField | ComputedField


def _tagged() -> Iterator[tuple[str, Any]]:
    for model in get_args(AnyField):
        (tag,) = get_args(model.model_fields["type"].annotation)
        yield tag, Annotated[model, Tag(tag)]


FIELD_TYPES = tuple(tag for tag, _ in _tagged())


def _type_of(value: object) -> str | None:
    found = value.get("type", "text") if isinstance(value, Mapping) else getattr(value, "type", None)
    return found if isinstance(found, str) else None


if TYPE_CHECKING:
    Field = AnyField
else:
    Field = Annotated[
        Union[tuple(tagged for _, tagged in _tagged())],  # noqa: UP007 - computed, so there is nothing to put | between
        Discriminator(
            _type_of,
            custom_error_type="field_type",
            custom_error_message="there is no such field type; there are " + ", ".join(FIELD_TYPES),
            custom_error_context={"types": FIELD_TYPES},
        ),
    ]


class Check(Closed):
    """A rule over several answers: `message` is shown, at `field` if it is given, unless `check` holds.

    A check isn't made while a field that it names has an error of its own, nor while `field` is hidden.
    """

    check: Expression
    message: Template
    field: str | None = None
