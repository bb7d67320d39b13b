"""Requests a second, the floor's handler and the engine's JSON interface, under the same load."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from tests.bench.cases import ANSWERS, forms
from tests.bench.floor import floor_app
from tests.bench.load import Load, Shot, fire
from wizard.app import make_engine, wizard_app
from wizard.stores.sqlite import SqliteStore

FORMS = 10
NEXTS = FORMS - 1


@dataclass(frozen=True)
class Served:
    """The rates at a number of connections: the floor's durable turn and bare page, and the JSON `next`."""

    connections: int
    floor: Load
    page: Load
    json: Load


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[int]:
    """The port that the application listens on."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def served(folder: Path, connections: int, requests: int) -> Served:
    each = requests // connections
    async with listening(floor_app(folder / "floor.sqlite", connections)) as port:
        shots = [[Shot(f"/run/run-{n}", b"x" * 200)] * each for n in range(connections)]
        floor = await fire(port, shots)
        page = await fire(port, [[Shot("/page", method="GET")] * each for _ in range(connections)])
    return Served(connections, floor, page, await _json(folder, connections, each))


async def _json(folder: Path, connections: int, each: int) -> Load:
    """Every request answers one form of a run that is waiting there: the runs are started before."""
    store = SqliteStore(folder / "json.sqlite")
    await store.open()
    engine = make_engine(forms(FORMS), store)
    try:
        loads = []
        for _ in range(connections):
            shots: list[Shot] = []
            for _ in range(max(1, each // NEXTS)):
                run = await engine.start("forms")
                headers = (("Authorization", f"Bearer {run.token}"), ("Content-Type", "application/json"))
                for form in range(1, FORMS):
                    body = json.dumps({"step": f"form_{form}", "answers": ANSWERS}).encode()
                    shots.append(Shot(f"/api/v1/runs/{run.id}/next", body, headers))
            loads.append(shots)
        async with listening(wizard_app(engine)) as port:
            return await fire(port, loads)
    finally:
        await engine.close()
        await store.close()
