"""What is PostgreSQL's own in its queue: PgQueuer's tables, notifications, broken rows. The rest is in the contract."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from tests.contract import runs
from tests.contract.runs import creating, turn
from tests.patience import LONG, until
from tests.unit.stores.databases import beside, store, url
from wizard.errors import StoreError
from wizard.model import Run
from wizard.model.job import Claim, Job, JobKind
from wizard.stores import wakening
from wizard.stores.postgres import PostgresStore
from wizard.stores.postgres.queue import PostgresQueue, _Listener, queries, urgency

__all__ = ["beside", "store", "url"]  # fixtures

LEASE = timedelta(seconds=30)


def now() -> datetime:
    return datetime.now(UTC)


def a_run(run_id: str = "run-1") -> Run:
    """One that is stored now: jobs are due so long after that as their turn says."""
    return runs.a_run(run_id, updated_at=now())


def a_job(run: str = "run-1", visit: int = 1, **changes: Any) -> Job:
    return Job(run, JobKind.WORK, visit, now() - timedelta(seconds=0.1))._replace(**changes)


@pytest.fixture
async def other(url: str) -> AsyncIterator[PostgresStore]:
    """Another process's store of the same database."""
    opened = PostgresStore(url, pool_size=2)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def no_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits looks again only where something wakes it."""
    monkeypatch.setattr(wakening, "POLL_SECONDS", 60.0)


async def claimed(store: PostgresStore, wait: float = 0.0) -> list[Claim]:
    return list(await store.queue.claim(now(), 10, LEASE, wait))


def test_the_environment_moves_no_table() -> None:
    """A host that uses PgQueuer for its own work sets these, and our jobs would be looked for among its own."""
    names = {"PGQUEUER_PREFIX": "x", "PGQUEUER_SCHEMA": "other", "QUEUE_TABLE": "mine", "PGQUEUER_CHANNEL": "c"}
    told = "from wizard.stores.postgres.queue import SETTINGS as s; print(s.qualified.queue_table, s.channel)"
    done = subprocess.run(
        [sys.executable, "-c", told], env={**os.environ, **names}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["wizard.pgqueuer", "wizard_jobs"]


def test_the_longer_due_the_more_urgent() -> None:
    """PgQueuer hands out by priority; also for dates far off, which have to fit into its column."""
    moments = [datetime(1, 1, 1, tzinfo=UTC), now(), now() + timedelta(seconds=2), datetime(9999, 1, 1, tzinfo=UTC)]
    found = [urgency(moment) for moment in moments]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 4
    assert all(-(2**31) <= each < 2**31 for each in found)


async def test_pgqueuer_knows_our_jobs(store: PostgresStore, beside: asyncpg.Connection) -> None:
    """Its command line and dashboard show an operator what waits."""
    await store.commit(creating(a_run(), jobs=(a_job(), a_job(visit=2, kind=JobKind.EXPIRE))))
    sizes = await queries(beside).queue_size()
    assert {(each.entrypoint, each.status, each.count) for each in sizes} == {
        ("wizard_work", "queued", 1),
        ("wizard_expire", "queued", 1),
    }
    for claim in await claimed(store):
        await store.queue.done(claim)
    assert await queries(beside).queue_size() == []
    statuses = [row["status"] for row in await beside.fetch("SELECT status::text FROM wizard.pgqueuer_log ORDER BY id")]
    assert statuses == ["queued"] * 2 + ["picked"] * 2 + ["successful"] * 2


async def test_what_is_not_due_is_not_in_the_way(store: PostgresStore, beside: asyncpg.Connection) -> None:
    """A million people who have a month to go on would make every look for work slow."""
    due = a_job(due=now() - timedelta(seconds=1))
    soon, late = (a_job(visit=n, due=now() + timedelta(seconds=n / 10)) for n in (2, 9000))
    await store.commit(creating(a_run(), jobs=(due, soon, late)))
    await asyncio.sleep(0.3)
    assert [claim.job.visit for claim in await claimed(store)] == [1, 2]
    rows = await beside.fetch("SELECT entrypoint, count(*) FROM wizard.pgqueuer GROUP BY 1")
    assert {row["entrypoint"]: row["count"] for row in rows} == {"wizard_work": 2, "wizard_later": 1}


@pytest.mark.usefixtures("no_polling")
async def test_an_order_of_another_process_wakes_who_waits(store: PostgresStore, other: PostgresStore) -> None:
    """A person waits for a worker in another process: a second of polling is a second of theirs."""
    waiting = asyncio.create_task(claimed(store, LONG))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await other.commit(creating(a_run(), jobs=(a_job(),)))
    assert [claim.job.run for claim in await waiting] == ["run-1"]


@pytest.mark.usefixtures("no_polling")
async def test_a_lost_connection_is_listened_to_again(
    store: PostgresStore, other: PostgresStore, beside: asyncpg.Connection
) -> None:
    """After a cut of the network, jobs aren't slower for ever."""
    listening = "FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    waiting = asyncio.create_task(claimed(store, LONG))
    await until(lambda: beside.fetchval(f"SELECT count(*) {listening}"))
    assert await beside.fetchval(f"SELECT count(pg_terminate_backend(pid)) {listening}") == 1
    await until(lambda: beside.fetchval(f"SELECT count(*) {listening}"))
    await other.commit(creating(a_run(), jobs=(a_job(),)))
    assert [claim.job.run for claim in await waiting] == ["run-1"]


