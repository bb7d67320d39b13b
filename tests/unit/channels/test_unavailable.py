"""A store that can't be read or written, for one run or for all: what people and programs are told."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.unit.channels.typed import PASSPORT
from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading import source
from wizard.errors import StoreError
from wizard.model import Change, Run
from wizard.node import Registry
from wizard.stores.memory import MemoryStore

Client = TestClient[web.Request, web.Application]
ANN = {"full_name": "Ann", "birth_date": "1985-03-27"}
WHY = "The database can't be reached: password of secret.example refused."
EVERYBODY = ""


class Store(MemoryStore):
    """Fails for the run `broken`, or for everybody."""

    broken: str | None = None

    def _check(self, run_id: str) -> None:
        if self.broken is not None and self.broken in (run_id, EVERYBODY):
            raise StoreError(WHY, run=run_id)

    async def commit(self, change: Change) -> None:
        self._check(change.run.id)
        await super().commit(change)

    async def load(self, run_id: str) -> Run | None:
        self._check(run_id)
        return await super().load(run_id)

    async def revision(self, run_id: str) -> int | None:
        self._check(run_id)
        return await super().revision(run_id)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def app(store: Store) -> web.Application:
    return wizard_app(
        Catalog.from_documents([each.data for each in source.read(PASSPORT.encode(), "p.yaml")], Registry.installed()),
        store=store,
    )


@pytest.fixture
async def client(app: web.Application) -> AsyncIterator[Client]:
    async with TestClient(TestServer(app)) as client:
        yield client


class Caller:
    """A program with a run of its own."""

    def __init__(self, client: Client, run: str, token: str) -> None:
        self.client, self.run, self.headers = client, run, {"Authorization": f"Bearer {token}"}

    @classmethod
    async def starts(cls, client: Client) -> Caller:
        answer = await (await client.post("/api/v1/runs", json={"workflow": "passport"})).json()
        return cls(client, answer["id"], answer["token"])

    async def answers(self) -> tuple[int, dict[str, object]]:
        body = {"step": "applicant", "answers": ANN}
        sent = await self.client.post(f"/api/v1/runs/{self.run}/next", json=body, headers=self.headers)
        assert ("Retry-After" in sent.headers) is (sent.status == 503)
        return sent.status, await sent.json()


async def test_a_program_is_told_to_try_again_and_then_can(
    client: Client, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """While a database starts anew, nothing is lost and nothing is wrong with what was sent."""
    caller = await Caller.starts(client)
    store.broken = EVERYBODY
    with caplog.at_level(logging.INFO):
        status, told = await caller.answers()
    assert (status, told["type"]) == (503, "urn:wizard:problem:unavailable")
    assert "secret.example" not in str(told)
    assert str(told["detail"]).rstrip(".").rpartition(" ")[2] in caplog.text
    assert "secret.example" in caplog.text
    assert "Ann" not in caplog.text
    assert (await client.post("/api/v1/runs", json={"workflow": "passport"})).status == 503
    assert (await client.get(f"/api/v1/runs/{caller.run}", headers=caller.headers)).status == 503
    store.broken = None
    status, told = await caller.answers()
    assert (status, told["status"]) == (200, "waiting")
    assert told["revision"] == 2


async def test_one_run_that_cannot_be_read_stops_no_other(client: Client, store: Store) -> None:
    """A damaged row is one person's trouble, and an operator's."""
    one, other = await Caller.starts(client), await Caller.starts(client)
    store.broken = one.run
    assert (await one.answers())[0] == 503
    assert (await other.answers())[0] == 200
    assert (await client.get("/readyz")).status == 200


async def test_a_person_reads_that_nothing_is_lost_and_what_to_do(app: web.Application, store: Store) -> None:
    """Who reads only "error" sends everything again, or gives up."""
    async with visiting(app, "/w/passport") as visitor:
        await visitor.presses("next")
        visitor.fills(full_name="Ann", birth_date="27 3 1985")
        store.broken = EVERYBODY
        form = visitor.page
        await visitor.presses("next")
        assert (visitor.page.status, visitor.page.heading) == (503, "Sorry, this isn't working at the moment")
        assert visitor.page.headers["Retry-After"] == "5"
        assert "are safe" in visitor.page.html
        assert "secret.example" not in visitor.page.html
        store.broken = None
        await visitor.opens(form.address)
        await visitor.fills(full_name="Ann", birth_date="27 3 1985").presses("next")
        assert visitor.page.heading == "Why do you need it, Ann?"
