"""The jobs of a SQLite store: a small table, claimed by the writing thread, looked at by who waits.

Other processes that use the file fill and empty the same table, so it is looked at every second as well.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from wizard.errors import NotGenuine, StoreError
from wizard.model.backoff import pause_after
from wizard.model.instants import LATEST, after
from wizard.model.job import MOST_TRIES, Aside, Claim, Job, JobKind, job_key
from wizard.stores.blobs.formats import MISSHAPEN, unreadable
from wizard.stores.blobs.records import read_payload
from wizard.stores.blobs.vault import Vault
from wizard.stores.sqlite.reading import read_time, stored_time
from wizard.stores.sqlite.writer import Work, rows_changed
from wizard.stores.wakening import Wakening

T = TypeVar("T")

MAX_CLAIMED = 1000  # at once
LAST = stored_time(LATEST)

NEXT_DUE = "SELECT due FROM jobs WHERE reason IS NULL ORDER BY due LIMIT 1"
READ_DUE = """SELECT key, run_id, kind, visit, due, tries, payload FROM jobs WHERE reason IS NULL AND due <= ?
    ORDER BY due, key LIMIT ?"""
TAKE = "UPDATE jobs SET due=?, tries=?, holder=? WHERE key=?"
PUT_OFF = "UPDATE jobs SET due=? WHERE key=? AND tries=? AND holder IS ?"
DONE = "DELETE FROM jobs WHERE key=? AND tries=? AND holder IS ?"
READ_KEPT = "SELECT 1 FROM jobs WHERE key=? AND due > ? AND reason IS NULL"
PUT_ASIDE = "UPDATE jobs SET reason=?, aside_at=?, holder=NULL WHERE key=? AND tries=? AND holder IS ?"
ASIDE = """SELECT key, run_id, kind, tries, aside_at, reason FROM jobs
    WHERE reason IS NOT NULL AND run_id = coalesce(?1, run_id) ORDER BY aside_at, key LIMIT ?2"""
PUT_BACK = """UPDATE jobs SET due=?1, tries=0, holder=NULL, reason=NULL, aside_at=NULL
    WHERE reason IS NOT NULL AND run_id=?2"""
COUNTED = 100_000  # jobs that are counted; beyond, more is as good as any number
COUNT = f"""SELECT (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE reason IS NULL AND due <= ?1 LIMIT {COUNTED})),
    (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE reason IS NULL AND due > ?1 LIMIT {COUNTED})),
    (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE reason IS NOT NULL LIMIT {COUNTED}))"""  # noqa: S608

log = logging.getLogger("wizard.stores")


class Read(Protocol):
    """Reads from the database at once."""

    def __call__(self, work: Callable[[sqlite3.Connection], T]) -> T: ...


class SqliteQueue:
    """See wizard.model.job.Queue for what each method promises."""

    def __init__(self, write: Callable[[Work], Awaitable[None]], read: Read, vault: Callable[[], Vault]) -> None:
        self._write = write
        self._read = read
        self._vault = vault
        self._wakening = Wakening()

    def wake(self) -> None:
        """Jobs were ordered: whoever waits is to look."""
        self._wakening.wake()

    async def claim(
        self, now: datetime, most: int, lease: timedelta, wait: float, leave: Collection[JobKind] = ()
    ) -> Sequence[Claim]:
        most = min(most, MAX_CLAIMED)
        if most <= 0:
            return []

        async def attempt(moment: datetime) -> tuple[Sequence[Claim], datetime | None]:
            due = self._next_due()
            if due is None or due > moment:  # the writing thread isn't asked for nothing
                return [], due
            return await self._take(moment, most, lease), self._next_due()

        return await self._wakening.claims(attempt, now, wait, self.put_off)

    def _next_due(self) -> datetime | None:
        row = self._read(lambda connection: connection.execute(NEXT_DUE).fetchone())
        return None if row is None else read_time(min(row[0], LAST))  # an earlier version stored later ones

    async def _take(self, now: datetime, most: int, lease: timedelta) -> list[Claim]:
        taken: list[tuple[Any, ...]] = []
        until, holder = stored_time(now + lease), secrets.randbits(62)

        def work(connection: sqlite3.Connection) -> None:
            taken[:] = connection.execute(READ_DUE, (stored_time(now), most)).fetchall()
            connection.executemany(TAKE, [(until, row[5] + 1, holder, row[0]) for row in taken])

        await self._write(work)
        claims: list[Claim] = []
        for row in taken:
            try:
                claims.append(self._claim(row, holder))
            except (StoreError, *MISSHAPEN) as error:
                await self._pass_over((row[0], row[5] + 1, holder), now, unreadable(f"The job {row[0]}", error, row[1]))
        return claims

    def _claim(self, row: tuple[Any, ...], holder: int) -> Claim:
        """Raises StoreError or one of MISSHAPEN where the job can't be read."""
        key, run_id, kind, visit, due, tries, payload = row
        if job_key(run_id, JobKind(kind), visit) != key:
            raise NotGenuine("its key is another job's. Delete it.")
        content = read_payload(self._vault(), run_id, key, payload)
        return Claim(Job(run_id, JobKind(kind), visit, read_time(due), content), tries + 1, holder)

    async def _pass_over(self, held: tuple[str, int, int], now: datetime, error: StoreError) -> None:
        """A job that can't be read comes again, since another version or key may read it, and the others go on."""
        log.error("%s", error)
        if held[1] >= MOST_TRIES:
            await self._set(PUT_ASIDE, (error.message, stored_time(now), *held))
        else:
            await self._set(PUT_OFF, (stored_time(after(now, pause_after(held[1], 1.0))), *held))

    async def put_off(self, claim: Claim, now: datetime, until: datetime) -> bool:
        held = await self._set(PUT_OFF, (stored_time(until), claim.job.key, claim.tries, claim.handle))
        if held:
            self._wakening.wake()
        return held

    async def put_aside(self, claim: Claim, at: datetime, reason: str) -> bool:
        return await self._set(PUT_ASIDE, (reason, stored_time(at), claim.job.key, claim.tries, claim.handle))

    async def aside(self, run: str | None = None, limit: int = 100) -> Sequence[Aside]:
        rows = self._read(lambda connection: connection.execute(ASIDE, (run, max(limit, 0))).fetchall())
        return [Aside(key, of, kind, tries, read_time(at), reason) for key, of, kind, tries, at, reason in rows]

    async def put_back(self, run: str, now: datetime) -> int:
        count = await rows_changed(self._write, PUT_BACK, (stored_time(now), run))
        self._wakening.wake()
        return count

    async def _set(self, statement: str, row: tuple[Any, ...]) -> bool:
        """Whether the statement found its row."""
        return await rows_changed(self._write, statement, row) == 1

    async def is_kept(self, key: str, now: datetime) -> bool:
        row = self._read(lambda connection: connection.execute(READ_KEPT, (key, stored_time(now))).fetchone())
        return row is not None

    async def done(self, claim: Claim) -> None:
        row = (claim.job.key, claim.tries, claim.handle)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(DONE, row)

        await self._write(work)
