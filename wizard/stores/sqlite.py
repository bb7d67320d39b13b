"""Runs in a SQLite file: the default store, durable without a server.

Turns go to one writing thread (wizard.stores.writer); reads use a connection of their own, which in
WAL mode sees every commit at once and waits for none. Any number of processes may use one file: each
change names the revision it was made from, and SQLite lets one writer in at a time.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from os import PathLike, fspath
from typing import Any, TypeVar

from wizard.errors import InvalidInput, KeyReused, StaleRevision, StoreError
from wizard.model import Change, Reply, Run, RunStatus, StoredFile
from wizard.stores import Document, RunSummary, TraceEntry, rows
from wizard.stores.migrations import migrate, scripts
from wizard.stores.writer import NOT_OPEN, GroupWriter, explained

T = TypeVar("T")

BUSY_SECONDS = 5.0  # how long another process may hold the lock
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# One text each: sqlite3 prepares a text once and keeps the statement.
CREATE_RUN = "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
UPDATE_RUN = "UPDATE runs SET status=?, revision=?, updated_at=?, expires_at=?, header=? WHERE id=? AND revision=?"
CREATE_DATA = "INSERT INTO run_data VALUES (?, ?, ?)"
UPDATE_CONTEXT = "UPDATE run_data SET context=?2 WHERE run_id=?1 AND context IS NOT ?2"
DROP_STEP = "DELETE FROM steps WHERE run_id=? AND path=?"
WRITE_STEP = "REPLACE INTO steps VALUES (?, ?, ?, ?)"
UNPARK = "DELETE FROM parked WHERE run_id=? AND path=?"
UNPARK_ALL = "DELETE FROM parked WHERE run_id=?"
PARK = "REPLACE INTO parked VALUES (?, ?, ?)"
ADD_TRACE = """INSERT INTO trace VALUES (?1,
    coalesce((SELECT first + count FROM trace WHERE run_id=?1 ORDER BY first DESC LIMIT 1), 1), ?2, ?3, ?4, ?5)"""
ADD_REPLY = "INSERT INTO replies VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
ADD_FILE = "REPLACE INTO files VALUES (?, ?, ?, ?, ?)"
WRITE_DOCUMENT = "REPLACE INTO documents VALUES (?, ?, ?, ?)"
ADD_DEFINITION = "INSERT INTO definitions VALUES (?, ?) ON CONFLICT DO NOTHING"

READ_RUN = """SELECT id, workflow, version, status, revision, created_at, updated_at, expires_at, header, birth, context
    FROM runs JOIN run_data ON run_id = id WHERE id=?"""
READ_STEPS = "SELECT path, seq, body FROM steps WHERE run_id=?"
READ_PARKED = "SELECT path, body FROM parked WHERE run_id=?"
READ_REVISION = "SELECT revision FROM runs WHERE id=?"
READ_REPLY = "SELECT digest, status, body FROM replies WHERE scope=? AND key=?"
READ_TRACE = """SELECT first, revision, at, body FROM trace
    WHERE run_id=?1 AND first >= (SELECT coalesce(max(first), 0) FROM trace WHERE run_id=?1 AND first <= ?2 + 1)
    ORDER BY first LIMIT ?3 + 1"""
READ_DOCUMENT = "SELECT revision, body FROM documents WHERE kind=? AND id=?"
READ_FILE = "SELECT id, name, media_type, content FROM files WHERE run_id=? AND id=?"
READ_DEFINITION = "SELECT body FROM definitions WHERE version=?"
LIST_RUNS = "SELECT id, workflow, version, status, revision, created_at, updated_at FROM runs WHERE "
NEWEST = " ORDER BY created_at DESC, id DESC LIMIT ?"


def _stored_time(at: datetime) -> int:
    try:
        return (at - EPOCH) // MICROSECOND
    except TypeError as error:
        raise InvalidInput(f"The time {at} has no time zone. Take the clock's times in UTC.") from error


def _read_time(stored: int) -> datetime:
    return EPOCH + timedelta(microseconds=stored)


@dataclass(frozen=True, slots=True)
class _PackedChange:
    """A change, packed by the caller's thread: what is wrong in it is refused before it is queued."""

    change: Change
    header: bytes
    birth: bytes
    context: bytes | None
    times: tuple[int, int, int | None]
    steps: list[tuple[str, str, int, bytes]]
    parked: list[tuple[str, str, bytes]]
    trace: bytes

    @classmethod
    def of(cls, change: Change) -> _PackedChange:
        run = change.run
        expires = None if run.expires_at is None else _stored_time(run.expires_at)
        return cls(
            change,
            rows.header(run),
            rows.birth(run) if change.expected is None else b"",
            rows.context(run),
            (_stored_time(run.created_at), _stored_time(run.updated_at), expires),
            [(run.id, step.path, step.seq, rows.step_body(step)) for step in change.written],
            [(run.id, path, rows.answers_body(change.parked[path])) for path in change.parked if path in run.parked],
            rows.entries_body(change.entries) if change.entries else b"",
        )

    def write(self, connection: sqlite3.Connection) -> None:
        """Raises StaleRevision or KeyReused, and leaves undoing what was written to the caller."""
        change, run = self.change, self.change.run
        self._write_run(connection)
        if change.dropped:
            connection.executemany(DROP_STEP, [(run.id, path) for path in change.dropped])
        for step in self.steps:
            connection.execute(WRITE_STEP, step)
        if change.unparked is None:
            connection.execute(UNPARK_ALL, (run.id,))
        elif change.unparked:
            connection.executemany(UNPARK, [(run.id, path) for path in change.unparked if path not in run.parked])
        if self.parked:
            connection.executemany(PARK, self.parked)
        if change.entries:
            connection.execute(ADD_TRACE, (run.id, len(change.entries), run.revision, self.times[1], self.trace))
        if change.reply is not None:
            self._write_reply(connection, change.reply)
        for file in change.files:
            connection.execute(ADD_FILE, (run.id, file.id, file.name, file.media_type, file.content))
        for save in change.documents:
            merged = rows.merge(_document(connection, save.kind, save.id), save)
            connection.execute(WRITE_DOCUMENT, (save.kind, save.id, merged.revision, rows.answers_body(merged.fields)))

    def _write_run(self, connection: sqlite3.Connection) -> None:
        run, expected = self.change.run, self.change.expected
        created, updated, expires = self.times
        if expected is None:
            names = (run.id, run.workflow, run.version, run.status.value, run.revision)
            changed = connection.execute(CREATE_RUN, (*names, created, updated, expires, self.header)).rowcount
        else:
            moved = (run.status.value, run.revision, updated, expires, self.header, run.id, expected)
            changed = connection.execute(UPDATE_RUN, moved).rowcount
        if changed == 0:
            raise StaleRevision(run=run.id)
        if expected is None:
            connection.execute(CREATE_DATA, (run.id, self.birth, self.context))
        elif self.context is not None:
            connection.execute(UPDATE_CONTEXT, (run.id, self.context))

    def _write_reply(self, connection: sqlite3.Connection, reply: Reply) -> None:
        row = (reply.scope, reply.key, reply.digest, reply.status, reply.body)
        if connection.execute(ADD_REPLY, row).rowcount == 0:
            raise KeyReused(run=self.change.run.id)


