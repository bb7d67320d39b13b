"""Whatever a server answers, and whoever in it does so, has the headers without which a browser may run, frame or keep
what it shouldn't."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.acceptance.besieged import Site, besieged
from tests.acceptance.raw import Answer, Sent, once
from wizard.channels.api.calls import api
from wizard.channels.http.health import Stopping, health_app
from wizard.server import listening
from wizard.stores.memory import MemoryStore
from wizard.testing import make_test_engine

FORM = "id: f\ntitle: F\nnodes:\n  - {id: a, type: form, fields: [{name: x}]}\n"
JSON = ("Content-Type", "application/json")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with besieged(tmp_path) as site:
        yield site


def check(answer: Answer, what: object) -> None:
    header = answer.header
    assert "default-src 'none'" in header("content-security-policy"), what
    assert "frame-ancestors 'none'" in header("content-security-policy"), what
    assert header("x-content-type-options") == "nosniff", what
    assert header("referrer-policy"), what
    assert header("cache-control"), what


ASKED = {
    "a page": Sent("GET", "/"),
    "no page": Sent("GET", "/nowhere"),
    "no run": Sent("GET", "/r/nowhere/a"),
    "no workflow": Sent("GET", "/w/nowhere"),
    "no file": Sent("GET", "/static/nowhere.css"),
    "no file by another method": Sent("POST", "/static/nowhere.css"),
    "a strange file": Sent("GET", "/static/%2e%2e%2fsetup.cfg"),
    "another method": Sent("DELETE", "/"),
    "no method": Sent("BREW", "/"),
    "a form from elsewhere": Sent("POST", "/w/siege", (("Origin", "http://xn--/"),), b"a=1"),
    "an absolute address": Sent("GET", "http://xn--/nowhere"),
    "a broken address": Sent("GET", "http://[::1/"),
    "an address of nothing": Sent("OPTIONS", "*"),
    "a strange host": Sent("GET", "/nowhere", (("Host", "xn--"),)),
    "a host that is none": Sent("GET", "/nowhere", (("Host", "[::1"),)),
    "an expectation": Sent("GET", "/nowhere", (("Expect", "a miracle"),)),
    "an expectation of JSON": Sent("POST", "/api/v1/runs", (("Expect", "a miracle"), JSON), b"{}"),
    "no call": Sent("GET", "/api/v1/nowhere"),
    "another method of a call": Sent("PUT", "/api/v1/runs", (JSON,), b"{}"),
    "broken JSON": Sent("POST", "/api/v1/runs", (JSON,), b"{"),
    "no token": Sent("GET", "/api/v1/runs/nowhere"),
    "the description": Sent("GET", "/api/v1/openapi.json"),
    "health": Sent("GET", "/healthz"),
    "health by another method": Sent("POST", "/healthz"),
    "readiness": Sent("GET", "/readyz"),
    "no HTTP": b"\x16\x03\x01\x02\x00\r\n\r\n",
    "a head that is too large": Sent("GET", "/" + "x" * 9_000),
    "two lengths": Sent("POST", "/w/siege", (("Content-Length", "1"), ("Content-Length", "2")), b"a"),
    "another version": b"GET / HTTP/9.9\r\n\r\n",
}


@pytest.mark.parametrize("name", ASKED)
async def test_whatever_is_asked_the_answer_is_protected(site: Site, name: str) -> None:
    """A file that isn't there had no policy; what aiohttp answers by itself had nothing at all."""
    answer = await once(site.port, ASKED[name])
    assert answer.status < 500, answer
    check(answer, name)


async def test_the_files_of_pages_are_protected_and_kept(site: Site) -> None:
    """A picture of the site that is opened by itself could run a script, were it ever exchanged; a year in the cache
    stays a year."""
    page = await once(site.port, Sent("GET", "/"))
    for file in {part.split('"')[0] for part in page.text.split("/static/")[1:]}:
        answer = await once(site.port, Sent("GET", f"/static/{file}"))
        assert answer.status == 200
        assert "immutable" in answer.header("cache-control")
        check(answer, file)
        again = await once(site.port, Sent("GET", f"/static/{file}", (("If-None-Match", answer.header("etag")),)))
        assert again.status == 304
        check(again, file)


@pytest.mark.parametrize("target", ["/healthz", "/nowhere", "/readyz?x=%00"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_a_workers_answers_are_protected(method: str, target: str) -> None:
    """Its port is one like any other."""
    app = health_app(MemoryStore(), Stopping(asyncio.Event(), 1.0))
    async with listening(app, "127.0.0.1", 0, grace=0.1) as addresses:
        check(await once(addresses[0][1], Sent(method, target)), (method, target))


@pytest.mark.parametrize("headers", [(), (("Expect", "a miracle"),), (("Expect", "100-continue"),)])
@pytest.mark.parametrize("target", ["/v1/runs", "/v1/nowhere", "/v1/openapi.json"])
async def test_the_json_interface_by_itself_is_protected(target: str, headers: tuple[tuple[str, str], ...]) -> None:
    """A host that mounts it alone has none of the pages' doing."""
    app = web.Application()
    app.add_subapp("/v1", api(await make_test_engine(FORM)))
    async with listening(app, "127.0.0.1", 0, grace=0.1) as addresses:
        for method in ("GET", "POST"):
            check(await once(addresses[0][1], Sent(method, target, headers)), (method, target))
