"""Bodies of requests, piece by piece: from senders that are slow, stop in the middle, or never stop; and no more of
them at once than there is room for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web

IDLE = 20.0  # seconds that a sender may say nothing
WHOLE = 300.0  # seconds that a body may take in all
PATIENCE = 10.0  # seconds for a body that won't be read, so that its sender sees the answer


class TooSlow(Exception):
    """The sender said nothing for too long, or takes too long in all."""


class Crowded(Exception):
    """There is no room for more at the moment."""


class Room:
    """How many bytes of bodies one server holds, of all requests under way. What is read already and being worked on
    isn't counted: that takes no longer than its turn."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, size: int) -> None:
        """Raises Crowded."""
        if size > self._left:
            raise Crowded
        self._left -= size

    def give_back(self, size: int) -> None:
        self._left += size


ROOM: web.AppKey[Room] = web.AppKey("wizard.room", Room)


class BrokenOff(Exception):
    """The body can't be read to its end: the connection broke, or it isn't encoded as its headers say."""


async def pieces(request: web.BaseRequest, idle: float = IDLE, whole: float = WHOLE) -> AsyncIterator[bytes]:
    """The body as it comes in. Times are in seconds. Raises TooSlow and BrokenOff, and Crowded where the application
    has a ROOM that is full."""
    room = request.config_dict.get(ROOM) if isinstance(request, web.Request) else None
    taken = 0
    try:
        async for piece in _pieces(request, idle, whole):
            if room is not None:
                room.take(len(piece))
                taken += len(piece)
            yield piece
    finally:
        if room is not None:
            room.give_back(taken)


async def _pieces(request: web.BaseRequest, idle: float, whole: float) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    end = clock() + whole
    while True:
        try:
            if request.content.is_eof():  # all has come, as with most forms: no timer is needed
                piece = request.content.read_nowait()
            else:
                async with asyncio.timeout(min(idle, end - clock())):
                    piece = await request.content.readany()
        except TimeoutError:
            raise TooSlow from None
        except (web.RequestPayloadError, OSError) as error:
            raise BrokenOff from error
        if not piece:
            return
        yield piece


async def drain(request: web.BaseRequest, most: int, seconds: float = PATIENCE) -> None:
    """Reads on and throws away, up to `most` bytes: a browser that is still sending doesn't show an answer, but
    that the connection was lost. What is compressed no browser sends, and it may be a thousand times as large as it
    looks: it isn't read on."""
    if "Content-Encoding" in request.headers:
        return
    with suppress(TooSlow, BrokenOff):
        async for piece in _pieces(request, seconds, seconds):
            most -= len(piece)
            if most < 0:
                return


async def go_on(request: web.Request) -> None:
    """Expect: 100-continue is met; any other expectation counts for nothing, as it may (RFC 9110, 10.1.1)."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # it is no part of the answer
