"""Who may do what."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from tests.unit.channels.admin.office import KEY, Colleague, Office, working
from tests.unit.deployments.texts import PASSPORT
from wizard.app import Person
from wizard.errors import HostError
from wizard.settings import Settings

DRAFT = "/workflows/passport/draft"
SAVE = ("PUT", DRAFT, {"text": PASSPORT}, {"If_None_Match": "*"}, 200)
DEPLOY = ("POST", "/workflows/passport/deploy", {}, {}, 201)
CALLS = {
    "viewer": [
        ("GET", "/workflows", None, {}, 200),
        ("GET", DRAFT, None, {}, 200),
        ("GET", "/workflows/passport/versions", None, {}, 200),
        ("GET", "/workflows/passport/versions/1", None, {}, 200),
        ("GET", "/node-types", None, {}, 200),
        ("GET", "/node-types/http", None, {}, 200),
        ("POST", "/node-types/set/validate", {"config": {"values": {"a": 1}}}, {}, 200),
    ],
    "editor": [SAVE],
    "deployer": [DEPLOY, ("POST", "/workflows/passport/revoke", {}, {}, 409)],
    "operator": [("GET", "/audit", None, {}, 200)],
}
MAY = {
    "vic": {"viewer"},
    "ann": {"viewer", "editor"},
    "dora": {"viewer", "editor", "deployer"},
    "olga": {"viewer", "operator"},
    "key": {"viewer", "editor", "deployer", "operator"},
}


@pytest.mark.parametrize("name", MAY)
async def test_each_call_needs_its_role(office: Office, name: str) -> None:
    """An editor must not deploy by mistake, nor a viewer save: each is told which role is missing."""
    for method, path, body, headers, status in (SAVE, DEPLOY):
        await office.key.asks(method, path, status, body, **headers)
    who: Colleague = getattr(office, name)
    for role, calls in CALLS.items():
        for method, path, body, headers, status in calls:
            if role in MAY[name]:
                await who.asks(method, path, status, body, **headers)
            else:
                problem = await who.is_refused(403, "role-missing", method, path, body, **headers)
                assert problem["role"] == role
                assert f"`{role}`" in problem["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Bearer {KEY}x"},
        {"Authorization": f"Bearer {KEY[:-1]}"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"X-User": "mallory"},
    ],
)
async def test_strangers_are_told_nothing(office: Office, headers: dict[str, str]) -> None:
    """Definitions may name what nobody outside should know; whether one is there is nobody's business either."""
    await office.ann.saves(PASSPORT)
    stranger = Colleague(office.client, headers)
    for calls in CALLS.values():
        for method, path, body, more, _ in calls:
            await stranger.is_refused(401, "not-signed-in", method, path, body, **more)
            assert stranger.answer.headers["WWW-Authenticate"] == 'Bearer realm="wizard"'


async def test_without_a_key_or_people_there_is_nothing() -> None:
    """Who only serves forms serves nothing else."""
    async with working(None, Settings(jobs=0)) as office:
        for path in ("/workflows", "/audit", "/openapi.json", ""):
            async with office.client.get(f"/api/v1/admin{path}", headers=office.key.headers) as response:
                assert response.status == 404
                assert response.content_type == "application/problem+json"


async def test_a_host_with_people_needs_no_key() -> None:
    """Then the key opens nothing, since there is none."""
    async with working(settings=Settings(jobs=0)) as office:
        await office.ann.saves(PASSPORT)
        await office.key.is_refused(401, "not-signed-in", "GET", DRAFT)


async def test_people_of_a_host_without_async() -> None:
    """Hosts ask a dict or a database."""
    async with working(lambda request: Person("eva", ("editor", "operator"))) as office:
        eva = Colleague(office.client, {})
        await eva.saves(PASSPORT)
        await eva.asks("GET", "/audit")
        await eva.is_refused(403, "role-missing", "POST", "/workflows/passport/deploy", {})


async def _hangs(request: Any) -> None:
    await asyncio.sleep(60)


async def _leaves(request: Any) -> None:
    raise SystemExit


@pytest.mark.parametrize(
    ("admin", "said"),
    [
        (_hangs, "admin"),
        (_leaves, "SystemExit"),
        (lambda request: "ann", "`admin` gave a value of type str"),
        (lambda request: Person("ann", "editor"), "`roles` of a Person are a list"),
        (lambda request: Person("ann", ["boss"]), "`roles` of a Person are of viewer, editor, deployer, operator"),
        (lambda request: Person("admin key", ["editor"]), "Nobody may be called 'admin key'"),
    ],
)
async def test_a_host_that_fails_lets_nobody_in(admin: Any, said: str, caplog: pytest.LogCaptureFixture) -> None:
    """Its mistake is the request's failure alone; the log says what it is, and the key still opens."""
    settings = Settings(admin_key=SecretStr(KEY), jobs=0, step_timeout=0.05 if admin is _hangs else 30)
    async with working(admin, settings) as office:
        await Colleague(office.client, {}).is_refused(500, "internal", "GET", "/workflows")
        assert said in caplog.text
        await office.key.asks("GET", "/workflows")


@pytest.mark.parametrize("name", ["", "x" * 201, "a\u0007b", "\ud800", 5, None])
def test_a_person_has_a_name(name: Any) -> None:
    """Who did it would be nobody, or break the audit of everybody."""
    with pytest.raises(HostError, match="`name` of a Person"):
        Person(name, ["editor"])


async def test_a_host_sends_people_to_sign_in() -> None:
    """Its own pages know how."""

    def to_sign_in(request: Any) -> None:
        raise web.HTTPFound("/sign-in")

    async with (
        working(to_sign_in) as office,
        office.client.get("/api/v1/admin/workflows", allow_redirects=False) as response,
    ):
        assert (response.status, response.headers["Location"]) == (302, "/sign-in")


async def test_a_page_of_somebody_else_deploys_nothing(office: Office) -> None:
    """Dora is signed in by a cookie, and opens a page that posts a form to here: browsers send a form's body, or none,
    from anywhere, but JSON only where they are allowed to."""
    await office.ann.saves(PASSPORT)
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream"):
        for data in (b"", b"{}"):
            async with office.client.post(
                "/api/v1/admin/workflows/passport/deploy",
                data=data,
                headers={**office.dora.headers, "Content-Type": content_type},
            ) as response:
                assert response.status == 415
    assert await office.dora.asks("GET", "/workflows/passport/versions") == []


async def test_who_changes_too_much_waits() -> None:
    """A script that has gone wild saves a thousand times a second."""
    settings = Settings(admin_key=SecretStr(KEY), jobs=0, api_start_rate=2)
    async with working(None, settings) as office:
        await office.key.saves(PASSPORT)
        await office.key.saves(PASSPORT + "#\n")
        await office.key.is_refused(429, "too-many-changes", "PUT", DRAFT, {"text": ""}, If_Match='"2"')
        assert int(office.key.answer.headers["Retry-After"]) > 0
        await office.key.is_refused(429, "too-many-changes", "POST", "/workflows/passport/deploy")
        await office.key.asks("GET", "/workflows")


async def test_the_key_is_never_logged(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Logs are read by more people than may deploy."""
    with caplog.at_level("DEBUG"):
        await office.key.saves(PASSPORT)
        await office.key.is_refused(404, "draft-not-found", "GET", "/workflows/order/draft")
    assert KEY not in caplog.text
