"""What aiohttp logs of requests that it can't read, in an application that somebody else serves.

Its server logs the parser's error with a traceback, and that quotes the line which couldn't be read: a header with a
run's token, or an address with one. `wizard serve` has connections of its own (wizard.channels.web.connection); a host
has aiohttp's, so its log is told not to quote.
"""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger


class _Unquoted(logging.Filter):
    """Leaves of such an error its kind. What a host's own handlers raise is logged as ever."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.msg = f"{record.msg}: %s, which isn't quoted, since there may be a token in it"
            record.args = (*(record.args if isinstance(record.args, tuple) else ()), type(error).__name__)
            record.exc_info = record.exc_text = None
        return True


UNQUOTED = _Unquoted()


def quote_no_requests() -> None:
    """From now on, for this process: once is enough."""
    server_logger.addFilter(UNQUOTED)
