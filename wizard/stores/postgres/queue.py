"""The queue of a PostgreSQL store: PgQueuer's table, with its locking, its order and its notifications.

A job is a row of PgQueuer's: its kind is the entrypoint once it is due, its key the dedupe key, its due time and its
lease are `execute_after`, by the database's clock, its tries the `attempts`, counted up with each claim and so for
workers that died as well. A job that is ordered anew gets a new row, so id and attempts tell all claims apart.
PgQueuer's own lease is a time since the last heartbeat, the same for all; it is set to nothing.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

from wizard.errors import SettingsError, StoreError
from wizard.model.backoff import pause_after
from wizard.model.instants import after
from wizard.model.job import MOST_TRIES, Aside, Claim, Job, JobKind
from wizard.model.nesting import load_json
from wizard.stores.blobs import records
from wizard.stores.blobs.formats import MISSHAPEN, unreadable
from wizard.stores.blobs.vault import Vault
from wizard.stores.postgres.pool import Connection, Pool
from wizard.stores.postgres.values import decoded, encoded
from wizard.stores.wakening import Wakening

try:
    from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
    from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
    from pgqueuer.adapters.persistence.queries import Queries
    from pgqueuer.domain.settings import DBSettings, Durability
    from pgqueuer.domain.types import Channel, QueueEntrypoint, QueueManagerId
    from pgqueuer.ports.repository import EntrypointExecutionParameter
except ImportError as error:  # pragma: no cover - the extra is there wherever tests run
    raise SettingsError(f"PostgreSQL needs more libraries ({error}). Run: pip install wizard[postgres]") from error

log = logging.getLogger("wizard.queue")

# All names are said here, so that PGQUEUER_… of the environment, meant for a queue of the host's own, move nothing.
# The log of jobs needn't outlive a crash, and costs less so.
SETTINGS = DBSettings(
    prefix="",
    db_schema="wizard",
    channel=Channel("wizard_jobs"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.balanced,
    widen_id=True,
)
TABLE, LOG = SETTINGS.qualified.queue_table, SETTINGS.qualified.queue_table_log
Entrypoints = dict[QueueEntrypoint, EntrypointExecutionParameter]
ENTRYPOINTS: Entrypoints = {
    QueueEntrypoint(f"wizard_{kind.value}"): EntrypointExecutionParameter(0) for kind in JobKind
}

# PgQueuer walks along all jobs of an entrypoint, in the order of their priorities, to those that are due: a million
# timers that aren't would be in its way at every look. So jobs wait under an entrypoint of their own until they are.
LATER = "wizard_later"
ASIDE = "wizard_aside"  # failed too often: an operator's
UNKNOWN = "this version of the program knows no jobs of this kind; a newer one does them"

# S608: what is put into these texts are our own names.
THERE = "status IN ('queued', 'picked')"  # what PgQueuer's index on the dedupe key covers
RIPEN = f"""UPDATE {TABLE} SET entrypoint = 'wizard_' || split_part(dedupe_key, '/', -2) WHERE id = ANY (ARRAY(
    SELECT id FROM {TABLE} WHERE entrypoint = '{LATER}' AND status = 'queued' AND execute_after < now()
    ORDER BY execute_after LIMIT $1 FOR UPDATE SKIP LOCKED))"""  # noqa: S608
NEXT = f"""SELECT least(execute_after, now() + interval '1 day') - now() FROM {TABLE}
    WHERE entrypoint = '{LATER}' AND status = 'queued' ORDER BY execute_after LIMIT 1"""  # noqa: S608
# PgQueuer's priority, the highest first: so that the job that has been due for longest is claimed first.
URGENCY = """greatest(least(trunc(extract(epoch FROM timestamptz '2060-01-01 00:00:00+00' - %s)), 2147483647),
    -2147483648)::int"""
THEN = "now() + $3::interval"
LEASE = f"""UPDATE {TABLE} SET attempts = attempts + 1, execute_after = $2, priority = {URGENCY % "$2::timestamptz"}
    WHERE id = ANY ($1::bigint[]) RETURNING id, attempts, dedupe_key"""  # noqa: S608
PUT_OFF = f"""UPDATE {TABLE} SET status = 'queued', entrypoint = '{LATER}', queue_manager_id = NULL,
    execute_after = {THEN}, priority = {URGENCY % f"({THEN})"}, heartbeat = now(), updated = now()
    WHERE {THERE} AND dedupe_key = $1 AND attempts = $2 AND %s RETURNING id"""  # noqa: S608
# As PgQueuer does it, but only for the latest claim.
DONE = f"""WITH gone AS (DELETE FROM {TABLE} WHERE {THERE} AND dedupe_key = $1 AND attempts = $2 AND %s
    RETURNING id, entrypoint, priority)
    INSERT INTO {LOG} (job_id, status, entrypoint, priority) SELECT id, 'successful', entrypoint, priority FROM gone"""  # noqa: S608
KEPT = f"SELECT FROM {TABLE} WHERE {THERE} AND dedupe_key = $1 AND execute_after > now()"
# It counts as due since for ever.
PUT_ASIDE = f"""UPDATE {TABLE} SET status = 'queued', entrypoint = '{ASIDE}', queue_manager_id = NULL,
    execute_after = to_timestamp(0), updated = now(), headers = jsonb_build_object('reason', $4::text)
    WHERE {THERE} AND dedupe_key = $1 AND attempts = $2 AND id = $3 RETURNING id"""  # noqa: S608
# A kind that only a newer version knows is never made ready for this one, and waits for that.
READ_UNKNOWN = f"""SELECT dedupe_key, attempts, execute_after AS updated, '{UNKNOWN}' AS reason FROM {TABLE}
    WHERE entrypoint <> ALL ($3) AND execute_after < now()
    AND ($1::text IS NULL OR (dedupe_key ~>=~ ($1 || '/') AND dedupe_key ~<~ ($1 || '0')))
    ORDER BY execute_after, dedupe_key LIMIT $2"""  # noqa: S608
READ_ASIDE = f"""SELECT dedupe_key, attempts, updated, headers ->> 'reason' AS reason FROM {TABLE}
    WHERE entrypoint = '{ASIDE}' AND ($1::text IS NULL OR (dedupe_key ~>=~ ($1 || '/') AND dedupe_key ~<~ ($1 || '0')))
    ORDER BY updated, dedupe_key LIMIT $2"""  # noqa: S608
PUT_BACK = f"""UPDATE {TABLE} SET entrypoint = '{LATER}', attempts = 0, headers = NULL, execute_after = now(),
    priority = {URGENCY % "now()"} WHERE entrypoint = '{ASIDE}'
    AND dedupe_key ~>=~ ($1 || '/') AND dedupe_key ~<~ ($1 || '0') RETURNING id"""  # noqa: S608
HELD, UNCLAIMED = "id = $%d", "$%d::bigint IS NULL"
COUNT = f"""SELECT
    (SELECT count(*) FROM (SELECT FROM {TABLE} WHERE {THERE} AND execute_after <= now() AND entrypoint <> '{ASIDE}'
        LIMIT $1) AS a) AS due,
    (SELECT count(*) FROM (SELECT FROM {TABLE} WHERE {THERE} AND execute_after > now() LIMIT $1) AS b) AS later,
    (SELECT count(*) FROM (SELECT FROM {TABLE} WHERE entrypoint = '{ASIDE}' LIMIT $1) AS c) AS aside"""  # noqa: S608
FORGET_LOG = f"""DELETE FROM {LOG} WHERE id = ANY (ARRAY(
    SELECT id FROM {LOG} WHERE created < now() - $1::interval ORDER BY created LIMIT $2))"""  # noqa: S608

LOG_KEPT = timedelta(hours=1)  # what PgQueuer wrote of jobs, for whoever looks at its dashboard
LOG_CHECKED = timedelta(minutes=1)
RIPENED = 500  # jobs that are made ready at one look
LOG_ROWS = 20_000  # deleted at once
NOTHING = timedelta(0)
COUNTED = 100_000  # jobs that are counted; beyond, more is as good as any number
MIDDLE = datetime(2060, 1, 1, tzinfo=UTC)  # what URGENCY counts from


def _parts(key: str) -> tuple[str, str, str]:
    """Run, kind and visit of a job's key, empty where it isn't one of ours."""
    run, kind, visit, *_ = [*decoded(key).rsplit("/", 2), "", ""]
    return run, kind, visit


def urgency(due: datetime) -> int:
    """URGENCY of a time of the database's clock."""
    return max(min(int((MIDDLE - due).total_seconds()), 2**31 - 1), -(2**31))


