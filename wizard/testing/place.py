"""Where a channel from outside is tried (wizard.testing.channels): two processes that serve it on one store, and what a
person does at the other end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from io import BytesIO
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from wizard.channels.http.plugged import ChannelHost, channel_app
from wizard.channels.outside.contract import Inbound
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.testing import MovableClock, make_test_engine
from wizard.testing.counterparts import Counterpart, Posted

_COLOUR = {
    "id": "colour",
    "type": "form",
    "fields": [{"name": "colour", "type": "choice", "label": "Which colour?", "choices": ["green", "grey", "blue"]}],
}
_YOU = {
    "id": "you",
    "type": "form",
    "fields": [
        {"name": "full_name", "label": "Full name", "max_length": 3_000},
        {"name": "birth_date", "type": "date", "label": "Date of birth"},
    ],
}
_DONE = {"id": "done", "type": "end", "title": "Thank you, {{ you.full_name }}"}
_LONG = {
    "id": "long",
    "type": "message",
    "title": "Terms",
    "text": "\n\n".join(f"{n}. " + "word " * 60 for n in range(60)),
}
WORKFLOWS: tuple[dict[str, Any], ...] = (
    {"id": "questions", "agent": True, "nodes": [_YOU, _COLOUR, _DONE]},
    {"id": "colour-first", "nodes": [_COLOUR, _YOU, _DONE]},
    {"id": "terms", "nodes": [_LONG, _YOU, _DONE]},
)


class Process:
    """One that serves the channel."""

    def __init__(self, engine: Engine, client: TestClient[Any, Any]) -> None:
        self.engine, self.client = engine, client
        self.worker = Worker(engine)

    async def delivers(self) -> None:
        """Does the jobs that are due."""
        await self.worker.perform_due()


class Place:
    """A service, and two processes that serve the channel on one store; nothing is delivered but when it is said."""

    def __init__(self, counterpart: Counterpart, clock: MovableClock, processes: list[Process]) -> None:
        self.service, self.clock, self.processes = counterpart, clock, processes
        self.ann, self.bob = counterpart.people
        self.engine = processes[0].engine
        self._count = 0

    async def posts(self, posted: Posted, process: int = 0) -> int:
        """What the request is answered."""
        client = self.processes[process].client
        async with client.post("/channel/", data=BytesIO(posted.body), headers=dict(posted.headers)) as answer:
            await answer.read()
            expect(answer.status != 429 or "Retry-After" in answer.headers, "429 comes without a Retry-After")
            return answer.status

    def message(self, text: str = "", number: int | None = None, to: str = "", **more: Any) -> Inbound:
        """One of the person's; with the next number, unless one is given."""
        if number is None:
            self._count += 1
            number = self._count
        return Inbound(to or self.ann, self.service.message_id(number), text, **more)

    async def sends(self, text: str = "", number: int | None = None, process: int = 0, **more: Any) -> None:
        status = await self.posts(self.service.posts(self.message(text, number, **more)), process)
        expect(status == 200, f"a message was answered {status}")

    async def says(self, text: str = "", number: int | None = None, **more: Any) -> list[str]:
        """Sends a message; the texts that come of it."""
        await self.sends(text, number, **more)
        return await self.delivers()

    async def presses(self, label: str) -> list[str]:
        """The button, or types what it says where messages have none."""
        choice = self.choice(label)
        return await self.says(choice=choice) if choice else await self.says(label)

    def choice(self, label: str) -> str:
        return next(
            (one.choice for sent in reversed(self.service.got) for one in sent.buttons if one.label == label), ""
        )

    async def delivers(self, process: int = 0) -> list[str]:
        """The texts that come."""
        before = len(self.service.got)
        await self.processes[process].delivers()
        return [sent.text for sent in self.service.got[before:]]

    def texts(self, to: str = "") -> list[str]:
        return [sent.text for sent in self.service.got if sent.conversation == (to or self.ann)]

    async def run(self) -> RunView:
        """The only one that there is."""
        runs = await self.engine.store.list_runs()
        expect(len(runs) == 1, f"there are {len(runs)} runs, not one")
        return await self.engine.load(runs[0].id)

    async def has_no_run(self, why: str) -> None:
        expect(not await self.engine.store.list_runs(), f"a run began: {why}")


def expect(kept: object, otherwise: str) -> None:
    """Raises AssertionError."""
    __tracebackhide__ = True
    if not kept:
        raise AssertionError(otherwise)


def begins(texts: list[str], start: str, at: int = -1) -> None:
    """What was said last (or at that place) begins so."""
    __tracebackhide__ = True
    there = bool(texts) and texts[at].startswith(start)
    expect(there, f"what was sent is {texts!r}, where {start!r} is to come")


@asynccontextmanager
async def opened(
    service: Counterpart, workflow: str, store: Store | None = None, **settings: Any
) -> AsyncIterator[Place]:
    """Two processes that serve the channel to that service."""
    clock = MovableClock()
    given = Settings(jobs=0, allow_private_addresses=True, **{"message_rate": 0, **settings})
    if store is None:
        store = MemoryStore()
        await store.open()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(service.serving())
        processes = []
        for _ in range(2):
            engine = await make_test_engine(*WORKFLOWS, store=store, settings=given, clock=clock)
            stack.push_async_callback(engine.close)
            app = web.Application()

            def make(host: ChannelHost) -> web.Application:
                return service.make(host, url, workflow)

            app.add_subapp("/channel/", channel_app(make, ChannelHost(engine, given), "channel that is tried"))
            client: Any = TestClient(TestServer(app))
            processes.append(Process(engine, await stack.enter_async_context(client)))
        try:
            yield Place(service, clock, processes)
        finally:
            service.released.set()
