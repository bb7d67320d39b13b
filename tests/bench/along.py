"""What requests cost along a run, `next` over JSON and submissions of pages: at its beginning and at step 1,000."""

from __future__ import annotations

import json
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.bench.cases import ANSWERS, loop
from tests.bench.load import Load, Shot, fire, submit
from tests.bench.pages import submissions_of
from tests.bench.served import listening
from wizard.app import make_engine, wizard_app
from wizard.channels.api.preferences import MINIMAL
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.stores.memory import MemoryStore

RUNS, STEPS, ROUNDS = 5, 20, 5
Send = Callable[[int, Sequence[RunView], int], Awaitable[Load]]


@dataclass(frozen=True)
class Along:
    """Microseconds of a request (or submission) at two places of a run, the medians of some rounds, and its bytes."""

    early: float
    late: float
    early_bytes: float
    late_bytes: float

    @property
    def ratio(self) -> float:
        return self.late / self.early


async def along(late: int = 1000) -> dict[str, Along]:
    """With runs in memory, where nothing but the requests costs."""
    return {
        "JSON, return=minimal": await _measured(_minimal, 10, late),
        "JSON, from 300 steps on": await _measured(_whole, 300, late),
        "pages": await _measured(_pages, 10, late),
    }


async def _measured(send: Send, early: int, late: int) -> Along:
    engine = make_engine(loop(), MemoryStore())
    times: dict[int, list[float]] = {early: [], late: []}
    sizes: dict[int, list[float]] = {early: [], late: []}
    try:
        async with listening(wizard_app(engine)) as port:
            for _ in range(ROUNDS):
                for at in (early, late):
                    load = await send(port, [await _standing(engine, at) for _ in range(RUNS)], at)
                    if load.failed:
                        raise RuntimeError(f"{load.failed} requests failed: the figures mean nothing")
                    times[at].append(1e6 / load.rate)
                    sizes[at].append(load.bytes_received / RUNS / STEPS)
    finally:
        await engine.close()
    return Along(*(statistics.median(found[at]) for found in (times, sizes) for at in (early, late)))


async def _standing(engine: Engine, at: int) -> RunView:
    run = await engine.start("loop")
    for _ in range(at - 1):
        await engine.next(run, ANSWERS)
    return run


def _steps(at: int) -> list[str]:
    return ["form" if number == 1 else f"form~{number}" for number in range(at, at + STEPS + 1)]


async def _whole(port: int, runs: Sequence[RunView], at: int, *headers: tuple[str, str]) -> Load:
    shots = []
    for run in runs:
        sent = (("Authorization", f"Bearer {run.token}"), ("Content-Type", "application/json"), *headers)
        for step, _ in pairwise(_steps(at)):
            body = json.dumps({"step": step, "answers": ANSWERS}).encode()
            shots.append(Shot(f"/api/v1/runs/{run.id}/next", body, sent))
    return await fire(port, [shots])


async def _minimal(port: int, runs: Sequence[RunView], at: int) -> Load:
    return await _whole(port, runs, at, ("Prefer", MINIMAL))


async def _pages(port: int, runs: Sequence[RunView], at: int) -> Load:
    return await submit(port, [[each for run in runs for each in submissions_of(run, _steps(at))]])
