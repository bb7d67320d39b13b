"""Who may do what, addresses, headers and logs of the JSON interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.acceptance.json_caller import ADA, CALLS, Caller, Talk, body_of, opened, refused, serving, untouched
from wizard.engine import Engine
from wizard.errors import RunNotFound
from wizard.model import StoredFile
from wizard.stores.memory import MemoryStore


@pytest.fixture(params=["memory", "sqlite"])
async def caller(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Caller]:
    async with opened(request.param, tmp_path) as store, serving(store) as caller:
        yield caller


@pytest.fixture
async def talk(caller: Caller) -> Talk:
    """A run that has answered one step and is asked for the next."""
    talk = await caller.start()
    await talk.next(ADA)
    return talk


# -- who may -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer a b",
        "Bearer a,b",
        "Bearer \xfc",
        "Bearer " + "x" * 5000,
        "x",
    ],
)
async def test_without_a_token_nothing_is_shown(talk: Talk, header: str | None) -> None:
    """A run holds a person's answers: its address alone opens nothing."""
    headers = {} if header is None else {"Authorization": header}
    for method, path in (
        ("GET", ""),
        ("GET", "/trace"),
        ("GET", "/progress"),
        ("GET", "/files/x"),
        ("DELETE", ""),
        *(("POST", f"/{call}") for call in CALLS),
    ):
        response = await talk.caller.send(method, f"/runs/{talk.id}{path}", headers=headers)
        await refused(response, 401, "unauthorized")
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="wizard"'
    await untouched(talk)


async def test_another_runs_token_opens_nothing(talk: Talk) -> None:
    """Everybody who ever started a run has a token; it must be good for that run alone."""
    other = await talk.caller.start()
    for call in CALLS:
        response = await talk.caller.send("POST", f"/runs/{talk.id}/{call}", token=other.token, json=body_of(call))
        assert "run" not in await refused(response, 403, "wrong-token")
    for path in ("", "/trace", "/progress", "/files/x"):
        await refused(await talk.caller.send("GET", f"/runs/{talk.id}{path}", token=other.token), 403, "wrong-token")
    await untouched(talk)


async def test_the_word_bearer_in_any_case(talk: Talk) -> None:
    """RFC 9110: the scheme's name is the same in small letters, as some clients write it."""
    response = await talk.caller.send("GET", f"/runs/{talk.id}", headers={"Authorization": f"bearer  {talk.token}"})
    assert response.status == 200


@pytest.mark.parametrize("run_id", ["none", "%00", "%ff", "a%20b", "..%2f..", "x" * 300, "%F0%9F%98%80", "'or 1=1--"])
async def test_a_run_that_is_not_there(talk: Talk, run_id: str) -> None:
    """An id that can't be one is no other error than one that isn't known."""
    for method, path in (("GET", ""), ("GET", "/trace"), ("POST", "/next")):
        response = await talk.caller.send(method, f"/runs/{run_id}{path}", token=talk.token)
        await refused(response, 404, "run-not-found")


async def test_a_run_that_is_deleted_meanwhile(talk: Talk) -> None:
    """Whoever cleans up old runs may do so between two lines of a request."""
    with patch.object(Engine, "next", side_effect=RunNotFound):
        await refused(await talk.send("POST", "/next", json={}), 404, "run-not-found")


async def test_routes_and_methods_that_do_not_exist(talk: Talk) -> None:
    """Mistyped addresses get the same form of error as everything else."""
    caller = talk.caller
    for path in ("", "/", "/nothing", "/runs/", f"/runs/{talk.id}/", f"/runs/{talk.id}/nothing"):
        await refused(await caller.send("GET", path, token=talk.token), 404, "not-found")
    for method, path, allowed in (
        ("PUT", f"/runs/{talk.id}", {"DELETE", "GET", "HEAD"}),
        ("GET", f"/runs/{talk.id}/next", {"POST"}),
        ("GET", "/runs", {"POST"}),
        ("PUT", "/openapi.json", {"GET", "HEAD"}),
    ):
        response = await caller.send(method, path, token=talk.token)
        await refused(response, 405, "method-not-allowed")
        assert set(response.headers["Allow"].split(",")) == allowed
    await untouched(talk)


