"""Events offered to one process at a steady rate, whatever it takes of them: `python -m tests.bench.events [RATE
[SECONDS]]` prints what is taken, how long each waited from the moment at which it was to be sent, and the memory.

Beside it, the least that could be done: a handler of aiohttp's that upserts one row a request, and waits for the disk.
Server and load are processes of their own.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import multiprocessing.connection
import os
import queue
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import monotonic

from aiohttp import web
from pydantic import SecretStr

from tests.bench.floor import connect
from wizard.app import wizard_app
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading.source import read
from wizard.node import Registry
from wizard.server import quiet_collector
from wizard.settings import Settings

KEY = "the-key-for-events-that-nobody-guesses"
CONNECTIONS = 64
BEHIND = 5.0  # seconds for what is under way when the time is over
DEFINITIONS = """
id: counted
on: [{event: counted, when: event.properties.total > 100}]
nodes:
  - {id: remember, type: set, values: {profile.last: "{{ event.properties.total }}"}}
---
id: asked
on: [{event: asked}]
nodes:
  - {id: ask, type: form, title: "{{ event.properties.what }}", fields: [{name: a}, {name: b}]}
"""
UPSERT = "INSERT INTO events VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
CASES = {
    "the floor: one row upserted": "",
    "an event that matches nothing": "unknown",
    "one that starts a run that ends by itself": "counted",
    "one that starts a run with a form": "asked",
}


@dataclass(frozen=True)
class Taken:
    """What came of a case: how many were offered, and taken within the time; how long each of these took; the server's
    megabytes before and after, and the seconds of processor time that it used."""

    offered: int
    taken: int
    seconds: float
    waits: list[float]
    before: float
    after: float
    processor: float

    @property
    def line(self) -> str:
        cuts = quantiles([wait * 1000 for wait in self.waits], n=100) if len(self.waits) > 1 else [0.0] * 99
        rate = f"{self.taken / self.seconds:.0f}/s of {self.offered / self.seconds:.0f}/s"
        each = f"{self.processor / max(self.taken, 1) * 1e6:.0f} us"
        return f"{rate:<20}{cuts[49]:>8.1f}{cuts[98]:>9.1f} ms{each:>11}   {self.before:.0f} to {self.after:.0f} MB"


class Upserts:
    """One thread that upserts the rows that wait as one transaction."""

    def __init__(self, file: Path) -> None:
        self._connection = connect(file)
        self._connection.execute("CREATE TABLE events (id TEXT PRIMARY KEY, body BLOB NOT NULL)")
        self._waiting: queue.SimpleQueue[tuple[str, bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            group = [self._waiting.get()]
            while not self._waiting.empty():
                group.append(self._waiting.get())
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(UPSERT, [(event_id, body) for event_id, body, _ in group])
            self._connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_resolve, [done for _, _, done in group])

    async def put(self, event_id: str, body: bytes) -> None:
        done: asyncio.Future[None] = self._loop.create_future()
        self._waiting.put((event_id, body, done))
        await done


def _resolve(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


def floor_app(file: Path) -> web.Application:
    """Reads the body, upserts it as one row, and answers when that is on the disk."""
    upserts = Upserts(file)

    async def take(request: web.Request) -> web.Response:
        event = await request.json()
        await upserts.put(event["id"], json.dumps(event).encode())
        return web.json_response({"event": event["id"]}, status=202)

    app = web.Application()
    app.router.add_post("/api/v1/events", take)
    return app


def events_app(file: Path) -> web.Application:
    catalog = Catalog.from_read(read(DEFINITIONS, "bench.yaml"), Registry.installed())
    settings = Settings(event_key=SecretStr(KEY), event_rate=0)
    return wizard_app(catalog, store=f"sqlite:///{file}", settings=settings)


def _serve(make: Callable[[Path], web.Application], file: Path, told: multiprocessing.connection.Connection) -> None:
    async def serve() -> None:
        quiet_collector()
        runner = web.AppRunner(make(file), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        told.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(serve())


def measured(case: str, folder: Path, rate: int, seconds: float) -> Taken:
    """One case, from a server that has nothing yet."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    event_type = CASES[case]
    made = events_app if event_type else floor_app
    server = spawn.Process(target=_serve, args=(made, folder / f"{event_type or 'floor'}.db", theirs), daemon=True)
    server.start()
    try:
        port = ours.recv()
        assert server.pid is not None
        before, began = memory(server.pid), processor(server.pid)
        waits = asyncio.run(_offer(port, event_type, rate, seconds))
        used = processor(server.pid) - began
        return Taken(int(rate * seconds), len(waits), seconds, waits, before, memory(server.pid), used)
    finally:
        server.kill()
        server.join()


def memory(process: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def processor(process: int) -> float:
    ticks = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


async def _offer(port: int, event_type: str, rate: int, seconds: float) -> list[float]:
    """How long each event took from when it was to be sent until it was answered; those that weren't in time aren't
    there."""
    numbers, waits = iter(range(int(rate * seconds))), list[float]()
    began = monotonic() + 0.2

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - monotonic()))
            writer.write(_request(event_type, number))
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            assert length is not None
            await reader.readexactly(int(length[1]))
            assert head.startswith(b"HTTP/1.1 202"), head
            if monotonic() > began + seconds:
                return
            waits.append(monotonic() - due)

    async with asyncio.timeout(seconds + BEHIND):
        await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    return waits


def _request(event_type: str, number: int) -> bytes:
    event = {
        "id": f"order-{number}",
        "type": event_type or "floor",
        "profile_id": f"customer-{number % 1000}",
        "session_id": f"session-{number}",
        "properties": {"total": 120 + number % 7, "what": "a pot of green tea"},
    }
    body = json.dumps(event).encode()
    head = f"POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def main(rate: str = "1000", seconds: str = "60") -> None:
    print(f"\n{rate} events a second for {seconds} s, {CONNECTIONS} connections; SQLite, synchronous=FULL")
    print(f"  {'':<46}{'taken':<20}{'median':>8}{'99%':>9}   {'processor':>11}   memory")
    with TemporaryDirectory(dir=Path.cwd()) as folder:
        for case in CASES:
            print(f"  {case:<46}{measured(case, Path(folder), int(rate), float(seconds)).line}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:3])
