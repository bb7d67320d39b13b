"""Resources over HTTP: who sees and sets them, and that no secret comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.crm import Crm, crm_service
from tests.unit.channels.admin.office import KEY, Office, working
from wizard.settings import Settings

TEST_SETTINGS = Settings.model_validate({"admin_key": KEY, "jobs": 0, "allow_private_addresses": True})
NEW = {"If_None_Match": "*"}


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    async with crm_service() as made:
        yield made


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with working(settings=TEST_SETTINGS) as made:
        yield made


def of(crm: Crm, **more: Any) -> dict[str, Any]:
    return {"kind": "http", "production": {"base_url": f"{crm.url}/api", "bearer_token": "s3cr3t"}, **more}


async def test_a_resource_is_set_shown_tried_and_removed(office: Office, crm: Crm) -> None:
    """The whole way of an operator with an editor of their own; a secret goes in and never comes out."""
    key, olga = office.key, office.olga
    told = await key.asks("PUT", "/resources/crm", 200, of(crm), **NEW)
    assert told["production"] == {"base_url": f"{crm.url}/api", "bearer_token": {"is_set": True}}
    tag = key.answer.headers["ETag"]
    assert await olga.asks("GET", "/resources/crm") == told
    assert [(line["name"], line["uses"]) for line in await olga.asks("GET", "/resources")] == [("crm", ["production"])]
    crm.takes = {"Bearer s3cr3t"}
    assert (await key.asks("POST", "/resources/crm/try", 200, {}))["works"]
    crm.takes = {"Bearer other"}
    tried = await key.asks("POST", "/resources/crm/try", 200, {"use": "production"})
    assert not tried["works"]
    assert "status 401" in tried["told"]
    await key.is_refused(404, "resource-not-found", "POST", "/resources/crm/try", {"use": "test"})
    changed = {"kind": "http", "production": told["production"], "test": {"base_url": "https://test.example"}}
    await key.asks("PUT", "/resources/crm", 200, changed, If_Match=tag)
    crm.takes = {"Bearer s3cr3t"}
    assert (await key.asks("POST", "/resources/crm/try", 200, {}))["works"], "the secret stayed"
    stale = await key.is_refused(412, "stale-resource", "PUT", "/resources/crm", changed, If_Match=tag)
    assert stale["revision"] == 2
    await key.is_refused(412, "stale-resource", "PUT", "/resources/crm", changed, **NEW)
    await key.is_refused(428, "precondition-required", "DELETE", "/resources/crm")
    async with key.client.delete("/api/v1/admin/resources/crm", headers={**key.headers, "If-Match": '"2"'}) as answer:
        assert answer.status == 204
    await olga.is_refused(404, "resource-not-found", "GET", "/resources/crm")
    deeds = await olga.asks("GET", "/audit")
    assert [deed["action"] for deed in deeds] == ["remove_resource", "set_resource", "set_resource"]
    assert "s3cr3t" not in str([told, tried, stale, deeds])


async def test_only_an_admin_sets_them(office: Office, crm: Crm) -> None:
    """Whoever sets one decides where answers of people go."""
    for colleague in (office.ann, office.dora, office.olga):
        for method, path, body in (
            ("PUT", "/resources/crm", of(crm)),
            ("DELETE", "/resources/crm", None),
            ("POST", "/resources/crm/try", {}),
        ):
            problem = await colleague.is_refused(403, "role-missing", method, path, body, If_Match='"1"')
            assert problem["role"] == "admin"
    for path in ("/resources", "/resources/crm", "/resource-kinds"):
        assert (await office.dora.is_refused(403, "role-missing", "GET", path))["role"] == "operator"


async def test_what_is_wrong_is_said_by_its_place(office: Office) -> None:
    """An editor marks the field; what somebody typed there isn't repeated."""
    for value, place in (
        ({"base_url": "ftp://s3cr3t"}, "production.base_url"),
        ({"base_url": "https://crm.example", "s3cr3t": 1}, "production.s3cr3t"),
    ):
        body = {"kind": "http", "production": value}
        problem = await office.key.is_refused(422, "resource-refused", "PUT", "/resources/crm", body, **NEW)
        assert list(problem["errors"]) == [place]
    problem = await office.key.is_refused(422, "resource-refused", "PUT", "/resources/crm", {"kind": "ftp"}, **NEW)
    assert list(problem["errors"]) == ["kind"]
    await office.key.is_refused(404, "not-found", "PUT", "/resources/1crm", {"kind": "http"}, **NEW)
    await office.key.is_refused(400, "invalid-request", "PUT", "/resources/crm", {"production": {}}, **NEW)


async def test_an_editor_makes_a_form_of_each_kind(office: Office) -> None:
    """Nobody has to know the keys; and what is secret is asked as a password."""
    kinds = {kind["kind"]: kind for kind in await office.olga.asks("GET", "/resource-kinds")}
    assert set(kinds) == {"smtp", "http", "sql", "s3", "broker", "token"}
    fields = {field["name"]: field["type"] for field in kinds["http"]["form"]["fields"]}
    assert fields["oauth2__client_secret"] == "password"
    assert fields["base_url"] == "text"
    assert "headers" not in fields
    assert "headers" in kinds["http"]["schema"]["properties"]


async def test_a_debug_run_takes_the_test_value_and_no_other(office: Office, crm: Crm) -> None:
    """Whoever tries a draft would write into the real service; and a real run would write into the test one."""
    key = office.key
    await key.asks("PUT", "/resources/crm", 200, of(crm), **NEW)
    definition = {"id": "calling", "nodes": [{"id": "call", "type": "http", "resource": "crm", "url": "/contacts"}]}
    await key.draws(definition, "calling")
    trial = {"effects": True}
    told = await key.asks("POST", "/workflows/calling/debug", 200, trial)
    assert told["status"] == "failed"
    assert "The resource 'crm' has no test value" in told["trace"][0]["error"]
    assert "wizard resources set crm --test" in told["trace"][0]["error"]
    assert crm.requests == []
    test = {"base_url": f"{crm.url}/test", "bearer_token": "t3st"}
    await key.asks("PUT", "/resources/crm", 200, {"kind": "http", "test": test}, If_Match='"1"')
    assert (await key.asks("POST", "/workflows/calling/debug", 200, trial))["status"] == "completed"
    ((_, path, headers, _),) = crm.requests
    assert (path, headers["Authorization"]) == ("/test/contacts", "Bearer t3st")