def queries(connection: Connection) -> Queries:
    """PgQueuer's statements on one connection, with our names."""
    builders = (QueryBuilderEnvironment(SETTINGS), QueryQueueBuilder(SETTINGS), QuerySchedulerBuilder(SETTINGS))
    return Queries(AsyncpgDriver(connection), *builders)


class Order(NamedTuple):
    """A job, ready to be stored, which is due so long after it is ordered."""

    kind: str
    payload: bytes
    pause: timedelta
    key: str


def packed(vault: Vault, jobs: Iterable[Job], now: datetime) -> list[Order]:
    """What is ordered when it is `now` for whoever orders. Raises InvalidInput where a payload can't be stored."""
    jobs_by_key = {job.key: job for job in jobs}  # PgQueuer refuses two of one key
    return [
        Order(f"wizard_{job.kind.value}", records.payload_body(vault, job), job.due - now, encoded(key))
        for key, job in jobs_by_key.items()
    ]


async def order(connection: Connection, orders: Sequence[Order], at: datetime) -> None:
    """Puts jobs into the queue in the connection's transaction, which began `at`. It took those of the same keys
    out."""
    await queries(connection).enqueue(
        [order.kind if order.pause <= NOTHING else LATER for order in orders],
        [order.payload for order in orders],
        [urgency(after(at, order.pause)) for order in orders],
        [order.pause for order in orders],
        [order.key for order in orders],
        on_conflict="skip",
    )


