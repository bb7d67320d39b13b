"""What callers send: bytes become a JSON object. Everything that can be wrong with bytes is refused here; what the
object may hold is in wizard.channels.http.members."""

from __future__ import annotations

import json
import re
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
    unreadable,
)
from wizard.definitions.reading.document import Lines
from wizard.locale.sentences import counted, sentence
from wizard.model.decimals import read_decimal
from wizard.model.nesting import MOST_VALUES, TooDeepError, TooManyError, check_json
from wizard.model.values import MAX_DEPTH

MAX_DEPTH_OF_BODY = MAX_DEPTH + 2  # the object, its `answers`, and what can be stored in them

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_JSON_TYPE = re.compile(r"application/(json|[\w.+-]{1,80}\+json)", re.ASCII)


async def read_object(request: web.Request, limit: int, idle: float = IDLE) -> dict[str, Any]:
    """The request's body, which is a JSON object of at most `limit` bytes; {} where there is no body. Its sender may
    say nothing for `idle` seconds.

    Raises Refused: 408, 413, 415 where the body isn't declared to be JSON, 400 where it can't be read.
    """
    body = await read_bytes(request, limit, idle)
    if not _JSON_TYPE.fullmatch(request.content_type):
        if not body:
            return {}
        what = sentence("Send the body as JSON, with Content-Type: application/json.")
        raise Refused(UNSUPPORTED_MEDIA_TYPE, what)
    return parse_object(body)


async def read_bytes(request: web.Request, limit: int, idle: float = IDLE) -> bytes:
    """The request's body, whatever it is, of at most `limit` bytes. The limit of the application that this one is part
    of isn't asked: it may be meant for pages. Raises Refused: 408, 413, 400."""
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
        detail = sentence("The server is receiving too much at the moment. Send it again in a minute.")
        raise Refused(UNAVAILABLE, detail, WAIT, closes=True) from None
    except BrokenOff as error:
        detail = sentence("The body isn't encoded as its headers say, or is incomplete.")
        raise Refused(INVALID_REQUEST, detail, closes=True) from error
    return bytes(body)


def _too_large(limit: int) -> Refused:
    what = counted(
        "The body is larger than {count} byte. Send less.", "The body is larger than {count} bytes. Send less.", limit
    )
    return Refused(TOO_LARGE, what, closes=True)


def parse_object(body: bytes, most_values: int = MOST_VALUES) -> dict[str, Any]:
    """Strict JSON (RFC 8259, and unique names as in RFC 7493): UTF-8, no NaN, no name twice, no half
    characters, bounded depth, numbers and number of values, an object at the top. Raises Refused (400)."""
    try:
        text = body.decode()
        check_json(text, MAX_DEPTH_OF_BODY, most_values)
        value = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise unreadable(f"The body isn't UTF-8: its byte {error.start} can't be read.") from error
    except TooDeepError as error:
        detail = f"The body is nested more than {MAX_DEPTH_OF_BODY} deep ({_place(text, error.offset)})."
        raise unreadable(detail) from error
    except TooManyError as error:
        detail = f"The body holds more than {most_values:,} values ({_place(text, error.offset)}). Send less"
        raise unreadable(f"{detail}, or what belongs together as one text.") from error
    except json.JSONDecodeError as error:
        what = _what_stands(text[error.pos : error.pos + 1])
        raise unreadable(f"The body isn't JSON: {what} at {_place(text, error.pos)}.") from error
    except _Untakable as error:
        raise unreadable(f"The body can't be taken: {error}.") from error
    if not isinstance(value, dict):
        raise unreadable("The body must be a JSON object, as {} is.")
    # This walks the whole value, so it is done only where the text shows that it may be needed.
    if "\\u" in text and _has_half_character(value):
        raise unreadable("The body holds half a character (a lone surrogate). Send whole characters.")
    return value


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
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Untakable("a name is there twice in one object")
    return members


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
            return any(_has_half_character(item) for item in value)
        case dict():
            return any(_has_half_character(name) or _has_half_character(item) for name, item in value.items())
    return False
