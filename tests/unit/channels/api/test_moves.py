"""What comes to a run from outside over JSON: events, its end, its deletion; and runs that work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from tests.acceptance.json_caller import Caller, Talk, Till, refused
from tests.unit.channels.api.test_openapi import conforms
from tests.unit.channels.slow import ORDERED, POINTS, Bench
from wizard.channels.api.calls import api
from wizard.engine import Engine
from wizard.engine.worker import working
from wizard.settings import Settings
from wizard.testing import make_test_engine

DEEP: list[Any] = []
for _ in range(100):
    DEEP = [DEEP]


class Served:
    def __init__(self, caller: Caller, bench: Bench) -> None:
        self.caller = caller
        self.bench = bench

    async def begins(self, workflow: str, **answers: Any) -> Talk:
        talk = await self.caller.start(workflow)
        await talk.next(answers)
        return talk


@asynccontextmanager
async def serving_slow(settings: Settings | None = None) -> AsyncIterator[Served]:
    bench = Bench()
    engine = await make_test_engine(POINTS, ORDERED, functions={"count": bench.count})
    app = web.Application()
    app.add_subapp("/api/v1", api(engine, settings))
    async with working(engine), TestClient(TestServer(app)) as client:
        yield Served(Caller(client, engine, Till()), bench)
        bench.gate.set()
    await engine.close()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving_slow() as served:
        yield served


async def test_an_event_moves_a_run_that_waits_for_it(served: Served) -> None:
    """A parcel service says that it has delivered: the run goes on by itself, once."""
    talk = await served.begins("ordered", what="Tea")
    assert (talk.state["status"], talk.state["work"]) == ("working", {"percent": None, "text": ""})
    assert talk.state["current"]["text"] == "We wait until Friday for Tea."
    headers = {"Idempotency-Key": "e1"}
    response = await talk.send("POST", "/events", json={"name": "delivered", "data": {"to": ["A"]}}, headers=headers)
    told = await conforms(response, "/runs/{id}/events")
    assert (told["status"], told["current"]["step"]) == ("waiting", "rate")
    assert "work" not in told
    assert response.headers["ETag"] == f'"{told["revision"]}"'
    again = await talk.send("POST", "/events", json={"name": "delivered", "data": {"to": ["A"]}}, headers=headers)
    assert (await again.json(), again.headers["Idempotent-Replay"]) == (told, "true")
    other = await talk.send("POST", "/events", json={"name": "delivered"}, headers=headers)
    await refused(other, 422, "key-reused")


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({}, 400, "invalid-request"),
        ({"name": 1}, 400, "invalid-request"),
        ({"name": "x", "undo": True}, 400, "invalid-request"),
        ({"name": "not a name"}, 400, "invalid-request"),
        ({"name": "x" * 65}, 400, "invalid-request"),
        (
            {"name": "x", "data": DEEP},
            400,
            "invalid-request",
        ),
    ],
)
async def test_events_that_can_not_be_taken(served: Served, body: Any, status: int, name: str) -> None:
    """They come from anywhere; none of these may change a run or break the server."""
    talk = await served.begins("ordered", what="Tea")
    await refused(await talk.send("POST", "/events", json=body), status, name)
    assert (await served.caller.engine.load(talk.id)).revision == talk.revision


async def test_a_cancelled_run_takes_nothing_more(served: Served) -> None:
    """It ends for good, also while it works; cancelling it again changes nothing."""
    talk = await served.begins("points", card="1234")
    told = await conforms(await talk.send("POST", "/cancel", json={"undo": True}), "/runs/{id}/cancel")
    assert (told["status"], told["has_next"], "work" in told) == ("cancelled", False, False)
    again = await talk.send("POST", "/cancel")
    assert (again.status, await again.json()) == (200, told)
    for call, body in (("next", {}), ("previous", {}), ("events", {"name": "x"})):
        problem = await refused(await talk.send("POST", f"/{call}", json=body), 409, "run-cancelled")
        assert problem["run"]["status"] == "cancelled"
    await refused(await talk.send("POST", "/cancel", json={"undo": "yes"}), 400, "invalid-request")


async def test_a_completed_run_is_neither_cancelled_nor_told_anything(served: Served) -> None:
    """What it did stays done."""
    served.bench.gate.set()
    talk = await served.begins("ordered", what="Tea")
    await talk.send("POST", "/events", json={"name": "delivered"})
    await talk.look()
    await talk.next({"stars": "5"})
    for call, body in (("cancel", {}), ("events", {"name": "delivered"})):
        await refused(await talk.send("POST", f"/{call}", json=body), 409, "run-completed")


async def test_a_person_cant_send_what_only_a_bank_may_say() -> None:
    """With a key for events a run's token is not enough, and the bank learns nothing of the person's answers."""
    async with serving_slow(Settings(event_key=SecretStr("of-the-bank"))) as served:
        talk = await served.begins("ordered", what="Tea")
        event, path = {"name": "delivered"}, f"/runs/{talk.id}/events"
        await refused(await served.caller.send("POST", path, json=event), 401, "unauthorized")
        await refused(await talk.send("POST", "/events", json=event), 403, "wrong-token")
        response = await served.caller.send("POST", path, json=event, token="of-the-bank")
        told = await response.json()
        assert (response.status, set(told), told["status"]) == (200, {"id", "status", "revision"}, "waiting")
        await talk.send("POST", "/cancel", json={})
        late = await served.caller.send("POST", path, json=event, token="of-the-bank")
        assert (late.status, set((await late.json())["run"])) == (409, {"id", "status", "revision"})
        other = await served.caller.send("POST", "/runs/%00/events", json=event, token="of-the-bank")
        assert other.status == 404


async def test_a_run_is_kept_unless_the_host_says_otherwise(served: Served) -> None:
    """Nobody deletes what they handed in only because they hold its token."""
    talk = await served.begins("ordered", what="Tea")
    await refused(await talk.send("DELETE"), 403, "not-allowed")
    assert (await talk.send("GET")).status == 200


async def test_deleting_a_run_leaves_nothing() -> None:
    """Whoever holds the key to their answers can have them deleted, where the host wants it."""
    async with serving_slow(Settings(allow_deletion=True)) as served:
        await deleted(served)


async def deleted(served: Served) -> None:
    talk = await served.begins("ordered", what="Tea")
    await refused(await served.caller.send("DELETE", f"/runs/{talk.id}"), 401, "unauthorized")
    await refused(await served.caller.send("DELETE", f"/runs/{talk.id}", token="x" * 32), 403, "wrong-token")
    response = await talk.send("DELETE")
    assert (response.status, await response.read()) == (204, b"")
    assert response.headers["Cache-Control"] == "no-store"
    await refused(await talk.send("DELETE"), 404, "run-not-found")
    await refused(await talk.send("GET"), 404, "run-not-found")
    assert await served.caller.engine.store.load(talk.id) is None


async def test_work_is_shown_while_it_goes_on(served: Served) -> None:
    """A program that polls sees how far it is, though the run's revision stays; Next is a conflict meanwhile."""
    talk = await served.begins("points", card="1234")
    await served.bench.begun.wait()
    response = await talk.send("POST", "/next", json={"step": "count"})
    problem = await refused(response, 409, "stale-input")
    assert problem["run"]["status"] == "working"
    current = (await served.caller.engine.load(talk.id)).run.current
    assert current is not None
    served.bench.reports(12.5, "Reading")
    state = await talk.look()
    while not state["work"]["text"]:
        state = await talk.look()
    assert state["work"] == {"percent": 12.5, "text": "Reading"}
    headers = {"If-None-Match": f'"{talk.revision}"'}
    assert (await talk.send("GET", headers=headers)).status == 200
    await conforms(await talk.send("GET"), "/runs/{id}", "get")
    status, told = await talk.post("previous", {})
    assert (status, told["status"], told["current"]["step"]) == (200, "waiting", "ask")


