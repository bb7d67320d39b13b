"""A connection of `wizard serve`: what it answers, and what is logged, where no handler gets to see a request.

By itself aiohttp would repeat parts of the request to the sender and write them to the log: a cookie with a
run's token, for instance. And it would wait for an hour for a request, however much of its head has come.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from wizard.channels.http.clients import client_of
from wizard.channels.http.connections import Connections
from wizard.channels.http.languages import accepted
from wizard.channels.http.problems import (
    INTERNAL,
    INVALID_REQUEST,
    MEDIA_TYPE,
    SECURITY_HEADERS,
    TOO_SLOW,
    UNAVAILABLE,
    ProblemType,
    log_failure,
    problem,
    problem_body,
)
from wizard.channels.web.headers import page_headers
from wizard.channels.web.refusals import BROKEN, Explanation, plain
from wizard.locale.catalogs import SOURCE
from wizard.locale.sentences import Sentence, sentence

log = logging.getLogger("wizard.server")

UNREADABLE = Explanation(
    400,
    sentence("We couldn't read what your browser sent"),
    (
        sentence(
            "The address is too long, the cookies of this site are too large, or this wasn't sent by a browser. "
            "Nothing was changed."
        ),
        sentence(
            "Check the address. If this keeps happening, delete the cookies of this site, and open the page again."
        ),
    ),
)
LARGE = Explanation(431, sentence("We couldn't read what your browser sent"), UNREADABLE.paragraphs)
LATE = Explanation(
    408,
    sentence("That took too long"),
    (sentence("Your browser's request didn't arrive in time. Nothing was changed."),),
)
FULL = Explanation(
    503,
    sentence("Too many people are using this at the moment"),
    (sentence("Nothing was changed."), sentence("Wait a minute and try again.")),
)

LARGEST_HEAD = 65_536  # bytes of a request's line and headers together
FOR_PROGRAMS = "/api/"  # where addresses begin that are answered by problem documents
FIRST = 64  # bytes of a request that tell what it asks for

_PROBLEMS: Mapping[int, tuple[ProblemType, Sentence | str]] = {
    400: (INVALID_REQUEST, sentence("The request's first line or a header is malformed, too long, or sent twice.")),
    408: (TOO_SLOW, sentence("The request didn't arrive in time. Send it again.")),
    431: (
        ProblemType("refused", 431, INVALID_REQUEST.title),
        sentence("The request's headers are larger than {most} bytes. Send less.", most=LARGEST_HEAD),
    ),
    500: (INTERNAL, INTERNAL.title),
    503: (UNAVAILABLE, sentence("The server has no room for more connections. Send this again in a minute.")),
}

REFUSALS = frozenset({400, 401, 403, 404, 405, 408, 411, 413, 414, 415, 417, 429, 431})  # of no use to a person
LINGERING = 10.0  # seconds in which what was said last can be taken


def answer(words: Explanation, **more: str) -> bytes:
    """A whole answer, for where there is no request that could be answered; the connection is closed after it."""
    return _written(words.status, plain(words), {**page_headers(), **more})


def _written(status: int, text: str, headers: Mapping[str, str]) -> bytes:
    body = text.encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    start = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return f"{start}{lines}\r\n".encode() + body


class Connection(web.RequestHandler):
    """See the module docstring. What isn't HTTP, or larger than is read, is its sender's fault and no news; an
    exception that left all handlers is ours. It is one of `connections`."""

    def __init__(
        self, manager: Any, *, address: str, connections: Connections, loop: asyncio.AbstractEventLoop, **more: Any
    ) -> None:
        super().__init__(manager, loop=loop, keepalive_timeout=connections.limits.idle, **more)
        self.address = address  # as it was when it was taken: who is gone has none any more
        self._connections = connections
        self._clock = loop.time
        self._line: asyncio.Transport | None = None
        self._since: float | None = None  # when it began to wait for a request
        self._due: float | None = None  # when the head of the next one has to be there, if it was begun
        self._kept: asyncio.Future[None] | None = None  # done when an answer that is kept back may go
        self._kept_since: float | None = None
        self._head = 0  # bytes of it that came
        self._first = b""  # with which it began, or the one under way
        self._unsent = 0  # bytes of answers, at the last look
        self._moved = 0.0  # when some of them were taken

    # -- how long it may be of no use --------------------------------------------------------------------

    @property
    def waiting_since(self) -> float | None:
        return self._since if self._is_waiting else self._kept_since

    @property
    def _is_waiting(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._line, self._since = transport, self._clock()
        self._due = self._since + self._connections.limits.head
        self._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connections.remove(self)
        self.release()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        known = self._request_count
        if self._is_waiting or not self._first:
            self._first = (self._first if self._head else b"")[:FIRST] + data[:FIRST]
        super().data_received(data)
        if self._request_count != known:
            self._since, self._due, self._head = None, None, 0
        elif self._is_waiting:
            if not self._head:
                self._due = self._clock() + self._connections.limits.head
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._end(self._last(LARGE))

    def look(self, now: float) -> None:
        assert self._line is not None
        unsent = self._line.get_write_buffer_size()
        if unsent != self._unsent or not unsent:
            self._unsent, self._moved = unsent, now
        closing = self._line.is_closing()
        if now - self._moved > (LINGERING if closing else self._connections.limits.stalled):
            self._line.abort()
        elif self._due is not None and now > self._due:
            self._end(self._last(LATE) if self._head else b"")
        elif self._since is None and self._is_waiting:
            self._since = now

    def drop(self) -> None:
        """Whoever waits with a request half sent may read why; a browser that sends one just now sends it again."""
        self._end(self._last(FULL, **{"Retry-After": "60"}) if self._head else b"")

    def release(self) -> None:
        if self._kept is not None and not self._kept.done():
            self._kept.set_result(None)

    @property
    def _is_for_programs(self) -> bool:
        return self._first.partition(b" ")[2].startswith(FOR_PROGRAMS.encode())

    def _last(self, words: Explanation, **more: str) -> bytes:
        """What is said to somebody who reads pages, or to a program."""
        if not self._is_for_programs:
            return answer(words, **more)
        document = problem_body(*_PROBLEMS[words.status], SOURCE)
        return _written(words.status, json.dumps(document), {**SECURITY_HEADERS, "Content-Type": MEDIA_TYPE, **more})

    def _end(self, last: bytes) -> None:
        self._since = self._due = None
        if last and self._line is not None and not self._line.is_closing():
            self._line.write(last)
        self.force_close()

    async def start(self) -> None:
        """What aiohttp can't make a request of, its parser having let it pass (a target like http://xn--/), would leave
        the connection open with nobody at it."""
        try:
            await super().start()
        except Exception as error:
            expected = isinstance(error, (ValueError, IndexError))
            log.log(logging.DEBUG if expected else logging.ERROR, "a connection failed: %s", type(error).__name__)
            self._end(self._last(UNREADABLE if expected else BROKEN))

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Who sends thousands of requests that come to nothing waits for each answer; what others ask comes first."""
        if getattr(resp, "status", 0) in REFUSALS:
            await self._keep_back(self._connections.seconds_until_turn(self._sender(request)))
        sent = await super().finish_response(request, resp, start_time)
        if not request.content.is_eof() and "Content-Encoding" in request.headers:
            self.force_close()  # the rest would be unpacked before it is thrown away
        return sent

    async def _keep_back(self, seconds: float) -> None:
        """Meanwhile it makes room for others, as one that waits for a request does."""
        if seconds and self._line is not None and not self._line.is_closing():
            self._kept, self._kept_since = self._loop.create_future(), self._clock()
            await asyncio.wait([self._kept], timeout=seconds)
            self._kept = self._kept_since = None

    def _sender(self, request: web.BaseRequest) -> str:
        proxies = self._connections.limits.proxies
        if not proxies:
            return self.address
        return client_of(request, proxies) if request.headers else ""  # what can't be read says nothing of its sender

    # -- what it answers ---------------------------------------------------------------------------------

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        reference = ""
        if status < 500:
            log.debug("a request from %s couldn't be read: %s", request.remote, type(exc).__name__)
        elif exc is not None:
            reference = log_failure(request, exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        if self._is_for_programs:
            response = problem(request, *_PROBLEMS[400 if status < 500 else 500])
        else:
            words = UNREADABLE if status < 500 else BROKEN
            page = plain(words, reference, accepted(request.headers.get("Accept-Language", "")))
            response = web.Response(status=status, body=page.encode(), headers=page_headers())
        response.force_close()
        return response

    def log_exception(self, *args: Any, **more: Any) -> None:
        """What went wrong while the rest of a body was thrown away: only its kind, since the text may quote it."""
        log.debug("%s: %s", args[0] if args else "a connection failed", type(more.get("exc_info")).__name__)