class SqliteStore:
    """A Store in the file `path`; see wizard.stores.Store for what each method promises.

    What reads a few rows by their keys does so at once: handing such a read to a thread and back takes
    longer than the read. What may read much (lists, traces, files) goes to a thread.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = fspath(path)
        self._writer = GroupWriter(self._prepare, self._path)
        self._reader: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Raises StoreError where the file can't be used or is a newer version's."""
        await self._writer.start()
        self._reader = self._connect()

    async def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        await self._writer.stop()

    async def commit(self, change: Change) -> None:
        await self._writer.run(_PackedChange.of(change).write)

    async def load(self, run_id: str) -> Run | None:
        return self._read(lambda connection: _load(connection, run_id), run_id)

    async def revision(self, run_id: str) -> int | None:
        row = self._read(lambda connection: connection.execute(READ_REVISION, (run_id,)).fetchone(), run_id)
        return None if row is None else row[0]

    async def reply(self, scope: str, key: str) -> Reply | None:
        row = self._read(lambda connection: connection.execute(READ_REPLY, (scope, key)).fetchone())
        return None if row is None else Reply(scope, key, *row)

    async def trace(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[TraceEntry]:
        return await self._scan(lambda connection: _trace(connection, run_id, after, max(limit, 0)), run_id)

    async def list_runs(
        self,
        *,
        workflow: str | None = None,
        status: RunStatus | None = None,
        limit: int = 100,
        before: str | None = None,
    ) -> Sequence[RunSummary]:
        given = {
            "workflow=?": workflow,
            "status=?": None if status is None else status.value,
            "(created_at, id) < (SELECT created_at, id FROM runs WHERE id=?)": before,
        }
        wanted = {clause: value for clause, value in given.items() if value is not None}
        text = LIST_RUNS + " AND ".join(["1", *wanted]) + NEWEST
        values = (*wanted.values(), max(limit, 0))
        return await self._scan(lambda connection: [_summary(row) for row in connection.execute(text, values)])

    async def save_definition(self, version: str, body: bytes) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(ADD_DEFINITION, (version, body))

        await self._writer.run(write)

    async def definition(self, version: str) -> bytes | None:
        row = self._read(lambda connection: connection.execute(READ_DEFINITION, (version,)).fetchone())
        return None if row is None else row[0]

    async def document(self, kind: str, document_id: str) -> Document:
        return self._read(lambda connection: _document(connection, kind, document_id))

    async def file(self, run_id: str, file_id: str) -> StoredFile | None:
        row = await self._scan(lambda connection: connection.execute(READ_FILE, (run_id, file_id)).fetchone(), run_id)
        return None if row is None else StoredFile(*row)

    # -- connections -----------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    def _prepare(self) -> sqlite3.Connection:
        """The connection that writes; the database has this version's tables then."""
        connection = self._connect()
        try:
            if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
                raise StoreError(f"The database {self._path} can't have a write-ahead log. Put it on a local disk.")
            connection.execute("PRAGMA synchronous=FULL")
            migrate(connection, scripts("sqlite"))
        except BaseException:
            connection.close()
            raise
        return connection

    def _read(self, work: Callable[[sqlite3.Connection], T], run_id: str = "") -> T:
        if self._reader is None:
            raise StoreError(NOT_OPEN)
        try:
            return work(self._reader)
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise explained(error, self._path, run_id) from error

    async def _scan(self, work: Callable[[sqlite3.Connection], T], run_id: str = "") -> T:
        if self._reader is None:
            raise StoreError(NOT_OPEN)
        try:
            return await asyncio.to_thread(self._apart, work)
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise explained(error, self._path, run_id) from error

    def _apart(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(self._connect()) as connection:
            return work(connection)


def _load(connection: sqlite3.Connection, run_id: str) -> Run | None:
    connection.execute("BEGIN")  # all that is read is of one moment
    try:
        row = connection.execute(READ_RUN, (run_id,)).fetchone()
        if row is None:
            return None
        steps = connection.execute(READ_STEPS, (run_id,)).fetchall()
        parked = connection.execute(READ_PARKED, (run_id,)).fetchall()
    finally:
        connection.execute("COMMIT")
    try:
        created, updated, expires = row[5:8]
        dates = (_read_time(created), _read_time(updated), None if expires is None else _read_time(expires))
        return rows.read_run(rows.RunRow._make((*row[:5], *dates, *row[8:])), steps, parked)
    except rows.MISSHAPEN as error:
        raise rows.unreadable("The run", error, run_id) from error


def _trace(connection: sqlite3.Connection, run_id: str, after: int, limit: int) -> list[TraceEntry]:
    turns = connection.execute(READ_TRACE, (run_id, after, limit))
    return list(islice((entry for row in turns for entry in _entries(run_id, row) if entry.number > after), limit))


def _entries(run_id: str, row: tuple[Any, ...]) -> list[TraceEntry]:
    first, revision, at, body = row
    try:
        return rows.read_entries(run_id, first, revision, _read_time(at), body)
    except rows.MISSHAPEN as error:
        raise rows.unreadable("The trace of the run", error, run_id) from error


def _document(connection: sqlite3.Connection, kind: str, document_id: str) -> Document:
    row = connection.execute(READ_DOCUMENT, (kind, document_id)).fetchone()
    return Document(0, {}) if row is None else rows.read_document(kind, row[0], row[1])


def _summary(row: tuple[Any, ...]) -> RunSummary:
    run_id, workflow, version, status, revision, created, updated = row
    try:
        times = (_read_time(created), _read_time(updated))
        return RunSummary(run_id, workflow, version, rows.RUN_STATUSES[status], revision, *times)
    except rows.MISSHAPEN as error:
        raise rows.unreadable("The run", error, run_id) from error
