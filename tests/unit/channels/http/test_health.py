"""What supervisors, balancers and Prometheus are told."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.unit.channels.typed import PASSPORT
from wizard.app import figures_of, make_engine, wizard_app
from wizard.channels.http import health
from wizard.channels.http.health import STOPPING, Stopping, health_app
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading import source
from wizard.errors import NodeFailed, StoreError
from wizard.node import Registry
from wizard.process.calls import Calls
from wizard.process.isolation import Whose
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore

Client = TestClient[web.Request, web.Application]


class Store(MemoryStore):
    """Fails, or hangs, when it is told to."""

    error: Exception | None = None
    hangs = False
    full = False
    probes = 0

    async def revision(self, run_id: str) -> int | None:
        if self.hangs:
            await asyncio.sleep(60)
        if self.error is not None:
            raise self.error
        return await super().revision(run_id)

    async def probe(self) -> None:
        self.probes += 1
        await asyncio.sleep(0.01)
        if self.full:
            raise StoreError("The disk is full (secret.example).")


CATALOG = Catalog.from_documents([each.data for each in source.read(PASSPORT.encode(), "p.yaml")], Registry.installed())


@asynccontextmanager
async def opened(app: web.Application) -> AsyncIterator[Client]:
    async with TestClient(TestServer(app)) as client:
        yield client


async def told(client: Client, path: str) -> tuple[int, str]:
    response = await client.get(path)
    assert "Set-Cookie" not in response.headers
    return response.status, await response.text()


async def test_a_server_that_is_well_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """To who asks every second: without a line in the log, a cookie, or an entry in a browser's cache."""
    with caplog.at_level(logging.DEBUG, logger="wizard"):
        async with opened(wizard_app(CATALOG, store=Store(), settings=Settings(start_rate=1))) as client:
            for _ in range(3):
                assert await told(client, "/healthz") == (200, "alive\n")
                assert await told(client, "/readyz") == (200, "ready\n")
            response = await client.head("/readyz")
    assert (response.status, response.headers["Cache-Control"]) == (200, "no-store")
    assert [each for each in caplog.records if each.name.startswith("wizard")] == []


@pytest.mark.parametrize("error", [StoreError("no host secret.example"), OSError("secret.example")])
async def test_without_its_store_a_server_lives_and_is_not_ready(error: Exception) -> None:
    """A balancer sends people elsewhere; a supervisor doesn't start it anew, which would help nobody."""
    store = Store()
    async with opened(wizard_app(CATALOG, store=store)) as client:
        store.error = error
        assert await told(client, "/healthz") == (200, "alive\n")
        assert await told(client, "/readyz") == (503, "The store can't be read.\n")
        store.error = None
        assert (await told(client, "/readyz"))[0] == 200


async def test_a_store_that_hangs_counts_as_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe without an answer would tell its sender nothing."""
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    store = Store()
    async with opened(wizard_app(CATALOG, store=store)) as client:
        store.hangs = True
        assert await told(client, "/readyz") == (503, "The store hasn't answered for 0.05 seconds.\n")


async def test_a_store_that_can_not_be_written_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no answer can be stored, nobody should be sent: who gets there fills in a page in vain."""
    monkeypatch.setattr(health, "PROBED", 0.0)
    store = Store()
    async with opened(wizard_app(CATALOG, store=store)) as client:
        assert (await told(client, "/readyz"))[0] == 200
        store.full = True
        assert await told(client, "/readyz") == (503, "The store can't be written.\n")
        store.full = False
        assert (await told(client, "/readyz"))[0] == 200


async def test_however_many_ask_the_store_is_written_to_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe waits for the disk, as a turn does: who asks by hundreds must not keep turns from being stored."""
    store = Store()
    async with opened(wizard_app(CATALOG, store=store)) as client:
        await asyncio.gather(*(told(client, "/readyz") for _ in range(20)))
        assert store.probes == 1
        monkeypatch.setattr(health, "PATIENCE", 0.001)
        monkeypatch.setattr(health, "PROBED", 0.0)
        assert (await told(client, "/readyz"))[0] == 200


async def test_a_server_that_stops_is_not_ready() -> None:
    """Told to stop, it takes no new people; what it says is how a balancer knows."""
    app = wizard_app(CATALOG)
    async with opened(app) as client:
        app[STOPPING].begun.set()
        assert await told(client, "/readyz") == (503, "The server is stopping.\n")
        assert (await told(client, "/healthz"))[0] == 200


async def test_another_server_that_shuts_down_stops_it_too() -> None:
    """Under `web.run_app` nobody else tells its workers."""
    app = wizard_app(CATALOG)
    async with opened(app):
        assert not app[STOPPING].begun.is_set()
    assert app[STOPPING].begun.is_set()


async def test_figures_are_served_only_where_the_settings_say_so() -> None:
    """They tell outsiders how a service is used."""
    async with opened(wizard_app(CATALOG)) as client:
        assert (await told(client, "/metrics"))[0] == 404
    async with opened(wizard_app(CATALOG, settings=Settings(metrics=True))) as client:
        run = await (await client.post("/api/v1/runs", json={"workflow": "passport"})).json()
        status, text = await told(client, "/metrics")
    assert status == 200
    assert 'wizard_turns_total{move="start",outcome="accepted"} 1.0' in text
    assert 'wizard_store_seconds_count{call="commit"} 1.0' in text
    assert 'wizard_queue_depth{state="due"} 0.0' in text
    assert run["id"] not in text


async def test_a_worker_has_the_three_as_well() -> None:
    """It is supervised like a server, and is where jobs are counted."""
    store = Store()
    engine = make_engine(CATALOG, store, Settings(metrics=True))
    stopping = Stopping(asyncio.Event(), 1.0)
    async with opened(health_app(engine.store, stopping, figures_of(engine))) as client:
        assert (await told(client, "/healthz"))[0] == 200
        assert (await told(client, "/readyz"))[0] == 200
        assert "wizard_jobs" in (await told(client, "/metrics"))[1]
        assert (await told(client, "/w/passport"))[0] == 404
    assert figures_of(make_engine(CATALOG, store)) is None


async def test_a_process_that_can_call_no_functions_any_more_is_not_ready() -> None:
    """A balancer would go on sending people to where their step fails."""
    calls = Calls(most_lost=1)
    over = threading.Event()
    async with opened(health_app(MemoryStore(), Stopping(asyncio.Event(), 1.0), calls=calls)) as client:
        with pytest.raises(NodeFailed):
            await calls.within(0.01, lambda: calls.function(over.wait, {}), Whose("test"))
        async with client.get("/readyz") as answer:
            assert (answer.status, "haven't come back" in await answer.text()) == (503, True)
        over.set()
        while calls.lost:
            await asyncio.sleep(0.01)
        async with client.get("/readyz") as answer:
            assert answer.status == 200
