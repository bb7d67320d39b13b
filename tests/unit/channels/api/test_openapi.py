"""The OpenAPI document: valid, and true of what the server really answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import cache
from itertools import compress, product
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate
from pydantic import SecretStr

from tests.acceptance.json_caller import ADA, Caller, opened, refused, serving
from tests.schemas import Validators, examples, with_few_objects
from tests.unit.channels.web.webbed import FRIEND, TRIP
from wizard.app import wizard_app
from wizard.channels.api import openapi
from wizard.channels.api.requests import BODIES, NEXT, OPEN, check_one_of, check_together
from wizard.channels.http.json_bodies import parse_object
from wizard.channels.http.members import Body
from wizard.channels.http.problems import PROBLEM_TYPES, Refused
from wizard.settings import Settings
from wizard.testing import make_test_engine

Json = dict[str, Any]


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncIterator[Caller]:
    async with opened("memory", tmp_path) as store, serving(store) as caller:
        yield caller


document = cache(openapi.document)
validator = Validators(document)


async def conforms(response: ClientResponse, call: str, method: str = "post") -> Any:
    """Holds a response against what the document says of this call and status."""
    path = f"/runs/{{id}}/{call}" if call in ("next", "previous", "change", "remove", "events", "trace") else call
    described = document()["paths"][path][method]["responses"][str(response.status)]
    told = await response.json()
    validator(described["content"][response.content_type]["schema"]).validate(told)
    for name in ("ETag", "Location", "Link"):
        assert name not in response.headers or name in described["headers"]
    return told


def test_it_is_openapi_3_1() -> None:
    """Generators of clients refuse a document that isn't valid."""
    validate(with_few_objects(document()))


async def test_it_is_served(caller: Caller) -> None:
    """It can be read by anybody, before there is any run."""
    response = await caller.send("GET", "/openapi.json")
    assert (response.status, await response.json()) == (200, document(people=False))


def test_its_examples_are_examples() -> None:
    """People copy examples; one that isn't taken, or never comes, misleads them."""
    found = 0
    for schema, example in examples(document()):
        validator(schema).validate(example)
        found += 1
    assert found > 20


def test_every_type_of_problem_is_somewhere() -> None:
    """A problem that no call mentions would come as a surprise."""
    text = str(document()["paths"])
    unmentioned = {each.name for each in PROBLEM_TYPES if each.uri not in text}
    assert unmentioned == {"method-not-allowed"}  # it belongs to what is no call


def is_taken(kind: Body[Any], body: Json) -> bool:
    """Whether the server takes a body, as it comes over the wire."""
    try:
        members = kind.check(parse_object(json.dumps(body).encode()))
        if kind is NEXT:
            check_together(members)
        if kind is OPEN:
            check_one_of(members)
    except Refused:
        return False
    return True


FLAGS = [True, False]
VALUES: list[Any] = [None, 0, 3, 3.0, -0.0, -1, 2**53, 2**53 + 1, 1e300, 1.5, True, "", "x", "x" * 501, [], {}]


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.name)
def test_requests_are_described_as_they_are_checked(kind: Body[Any]) -> None:
    """What the schema refuses, the server refuses, and the other way round: a client that is generated out of it
    would send what isn't taken, or couldn't send what is."""
    schema = validator(document()["components"]["schemas"][kind.name])
    required = dict.fromkeys(schema.schema.get("required", ["workflow"] if kind is OPEN else []), "x")
    assert not is_taken(kind, {**required, "other": 1})
    assert not schema.is_valid({**required, "other": 1})
    assert is_taken(kind, required) == schema.is_valid(required)
    for left_out in required:
        body = {name: value for name, value in required.items() if name != left_out}
        assert (is_taken(kind, body), schema.is_valid(body)) == (False, False), left_out
    for name in kind.names:
        for value in VALUES:
            body = {**required, name: value}
            assert is_taken(kind, body) == schema.is_valid(body), (name, value)


