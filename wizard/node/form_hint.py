"""What a field of a configuration says of how a form asks it, beside what its type and description say.

A FormHint stands in the field's annotation, and comes out in the JSON Schema as `x-form`: whatever makes a form of a
schema (wizard.actions) needs nothing else, so that a schema which comes from elsewhere can say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wizard.expressions.expression import parse

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core.core_schema import CoreSchema

KEYWORD = "x-form"


@dataclass(frozen=True, slots=True)
class FormHint:
    """How a form asks a key of a configuration.

    `label` is read above it, and made of the key unless given. `group` is the heading that it stands under. `show_if`
    is an expression over the form's other fields, without which it isn't asked as long as nothing is in it. `rows`
    makes a text one of several lines.
    """

    label: str = ""
    group: str = ""
    show_if: str = ""
    rows: int = 0

    def __post_init__(self) -> None:
        """Raises TypeError for what isn't of its type, and ExpressionError for a `show_if` that is no expression."""
        for name, kind in (("label", str), ("group", str), ("show_if", str), ("rows", int)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"FormHint: `{name}` must be {kind.__name__}, and is {getattr(self, name)!r}")
        if self.show_if:
            parse(self.show_if)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        said = {name: value for name in self.__slots__ if (value := getattr(self, name))}
        return {**handler(schema), KEYWORD: said}
