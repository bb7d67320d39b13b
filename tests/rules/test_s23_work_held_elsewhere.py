"""S23: Next at work that another process holds is a conflict until its lease is over; every channel says so well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.unit.channels.typed import talk
from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.channels.terminal.terminal import Ending
from wizard.engine import Engine
from wizard.model import RunStatus
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore
from wizard.testing import MovableClock, make_test_engine

PAYING: dict[str, Any] = {
    "id": "paying",
    "title": "Pay",
    "nodes": [
        {"id": "ask", "type": "form", "title": "How much?", "fields": [{"name": "francs", "label": "Francs"}]},
        {"id": "pay", "type": "python", "title": "Your payment", "function": "pay"},
        {"id": "done", "type": "end", "title": "It is paid"},
    ],
}


@dataclass
class Two:
    """Two servers on one store. The first one is paying, in the turn of the run's first answer, until `gate` is set;
    the second is asked. `paid` counts payments, by server."""

    second: Engine
    clock: MovableClock
    gate: asyncio.Event
    paid: list[str]
    run: str
    token: str
    turn: asyncio.Task[Any]


@pytest.fixture
async def two() -> AsyncIterator[Two]:
    async with _two() as found:
        yield found


@asynccontextmanager
async def _two() -> AsyncIterator[Two]:
    clock, store, gate, begun, paid = MovableClock(), MemoryStore(), asyncio.Event(), asyncio.Event(), []

    async def pay_here() -> None:
        paid.append("first")
        begun.set()
        await gate.wait()

    async def pay_there() -> None:
        paid.append("second")

    settings = Settings(slow_after=60, jobs=0)
    first, second = [
        await make_test_engine(PAYING, store=store, clock=clock, functions={"pay": pay}, settings=settings)
        for pay in (pay_here, pay_there)
    ]
    view = await first.start("paying")
    assert view.token is not None
    turn = asyncio.create_task(first.next(view.id, {"francs": "5"}))
    await begun.wait()
    yield Two(second, clock, gate, paid, view.id, view.token, turn)
    gate.set()
    await turn
    await first.close()
    await second.close()


async def test_a_program_gets_409_with_the_run_as_it_is(two: Two) -> None:
    """A balancer sends the impatient second request to another server. It mustn't pay again, and is told that the run
    works; what it asked first is answered as before, and Back wins."""
    app = wizard_app(two.second, settings=two.second.settings)
    async with TestClient(TestServer(app), headers={"Authorization": f"Bearer {two.token}"}) as client:
        path = f"/api/v1/runs/{two.run}"
        for body in ({}, {"step": "pay", "answers": {}}):
            async with client.post(f"{path}/next", json=body) as answer:
                told = await answer.json()
                assert (answer.status, told["type"]) == (409, "urn:wizard:problem:stale-input")
                assert (told["run"]["status"], told["run"]["current"]["step"]) == ("working", "pay")
                assert "being worked on" in told["detail"]
        async with client.post(f"{path}/next", json={"step": "ask", "answers": {"francs": "5"}}) as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "working")
        two.clock.move(seconds=29)
        async with client.post(f"{path}/next", json={}) as answer:
            assert answer.status == 409
        assert two.paid == ["first"]
        async with client.post(f"{path}/previous", json={}) as answer:
            assert (answer.status, (await answer.json())["current"]["step"]) == (200, "ask")
    two.gate.set()
    assert (await two.turn).late


async def test_a_page_waits_whichever_server_it_comes_from(two: Two) -> None:
    """The person who reloads, opens the link elsewhere or presses the button once more sees the page that waits, and
    no page about an error."""
    app = wizard_app(two.second, settings=two.second.settings)
    async with visiting(app, f"/r/{two.run}?token={two.token}") as visitor:
        assert (visitor.page.status, visitor.page.heading) == (200, "Your payment")
        assert "continues by itself" in visitor.page.text
        for action in ("next", "save"):
            pairs = visitor.pairs(action)
            await visitor.posts(pairs)
            assert visitor.page.status == 200
            await visitor.opens(f"/r/{two.run}/pay")
            assert visitor.page.heading == "Your payment"
        await visitor.opens(f"/r/{two.run}/ask")
        await visitor.fills(francs="5").presses()  # the same again
        assert (visitor.page.status, visitor.page.heading) == (200, "Your payment")
        assert two.paid == ["first"]
        two.gate.set()
        await two.turn
        await visitor.opens()
        assert visitor.page.heading == "It is paid"


async def test_a_terminal_waits_for_work_that_a_server_does(two: Two) -> None:
    """Who goes on at a terminal while a server pays for them is told so, and sees how it ends."""
    held = asyncio.create_task(talk(two.second, await two.second.load(two.run)))
    await asyncio.sleep(0.05)
    assert not held.done()
    two.gate.set()
    assert (await held).ending is Ending.COMPLETED
    assert two.paid == ["first"]


async def test_after_its_lease_work_is_anybodys(two: Two) -> None:
    """A server that stands still for longer than its lease holds nothing any more, and what it comes up with then is
    thrown away."""
    two.clock.move(seconds=31)
    view = await two.second.next(two.run)
    assert (view.status, view.step) == (RunStatus.COMPLETED, "done")
    two.gate.set()
    assert (await two.turn).late
    assert two.paid == ["first", "second"]
