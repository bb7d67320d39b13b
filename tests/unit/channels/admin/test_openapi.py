"""The OpenAPI document of drafts and deployments: valid, a document of its own, and true of what is taken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from openapi_spec_validator import validate
from pydantic import SecretStr

from tests.schemas import examples, with_few_objects
from tests.unit.channels.admin.office import KEY, Office, document, validator
from wizard.app import wizard_app
from wizard.channels.admin.openapi import CALLS
from wizard.channels.admin.requests import BODIES, CHECK, SAVE, check_together
from wizard.channels.admin.responses import PROBLEM_TYPES
from wizard.channels.api import openapi as public
from wizard.channels.http.json_bodies import parse_object
from wizard.channels.http.members import Body
from wizard.channels.http.problems import Refused
from wizard.settings import Settings
from wizard.testing import make_test_engine

Json = dict[str, Any]
WORKFLOW = {"id": "hello", "nodes": [{"id": "done", "type": "end"}]}


def test_it_is_openapi_3_1() -> None:
    """Generators of clients refuse a document that isn't valid."""
    validate(with_few_objects(document()))


def test_every_call_is_described_with_its_role() -> None:
    """Who writes a client reads which role its users need."""
    described = {
        (method.upper(), path): call
        for path, calls in document()["paths"].items()
        for method, call in calls.items()
        if method != "parameters"
    }
    assert described.keys() == {("GET", "/openapi.json"), *((call.method, call.path) for call in CALLS)}
    for call in CALLS:
        assert f"the role `{call.role}`" in described[call.method, call.path]["description"]


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
    assert {each.name for each in PROBLEM_TYPES if each.uri not in text} == {"method-not-allowed"}


def test_it_is_a_document_of_its_own() -> None:
    """Who writes a client for people's forms neither reads of drafts nor gets classes for them."""
    assert "draft-not-found" not in str(public.document())
    assert "Draft" not in public.document()["components"]["schemas"]
    assert "wrong-token" not in str(document())


def is_taken(kind: Body[Any], body: Json) -> bool:
    """Whether the server takes a body, as it comes over the wire."""
    try:
        members = kind.check(parse_object(json.dumps(body).encode()))
        if kind in (SAVE, CHECK):
            check_together(members)
    except Refused:
        return False
    return True


VALUES: list[Any] = [
    None,
    0,
    3,
    3.0,
    -1,
    2**53,
    2**53 + 1,
    1.5,
    True,
    "",
    "x",
    "x" * 2000,
    "x" * 2001,
    [],
    {},
    {"a": 1},
]


@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: kind.name)
def test_requests_are_described_as_they_are_checked(kind: Body[Any]) -> None:
    """What the schema refuses, the server refuses, and the other way round."""
    schema = validator(document()["components"]["schemas"][kind.name])
    bodies: list[Json] = [{}, {"other": 1}, *({name: value} for name in kind.names for value in VALUES)]
    bodies += [{"text": "x", "definition": {}}, {"config": {}, "values": {}}]
    for body in bodies:
        assert is_taken(kind, body) == schema.is_valid(body), body


async def test_parameters_are_described_as_they_are_checked(office: Office) -> None:
    """A client that sends what the document admits isn't refused because of it."""
    described = document()["components"]["parameters"]
    for name, path in (("entries", "/audit"), ("before", "/audit"), ("versions", "/workflows/a/versions")):
        for value in (-1, 0, 1, 100, 101, 2**53, 2**53 + 1):
            query = f"/api/v1/admin{path}?{described[name]['name']}={value}"
            async with office.client.get(query, headers=office.key.headers) as response:
                assert (response.status == 200) == validator(described[name]["schema"]).is_valid(value), query
    for workflow in ("a", "1", "a-b_c", "a" * 64, "a" * 65):
        query = f"/api/v1/admin/audit?workflow={workflow}"
        async with office.client.get(query, headers=office.key.headers) as response:
            assert (response.status == 200) == validator(described["workflow"]["schema"]).is_valid(workflow), workflow


async def test_it_is_served_where_the_host_has_mounted_it() -> None:
    """A client that is generated out of the document of `/forms/api/v1/admin` would otherwise call another server."""
    host = web.Application()
    engine = await make_test_engine(WORKFLOW)
    host.add_subapp("/forms/", wizard_app(engine, settings=Settings(admin_key=SecretStr(KEY))))
    async with TestClient(TestServer(host)) as client:
        async with client.get("/forms/api/v1/admin/openapi.json") as response:
            told = await response.json()
        async with client.get("/forms/api/v1/openapi.json") as response:
            assert "Draft" not in (await response.json())["components"]["schemas"]
        async with client.get("/forms/api/v1/admin/nothing") as response:
            problem = await response.json()
    assert told == {**document(), "servers": [{"url": "/forms/api/v1/admin"}]}
    assert (response.status, problem["type"]) == (404, "urn:wizard:problem:not-found")
    assert "/forms/api/v1/admin/openapi.json" in problem["detail"]
