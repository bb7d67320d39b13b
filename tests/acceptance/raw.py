"""HTTP by hand: any bytes can be sent, and what comes back is read as HTTP/1.1 says (RFC 9112).

A client library refuses to send most of what these tests are about, and repairs some of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote_plus

PATIENCE = 120.0  # seconds for an answer; only what hangs takes so long
BOUNDARY = "wz-boundary-7f3a"
URLENCODED = "application/x-www-form-urlencoded"
FORM_ENCODED = ("Content-Type", URLENCODED)
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"

Text = str | bytes
File = tuple[str, str, bytes]  # a file's name, media type and content
Pairs = Iterable[tuple[Text, Text | File]]


class NoAnswer(Exception):
    """The connection was closed, or nothing came, where an answer was due."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are in small letters."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    lasting: bool = True  # whether the protocol's version keeps connections open

    def header(self, name: str) -> str:
        """All values of that header, "" where there is none."""
        return ", ".join(value for each, value in self.headers if each == name.lower())

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def closes(self) -> bool:
        return self.header("connection").lower() == "close" or not self.lasting


@dataclass(frozen=True, slots=True)
class Sent:
    """A request, as it is sent."""

    method: Text = "GET"
    target: Text = "/"
    headers: tuple[tuple[Text, Text], ...] = ()
    body: bytes = b""
    length: bool = True  # whether Content-Length is added where no header says how long the body is
    host: bool = True

    @property
    def raw(self) -> bytes:
        names = {_bytes(name).lower() for name, _ in self.headers}
        headers = list(self.headers)
        if self.host and b"host" not in names:
            headers.insert(0, ("Host", "127.0.0.1"))
        if (
            self.length
            and (self.body or _bytes(self.method) == b"POST")
            and not names & {b"content-length", b"transfer-encoding"}
        ):
            headers.append(("Content-Length", str(len(self.body))))
        lines = [b"%s %s HTTP/1.1" % (_bytes(self.method), _bytes(self.target))]
        lines += [b"%s: %s" % (_bytes(name), _bytes(value)) for name, value in headers]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def _bytes(text: Text) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def urlencoded(pairs: Pairs) -> bytes:
    """A form without files, as a browser sends it."""
    return b"&".join(
        f"{quote_plus(name)}={quote_plus(value)}".encode() for name, value in pairs if not isinstance(value, tuple)
    )


def multipart(pairs: Pairs) -> bytes:
    """A form with files. What stands in names is sent as it is, quotes and line breaks too."""
    parts = []
    for name, value in pairs:
        about = b'Content-Disposition: form-data; name="%s"' % _bytes(name)
        if isinstance(value, tuple):
            about += f'; filename="{value[0]}"\r\nContent-Type: {value[1]}'.encode()
        content = value[2] if isinstance(value, tuple) else _bytes(value)
        parts.append(b"--%s\r\n%s\r\n\r\n%s\r\n" % (BOUNDARY.encode(), about, content))
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class Line:
    """A connection to a server, over which requests are sent one after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def opened(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1_000_000))

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    @property
    def is_closing(self) -> bool:
        return self._writer.is_closing()

    async def send(self, data: bytes) -> None:
        """Only sends. That the other side has closed already shows when its answer is read."""
        with suppress(ConnectionError):
            self._writer.write(data)
            await self._writer.drain()

    async def ask(self, data: bytes, *, head: bool = False) -> Answer:
        """Sends, and reads the answer; `head` says that it has no body. Raises NoAnswer."""
        sending = asyncio.ensure_future(self.send(data))
        try:
            return await self.answer(head=head)
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    async def answer(self, *, head: bool = False) -> Answer:
        """The next answer, but for interim ones (1xx). Raises NoAnswer."""
        try:
            async with asyncio.timeout(PATIENCE):
                status = 100
                while 100 <= status < 200:
                    first = await self._reader.readuntil(b"\r\n\r\n")
                    status, headers = _read_head(first)
                body = b"" if head or status in (204, 304) else await self._body(dict(headers))
                return Answer(status, headers, body, lasting=not first.startswith(b"HTTP/1.0"))
        except TimeoutError:
            raise NoAnswer("nothing came") from None
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise NoAnswer(f"the connection was closed: {error}") from error

    async def _body(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return await self._reader.readexactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") == "chunked":
            return b"".join([piece async for piece in self._chunks()])
        return await self._reader.read()

    async def _chunks(self) -> AsyncIterator[bytes]:
        size = -1
        while size:
            size = int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16)
            yield await self._reader.readexactly(size)
            await self._reader.readexactly(2)


def _read_head(raw: bytes) -> tuple[int, tuple[tuple[str, str], ...]]:
    first, *lines = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    headers = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), tuple((name.lower(), value.strip()) for name, _, value in headers)


@asynccontextmanager
async def line_to(port: int) -> AsyncIterator[Line]:
    line = await Line.opened(port)
    try:
        yield line
    finally:
        await line.close()


async def once(port: int, sent: Sent | bytes) -> Answer:
    """The answer to one request on a connection of its own."""
    raw = sent if isinstance(sent, bytes) else sent.raw
    async with line_to(port) as line:
        return await line.ask(raw, head=raw.startswith(b"HEAD "))
