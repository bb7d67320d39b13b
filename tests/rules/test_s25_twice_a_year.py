"""Twice a year: everything that goes by time, while the clocks are put forward and back (S25).

Each case begins some minutes before or after a change, in zones of three continents, one of which changes by half an
hour; what lasts two hours isn't over a second before, and is a second after. `TORTURE=1` begins every ten minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from tests.drawing import TORTURE
from tests.moved import KINDS, World, world
from wizard.app import make_engine
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.model import Reply, RunStatus
from wizard.model.instants import resolve
from wizard.model.job import Job, JobKind
from wizard.node import Registry
from wizard.settings import Settings

CHANGES = {
    "Zurich, spring": ("Europe/Zurich", "2026-03-29T01:00Z"),
    "Zurich, autumn": ("Europe/Zurich", "2026-10-25T01:00Z"),
    "New York, spring": ("America/New_York", "2026-03-08T07:00Z"),
    "New York, autumn": ("America/New_York", "2026-11-01T06:00Z"),
    "Lord Howe, autumn": ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    "Lord Howe, spring": ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
}
OFTEN, BEFORE, TWICE = range(-150, 121, 10), -20, 10  # minutes from the change; 10 after it come for the second time
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
END = {"id": "m", "type": "message", "title": "over"}
ASK = {"type": "form", "fields": [{"name": "x"}]}

# What is begun, and how long after that it is over.
LASTING: dict[str, tuple[dict[str, Any], timedelta]] = {
    "for_20m": ({"nodes": [{"id": "w", "type": "wait", "for": "20m"}, END]}, timedelta(minutes=20)),
    "for_2h": ({"nodes": [{"id": "w", "type": "wait", "for": "2h"}, END]}, timedelta(hours=2)),
    "for_1d": ({"nodes": [{"id": "w", "type": "wait", "for": "1d"}, END]}, DAY),
    "event_45m": ({"nodes": [{"id": "w", "type": "wait", "event": "x", "for": "45m"}, END]}, timedelta(minutes=45)),
    "remind_50m": (
        {"nodes": [{"id": "f", **ASK, "remind_after": {"after": "50m", "goto": "m"}}, END]},
        timedelta(minutes=50),
    ),
    "expire_form_40m": ({"nodes": [{"id": "f", **ASK, "expires_after": "40m"}, END]}, timedelta(minutes=40)),
    "expire_run_90m": ({"expires_after": "90m", "nodes": [{"id": "f", **ASK}]}, timedelta(minutes=90)),
    "expire_run_1d": ({"expires_after": "1d", "nodes": [{"id": "f", **ASK}]}, DAY),
}


def in_engine(made: World, *documents: dict[str, Any], **more: Any) -> Engine:
    catalog = Catalog.from_documents(list(documents), Registry.installed())
    return make_engine(catalog, made.store, more.pop("settings", None), more.pop("functions", None), clock=made.clock)


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> tuple[ZoneInfo, datetime]:
    """A zone, and the instant at which its clocks are changed."""
    name, at = CHANGES[request.param]
    zone, instant = ZoneInfo(name), datetime.fromisoformat(at).astimezone(UTC)
    assert shift_of((zone, instant)), "the clocks aren't changed then"
    return zone, instant


@pytest.fixture(params=KINDS)
def worlds(request: pytest.FixtureRequest, tmp_path: Path, change: tuple[ZoneInfo, datetime]) -> Worlds:
    """A storage, opened at each of some minutes from the change."""
    zone, instant = change
    back = shift_of(change) < timedelta(0)
    starts = OFTEN if TORTURE else (BEFORE, TWICE) if request.param == "memory" else (TWICE if back else BEFORE,)

    @asynccontextmanager
    async def opened(minutes: int) -> AsyncIterator[World]:
        async with world(request.param, tmp_path, instant + timedelta(minutes=minutes), zone) as made:
            yield made

    return Worlds(starts, opened)


class Worlds(NamedTuple):
    starts: Sequence[int]
    at: Callable[[int], AbstractAsyncContextManager[World]]


def shift_of(change: tuple[ZoneInfo, datetime]) -> timedelta:
    """By how much the clocks are put forward."""
    zone, instant = change
    before, after = ((instant + each).astimezone(zone).utcoffset() for each in (-SECOND, timedelta(0)))
    assert before is not None
    assert after is not None
    return after - before


def is_over(run: RunView) -> bool:
    return run.status is RunStatus.EXPIRED or run.step == "m"


def moments() -> Iterator[timedelta]:
    """A second before and after each end."""
    for lasts in sorted({lasts for _, lasts in LASTING.values()}):
        yield from (lasts - SECOND, lasts + SECOND)


async def test_what_lasts_two_hours_lasts_two_hours(worlds: Worlds) -> None:
    """Waits, reminders and expiry: else in spring a two hours' wait is over after one, and in autumn three."""
    for minutes in worlds.starts:
        async with worlds.at(minutes) as made:
            engine = in_engine(made, *({"id": name, **document} for name, (document, _) in LASTING.items()))
            began = made.now
            runs = {name: await engine.start(name) for name in LASTING}
            for passed in moments():
                await made.comes_to(began + passed)
                await Worker(engine).perform_due()
                for name, run in runs.items():
                    engine.forget(run.id)
                    await engine.load(run)
                    assert is_over(run) == (passed > LASTING[name][1]), f"{name} from {minutes}, {passed} later"
            await engine.close()


