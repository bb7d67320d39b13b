"""A host serves the application with aiohttp's own server, and its log tells no token."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tests.acceptance.raw import Sent, once
from tests.unit.channels.web.webbed import FRIEND, TRIP
from wizard.app import wizard_app
from wizard.testing import make_test_engine


async def _breaks(request: web.Request) -> web.Response:
    raise ValueError("the host's own mistake")


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Of a host that mounts the application, as `web.run_app(host, access_log=None)` serves it."""
    host = web.Application()
    host.router.add_get("/breaks", _breaks)
    host.add_subapp("/forms/", wizard_app(await make_test_engine(TRIP, FRIEND)))
    runner = web.AppRunner(host, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.mark.parametrize(
    "sent",
    [
        Sent("GET", "/forms/api/v1/runs/x", (("Authorization", "Bearer SESAME\x7f"),)),
        Sent("GET", "/forms/r/x?token=SESAME\x01"),
        Sent("GET", "/forms/", (("Cookie", "wizard=SESAME\x01"),)),
        Sent("POST", "/forms/w/trip", (("Transfer-Encoding", "SESAME"),)),
        Sent("GET", "/forms/", (("X", "SESAME" + "x" * 70_000),)),
    ],
    ids=["header", "address", "cookie", "encoding", "large"],
)
async def test_a_request_that_cannot_be_read_is_not_quoted(
    port: int, sent: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever reads the log could open the run; the host may still see that there was something."""
    with caplog.at_level(logging.DEBUG):
        assert (await once(port, sent)).status == 400
    assert "SESAME" not in caplog.text
    assert "which isn't quoted" in caplog.text


async def test_what_a_host_s_own_handler_raises_is_logged_as_ever(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """The log of a host is its own."""
    assert (await once(port, Sent("GET", "/breaks"))).status == 500
    assert "the host's own mistake" in caplog.text
