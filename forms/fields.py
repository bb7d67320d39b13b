"""The field types that definitions can use, and what they can write below `fields`.

`BUILT_IN` are our own. Others come from outside (wizard.node.registry) as a FieldTypes of theirs, which is handed to
pydantic as the context of a validation; without one, a definition has the built-in ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import Discriminator, GetCoreSchemaHandler, Tag, TypeAdapter
from pydantic import Field as Setting
from pydantic_core import core_schema

from wizard.expressions.expression import Expression
from wizard.expressions.template import Template
from wizard.forms.field_type import BaseField, FieldType
from wizard.forms.messages import Closed
from wizard.forms.types import choices, computed, contact, dates, files, numbers, places, text
from wizard.model import PromptField

USUAL = text.TEXT  # where a field says no type


class FieldTypes(Mapping[str, FieldType]):
    """Field types by name, in the order in which they are told to authors. `unusable` says of types that there aren't,
    though some package has them, why."""

    def __init__(self, types: Iterable[FieldType], unusable: Mapping[str, str] = MappingProxyType({})) -> None:
        self._types = {field_type.name: field_type for field_type in types}
        self.unusable = unusable

    def __getitem__(self, name: str) -> FieldType:
        return self._types[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    @cached_property
    def one(self) -> TypeAdapter[BaseField]:
        """What reads a field of any of the types."""
        return TypeAdapter(self.any)

    @property
    def any(self) -> Any:
        """A field of any of the types, told apart by `type`, as an annotation."""
        names = tuple(self)
        models = tuple(Annotated[field_type.model, Tag(name)] for name, field_type in self.items())
        told_apart = Discriminator(
            _type_of,
            custom_error_type="field_type",
            custom_error_message="there is no such field type; there are " + ", ".join(names),
            custom_error_context={"types": self},  # type: ignore[dict-item] # whatever stands there is handed on
        )
        return Annotated[Union[models], told_apart]  # noqa: UP007 - there is nothing to put | between


def _type_of(value: object) -> str | None:
    name = value.get("type", USUAL.name) if isinstance(value, Mapping) else getattr(value, "type", None)
    return name if isinstance(name, str) else None


BUILT_IN = FieldTypes(
    (
        text.TEXT,
        text.TEXTAREA,
        text.PASSWORD,
        text.HIDDEN,
        numbers.INTEGER,
        numbers.DECIMAL,
        choices.BOOLEAN,
        dates.DATE,
        dates.TIME,
        choices.CHOICE,
        choices.CHOICES,
        contact.EMAIL,
        contact.PHONE,
        contact.URL,
        places.POSTCODE,
        places.COUNTRY,
        contact.IBAN,
        files.FILE,
        computed.COMPUTED,
    )
)
FIELD_TYPES = tuple(BUILT_IN)


class _NoField(BaseField):
    type: Literal["?"]


_UNKNOWN = FieldType(model=_NoField, parser=None)
_BY_NAME = dict(BUILT_IN)  # a page asks for a type a dozen times for each field, and a Mapping is slower


def type_of(asked: PromptField) -> FieldType:
    """The type of what a prompt asks: a form says it; else it is the built-in one of that name, or one of which nothing
    is known, which is typed as text and picked where there are choices."""
    return asked.field_type or _BY_NAME.get(asked.type, _UNKNOWN)


def may_be_draft(asked: PromptField) -> bool:
    """Whether what is typed can be kept before it is an answer: secrets and files are no draft."""
    of = type_of(asked)
    return not (of.is_secret or of.holds_files)


class _OfAnyType:
    """What pydantic makes of `Field`."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_wrap_validator_function(of_context, handler.generate_schema(BUILT_IN.any))


def types_in(context: object) -> FieldTypes:
    """The field types that a validation has been handed as its context, else the built-in ones."""
    return context if isinstance(context, FieldTypes) else BUILT_IN


def is_built_in(of: FieldType) -> bool:
    """Whether a type is ours; one of others may have the name of one."""
    return BUILT_IN.get(of.name) is of


def of_context(
    value: object, validate: core_schema.ValidatorFunctionWrapHandler, info: core_schema.ValidationInfo[Any]
) -> Any:
    types = types_in(info.context)
    return validate(value) if types is BUILT_IN else types.one.validate_python(value, context=types)


if TYPE_CHECKING:
    Field = BaseField
else:
    Field = Annotated[Any, _OfAnyType]


class Check(Closed):
    """A rule over several answers: `message` is shown, at `field` if it is given, unless `check` holds.

    A check isn't made while a field that it names has an error of its own, nor while `field` is hidden.
    """

    check: Expression = Setting(description="What has to hold.")
    message: Template = Setting(description="What people read where it doesn't.")
    field: str | None = Setting(None, description="The field at which they read it; above the form unless given.")
