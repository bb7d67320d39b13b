"""Problem documents: every error has one, and none says more than its caller may know."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from wizard import errors
from wizard.channels.http.problems import PROBLEM_TYPES, STAGING_TYPES, TYPE_PREFIX, problems, type_of
from wizard.errors import CallerError, StoreError, WorkflowNotFound

Client = TestClient[web.Request, web.Application]


async def _secret(request: web.Request) -> web.Response:
    try:
        raise ValueError("my answer is open sesame")
    except ValueError as error:
        raise KeyError("open sesame") from error


async def _unreadable(request: web.Request) -> web.Response:
    raise StoreError("The database is locked.")


async def _missing(request: web.Request) -> web.Response:
    raise WorkflowNotFound


async def _moved(request: web.Request) -> web.Response:
    raise web.HTTPFound("/elsewhere")


async def _teapot(request: web.Request) -> web.Response:
    raise web.HTTPUnavailableForLegalReasons(link=None)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application(middlewares=[problems])
    for handler in (_secret, _unreadable, _missing, _moved, _teapot):
        app.router.add_get(f"/{handler.__name__.strip('_')}", handler)
    async with TestClient(TestServer(app)) as client:
        yield client


def _caller_errors(base: type[CallerError]) -> Iterator[type[CallerError]]:
    yield base
    for each in base.__subclasses__():
        yield from _caller_errors(each)


def test_every_error_of_the_callers_has_a_type_of_its_own() -> None:
    """Programs go by the type: two errors with one type could not be told apart."""
    types = {each: type_of(each()) for each in _caller_errors(errors.CallerError)}
    assert len(set(types.values())) == len(types)
    assert set(types.values()) <= {*PROBLEM_TYPES, *STAGING_TYPES}


def test_types_are_stable_and_unique() -> None:
    """The types are published; a changed one breaks the programs that know it."""
    published = (*PROBLEM_TYPES, *STAGING_TYPES)
    assert all(each.uri.startswith(TYPE_PREFIX) for each in published)
    assert len({each.name for each in published}) == len(published)
    assert [each.name for each in PROBLEM_TYPES if each.status == 409] == [
        "stale-input",
        "stale-revision",
        "point-of-no-return",
        "run-completed",
        "run-cancelled",
        "not-a-step",
        "refused",
        "too-many-events",
    ]


async def test_what_nobody_foresaw_is_logged_and_not_told(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """A caller gets a reference that leads support to the log; neither shows what a person answered."""
    with caplog.at_level(logging.DEBUG):
        response = await client.get("/secret", headers={"Authorization": "Bearer abc123"})
    told = await response.json()
    assert (response.status, response.content_type) == (500, "application/problem+json")
    assert told["type"] == "urn:wizard:problem:internal"
    reference = told["detail"].split()[-1].rstrip(".")
    logged = caplog.text
    assert reference in logged
    assert "KeyError" in logged
    assert "ValueError" in logged
    assert "_secret" in logged
    assert "raise KeyError" not in await response.text()
    shown = [line for line in logged.splitlines() if not line.strip().startswith("raise ")]
    assert "sesame" not in "\n".join(shown)
    assert "abc123" not in logged


async def test_our_own_errors_keep_their_message_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever runs the service needs to read that the database is locked; its callers don't."""
    response = await client.get("/unreadable")
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"
    assert (await response.json())["type"] == "urn:wizard:problem:unavailable"
    assert "locked" in caplog.text
    assert "locked" not in await response.text()


async def test_other_errors_are_problems_too(client: Client) -> None:
    """A program reads one form of error, wherever it comes from."""
    for path, status in (("/missing", 404), ("/nowhere", 404), ("/teapot", 451)):
        response = await client.get(path)
        assert (response.status, response.content_type) == (status, "application/problem+json")
        assert (await response.json())["status"] == status
        assert response.headers["Cache-Control"] == "no-store"
    response = await client.post("/missing")
    assert response.status == 405
    assert response.headers["Allow"] == "GET,HEAD"
    response = await client.get("/moved", allow_redirects=False)
    assert response.status == 302
