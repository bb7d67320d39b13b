"""What a service says of its node type, checked to its last part when it is registered: from it come the catalogue's
line, the form, the page and the checks of definitions, so that what is wrong in it mustn't show only there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from wizard.errors import InvalidInput, RemoteNodeRefused
from wizard.forms.characters import prose
from wizard.model.values import check_value
from wizard.node.declared import LABEL, MOST_TITLE, NAME, PORT
from wizard.node.keys import COMMON
from wizard.node.types import Identifier
from wizard.remote.shape import Schema, exact, plain_schema

READS = "reads"
MOST_PORTS, MOST_OUTPUTS, MOST_KEYS = 20, 100, 60
MAX_DOCUMENTATION = 20_000
MAX_KEY = 60
_KEY = re.compile(rf"[A-Za-z][A-Za-z0-9_.-]{{0,{MAX_KEY - 1}}}")


def _line(text: str) -> str:
    if not text.isprintable() or text != prose(text).strip():
        raise ValueError("must be one line, of characters that can be seen")
    return text


def _text(text: str) -> str:
    if any(not (c.isprintable() or c == "\n") for c in text) or text != prose(text):
        raise ValueError("must be a text of characters that can be seen")
    return text.strip()


def _label(text: str) -> str:
    if not LABEL.fullmatch(text):
        raise ValueError("must be a name of small letters, digits and `-`")
    return text


def _port(text: str) -> str:
    if not PORT.fullmatch(text):
        raise ValueError("must be a name of at most 64 letters, digits and `_` that begins with a letter")
    return text


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("must name each once")
    return names


def _schema(given: dict[str, Any]) -> Schema:
    schema = plain_schema(given)
    properties = schema["properties"]
    if len(properties) > MOST_KEYS:
        raise ValueError(f"has more than {MOST_KEYS} keys; put some into a mapping")
    for key in properties:
        if key in COMMON or key == READS:
            raise ValueError(f"has the key `{key}`, which every node has. Call it something else")
        if not _KEY.fullmatch(key):
            raise ValueError(f"has a key that is no name of at most {MAX_KEY} letters, digits, `_`, `.` and `-`")
    return schema


_Line = Annotated[str, Field(min_length=1), AfterValidator(_line)]
_NO_KEYS: Schema = {"type": "object", "properties": {}, "additionalProperties": False}


class Description(BaseModel):
    """The members, as `describe` answers them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    title: Annotated[_Line, Field(max_length=MOST_TITLE)]
    summary: Annotated[_Line, Field(max_length=200)]
    kind: Literal["background", "foreground"] = "background"
    group: Annotated[str, AfterValidator(_label)] = "remote"
    icon: Annotated[str, AfterValidator(_label)] = "plug"
    ports: Annotated[
        tuple[Annotated[str, AfterValidator(_port)], ...],
        Field(max_length=MOST_PORTS, strict=False),
        AfterValidator(_once),
    ] = ()
    outputs: (
        Annotated[tuple[Identifier, ...], Field(max_length=MOST_OUTPUTS, strict=False), AfterValidator(_once)] | None
    ) = None
    config: Annotated[dict[str, Any], AfterValidator(_schema)] = Field(default=_NO_KEYS, alias="schema")
    documentation: Annotated[str, Field(max_length=MAX_DOCUMENTATION), AfterValidator(_text)] = ""
    example: dict[str, Any] | None = None
    example_output: dict[str, Any] | None = None
    undoes: bool = False
    closes: bool = False
    slow: bool = False


def described(given: object) -> Description:
    """Raises RemoteNodeRefused, with everything that is wrong by its place."""
    try:
        check_value(given, "What the service says of itself")
        description = Description.model_validate(given)
    except InvalidInput as error:
        raise RemoteNodeRefused(error.message) from None
    except ValidationError as error:
        problems = {".".join(map(str, detail["loc"])): _said(detail) for detail in error.errors(include_url=False)}
        raise refused("What the service says of its node type can't be taken", problems.items()) from None
    if description.kind == "foreground" and description.slow:
        raise refused("What the service says of its node type can't be taken", [("slow", "is for background nodes")])
    return description


def refused(what: str, problems: Iterable[tuple[str, str]]) -> RemoteNodeRefused:
    """The error, with a sentence that names every problem."""
    by_place = dict(problems)
    told = "; ".join(f"{place}: {message}" if place else message for place, message in by_place.items())
    return RemoteNodeRefused(f"{what}. {told}.", by_place)


def _said(detail: Any) -> str:
    match detail["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "there is no such member"
    return str(detail["msg"]).removeprefix("Value error, ")


def check_type(name: object) -> str:
    """Raises RemoteNodeRefused unless a node type can be called that."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise RemoteNodeRefused(
            "A node type is called by at most 64 letters, digits, `_`, `.` and `-`, and begins with a letter: `type`."
        )
    return name


def as_data(description: Description) -> Mapping[str, Any]:
    """As it is stored and answered: `described` makes the same of it again."""
    data: Mapping[str, Any] = exact(description.model_dump(by_alias=True))
    return data
