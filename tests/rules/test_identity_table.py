"""Nothing of a person's run is handed out to another: every call, with everything that somebody else may have of it.

The calls come from the router of the application, so that a new one is in the table without anybody's thinking of it.
Of each call the person themselves gets through, with the very same request; or the table would show nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from aiohttp import DummyCookieJar, FormData, web
from aiohttp.test_utils import TestClient, TestServer

from tests.visitor import Page
from wizard.app import wizard_app
from wizard.channels.api import openapi
from wizard.channels.http.identities import Identity
from wizard.engine import Engine
from wizard.model import Run
from wizard.settings import Settings
from wizard.stores.contract import TraceEntry
from wizard.testing import make_test_engine

SECRET = "Quillfeather"  # stands in everything that Ann says
APPLICATION = {
    "id": "application",
    "title": "Apply",
    "nodes": [
        {
            "id": "about",
            "type": "form",
            "fields": [{"name": "name", "prefill": "{{ profile.name }}"}, {"name": "letter", "type": "file"}],
        },
        {
            "id": "household",
            "type": "workflow",
            "workflow": "member",
            "repeat": {"min": 1, "max": 4, "add_another": "Another?"},
        },
        {"id": "note", "type": "form", "event": "withdrawn", "fields": [{"name": "text"}, {"name": "more"}]},
        {"id": "check", "type": "review"},
    ],
}
MEMBER = {"id": "member", "nodes": [{"id": "who", "type": "form", "fields": [{"name": "name"}]}]}
START = {"workflow": "application"}
BIRTH_KEY, MOVE_KEY = "0f8fad5b-d9cb-469f-a165-70867728950e", "the key of a move"
EVENT_KEY = "the-key-for-events-of-the-host"

PEOPLE = {
    "signed out": None,
    "Ann": Identity("ann", "ann's session", "Ann"),
    "Bob": Identity("bob", "bob's session", "Bob"),
    "a visit": Identity(session_id="a visit"),
}

BODIES: dict[str, Mapping[str, Any]] = {
    "next": {"step": "note", "answers": {"text": "x", "more": "x"}},
    "previous": {"to": "note"},  # which its key was for
    "change": {"step": "about"},
    "remove": {"item": "household/2"},
    "events": {"name": "withdrawn"},
    "cancel": {},
}


@dataclass(frozen=True)
class Call:
    """A route, as an address with names in braces."""

    method: str
    address: str

    @property
    def of_a_run(self) -> bool:
        return "{id}" in self.address

    @property
    def is_json(self) -> bool:
        return self.address.startswith("/api/v1")

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


@dataclass(frozen=True)
class Brought:
    """What somebody sends with a call. `name` says what it is."""

    name: str
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: Brought) -> Brought:
        return Brought(
            f"{self.name}, {other.name}",
            {**self.headers, **other.headers},
            {**self.cookies, **other.cookies},
            {**self.query, **other.query},
            {**self.form, **other.form},
        )


@dataclass
class Owned:
    """A run, and all that opens it."""

    id: str
    token: str
    file: str
    visitor: str
    form: Mapping[str, str]

    @property
    def things(self) -> list[Brought]:
        """What another may have of it, one by one, each by every door, and all at once."""
        token = Brought("its token", {"Authorization": f"Bearer {self.token}"})
        link = Brought("its link", query={"token": self.token})
        cookie = Brought("its cookie", cookies={"wizard_run": self.token})
        things = [*self.things_without_token, token, link, cookie]
        return [*things, self.everything | token | cookie, self.everything | token | cookie | link]

    @property
    def things_without_token(self) -> list[Brought]:
        """The same for a run that its token opens, whoever has it."""
        form = Brought("the key of its form", cookies={"wizard_visitor": self.visitor}, form=self.form)
        keys = [Brought(f"the idempotency key {each}", {"Idempotency-Key": each}) for each in (BIRTH_KEY, MOVE_KEY)]
        profile = Brought(
            "its profile's id", query={"profile": "ann", "profile_id": "ann", "session_id": "ann's session"}
        )
        wrong = Brought("a wrong token", {"Authorization": f"Bearer {'x' * 32}"}, {"wizard_run": "x" * 32})
        return [Brought("its id"), form, *keys, profile, wrong, self.everything]

    @property
    def everything(self) -> Brought:
        form = Brought("the key of its form", cookies={"wizard_visitor": self.visitor}, form=self.form)
        return form | Brought("the idempotency key of a move", {"Idempotency-Key": MOVE_KEY})


@dataclass
class Answered:
    status: int
    headers: str
    body: str


@cache
def described_paths() -> dict[str, Any]:
    """What the interface says of its addresses."""
    paths: dict[str, Any] = openapi.document()["paths"]
    return paths


class Host:
    """An application with signed-in people."""

    def __init__(self, client: TestClient[Any, Any], engine: Engine, calls: Iterable[Call]) -> None:
        self.client = client
        self.engine = engine
        self.calls = list(calls)

    async def send(self, call: Call, who: str, brought: Brought, run: Owned, **body: Any) -> Answered:
        names = {"id": run.id, "file": run.file, "step": "note", "item": "household/2", "workflow": "application"}
        address = call.address
        for name in placeholders(address):
            address = address.replace(f"{{{name}}}", names.get(name, run.id))
        headers = {"X-Person": who, **brought.headers}
        if brought.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in brought.cookies.items())
        sent = body or self._body(call, brought, run)
        async with self.client.request(
            call.method, address, headers=headers, params=brought.query, allow_redirects=False, **sent
        ) as response:
            told = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
            return Answered(response.status, told, (await response.read()).decode("utf-8", "replace"))

    def _body(self, call: Call, brought: Brought, run: Owned) -> dict[str, Any]:
        if call.method != "POST":
            return {}
        if not call.is_json:
            return {"data": FormData({"text": "x", "more": "x", "action": "next", **brought.form})}
        last = call.address.rpartition("/")[2]
        if last == "runs":
            return {"json": START}
        if last in BODIES:
            return {"json": BODIES[last]}
        described = described_paths()[call.address.removeprefix("/api/v1")]["post"]
        if "requestBody" not in described:
            return {}
        return {"json": described["requestBody"]["content"]["application/json"]["example"]}

    async def owner(self, who: str) -> Owned:
        """A run that stands at `note`, with everything in it that can be handed out."""
        headers = {"X-Person": who, "Idempotency-Key": BIRTH_KEY if who == "Ann" else BIRTH_KEY[::-1]}
        async with self.client.post("/api/v1/runs", json=START, headers=headers) as response:
            started = await response.json()
        run_id, token = started["id"], started["token"]
        letter = {"name": f"{SECRET}.txt", "content": base64.b64encode(SECRET.encode()).decode()}
        view = await self.engine.next(run_id, {"name": f"{SECRET} {who}", "letter": letter})
        for each in ({"name": SECRET}, {"add_another": True}, {"name": SECRET}, {"add_another": False}):
            await self.engine.next(view, each)
        assert view.step == "note"
        await self.engine.save(view, "note", {"more": SECRET})
        opens = Brought("all", {"Authorization": f"Bearer {token}"}, {"wizard_run": token})
        run = Owned(run_id, token, view.answers["about"]["letter"]["id"], "", {})
        kept = {"Idempotency-Key": MOVE_KEY}
        moved = await self.send(Call("POST", "/api/v1/runs/{id}/previous"), who, opens | Brought("", kept), run)
        assert moved.status == 200, moved
        shown = await self.send(Call("GET", "/r/{id}/{step}"), who, opens, run)
        page = Page("", shown.status, shown.body)
        run.visitor = shown.headers.partition("wizard_visitor=")[2].partition(";")[0]
        run.form = {"wizard-key": page.hidden("wizard-key"), "wizard-seen": page.hidden("wizard-seen")}
        return run

    async def stored(self, run: Owned) -> tuple[Run | None, list[TraceEntry], Any, int]:
        """All that there is of a run and its person."""
        store = self.engine.store
        ours = [each for each in await store.list_runs(limit=10_000) if each.id == run.id]
        trace = list(await store.trace(run.id))
        return await store.load(run.id), trace, await store.document("profile", "ann"), len(ours)


def calls_of(app: web.Application) -> Iterator[Call]:
    """Every route of an application and of those that are mounted in it."""
    for route in app.router.routes():
        assert route.resource is not None
        method = "POST" if route.method == "*" else route.method
        yield Call(method, route.resource.canonical)


def placeholders(address: str) -> list[str]:
    return [each.partition("}")[0] for each in address.split("{")[1:]]


def identify(request: web.Request) -> Identity | None:
    return PEOPLE[request.headers.get("X-Person", "signed out")]


@asynccontextmanager
async def hosting(**settings: Any) -> AsyncIterator[Host]:
    engine = await make_test_engine(APPLICATION, MEMBER)
    given = Settings(jobs=0, start_rate=0, api_start_rate=0, allow_deletion=True, **settings)
    app = wizard_app(engine, settings=given, identify=identify)
    async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as client:
        yield Host(client, engine, calls_of(app))


def handed_out(call: Call, brought: Brought, run: Owned, answered: Answered) -> str:
    """What somebody got who is to get nothing; "" for nothing."""
    told = f"{answered.headers}\n{answered.body}"
    if SECRET in told:
        return "what Ann said"
    if run.token in answered.body or (run.token in told and "token" not in brought.query):
        return "the token"
    if not call.of_a_run:
        return "the run" if run.id in told.replace(f"token={run.token}", "") and "{" not in call.address else ""
    exchanged = answered.status == 303 and brought.query.get("token") == run.token  # a cookie of what they had
    return "" if answered.status >= 400 or exchanged else f"status {answered.status}"


async def trespass(host: Host, run: Owned, who: str, things: list[Brought]) -> list[str]:
    """Every call, with each of these; what it gave to somebody, and what it changed."""
    found = []
    before = await host.stored(run)
    for call in host.calls:
        for brought in things:
            answered = await host.send(call, who, brought, run)
            if got := handed_out(call, brought, run, answered):
                found.append(f"{call}, {who}, with {brought.name}: {got}")
        host.engine.forget(run.id)
        if await host.stored(run) != before:
            found.append(f"{call}, {who}: the run is another")
            before = await host.stored(run)
    return found


@pytest.mark.parametrize("who", ["signed out", "Bob", "a visit"])
async def test_a_persons_run_is_open_to_nobody_else(who: str) -> None:
    """Ann's link is in a mailbox, her token in a log, her form's key in a browser that others use: what she told
    is hers."""
    async with hosting() as host:
        run = await host.owner("Ann")
        assert await trespass(host, run, who, run.things) == []


@pytest.mark.parametrize("who", ["signed out", "Bob", "a visit"])
async def test_a_run_of_nobody_is_open_to_who_has_its_token(who: str) -> None:
    """A visitor who never signed in: whoever knows the run's id, file and keys gets nothing, with another run's
    token either."""
    async with hosting() as host:
        run, other = await host.owner("signed out"), await host.owner("Bob")
        another = Brought("another's token", {"Authorization": f"Bearer {other.token}"}, {"wizard_run": other.token})
        things = [each for each in run.things_without_token if BIRTH_KEY not in each.headers.values()]
        assert await trespass(host, run, who, [*things, another, run.everything | another]) == []


async def test_the_key_for_events_opens_nothing_else() -> None:
    """The bank tells that money came; it isn't told by whom, nor can it answer in a person's place."""
    async with hosting(event_key=EVENT_KEY) as host:
        run = await host.owner("Ann")
        host.calls = [each for each in host.calls if not each.address.endswith("/events")]
        bank = Brought("the key for events", {"Authorization": f"Bearer {EVENT_KEY}"}, {"wizard_run": EVENT_KEY})
        assert await trespass(host, run, "signed out", [bank, run.everything | bank]) == []


async def test_another_persons_profile_and_session_start_nothing() -> None:
    """A body that names Ann's would show what her profile holds."""
    async with hosting() as host:
        run = await host.owner("Ann")
        for name, value in {"profile_id": "ann", "session_id": "ann's session"}.items():
            for who in ("signed out", "Bob", "a visit"):
                for key in ({}, {"Idempotency-Key": BIRTH_KEY}):
                    call, body = Call("POST", "/api/v1/runs"), {**START, name: value}
                    answered = await host.send(call, who, Brought("", key), run, json=body)
                    assert (answered.status, SECRET in answered.body) == (403, False)
                    assert json.loads(answered.body)["type"].endswith("not-your-profile")


async def test_the_person_gets_through() -> None:
    """The same requests from Ann: a table of requests that nobody may make would show nothing."""
    async with hosting() as host:
        for call in host.calls:
            if call.of_a_run:
                run = await host.owner("Ann")
                brought = Brought(
                    "", {"Authorization": f"Bearer {run.token}"}, {"wizard_visitor": run.visitor}, form=run.form
                )
                answered = await host.send(call, "Ann", brought, run)
                if call.address.endswith("/ws"):  # only a socket gets through there: it says so to who has come so far
                    assert (answered.status, "WebSocket" in answered.body) == (426, call.method == "GET")
                    continue
                assert answered.status < 400, f"{call}: {answered}"
                await host.engine.delete(run.id)
