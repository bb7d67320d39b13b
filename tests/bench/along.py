"""What requests cost along a run, `next` over JSON and submissions of pages: at its beginning and at step 1,000.

A machine's speed may change by a third from one second to the next, so requests to young runs and to old ones take
turns, and it is the medians of each that are compared.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from tests.bench.cases import ANSWERS, loop, standing
from tests.bench.load import Answered, Load, Shot, fire, submit
from tests.bench.pages import submissions_of
from tests.bench.served import listening
from wizard.app import make_engine, wizard_app
from wizard.channels.api.preferences import MINIMAL
from wizard.engine.view import RunView
from wizard.stores.memory import MemoryStore

RUNS, STEPS = 10, 40
Item = TypeVar("Item")


@dataclass(frozen=True)
class Along:
    """Microseconds of a request (or submission) at two places of a run, medians, and its bytes."""

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
        "JSON, return=minimal": await _measured(_minimal, fire, 10, late),
        "JSON, from 300 steps on": await _measured(_whole, fire, 300, late),
        "pages": await _measured(submissions_of, submit, 10, late),
    }


async def _measured(
    ask: Callable[[RunView, Sequence[str], int], Sequence[Item]],
    send: Callable[[int, Sequence[Sequence[Item]]], Awaitable[Load]],
    early: int,
    late: int,
) -> Along:
    """Sends what `ask` makes of a run that stands at the first of some steps, to a young run and an old one in turn.
    The third argument of `ask` is the run's lane of the connection."""
    engine = make_engine(loop(), MemoryStore())
    items: list[Item] = []
    try:
        async with listening(wizard_app(engine)) as port:
            for _ in range(RUNS):
                pair = [ask(await standing(engine, at), _steps(at), lane) for lane, at in enumerate((early, late))]
                items += [item for both in zip(*pair, strict=True) for item in both]
            load = await send(port, [items])
    finally:
        await engine.close()
    if load.failed:
        raise RuntimeError(f"{load.failed} requests failed: the figures mean nothing")
    young, old = load.answers[::2], load.answers[1::2]
    return Along(_microseconds(young), _microseconds(old), _bytes(young), _bytes(old))


def _microseconds(answers: Sequence[Answered]) -> float:
    return 1e6 * statistics.median(answered.seconds for answered in answers)


def _bytes(answers: Sequence[Answered]) -> float:
    return statistics.median(answered.size for answered in answers)


def _steps(at: int) -> list[str]:
    return ["form" if number == 1 else f"form~{number}" for number in range(at, at + STEPS + 1)]


def _whole(run: RunView, steps: Sequence[str], _: int, *headers: tuple[str, str]) -> list[Shot]:
    sent = (("Authorization", f"Bearer {run.token}"), ("Content-Type", "application/json"), *headers)
    bodies = [json.dumps({"step": step, "answers": ANSWERS}).encode() for step, _ in pairwise(steps)]
    return [Shot(f"/api/v1/runs/{run.id}/next", body, sent) for body in bodies]


def _minimal(run: RunView, steps: Sequence[str], lane: int) -> list[Shot]:
    return _whole(run, steps, lane, ("Prefer", MINIMAL))
