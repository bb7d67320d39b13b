"""Ten thousand conversations in one store: a message costs what it does beside ten, a server starts as soon, and what
operators see comes as fast. `TORTURE=1` only."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pytest

from tests.contract.kinds import KINDS
from tests.drawing import TORTURE
from tests.talks import asking_words
from wizard.channels.conversation.attention import Attention
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.stores.contract import Store
from wizard.testing import make_test_engine

pytestmark = pytest.mark.skipif(not TORTURE, reason="it takes minutes: see `make torture`")
FEW, MANY, WANTED = 10, 10_000, 200
SOON = 1.0  # seconds: it takes a tenth of one at most
ROOM = 150.0  # MB: the cache of runs, whatever there is besides
FORM: dict[str, Any] = {**asking_words("many", 5), "agent": True}


class Crowd:
    """Conversations of one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.talks = engine, Conversations(engine)
        self.runs: list[str] = []

    async def grows(self, to: int) -> None:
        while len(self.runs) < to:
            more = min(16, to - len(self.runs))
            self.runs += [view.id for view in await asyncio.gather(*(self.talks.begin("many") for _ in range(more)))]

    async def cost(self, of: list[str], said: str) -> float:
        """Of one message, in seconds: the median."""
        took = []
        for run in of:
            began = perf_counter()
            assert await self.talks.hear(run, Incoming(f"m {said}", said))
            took.append(perf_counter() - began)
        return median(took)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_message_costs_the_same_beside_ten_thousand_conversations(kind: str, tmp_path: Path) -> None:
    """What is looked through grows by the day: a service that was quick in spring would be slow in autumn."""
    async with AsyncExitStack() as ended:
        store: Store = await ended.enter_async_context(KINDS[kind](tmp_path))
        crowd = Crowd(await make_test_engine(FORM, store=store))
        await crowd.grows(FEW)
        before = await crowd.cost(crowd.runs, "one")
        room = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        await crowd.grows(MANY)
        await asyncio.gather(*(crowd.talks.hear(run, Incoming("w", "agent")) for run in crowd.runs[-WANTED:]))
        await Worker(crowd.engine).perform_due()
        after = await crowd.cost(crowd.runs[FEW : FEW + 200], "one")
        with at_once():
            assert len(await Attention(crowd.engine).listed(WANTED)) == WANTED
        with at_once():
            assert await store.queue.claim(crowd.engine.clock(), 10, timedelta(seconds=1), 0) == []
        with at_once():
            another = Crowd(await make_test_engine(FORM, store=store))
            await another.cost(crowd.runs[500:501], "one")
        assert after < 3 * before + 0.02, (before, after)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 < room + ROOM


@contextmanager
def at_once() -> Iterator[None]:
    """What is done in it takes hardly any time, also where the machine is busy."""
    began = perf_counter()
    yield
    assert perf_counter() - began < SOON
