"""Two servers on one PostgreSQL, and conversations that are held with both: what is said by one is heard from the
other, and what is deployed meanwhile is for those that begin then, and for help."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar

from tests.acceptance.processes import process
from tests.drawing import TORTURE
from tests.forkserver import command
from tests.postgres import fresh_database
from tests.visitor import Visitor

KEY = "0123456789abcdef0123456789abcdef"
pytestmark = pytest.mark.skipif(not TORTURE, reason="two servers take a while to start: see `make torture`")
LATE = 5.0  # seconds after which both servers know what either did: one, where the machine isn't busy
FAQ = (
    "id: {main}_faq\nnodes:\n  - {{id: topic, type: form, fields: [{{name: about, label: 'About what, {number}?'}}]}}\n"
)
MAIN = """\
id: {main}
title: "Main {number}"
help: [{{workflow: {main}_faq}}]
nodes:
  - {{id: a, type: form, fields: [{{name: x, label: "First of {number}?"}}]}}
  - {{id: b, type: form, fields: [{{name: x, label: "Second of {number}?"}}]}}
  - {{id: done, type: end, title: "Thank you from {number}"}}
"""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    with fresh_database() as url, ExitStack() as ended:

        def serves(name: str) -> str:
            settings = {"WIZARD_ADMIN_KEY": KEY, "WIZARD_API_START_RATE": "0", "WIZARD_MESSAGE_RATE": "0"}
            folder: Path = tmp_path_factory.mktemp(name)
            return ended.enter_context(process(folder, "--store", url, by=command(), **settings)).address

        yield serves("a"), serves("b")


class Office:
    """Who deploys a workflow and its help, by whichever server."""

    def __init__(self, session: ClientSession, main: str) -> None:
        self._session, self._main = session, main
        self._revision = 0

    async def deploys(self, by: str, number: int) -> None:
        for workflow, text in ((f"{self._main}_faq", FAQ), (self._main, MAIN)):
            told = {"text": text.format(number=number, main=self._main)}
            headers = {"If-Match": f'"{self._revision}"'} if self._revision else {"If-None-Match": "*"}
            await self._asks(by, "PUT", f"{workflow}/draft", told, headers)
            await self._asks(by, "POST", f"{workflow}/deploy", {})
        self._revision += 1

    async def revokes(self, by: str) -> None:
        for workflow in (f"{self._main}_faq", self._main):
            await self._asks(by, "POST", f"{workflow}/revoke", {})

    async def is_asked(self, servers: Iterable[str], question: str) -> None:
        """Until conversations that begin at these servers begin with the question."""
        async with asyncio.timeout(LATE):
            for by in servers:
                while True:
                    url, body = f"{by}/api/v1/conversations", {"workflow": self._main}
                    async with self._session.post(url, json=body) as answer:
                        opened = await answer.json()
                        if answer.status == 201 and opened["messages"][-1]["text"] == question:
                            break
                    await asyncio.sleep(0.05)

    async def _asks(self, by: str, method: str, path: str, body: Any, headers: Any = None) -> None:
        url, sent = f"{by}/api/v1/admin/workflows/{path}", {"Authorization": f"Bearer {KEY}", **(headers or {})}
        async with self._session.request(method, url, json=body, headers=sent) as answer:
            assert answer.status in (200, 201), await answer.text()


class Talk:
    """A conversation, with whichever server."""

    def __init__(self, session: ClientSession, opened: Any) -> None:
        self._session = session
        self.id, self.token, self.first = opened["id"], opened["token"], opened["messages"]
        self.headers = {"Authorization": f"Bearer {self.token}"}
        self._count = 0

    @classmethod
    async def opens(cls, session: ClientSession, by: str, main: str) -> Talk:
        async with session.post(f"{by}/api/v1/conversations", json={"workflow": main}) as answer:
            assert answer.status == 201, await answer.text()
            return cls(session, await answer.json())

    async def says(self, by: str, text: str) -> list[str]:
        self._count += 1
        body = {"id": f"m-{self._count}", "text": text}
        async with self._session.post(self._path(by), json=body, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            return [said["text"] for said in (await answer.json())["messages"]]

    async def waits(self, by: str, after: str) -> list[str]:
        url = f"{self._path(by)}?after={after}&wait=20"
        async with self._session.get(url, headers=self.headers) as answer:
            return [said["text"] for said in (await answer.json())["messages"]]

    def socket(self, by: str, after: str) -> Any:
        path = f"{by}/api/v1/conversations/{self.id}/ws?after={after}"
        return self._session.ws_connect(path, headers=self.headers)

    def _path(self, by: str) -> str:
        return f"{by}/api/v1/conversations/{self.id}/messages"


async def heard(socket: ClientWebSocketResponse) -> Any:
    """The next message of the conversation."""
    while "text" not in (said := await socket.receive_json()):
        pass
    return said


async def test_a_deployment_reaches_new_conversations_and_help_and_no_live_one(servers: tuple[str, str]) -> None:
    """Somebody in the middle would be asked half of another form; or would be helped with what was mended long ago."""
    one, other = servers
    async with ClientSession() as session:
        office = Office(session, "main")
        await office.deploys(one, 1)
        await office.is_asked(servers, "First of 1?")
        live = [await Talk.opens(session, by, "main") for by in servers]
        await office.deploys(other, 2)
        await office.is_asked(servers, "First of 2?")
        for talk, by in zip(live, (other, one), strict=True):
            assert await talk.says(by, "Ann") == ["Second of 1?"]
            assert await talk.says(by, "help") == ["About what, 2?"]
        await office.revokes(one)
        await office.is_asked(servers, "First of 1?")
        for talk, by in zip(live, servers, strict=True):
            assert (await talk.says(by, "hours"))[-1] == "Second of 1?"  # help that was begun goes on
            assert await talk.says(by, "help") == ["About what, 1?"]
            assert (await talk.says(by, "back"))[-1] == "Second of 1?"
            assert await talk.says(by, "Bo") == ["Thank you from 1"]


async def test_what_one_server_says_is_heard_from_the_other(servers: tuple[str, str]) -> None:
    """Somebody with a telephone and a laptop is sent to two servers by a balancer: each shows what is said at the
    other, once, and a page that is open there takes no answer to a question that is answered already."""
    one, other = servers
    async with ClientSession() as session, ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
        office = Office(session, "pair")
        await office.deploys(one, 1)
        await office.is_asked(servers, "First of 1?")
        talk = await Talk.opens(session, one, "pair")
        last = talk.first[-1]["id"]
        page = await Visitor(browser, other, lambda: browser).opens(f"{other}/r/{talk.id}?token={talk.token}")
        async with talk.socket(one, last) as socket, asyncio.timeout(LATE):
            waiting = asyncio.create_task(talk.waits(one, last))
            await asyncio.sleep(0.1)  # it waits at the one before anything is said at the other
            assert await talk.says(other, "Ann") == ["Second of 1?"]
            assert [(await heard(socket))["text"] for _ in range(2)] == ["Ann", "Second of 1?"]
            assert await waiting == ["Ann", "Second of 1?"]
            await page.fills(x="Bo").presses("next")
            assert "This page has since been answered" in page.page.text
            await page.opens(f"{other}/r/{talk.id}")
            await page.fills(x="Cy").presses("next")
            assert page.page.heading == "Thank you from 1"
            assert (await heard(socket))["text"] == "Thank you from 1"
