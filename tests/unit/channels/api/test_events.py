"""`POST /events`: who may send events, what is answered, and what is refused. Every answer is held against the OpenAPI
document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from tests.unit.channels.api.test_openapi import document, validator
from tests.unit.events.shop import SHOP, catalog
from wizard.app import wizard_app
from wizard.settings import Settings

Client = TestClient[web.Request, web.Application]
KEY, ADMIN = "the-key-for-events-that-nobody-guesses", "the-admin-key-that-nobody-guesses-either"
EVENT: dict[str, Any] = {
    "id": "order-1",
    "type": "purchase",
    "properties": {"total": 120.50},
    "profile_id": "ann",
    "session_id": "shop",
    "at": "2026-03-27T10:00:00.5+01:00",
}


@asynccontextmanager
async def serving(text: str = SHOP, **settings: Any) -> AsyncIterator[Client]:
    given: dict[str, Any] = {"event_key": SecretStr(KEY), "admin_key": SecretStr(ADMIN), "jobs": 0, **settings}
    async with TestClient(TestServer(wizard_app(catalog(text), settings=Settings(**given)))) as client:
        yield client


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with serving() as client:
        yield client


async def sends(client: Client, status: int, body: Any = EVENT, key: str | None = KEY, **headers: str) -> Any:
    """What is told, with this status and as the document says."""
    sent = {**({} if key is None else {"Authorization": f"Bearer {key}"}), "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    data = BytesIO((body if isinstance(body, str) else json.dumps(body)).encode())
    async with client.post("/api/v1/events", data=data, headers=sent) as response:
        assert response.status == status, await response.text()
        described = document()["paths"]["/events"]["post"]["responses"][str(status)]
        told = await response.json()
        validator(described["content"][response.content_type]["schema"]).validate(told)
        if status == 429:
            assert int(response.headers["Retry-After"]) > 0
        if status == 401:
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
        return told


async def test_it_is_taken_and_told_what_it_started(client: Client) -> None:
    """202 the first time, 200 with the same answer after that: senders go by these."""
    told = await sends(client, 202)
    assert (told["event"], told["profile_id"], told["session_id"]) == ("order-1", "ann", "shop")
    assert [(run["workflow"], run["status"]) for run in told["runs"]] == [
        ("record", "completed"),
        ("thanks", "waiting"),
    ]
    assert set(told) == {"event", "profile_id", "session_id", "runs"}
    assert set(told["runs"][0]) == {"id", "workflow", "version", "status"}
    assert await sends(client, 200) == told
    assert await sends(client, 200, {**EVENT, "at": "2026-03-27T09:00:00.5Z"}) == told


async def test_new_ids_are_made_and_told(client: Client) -> None:
    """Who knows neither profile nor session can name them with the next event."""
    one, two = [await sends(client, 202, {"type": "purchase", "properties": {"total": 1}}) for _ in range(2)]
    for name in ("event", "profile_id", "session_id"):
        assert one[name] != two[name]
        assert len(one[name]) >= 22


@pytest.mark.parametrize("key", [None, "", "wrong", KEY[:-1], KEY + "x"])
async def test_without_a_key_nobody_sends_events(client: Client, key: str | None) -> None:
    """Anybody could say that they have paid."""
    assert (await sends(client, 401, key=key))["type"] == "urn:wizard:problem:event-key-wanted"
    assert (await sends(client, 202))["runs"], "nothing of it was taken"


async def test_the_admin_key_does_as_well_and_a_run_s_token_doesn_t(client: Client) -> None:
    """An operator has one key; a person's says nothing of what a shop says."""
    assert (await sends(client, 202, key=ADMIN))["event"] == "order-1"
    async with client.post("/api/v1/runs", json={"workflow": "parcel"}) as response:
        token = (await response.json())["token"]
    await sends(client, 401, key=token)