def test_what_members_say_together_is_described() -> None:
    """Answers of no step, and answers of which the rest is both waited for and kept, are mistakes of a program: it is
    told by its own schema before it sends them."""
    schema = validator(document()["components"]["schemas"]["Next"])
    for step, answers, keep, partial in product(*[(None, *each) for each in (["a"], [{}, {"b": 1}], FLAGS, FLAGS)]):
        members = {"step": step, "answers": answers, "keep": keep, "partial": partial}
        body = {name: value for name, value in members.items() if value is not None}
        assert is_taken(NEXT, body) == schema.is_valid(body), body


def test_what_opens_a_conversation_is_described() -> None:
    """One of three, and what is for a new run with that alone."""
    schema = validator(document()["components"]["schemas"]["Open"])
    names = ("workflow", "run", "code", "input", "profile_id", "session_id", "language")
    for chosen in product(FLAGS, repeat=len(names)):
        texts = {name: {} if name == "input" else "de" for name in compress(names, chosen)}
        assert is_taken(OPEN, texts) == schema.is_valid(texts), texts


async def test_events_have_the_names_that_they_may_have(caller: Caller) -> None:
    """A name or key that no run takes is refused by the server, and by the schema."""
    schema = validator(document()["components"]["schemas"]["Event"])
    talk = await caller.start("order")
    for body in ({"name": "x" * 65}, {"name": "not paid"}, {"name": "1st"}, {"name": "paid", "key": "k" * 201}):
        assert not schema.is_valid(body)
        await refused(await talk.send("POST", "/events", json=body), 400, "invalid-request")
    assert schema.is_valid({"name": "x" * 64, "key": "k" * 200})


async def test_parameters_are_described_as_they_are_checked(caller: Caller) -> None:
    """A client that sends what the document admits isn't refused because of it."""
    described = document()["components"]["parameters"]
    talk = await caller.start()

    async def taken(name: str, value: str) -> bool:
        where = described[name]
        if where["in"] == "header":
            response = await talk.send("POST", "/previous", json={}, headers={where["name"]: value})
            return response.status != 400
        return (await talk.send("GET", f"/trace?{where['name']}={value}")).status != 400

    for name, value in product(("after", "limit"), (-1, 0, 1, 1000, 1001, 2**53, 2**53 + 1)):
        assert await taken(name, str(value)) == validator(described[name]["schema"]).is_valid(value), (name, value)
    tags = ("*", '"1"', '"3"', "3", 'W/"3"', '"3", "4"', '"x"', '"' + "9" * 16 + '"')
    keys = ("a", "a b", "k" * 255, "k" * 256, "ä")
    for name, value in [*(("ifMatch", tag) for tag in tags), *(("idempotencyKey", key) for key in keys)]:
        assert await taken(name, value) == validator(described[name]["schema"]).is_valid(value), (name, value)


async def test_what_the_sender_of_an_event_is_told_is_described(tmp_path: Path) -> None:
    """A bank whose client is generated would fail at the answer to each event, which shows it no more of a run than an
    outline."""
    settings = Settings(event_key=SecretStr("k" * 32))
    async with opened("memory", tmp_path) as store, serving(store, settings=settings) as caller:
        talk = await caller.start("order")
        for name, status in (("paid", 200), ("refunded", 422)):
            path = f"/runs/{talk.id}/events"
            response = await caller.send("POST", path, token="k" * 32, json={"name": name, "key": "delivery-17"})
            assert response.status == status
            told = await conforms(response, "events")
            assert told.get("run", told).keys() == {"id", "status", "revision"}


def test_the_events_of_a_stream_are_described() -> None:
    """Who follows a run's work reads the data of each event as what its schema says."""
    schemas = document()["components"]["schemas"]
    event = validator(schemas["ProgressEvent"])
    work, moved = {"percent": 40.0, "text": ""}, {"status": "waiting", "step": "a", "revision": 7}
    for name, data, component in (("work", work, "WorkReported"), ("moved", moved, "RunMoved")):
        assert event.is_valid({"event": name, "data": json.dumps(data)})
        content = schemas[component]["properties"]["data"]
        assert content["contentMediaType"] == "application/json"
        assert validator(content["contentSchema"]).is_valid(data)
        assert not validator(content["contentSchema"]).is_valid({**data, "other": 1})
    assert not event.is_valid({"event": "other", "data": "{}"})


