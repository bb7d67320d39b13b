"""Runs in a SQLite file: the default store, durable without a server.

Turns go to one writing thread (wizard.stores.sqlite.writer); reads use a connection of their own, which in
WAL mode sees every commit at once and waits for none. Any number of processes may use one file: each
change names the revision it was made from, and SQLite lets one writer in at a time.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from os import PathLike, fspath
from typing import TypeVar

from wizard.errors import StaleRevision, StoreError
from wizard.model import Change, Former, Refused, Reply, Report, Run, RunStatus, StoredFile
from wizard.model.cells import Cells
from wizard.model.events import TakenEvents
from wizard.model.job import Backlog, Queue
from wizard.model.remote import RemoteNodes
from wizard.model.resources import StoredResources
from wizard.model.staging import Stages
from wizard.model.talk import Utterance
from wizard.state.merging import Document
from wizard.stores.blobs import records
from wizard.stores.blobs.formers import read_former
from wizard.stores.blobs.inventory import NEW, ROOM, Inventories, Inventory
from wizard.stores.blobs.marks import Prepared, finished
from wizard.stores.blobs.owners import owners_named
from wizard.stores.blobs.vault import PLAIN, Vault
from wizard.stores.contract import RunPlace, RunSummary, TraceEntry
from wizard.stores.documents import Documents
from wizard.stores.scripts import scripts
from wizard.stores.sqlite import cells as sqlite_cells
from wizard.stores.sqlite import events as sqlite_events
from wizard.stores.sqlite import reading
from wizard.stores.sqlite import refused as sqlite_refused
from wizard.stores.sqlite import slots as sqlite_slots
from wizard.stores.sqlite import talk as sqlite_talk
from wizard.stores.sqlite.change import PackedChange
from wizard.stores.sqlite.documents import SqliteDocuments
from wizard.stores.sqlite.migrations import migrate
from wizard.stores.sqlite.opening import empty_log, make_private, prepare_seal, write_mark
from wizard.stores.sqlite.queue import COUNT, SqliteQueue
from wizard.stores.sqlite.reading import stored_time
from wizard.stores.sqlite.remote import SqliteRemoteNodes
from wizard.stores.sqlite.reseal import Place, next_batch, old_runs, seal_run
from wizard.stores.sqlite.resources import SqliteResources
from wizard.stores.sqlite.stages import ADD_DEFINITION, SqliteStages
from wizard.stores.sqlite.writer import NOT_OPEN, GroupWriter, explained

T = TypeVar("T")

BUSY_SECONDS = 5.0  # how long another process may hold the lock
SCANS = 4  # reads of much at a time

log = logging.getLogger("wizard.stores")

READ_REVISION = "SELECT revision FROM runs WHERE id=?"
KEEP_REPLY = """INSERT INTO replies SELECT ?, ?, id, ?, ? FROM runs WHERE id=?
    ON CONFLICT DO NOTHING"""
READ_FORMER = "SELECT revision, body FROM formers WHERE run_id=?"
READ_DEFINITION = "SELECT body FROM definitions WHERE version=?"
WRITE_REPORT = "REPLACE INTO reports SELECT id, ?2 FROM runs WHERE id=?1"
DELETE_RUN = "DELETE FROM runs WHERE id=?"
DELETE_OF_RUN = (
    "DELETE FROM run_data WHERE run_id=?",
    "DELETE FROM owners WHERE run_id=?",
    "DELETE FROM steps WHERE run_id=?",
    "DELETE FROM parked WHERE run_id=?",
    "DELETE FROM undos WHERE run_id=?",
    "DELETE FROM trace WHERE run_id=?",
    "DELETE FROM files WHERE run_id=?",
    "DELETE FROM reports WHERE run_id=?",
    "DELETE FROM refused WHERE scope=?",
    "DELETE FROM formers WHERE run_id=?",
    sqlite_talk.DELETE,
    sqlite_cells.OF_RUN,
    "DELETE FROM replies WHERE scope=?",
    "DELETE FROM replies WHERE scope='' AND run_id=?",
    # A job's key begins with its run's id and a slash, and 0 is the character after that.
    "DELETE FROM jobs WHERE key > ?1 || '/' AND key < ?1 || '0' AND run_id=?1",
)
FAILED_UNDOS = "SELECT DISTINCT run_id FROM undos WHERE failed ORDER BY run_id LIMIT ?"
COUNT_FAILED = "SELECT count(*) FROM undos WHERE failed"
PRUNE = """DELETE FROM replies WHERE (scope, key) IN
    (SELECT scope, key FROM replies WHERE at < ? ORDER BY at LIMIT ?)"""
PROBE = "INSERT OR REPLACE INTO definitions (version, body) VALUES ('', ?)"
UNPROBE = "DELETE FROM definitions WHERE version = ''"
PROBED = 16_384  # bytes: a few pages, as a turn takes


class SqliteStore:
    """A Store in the file `path`; see wizard.stores.contract.Store for what each method promises.

    What reads a few rows by their keys does so at once: handing such a read to a thread and back takes
    longer than the read. What may read much (lists, traces, files) goes to a thread.
    """

    def __init__(self, path: str | PathLike[str], vault: Vault = PLAIN, inventory_room: int = ROOM) -> None:
        self._path = fspath(path)
        self._ring = vault
        self._prepared = Prepared(vault)
        self._inventories = Inventories(inventory_room)
        self._writer = GroupWriter(self._prepare, self._path)
        self._reader: sqlite3.Connection | None = None
        self._reading = threading.Lock()  # a read may be a transaction, and callers may be on event loops of their own
        self._scans: ThreadPoolExecutor
        self._jobs = SqliteQueue(self._writer.run, self._read, lambda: self._vault)
        self.queue: Queue = self._jobs
        self.stages: Stages = SqliteStages(self._writer.run, self._read, self._scan)
        self.remote_nodes: RemoteNodes = SqliteRemoteNodes(self._writer.run, self._scan, lambda: self._vault)
        self.events: TakenEvents = sqlite_events.SqliteEvents(
            self._writer.run, self._read, self._scan, lambda: self._vault
        )
        self.cells: Cells = sqlite_cells.SqliteCells(self._writer.run, self._read, self._scan, lambda: self._vault)
        self.resources: StoredResources = SqliteResources(self._writer.run, self._read, self._scan, lambda: self._vault)
        self.documents: Documents = SqliteDocuments(self._writer.run, self._scan, lambda: self._vault)
        self._resealing = Place()
        self._sealed_up_to: str | None = ""  # of the runs that aren't sealed in the present way; None is the end

    @property
    def _vault(self) -> Vault:
        return self._prepared.vault

    async def open(self) -> None:
        """Raises StoreError where the file can't be used, is a newer version's, or isn't sealed as the keys ask."""
        await self._writer.start()
        self._reader = self._connect()
        self._scans = ThreadPoolExecutor(SCANS, "wizard-sqlite-read")  # its own: nobody else's work keeps it waiting

    async def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
            self._scans.shutdown(wait=False)
        await self._writer.stop()

    async def commit(self, change: Change) -> None:
        run = change.run
        try:
            packed = PackedChange.of(change, self._vault, await self._inventory(change))
            await self._writer.run(packed.write)
        except StoreError as error:
            error.run = error.run or run.id
            raise
        if self._vault.seals:
            self._inventories.put(run.id, run.revision, packed.inventory)
        if change.jobs:
            self._jobs.wake()

    async def _inventory(self, change: Change) -> Inventory:
        """What is stored of the run that the change was made from. Raises StaleRevision where it isn't there."""
        if not self._vault.seals:
            return NEW
        run_id, expected = change.run.id, change.expected
        known = self._inventories.get(run_id, expected)
        if known is None:
            await self.load(run_id)
            known = self._inventories.get(run_id, expected)
        if known is None and self._vault.takes_old:
            await self._writer.run(lambda connection: seal_run(connection, self._vault, run_id))
            await self.load(run_id)
            known = self._inventories.get(run_id, expected)
        if known is None:
            raise StaleRevision(run=run_id)
        return known

    async def load(self, run_id: str) -> Run | None:
        loaded = self._read(lambda connection: reading.load(connection, self._vault, run_id), run_id)
        if loaded is None:
            return None
        run, inventory = loaded
        if inventory is not None:
            self._inventories.put(run_id, run.revision, inventory)
        return run

    async def former(self, run_id: str) -> Former | None:
        row = self._read(lambda connection: connection.execute(READ_FORMER, (run_id,)).fetchone(), run_id)
        return None if row is None else read_former(self._vault, run_id, *row)

    async def revision(self, run_id: str) -> int | None:
        row = self._read(lambda connection: connection.execute(READ_REVISION, (run_id,)).fetchone(), run_id)
        return None if row is None else row[0]

    async def reply(self, scope: str, key: str) -> Reply | None:
        return self._read(lambda connection: reading.read_reply(connection, self._vault, scope, key))

    async def keep_reply(self, run_id: str, reply: Reply, at: datetime) -> None:
        body = records.reply_body(self._vault, run_id, reply)
        values = (reply.scope, reply.key, stored_time(at), body, run_id)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(KEEP_REPLY, values)

        await self._writer.run(write)

    async def trace(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[TraceEntry]:
        limit = max(limit, 0)
        return await self._scan(
            lambda connection: reading.read_trace(connection, self._vault, run_id, after, limit), run_id
        )

    async def said(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[Utterance]:
        limit = max(limit, 0)
        return self._read(lambda connection: sqlite_talk.read(connection, self._vault, run_id, after, limit), run_id)

    async def utterance(self, run_id: str, said_id: str) -> Utterance | None:
        return self._read(lambda connection: sqlite_talk.find(connection, self._vault, run_id, said_id), run_id)

    async def list_runs(
        self,
        *,
        workflow: str | None = None,
        status: RunStatus | None = None,
        profile: str | None = None,
        session: str | None = None,
        live: bool = False,
        limit: int = 100,
        before: RunPlace | None = None,
    ) -> Sequence[RunSummary]:
        owners = owners_named(profile, session)

        def read(connection: sqlite3.Connection) -> list[RunSummary]:
            return reading.list_runs(
                connection, workflow=workflow, status=status, owners=owners, live=live, limit=limit, before=before
            )

        if len(owners) > 0 and self._read(lambda connection: reading.has_few(connection, owners[0])):
            return self._read(read)
        return await self._scan(read)

    async def count_runs(self) -> Mapping[str, Mapping[RunStatus, int]]:
        return await self._scan(reading.count_runs)

    async def save_definition(self, version: str, body: bytes) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(ADD_DEFINITION, (version, body))

        await self._writer.run(write)

    async def definition(self, version: str) -> bytes | None:
        row = self._read(lambda connection: connection.execute(READ_DEFINITION, (version,)).fetchone())
        return None if row is None else row[0]

    async def document(self, kind: str, document_id: str) -> Document:
        return self._read(lambda connection: reading.read_document(connection, self._vault, kind, document_id))

    async def file(self, run_id: str, file_id: str) -> StoredFile | None:
        return await self._scan(lambda connection: reading.read_file(connection, self._vault, run_id, file_id), run_id)

    async def files(self, run_id: str) -> Sequence[StoredFile]:
        return await self._scan(lambda connection: reading.read_files(connection, self._vault, run_id), run_id)

    async def report(self, run_id: str, report: Report) -> None:
        body = records.report_body(self._vault, run_id, report)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(WRITE_REPORT, (run_id, body))

        await self._writer.run(write)

    async def reported(self, run_id: str) -> Report | None:
        return self._read(lambda connection: reading.read_report(connection, self._vault, run_id), run_id)

    async def keep_refused(self, refused: Refused, most: int, before: datetime) -> None:
        body, oldest = records.refused_body(self._vault, refused), stored_time(before)
        await self._writer.run(lambda connection: sqlite_refused.keep(connection, refused, body, most, oldest))

    async def refused(self, scope: str, key: str) -> Refused | None:
        return self._read(lambda connection: sqlite_refused.read(connection, self._vault, scope, key), scope)

    async def forget_refused(self, scope: str, key: str) -> None:
        await self._writer.run(lambda connection: sqlite_refused.forget(connection, scope, key))

    async def occupy(
        self, holder: str, limits: Mapping[str, int], now: datetime, lease: timedelta, since: datetime
    ) -> int:
        before = [0]

        def write(connection: sqlite3.Connection) -> None:
            before[0] = sqlite_slots.occupy(connection, holder, limits, now=now, lease=lease, since=since)

        await self._writer.run(write)
        return before[0]

    async def vacate(self, holder: str) -> None:
        await self._writer.run(lambda connection: sqlite_slots.vacate(connection, holder))

    # -- what is kept and how long ---------------------------------------------------------------

    async def delete_run(self, run_id: str) -> bool:
        there = [False]

        def write(connection: sqlite3.Connection) -> None:
            there[0] = connection.execute(DELETE_RUN, (run_id,)).rowcount > 0
            for statement in DELETE_OF_RUN if there[0] else ():
                connection.execute(statement, (run_id,))

        await self._writer.run(write)
        self._inventories.forget(run_id)
        return there[0]

    async def prune(self, before: datetime, limit: int = 1000) -> int:
        pruned, values = [0], (stored_time(before), max(limit, 0))

        def write(connection: sqlite3.Connection) -> None:
            pruned[0] = connection.execute(PRUNE, values).rowcount
            pruned[0] += sqlite_events.prune(connection, before, limit - pruned[0])
            connection.execute(sqlite_refused.OLD, values[:1])
            connection.execute(sqlite_cells.OLD, values[:1])

        await self._writer.run(write)
        return pruned[0]

    async def failed_undos(self, limit: int = 100) -> Sequence[str]:
        values = (max(limit, 0),)
        return await self._scan(lambda connection: [row[0] for row in connection.execute(FAILED_UNDOS, values)])

    async def backlog(self, now: datetime) -> Backlog:
        moment = stored_time(now)

        def count(connection: sqlite3.Connection) -> Backlog:
            due, later, aside = connection.execute(COUNT, (moment,)).fetchone()
            return Backlog(due, later, connection.execute(COUNT_FAILED).fetchone()[0], aside)

        return await self._scan(count)

    async def probe(self) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(PROBE, (bytes(PROBED),))
            connection.execute(UNPROBE)

        await self._writer.run(write)

    async def reseal(self, limit: int = 1000) -> int:
        limit = max(limit, 1)
        sealed = await self._seal_runs(limit)
        if sealed:
            return sealed
        place = self._resealing
        batch = await self._scan(lambda connection: next_batch(connection, self._vault, place, limit))
        if batch is not None:
            await self._writer.run(batch.write)
            self._resealing = batch.place
            return len(batch.rows)
        self._resealing = Place()
        mark = finished(self._ring, self._prepared)
        if mark is not None:
            await self._writer.run(lambda connection: write_mark(connection, mark))
        await self._scan(empty_log)
        return 0

    async def _seal_runs(self, limit: int) -> int:
        """Seals runs that aren't in the present way, where such are taken; how many they were."""
        done = 0
        if not (self._vault.seals and self._vault.takes_old):
            return done
        while not done and (after := self._sealed_up_to) is not None:
            ids = await self._scan(lambda connection, after=after: old_runs(connection, after, limit))  # type: ignore[misc]
            for run_id in ids:
                try:
                    await self._writer.run(lambda connection, run_id=run_id: seal_run(connection, self._vault, run_id))  # type: ignore[misc]
                    done += 1
                except StoreError as error:
                    log.error("%s It stays as it is.", error)
            self._sealed_up_to = ids[-1] if ids else None
        return done

    # -- connections -----------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    def _prepare(self) -> sqlite3.Connection:
        """The connection that writes; the database has this version's tables then, and its mark where it is sealed."""
        make_private(self._path)
        connection = self._connect()
        try:
            if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
                raise StoreError(f"The database {self._path} can't have a write-ahead log. Put it on a local disk.")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA secure_delete=ON")  # what is deleted or encrypted isn't left in free room
            migrate(connection, scripts("sqlite"))
            self._prepared = prepare_seal(connection, self._ring)
        except BaseException:
            connection.close()
            raise
        return connection

    def _read(self, work: Callable[[sqlite3.Connection], T], run_id: str = "") -> T:
        if self._reader is None:
            raise StoreError(NOT_OPEN)
        try:
            with self._reading:
                return work(self._reader)
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise explained(error, self._path, run_id) from error

    async def _scan(self, work: Callable[[sqlite3.Connection], T], run_id: str = "") -> T:
        if self._reader is None:
            raise StoreError(NOT_OPEN)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._scans, self._apart, work)
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise explained(error, self._path, run_id) from error

    def _apart(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with closing(self._connect()) as connection:
            return work(connection)
