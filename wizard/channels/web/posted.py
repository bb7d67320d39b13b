"""What a posted page says: bytes become inputs, and inputs the answers to the fields that the page shows.

Everything has a bound. A file that is too large is read to its end, but kept only so far that the field
says so, beside all other answers; what nobody could have filled in is refused as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from aiohttp import web

from wizard.channels.http.bodies import IDLE, BrokenOff, Crowded, TooSlow, drain, pieces
from wizard.channels.web import refusals
from wizard.channels.web.multipart import Malformed, Overfull, Part, Parts, TooMany, boundary_of
from wizard.forms.fields import type_of
from wizard.forms.parsing import MAX_TEXT
from wizard.forms.validation import storable
from wizard.model import PromptField, Value

KEY, SEEN, ACTION = "wizard-key", "wizard-seen", "action"
NEXT = "next"
ACTIONS = (NEXT, "previous", "save", "remove")

MOST_INPUTS = 2_000
MOST_UNKNOWN = 20  # names that the page doesn't have: extensions of browsers add some
LONGEST_NAME = 200
TEXTS = 2_000_000  # bytes of all that isn't a file, where the settings aren't known
BEYOND = 10  # times the limit: what is sent at most, counting files of which only a part is kept

_OWN = frozenset((KEY, SEEN, ACTION))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file input: the name and media type that the browser gives, and as much as was kept."""

    name: str
    media_type: str
    content: bytes


class Posted:
    """The inputs of a posted form by name, in order."""

    def __init__(self, inputs: Iterable[tuple[str, str | Upload]] = ()) -> None:
        self.texts: dict[str, list[str]] = {}
        self.files: dict[str, Upload] = {}
        for name, value in inputs:
            if isinstance(value, str):
                self.texts.setdefault(name, []).append(value)
            elif value.name or value.content:  # a file input in which nothing was chosen has neither
                self.files[name] = value

    def text(self, name: str) -> str:
        """The last text of that name, "" where there is none."""
        texts = self.texts.get(name)
        return texts[-1] if texts else ""

    def action(self, fields: Iterable[PromptField]) -> str:
        """Which button was pressed: `next` where none was, as with Enter. A field of the page may be called
        "action" as well; its answer stands before the button's value or, for a button at the top, behind it.
        Raises Refusal (400) where it is none that a page has: nobody said that the answers are to be taken."""
        texts = self.texts.get(ACTION, [])
        if any(field.name == ACTION for field in fields):
            at = -1 if texts and texts[-1] in ACTIONS else 0
            if texts and texts[at] in ACTIONS:
                return texts.pop(at)
            if len(texts) > 1:
                raise refusals.unknown_action()
            return NEXT
        if texts and texts[-1] not in ACTIONS:
            raise refusals.unknown_action()
        return texts[-1] if texts else NEXT

    def has(self, field: PromptField) -> bool:
        """Whether the page had an input of this field."""
        return any(name in self.texts or name in self.files for name in _names_of(field))

    def says(self, draft: Mapping[str, Value]) -> bool:
        """Whether it brings nothing but what is kept as this draft."""
        kept: dict[str, list[str]] = {}
        for name, value in draft.items():
            if isinstance(value, Mapping):
                kept |= {f"{name}-{part}": [str(text)] for part, text in value.items()}
            else:
                kept[name] = [str(each) for each in (value if isinstance(value, list) else [value]) if each is not None]
        brought = {name: [text for text in texts if text] for name, texts in self.texts.items() if name not in _OWN}
        filled = {name: [text for text in texts if text] for name, texts in kept.items()}
        return not self.files and all(brought.get(name, []) == filled.get(name, []) for name in {*brought, *filled})

    def check_names(self, fields: Iterable[PromptField]) -> None:
        """Raises Refusal (400) where there are many inputs that the page never had."""
        known = {name for field in fields for name in _names_of(field)} | _OWN
        if len({*self.texts, *self.files} - known) > MOST_UNKNOWN:
            raise refusals.too_many_inputs()


def _names_of(field: PromptField) -> tuple[str, ...]:
    of = type_of(field)
    more = ("remove",) if of.holds_files else of.parts
    return (field.name, *[f"{field.name}-{part}" for part in more])


# -- answers ---------------------------------------------------------------------------------------


def answers_of(fields: Iterable[PromptField], posted: Posted) -> dict[str, object]:
    """The answers to the fields of a page. An input that isn't there is an answer that wasn't given, never the
    field's default: a browser leaves out radios of which none is chosen. Files are left out instead,
    which lets the one that is there stay."""
    answers: dict[str, object] = {}
    for field in fields:
        given = _answer(field, posted)
        if given is not _LEFT_OUT:
            answers[field.name] = given
    return answers


_LEFT_OUT = object()


def _answer(field: PromptField, posted: Posted) -> object:
    name, of = field.name, type_of(field)
    if of.holds_files:
        return _file(name, posted)
    if of.is_list:
        return [each for each in posted.texts.get(name, ()) if each]
    if of.parts and name not in posted.texts:
        parts = {part: posted.text(f"{name}-{part}") for part in of.parts}
        return parts if any(text.strip() for text in parts.values()) else ""
    if not of.is_seen and name not in posted.texts:
        return _LEFT_OUT
    return posted.text(name) or (None if of.picks_one else "")


def _file(name: str, posted: Posted) -> object:
    file = posted.files.get(name)
    if file is not None:
        return {"name": file.name, "type": file.media_type, "content": file.content}
    return None if posted.text(f"{name}-remove") else _LEFT_OUT


