"""The service that effects call: it writes down each call with its Idempotency-Key, in the order they came. Some calls
it answers only after it has called back, with an event that it delivers twice."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from tests.faults.simulated import Deed

CALLS_BACK = "h"  # the step whose calls are answered after the event `booked` was delivered
EVENT_KEY = "the-key-for-events"
MOMENT = 0.3  # seconds


@dataclass
class Call:
    """A call to do something: the effect's key, when it came, by which process, and whether it was refused."""

    run: str
    step: str
    key: str
    at: float
    server: int
    failed: bool = False


@dataclass
class Cause:
    """Why an effect may be begun again: at that time a server was killed, or all (`server` 0): the database died, or
    this machine stood still."""

    at: float
    server: int = 0

    def explains(self, first: Call, second: Call) -> bool:
        """What the dead had sent may be read a moment later. The http node doesn't say which server calls."""
        if self.server and self.server == first.server:
            return self.at <= second.at
        return not (self.server and first.server) and first.at - MOMENT <= self.at <= second.at


@dataclass
class Counterpart:
    """`deeds` are the calls; each may take up to `pause` seconds and fails by chance; those of `held` steps are held
    until the event is set. It calls back to the servers at `ports`; `calls` is the journal of what was begun."""

    pause: float = 0.15
    failing: float = 0.05
    chance: random.Random = field(default_factory=random.Random)
    deeds: list[Deed] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    ports: Sequence[int] = ()
    delivered: int = 0
    delivering: set[asyncio.Task[None]] = field(default_factory=set)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def do(self, request: web.Request) -> web.Response:
        return await self._take("do", request)

    async def undo(self, request: web.Request) -> web.Response:
        return await self._take("undo", request)

    async def _take(self, what: str, request: web.Request) -> web.Response:
        at, body = time.monotonic(), await request.json()
        await asyncio.sleep(self.chance.random() * self.pause / 2)
        self.deeds.append(Deed(what, body["step"], request.headers["Idempotency-Key"], repr(body["x"]), body["run"]))
        call = Call(body["run"], body["step"], self.deeds[-1].key, at, int(body.get("server", 0)))
        if what == "do":
            self.calls.append(call)
        if what == "do" and body["step"] == CALLS_BACK and self.ports:
            await self._call_back(call)
        if body["step"] in self.held:
            self.came.set()
            await self.held[body["step"]].wait()
        await asyncio.sleep(self.chance.random() * self.pause / 2)
        if self.chance.random() < self.failing:
            call.failed = True
            return web.json_response({}, status=503)
        return web.json_response({"x": body["x"]})

    async def _call_back(self, call: Call) -> None:
        """Before it answers, if anybody is there to be told; else afterwards."""
        delivery = asyncio.ensure_future(self._deliver(call))
        self.delivering.add(delivery)
        delivery.add_done_callback(self.delivering.discard)
        await asyncio.wait({delivery}, timeout=0.5)

    async def _deliver(self, call: Call) -> None:
        """Twice, each time until somebody takes it."""
        event = {"name": "booked", "data": {"of": call.step}, "key": call.key}
        headers = {"Authorization": f"Bearer {EVENT_KEY}"}
        left = 2
        async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=10)) as session:
            while left:
                url = f"http://127.0.0.1:{self.chance.choice(self.ports)}/api/v1/runs/{call.run}/events"
                try:
                    async with session.post(url, json=event) as answer:
                        assert answer.status in (200, 409, 503), await answer.text()
                        left -= answer.status != 503
                except (aiohttp.ClientError, TimeoutError):
                    await asyncio.sleep(0.05)
        self.delivered += 2

    def begun_again(self, causes: Iterable[Cause]) -> tuple[int, list[str]]:
        """How many effects were begun again because a lease was lost, and those for which that is no reason."""
        causes, again, unexplained = list(causes), 0, []
        last: dict[str, Call] = {}
        for call in self.calls:
            before, last[call.key] = last.get(call.key), call
            if before is None or before.failed:
                continue
            again += 1
            if not any(each.explains(before, call) for each in causes):
                unexplained.append(f"step {call.step} of run {call.run}: {call.at - before.at:.2f} s later")
        return again, unexplained


@asynccontextmanager
async def counterpart(failing: float = 0.05, seed: int | None = None) -> AsyncIterator[Counterpart]:
    """One that listens."""
    found = Counterpart(failing=failing, chance=random.Random(seed))
    app = web.Application()
    app.add_routes([web.post("/do", found.do), web.post("/undo", found.undo)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        for each in found.held.values():
            each.set()
        await runner.cleanup()
