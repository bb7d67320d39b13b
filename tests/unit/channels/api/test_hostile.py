"""Requests that are broken, forged or hostile: each gets its status and a problem document, and the run
stays as it is."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.acceptance.json_caller import (
    ADA,
    CALLS,
    JSON_TYPE,
    Caller,
    Talk,
    body_of,
    opened,
    refused,
    serving,
    untouched,
)
from tests.drawing import examples
from wizard.settings import Settings


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


# -- bodies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b"[]",
        b'"text"',
        b"null",
        b"3",
        b'{"step": "household/1/who", "answers": {"name": "\xff"}}',
        b'{"step": "household/1/who", "answers": {"name": "\\ud800"}}',
        b'{"step": "\\udfff", "answers": {"name": "Eve"}}',
        b'{"step": "household/1/who", "answers": {"name": "Eve", "name": "Eve"}}',
        b'{"step": "household/1/who", "answers": {"name": NaN}}',
        b'{"step": "household/1/who", "answers": {"name": 1e400}}',
        b'{"step": "household/1/who", "answers": {"name": ' + b"9" * 100_000 + b"}}",
        b'{"step": "household/1/who", "answers": {"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"step": "household/1/who", "answers": [["name", "Eve"]]}',
        b'{"step": "household/1/who", "answers": "Eve"}',
        b'{"step": 1, "answers": {"name": "Eve"}}',
        b'{"step": null, "answers": {"name": "Eve"}}',
        b'{"step": ["household/1/who"], "answers": {"name": "Eve"}}',
        b'{"answers": {"name": "Eve"}}',
        b'{"step": "household/1/who", "answers": {"name": "Eve"}, "revision": "2"}',
        b'{"step": "household/1/who", "answers": {"name": "Eve"}, "revision": true}',
        b'{"step": "household/1/who", "answers": {"name": "Eve"}, "admin": true}',
        b'{"step": "household/1/who", "answers": {"name": "Eve"}, "partial": "yes"}',
    ],
)
async def test_a_body_that_can_not_be_read(talk: Talk, body: bytes) -> None:
    """A broken body is the caller's mistake; it must be named, and no part of it be taken."""
    await refused(await talk.send("POST", "/next", data=body, headers=JSON_TYPE), 400, "invalid-request")
    await untouched(talk)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("body", [b"x", b"[]", b'{"unknown": 1}', b'{"revision": null}', b'{"a":' * 5000])
async def test_every_call_reads_its_body_as_strictly(talk: Talk, call: str, body: bytes) -> None:
    """A call that is laxer than the others is where a mistake goes unseen."""
    await refused(await talk.send("POST", f"/{call}", data=body, headers=JSON_TYPE), 400, "invalid-request")
    await untouched(talk)


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "nonsense", ""],
)
async def test_a_body_that_is_not_declared_as_json(talk: Talk, media_type: str) -> None:
    """Other sites' pages can send forms and plain text in a person's name; they can't send this type unasked."""
    body = json.dumps(body_of("next")).encode()
    response = await talk.send("POST", "/next", data=body, headers={"Content-Type": media_type})
    await refused(response, 415, "unsupported-media-type")
    response = await talk.send("POST", "/next", data=body, skip_auto_headers=["Content-Type"])
    await refused(response, 415, "unsupported-media-type")
    await untouched(talk)


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"]
)
async def test_other_ways_to_declare_json(talk: Talk, media_type: str) -> None:
    """Clients add parameters, or have a type of their own that says what it is built on."""
    body = json.dumps(body_of("next")).encode()
    response = await talk.send("POST", "/next", data=body, headers={"Content-Type": media_type})
    assert response.status == 200


