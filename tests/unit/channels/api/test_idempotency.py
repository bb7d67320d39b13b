"""Idempotency-Key: requests that come twice, at once, changed, or after a crash."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aiohttp import ClientResponse

from tests.acceptance.json_caller import ADA, Caller, Talk, opened, serving
from wizard.channels.api.idempotency import CREATION, Answer, Identity
from wizard.errors import KeyReused, StaleInput
from wizard.model import Change
from wizard.stores.memory import MemoryStore

START = {"workflow": "passport"}


@pytest.fixture(params=["memory", "sqlite"])
async def caller(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Caller]:
    async with opened(request.param, tmp_path) as store, serving(store) as caller:
        yield caller


async def keyed(talk: Talk, call: str, body: Any, key: str, **more: Any) -> ClientResponse:
    return await talk.send("POST", f"/{call}", json=body, headers={"Idempotency-Key": key, **more})


async def begin(caller: Caller, key: str, body: Any = START) -> ClientResponse:
    """`key` is made long enough for somebody who isn't signed in."""
    return await begin_as_sent(caller, f"{key}-5c7fa1d2e88b4c06a3f1", body)


async def begin_as_sent(caller: Caller, key: str, body: Any = START) -> ClientResponse:
    return await caller.send("POST", "/runs", json=body, headers={"Idempotency-Key": key})


async def count_runs(caller: Caller) -> int:
    return len(await caller.engine.store.list_runs())


async def test_what_changed_nothing_changes_nothing_later(caller: Caller) -> None:
    """S19: Back on the first page leads nowhere. Sent again when the run has gone on, it took somebody a page back."""
    talk = await caller.start()
    first = await keyed(talk, "previous", {}, "a")
    told = await first.read()
    await talk.next(ADA)
    before = await talk.look()
    again = await keyed(talk, "previous", {}, "a")
    assert (again.status, await again.read(), again.headers["Idempotent-Replay"]) == (200, told, "true")
    assert await talk.look() == before


async def test_a_move_is_done_once(caller: Caller) -> None:
    """A program that got no answer asks again: it must get the first answer, though the run went on."""
    talk = await caller.start()
    body = {"step": "applicant", "answers": ADA}
    first = await keyed(talk, "next", body, "a")
    told = await first.read()
    await talk.look()
    await talk.next({"name": "Byron"})
    again = await keyed(talk, "next", body, "a")
    assert (again.status, await again.read()) == (200, told)
    assert (first.headers.get("Idempotent-Replay"), again.headers["Idempotent-Replay"]) == (None, "true")
    assert first.headers["ETag"] == again.headers["ETag"]
    assert (await talk.look())["revision"] == talk.revision


@pytest.mark.parametrize(
    ("call", "body"),
    [("previous", {}), ("change", {"step": "applicant"}), ("remove", {"item": "household/1"})],
)
async def test_every_post_honours_the_key(caller: Caller, call: str, body: dict[str, Any]) -> None:
    """Going back twice because a connection broke would land the person a step too low."""
    talk = await caller.start()
    await talk.next(ADA)
    await talk.next({"name": "Byron"})
    await talk.next({"add_another": True})
    first = await keyed(talk, call, body, "b")
    state = await talk.look()
    again = await keyed(talk, call, body, "b")
    assert (first.status, again.status) == (200, 200)
    assert await first.read() == await again.read()
    assert again.headers["Idempotent-Replay"] == "true"
    assert await talk.look() == state


async def test_a_key_with_another_request_is_refused(caller: Caller) -> None:
    """Answering it with the first answer would make a program believe that its second one counted."""
    talk = await caller.start()
    body = {"step": "applicant", "answers": ADA}
    await keyed(talk, "next", body, "c")
    state = await talk.look()
    others: list[tuple[str, dict[str, Any], dict[str, str]]] = [
        ("next", {"step": "applicant", "answers": {**ADA, "full_name": "Eve"}}, {}),
        ("next", {**body, "revision": 1}, {}),
        ("next", body, {"If-Match": '"1"'}),
        ("change", body, {}),
    ]
    for call, other, headers in others:
        response = await keyed(talk, call, other, "c", **headers)
        told = await response.json()
        assert (response.status, told["type"]) == (422, "urn:wizard:problem:key-reused")
        assert told["run"] == state
    spaced = json.dumps(dict(reversed(body.items())), indent=3)
    headers = {"Idempotency-Key": "c", "Content-Type": "application/json"}
    assert (await talk.send("POST", "/next", data=spaced, headers=headers)).status == 200


