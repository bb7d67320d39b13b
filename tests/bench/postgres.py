"""A turn with PostgreSQL beside the bare compare-and-swap: the same pool, the same settings, sixteen at a time."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgpack

from tests.bench import floor
from tests.bench.cases import ANSWERS, loop
from tests.bench.turns import Growth, growth
from tests.postgres import Server
from wizard.engine import Engine
from wizard.model import Change, Entry, Kind, Run, RunStatus, Step, StepStatus
from wizard.stores.postgres import PostgresStore
from wizard.stores.postgres.pool import Pool

AT_ONCE = 16
JOURNAL = msgpack.packb(ANSWERS)
TABLES = """CREATE SCHEMA IF NOT EXISTS bare;
CREATE TABLE IF NOT EXISTS bare.run (id text PRIMARY KEY, revision bigint NOT NULL, body bytea NOT NULL)
    WITH (fillfactor = 70);
CREATE TABLE IF NOT EXISTS bare.journal (run text NOT NULL, revision bigint NOT NULL, body bytea NOT NULL,
    PRIMARY KEY (run, revision))"""
SWAP = "UPDATE bare.run SET revision = revision + 1, body = $3 WHERE id = $1 AND revision = $2"
INSERT = "INSERT INTO bare.journal VALUES ($1, $2, $3)"


@dataclass(frozen=True)
class Rates:
    """Turns a second, sixteen at a time, each the median of its rounds; and what the rounds' ratios to the bare
    transaction are in the middle."""

    bare: float
    commit: float
    engine: float
    commit_ratio: float
    engine_ratio: float


async def _rate(people: Sequence[Callable[[], Awaitable[int]]]) -> float:
    """Turns a second where each of the people makes turns until done, and says how many."""
    began = time.perf_counter()
    turns = await asyncio.gather(*(person() for person in people))
    return sum(turns) / (time.perf_counter() - began)


async def _bare(pool: Pool, turns: int) -> float:
    async def person(run: str) -> int:
        await pool.write("INSERT INTO bare.run VALUES ($1, 0, $2)", run, floor.BODY)
        for revision in range(turns):

            async def turn(connection: Any, revision: int = revision) -> None:
                assert await connection.execute(SWAP, run, revision, floor.BODY) == "UPDATE 1"
                await connection.execute(INSERT, run, revision, JOURNAL)

            await pool.transact(turn)
        return turns

    stamp = time.monotonic_ns()
    return await _rate([lambda n=n: person(f"{stamp}-{n}") for n in range(AT_ONCE)])  # type: ignore[misc]


def _changed(run: Run, number: int) -> Change:
    step = Step(f"form_{number}", f"form_{number}", "form", Kind.FOREGROUND, number, number, StepStatus.DONE, ANSWERS)
    after = run._replace(revision=run.revision + 1, steps=(*run.steps, step), cursor=number - 1, visits=number)
    return Change(after, run.revision, written=(step,), entries=(Entry("accepted", step.path),))


async def _commits(store: PostgresStore, turns: int) -> float:
    async def person(name: str) -> int:
        now = datetime.now(UTC)
        run = Run(name, "loop", "v1", 1, RunStatus.WAITING, now, now)
        await store.commit(Change(run, None))
        for number in range(1, turns + 1):
            change = _changed(run, number)
            await store.commit(change)
            run = change.run
        return turns

    stamp = time.monotonic_ns()
    return await _rate([lambda n=n: person(f"{stamp}-{n}") for n in range(AT_ONCE)])  # type: ignore[misc]


async def engine_rate(store: PostgresStore, turns: int) -> float:
    """`next` of a three-field form, a second; the runs are there before."""
    engine = Engine(loop(), store)
    runs = [await engine.start("loop") for _ in range(AT_ONCE)]

    async def person(run: Any) -> int:
        for _ in range(turns):
            await engine.next(run, ANSWERS)
        return turns

    return await _rate([lambda run=run: person(run) for run in runs])  # type: ignore[misc]


async def rates(url: str, rounds: int = 3, turns: int = 60) -> Rates:
    store = PostgresStore(url, pool_size=AT_ONCE)
    await store.open()
    raw = Pool(url, AT_ONCE)
    await raw.open()
    found: list[tuple[float, float, float]] = []
    try:
        await raw.prepare(lambda connection: connection.execute(TABLES))
        for _ in range(rounds + 1):
            found.append((await _bare(raw, turns), await _commits(store, turns), await engine_rate(store, turns)))
    finally:
        await raw.close()
        await store.close()
    found = found[1:]  # the first one made the connections
    bare, commit, engine = (statistics.median(each) for each in zip(*found, strict=True))
    ratios = [(each[1] / each[0], each[2] / each[0]) for each in found]
    return Rates(bare, commit, engine, *(statistics.median(each) for each in zip(*ratios, strict=True)))


async def grown(url: str) -> Growth:
    store = PostgresStore(url, pool_size=AT_ONCE)
    await store.open()
    try:
        return await growth(store, loop(), runs=1)
    finally:
        await store.close()


async def by_processes(url: str, count: int, turns: int = 100) -> float:
    """Turns a second of so many processes on one database, together."""
    command = [sys.executable, "-m", "tests.bench.postgres", url, str(turns)]
    started = [await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE) for _ in range(count)]
    return sum([float((await each.communicate())[0]) for each in started])


async def _one_process(url: str, turns: int) -> None:
    store = PostgresStore(url, pool_size=AT_ONCE)
    await store.open()
    await engine_rate(store, AT_ONCE)
    print(await engine_rate(store, turns))
    await store.close()


@dataclass(frozen=True)
class Found:
    rates: Rates
    growth: Growth
    one: float
    two: float


async def measured() -> Found:
    """With a server of its own that waits for the disk, as the bench's SQLite does."""
    server = Server(durable=True)
    try:
        server.start()
        url = server.empty()
        found = await rates(url)
        return Found(found, await grown(url), await by_processes(url, 1), await by_processes(url, 2))
    finally:
        server.remove()


if __name__ == "__main__":
    asyncio.run(_one_process(sys.argv[1], int(sys.argv[2])))
