"""A load of HTTP requests from a process of its own, so that it takes no time from the server's.

Requests of one connection are sent one after another over a raw socket: an HTTP client library
would cost more than the server that is measured.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.connection
import time
from collections.abc import Sequence
from dataclasses import dataclass


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
class Load:
    """What came of a load: requests a second, and how many were answered with another status than 200."""

    rate: float
    failed: int
    bytes_received: int


async def fire(port: int, connections: Sequence[Sequence[Shot]]) -> Load:
    """Sends each connection's shots in order, all connections at once, from another process."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    raw = [[shot.raw() for shot in shots] for shots in connections]
    process = context.Process(target=_main, args=(port, raw, send))
    process.start()
    loop = asyncio.get_running_loop()
    try:
        rate, failed, received = await loop.run_in_executor(None, receive.recv)
    finally:
        await loop.run_in_executor(None, process.join)
    return Load(rate, failed, received)


def _main(port: int, connections: list[list[bytes]], send: multiprocessing.connection.Connection) -> None:
    send.send(asyncio.run(_all(port, connections)))


async def _all(port: int, connections: list[list[bytes]]) -> tuple[float, int, int]:
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in connections]
    began = time.perf_counter()
    results = await asyncio.gather(
        *(_shoot(reader, writer, shots) for (reader, writer), shots in zip(opened, connections, strict=True))
    )
    took = time.perf_counter() - began
    for _, writer in opened:
        writer.close()
    shots = sum(len(each) for each in connections)
    return shots / took, sum(failed for failed, _ in results), sum(size for _, size in results)


async def _shoot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, shots: list[bytes]) -> tuple[int, int]:
    failed = received = 0
    for shot in shots:
        writer.write(shot)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        received += len(head) + length
        failed += head[9:12] != b"200"
    return failed, received