async def test_without_a_connection_to_listen_jobs_are_found_by_looking(
    store: PostgresStore, other: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database whose connections are used up hands out jobs all the same."""
    monkeypatch.setattr(wakening, "POLL_SECONDS", 0.05)

    async def refused(pool: Any) -> Any:
        raise ConnectionRefusedError

    monkeypatch.setattr("wizard.stores.postgres.pool.Pool.connect", refused)
    waiting = asyncio.create_task(claimed(store, LONG))
    await asyncio.sleep(0.1)
    await other.commit(creating(a_run(), jobs=(a_job(),)))
    assert [claim.job.run for claim in await waiting] == ["run-1"]


def test_only_new_jobs_wake() -> None:
    """Each job that is done is a change of the table too: looking then would be work for nothing, times the workers."""
    heard: list[int] = []
    listener = _Listener(None, lambda: heard.append(1))  # type: ignore[arg-type]
    for payload in (
        json.dumps({"operation": "delete"}),
        json.dumps([1]),
        "no JSON",
        json.dumps({"operation": "insert"}),
    ):
        listener._notified(None, 1, "wizard_jobs", payload)
    assert len(heard) == 1


async def test_a_job_that_cannot_be_read_keeps_nobody_waiting(
    store: PostgresStore, beside: asyncpg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """One damaged row, or one under a lost key, mustn't stop all background work."""
    message = a_job(kind=JobKind.MESSAGE, payload={"text": "hello"})
    await store.commit(creating(a_run("bad"), jobs=(message._replace(run="bad"),)))
    await store.commit(creating(a_run("good"), jobs=(message._replace(run="good"),)))
    await beside.execute("UPDATE wizard.pgqueuer SET payload = '\\x00' WHERE dedupe_key LIKE 'bad/%'")
    assert [claim.job.run for claim in await claimed(store)] == ["good"]
    assert "A job of the run can't be read" in caplog.text
    assert await claimed(store) == []


async def test_a_job_of_a_kind_that_only_a_newer_version_knows_is_told(
    store: PostgresStore, beside: asyncpg.Connection
) -> None:
    """After a step back to an earlier version such jobs wait, and `wizard jobs` was empty."""
    await store.commit(creating(a_run("new"), jobs=(a_job("new"),)))
    await store.commit(creating(a_run("old"), jobs=(a_job("old"), a_job("old", visit=2, due=now() + LEASE))))
    await beside.execute(
        "UPDATE wizard.pgqueuer SET dedupe_key = 'new/dance/1', entrypoint = 'wizard_dance'"
        " WHERE dedupe_key LIKE 'new/%'"
    )
    assert [claim.job.run for claim in await claimed(store)] == ["old"]
    (told,) = await store.queue.aside()
    assert (told.run, told.kind, told.tries) == ("new", "dance", 0)
    assert "a newer one does them" in told.reason
    assert await store.queue.aside("new") == [told]
    assert await store.queue.aside("old") == []
    assert await store.queue.aside(limit=0) == []


async def test_the_log_of_jobs_does_not_grow_for_ever(store: PostgresStore, beside: asyncpg.Connection) -> None:
    """PgQueuer keeps a line for all that happens; after a year the disk would be full of them."""
    line = "INSERT INTO wizard.pgqueuer_log (created, job_id, status, priority, entrypoint)"
    await beside.execute(line + " SELECT now() - interval '2 hours', n, 'picked', 0, 'x' FROM generate_series(1, 50) n")
    await beside.execute(line + " SELECT now(), n, 'picked', 0, 'x' FROM generate_series(1, 3) n")
    await claimed(store)
    assert await beside.fetchval("SELECT count(*) FROM wizard.pgqueuer_log") == 3


async def test_a_turn_without_jobs_wakes_nobody(store: PostgresStore, beside: asyncpg.Connection) -> None:
    """Notifications of one database stand in one line: turns that have nothing to tell mustn't wait in it."""
    heard: list[object] = []
    await beside.add_listener("wizard_jobs", lambda *told: heard.append(told))
    run = a_run()
    await store.commit(creating(run))
    await store.commit(turn(run))
    await beside.execute("SELECT 1")
    assert heard == []


async def test_a_job_that_is_ordered_amid_a_claim_takes_the_place_of_the_one_that_is_held(
    store: PostgresStore, beside: asyncpg.Connection
) -> None:
    """A worker and a turn meet at one row: the turn waits, and what it orders is there once, for whoever comes next."""
    run = a_run()
    await store.commit(creating(run, jobs=(a_job(),)))
    async with beside.transaction():
        await beside.execute("UPDATE wizard.pgqueuer SET attempts = 1, execute_after = now() + interval '30 seconds'")
        ordering = asyncio.create_task(store.commit(turn(run, jobs=(a_job(payload={"new": 1}),))))
        await asyncio.sleep(0.1)
        assert not ordering.done()
    await ordering
    assert [each.job.payload for each in await claimed(store)] == [{"new": 1}]
    assert await beside.fetchval("SELECT count(*) FROM wizard.pgqueuer") == 1


async def test_a_claim_without_a_database_is_an_error(url: str) -> None:
    """A worker that is told says so in its log, instead of waiting silently."""
    store = PostgresStore(url)
    assert isinstance(store.queue, PostgresQueue)
    with pytest.raises(StoreError, match="isn't open"):
        await claimed(store)