async def test_keys_of_two_runs_are_two_keys(caller: Caller) -> None:
    """Two programs that both count from 1 must not get each other's answers."""
    for _ in range(2):
        talk = await caller.start()
        response = await keyed(talk, "next", {"step": "applicant", "answers": ADA}, "1")
        assert (response.status, "Idempotent-Replay" in response.headers) == (200, False)


async def test_a_run_is_started_once(caller: Caller) -> None:
    """A start that is repeated gives the same run and its token: the first answer may have been lost."""
    first = await begin(caller, "d")
    told = await first.json()
    again = await begin(caller, "d")
    assert (first.status, again.status) == (201, 201)
    assert await again.json() == told
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replay"] == "true"
    assert await count_runs(caller) == 1
    assert (await caller.send("GET", f"/runs/{told['id']}", token=told["token"])).status == 200


async def test_a_start_with_the_key_of_another_start(caller: Caller) -> None:
    """The problem must not show the run of whoever used the key first."""
    first = await (await begin(caller, "e")).json()
    response = await begin(caller, "e", {"workflow": "order"})
    text = await response.text()
    assert response.status == 422
    assert "key-reused" in text
    assert first["id"] not in text


async def test_the_database_alone_gives_no_token(tmp_path: Path) -> None:
    """Whoever reads a backup must not be able to open the runs in it; nor guess by the key, which isn't there."""
    key = "b1946ac9-2492-4d23-9c1f-7a0e6d1f5c11"
    async with opened("sqlite", tmp_path) as store, serving(store) as caller:
        token = (await (await begin_as_sent(caller, key)).json())["token"]
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    with sqlite3.connect(tmp_path / "wizard.db") as connection:
        ((body,),) = connection.execute("SELECT body FROM replies").fetchall()
    connection.close()
    assert token.encode() not in stored + body
    assert key.encode() not in stored


async def test_thirty_starts_at_once_are_one_run(caller: Caller) -> None:
    """A load balancer that repeats requests must not start thirty applications."""
    responses = await asyncio.gather(*(begin(caller, "f") for _ in range(30)))
    assert {response.status for response in responses} == {201}
    assert len({(await response.json())["token"] for response in responses}) == 1
    assert await count_runs(caller) == 1


async def test_thirty_payments_at_once_are_one(caller: Caller) -> None:
    """With a key none of them is even a conflict: all get the answer of the one that was done."""
    talk = await caller.start("order")
    sent = (keyed(talk, "next", {"step": "item", "answers": {"count": 1}}, "g") for _ in range(30))
    responses = await asyncio.gather(*sent)
    assert {response.status for response in responses} == {200}
    assert len({await response.read() for response in responses}) == 1
    assert sorted(response.headers.get("Idempotent-Replay", "") for response in responses) == [""] + ["true"] * 29
    assert caller.till.paid == 1


async def test_different_requests_at_once_with_one_key(caller: Caller) -> None:
    """One is done; the others are told that the key is taken."""
    talk = await caller.start()
    bodies = [{"step": "applicant", "answers": {**ADA, "full_name": f"Ada {n}"}} for n in range(10)]
    responses = await asyncio.gather(*(keyed(talk, "next", body, "h") for body in bodies))
    assert sorted(response.status for response in responses) == [200] + [422] * 9


async def test_what_changed_nothing_may_be_corrected_under_the_same_key(caller: Caller) -> None:
    """Refused answers aren't stored: asking again gives the same, and nothing was done that could be repeated."""
    talk = await caller.start()
    wrong = {"step": "applicant", "answers": {}}
    first, again = await keyed(talk, "next", wrong, "i"), await keyed(talk, "next", wrong, "i")
    assert (first.status, again.status) == (422, 422)
    assert await first.read() == await again.read()
    assert (await keyed(talk, "next", {"step": "applicant", "answers": ADA}, "i")).status == 200