async def test_no_body_is_an_empty_one(talk: Talk) -> None:
    """Going back needs nothing to be said."""
    response = await talk.send("POST", "/previous")
    assert (response.status, (await response.json())["current"]["step"]) == (200, "applicant")


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large(talk: Talk, chunked: bool) -> None:
    """Ten megabytes of text must not be held in memory, whether announced or not."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"step": "household/1/who", "answers": {"name": "'
        for _ in range(100):
            yield b"x" * 100_000
        yield b'"}}'

    whole = b"".join([piece async for piece in pieces()])
    response = await talk.send("POST", "/next", data=pieces() if chunked else whole, headers=JSON_TYPE)
    await refused(response, 413, "too-large")
    await untouched(talk)


async def test_a_small_body_that_unpacks_into_a_large_one(talk: Talk) -> None:
    """The limit counts what comes out, or a few kilobytes would fill the memory."""
    packed = gzip.compress(b'{"a": "' + b"x" * 20_000_000 + b'"}')
    assert len(packed) < 100_000
    response = await talk.send("POST", "/next", data=packed, headers={**JSON_TYPE, "Content-Encoding": "gzip"})
    await refused(response, 413, "too-large")
    await untouched(talk)


async def test_a_body_that_is_not_packed_as_it_says(talk: Talk) -> None:
    """It is a broken request, and no failure of the server."""
    response = await talk.send("POST", "/next", data=b"{}", headers={**JSON_TYPE, "Content-Encoding": "gzip"})
    assert response.status == 400
    await untouched(talk)


async def test_the_host_sets_the_limit(tmp_path: Path) -> None:
    """Whoever runs the service decides what it has to hold; the pages' limit isn't this interface's."""
    async with opened("memory", tmp_path) as store, serving(store, settings=Settings(body_limit=2000)) as caller:
        body = {"workflow": "passport", "input": {"country": "C" * 1500}}
        assert (await caller.send("POST", "/runs", json=body)).status == 422
        body = {"workflow": "passport", "input": {"country": "C" * 2000}}
        await refused(await caller.send("POST", "/runs", json=body), 413, "too-large")


# -- answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        {"unknown": "x"},
        {"name": "x" * 1_000_000},
        {"name": "a\x00b"},
        {"name": ["a"]},
        {"name": {"a": {"b": 1}}},
        {"name": True},
        {"name": 10**900},
        {"name": None},
        {"name": ""},
        {"name": "   "},
        {f"f{n}": "x" for n in range(150)},
        {f"f{n}": "x" for n in range(5000)},
        {"x" * 5000: "x"},
        {"__class__": "x", "name": "Eve"},
    ],
)
async def test_answers_that_can_not_be_taken(talk: Talk, answers: dict[str, Any]) -> None:
    """Whatever is wrong with an answer, the run waits at the same step as if nothing had come."""
    response = await talk.send("POST", "/next", json={"step": "household/1/who", "answers": answers})
    told = await response.json()
    assert response.status == 422
    assert told["type"] in ("urn:wizard:problem:answers-rejected", "urn:wizard:problem:invalid-input")
    assert told["run"]["revision"] == talk.revision
    assert told["run"]["current"]["step"] == talk.step
    assert len(await response.read()) < 300_000
    await untouched(talk)


@pytest.mark.parametrize(
    "date", ["1985-02-31", "31 February 1985", "0000-00-00", "1e5", 5, 10**30, [1985], {"year": 1985}]
)
async def test_a_day_that_does_not_exist(caller: Caller, date: Any) -> None:
    """It is named at its field, with what was typed."""
    talk = await caller.start()
    response = await talk.send("POST", "/next", json={"step": "applicant", "answers": {**ADA, "birth_date": date}})
    told = await response.json()
    assert response.status == 422
    assert list(told["errors"]) == ["birth_date"]
    await untouched(talk)


@pytest.mark.parametrize(
    "step",
    [
        "applicant",
        "household/2/who",
        "household/1/nowhere",
        "household",
        "check",
        "done",
        "../applicant",
        "a\x00",
        "'",
        "/",
    ],
)
async def test_a_forged_step(talk: Talk, step: str) -> None:
    """Nobody answers a step that isn't asked, however its path is guessed."""
    told = await refused(
        await talk.send("POST", "/next", json={"step": step, "answers": {"name": "Eve"}}), 409, "stale-input"
    )
    assert told["run"] == talk.state
    await untouched(talk)


