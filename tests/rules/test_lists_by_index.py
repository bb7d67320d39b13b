"""Lists of runs read as many rows as they show, however many runs there are."""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.contract.runs import NOW, a_run, creating
from tests.postgres import fresh_database
from wizard.model import RunStatus
from wizard.stores.contract import RunPlace, Store
from wizard.stores.postgres import PostgresStore
from wizard.stores.postgres.pool import Connection
from wizard.stores.sqlite import SqliteStore, reading
from wizard.stores.sqlite.change import UPDATE_RUN
from wizard.stores.sqlite.queue import COUNT, COUNTED

GIVEN: dict[str, Any] = {
    "workflow": "passport",
    "status": RunStatus.FAILED,
    "profile": "ann",
    "session": "s-1",
    "live": True,
    "before": RunPlace(NOW, "run-1"),
}
# Of twenty workflows, in no order; one run in fifty failed.
MANY_RUNS = """
INSERT INTO wizard.runs SELECT (jsonb_populate_record(run, jsonb_build_object(
    'id', 'run-' || n, 'owner', 'profile-' || n,
    'workflow', CASE WHEN n % 20 = 1 THEN 'passport' ELSE 'workflow-' || n % 20 END,
    'status', CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'waiting' END,
    'created_at', run.created_at + (n - 500) * interval '1 second'
))).* FROM wizard.runs run, generate_series(1, 1000) n ORDER BY md5(n::text)"""
BY_INDEX_ONLY = ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin")


def selections() -> Iterator[dict[str, Any]]:
    """Each selection of filters that a list can be asked for: by the command, the JSON interface or a host."""
    names = [name for name in inspect.signature(Store.list_runs).parameters if name not in ("self", "limit")]
    for count in range(len(names) + 1):
        for chosen in combinations(names, count):
            yield {name: GIVEN[name] for name in chosen}


def columns(selection: dict[str, Any]) -> set[str]:
    """What an index of the runs finds by itself; runs of a person or session are few, and found by whose they are."""
    return {"owner"} if is_of_somebody(selection) else selection.keys() & {"workflow", "status"}


def is_of_somebody(selection: dict[str, Any]) -> bool:
    return "profile" in selection or "session" in selection


class Explaining:
    """A connection that keeps the plan of each statement instead of running it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.plan = ""

    def execute(self, text: str, values: tuple[Any, ...]) -> list[Any]:
        steps = self._connection.execute("EXPLAIN QUERY PLAN " + text, values).fetchall()
        self.plan = "\n".join(step[3] for step in steps)
        return []


@pytest.mark.parametrize("selection", [*selections()], ids=lambda each: "+".join(each) or "all")
async def test_sqlite_lists_by_an_index(
    selection: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a million runs three failed: whoever is on call asks for them while people wait for their pages. Nothing is
    sorted either, which would read all before the first is shown."""
    store = SqliteStore(tmp_path / "runs.sqlite")
    await store.open()
    scan, plans = store._scan, []

    async def explained(work: Callable[[Any], Any]) -> Any:
        def explain(connection: sqlite3.Connection) -> Any:
            explaining = Explaining(connection)
            found = work(explaining)
            plans.append(explaining.plan)
            return found

        return await scan(explain)

    monkeypatch.setattr(store, "_scan", explained)
    monkeypatch.setattr(reading, "has_few", lambda *_: False)  # a few are read at once, by the same statement
    await store.list_runs(**selection)
    await store.close()
    (plan,) = plans
    assert "TEMP B-TREE" not in plan
    assert "USING INDEX" in plan or "USING COVERING INDEX" in plan or "USING PRIMARY KEY" in plan
    if wanted := columns(selection):
        assert (
            any(f"{name}=?" in plan for name in wanted)
            if is_of_somebody(selection)
            else all(f"{name}=?" in plan for name in wanted)
        )


async def test_postgresql_lists_by_an_index() -> None:
    """The same there, where a table has enough rows that one index is better than another. What the indexes can't do
    shows as what is switched off."""
    with fresh_database() as url:
        store = PostgresStore(url, pool_size=2)
        await store.open()
        await store.commit(creating(a_run("run", status=RunStatus.FAILED)))
        await store._pool.read(MANY_RUNS)
        await store._pool.read("ANALYZE wizard.runs")
        for selection in selections():
            plan = await _planned(store, selection)
            assert "Seq Scan" not in plan, plan
            assert "Sort" not in plan, plan
            assert "Index" in plan
            conditions = "\n".join(line for line in plan.splitlines() if "Index Cond" in line)
            assert all(f"{name} =" in conditions for name in columns(selection)), plan
        await store.close()


async def _planned(store: PostgresStore, selection: dict[str, Any]) -> str:
    asked: list[tuple[Any, ...]] = []
    read = store._pool.read

    async def heard(text: str, *values: Any, **more: Any) -> list[Any]:
        asked.append((text, *values))
        return []

    store._pool.read = heard  # type: ignore[method-assign]
    await store.list_runs(**selection)
    store._pool.read = read  # type: ignore[method-assign]
    ((text, *values),) = asked

    async def explain(connection: Connection) -> str:
        for each in BY_INDEX_ONLY:
            await connection.execute(f"SET LOCAL enable_{each} = off")
        return "\n".join(row[0] for row in await connection.fetch("EXPLAIN " + text, *values))

    return await store._pool.transact(explain)


async def test_what_waits_is_counted_by_an_index_and_to_an_end(tmp_path: Path) -> None:
    """Each scrape of the metrics counts the jobs: of a million runs that expire some day, no more than 100,000."""
    store = SqliteStore(tmp_path / "runs.sqlite")
    await store.open()
    await store.close()
    connection = sqlite3.connect(tmp_path / "runs.sqlite")
    steps = [step[3] for step in connection.execute("EXPLAIN QUERY PLAN " + COUNT, (1,))]
    connection.close()
    assert [step for step in steps if "jobs" in step and "INDEX" not in step] == []
    assert COUNT.count(f"LIMIT {COUNTED}") == 3


async def test_a_turn_that_leaves_the_status_writes_no_index(tmp_path: Path) -> None:
    """Most turns do: an index that is rewritten with each costs a page in every commit."""
    store = SqliteStore(tmp_path / "runs.sqlite")
    await store.open()
    await store.close()
    connection = sqlite3.connect(tmp_path / "runs.sqlite")
    steps = connection.execute("EXPLAIN " + UPDATE_RUN, (1, 1, None, b"", "run", 1)).fetchall()
    connection.close()
    assert [step[1] for step in steps if step[1] in ("IdxInsert", "IdxDelete")] == []
