"""Runs in memory: never more than there is room for, and never one that is gone."""

from __future__ import annotations

import pytest

from wizard.engine.cache import RunCache
from wizard.engine.sizes import RunSize
from wizard.errors import RunNotFound
from wizard.model import Change, Run
from wizard.testing import make_test_engine

ASKS = {"id": "asks", "nodes": [{"id": "ask", "type": "form", "fields": [{"name": "colour"}]}]}


async def test_the_run_that_was_used_longest_ago_makes_room() -> None:
    """A server that lives for weeks would otherwise hold every run that it ever saw, or read busy ones each time."""
    engine = await make_test_engine(ASKS)
    first, second, third = [(await engine.start("asks")).id for _ in range(3)]
    cache = RunCache(engine.store, size=2)
    for run_id in (first, second, first, third):
        await cache.get(run_id)
    assert [(await cache.get(run_id))[1] for run_id in (third, first)] == [True, True]
    run, cached = await cache.get(second)
    assert (run.id, cached) == (second, False)


async def test_a_large_run_takes_the_place_of_many() -> None:
    """A thousand runs with a megabyte of answers each would take a gigabyte. One that is larger than there is room for
    stays: its next turn needs it."""
    engine = await make_test_engine(ASKS)
    runs = [(await engine.start("asks")).run for _ in range(4)]
    cache = RunCache(engine.store, room=3 * RunSize(runs[0]).total)

    def cached() -> list[bool]:
        return [run.id in cache._runs for run in runs]

    def large(run: Run, size: int) -> Run:
        return run._replace(steps=(run.steps[0]._replace(draft={"colour": "r" * size}),))

    for run in runs:
        cache.remember(Change(run, None))
    assert cached() == [False, True, True, True]
    cache.remember(Change(large(runs[1], 1000), None))
    assert cached() == [False, True, False, True]
    cache.remember(Change(large(runs[0], 1_000_000), None))
    assert cached() == [True, False, False, False]
    cache.remember(Change(runs[2], None))
    assert cached() == [False, False, True, False]
    cache.forget(runs[2].id)
    for run in runs[:3]:
        cache.remember(Change(run, None))
    assert cached() == [True, True, True, False]


async def test_a_run_that_moved_or_went_elsewhere_is_not_shown_as_it_was() -> None:
    """Another process deletes a run, or moves it: what is in memory then shows answers that are gone or changed."""
    engine = await make_test_engine(ASKS)
    view = await engine.start("asks")
    cache = RunCache(engine.store)
    run, _ = await cache.get(view.id)
    assert not await cache.is_old(run)
    await engine.next(view, {"colour": "red"})
    assert await cache.is_old(run)
    run, cached = await cache.get(view.id)
    assert (run.revision, cached) == (view.revision, False)
    await engine.delete(view.id)
    assert await cache.is_old(run)
    for _ in range(2):
        with pytest.raises(RunNotFound):
            await cache.get(view.id)
