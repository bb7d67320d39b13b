"""application/x-www-form-urlencoded, as the URL standard of the WHATWG reads it, within bounds."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from wizard.channels.web.multipart import Malformed, Overfull, TooMany
from wizard.channels.web.posted import MOST_INPUTS, Upload, input_name, input_value


class UrlEncoded:
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
        pairs = (pair.partition(b"=") for pair in bytes(self._body).replace(b"+", b" ").split(b"&") if pair)
        return [(input_name(unquoted(name)), input_value(unquoted(value))) for name, _, value in pairs]


_STRAY = re.compile(b"%(?![0-9A-Fa-f]{2})")  # a % that begins no escape stands for itself; no browser sends it


MOST_STRAYS = 10_000  # escapes of a form that has a stray one: urllib makes a piece of 170 bytes for each


def unquoted(written: bytes) -> bytes:
    """Percent-decoded, as an escaped Latin-1 text is read, which takes no memory for each escape."""
    if b"%" not in written:
        return written
    if _STRAY.search(written):
        return unquote_to_bytes(written)
    escaped = written.replace(b"\\", b"\\\\").replace(b"%", b"\\x")
    return escaped.decode("unicode_escape").encode("latin-1")