class PostgresQueue:
    """See wizard.model.job.Queue for what each method promises. It goes by the database's clock alone."""

    def __init__(self, pool: Pool, vault: Callable[[], Vault]) -> None:
        self._pool = pool
        self._vault = vault
        self._holder = QueueManagerId(uuid.uuid4())
        self._wakening = Wakening()
        self._listener = _Listener(pool, self._wakening.wake)
        self._log_checked = -LOG_CHECKED.total_seconds()

    def wake(self) -> None:
        """Wakes those who wait here: jobs were ordered in this process."""
        self._wakening.wake()

    async def close(self) -> None:
        await self._listener.close()

    async def claim(
        self, now: datetime, most: int, lease: timedelta, wait: float, leave: Collection[JobKind] = ()
    ) -> Sequence[Claim]:
        if most <= 0:
            return []
        left = {f"wizard_{kind.value}" for kind in leave}
        kinds = {name: how for name, how in ENTRYPOINTS.items() if name not in left}
        return await self._pool.at_home(lambda: self._await_claims(now, most, lease, wait, kinds))

    async def _await_claims(
        self, now: datetime, most: int, lease: timedelta, wait: float, kinds: Entrypoints
    ) -> Sequence[Claim]:
        async def attempt(moment: datetime) -> tuple[Sequence[Claim], datetime | None]:
            if wait > 0:
                await self._listener.listen()  # before the look: what is ordered after it wakes
            claims, next_one = await self._pool.transact(lambda connection: self._take(connection, most, lease, kinds))
            return await self._opened(claims, moment), None if next_one is None else after(moment, next_one)

        await self._forget_log()
        return await self._wakening.claims(attempt, now, wait, self.put_off)

    async def _take(
        self, connection: Connection, most: int, lease: timedelta, kinds: Entrypoints
    ) -> tuple[list[tuple[str, int, int, timedelta, bytes]], timedelta | None]:
        """Key, tries, id, for how long it has been due and payload of each claim, and the time until the next job is
        due."""
        await connection.execute(RIPEN, RIPENED)
        jobs = await queries(connection).dequeue(most, kinds, self._holder, None, timedelta(0))
        if not jobs:
            return [], await connection.fetchval(NEXT)
        now = jobs[0].updated
        leased = {row["id"]: row for row in await connection.fetch(LEASE, [job.id for job in jobs], now + lease)}
        rows = [
            (leased[job.id]["dedupe_key"], leased[job.id]["attempts"], job.id, now - job.execute_after, job.payload)
            for job in jobs
        ]
        return sorted(
            ((*columns, payload or b"") for *columns, payload in rows), key=lambda row: row[3], reverse=True
        ), None

    async def _opened(self, claims: Iterable[tuple[str, int, int, timedelta, bytes]], now: datetime) -> list[Claim]:
        opened = []
        for key, tries, number, late, payload in claims:
            due = after(now, -late)
            run, kind, visit = _parts(key)
            try:
                body = records.read_payload(self._vault(), run, decoded(key), payload)
                opened.append(Claim(Job(run, JobKind(kind), int(visit), due, body), tries, number))
            except (StoreError, *MISSHAPEN) as error:
                await self._pass_over((key, tries, number), unreadable(f"The job {decoded(key)}", error, run))
        return opened

    async def _pass_over(self, held: tuple[str, int, int], error: StoreError) -> None:
        """A job that can't be read comes again, since another version or key may read it, and the others go on."""
        log.error("%s", error)
        key, tries, number = held
        if tries >= MOST_TRIES:
            await self._pool.write(PUT_ASIDE, *held, encoded(error.message), run=error.run)
        else:
            await self._pool.write(PUT_OFF % HELD % 4, key, tries, pause_after(tries, 1.0), number, run=error.run)

    async def put_off(self, claim: Claim, now: datetime, until: datetime) -> bool:
        key, tries, number = encoded(claim.job.key), claim.tries, claim.handle
        which = (HELD if number is not None else UNCLAIMED) % 4
        rows = await self._pool.write(PUT_OFF % which, key, tries, until - now, number, run=claim.job.run)
        if rows:
            self._wakening.wake()
        return bool(rows)

    async def is_kept(self, key: str, now: datetime) -> bool:
        return bool(await self._pool.read(KEPT, encoded(key)))

    async def done(self, claim: Claim) -> None:
        which = (HELD if claim.handle is not None else UNCLAIMED) % 3
        await self._pool.write(DONE % which, encoded(claim.job.key), claim.tries, claim.handle, run=claim.job.run)

    async def put_aside(self, claim: Claim, at: datetime, reason: str) -> bool:
        key, told = encoded(claim.job.key), encoded(reason)
        return bool(await self._pool.write(PUT_ASIDE, key, claim.tries, claim.handle, told, run=claim.job.run))

    async def aside(self, run: str | None = None, limit: int = 100) -> Sequence[Aside]:
        aside, of_run, limit = [], None if run is None else encoded(run), max(limit, 0)
        rows = await self._pool.read(READ_ASIDE, of_run, limit)
        rows += await self._pool.read(READ_UNKNOWN, of_run, limit - len(rows), [*ENTRYPOINTS, LATER, ASIDE])
        for row in rows:
            key, reason = row["dedupe_key"], decoded(row["reason"] or "")
            of, kind, _ = _parts(key)
            aside.append(Aside(decoded(key), of, kind, row["attempts"], row["updated"], reason))
        return aside

    async def put_back(self, run: str, now: datetime) -> int:
        rows = await self._pool.write(PUT_BACK, encoded(run), run=run)
        self._wakening.wake()
        return len(rows)

    async def count(self, now: datetime) -> tuple[int, int, int]:
        """How many jobs are due, how many aren't yet, and how many were put aside, each up to 100,000."""
        (row,) = await self._pool.read(COUNT, COUNTED)
        return row["due"], row["later"], row["aside"]

    async def _forget_log(self) -> None:
        """PgQueuer keeps a line of everything for ever; it is deleted in parts, by whoever claims."""
        now = monotonic()
        if now - self._log_checked < LOG_CHECKED.total_seconds():
            return
        self._log_checked = now
        await self._pool.write(FORGET_LOG, LOG_KEPT, LOG_ROWS)