async def test_where_no_key_is_set_nobody_sends_events() -> None:
    """A server that was set up without one isn't open to all."""
    async with serving(event_key=None, admin_key=None) as client:
        await sends(client, 401, key="")
        await sends(client, 401, key=None)
    async with serving(admin_key=None) as client:
        await sends(client, 202)
        await sends(client, 401, key=ADMIN)


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        ({"type": None}, 400, "`type`"),
        ({"type": ""}, 400, "`type`"),
        ({"type": "order.paid"}, 400, "`type`"),
        ({"type": "at"}, 422, "An event needs a type"),
        ({"id": ""}, 400, "`id` must be text of 1 to 200 characters"),
        ({"id": "x" * 201}, 400, "`id` must be text of 1 to 200 characters"),
        ({"properties": []}, 400, "`properties` must be an object"),
        ({"profile_id": 1}, 400, "`profile_id`"),
        ({"at": "yesterday"}, 400, "`at` must be a time with its offset from UTC"),
        ({"at": "2026-03-27T10:00:00"}, 400, "`at` must be a time with its offset from UTC"),
        ({"at": "2026-02-30T10:00:00Z"}, 400, "`at` must be a time that there is"),
        ({"at": "0001-01-01T00:00:00+14:00"}, 422, "from the year 1 to 9999"),
        ({"when": 1}, 400, "no member `when`"),
        ({"properties": {"x": "y" * 1_500_000}}, 422, "larger than"),
    ],
)
async def test_what_can_t_be_taken_is_refused_with_a_sentence(
    client: Client, change: dict[str, Any], status: int, detail: str
) -> None:
    """Whoever writes the sender reads what to change."""
    assert detail in (await sends(client, status, {**EVENT, **change}))["detail"]
    await sends(client, 202)


async def test_another_body_under_the_same_id_is_refused(client: Client) -> None:
    """As with idempotency keys: one of the two would be lost."""
    await sends(client, 202)
    told = await sends(client, 422, {**EVENT, "properties": {"total": 120.5, "also": None}})
    assert told["type"] == "urn:wizard:problem:key-reused"


async def test_an_idempotency_key_does_for_an_id(client: Client) -> None:
    """Senders that give all their requests such a key, and events no ids, are heard once too."""
    body = {"type": "purchase", "properties": {"total": 1}}
    first = await sends(client, 202, body, Idempotency_Key="k-1")
    assert await sends(client, 200, body, Idempotency_Key="k-1") == first
    assert await sends(client, 202, body, Idempotency_Key="k-2") != first
    await sends(client, 422, {**body, "type": "refund"}, Idempotency_Key="k-1")
    assert (await sends(client, 202, {**body, "id": "own"}, Idempotency_Key="k-1"))["event"] == "own"


async def test_what_is_too_large_or_no_json_is_refused(client: Client) -> None:
    """A body is bounded before anything of it is looked at."""
    await sends(client, 413, json.dumps({**EVENT, "id": "x" * 2_100_000}))
    await sends(client, 400, "{")
    await sends(client, 415, "{}", Content_Type="text/plain")


async def test_too_many_are_told_when_to_send_again() -> None:
    """A sender that runs wild is slowed down, and nothing of what was acknowledged is lost."""
    async with serving(event_rate=2) as client:
        told = [await sends(client, 202, {**EVENT, "id": f"e{number}"}) for number in range(2)]
        assert (await sends(client, 429))["type"] == "urn:wizard:problem:too-many-events-sent"
        await sends(client, 401, key=None)
        assert len({each["event"] for each in told}) == 2


async def test_what_concerns_too_many_runs_is_refused() -> None:
    """Before anything is done."""
    many = "---\n".join(
        f"id: w{number}\non: [{{event: all}}]\nnodes: [{{id: e, type: end}}]\n" for number in range(101)
    )
    async with serving(many) as client:
        told = await sends(client, 422, {"type": "all"})
        assert told["type"] == "urn:wizard:problem:too-many-for-one-event"


async def test_twenty_at_once_are_answered_the_same(client: Client) -> None:
    """One 202, and for the others 200 with the same body."""

    async def send() -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with client.post("/api/v1/events", json=EVENT, headers=headers) as response:
            return response.status, await response.json()

    answers = await asyncio.gather(*(send() for _ in range(20)))
    assert sorted(status for status, _ in answers) == [*[200] * 19, 202]
    assert all(told == answers[0][1] for _, told in answers)
