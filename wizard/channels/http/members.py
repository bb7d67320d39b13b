"""The members of a JSON body: described once, for the check and for the OpenAPI document.

A body stays the dict that it came as, so that a member that was left out is told from one that is null. What pydantic
would say of a wrong one no caller reads: the words are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from wizard.channels.http.problems import Refused, unreadable

MAX_TEXT = 500  # characters of a step's path, a workflow's id and the like
MAX_REVISION = 2**53  # beyond it JSON numbers aren't exact in every language
MOST_TOLD = 20  # mistakes in one body
LONGEST_NAME = 60  # characters of a member's name that are said again

EXACT = ConfigDict(strict=True, extra="forbid")


def whole(value: Any) -> Any:
    """1.0 is a whole number in JSON, as in JSON Schema."""
    if type(value) is Decimal and 0 <= value <= MAX_REVISION and value == value.to_integral_value():
        return int(value)
    return value


def about(description: str, **schema: JsonValue) -> Any:
    """What a member means, and what else its schema says of it."""
    return Field(description=description, json_schema_extra=schema or None)


Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]

Members = TypeVar("Members", bound=Mapping[str, Any])


class Body(Generic[Members]):
    """The check of one kind of body."""

    def __init__(self, members: type[Members]) -> None:
        self.name = members.__name__
        self.adapter = TypeAdapter(members)
        self.names = members.__annotations__
        self._validate = self.adapter.validator.validate_python

    def check(self, body: dict[str, Any]) -> Members:
        """The body, which has these members and no others. Raises Refused (400), naming every member that is unknown,
        missing or of another type."""
        if len(body) > len(self.names):  # some are unknown: there may be thousands
            raise self._refusal(body)
        try:
            members: Members = self._validate(body)
        except ValidationError:
            raise self._refusal(body) from None
        return members

    def _refusal(self, body: dict[str, Any]) -> Refused:
        mistakes = [f"there is no member `{name[:LONGEST_NAME]}` here" for name in body if name not in self.names]
        try:
            self._validate({name: body[name] for name in self.names if name in body})
        except ValidationError as error:
            schema = self.adapter.json_schema()
            mistakes += [_mistake(schema, wrong["loc"], wrong["type"]) for wrong in error.errors()]
        return unreadable(f"The body can't be taken: {'; '.join(list(dict.fromkeys(mistakes))[:MOST_TOLD])}.")


def _mistake(schema: Mapping[str, Any], place: tuple[int | str, ...], kind: str) -> str:
    """What is wrong at a place of a body; where the schema doesn't lead there, with the member that it is in."""
    if kind == "extra_forbidden" and len(place) > 1:
        return f"there is no member `{_named(place)}`"
    wanted = _schema_at(schema, place)
    if wanted is None:
        place, wanted = place[:1], schema["properties"][place[0]]
        kind = ""
    return f"`{_named(place)}` {'is missing' if kind == 'missing' else _wanted(wanted)}"


def _schema_at(schema: Mapping[str, Any], place: tuple[int | str, ...]) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] = schema
    for part in place:
        if "$ref" in found:
            found = schema["$defs"][found["$ref"].rpartition("/")[2]]
        inner = found.get("items") if isinstance(part, int) else found.get("properties", {}).get(part)
        if not isinstance(inner, Mapping):
            return None
        found = inner
    return found


def _named(place: tuple[int | str, ...]) -> str:
    """As in JavaScript: files[0].name."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part[:LONGEST_NAME]}" for part in place)
    return "".join(parts).removeprefix(".")


def _wanted(schema: Mapping[str, Any]) -> str:
    """What a member must be, by its JSON Schema."""
    if "$ref" in schema:
        return f"must be as its schema says, `{schema['$ref'].rpartition('/')[2]}`"
    if "anyOf" in schema:
        return " or ".join(_wanted(each) for each in schema["anyOf"]).replace(" or must be ", " or ")
    if "enum" in schema:
        return f"must be {' or '.join(f'`{value}`' for value in schema['enum'])}"
    match schema["type"]:
        case "string" if schema.get("format") == "date-time":
            return "must be a time with its offset from UTC, as 2026-03-27T10:00:00Z is"
        case "string" if "enum" in schema:
            return f"must be one of {', '.join(schema['enum'])}"
        case "string" if "pattern" in schema:
            return f"must be 1 to {schema['maxLength']} letters, digits and underscores, and not begin with a digit"
        case "string":
            least, most = schema.get("minLength", 0), schema.get("maxLength")
            if most is None:
                return "must be text"
            return f"must be text of {f'{least} to' if least else 'at most'} {most:,} characters"
        case "object" if "maxProperties" in schema:
            values = schema["additionalProperties"]
            listed = values["enum"] if isinstance(values, Mapping) and "enum" in values else None
            each = "with a name" if listed is None else f"of them one of {', '.join(listed)}"
            return f"must be an object of at most {schema['maxProperties']:,} members, each {each}"
        case "array":
            each = "objects" if "$ref" in schema.get("items", {}) else "names"
            return f"must be a list of at most {schema['maxItems']:,} {each}"
        case kind:
            return _WANTED[kind]


_WANTED = {
    "integer": "must be a whole number that isn't negative",
    "object": "must be an object",
    "boolean": "must be true or false",
    "null": "must be null",
}
