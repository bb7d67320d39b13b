"""The page of a chat, and what its script asks: in whose language, for which pages, and who comes from it to pages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer

from wizard.app import wizard_app
from wizard.engine import Engine
from wizard.settings import Settings
from wizard.testing import make_test_engine

VISIT = """
id: visit
title: Besuch
language: de
input: {town: {type: text}}
nodes: [{id: you, type: form, fields: [{name: full_name, label: Name}]}]
"""
SHOP, STRANGER = "https://shop.example", "https://stranger.example"
MAY = "Access-Control-Allow-Origin"


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = await make_test_engine(VISIT)
    yield engine
    await engine.close()


@pytest.fixture
async def client(engine: Engine) -> AsyncIterator[ClientSession]:
    app = wizard_app(engine, settings=Settings(chat_origins=SHOP, jobs=0))
    jar = CookieJar(unsafe=True)  # an address of numbers may have cookies
    async with TestServer(app) as server, ClientSession(server.make_url("/"), cookie_jar=jar) as client:
        yield client


async def test_the_page_hands_on_what_its_address_says(client: ClientSession) -> None:
    """A link with an input starts the chat with it; what no input is called stays out, and nothing becomes markup. The
    keyboard of a telephone doesn't push the chat's head out of its screen."""
    async with client.get('/c/visit?town="><b>Thun&other=1') as answer:
        page = await answer.text()
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert 'workflow="visit"' in page
    assert "initial-scale=1, interactive-widget=resizes-content" in page
    assert "&#34;town&#34;: &#34;\\&#34;&gt;&lt;b&gt;Thun&#34;" in page
    assert "other" not in page
    assert 'href="/w/visit"' in page
    async with client.get("/c/nothing") as answer:
        assert answer.status == 404


async def test_words_are_in_the_runs_language_or_the_one_asked_for(client: ClientSession) -> None:
    """Somebody who doesn't read the workflow's language could still not find Send."""
    async with client.get("/c/visit/words") as answer:
        german = await answer.json()
    async with client.get("/c/visit/words?language=en") as answer:
        english = await answer.json()
    async with client.get("/c/visit/words", params={"language": "<script>" * 100}) as answer:
        assert answer.status == 200
    assert german["words"]["send"] == "Senden"
    assert german["commands"]["back"] == "zurück"
    assert english["words"]["send"] == "Send"
    assert german["title"] == english["title"] == "Besuch"


async def test_only_pages_that_the_settings_name_may_read(client: ClientSession, engine: Engine) -> None:
    """A page anywhere could start runs and read conversations by its readers' browsers."""
    run = await engine.start("visit", {"town": "Thun"})
    asked = [
        ("GET", "/c/visit/words"),
        ("OPTIONS", "/api/v1/conversations"),
        ("OPTIONS", f"/api/v1/conversations/{run.id}/messages"),
        ("GET", f"/api/v1/conversations/{run.id}/messages"),
        ("OPTIONS", f"/api/v1/runs/{run.id}"),
    ]
    for method, address in asked:
        for origin in (SHOP, STRANGER, SHOP + ".evil.example", "null"):
            headers = {"Origin": origin, "Authorization": f"Bearer {run.token}"}
            async with client.request(method, address, headers=headers) as answer:
                assert answer.status in (200, 204), address
                assert answer.headers.getall(MAY, []) == ([SHOP] if origin == SHOP else []), address
                assert "Origin" in answer.headers.getall("Vary", ()), address
                assert "Access-Control-Allow-Credentials" not in answer.headers
    async with client.post("/api/v1/conversations", json={"workflow": "no"}, headers={"Origin": SHOP}) as answer:
        assert answer.status == 404
        assert answer.headers[MAY] == SHOP  # the reason can be read as well


async def test_from_chat_to_pages_and_back(client: ClientSession, engine: Engine) -> None:
    """Who holds the run's token gets its pages, and nobody else; the token comes in no address."""
    async with client.post("/api/v1/conversations", json={"workflow": "visit", "input": {"town": "Thun"}}) as answer:
        opened = await answer.json()
    run, token = f"/r/{opened['id']}", opened["token"]
    for headers in ({}, {"Authorization": "Bearer " + "x" * 22}, {"Authorization": f"Bearer {token}", "Origin": SHOP}):
        async with client.post(f"{run}/-/chat", headers=headers) as answer:
            assert answer.status == 403
            assert "wizard_run" not in answer.cookies
    async with client.post(f"{run}/-/chat", headers={"Authorization": f"Bearer {token}"}) as answer:
        assert answer.status == 204
    async with client.get(run) as answer:
        assert "Im Chat fortfahren" in await answer.text()
    async with client.get(f"{run}/-/chat") as answer:
        assert f'token="{token}"' in await answer.text()
        assert answer.headers["Cache-Control"] == "no-store"
    client.cookie_jar.clear()
    async with client.get(f"{run}/-/chat") as answer:
        assert answer.status == 403


async def test_runs_that_were_no_chat_offer_none(client: ClientSession, engine: Engine) -> None:
    """Forms that are never talked through stay as they were."""
    run = await engine.start("visit", {"town": "Thun"})
    async with client.get(f"/r/{run.id}?token={run.token}") as answer:
        assert "Im Chat fortfahren" not in await answer.text()
