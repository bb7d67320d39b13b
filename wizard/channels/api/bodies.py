"""What callers send: bytes become a JSON object, and a JSON object becomes the members that a call takes.

Everything that can be wrong with bytes and shapes is refused here, before the engine sees any of it.
The same tables of members make the request schemas of the OpenAPI document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aiohttp import web

from wizard.channels.http.bodies import IDLE, BrokenOff, Crowded, TooSlow, pieces
from wizard.channels.http.problems import (
    INVALID_REQUEST,
    TOO_LARGE,
    TOO_SLOW,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    WAIT,
    Refused,
)
from wizard.definitions.reading.document import Lines
from wizard.locale.sentences import counted, sentence
from wizard.model.decimals import read_decimal
from wizard.model.nesting import MOST_VALUES, TooDeepError, TooManyError, check_json
from wizard.model.values import MAX_DEPTH

MAX_DEPTH_OF_BODY = MAX_DEPTH + 2  # the object, its `answers`, and what can be stored in them
MAX_TEXT = 500  # characters of a step's path, a workflow's id and the like
MAX_REVISION = 2**53  # beyond it JSON numbers aren't exact in every language

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_JSON_TYPE = re.compile(r"application/(json|[\w.+-]{1,80}\+json)", re.ASCII)
_REVISION = re.compile(r'"(\d{1,15})"', re.ASCII)


# -- bytes -----------------------------------------------------------------------------------------


async def read_object(request: web.Request, limit: int, idle: float = IDLE) -> dict[str, Any]:
    """The request's body, which is a JSON object of at most `limit` bytes; {} where there is no body. Its sender may
    say nothing for `idle` seconds.

    Raises Refused: 408, 413, 415 where the body isn't declared to be JSON, 400 where it can't be read.
    """
    body = await _read(request, limit, idle)
    if not _JSON_TYPE.fullmatch(request.content_type):
        if not body:
            return {}
        what = sentence("Send the body as JSON, with Content-Type: application/json.")
        raise Refused(UNSUPPORTED_MEDIA_TYPE, what)
    return parse_object(body)


async def _read(request: web.Request, limit: int, idle: float) -> bytes:
    """The limit of the application that this one is part of isn't asked: it may be meant for pages."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async for piece in pieces(request, idle):
            body += piece
            if len(body) > limit:
                raise _too_large(limit)
    except TooSlow:
        raise Refused(TOO_SLOW, sentence("The body didn't arrive in time. Send it again."), closes=True) from None
    except Crowded:
        detail = sentence("There is no room for so much at the moment. Send it again in a minute.")
        raise Refused(UNAVAILABLE, detail, WAIT, closes=True) from None
    except BrokenOff as error:
        detail = sentence("The body isn't encoded as its headers say, or wasn't sent to its end.")
        raise Refused(INVALID_REQUEST, detail, closes=True) from error
    return bytes(body)


def _too_large(limit: int) -> Refused:
    what = counted(
        "The body is larger than {count} byte. Send less.", "The body is larger than {count} bytes. Send less.", limit
    )
    return Refused(TOO_LARGE, what, closes=True)


def parse_object(body: bytes) -> dict[str, Any]:
    """Strict JSON (RFC 8259, and unique names as in RFC 7493): UTF-8, no NaN, no name twice, no half
    characters, bounded depth, numbers and number of values, an object at the top. Raises Refused (400)."""
    try:
        text = body.decode()
        check_json(text, MAX_DEPTH_OF_BODY, MOST_VALUES)
        value = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise _unreadable(f"The body isn't UTF-8: its byte {error.start} can't be read.") from error
    except TooDeepError as error:
        detail = f"The body is nested more than {MAX_DEPTH_OF_BODY} deep ({_place(text, error.offset)})."
        raise _unreadable(detail) from error
    except TooManyError as error:
        detail = f"The body holds more than {MOST_VALUES:,} values ({_place(text, error.offset)}). Send less"
        raise _unreadable(f"{detail}, or what belongs together as one text.") from error
    except json.JSONDecodeError as error:
        what = _what_stands(text[error.pos : error.pos + 1])
        raise _unreadable(f"The body isn't JSON: {what} at {_place(text, error.pos)}.") from error
    except _Untakable as error:
        raise _unreadable(f"The body can't be taken: {error}.") from error
    if not isinstance(value, dict):
        raise _unreadable("The body must be a JSON object, as {} is.")
    # This walks the whole value, so it is done only where the text shows that it may be needed.
    if "\\u" in text and _has_half_character(value):
        raise _unreadable("The body holds half a character (a lone surrogate). Send whole characters.")
    return value


def _unreadable(detail: str) -> Refused:
    """Whoever writes the program reads that: it is the one that speaks no JSON."""
    return Refused(INVALID_REQUEST, detail)


def _what_stands(character: str) -> str:
    if not character:
        return "it ends unfinished"
    return "it holds a control character" if character < " " else "it can't be read"


def _place(text: str, offset: int) -> str:
    line, column = Lines(text).at(offset)
    return f"line {line}, column {column}"