# -- headers and addresses ---------------------------------------------------------------------------


async def test_headers_can_not_be_injected(tmp_path: Path) -> None:
    """A name with a line break must not become a header of ours, wherever it was stored from."""
    async with opened("memory", tmp_path) as store, serving(store) as caller:
        talk = await caller.start()
        file = StoredFile("f", "a\r\nSet-Cookie: x=1\ud800", "text/html\r\nSet-Cookie: x=1", b"x")
        with patch.object(MemoryStore, "file", return_value=file):
            response = await talk.send("GET", "/files/f")
        assert response.status == 200
        assert "Set-Cookie" not in response.headers
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x%3D1%3F"


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "limit=0", "limit=1001", "after=" + "9" * 30, "limit=٣", "limit="]
)
async def test_pages_of_the_trace_that_do_not_exist(talk: Talk, query: str) -> None:
    """A mistyped number is told, instead of reading another page than was meant."""
    await refused(await talk.send("GET", f"/trace?{query}"), 400, "invalid-request")


async def test_pages_of_the_trace_follow_one_another(talk: Talk) -> None:
    """Read in pieces it is the same as read at once, and the last piece says that it is the last."""
    whole = await (await talk.send("GET", "/trace")).json()
    path, pieces = "/trace?limit=2", []
    while path:
        response = await talk.send("GET", path)
        pieces += await response.json()
        path = str(response.links["next"]["url"]).partition(talk.id)[2] if "next" in response.links else ""
    assert pieces == whole
    assert len(whole) > 2


@pytest.mark.parametrize(("known", "status"), [("{}", 304), ('"x", W/{}', 304), ("*", 304), ('"x"', 200), (None, 200)])
async def test_a_state_that_is_known_is_not_sent_again(talk: Talk, known: str | None, status: int) -> None:
    """Whoever asks every few seconds gets a few bytes; who holds another state gets this one."""
    tag = (await talk.send("GET", "")).headers["ETag"]
    headers = {} if known is None else {"If-None-Match": known.format(tag)}
    response = await talk.send("GET", "", headers=headers)
    assert (response.status, response.headers["ETag"], bool(await response.read())) == (status, tag, status == 200)
    await talk.send("POST", "/previous", json=body_of("previous"))
    assert (await talk.send("GET", "", headers={"If-None-Match": tag})).status == 200


@pytest.mark.parametrize("tag", ["3", 'W/"3"', '"x"', '"1", "2"', ""])
async def test_an_if_match_that_can_not_be_read(talk: Talk, tag: str) -> None:
    """A condition that is passed over protects nobody."""
    response = await talk.send("POST", "/next", json=body_of("next"), headers={"If-Match": tag})
    await refused(response, 400, "invalid-request")
    await untouched(talk)


@pytest.mark.parametrize(("method", "path"), [("POST", "/events"), ("POST", "/cancel"), ("DELETE", "")])
async def test_what_goes_by_no_revision_takes_no_condition(talk: Talk, method: str, path: str) -> None:
    """A program that wants only what it has seen to be deleted isn't told that it was when the run had moved on."""
    body = {"json": body_of(path[1:])} if path else {}
    response = await talk.send(method, path, headers={"If-Match": '"999"'}, **body)
    await refused(response, 400, "invalid-request")
    await untouched(talk)
    assert (await talk.send("POST", "/cancel", json={}, headers={"If-Match": "*"})).status == 200


async def test_no_answer_may_be_kept_on_the_way(talk: Talk) -> None:
    """Answers of people must not lie in the caches of proxies and browsers."""
    for path in ("", "/trace"):
        response = await talk.send("GET", path)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_neither_token_nor_answers_are_logged(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    """Logs are read by more people than may read applications."""
    with caplog.at_level("DEBUG"):
        answers = {"name": "Augusta"}
        await talk.send("POST", "/next", json={"step": "applicant", "answers": answers})
        with patch.object(Engine, "next", side_effect=ValueError("Augusta")):
            response = await talk.send("POST", "/next", json={"step": talk.step, "answers": answers})
        await refused(response, 500, "internal")
    assert "reference" in caplog.text
    for secret in (talk.token, "Augusta"):
        assert secret not in caplog.text
    await untouched(talk)
