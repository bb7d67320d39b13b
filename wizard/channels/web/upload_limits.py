"""Upload limits: how much a page's form may send, of files, of what is typed, and in all. What is beyond is refused, in
words that say how much there may be.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from wizard.channels.http.bodies import IDLE, BrokenOff, Crowded, TooSlow, drain, pieces
from wizard.channels.web import refusals
from wizard.channels.web.multipart import Malformed, Overfull, Part, Parts, TooMany, boundary_of
from wizard.channels.web.posted import MOST_INPUTS, Posted, Upload, input_name, input_value
from wizard.channels.web.urlencoded import UrlEncoded

TEXTS = 2_000_000  # bytes of all that isn't a file, where the settings aren't known
BEYOND = 10  # times the limit: what is sent at most, counting files of which only a part is kept


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


class _Multipart:
    def __init__(self, boundary: bytes, limit: int, texts: int, rooms: Mapping[str, int]) -> None:
        self._parts = Parts(boundary, room=lambda name: rooms.get(name, 0), limit=limit, texts=texts, most=MOST_INPUTS)
        self.feed = self._parts.feed

    def finish(self) -> list[tuple[str, str | Upload]]:
        return [(input_name(part.name.encode()), _part(part)) for part in self._parts.finish()]


def _taker(
    request: web.BaseRequest, limit: int, texts: int, rooms: Mapping[str, int]
) -> UrlEncoded | _Multipart | None:
    match request.content_type:
        case "application/x-www-form-urlencoded":
            return UrlEncoded(texts)
        case "multipart/form-data":
            try:
                return _Multipart(boundary_of(request.headers.get("Content-Type", "")), limit, texts, rooms)
            except Malformed:
                raise refusals.unreadable() from None
    return None


def _part(part: Part) -> str | Upload:
    if part.filename is None:
        return input_value(bytes(part.content))
    return Upload(part.filename, part.media_type, bytes(part.content))
