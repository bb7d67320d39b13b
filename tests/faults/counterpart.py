"""The service that effects call: it writes down each call with its Idempotency-Key, in the order they came."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.faults.simulated import Deed


@dataclass
class Counterpart:
    """`deeds` are the calls; each may take up to `pause` seconds and fails by chance; those of `held` steps are held
    until the event is set."""

    pause: float = 0.15
    failing: float = 0.05
    chance: random.Random = field(default_factory=random.Random)
    deeds: list[Deed] = field(default_factory=list)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def do(self, request: web.Request) -> web.Response:
        return await self._take("do", request)

    async def undo(self, request: web.Request) -> web.Response:
        return await self._take("undo", request)

    async def _take(self, what: str, request: web.Request) -> web.Response:
        body = await request.json()
        await asyncio.sleep(self.chance.random() * self.pause / 2)
        self.deeds.append(Deed(what, body["step"], request.headers["Idempotency-Key"], repr(body["x"]), body["run"]))
        if body["step"] in self.held:
            self.came.set()
            await self.held[body["step"]].wait()
        await asyncio.sleep(self.chance.random() * self.pause / 2)
        if self.chance.random() < self.failing:
            return web.json_response({}, status=503)
        return web.json_response({"x": body["x"]})


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
