"""What a run takes in memory is reckoned, and follows what its turns change."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from wizard.engine import Engine
from wizard.engine.sizes import RunSize, memory_of
from wizard.errors import CallerError
from wizard.model import Change
from wizard.model.values import pack, unpack
from wizard.stores.memory import MemoryStore
from wizard.testing import make_test_engine

MAIN = """
id: main
title: Main
nodes:
  - {id: begin, type: form, fields: [{name: way, required: false}]}
  - id: which
    type: condition
    cases: [{when: begin.way == "long", goto: charge}, {goto: pay}]
  - {id: charge, type: python, function: charge, arguments: {way: begin.way}, undo: refund}
  - {id: more, type: form, fields: [{name: text, required: false}]}
  - {id: pay, type: wait, event: paid}
  - {id: more_yet, type: form, fields: [{name: text, required: false}]}
  - {id: late, type: form, fields: [{name: text, required: false}]}
"""


class Watched(MemoryStore):
    """Follows the size of the one run that it holds, and compares it with each commit."""

    size: RunSize | None = None

    async def commit(self, change: Change) -> None:
        await super().commit(change)
        if self.size is None:
            self.size = RunSize(change.run)
        else:
            self.size.follow(change)
        assert self.size.total == RunSize(change.run).total


async def _moves(engine: Engine, run: Any, dice: random.Random) -> None:
    text = "x" * dice.choice((0, 3, 4000))
    moves: list[Callable[[], Any]] = [
        lambda: engine.next(run, {"way": dice.choice(("long", "short"))} if run.step == "begin" else {"text": text}),
        lambda: engine.previous(run, draft={"text": text} if run.step != "begin" else None),
        lambda: engine.change(run, "begin", {"way": dice.choice(("long", "short"))}),
        lambda: engine.event(run, "paid", {"text": text, "many": [{}] * dice.randrange(50)}),
        lambda: engine.amend(run, session={"note": [text, dice.random()]}),
    ]
    try:
        await dice.choice(moves)()
    except CallerError:
        await engine.load(run)


@pytest.mark.parametrize("seed", range(6))
async def test_it_is_the_same_whether_followed_or_reckoned_anew(seed: int) -> None:
    """A size that drifts from turn to turn would empty the cache, or fill the memory."""
    store, dice = Watched(), random.Random(seed)
    calls = {"charge": lambda way: {"charged": 3 * (way or "")}, "refund": lambda way: None}
    engine = await make_test_engine(MAIN, store=store, functions=calls)
    run = await engine.start("main")
    for _ in range(60):
        await _moves(engine, run, dice)
    assert store.size is not None


VALUES: dict[str, Any] = {
    "a long text": {"x": "y" * 100_000},
    "another alphabet": {"x": "\N{GREEK SMALL LETTER ALPHA}" * 50_000},
    "empty lists": {"x": [[] for _ in range(10_000)]},
    "lists in lists": {"x": [[[n]] for n in range(5_000)]},
    "numbers": {"x": [n * 1000 for n in range(20_000)]},
    "exact numbers and dates": {"x": [[Decimal(n), date(2026, 1, 1 + n % 28)] for n in range(2_000)]},
    "many names": {f"name {n}": n for n in range(5_000)},
    "maps": {"x": [{"a": "b", "c": n} for n in range(2_000)]},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_it_is_about_what_the_value_takes(value: Any) -> None:
    """Packed, an empty list is a byte; in memory it is 64. Who sends a megabyte of them would fill 60."""
    stored = pack(value)
    took = min(taken_by(stored) for _ in range(3))  # another thread's work counts as well, and can only add
    assert 0.7 * took < memory_of(unpack(stored)) < 2 * took


def taken_by(stored: bytes) -> int:
    """Bytes of memory that the value takes when it is read."""
    gc.collect()
    tracemalloc.start()
    try:
        there = unpack(stored)
        took, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del there
    return took
