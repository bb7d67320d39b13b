"""Following work that is under way: what is sent, when it ends, and how many may listen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from tests.patience import LONG
from tests.unit.channels.slow import ORDERED, POINTS, Bench
from wizard.channels.api.calls import api
from wizard.channels.http.streams import MOST_OF_ONE, Followers
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import working
from wizard.errors import StoreError
from wizard.settings import Settings
from wizard.testing import make_test_engine


class Desk:
    """A served engine with a worker, and a run that works."""

    def __init__(self, engine: Engine, client: TestClient[Any, Any], bench: Bench, followers: Followers) -> None:
        self.engine = engine
        self.client = client
        self.bench = bench
        self.followers = followers

    async def begins(self) -> RunView:
        view = await self.engine.start("points")
        await self.engine.next(view, {"card": "1234"})
        await self.bench.begun.wait()
        return view

    async def follows(self, view: RunView, method: str = "GET") -> ClientResponse:
        headers = {"Authorization": f"Bearer {view.token}"}
        return await self.client.request(method, f"/api/v1/runs/{view.id}/progress", headers=headers)


async def event(response: ClientResponse) -> tuple[str, dict[str, Any]] | None:
    """The next event and its data; None where the stream ends."""
    name = ""
    async for raw in response.content:
        line = raw.decode().rstrip("\n")
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            return name, json.loads(line.removeprefix("data: "))
    return None


@asynccontextmanager
async def desk(**limits: Any) -> AsyncIterator[Desk]:
    bench = Bench()
    engine = await make_test_engine(POINTS, ORDERED, functions={"count": bench.count}, settings=Settings(grace=0.1))
    followers = Followers(engine, **{"pause": 0.02, **limits})
    app = web.Application()
    app.add_subapp("/api/v1", api(engine, followers=followers))
    async with working(engine), TestClient(TestServer(app)) as client:
        yield Desk(engine, client, bench, followers)
        bench.gate.set()
    await engine.close()


async def test_work_is_told_as_it_goes_on_and_its_end() -> None:
    """Whoever waits sees that something happens, and goes on at once when it is done."""
    async with desk() as at:
        view = await at.begins()
        response = await at.follows(view)
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert await event(response) == ("work", {"percent": None, "text": ""})
        at.bench.reports(40, "Reading page 4\nof 10")
        assert await event(response) == ("work", {"percent": 40.0, "text": "Reading page 4\nof 10"})
        at.bench.gate.set()
        name, data = await event(response) or ("", {})
        assert (name, data["status"], data["step"]) == ("moved", "completed", "done")
        assert data["revision"] == (await at.engine.load(view.id)).revision
        assert await event(response) is None


async def test_a_run_that_does_not_work_has_moved_already() -> None:
    """Nobody waits for something that was over before they asked."""
    async with desk() as at:
        view = await at.engine.start("points")
        name, data = await event(await at.follows(view)) or ("", {})
        assert (name, data["status"], data["step"]) == ("moved", "waiting", "ask")


async def test_going_back_ends_the_stream() -> None:
    """Previous wins over the work: another tab that waits has to follow."""
    async with desk() as at:
        view = await at.begins()
        response = await at.follows(view)
        await event(response)
        await at.engine.previous(view.id)
        name, data = await event(response) or ("", {})
        assert (name, data["step"]) == ("moved", "ask")


async def test_head_says_what_would_come() -> None:
    """And doesn't follow anything."""
    async with desk() as at:
        view = await at.begins()
        response = await at.follows(view, "HEAD")
        assert (response.status, await response.read()) == (200, b"")


async def test_a_run_has_a_few_streams_and_a_server_many() -> None:
    """One person with many tabs, or with bad intentions, must leave room for others."""
    async with desk(most=MOST_OF_ONE + 1) as at:
        one, two, three = await at.begins(), await at.begins(), await at.begins()
        opened = [await at.follows(one) for _ in range(MOST_OF_ONE)]
        refused = await at.follows(one)
        assert refused.status == 503
        assert (await refused.json())["type"] == "urn:wizard:problem:too-many-followers"
        assert refused.headers["Retry-After"]
        opened.append(await at.follows(two))
        assert (await at.follows(three)).status == 503
        for each in opened:
            each.close()  # the listeners go, and their places are free again
        async with asyncio.timeout(LONG):
            while (await at.follows(three)).status != 200:
                await asyncio.sleep(0.02)


async def test_nobody_follows_for_ever() -> None:
    """A forgotten tab would keep its place; its browser opens another stream if it is still there."""
    async with desk(longest=0.1) as at:
        response = await at.follows(await at.begins())
        assert await event(response) == ("work", {"percent": None, "text": ""})
        assert await event(response) is None


async def test_something_is_said_now_and_then() -> None:
    """Proxies cut lines on which nothing is said."""
    async with desk(silence=0.03, longest=0.3) as at:
        response = await at.follows(await at.begins())
        assert b"\n:\n\n:\n\n" in (await response.read()).replace(b"\r", b"")


async def test_a_server_that_stops_ends_its_streams() -> None:
    """It would wait for them otherwise, for as long as it may."""
    async with desk() as at:
        response = await at.follows(await at.begins())
        await event(response)
        await at.followers.stop(web.Application())
        assert await event(response) is None


@pytest.mark.parametrize("how", ["deleted", "unreadable"])
async def test_a_run_that_can_not_be_loaded_any_more_ends_the_stream(how: str) -> None:
    """Whoever asks again is told why."""
    async with desk() as at:
        view = await at.begins()
        response = await at.follows(view)
        await event(response)
        if how == "deleted":
            await at.engine.delete(view.id)
        else:
            at.engine.load = lambda run: (_ for _ in ()).throw(StoreError())  # type: ignore[method-assign,assignment]
        assert await event(response) is None


async def test_streams_need_the_token() -> None:
    """What is being done for somebody is nobody else's business."""
    async with desk() as at:
        view = await at.begins()
        response = await at.client.get(f"/api/v1/runs/{view.id}/progress")
        assert response.status == 401
        view.token = "x" * 32
        assert (await at.follows(view)).status == 403
