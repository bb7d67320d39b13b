"""A server with the example's channel that is killed while messages come and go: nothing that was said is lost, and
nothing comes twice but under the same id. `TORTURE=1` has more people, and many more deaths."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout, web
from aiohttp.test_utils import TestServer, unused_port

from tests.counterpart import example_tests
from tests.drawing import TORTURE
from tests.faults.served import Nursery
from tests.talks import asking_words
from wizard.app import load_catalog, make_engine, open_store
from wizard.channels.outside.contract import Inbound

PEOPLE, QUESTIONS, DEATHS = (20, 10, 40) if TORTURE else (3, 3, 3)
PATIENCE = 300.0
SECRET = example_tests().SECRET
FORM = asking_words("many", QUESTIONS)


class Service:
    """The other end, which has the server killed at some messages that it gets: before or after it takes one."""

    def __init__(self, nursery: Nursery, store: str, chance: random.Random) -> None:
        self._nursery, self._store, self._chance = nursery, store, chance
        self.hooks = example_tests().Hooks()
        self.port, self.deaths, self.pid = unused_port(), 0, 0
        self.heard, self.address = asyncio.Condition(), ""

    async def receives(self, request: web.Request) -> web.Response:
        dies = self.deaths < DEATHS and self._chance.random() < 0.4
        if dies and self._chance.random() < 0.5:
            self.kill()  # before it was taken
            return web.Response(status=500)
        response: web.Response = await self.hooks.receives(request)
        if dies:
            self.kill()  # before anybody knows that it was
        async with self.heard:
            self.heard.notify_all()
        return response

    def kill(self) -> None:
        """Another server takes its place at once."""
        self.deaths += 1
        self._nursery.kill(self.pid)
        self.start()

    def start(self) -> None:
        order = {"store": self._store, "port": self.port, "hook": self.address, "secret": SECRET, "workflow": FORM}
        self.pid = self._nursery.start(**order)

    async def sends(self, session: ClientSession, message: Inbound) -> None:
        """Until it is taken, and sometimes once more."""
        posted = self.hooks.posts(message)
        url = f"http://127.0.0.1:{self.port}/channels/hook/"
        again = self._chance.random() < 0.3
        while True:
            with suppress(ClientError, ConnectionError, TimeoutError, OSError):
                async with session.post(url, data=BytesIO(posted.body), headers=dict(posted.headers)) as answer:
                    if answer.status == 200:
                        if not again:
                            return
                        again = False
            await asyncio.sleep(0.02)

    def texts(self, person: str) -> dict[str, str]:
        """What the person has read, by id, in the order in which it came first."""
        texts: dict[str, str] = {}
        for sent in self.hooks.got:
            if sent.conversation == person:
                assert texts.setdefault(sent.id, sent.text) == sent.text
        return texts

    async def person(self, session: ClientSession, name: str) -> None:
        await self.sends(session, Inbound(name, "m-0", "hello"))
        for at in range(QUESTIONS):
            await self.reads(name, f"Word {at}?")
            await self.sends(session, Inbound(name, f"m-{at + 1}", f"{name} {at}"))
        await self.reads(name, "Thank you")

    async def reads(self, name: str, text: str) -> None:
        async with self.heard:
            await self.heard.wait_for(lambda: text in self.texts(name).values())


async def test_a_server_that_is_killed_loses_and_doubles_nothing(
    home: Nursery, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """People would wait for a question that was never sent, or answer one twice, whenever a machine fails."""
    url = f"sqlite:///{tmp_path}/runs.db"
    service = Service(home, url, random.Random(request.config.option.hypothesis_seed))
    people = [f"person-{at}" for at in range(PEOPLE)]
    app = web.Application()
    app.router.add_post("/answers", service.receives)
    async with TestServer(app) as server, ClientSession(timeout=ClientTimeout(5)) as session:
        service.address = str(server.make_url("/answers"))
        service.start()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(service.person(session, name) for name in people))
        home.kill(service.pid)
    assert service.deaths > 0
    for name in people:
        assert list(service.texts(name).values()) == [*(f"Word {at}?" for at in range(QUESTIONS)), "Thank you"]
    (tmp_path / "many.yaml").write_text(json.dumps(FORM))
    store = open_store(url)
    await store.open()
    engine = make_engine(load_catalog(tmp_path / "many.yaml"), store)
    runs = [await engine.load(line.id) for line in await store.list_runs()]
    given = sorted([step["word"] for step in run.answers.values() if "word" in step] for run in runs)
    assert given == sorted([f"{name} {at}" for at in range(QUESTIONS)] for name in people)
    await engine.close()
    await store.close()
