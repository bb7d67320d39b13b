"""Serving until a signal says stop, in this process; tests/acceptance/test_stopping.py has the rest."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web

from tests.patience import LONG
from wizard.channels.http.health import Stopping, add_health
from wizard.server import serve_until_told
from wizard.stores.memory import MemoryStore


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[tuple[str, asyncio.Task[None]]]:
    """The server's address, and its task; the block has to end it."""
    said: list[str] = []
    task = asyncio.ensure_future(serve_until_told(app, "127.0.0.1", 0, ["talk"], said.append))
    while not said and not task.done():
        await asyncio.sleep(0.01)
    try:
        yield said[0].split(" on ")[1].split(" ")[0], task
    finally:
        await task
    assert said[1:] == ["Stopping"]


def healthy(stopping: Stopping) -> web.Application:
    app = web.Application()
    add_health(app, MemoryStore(), stopping)
    return app


async def test_after_sigterm_a_server_says_so_before_it_refuses_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """A balancer needs a moment to notice; people that it sends meanwhile must not meet a closed door."""
    monkeypatch.setattr("wizard.server.MOMENT", 2.5)
    closed: list[bool] = []
    app = healthy(Stopping(asyncio.Event(), 1.0))

    async def note(app: web.Application) -> None:
        closed.append(True)

    app.on_cleanup.append(note)
    async with serving(app) as (address, task), ClientSession() as session:
        began = time.monotonic()
        os.kill(os.getpid(), signal.SIGTERM)
        async with session.get(f"{address}/readyz", headers={"Connection": "close"}) as answer:
            assert answer.status == 503
        assert not closed
        await task
        assert time.monotonic() - began > 2
    assert closed


async def test_somebody_at_a_keyboard_does_not_wait_for_a_balancer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is pressed by who wants the prompt back."""
    monkeypatch.setattr("wizard.server.MOMENT", 3600.0)
    async with serving(healthy(Stopping(asyncio.Event(), 1.0))) as (_, task):
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(task, LONG)


@pytest.mark.parametrize("make", [lambda: healthy(Stopping(asyncio.Event(), 1.0)), web.Application])
async def test_signals_are_the_processes_own_again(make: Callable[[], web.Application]) -> None:
    """A host that serves for a while and goes on must hear Ctrl-C as before. Any application can be served."""
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    async with serving(make()) as (_, task):
        os.kill(os.getpid(), signal.SIGINT)
        await task
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


async def test_what_asked_to_stop_is_not_only_a_signal() -> None:
    """A host may stop a server by itself."""
    stopping = Stopping(asyncio.Event(), 1.0)
    async with serving(healthy(stopping)) as (_, task):
        stopping.begun.set()
        await task