async def test_a_claim_is_held_for_its_lease(worlds: Worlds) -> None:
    """Else two workers do one payment: a lease that ends in the past is none."""
    for minutes in worlds.starts:
        async with worlds.at(minutes) as made:
            slow = {"id": "p", "type": "python", "function": "pay", "slow": True}
            engine = in_engine(made, {"id": "w", "nodes": [slow, END]}, functions={"pay": lambda: {}})
            run, queue, lease = await engine.start("w"), made.store.queue, timedelta(seconds=30)
            await made.passes(seconds=1)
            (claim,) = await queue.claim(engine.clock(), 5, lease, 0)
            assert claim.job.key == Job(run.id, JobKind.WORK, claim.job.visit, made.now).key
            await made.passes(seconds=29)
            assert await queue.claim(engine.clock(), 5, lease, 0) == []
            assert await queue.put_off(claim, engine.clock(), engine.clock() + lease), "it is renewed"
            await made.passes(seconds=29)
            assert await queue.claim(engine.clock(), 5, lease, 0) == []
            await made.passes(seconds=2)
            (again,) = await queue.claim(engine.clock(), 5, lease, 0)
            assert again.tries == 2
            await engine.close()


async def test_work_under_way_is_begun_once(worlds: Worlds) -> None:
    """Two processes on one store: the second one leaves what the first one works at alone while its lease lasts."""
    gate, begun, calls = asyncio.Event(), asyncio.Event(), 0

    async def pay() -> dict[str, Any]:
        nonlocal calls
        calls += 1
        begun.set()
        await gate.wait()
        return {"ok": 1}

    document = {"id": "w", "nodes": [{"id": "p", "type": "python", "function": "pay"}, END]}
    for minutes in worlds.starts:
        gate.clear()
        begun.clear()
        calls = 0
        async with worlds.at(minutes) as made:
            settings = Settings(slow_after=0.01, lease=30)
            first, second = (in_engine(made, document, functions={"pay": pay}, settings=settings) for _ in range(2))
            run = await first.start("w")
            await begun.wait()
            await made.passes(seconds=28)
            assert await Worker(second).perform_due() == 0
            gate.set()
            for _ in range(200):
                if (await second.load(run.id)).step == "m":
                    break
                await asyncio.sleep(0.01)
            assert (calls, (await second.load(run.id)).step) == (1, "m")
            await first.close()
            await second.close()


async def test_data_is_kept_and_deleted_by_the_hour(worlds: Worlds) -> None:
    """Retention: a run's data goes a day after its end, replies after the settings' days, neither earlier."""
    document = {"id": "w", "delete_after": "1d", "nodes": [END]}
    for minutes in worlds.starts:
        async with worlds.at(minutes) as made:
            engine = in_engine(made, document, settings=Settings(keep_replies=1))
            respond = lambda view: Reply("", "key", b"digest", 201, b"body")  # noqa: E731
            run, began = await engine.start("w", respond=respond), made.now
            await engine.next(run)
            await made.comes_to(began + DAY - SECOND)
            await _a_worker_works(engine)
            assert await made.store.load(run.id) is not None
            assert await made.store.reply("", "key") is not None
            await made.comes_to(began + DAY + SECOND)
            assert await made.store.prune(engine.clock() - DAY) == 1
            await Worker(engine).perform_due()
            assert await made.store.load(run.id) is None
            await engine.close()


async def _a_worker_works(engine: Engine) -> None:
    """For one look, and its housekeeping."""
    worker = Worker(engine, idle=0.0)
    running = asyncio.ensure_future(worker.run())
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(running), 0.05)
    await worker.stop(5)
    await running


async def test_a_time_of_the_clock_is_resolved_by_the_rule(change: tuple[ZoneInfo, datetime], tmp_path: Path) -> None:
    """`until: 02:30` on the night without it, and on the one with two: neither skipped nor an hour late."""
    zone, instant = change
    wall = (instant - SECOND).astimezone(zone).replace(tzinfo=None) + SECOND  # what the clocks would have come to
    if shift_of(change) > timedelta(0):  # a quarter of an hour into what is missing: so long after the change
        asked, meant = wall + timedelta(minutes=15), instant + timedelta(minutes=15)
    else:  # a quarter of an hour before the change, for the first time
        asked, meant = wall - timedelta(minutes=15), instant - timedelta(minutes=15)
    assert resolve(asked, zone) == meant
    async with world("memory", tmp_path, instant - timedelta(hours=3), zone) as made:
        until = {"id": "w", "type": "wait", "until": asked.isoformat()}
        engine = in_engine(made, {"id": "u", "nodes": [until, END]})
        run = await engine.start("u")
        for at, over in ((meant - SECOND, False), (meant, True)):
            await made.comes_to(at)
            await Worker(engine).perform_due()
            assert is_over(await engine.load(run)) is over