async def test_a_refusal_that_left_something_is_repeated_as_a_refusal(caller: Caller) -> None:
    """A file is kept although the other answers were refused: that turn is stored, with its errors."""
    talk = await caller.start("order")
    body = {"step": "item", "answers": {"letter": {"name": "a.txt", "content": "YQ=="}}}
    first = await keyed(talk, "next", body, "j")
    again = await keyed(talk, "next", body, "j")
    assert (first.status, again.status) == (422, 422)
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.content_type == "application/problem+json"
    assert await first.read() == await again.read()
    letter = {each["name"]: each for each in (await again.json())["run"]["current"]["fields"]}["letter"]
    assert letter["value"]["name"] == "a.txt"


async def test_the_token_comes_before_the_key(caller: Caller) -> None:
    """An answer that was stored must not be had with a key alone."""
    talk = await caller.start()
    body = {"step": "applicant", "answers": ADA}
    await keyed(talk, "next", body, "k")
    for token, status in ((None, 401), ("x" * 32, 403)):
        response = await caller.send(
            "POST", f"/runs/{talk.id}/next", token=token, json=body, headers={"Idempotency-Key": "k"}
        )
        assert response.status == status
        assert "Ada" not in await response.text()


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\tb"])
async def test_a_key_that_can_not_be_used(caller: Caller, key: str) -> None:
    """A key that is cut or changed on its way would not be the same when it comes again."""
    response = await begin_as_sent(caller, key)
    assert response.status == 400
    assert await count_runs(caller) == 0


async def test_two_keys_in_one_request(caller: Caller) -> None:
    """Which of them counts nobody could say."""
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    response = await caller.client.post("/api/v1/runs", json=START, headers=headers)
    assert response.status == 400


class Elsewhere(MemoryStore):
    """As if another process had done the very same request a moment before each commit with a key."""

    async def commit(self, change: Change) -> None:
        if change.reply is not None:
            await super().commit(change)
            raise KeyReused
        await super().commit(change)


async def test_the_same_request_was_done_by_another_process() -> None:
    """Two servers behind one address: the later one finds the answer of the earlier, and gives that."""
    async with serving(Elsewhere()) as caller:
        talk = await caller.start()
        response = await keyed(talk, "next", {"step": "applicant", "answers": ADA}, "l")
        assert response.status == 200
        assert response.headers["Idempotent-Replay"] == "true"
        assert (await response.json())["current"]["step"] == "household/1/who"
        response = await begin(caller, "l")
        assert (response.status, response.headers["Idempotent-Replay"]) == (201, "true")
        told = await response.json()
        assert (await caller.send("GET", f"/runs/{told['id']}", token=told["token"])).status == 200


async def test_a_move_that_fails_for_the_caller_stays_a_failure(caller: Caller) -> None:
    """With a key, too, a conflict is told as one."""
    talk = await caller.start()
    response = await keyed(talk, "next", {"step": "elsewhere", "answers": {}}, "m")
    assert (response.status, (await response.json())["type"]) == (409, "urn:wizard:problem:stale-input")


async def test_a_waiting_request_goes_on_when_the_one_before_it_breaks() -> None:
    """An error in one request must not lock its key for ever."""
    async with serving(MemoryStore()) as caller:
        talk = await caller.start()
        body = {"step": "applicant", "answers": ADA}
        with patch.object(caller.engine, "next", side_effect=StaleInput):
            assert (await keyed(talk, "next", body, "n")).status == 409
        assert (await keyed(talk, "next", body, "n")).status == 200


def test_a_seal_opens_with_its_key_only() -> None:
    """The stored answer is worth nothing to whoever has another key."""
    sealed = Identity(CREATION, "hash", b"d", b"key").reply(Answer(201, b'{"id":"r","revision":1}', "r", 1, "token"))
    assert b"token" not in sealed.body
    assert Identity(CREATION, "hash", b"d", b"key").answer(sealed).token == "token"
    with pytest.raises(KeyReused):
        Identity(CREATION, "hash", b"other", b"key").answer(sealed)
    other = Identity(CREATION, "hash", b"d", b"KEY")
    assert other._pad(sealed.body[1:6]) != b"token"