class _Untakable(ValueError):
    """JSON by its grammar, and nothing that can be taken: the message says what."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Untakable("a name is there twice in one object")
    return made


def _no_constant(name: str) -> Any:
    raise _Untakable(f"{name} is no JSON number")


def _finite(digits: str) -> Decimal:
    try:
        return read_decimal(digits)
    except ValueError as error:
        raise _Untakable("a number is too large") from error


def _bounded(digits: str) -> int:
    if len(digits) > 1_000:
        raise _Untakable("a number has more than 1,000 digits")
    return int(digits)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_bounded
)


def _has_half_character(value: Any) -> bool:
    match value:
        case str():
            return _HALF_CHARACTER.search(value) is not None
        case list():
            return any(_has_half_character(each) for each in value)
        case dict():
            return any(_has_half_character(name) or _has_half_character(each) for name, each in value.items())
    return False


# -- members ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a request's body: the JSON type it must have, and what it means."""

    type: str  # text, whole number, object, true or false, anything
    about: str
    required: bool = False

    def takes(self, value: object) -> bool:
        match self.type:
            case "text":
                return isinstance(value, str) and 0 < len(value) <= MAX_TEXT
            case "whole number":
                return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_REVISION
            case "object":
                return isinstance(value, dict)
            case "anything":
                return True
        return isinstance(value, bool)

    @property
    def wanted(self) -> str:
        match self.type:
            case "text":
                return f"text of 1 to {MAX_TEXT} characters"
            case "whole number":
                return "a whole number that isn't negative"
            case "object":
                return "an object"
        return "true or false"

    @property
    def schema(self) -> dict[str, Any]:
        described: dict[str, Any] = {"description": self.about}
        match self.type:
            case "text":
                return {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, **described}
            case "whole number":
                return {"type": "integer", "minimum": 0, "maximum": MAX_REVISION, **described}
            case "object":
                return {"type": "object", **described}
            case "anything":
                return described
        return {"type": "boolean", **described}


Members = Mapping[str, Member]

_REVISION_MEMBER = Member("whole number", "The run's revision as you saw it; another one now is a conflict (409).")

_KEEP = Member("true or false", "A field that `answers` leave out keeps the answer that it has.")

START: Members = {
    "workflow": Member("text", "The id of the workflow to start.", required=True),
    "input": Member("object", "What the workflow is handed: values by the names that its `input` declares."),
    "profile_id": Member("text", "The profile that the run works on."),
    "session_id": Member("text", "The session that the run works on."),
}
NEXT: Members = {
    "step": Member("text", "The step that is answered. Needed with `answers`."),
    "answers": Member("object", "All answers of the step by field name: a field that is left out has none."),
    "keep": _KEEP,
    "partial": Member("true or false", "Take these answers and wait for those that are missing."),
    "revision": _REVISION_MEMBER,
}
PREVIOUS: Members = {
    "to": Member("text", "The step of the path to go back to; without it the one before."),
    "draft": Member("object", "What was typed in the step that is left and not submitted, by field name."),
    "revision": _REVISION_MEMBER,
}
CHANGE: Members = {
    "step": Member("text", "The step of the path to answer anew.", required=True),
    "answers": Member(
        "object",
        "All its answers by field name: a field that is left out has none. Without `answers` the step is shown.",
    ),
    "keep": _KEEP,
    "revision": _REVISION_MEMBER,
}
REMOVE: Members = {
    "item": Member("text", "The item of a repeat to take out, as in `household/2`.", required=True),
    "revision": _REVISION_MEMBER,
}
EVENT: Members = {
    "name": Member("text", "The event's name: at most 64 letters, digits and _.", required=True),
    "data": Member("anything", "What it brings, to be read as `event.NAME`; `true` where there is nothing."),
    "key": Member(
        "text",
        "The event's own key, at most 200 characters: however often one with this key is sent, it is taken in once.",
    ),
}
CANCEL: Members = {
    "undo": Member("true or false", "Whether what the run's steps did is undone, the newest first."),
}


def check_members(body: Mapping[str, Any], members: Members) -> None:
    """Raises Refused (400), naming every member that is unknown, missing or of another type."""
    wrong = [f"there is no member {_shown(name)} here" for name in body if name not in members]
    for name, member in members.items():
        if name not in body:
            if member.required:
                wrong.append(f"`{name}` is missing")
        elif not member.takes(body[name]):
            wrong.append(f"`{name}` must be {member.wanted}")
    if wrong:
        raise _unreadable(f"The body can't be taken: {'; '.join(wrong[:20])}.")


def _shown(name: str) -> str:
    return f"`{name[:60]}`"


def revision_of(request: web.Request, body: Mapping[str, Any]) -> int | None:
    """The revision that the caller saw, out of the body or If-Match (RFC 9110, 13.1.1; `*` says
    nothing of it). Raises Refused (400) where it can't be read or the two differ."""
    given: int | None = body.get("revision")
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return given
    match = _REVISION.fullmatch(header)
    if match is None:
        raise _unreadable('If-Match must be one ETag of this run, as "3" is, with its quotation marks.')
    seen = int(match[1])
    if given is not None and given != seen:
        raise _unreadable("`revision` and If-Match name two revisions. Send one of them.")
    return seen
