"""A program that talks to a real server over the JSON interface, and the workflow that it talks about."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from wizard.channels.api.calls import api
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.errors import NodeFailed
from wizard.node import Registry, Services
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.stores.sqlite import SqliteStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

PASSPORT: dict[str, Any] = {
    "id": "passport",
    "title": "Apply for a passport",
    "text": "It takes ten minutes.",
    "input": {"country": {"type": "text", "default": "CH", "max_length": 2}},
    "expires_after": "28d",
    "nodes": [
        {
            "id": "applicant",
            "type": "form",
            "title": "About you",
            "fields": [
                {"name": "full_name", "type": "text", "label": "Full name", "max_length": 100},
                {"name": "birth_date", "type": "date", "label": "Date of birth"},
                {"name": "email", "type": "email", "label": "Email", "required": False},
                {
                    "name": "reason",
                    "type": "choice",
                    "label": "Why?",
                    "choices": ["new", "lost", {"value": "old", "label": "It ran out", "hint": "Bring it"}],
                },
                {"name": "lost_where", "type": "text", "label": "Where?", "show_if": 'reason == "lost"'},
                {"name": "pin", "type": "password", "label": "PIN", "required": False},
            ],
            "validate": [
                {"check": "birth_date <= today()", "message": "Your birth must be past", "field": "birth_date"},
                {"check": 'full_name != "Nobody"', "message": "Nobody can't apply"},
            ],
        },
        {
            "id": "adult",
            "type": "condition",
            "cases": [
                {"when": "years_between(applicant.birth_date, today()) >= 18", "goto": "household"},
                {"goto": "guardian"},
            ],
        },
        {"id": "guardian", "type": "workflow", "workflow": "contact"},
        {
            "id": "household",
            "type": "workflow",
            "workflow": "contact",
            "repeat": {"min": 1, "max": 3, "add_another": "Add another person?", "item": "Person"},
        },
        {"id": "check", "type": "review", "title": "Check your answers"},
        {"id": "done", "type": "end", "title": "Complete", "text": "Thank you, {{ applicant.full_name }}."},
    ],
}
CONTACT: dict[str, Any] = {
    "id": "contact",
    "title": "A person",
    "nodes": [
        {"id": "who", "type": "form", "title": "Who?", "fields": [{"name": "name", "type": "text", "label": "Name"}]}
    ],
}
ORDER: dict[str, Any] = {
    "id": "order",
    "title": "Order",
    "nodes": [
        {
            "id": "item",
            "type": "form",
            "title": "What?",
            "fields": [
                {"name": "count", "type": "integer", "label": "How many?"},
                {"name": "price", "type": "decimal", "label": "At what price?", "required": False},
                {"name": "letter", "type": "file", "label": "Letter", "required": False, "max_size": 1000},
            ],
        },
        {"id": "pay", "type": "python", "function": "pay", "arguments": {"count": "{{ item.count }}"}, "final": True},
        {"id": "note", "type": "form", "title": "A note?", "fields": [{"name": "text", "label": "Note"}]},
        {
            "id": "rare",
            "type": "condition",
            "cases": [{"when": 'note.text != "stop"', "goto": "thanks"}],
        },
        {"id": "thanks", "type": "end", "title": "Thanks"},
    ],
}

CALLS = ("next", "previous", "change", "remove", "events", "cancel")
JSON_TYPE = {"Content-Type": "application/json"}

ADA = {"full_name": "Ada Lovelace", "birth_date": "1985-03-27", "reason": "new"}


@lru_cache
def compiled() -> Catalog:
    """The workflows of this module; compiling them takes longer than most conversations."""
    return Catalog.from_documents([PASSPORT, CONTACT, ORDER], Registry.installed())


class Till:
    """What the order workflow calls: it can be made to fail."""

    def __init__(self) -> None:
        self.failing = False
        self.paid = 0

    async def pay(self, count: int) -> dict[str, int]:
        if self.failing:
            raise NodeFailed("The bank doesn't answer. Try again.")
        self.paid += 1
        return {"paid": count}


class Caller:
    """A client of one server. `send` takes a run's token, and any other headers."""

    def __init__(self, client: TestClient[Any, Any], engine: Engine, till: Till) -> None:
        self.client = client
        self.engine = engine
        self.till = till

    async def send(
        self, method: str, path: str, *, token: str | None = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> ClientResponse:
        given = dict(headers or {})
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        if "json" in more:
            more["data"] = json.dumps(more.pop("json")).encode()
            given = {"Content-Type": "application/json", **given}
        if isinstance(more.get("data"), bytes):
            more["data"] = BytesIO(more["data"])  # bytes of over a megabyte make the client warn
        return await self.client.request(method, f"/api/v1{path}", headers=given, **more)

    async def start(self, workflow: str = "passport", **more: Any) -> Talk:
        response = await self.send("POST", "/runs", json={"workflow": workflow, **more})
        assert response.status == 201, await response.text()
        return Talk(self, await response.json())


class Talk:
    """A run, as its holder knows it: `state` is the last run state that came."""

    def __init__(self, caller: Caller, started: dict[str, Any]) -> None:
        self.caller = caller
        self.token: str = started["token"]
        self.id: str = started["id"]
        self.state = {name: value for name, value in started.items() if name != "token"}

    @property
    def step(self) -> str:
        return str(self.state["current"]["step"])

    @property
    def revision(self) -> int:
        return int(self.state["revision"])

    async def send(self, method: str, tail: str = "", **more: Any) -> ClientResponse:
        return await self.caller.send(method, f"/runs/{self.id}{tail}", token=self.token, **more)

    async def post(self, call: str, body: Any, **more: Any) -> tuple[int, dict[str, Any]]:
        """The status and what was answered; the state that is in it becomes this talk's."""
        response = await self.send("POST", f"/{call}", json=body, **more)
        told = await response.json()
        state = told if response.status == 200 else told.get("run")
        if state is not None:
            self.state = state
        return response.status, told

    async def next(self, answers: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Answers the current step; the answers must be taken."""
        status, told = await self.post("next", {"step": self.step, "answers": answers or {}, **more})
        assert status == 200, told
        return told

    async def look(self) -> dict[str, Any]:
        response = await self.send("GET")
        assert response.status == 200
        self.state = await response.json()
        return self.state


async def refused(response: ClientResponse, status: int, name: str) -> dict[str, Any]:
    """The problem document, which has this status and type."""
    told: dict[str, Any] = await response.json(content_type="application/problem+json")
    assert (response.status, told["status"], told["type"]) == (status, status, f"urn:wizard:problem:{name}"), told
    assert told["title"]
    assert told["detail"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    return told


async def untouched(talk: Talk) -> None:
    """The run is as this talk knows it, also behind the engine's memory."""
    before = talk.state
    stored = await talk.caller.engine.store.load(talk.id)
    assert stored is not None
    assert stored.revision == before["revision"]
    assert await talk.look() == before


def body_of(call: str) -> dict[str, Any]:
    bodies: dict[str, dict[str, Any]] = {
        "next": {"step": "household/1/who", "answers": {"name": "Eve"}},
        "previous": {},
        "change": {"step": "applicant"},
        "remove": {"item": "household/1"},
        "events": {"name": "paid"},
        "cancel": {},
    }
    return bodies[call]


@asynccontextmanager
async def serving(
    store: Store, *, clock: Callable[[], datetime] = lambda: NOON, settings: Settings | None = None
) -> AsyncIterator[Caller]:
    """A server with the workflows of this module, for as long as it is needed."""
    till = Till()
    services = Services(functions={"pay": till.pay})
    engine = Engine(compiled(), store, services=services, clock=clock)
    app = web.Application(client_max_size=1000)
    app.add_subapp("/api/v1", api(engine, settings))
    async with TestClient(TestServer(app)) as client:
        yield Caller(client, engine, till)


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Store]:
    """A store of this kind, `memory` or `sqlite`; one folder holds one SQLite store."""
    store: Store = MemoryStore() if kind == "memory" else SqliteStore(folder / "wizard.db")
    await store.open()
    try:
        yield store
    finally:
        await store.close()