async def test_the_server_is_where_the_host_has_mounted_it() -> None:
    """A client that is generated out of the document of `/forms/api/v1` would otherwise call another application."""
    host = web.Application()
    host.add_subapp("/forms/", wizard_app(await make_test_engine(TRIP, FRIEND)))
    async with TestClient(TestServer(host)) as client, client.get("/forms/api/v1/openapi.json") as response:
        told = await response.json()
    assert told["servers"] == [{"url": "/forms/api/v1"}]


async def test_a_conversation_is_as_described(caller: Caller) -> None:
    """Clients are generated out of the schemas: each real answer must fit the one for its call and status."""
    for response in (await caller.send("GET", "/workflows"), await caller.send("GET", "/openapi.json")):
        await conforms(response, str(response.url.path).removeprefix("/api/v1"), "get")
    response = await caller.send("POST", "/runs", json={"workflow": "passport"})
    started = await conforms(response, "/runs")
    run, token = f"/runs/{started['id']}", started["token"]
    moves: list[tuple[str, Json, int]] = [
        ("next", {"step": "applicant", "answers": {"email": "x"}}, 422),
        ("next", {"step": "applicant", "answers": {**ADA, "reason": "old", "pin": "1234"}}, 200),
        ("next", {"step": "applicant", "answers": ADA}, 409),
        ("next", {"step": "household/1/who", "answers": {"name": "Byron"}}, 200),
        ("next", {"step": "household/after-1", "answers": {"add_another": True}}, 200),
        ("previous", {"draft": {"name": "B"}}, 200),
        ("previous", {"to": "nowhere"}, 409),
        ("next", {"step": "household/after-1", "answers": {"add_another": False}}, 200),
        ("change", {"step": "applicant"}, 200),
        ("next", {"step": "applicant", "answers": ADA}, 200),
        ("change", {"step": "household/1/who", "answers": {"name": ""}}, 422),
        ("change", {"step": "nowhere"}, 409),
        ("remove", {"item": "household/7"}, 409),
        ("next", {"step": "check"}, 200),
        ("previous", {}, 409),
        ("next", {"stop": 1}, 400),
        ("next", {}, 200),
    ]
    for call, body, status in moves:
        response = await caller.send("POST", f"{run}/{call}", token=token, json=body)
        assert response.status == status, (call, body, await response.text())
        await conforms(response, call)
    await conforms(await caller.send("GET", run, token=token), "/runs/{id}", "get")
    await conforms(await caller.send("GET", f"{run}/trace?limit=2", token=token), "trace", "get")


async def test_failures_and_files_are_as_described(caller: Caller) -> None:
    """The rarer answers are those that a client's author can't try out."""
    talk = await caller.start("order")
    caller.till.failing = True
    letter = {"name": "a.txt", "type": "text/plain", "content": "YQ=="}
    body = {"step": "item", "answers": {"count": 1, "price": "1.20", "letter": letter}}
    await conforms(await talk.send("POST", "/next", json=body), "next")
    for workflow, given in (("nowhere", {}), ("passport", {"country": "too long"})):
        response = await caller.send("POST", "/runs", json={"workflow": workflow, "input": given})
        await conforms(response, "/runs")
    for token in (None, "x" * 32):
        await conforms(await caller.send("GET", f"/runs/{talk.id}", token=token), "/runs/{id}", "get")
        await conforms(await caller.send("GET", "/runs/none", token=token), "/runs/{id}", "get")
    await conforms(await talk.send("GET", "/files/none"), "/runs/{id}/files/{file}", "get")
    await conforms(await talk.send("GET", "/trace?limit=0"), "trace", "get")
    await conforms(await talk.send("POST", "/next", data=b"x"), "next")
