"""What the calls of the JSON interface take: the members of each body, once for the check and for the OpenAPI document.

A body stays the dict that it came as, so that a member that was left out is told from one that is null. What pydantic
would say of a wrong one no caller reads: the words are ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Generic, Required, TypeVar

from aiohttp import web
from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError, with_config
from pydantic.config import JsonDict
from typing_extensions import TypedDict

from wizard.channels.http.problems import INVALID_REQUEST, Refused
from wizard.engine.asks import MAX_KEY, MAX_NAME
from wizard.locale.sentences import sentence

MAX_TEXT = 500  # characters of a step's path, a workflow's id and the like
MAX_REVISION = 2**53  # beyond it JSON numbers aren't exact in every language
MOST_TOLD = 20  # mistakes in one body

REVISION_TAG = '"[0-9]{1,15}"'
_IF_MATCH = re.compile(rf"\*|{REVISION_TAG}")


def _whole(value: Any) -> Any:
    """1.0 is a whole number in JSON, as in JSON Schema."""
    if type(value) is Decimal and 0 <= value <= MAX_REVISION and value == value.to_integral_value():
        return int(value)
    return value


def about(description: str, **schema: JsonValue) -> Any:
    """What a member means, and what else its schema says of it."""
    return Field(description=description, json_schema_extra=schema or None)


Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Object = dict[str, Any]
Revision = Annotated[
    int,
    Field(ge=0, le=MAX_REVISION),
    about("The run's revision as you saw it; another one now is a conflict (409)."),
    BeforeValidator(_whole),
]
Keep = Annotated[bool, about("A field that `answers` leave out keeps the answer that it has.")]

# What two members mustn't say together, and what the engine refuses, isn't for pydantic: it is answered otherwise.
_TOGETHER: JsonDict = {
    "allOf": [
        {"anyOf": [{"required": ["step"]}, {"properties": {"answers": {"maxProperties": 0}}}]},
        {"not": {"required": ["keep", "partial"], "properties": {"keep": {"const": True}, "partial": {"const": True}}}},
    ]
}
_EXACT = ConfigDict(strict=True, extra="forbid")


@with_config(_EXACT)
class Start(TypedDict, total=False):
    workflow: Required[Annotated[Text, about("The id of the workflow to start.")]]
    input: Annotated[Object, about("What the workflow is handed: values by the names that its `input` declares.")]
    profile_id: Annotated[Text, about("The profile that the run works on.")]
    session_id: Annotated[Text, about("The session that the run works on.")]


@with_config(ConfigDict(**_EXACT, json_schema_extra=_TOGETHER))
class Next(TypedDict, total=False):
    step: Annotated[Text, about("The step that is answered. Needed with `answers`.")]
    answers: Annotated[Object, about("All answers of the step by field name: a field that is left out has none.")]
    keep: Keep
    partial: Annotated[bool, about("Take these answers and wait for those that are missing.")]
    revision: Revision


@with_config(_EXACT)
class Previous(TypedDict, total=False):
    to: Annotated[Text, about("The step of the path to go back to; without it the one before.")]
    draft: Annotated[Object, about("What was typed in the step that is left and not submitted, by field name.")]
    revision: Revision


_ANEW = "All its answers by field name: a field that is left out has none. Without `answers` the step is shown."


@with_config(_EXACT)
class Change(TypedDict, total=False):
    step: Required[Annotated[Text, about("The step of the path to answer anew.")]]
    answers: Annotated[Object, about(_ANEW)]
    keep: Keep
    revision: Revision


@with_config(_EXACT)
class Remove(TypedDict, total=False):
    item: Required[Annotated[Text, about("The item of a repeat to take out, as in `household/2`.")]]
    revision: Revision


EventName = Annotated[
    str,
    Field(min_length=1, max_length=MAX_NAME, pattern="^[A-Za-z_][A-Za-z0-9_]*$"),
    about(f"The event's name: at most {MAX_NAME} letters, digits and _."),
]
_KEY = "The event's own key, at most {} characters: however often one with this key is sent, it is taken in once."
EventKey = Annotated[str, Field(min_length=1, max_length=MAX_KEY), about(_KEY.format(MAX_KEY))]


@with_config(_EXACT)
class Event(TypedDict, total=False):
    name: Required[EventName]
    data: Annotated[Any, about("What it brings, to be read as `event.NAME`; `true` where there is nothing.")]
    key: EventKey


@with_config(_EXACT)
class Cancel(TypedDict, total=False):
    undo: Annotated[bool, about("Whether what the run's steps did is undone, the newest first.")]


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
        mistakes = [f"there is no member `{name[:60]}` here" for name in body if name not in self.names]
        try:
            self._validate({name: body[name] for name in self.names if name in body})
        except ValidationError as error:
            types = self.adapter.json_schema()["properties"]
            for wrong in error.errors():
                name = wrong["loc"][0]
                missing = wrong["type"] == "missing"
                mistakes.append(f"`{name}` {'is missing' if missing else _wanted(types[name])}")
        return unreadable(f"The body can't be taken: {'; '.join(mistakes[:MOST_TOLD])}.")


def _wanted(schema: Mapping[str, Any]) -> str:
    if "pattern" in schema:
        return f"must be 1 to {schema['maxLength']} letters, digits and underscores, and not begin with a digit"
    return _WANTED[schema["type"]].format(**schema)


_WANTED = {
    "string": "must be text of 1 to {maxLength} characters",
    "integer": "must be a whole number that isn't negative",
    "object": "must be an object",
    "boolean": "must be true or false",
}

START, NEXT, PREVIOUS, CHANGE = Body(Start), Body(Next), Body(Previous), Body(Change)
REMOVE, EVENT, CANCEL = Body(Remove), Body(Event), Body(Cancel)
BODIES: tuple[Body[Any], ...] = (START, NEXT, PREVIOUS, CHANGE, REMOVE, EVENT, CANCEL)


def check_together(body: Next) -> None:
    """What no member says by itself. Raises Refused (400)."""
    if body.get("answers") and "step" not in body:
        raise Refused(INVALID_REQUEST, sentence("`step` is missing: name the step that `answers` are for."))
    if body.get("partial") and body.get("keep"):
        what = sentence("`partial` waits for answers that are left out, and `keep` doesn't: use only one of them.")
        raise Refused(INVALID_REQUEST, what)


def revision_of(request: web.Request, named: int | None) -> int | None:
    """The revision that the caller saw: the one `named` in the body, or that of If-Match (RFC 9110, 13.1.1; `*` says
    nothing of it). Raises Refused (400) where it can't be read or the two differ."""
    header = request.headers.get("If-Match", "*").strip()
    if _IF_MATCH.fullmatch(header) is None:
        raise unreadable('If-Match must be one ETag of this run, as "3" is, with its quotation marks.')
    if header == "*":
        return named
    seen = int(header.strip('"'))
    if named is not None and named != seen:
        raise unreadable("`revision` and If-Match name two revisions. Send one of them.")
    return seen


def check_unconditional(request: web.Request) -> None:
    """Raises Refused (400) for an If-Match where the call doesn't go by revisions: to do it all the same could be to do
    what the caller had ruled out (RFC 9110, 13.1.1)."""
    if request.headers.get("If-Match", "*").strip() != "*":
        raise unreadable("This call doesn't go by the run's revision. Leave out If-Match.")


def unreadable(detail: str) -> Refused:
    """Whoever writes the program reads that: it is the one that speaks no JSON."""
    return Refused(INVALID_REQUEST, detail)
