"""Lines of a pipe or a file, of which it is known whether the next one has come.

Python's own streams read ahead, so that nobody can tell whether a line is in their buffer or still to come: reading
might block for good, and with it the run that the conversation is about.
"""

from __future__ import annotations

import os
import select
from contextlib import suppress
from typing import TextIO

PIECE = 65_536  # bytes read at once


class Lines:
    """Of `source`, at most `longest` characters each; the rest of a longer one is left out."""

    def __init__(self, source: TextIO, longest: int) -> None:
        self._source = source
        self._longest = longest
        self._most = 4 * longest  # bytes, the most that so many characters take
        self._file: int | None = None
        with suppress(OSError, ValueError):  # io.UnsupportedOperation is both: lines out of memory
            self._file = source.fileno()
        self._come = bytearray()
        self._ended = False

    def read(self) -> str | None:
        """The next line without its end, once it has come; None where none will."""
        while not self._has_one():
            self._fill()
        line = self._next()
        del self._come[: self._come.find(b"\n") + 1 or len(self._come)]
        return line

    def peek(self) -> tuple[str | None] | None:
        """What `read` would give, in a tuple; None where it hasn't come yet."""
        while not self._has_one() and self._is_ready():
            self._fill()
        return (self._next(),) if self._has_one() else None

    def _next(self) -> str | None:
        if not self._come:
            return None
        line = bytes(self._come.partition(b"\n")[0])
        return line.decode(self._source.encoding or "utf-8", "replace").removesuffix("\r")[: self._longest]

    def _has_one(self) -> bool:
        return self._ended or b"\n" in self._come

    def _is_ready(self) -> bool:
        if self._file is None:
            return True
        try:
            return bool(select.select([self._file], [], [], 0)[0])
        except (OSError, ValueError):  # what can't be asked, as on Windows, is waited for when its line is needed
            return False

    def _fill(self) -> None:
        if self._file is None:
            piece = self._source.readline(self._longest).encode(self._source.encoding or "utf-8", "replace")
        else:
            piece = os.read(self._file, PIECE)
        self._ended = not piece
        if b"\n" not in self._come and len(self._come) > self._most:  # a line that goes on for ever
            end = piece.find(b"\n")
            piece = piece[end:] if end >= 0 else b""
        self._come += piece
