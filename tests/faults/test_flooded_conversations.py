"""A sender of a thousand messages a second beside ten people, at a real server: these hardly wait longer, and the
server needs no more room."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.acceptance.processes import Process, process
from tests.drawing import TORTURE
from tests.forkserver import command
from tests.talks import asking_words

pytestmark = pytest.mark.skipif(not TORTURE, reason="it takes half a minute: see `make torture`")
PEOPLE, QUESTIONS = 10, 40
A_SECOND, LINES = 1000, 4  # messages of the flood, and connections that they come by
ROOM = 60.0  # MB that it may cost: buffers of connections, and what is kept to refuse the rest

# It has a process of its own: what it costs to send so much is no part of what people wait for.
FLOOD = f"""
import asyncio, json, sys

async def line(host, port, path, token, number):
    reader, writer = await asyncio.open_connection(host, port)
    answered = []

    async def drains():
        while data := await reader.read(65536):
            answered.append(data.count(b"HTTP/1.1 "))

    draining = asyncio.create_task(drains())
    loop, at = asyncio.get_running_loop(), 0
    began = loop.time()
    while not draining.done():
        for _ in range({A_SECOND} // {LINES} // 20):
            body = json.dumps({{"id": f"f-{{number}}-{{at}}", "text": "flood " * 100}}).encode()
            writer.write(b"POST %s HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Bearer %s\\r\\n"
                b"Content-Type: application/json\\r\\n"
                b"Content-Length: %d\\r\\n\\r\\n" % (path.encode(), token.encode(), len(body)) + body)
            at += 1
        await writer.drain()
        await asyncio.sleep(max(0, began + at * {LINES} / {A_SECOND} - loop.time()))
        print(sum(answered), at, flush=True)

async def main():
    host, port, path, token = sys.argv[1:]
    await asyncio.gather(*(line(host, int(port), path, token, n) for n in range({LINES})))

asyncio.run(main())
"""


class Person:
    """Somebody who answers one question after another, and whose waits are noted."""

    def __init__(self, session: ClientSession, opened: Any, address: str) -> None:
        self._session, self._path = session, f"{address}/api/v1/conversations/{opened['id']}/messages"
        self.id, self.token = opened["id"], opened["token"]
        self.waits: list[float] = []

    async def talks(self, since: int, until: int) -> None:
        for at in range(since, until):
            began = perf_counter()
            headers, body = {"Authorization": f"Bearer {self.token}"}, {"id": f"m-{at}", "text": f"word {at}"}
            async with self._session.post(self._path, json=body, headers=headers) as answer:
                told = await answer.json()
            self.waits.append(perf_counter() - began)
            assert [said["text"] for said in told["messages"]] == [f"Word {at + 1}?"], told
            await asyncio.sleep(0.2)


async def opens(session: ClientSession, server: Process) -> Any:
    async with session.post(f"{server.address}/api/v1/conversations", json={"workflow": "many"}) as answer:
        return await answer.json()


async def test_a_flood_in_one_conversation_is_hardly_noticed_in_others(tmp_path: Path) -> None:
    """Whoever has a program that runs wild would keep everybody else from their forms."""
    (tmp_path / "many.yaml").write_text(json.dumps(asking_words("many", QUESTIONS + 1)))
    arguments = ("many.yaml", "--store", f"sqlite:///{tmp_path}/runs.db")
    with process(tmp_path, *arguments, by=command(), WIZARD_API_START_RATE="0") as server:
        async with ClientSession() as session:
            people = [Person(session, await opens(session, server), server.address) for _ in range(PEOPLE)]
            await asyncio.gather(*(person.talks(0, QUESTIONS // 2) for person in people))
            calm, before = [wait for person in people for wait in person.waits], server.peak
            loud = await opens(session, server)
            path = f"/api/v1/conversations/{loud['id']}/messages"
            flood = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", FLOOD, "127.0.0.1", str(server.port), path, loud["token"]),
                stdout=asyncio.subprocess.PIPE,
            )
            try:
                assert flood.stdout is not None
                await flood.stdout.readline()
                await asyncio.gather(*(person.talks(QUESTIONS // 2, QUESTIONS) for person in people))
            finally:
                flood.kill()
                told, _ = await flood.communicate()
            flooded = [wait for person in people for wait in person.waits[QUESTIONS // 2 :]]
            assert median(flooded) < 2 * median(calm) + 0.05, (median(calm), median(flooded))
            assert server.peak < before + ROOM
            asked, sent = map(int, told.split(b"\n")[-2].split())
            assert sent > A_SECOND / LINES > asked  # what is refused waits, and so does who sends it
