"""What conversations ask of a database is found by its keys, however many others there are: nothing is looked through
that grows with them."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import asyncpg

from tests.unit.stores.databases import beside, store, url
from wizard.stores.postgres import cells as pgcells
from wizard.stores.postgres import queue as pgqueue
from wizard.stores.postgres import talk as pgtalk
from wizard.stores.postgres.store import PostgresStore
from wizard.stores.sqlite import SqliteStore
from wizard.stores.sqlite import cells as sqlite_cells
from wizard.stores.sqlite import queue as sqlite_queue
from wizard.stores.sqlite import talk as sqlite_talk

__all__ = ["beside", "store", "url"]  # fixtures

# Each with what its rows are found by in an index; a range by both its ends.
OF_SQLITE = {
    sqlite_talk.READ: "run_id=? AND number>?",
    sqlite_talk.FIND: "run_id=? AND id=?",
    sqlite_talk.DELETE: "run_id=?",
    sqlite_cells.READ: "key=?",
    sqlite_cells.CHANGE: "key=?",
    sqlite_cells.DROP: "key=?",
    sqlite_cells.LIST: "key>? AND key<?",
    sqlite_cells.OLD: "until<?",
    sqlite_cells.OF_RUN: "run_id=?",
    sqlite_queue.READ_DUE: "due<?",
    sqlite_queue.TAKE: "key=?",
    sqlite_queue.PUT_OFF: "key=?",
    sqlite_queue.DONE: "key=?",
    sqlite_queue.READ_KEPT: "key=?",
}


async def test_sqlite_finds_what_conversations_ask(tmp_path: Path) -> None:
    """Each message would wait longer, the more conversations there are."""
    path = tmp_path / "runs.db"
    opened = SqliteStore(path)
    await opened.open()
    connection = sqlite3.connect(path)
    try:
        for statement, found_by in OF_SQLITE.items():
            numbers = re.findall(r"\?(\d?)", statement)
            values = [0] * (max(map(int, numbers)) if numbers[0] else len(numbers))
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert not [line for line in plan if "SCAN" in line or "TEMP B-TREE" in line], (statement, plan)
            assert any(f"({found_by})" in line for line in plan), (statement, plan)
    finally:
        connection.close()
        await opened.close()


OF_RUN = "DELETE FROM wizard.cells WHERE run_id = OLD.id AND run_id <> ''"  # the trigger's, see below
OF_POSTGRES = {
    pgtalk.READ: ("run_id", "number"),
    pgtalk.FIND: ("run_id", "id"),
    pgcells.READ: ("key",),
    pgcells.CHANGE: ("key",),
    pgcells.DROP: ("key",),
    pgcells.LIST: ("key", "key"),
    pgcells.OLD: ("until",),
    OF_RUN.replace("OLD.id", "$1"): ("run_id",),
    "DELETE FROM wizard.utterances WHERE run_id = $1": ("run_id",),  # the foreign key's
    pgqueue.RIPEN: ("execute_after",),
    pgqueue.NEXT: ("entrypoint",),
    pgqueue.KEPT: ("dedupe_key",),
    pgqueue.PUT_OFF % "true": ("dedupe_key",),
}
MANY = """
INSERT INTO wizard.runs SELECT 'run-' || n, 'main', 'v', 'waiting', 1, 1, now(), now(), NULL, ''
    FROM generate_series(1, 2000) AS n;
INSERT INTO wizard.utterances SELECT 'run-' || n, said, 'm-' || said, ''
    FROM generate_series(1, 2000) AS n, generate_series(1, 5) AS said;
INSERT INTO wizard.cells SELECT place || n, 1, 'run-' || n, now(), ''
    FROM generate_series(1, 2000) AS n, unnest(ARRAY['code/', 'link/', 'waits/']) AS place;
INSERT INTO wizard.pgqueuer (priority, entrypoint, execute_after, heartbeat, status, dedupe_key)
    SELECT 0, 'wizard_later', now() + n * interval '1 minute', now(), 'queued', 'run-' || n || '/deliver/1'
    FROM generate_series(-5, 2000) AS n;
ANALYZE wizard.runs, wizard.utterances, wizard.cells, wizard.pgqueuer;
"""


async def test_postgres_finds_what_conversations_ask(store: PostgresStore, beside: asyncpg.Connection) -> None:
    """The same, with so many rows that the database itself would rather not look through them."""
    await beside.execute(MANY)
    assert OF_RUN in await beside.fetchval("SELECT prosrc FROM pg_proc WHERE proname = 'drop_cells_of_run'")
    await beside.execute("SET plan_cache_mode = force_generic_plan")  # as for a statement that was prepared long ago
    for number, (statement, found_by) in enumerate(OF_POSTGRES.items()):
        await beside.execute(f"PREPARE plan_{number} AS {statement}")
        nulls = ", ".join(["NULL"] * max(map(int, re.findall(r"\$(\d)", statement)), default=0))
        rows = await beside.fetch(f"EXPLAIN EXECUTE plan_{number}{f'({nulls})' if nulls else ''}")
        plan = "\n".join(row[0] for row in rows)
        assert "Seq Scan" not in plan, (statement, plan)
        conditions = " ".join(re.findall(r"Index Cond: (.*)", plan))
        for column in found_by:
            assert len(re.findall(rf"\b{column}\b", conditions)) >= found_by.count(column), (statement, plan)
