"""Many conversations over WebSocket at once, whose connections break, and whose server is started again in the middle:
each message is answered once, and in order. `TORTURE=1` has 200 of them, else there are a few."""

from __future__ import annotations

import asyncio
import json
import os
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, WSMsgType
from aiohttp.test_utils import TestServer

from tests.talks import asking_words
from wizard.app import load_catalog, wizard_app
from wizard.settings import Settings
from wizard.stores.sqlite import SqliteStore

TORTURE = int(os.environ.get("TORTURE", "0"))
CONVERSATIONS, QUESTIONS, RESTARTS = (200, 10, 3) if TORTURE else (8, 4, 1)
PATIENCE = 300.0 if TORTURE else 120.0
BROKEN = 0.2  # of the messages, after which the connection is gone

FORM = asking_words("many", QUESTIONS)


class Server:
    """The application on one database; it may be another process's each time."""

    def __init__(self, folder: Path) -> None:
        self._definition, self._database = folder / "many.yaml", folder / "runs.db"
        self._definition.write_text(json.dumps(FORM))
        self._server: TestServer | None = None
        self.up = asyncio.Event()

    async def start(self) -> None:
        settings = Settings(jobs=0, message_rate=0, api_start_rate=0, grace=0.1)
        app = wizard_app(load_catalog(self._definition), store=SqliteStore(self._database), settings=settings)
        self._server = TestServer(app)
        await self._server.start_server()
        self.up.set()

    async def stop(self) -> None:
        self.up.clear()
        assert self._server is not None
        await self._server.close()

    def address(self, path: str) -> str:
        assert self._server is not None
        return str(self._server.make_url(f"/api/v1/conversations{path}"))


class Person:
    """Somebody who answers each question, and sends a message again as long as they don't know that it was taken."""

    def __init__(self, server: Server, session: ClientSession, chance: random.Random) -> None:
        self._server, self._session, self._chance = server, session, chance
        self.heard: list[dict[str, Any]] = []
        self.sent = 0

    async def talks(self) -> None:
        async with self._session.post(self._server.address(""), json={"workflow": "many"}) as answer:
            opened = await answer.json()
        self.id, self.token = opened["id"], opened["token"]
        self.heard = opened["messages"]
        while self.heard[-1]["text"] != "Thank you":
            await self._server.up.wait()
            with suppress(ClientError, ConnectionError, TimeoutError, OSError):
                await self._holds()

    async def _holds(self) -> None:
        """One connection, as long as it holds."""
        path = self._server.address(f"/{self.id}/ws?after={self.heard[-1]['id']}")
        async with self._session.ws_connect(path, headers={"Authorization": f"Bearer {self.token}"}) as socket:
            while self.heard[-1]["text"] != "Thank you":
                self.sent = max(self.sent, sum(one["from"] == "person" for one in self.heard))
                await socket.send_json({"id": f"m-{self.sent}", "text": f"word {self.sent}"})
                if self._chance.random() < BROKEN:
                    return
                while self.heard[-1]["from"] == "person" or self.sent >= sum(
                    one["from"] == "person" for one in self.heard
                ):
                    frame = await socket.receive(timeout=10)
                    if frame.type is not WSMsgType.TEXT:
                        return
                    said = json.loads(frame.data)
                    if "from" not in said:
                        return  # the server is stopping
                    self.heard.append(said)
                self.sent += 1

    def check(self) -> None:
        ids = [one["id"] for one in self.heard]
        assert len(set(ids)) == len(ids)
        assert [one["id"] for one in self.heard if one["from"] == "person"] == [f"m-{n}" for n in range(QUESTIONS)]
        expected = ["Word 0?"]
        for at in range(QUESTIONS):
            expected += [f"word {at}", f"Word {at + 1}?" if at + 1 < QUESTIONS else "Thank you"]
        assert [one["text"] for one in self.heard] == expected


async def test_each_message_is_answered_once_and_in_order(tmp_path: Path) -> None:
    """On a train, or while a server is replaced, people would answer a question twice or never get the next one."""
    chance = random.Random(os.environ.get("FUZZ_SEED"))
    server = Server(tmp_path)
    await server.start()
    async with ClientSession() as session, asyncio.timeout(PATIENCE):
        people = [Person(server, session, chance) for _ in range(CONVERSATIONS)]
        talking = asyncio.gather(*(person.talks() for person in people))
        for _ in range(RESTARTS):
            while not all(person.heard for person in people):
                await asyncio.sleep(0.005)
            await asyncio.sleep(chance.random() * (2.0 if TORTURE else 0.02))
            await server.stop()
            await server.start()
        await talking
    await server.stop()
    for person in people:
        person.check()
