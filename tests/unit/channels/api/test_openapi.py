"""The OpenAPI document: valid, and true of what the server really answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.acceptance.json_caller import ADA, Caller, opened, serving
from tests.unit.channels.html.webbed import FRIEND, TRIP
from wizard.app import wizard_app
from wizard.channels.api.bodies import CANCEL, CHANGE, EVENT, NEXT, PREVIOUS, REMOVE, START
from wizard.channels.api.openapi import document
from wizard.channels.http.problems import PROBLEM_TYPES
from wizard.testing import make_test_engine

Json = dict[str, Any]


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncIterator[Caller]:
    async with opened("memory", tmp_path) as store, serving(store) as caller:
        yield caller


def validator(schema: Json) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document()["components"]})


async def conforms(response: ClientResponse, call: str, method: str = "post") -> Any:
    """Holds a response against what the document says of this call and status."""
    path = f"/runs/{{id}}/{call}" if call in ("next", "previous", "change", "remove", "trace") else call
    described = document()["paths"][path][method]["responses"][str(response.status)]
    told = await response.json()
    validator(described["content"][response.content_type]["schema"]).validate(told)
    for name in ("ETag", "Location", "Link"):
        assert name not in response.headers or name in described["headers"]
    return told


def test_it_is_openapi_3_1() -> None:
    """Generators of clients refuse a document that isn't valid."""
    validate(document())


async def test_it_is_served(caller: Caller) -> None:
    """It can be read by anybody, before there is any run."""
    response = await caller.send("GET", "/openapi.json")
    assert (response.status, await response.json()) == (200, document())


def test_its_examples_are_examples() -> None:
    """People copy examples; one that isn't taken, or never comes, misleads them."""
    found = 0
    for path in document()["paths"].values():
        for call in (path[method] for method in ("get", "post") if method in path):
            bodies = [call["requestBody"]] if "requestBody" in call else []
            for body in [*bodies, *call["responses"].values()]:
                for content in body.get("content", {}).values():
                    if "example" in content:
                        validator(content["schema"]).validate(content["example"])
                        found += 1
    assert found > 20


def test_every_type_of_problem_is_somewhere() -> None:
    """A problem that no call mentions would come as a surprise."""
    text = str(document()["paths"])
    unmentioned = {each.name for each in PROBLEM_TYPES if each.uri not in text}
    assert unmentioned == {"method-not-allowed"}  # it belongs to what is no call


def test_requests_are_described_as_they_are_checked() -> None:
    """Schema and check are one table: what the schema refuses, the server refuses, and the other way round."""
    schemas = document()["components"]["schemas"]
    tables = {"Start": START, "Next": NEXT, "Previous": PREVIOUS, "Change": CHANGE, "Remove": REMOVE}
    tables |= {"Event": EVENT, "Cancel": CANCEL}
    for name, members in tables.items():
        schema = schemas[name]
        assert schema["properties"].keys() == members.keys()
        assert schema.get("required", []) == [key for key, member in members.items() if member.required]
        assert schema["additionalProperties"] is False
        for key, member in members.items():
            values: list[Any] = [None, 0, -1, 2**60, 1.5, True, "", "x", "x" * 501, [], {}]
            for value in values:
                assert member.takes(value) == validator(schema["properties"][key]).is_valid(value), (name, key, value)


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
