"""A connection of `wizard serve`: what it answers, and what is logged, where no handler gets to see a request.

By itself aiohttp would repeat parts of the request to the sender and write them to the log: a cookie with a
run's token, for instance.
"""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web

from wizard.channels.html.headers import page_headers
from wizard.channels.html.refusals import BROKEN, Words, plain
from wizard.channels.problems import log_failure

log = logging.getLogger("wizard.server")

UNREADABLE = Words(
    400,
    "We couldn't read what your browser sent",
    (
        "The address is too long, the cookies of this site are too large, or this wasn't sent by a browser. "
        "Nothing was changed.",
        "Check the address. If it stays, delete the cookies of this site, and open the page again.",
    ),
)


class Connection(web.RequestHandler):
    """See the module docstring. What isn't HTTP, or larger than is read, is its sender's fault and no news; an
    exception that left all handlers is ours."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        words, reference = UNREADABLE, ""
        if status >= 500:
            words = BROKEN
            reference = log_failure(request, exc) if exc is not None else ""
        else:
            log.debug("a request from %s couldn't be read: %s", request.remote, type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        response = web.Response(status=status, body=plain(words, reference).encode(), headers=page_headers())
        response.force_close()
        return response

    def log_exception(self, *args: Any, **more: Any) -> None:
        """What went wrong while the rest of a body was thrown away: only its kind, since the text may quote it."""
        log.debug("%s: %s", args[0] if args else "a connection failed", type(more.get("exc_info")).__name__)
