"""Channels that packages bring: mounted beside the pages, and whatever one of them does is its own."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.plugins import PlugIn
from wizard.app import wizard_app
from wizard.channels.http import plugged
from wizard.definitions.catalog import Catalog
from wizard.node import Registry
from wizard.node.disabled import disable
from wizard.settings import Settings

HELLO = {"id": "hello", "nodes": [{"id": "you", "type": "form", "fields": [{"name": "name"}]}]}
CODE = """
import asyncio, sys
from aiohttp import web


class Talk:
    def __init__(self, host):
        self.host = host

    async def hear(self, request):
        run = await self.host.engine.start("hello")
        return web.json_response({"asks": run.current.fields[0].label, "of": self.host.settings.step_timeout})


def talk(host):
    app = web.Application()
    app.router.add_get("/", Talk(host).hear)
    return app


async def raises(request):
    raise ZeroDivisionError("with a secret in it")


async def exits(request):
    sys.exit(3)


async def cancels(request):
    raise asyncio.CancelledError


async def nothing(request):
    return None


async def unknown(request):
    return await request.app["engine"].load("no such run")


async def refuses(request):
    raise web.HTTPGone(text="It was here")


def wild(host):
    app = web.Application()
    app["engine"] = host.engine
    for handler in (raises, exits, cancels, nothing, unknown, refuses):
        app.router.add_get(f"/{handler.__name__}", handler)
    return app


async def broken(app):
    sys.exit("no")


async def hangs(app):
    await asyncio.sleep(600)


def broken_at_start(host):
    app = wild(host)
    app.on_startup.append(broken)
    return app


def hanging_at_start(host):
    app = wild(host)
    app.on_startup.append(hangs)
    return app


def broken_at_the_end(host):
    app = talk(host)
    app.on_cleanup.append(broken)
    return app


def leaves(host):
    sys.exit(1)


def no_app(host):
    return 3


NO_FUNCTION = 3
"""
pytestmark = [
    pytest.mark.filterwarnings("ignore:Found application key:UserWarning"),
    pytest.mark.filterwarnings("ignore:It is recommended to use web.AppKey"),
]


@asynccontextmanager
async def served(
    plugin: PlugIn, channels: Mapping[str, str]
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    plugin.install(CODE, types={}, channels=channels)
    app = wizard_app(Catalog.from_documents([HELLO], Registry.installed()), settings=Settings(step_timeout=7))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_channel_is_mounted_and_has_the_engine(plugin: PlugIn) -> None:
    """A chat or a telephone becomes another way to the same runs by installing a package."""
    async with served(plugin, {"talk": "talk"}) as client:
        answer = await client.get("/channels/talk/")
        assert await answer.json() == {"asks": "Name", "of": 7}
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert (await client.get("/channels/other/")).status == 404


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("raises", 500, "failed at GET /channels/wild/raises"),
        ("exits", 500, "failed at GET /channels/wild/exits"),
        ("cancels", 500, "failed at GET /channels/wild/cancels"),
        ("nothing", 500, "gave NoneType where an answer is needed, at /channels/wild/nothing"),
        ("unknown", 404, None),
        ("refuses", 410, None),
        ("elsewhere", 404, None),
    ],
)
async def test_a_request_that_fails_is_its_own(
    plugin: PlugIn, caplog: pytest.LogCaptureFixture, address: str, status: int, says: str | None
) -> None:
    """The server goes on, whoever reads the log knows whose fault it is, and the caller sees nothing of the inside."""
    async with served(plugin, {"wild": "wild", "talk": "talk"}) as client:
        answer = await client.get(f"/channels/wild/{address}")
        text = await answer.text()
        assert answer.status == status
        assert "secret" not in text + caplog.text
        assert ("channel wild of the package wizard-parcels 1.0" in caplog.text) == (says is not None)
        assert (says or "") in caplog.text
        assert (await client.get("/channels/talk/")).status == 200


@pytest.mark.parametrize(
    ("channel", "says"),
    [
        ("leaves", "can't be used: FunctionExited: SystemExit was raised"),
        ("no_app", "can't be used: NodeContractError: it gives int, not an aiohttp.web.Application"),
        ("NO_FUNCTION", "can't be used: a channel is a function that makes one, and this is int"),
        ("missing", "can't be used: AttributeError"),
    ],
)
async def test_one_that_cant_be_made_is_left_out(
    plugin: PlugIn, caplog: pytest.LogCaptureFixture, channel: str, says: str
) -> None:
    """A server that doesn't start for one channel serves no other either."""
    async with served(plugin, {"bad": channel, "talk": "talk"}) as client:
        assert "the channel bad of the package wizard-parcels 1.0" in caplog.text
        assert says in caplog.text
        assert (await client.get("/channels/bad/raises")).status == 404
        assert (await client.get("/channels/talk/")).status == 200


@pytest.mark.parametrize("channel", ["broken_at_start", "hanging_at_start"])
async def test_one_that_cant_start_answers_so(
    plugin: PlugIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """Its callers try again later, and all other channels are served."""
    monkeypatch.setattr(plugged, "SECONDS", 0.01)
    async with served(plugin, {"bad": channel, "talk": "talk"}) as client:
        assert "the channel bad of the package wizard-parcels 1.0 can't start" in caplog.text
        assert (await client.get("/channels/bad/raises")).status == 503
        assert (await client.get("/channels/talk/")).status == 200
        assert (await client.get("/")).status == 200


async def test_one_that_fails_at_the_end_keeps_nobody_from_ending(
    plugin: PlugIn, caplog: pytest.LogCaptureFixture
) -> None:
    """The store behind it would never be closed."""
    async with served(plugin, {"bad": "broken_at_the_end"}) as client:
        assert (await client.get("/channels/bad/")).status == 200
    assert "the channel bad of the package wizard-parcels 1.0 can't clean up" in caplog.text


async def test_one_that_is_disabled_or_that_two_announce_is_left_out(
    plugin: PlugIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two channels at one address nobody could say which answers."""
    monkeypatch.setattr("sys.prefix", str(plugin.folder))
    other = PlugIn(plugin.folder, "other-talk")
    other.install(CODE, types={}, channels={"talk": "talk"})
    async with served(plugin, {"talk": "talk", "wild": "wild"}) as client:
        assert (await client.get("/channels/talk/")).status == 404
        assert "announces a channel 'talk' as well: uninstall one of them" in caplog.text
    disable("wizard-parcels")
    with caplog.at_level(logging.INFO):
        async with served(plugin, {"talk": "talk", "wild": "wild"}) as client:
            assert (await client.get("/channels/talk/")).status == 200
            assert (await client.get("/channels/wild/refuses")).status == 404
            assert "wizard-parcels 1.0 is left out" in caplog.text
    other.uninstall()