class _Listener:
    """Hears of jobs that other processes ordered, on a connection of its own. One that is lost is replaced at the next
    look; without one, looking every second has to do."""

    def __init__(self, pool: Pool, heard: Callable[[], None]) -> None:
        self._pool = pool
        self._heard = heard
        self._connection: Connection = None
        self._heeds = False  # whether the connection came to listen
        self._making = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None  # the connection's

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # the pool has moved, since the other one ended
            self._loop, self._connection, self._heeds, self._making = loop, None, False, asyncio.Lock()
        async with self._making:
            if self._listens:
                return
            await self.close()  # of one that didn't come to listen
            with suppress(Exception):  # whoever looks for jobs next gets the same error, and says so
                connection = self._connection = await self._pool.connect()
                connection.add_termination_listener(self._lost)
                await connection.add_listener(SETTINGS.channel, self._notified)
                self._heeds = True

    @property
    def _listens(self) -> bool:
        return self._heeds and not self._connection.is_closed()

    async def close(self) -> None:
        self._heeds, connection = False, self._connection
        self._connection = None
        if connection is not None:
            connection.remove_termination_listener(self._lost)
            with suppress(Exception):
                await connection.close(timeout=1)

    def _lost(self, connection: Any) -> None:
        self._heard()

    def _notified(self, connection: Any, process: int, channel: str, payload: Any) -> None:
        """Other changes of the table, each job that is done for one, are no reason to look for jobs."""
        with suppress(ValueError, AttributeError):
            if load_json(payload.encode(), most=2).get("operation") == "insert":
                self._heard()
