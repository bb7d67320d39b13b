"""The jobs of a SQLite store: a small table, claimed by the writing thread, looked at by who waits.

Other processes that use the file fill and empty the same table, so it is looked at every second as well.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from wizard.errors import StoreError
from wizard.jobs import Claim, Job, JobKind
from wizard.stores.bell import Bell
from wizard.stores.formats import MISSHAPEN, unreadable
from wizard.stores.records import read_payload
from wizard.stores.sqlite_change import stored_time
from wizard.stores.sqlite_reading import read_time
from wizard.stores.vault import Vault
from wizard.stores.writer import Work

T = TypeVar("T")

MAX_CLAIMED = 1000  # at once

NEXT_DUE = "SELECT due FROM jobs ORDER BY due LIMIT 1"
READ_DUE = """SELECT key, run_id, kind, visit, due, tries, payload FROM jobs WHERE due <= ?
    ORDER BY due, key LIMIT ?"""
TAKE = "UPDATE jobs SET due=?, tries=?, holder=? WHERE key=?"
PUT_OFF = "UPDATE jobs SET due=? WHERE key=? AND tries=? AND holder IS ?"
DONE = "DELETE FROM jobs WHERE key=? AND tries=? AND holder IS ?"
READ_KEPT = "SELECT 1 FROM jobs WHERE key=? AND due > ?"
COUNT = "SELECT count(*) FILTER (WHERE due <= ?1), count(*) FILTER (WHERE due > ?1) FROM jobs"

log = logging.getLogger("wizard.stores")


class Read(Protocol):
    """Reads from the database at once."""

    def __call__(self, work: Callable[[sqlite3.Connection], T]) -> T: ...


class SqliteQueue:
    """See wizard.jobs.Queue for what each method promises."""

    def __init__(self, write: Callable[[Work], Awaitable[None]], read: Read, vault: Vault) -> None:
        self._write = write
        self._read = read
        self._vault = vault
        self._bell = Bell()

    def ring(self) -> None:
        """Jobs were ordered: whoever waits is to look."""
        self._bell.ring()

    async def claim(self, now: datetime, most: int, lease: timedelta, wait: float) -> Sequence[Claim]:
        most = min(most, MAX_CLAIMED)
        if most <= 0:
            return []

        async def attempt(moment: datetime) -> tuple[Sequence[Claim], datetime | None]:
            due = self._next_due()
            if due is None or due > moment:  # the writing thread isn't asked for nothing
                return [], due
            return await self._take(moment, most, lease), self._next_due()

        return await self._bell.attend(attempt, now, wait)

    def _next_due(self) -> datetime | None:
        row = self._read(lambda connection: connection.execute(NEXT_DUE).fetchone())
        return None if row is None else read_time(row[0])

    async def _take(self, now: datetime, most: int, lease: timedelta) -> list[Claim]:
        taken: list[tuple[Any, ...]] = []
        until, holder = stored_time(now + lease), secrets.randbits(62)

        def work(connection: sqlite3.Connection) -> None:
            taken[:] = connection.execute(READ_DUE, (stored_time(now), most)).fetchall()
            connection.executemany(TAKE, [(until, row[5] + 1, holder, row[0]) for row in taken])

        await self._write(work)
        return [claim for row in taken if (claim := self._claim(row, holder)) is not None]

    def _claim(self, row: tuple[Any, ...], holder: int) -> Claim | None:
        """None where the job can't be read: it waits for its repair, and the others go on."""
        _, run_id, kind, visit, due, tries, payload = row
        try:
            content = read_payload(self._vault, run_id, payload)
            return Claim(Job(run_id, JobKind(kind), visit, read_time(due), content), tries + 1, holder)
        except (StoreError, *MISSHAPEN) as error:
            told = error if isinstance(error, StoreError) else unreadable("A job of the run", error, run_id)
            log.error("%s", told)
            return None

    async def put_off(self, claim: Claim, until: datetime) -> bool:
        row = (stored_time(until), claim.job.key, claim.tries, claim.handle)
        held = [False]

        def work(connection: sqlite3.Connection) -> None:
            held[0] = connection.execute(PUT_OFF, row).rowcount == 1

        await self._write(work)
        if held[0]:
            self._bell.ring()
        return held[0]

    async def is_kept(self, key: str, now: datetime) -> bool:
        row = self._read(lambda connection: connection.execute(READ_KEPT, (key, stored_time(now))).fetchone())
        return row is not None

    async def done(self, claim: Claim) -> None:
        row = (claim.job.key, claim.tries, claim.handle)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(DONE, row)

        await self._write(work)
