"""multipart/form-data (RFC 7578, as browsers write it): bytes in any pieces become the parts of a form.

No I/O, and no more in memory than is asked to be kept: of each file part as much as the form has room for,
of all parts together at most `limit` bytes, and `texts` of what isn't a file. A part of which more came than was
kept is as long as what was kept, which its reader made one byte too long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

LONGEST_HEADERS = 8_000  # bytes of the headers of one part
MOST_HEADERS = 20  # of one part; browsers send two
ALL_HEADERS = 1_000_000  # bytes of the headers of all parts
LONGEST_PREAMBLE = 8_000

_BOUNDARY = re.compile(r';\s*boundary=(?:"(?P<quoted>[^"\r\n]{1,200})"|(?P<plain>[^\s;,"]{1,200}))', re.IGNORECASE)
_DISPOSITION = re.compile(rb"content-disposition[ \t]*:[ \t]*form-data(?P<rest>[ \t]*;.*)", re.IGNORECASE | re.DOTALL)
_TYPE = re.compile(rb"content-type[ \t]*:[ \t]*(?P<type>[^\r\n]{0,200})", re.IGNORECASE)
_NAMED = re.compile(
    rb';[ \t]*(?P<key>name|filename)[ \t]*=[ \t]*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^;\s"]*))',
    re.IGNORECASE | re.DOTALL,
)
_ESCAPES = ((b"%22", b'"'), (b"%0D", b"\r"), (b"%0A", b"\n"), (b'\\"', b'"'))


class Malformed(Exception):
    """The bytes are no form."""


class Overfull(Exception):
    """There is more to keep than may be kept: of the whole form, files and all, or of what isn't a file."""

    def __init__(self, *, of_files: bool) -> None:
        super().__init__()
        self.of_files = of_files


class TooMany(Exception):
    """There are more parts than any form has."""


@dataclass(slots=True)
class Part:
    """One input of a form: `filename` is None where it isn't a file. `room` is how many bytes are kept of
    it, None for all."""

    name: str
    filename: str | None
    media_type: str
    room: int | None = None
    content: bytearray = field(default_factory=bytearray)


def boundary_of(content_type: str) -> bytes:
    """What parts the parts. Raises Malformed."""
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise Malformed
    return (match["quoted"] or match["plain"]).encode("utf-8", "replace")


class Parts:
    """Feed it the bytes, then `finish`. `room` says how much of a file input of that name is kept."""

    def __init__(self, boundary: bytes, *, room: Callable[[str], int], limit: int, texts: int, most: int) -> None:
        self.parts: list[Part] = []
        self._mark = b"\r\n--" + boundary
        self._room, self._limit, self._most = room, limit, most
        self._buffer = bytearray(b"\r\n")  # so that the first boundary looks like all others
        self._step: Callable[[], bool] = self._preamble
        self._texts = texts
        self._kept = 0
        self._typed = 0  # of that, what is no file
        self._headed = 0

    def feed(self, data: bytes) -> None:
        """Raises Malformed, Overfull, TooMany."""
        self._buffer += data
        while self._step():
            pass

    def finish(self) -> list[Part]:
        """All parts. Raises Malformed where the form isn't there to its end."""
        if self._step != self._epilogue:
            raise Malformed
        return self.parts

    def _preamble(self) -> bool:
        at = self._buffer.find(self._mark)
        if max(at, len(self._buffer) if at < 0 else 0) > LONGEST_PREAMBLE:
            raise Malformed
        if at < 0:
            return False
        del self._buffer[: at + len(self._mark)]
        self._step = self._boundary
        return True

    def _boundary(self) -> bool:
        """What stands behind a boundary says whether another part comes."""
        if len(self._buffer) < 2:
            return False
        following = bytes(self._buffer[:2])
        if following == b"--":
            self._step = self._epilogue
        elif following == b"\r\n":
            self._step = self._headers
        else:
            raise Malformed
        return True

    def _headers(self) -> bool:
        at = self._buffer.find(b"\r\n\r\n", 0, LONGEST_HEADERS)
        if at < 0:
            if len(self._buffer) >= LONGEST_HEADERS:
                raise Malformed
            return False
        self._headed += at
        if len(self.parts) == self._most or self._headed > ALL_HEADERS:
            raise TooMany
        self.parts.append(self._part(bytes(self._buffer[2:at])))
        del self._buffer[: at + 4]
        self._step = self._content
        return True

    def _content(self) -> bool:
        at = self._buffer.find(self._mark)
        # Without a boundary, all but its possible beginning belongs to the part.
        end = len(self._buffer) - len(self._mark) + 1 if at < 0 else at
        if end > 0:
            self._keep(self.parts[-1], memoryview(self._buffer)[:end])
            del self._buffer[:end]
        if at < 0:
            return False
        del self._buffer[: len(self._mark)]
        self._step = self._boundary
        return True

    def _keep(self, part: Part, piece: memoryview) -> None:
        with piece:
            wanted = len(piece) if part.room is None else min(len(piece), part.room - len(part.content))
            self._count(wanted, typed=part.room is None)
            part.content += piece[:wanted]

    def _count(self, size: int, *, typed: bool) -> None:
        self._kept += size
        self._typed += size if typed else 0
        if self._typed > self._texts:
            raise Overfull(of_files=False)
        if self._kept > self._limit:
            raise Overfull(of_files=True)

    def _epilogue(self) -> bool:
        self._buffer.clear()
        return False

    def _part(self, headers: bytes) -> Part:
        """Raises Malformed where it has no name."""
        lines = headers.split(b"\r\n", MOST_HEADERS)
        if len(lines) > MOST_HEADERS:
            raise Malformed
        about = next((match["rest"] for line in lines if (match := _DISPOSITION.fullmatch(line))), b"")
        given = {
            parameter["key"].lower(): parameter["plain"] or parameter["quoted"] or b""
            for parameter in _NAMED.finditer(about)
        }
        if b"name" not in given:
            raise Malformed
        name = _text(given[b"name"])
        if b"filename" not in given:
            return Part(name, None, "")
        media = next((match["type"] for line in lines if (match := _TYPE.fullmatch(line))), b"")
        return Part(name, _text(given[b"filename"]), media.decode("ascii", "replace"), self._room(name))


def _text(written: bytes) -> str:
    """Raises Malformed where it isn't UTF-8."""
    for escape, meant in _ESCAPES:
        written = written.replace(escape, meant)
    try:
        return written.decode()
    except UnicodeDecodeError:
        raise Malformed from None
