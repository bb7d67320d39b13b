"""An idempotency key is its sender's: nobody is answered what another person was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from wizard.app import wizard_app
from wizard.channels.http.identities import Identity
from wizard.engine import Engine
from wizard.settings import Settings
from wizard.testing import make_test_engine

GREETING = {
    "id": "greeting",
    "nodes": [
        {"id": "name", "type": "form", "fields": [{"name": "name", "prefill": "{{ profile.name }}"}]},
        {"id": "keep", "type": "set", "values": {"profile.name": "{{ name.name }}"}},
    ],
}
PARCEL = {"id": "parcel", "nodes": [{"id": "arrival", "type": "wait", "event": "delivered"}]}
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
EVENT_KEY = "the-banks-own-key-for-events"

PEOPLE = {"ann": Identity("ann"), "bob": Identity("bob"), "visit-1": Identity(session_id="1")}


def identify(request: web.Request) -> Identity | None:
    return PEOPLE.get(request.headers.get("X-Person", ""))


class Api:
    """The JSON interface of a host that signs people in."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self.client = client

    async def call(
        self, who: str, path: str, body: Any, key: str | None = None, token: str | None = None
    ) -> ClientResponse:
        headers = {"X-Person": who, "Content-Type": "application/json"}
        headers |= {} if key is None else {"Idempotency-Key": key}
        headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.client.post(f"/api/v1{path}", json=body, headers=headers)

    async def start(
        self, who: str, key: str | None = None, workflow: str = "greeting"
    ) -> tuple[ClientResponse, dict[str, Any]]:
        response = await self.call(who, "/runs", {"workflow": workflow}, key)
        return response, await response.json(content_type=None)


@asynccontextmanager
async def serving(engine: Engine | None = None, **settings: Any) -> AsyncIterator[Api]:
    engine = engine or await make_test_engine(GREETING, PARCEL)
    app = wizard_app(engine, settings=Settings(api_start_rate=0, jobs=0, **settings), identify=identify)
    async with TestClient(TestServer(app)) as client:
        yield Api(client)


@pytest.mark.parametrize("key", ["order-4711", UUID])
async def test_another_persons_key_starts_a_run_of_ones_own(key: str) -> None:
    """Bob knows the number of Ann's order: he must not be given her run, its token and her name."""
    async with serving() as api:
        _, first = await api.start("ann")
        await api.call(
            "ann", f"/runs/{first['id']}/next", {"step": "name", "answers": {"name": "Ann"}}, None, first["token"]
        )
        _, hers = await api.start("ann", key)
        assert value_of(hers) == "Ann"
        for who in ("bob", "visit-1"):
            response, told = await api.start(who, key)
            assert (response.status, "Idempotent-Replay" in response.headers) == (201, False)
            assert (value_of(told), told["id"] == hers["id"], told["token"] == hers["token"]) == (None, False, False)


@pytest.mark.parametrize("key", ["order-4711", UUID])
async def test_ones_own_key_gives_the_run_again(key: str) -> None:
    """A person whose connection broke starts no second application, whoever else took that key meanwhile."""
    async with serving() as api:
        for who in PEOPLE:
            _, first = await api.start(who, key)
            response, again = await api.start(who, key)
            assert (response.headers["Idempotent-Replay"], again) == ("true", first)


async def test_the_key_of_somebody_signed_in_is_nobody_elses_signed_out() -> None:
    """Who signs out and knows the key must not have the token, nor be told that the key is known."""
    async with serving() as api:
        _, hers = await api.start("ann", UUID)
        response, told = await api.start("", UUID)
        assert (response.status, "Idempotent-Replay" in response.headers) == (201, False)
        assert told["id"] != hers["id"]
        _, signed_in = await api.start("bob", UUID)
        assert signed_in["id"] not in (hers["id"], told["id"])


async def test_who_is_not_signed_in_needs_a_key_that_nobody_guesses() -> None:
    """Two visitors whose program numbers its orders would be given each other's runs."""
    async with serving() as api:
        response, told = await api.start("", "order-4711")
        assert (response.status, told["type"]) == (400, "urn:wizard:problem:invalid-request")
        assert "UUID" in told["detail"]
        assert (await api.start("", "x" * 21))[0].status == 400
        _, first = await api.start("", UUID)
        assert (await api.start("", UUID))[1] == first


async def test_a_server_that_signs_nobody_in_takes_any_key() -> None:
    """A program that numbers its requests is answered the same again, as it is on every other route."""
    engine = await make_test_engine(GREETING)
    async with TestClient(TestServer(wizard_app(engine, settings=Settings(jobs=0)))) as client:
        api = Api(client)
        _, first = await api.start("", "1")
        assert (await api.start("", "1"))[1] == first
        assert (await api.start("", "2"))[1]["id"] != first["id"]


async def test_a_sender_of_events_is_answered_nothing_that_a_person_was() -> None:
    """A host sets a key for events later: the answer that is kept for the person holds what they handed in."""
    engine = await make_test_engine(GREETING, PARCEL)
    body = {"name": "delivered", "data": {"door": "blue"}, "key": "d1"}
    async with serving(engine) as api:
        _, parcel = await api.start("ann", workflow="parcel")
        path = f"/runs/{parcel['id']}/events"
        told = await (await api.call("ann", path, body, "once", parcel["token"])).json()
        assert "answers" in told
    async with serving(engine, event_key=EVENT_KEY) as api:
        response = await api.call("", path, body, "once", EVENT_KEY)
        assert (response.status, set(await response.json())) == (200, {"id", "status", "revision"})


def value_of(state: Mapping[str, Any]) -> Any:
    return state["current"]["fields"][0]["value"]
