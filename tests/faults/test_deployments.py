"""Several processes deploy to one database while others look without pause: whatever is deployed can be served, and all
that was deployed together is seen together."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

import pytest

from tests.contract.test_stages import deed
from tests.drawing import examples
from tests.postgres import connect, fresh_database
from wizard.model.staging import Version
from wizard.stores.contract import Store
from wizard.stores.postgres import PostgresStore
from wizard.stores.postgres import stages as in_postgres
from wizard.stores.sqlite import SqliteStore
from wizard.stores.sqlite import stages as in_sqlite

PROCESSES = 4
DEPLOYMENTS = examples(100)
PAIR = ("main", "other")  # deployed together, one in the middle of which must never be seen

Together = Callable[[list[Version]], Awaitable[None]]  # deploys all of them in one transaction


def version(workflow: str, number: int) -> Version:
    moment = deed().at
    return Version(workflow, number, f"{workflow}-{number}", f"text {number}", moment, "ann", "", number - 1 or None)


def body(version: str) -> bytes:
    """The definition: long enough to take several pages."""
    return version.encode() * 2_000


@asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[tuple[list[Store], Together]]:
    with fresh_database() as url:
        connection = await connect(url)

        async def together(versions: list[Version]) -> None:
            async with connection.transaction():
                for each in versions:
                    await in_postgres.add_version(connection, each, body(each.version), deed(workflow=each.workflow))
                    await asyncio.sleep(0)  # readers look in between

        yield [PostgresStore(url, pool_size=3) for _ in range(PROCESSES)], together
        await connection.close()


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[tuple[list[Store], Together]]:
    with closing(sqlite3.connect(folder / "runs.db", isolation_level=None)) as connection:

        async def together(versions: list[Version]) -> None:
            connection.execute("BEGIN IMMEDIATE")
            for each in versions:
                in_sqlite.add_version(connection, each, body(each.version), deed(workflow=each.workflow))
                await asyncio.sleep(0)
            connection.execute("COMMIT")

        yield [SqliteStore(folder / "runs.db") for _ in range(PROCESSES)], together


class Reader:
    """A process that looks what is deployed, and remembers what it saw."""

    def __init__(self, store: Store, by_stamp: dict[int, dict[str, int]]) -> None:
        self._store = store
        self._by_stamp = by_stamp  # everybody's
        self.seen: list[dict[str, int]] = []

    async def looks(self) -> None:
        stages = self._store.stages
        stamp = await stages.stamp()
        deployed = await stages.deployed()
        numbers = {each.workflow: each.number for each in deployed}
        for each in deployed:
            assert each.version == f"{each.workflow}-{each.number}"
            assert await self._store.definition(each.version) == body(each.version), "can't be served"
        assert len({numbers.get(workflow) for workflow in PAIR}) == 1, f"half of a deployment: {numbers}"
        if stamp == await stages.stamp():
            assert self._by_stamp.setdefault(stamp, numbers) == numbers, "who looks at the stamp would have missed it"
        if not self.seen or self.seen[-1] != numbers:
            assert numbers not in self.seen, f"back to what was deployed before: {numbers} after {self.seen[-1]}"
            self.seen.append(numbers)


@pytest.mark.parametrize("opened", [postgres, sqlite])
async def test_what_is_deployed_is_there_and_is_seen_whole(
    opened: Callable[[Path], AbstractAsyncContextManager[tuple[list[Store], Together]]], tmp_path: Path
) -> None:
    """A server that took over a version without its definition couldn't start a run; one that saw half of what was
    deployed together would start runs of workflows that don't fit each other."""
    async with opened(tmp_path) as (stores, together):
        for store in stores:
            await store.open()
        by_stamp: dict[int, dict[str, int]] = {}
        readers = [Reader(store, by_stamp) for store in stores]
        ended = asyncio.Event()

        async def reads(reader: Reader) -> None:
            while not ended.is_set():
                await reader.looks()
                await asyncio.sleep(0)
            await reader.looks()

        async def deploys() -> None:
            try:
                for number in range(1, DEPLOYMENTS + 1):
                    alone = version("alone", number)
                    store = stores[number % PROCESSES]
                    await together([version(workflow, number) for workflow in PAIR])
                    await store.stages.add_version(alone, body(alone.version), deed(workflow="alone"))
            finally:
                ended.set()

        await asyncio.gather(deploys(), *map(reads, readers))
        last = dict.fromkeys((*PAIR, "alone"), DEPLOYMENTS)
        for reader in readers:
            assert reader.seen[-1] == last
            assert len(reader.seen) > DEPLOYMENTS // 10, "it slept while others deployed"
        assert await stores[0].stages.stamp() == 3 * DEPLOYMENTS
        for store in stores:
            await store.close()
