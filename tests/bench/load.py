"""A load of HTTP requests from a process of its own, so that it takes no time from the server's.

Requests of one connection are sent one after another over a raw socket: an HTTP client library
would cost more than the server that is measured.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.connection
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar


@dataclass(frozen=True)
class Shot:
    """One request: method and path, headers and body."""

    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "POST"

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class Submission:
    """A page that is answered: the POST but for the last bytes of its body, which the page before tells; and
    the GET of the page that follows."""

    post: bytes
    get: bytes
    told: bytes = b""  # those last bytes, where no page comes before
    lane: int = 0  # the page before is the one that was got last in the same lane of the connection


class Answered(NamedTuple):
    """How one request (or submission) was answered: whether as it should be, the bytes, and how long it took."""

    well: bool
    size: int
    seconds: float


@dataclass(frozen=True)
class Load:
    """What came of a load: requests (or submissions) a second, and each one's answer, one connection after another."""

    rate: float
    answers: tuple[Answered, ...]

    @property
    def failed(self) -> int:
        return sum(not answered.well for answered in self.answers)


Item = TypeVar("Item")
# Sends one connection's items in order.
Sender = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Sequence[Item]], Awaitable[list[Answered]]]


async def fire(port: int, connections: Sequence[Sequence[Shot]]) -> Load:
    """Sends each connection's shots in order, all connections at once, from another process. Each is to be answered
    with 200."""
    return await _from_a_process(port, [[shot.raw() for shot in shots] for shots in connections], _shoot)


async def submit(port: int, connections: Sequence[Sequence[Submission]]) -> Load:
    """The same with submissions, whose POST is to be answered with 303 and whose GET with 200."""
    return await _from_a_process(port, connections, _submit)


async def _from_a_process(port: int, connections: Sequence[Sequence[Item]], sender: Sender[Item]) -> Load:
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_main, args=(port, connections, sender, send))
    process.start()
    send.close()
    try:
        while not receive.poll():
            if not process.is_alive() and not receive.poll():
                raise RuntimeError("the process that sends the load failed; see above")
            await asyncio.sleep(0.05)
        load: Load = receive.recv()
    finally:
        await asyncio.to_thread(process.join)
    return load


def _main(
    port: int,
    connections: Sequence[Sequence[Item]],
    sender: Sender[Item],
    send: multiprocessing.connection.Connection,
) -> None:
    send.send(asyncio.run(_all(port, connections, sender)))


async def _all(port: int, connections: Sequence[Sequence[Item]], sender: Sender[Item]) -> Load:
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in connections]
    began = time.perf_counter()
    results = await asyncio.gather(
        *(sender(reader, writer, items) for (reader, writer), items in zip(opened, connections, strict=True))
    )
    took = time.perf_counter() - began
    for _, writer in opened:
        writer.close()
    answers = tuple(answered for connection in results for answered in connection)
    return Load(len(answers) / took, answers)


async def _shoot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, shots: Sequence[bytes]) -> list[Answered]:
    answers = []
    for shot in shots:
        began = time.perf_counter()
        writer.write(shot)
        status, _, size = await _answer(reader)
        answers.append(Answered(status == b"200", size, time.perf_counter() - began))
    return answers


async def _submit(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, submissions: Sequence[Submission]
) -> list[Answered]:
    answers = []
    pages: dict[int, bytes] = {}
    for submission in submissions:
        began = time.perf_counter()
        writer.write(submission.post + (submission.told or mark_in(pages[submission.lane])))
        posted, _, size = await _answer(reader)
        writer.write(submission.get)
        got, pages[submission.lane], more = await _answer(reader)
        well = (posted, got) == (b"303", b"200")
        answers.append(Answered(well, size + more, time.perf_counter() - began))
    return answers


MARK = b'name="wizard-seen" value="'
MARK_LENGTH = 16


def mark_in(page: bytes) -> bytes:
    """What a page says that it shows, to be sent back with its answers."""
    at = page.find(MARK) + len(MARK)
    return page[at : at + MARK_LENGTH]


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes, int]:
    """The status, the body, and the bytes of it all."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    return head[9:12], body, len(head) + length