async def test_a_run_that_goes_meanwhile_is_not_deleted_twice() -> None:
    """Two ask for it at once: the second is told that there is no such run, instead of that it did it."""
    async with serving_slow(Settings(allow_deletion=True)) as served:
        talk = await served.begins("ordered", what="Tea")
        with patch.object(Engine, "delete", return_value=False):
            await refused(await talk.send("DELETE", ""), 404, "run-not-found")


async def test_an_event_with_a_key_is_taken_once_and_told_the_same(served: Served) -> None:
    """The parcel service sends it again, from another server and without an Idempotency-Key."""
    talk = await served.begins("ordered", what="Tea")
    body = {"name": "delivered", "data": {"to": ["A"]}, "key": "parcel-7"}
    told = await conforms(await talk.send("POST", "/events", json=body), "/runs/{id}/events")
    again = await talk.send("POST", "/events", json=body)
    assert (again.status, await again.json()) == (200, told)
    await talk.look()
    await talk.next({"stars": "5"})
    assert (await talk.send("POST", "/events", json=body)).status == 200, "also when the run is over"
    problem = await refused(await talk.send("POST", "/events", json={**body, "data": 1}), 422, "key-reused")
    assert "a different name or data" in problem["detail"]


async def test_an_event_that_nobody_knows_or_has_room_for_is_told_so(served: Served) -> None:
    """A misspelt name and a queue that is full, each under its type; the run is as it was."""
    talk = await served.caller.start("ordered")
    problem = await refused(await talk.send("POST", "/events", json={"name": "deliverd"}), 422, "invalid-input")
    assert "Did you mean `delivered`?" in problem["detail"]
    with patch("wizard.machine.events.MAX_ARRIVALS", 2):
        for _ in range(2):
            assert (await talk.send("POST", "/events", json={"name": "delivered"})).status == 200
        full = await talk.send("POST", "/events", json={"name": "delivered"})
        await refused(full, 409, "too-many-events")
    assert len((await served.caller.engine.load(talk.id)).run.arrivals) == 2
