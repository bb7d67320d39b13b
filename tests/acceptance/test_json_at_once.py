"""The JSON interface with many at once, other servers, and time going by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.json_caller import ADA, NOON, Caller, opened, serving


@pytest.fixture(params=["memory", "sqlite"])
async def caller(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Caller]:
    async with opened(request.param, tmp_path) as store, serving(store) as caller:
        yield caller


async def test_two_answers_to_one_step(caller: Caller) -> None:
    """Of two tabs one wins, the other is told where the run is now; the same answer twice is one answer."""
    talk = await caller.start()
    await talk.next(ADA)
    now = talk.state
    status, told = await talk.post("next", {"step": "applicant", "answers": {**ADA, "full_name": "Eve"}})
    assert (status, told["type"], told["run"]) == (409, "urn:wizard:problem:stale-input", now)
    assert await talk.post("next", {"step": "applicant", "answers": ADA}) == (200, now)


async def test_a_move_on_an_old_revision(caller: Caller) -> None:
    """Who acts on what they saw an hour ago must look again first."""
    talk = await caller.start()
    old = talk.revision
    await talk.next(ADA)
    now = talk.state
    moves: list[tuple[str, dict[str, Any]]] = [
        ("next", {"step": "household/1/who", "answers": {"name": "Eve"}}),
        ("previous", {}),
        ("change", {"step": "applicant"}),
        ("remove", {"item": "household/1"}),
    ]
    for call, body in moves:
        status, told = await talk.post(call, {**body, "revision": old})
        assert (status, told["type"], told["run"]) == (409, "urn:wizard:problem:stale-input", now)
        status, told = await talk.post(call, body, headers={"If-Match": f'"{old}"'})
        assert (status, told["run"]) == (409, now)
    assert await talk.look() == now


async def test_thirty_at_once(caller: Caller) -> None:
    """S19: one winner per move, however many press the button at the same moment."""
    talk = await caller.start()

    async def submit(number: int) -> int:
        answers = {**ADA, "full_name": f"Ada {number}"}
        response = await talk.send("POST", "/next", json={"step": "applicant", "answers": answers})
        return response.status

    statuses = await asyncio.gather(*(submit(number) for number in range(30)))
    assert sorted(statuses) == [200] + [409] * 29
    state = await talk.look()
    assert (state["revision"], state["current"]["step"]) == (talk.revision, "household/1/who")


async def test_thirty_times_the_same_at_once(caller: Caller) -> None:
    """An impatient person's clicks are one answer: all are told the same, one step is taken."""
    talk = await caller.start("order")
    sent = [talk.send("POST", "/next", json={"step": "item", "answers": {"count": 1}}) for _ in range(30)]
    statuses = {response.status for response in await asyncio.gather(*sent)}
    assert statuses <= {200, 409}
    assert 200 in statuses
    assert caller.till.paid == 1
    assert [line["step"] for line in (await talk.look())["path"]] == ["item", "pay", "note"]


async def test_a_run_goes_on_at_another_server(tmp_path: Path) -> None:
    """After a deployment, or at another machine, everything that was acknowledged is there."""
    async with opened("sqlite", tmp_path) as store, serving(store) as first:
        talk = await first.start()
        await talk.next(ADA)
        before = talk.state
    async with opened("sqlite", tmp_path) as store, serving(store) as second:
        talk.caller = second
        assert await talk.look() == before
        await talk.next({"name": "Byron"})
        assert talk.step == "household/after-1"


async def test_a_run_expires(tmp_path: Path) -> None:
    """Old links must say that it is over, and what to do, instead of going on."""
    now = [NOON]
    async with opened("memory", tmp_path) as store, serving(store, clock=lambda: now[0]) as caller:
        talk = await caller.start()
        tag = f'"{talk.revision}"'
        now[0] += timedelta(days=29)
        state = await talk.look()
        assert (state["status"], state["has_next"], state["has_previous"]) == ("expired", False, False)
        status, told = await talk.post("next", {"step": "applicant", "answers": ADA})
        assert (status, told["type"], told["run"]) == (410, "urn:wizard:problem:run-expired", state)
        assert (await talk.send("GET", headers={"If-None-Match": tag})).status == 200