def draft_of(fields: Iterable[PromptField], posted: Posted) -> dict[str, Value]:
    """What was typed and isn't handed in, storable as it is. Files aren't in it."""
    answers = answers_of((field for field in fields if not type_of(field).holds_files), posted)
    return {name: storable(given) for name, given in answers.items()}


def files_of(fields: Iterable[PromptField], posted: Posted) -> dict[str, object]:
    """The files that were chosen, as answers."""
    chosen = [field for field in fields if type_of(field).holds_files and field.name in posted.files]
    return answers_of(chosen, posted)


# -- bytes -----------------------------------------------------------------------------------------


async def read_posted(
    request: web.BaseRequest,
    *,
    limit: int,
    texts: int = TEXTS,
    idle: float = IDLE,
    files: Mapping[str, int] | None = None,
) -> Posted:
    """The inputs. At most `limit` bytes are kept, of which `texts` are no files; `files` are the sizes of the files
    that the page takes, by field; `idle` is how many seconds the sender may say nothing.

    Raises Refusal: 400 for what is no form, 408, 413, 415.
    """
    rooms = {name: size + 1 for name, size in (files or {}).items()}
    taker = _taker(request, limit, min(texts, limit), rooms)
    if taker is None:
        if request.body_exists and await _has_any(request, idle):
            raise refusals.not_a_form()
        return Posted()
    try:
        if (request.content_length or 0) > BEYOND * limit:
            raise Overfull(of_files=True)
        size = 0
        async for piece in pieces(request, idle):
            size += len(piece)
            if size > BEYOND * limit:
                raise Overfull(of_files=True)
            taker.feed(piece)
        return Posted(taker.finish())
    except TooSlow:
        raise refusals.too_slow() from None
    except Crowded:
        await drain(request, BEYOND * limit)
        raise refusals.no_room() from None
    except (BrokenOff, Malformed):
        raise refusals.unreadable() from None
    except TooMany:
        await drain(request, BEYOND * limit)
        raise refusals.too_many_inputs() from None
    except Overfull as full:
        await drain(request, BEYOND * limit)
        raise (refusals.too_large(limit) if full.of_files else refusals.too_much_text(min(texts, limit))) from None


async def _has_any(request: web.BaseRequest, idle: float) -> bool:
    """Whether there is a body at all, of which the rest is thrown away."""
    try:
        async for _ in pieces(request, idle):
            await drain(request, 1_000_000)
            return True
    except TooSlow:
        raise refusals.too_slow() from None
    except (BrokenOff, Crowded):
        raise refusals.unreadable() from None
    return False


class _UrlEncoded:
    """application/x-www-form-urlencoded, as the URL standard of the WHATWG reads it but for bytes that are no
    UTF-8: those are refused, since replacing them would change an answer unseen. There can be no file in it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._body = bytearray()

    def feed(self, piece: bytes) -> None:
        self._body += piece
        if len(self._body) > self._limit:
            raise Overfull(of_files=False)

    def finish(self) -> list[tuple[str, str | Upload]]:
        if self._body.count(b"&") >= MOST_INPUTS:
            raise TooMany
        if self._body.count(b"%") > MOST_STRAYS and _STRAY.search(self._body):
            raise Malformed
        pairs = (each.partition(b"=") for each in bytes(self._body).replace(b"+", b" ").split(b"&") if each)
        return [(_name(_unquoted(name)), _value(_unquoted(value))) for name, _, value in pairs]


_STRAY = re.compile(b"%(?![0-9A-Fa-f]{2})")  # a % that begins no escape stands for itself; no browser sends it
MOST_STRAYS = 10_000  # escapes of a form that has a stray one: urllib makes a piece of 170 bytes for each


def _unquoted(written: bytes) -> bytes:
    """Percent-decoded, as an escaped Latin-1 text is read, which takes no memory for each escape."""
    if b"%" not in written:
        return written
    if _STRAY.search(written):
        return unquote_to_bytes(written)
    escaped = written.replace(b"\\", b"\\\\").replace(b"%", b"\\x")
    return escaped.decode("unicode_escape").encode("latin-1")


class _Multipart:
    def __init__(self, boundary: bytes, limit: int, texts: int, rooms: Mapping[str, int]) -> None:
        self._parts = Parts(boundary, room=lambda name: rooms.get(name, 0), limit=limit, texts=texts, most=MOST_INPUTS)
        self.feed = self._parts.feed

    def finish(self) -> list[tuple[str, str | Upload]]:
        return [(_name(each.name.encode()), _part(each)) for each in self._parts.finish()]


def _taker(
    request: web.BaseRequest, limit: int, texts: int, rooms: Mapping[str, int]
) -> _UrlEncoded | _Multipart | None:
    match request.content_type:
        case "application/x-www-form-urlencoded":
            return _UrlEncoded(texts)
        case "multipart/form-data":
            try:
                return _Multipart(boundary_of(request.headers.get("Content-Type", "")), limit, texts, rooms)
            except Malformed:
                raise refusals.unreadable() from None
    return None


def _part(part: Part) -> str | Upload:
    if part.filename is None:
        return _value(bytes(part.content))
    return Upload(part.filename, part.media_type, bytes(part.content))


def _name(written: bytes) -> str:
    if len(written) > LONGEST_NAME:
        raise Malformed
    return _decoded(written)


def _value(written: bytes) -> str:
    """No field takes a text longer than MAX_TEXT, and each says so itself."""
    return _decoded(written)[: MAX_TEXT + 1]


def _decoded(written: bytes) -> str:
    try:
        return written.decode()
    except UnicodeDecodeError:
        raise Malformed from None