@pytest.mark.parametrize(
    "step", ["household/2/who", "adult", "nowhere", "done", "a\x00", "household/1/who/x", "/", "~", "%"]
)
async def test_steps_that_can_not_be_moved_to(talk: Talk, step: str) -> None:
    """Only the steps of the path can be gone back to, changed or taken out."""
    for call, body in (("previous", {"to": step}), ("change", {"step": step}), ("remove", {"item": step})):
        response = await talk.send("POST", f"/{call}", json=body)
        told = await response.json()
        assert response.status == 409
        assert told["type"] in ("urn:wizard:problem:stale-input", "urn:wizard:problem:not-a-step")
        assert told["run"] == talk.state
    await untouched(talk)


@pytest.mark.parametrize(
    "draft",
    [{"name": "x" * 1_500_000}, {"name": [[[[[[[["x"]]]]]]]] * 9}, {f"f{n}": 1 for n in range(300)}, {"name": 10**300}],
)
async def test_drafts_are_kept_or_refused(talk: Talk, draft: dict[str, Any]) -> None:
    """A draft isn't checked as answers are, but it is stored, and so it has bounds."""
    response = await talk.send("POST", "/previous", json={"draft": draft})
    if response.status == 200:
        talk.state = await response.json()
    else:
        await refused(response, 422, "invalid-input")
    await untouched(talk)


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({"workflow": "nowhere"}, 404, "workflow-not-found"),
        ({"workflow": "../passport"}, 404, "workflow-not-found"),
        ({"workflow": "passport", "input": {"country": "Switzerland"}}, 422, "invalid-input"),
        ({"workflow": "passport", "input": {"unknown": 1}}, 422, "invalid-input"),
        ({"workflow": "contact", "input": {"a": "x" * 1_500_000}}, 422, "invalid-input"),
        ({"workflow": ["passport"]}, 400, "invalid-request"),
        ({"workflow": "passport", "profile_id": 1}, 400, "invalid-request"),
        ({"workflow": "passport", "id": "mine"}, 400, "invalid-request"),
        ({}, 400, "invalid-request"),
    ],
)
async def test_a_start_that_is_refused(caller: Caller, body: dict[str, Any], status: int, name: str) -> None:
    """No run is left behind by a start that was told to have failed."""
    assert "run" not in await refused(await caller.send("POST", "/runs", json=body), status, name)
    assert not await caller.engine.store.list_runs()


# -- anything ----------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["step", "answers", "revision", "to", "draft", "item", "partial", "workflow", "input", "name", "profile_id"]
)
TEXTS = st.sampled_from(["applicant", "household/1/who", "household/1", "passport", "order", "\x00", ""]) | st.text(
    max_size=9
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=5).map(lambda body: json.dumps(body).encode()) | st.binary(max_size=40)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Idempotency-Key": st.sampled_from(["a", "b", "\xfc", "x" * 300]),
        "If-Match": st.sampled_from(['"1"', '"2"', "*", '"', "x"]),
    },
)


async def _send_all(store_kind: str, folder: Path, requests: list[tuple[str, bytes, Mapping[str, str]]]) -> list[int]:
    async with opened(store_kind, folder) as store, serving(store) as caller:
        talk = await caller.start()
        await talk.next(ADA)
        statuses = []
        for call, body, headers in requests:
            path = "/runs" if call == "start" else f"/runs/{talk.id}/{call}"
            given = {**JSON_TYPE, **headers}
            response = await caller.send("POST", path, token=talk.token, data=body, headers=given)
            told = await response.json(content_type=None)
            assert response.status < 400 or told["status"] == response.status
            statuses.append(response.status)
        await talk.look()
        return statuses


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(["start", *CALLS]), BODIES, HEADERS), min_size=1, max_size=12))
def test_nothing_that_is_sent_breaks_the_server(requests: list[tuple[str, bytes, Mapping[str, str]]]) -> None:
    """Any bytes to any call: the worst that a caller gets is told what is wrong with them."""
    statuses = asyncio.run(_send_all("memory", Path(), requests))
    assert all(status < 500 for status in statuses)
