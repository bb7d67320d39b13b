"""Runs in a PostgreSQL database, for any number of processes.

A turn is one call of a function in the database (postgres_0001.sql), and so one round trip; documents and jobs, where
a turn has any, take a few more in the same transaction. A run is loaded by one statement, and so as of one moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from wizard.errors import StaleRevision
from wizard.model import ENDED, Change, Former, Refused, Reply, Report, Run, RunStatus, StoredFile
from wizard.model.cells import Cells
from wizard.model.events import TakenEvents
from wizard.model.job import Backlog, Queue
from wizard.model.remote import RemoteNodes
from wizard.model.resources import StoredResources
from wizard.model.staging import Stages
from wizard.model.talk import Utterance
from wizard.state.merging import Document
from wizard.stores.blobs import records, rows, sealing
from wizard.stores.blobs.formers import former_body, read_former
from wizard.stores.blobs.inventory import NEW, ROOM, Inventories, Inventory, inventory_after
from wizard.stores.blobs.marks import Prepared, finished
from wizard.stores.blobs.owners import owners_named, owners_of
from wizard.stores.blobs.vault import PLAIN, Vault
from wizard.stores.contract import RunPlace, RunSummary, TraceEntry
from wizard.stores.documents import Documents
from wizard.stores.postgres import cells as pgcells
from wizard.stores.postgres import events as pgevents
from wizard.stores.postgres import refused as pgrefused
from wizard.stores.postgres import talk as pgtalk
from wizard.stores.postgres.documents import (
    READ_DOCUMENT,
    PostgresDocuments,
    add_session,
    read_document,
    save_documents,
)
from wizard.stores.postgres.migrations import migrate
from wizard.stores.postgres.pool import Connection, Pool
from wizard.stores.postgres.queue import Order, PostgresQueue, order, packed, queries
from wizard.stores.postgres.reading import COUNT_RUNS, READ_RUN, counts, run_row, stored_run, summary
from wizard.stores.postgres.remote import PostgresRemoteNodes
from wizard.stores.postgres.reseal import WRITE_MARK, Resealer, prepare_seal
from wizard.stores.postgres.resources import PostgresResources
from wizard.stores.postgres.stages import ADD_DEFINITION, PostgresStages
from wizard.stores.postgres.turn import BIRTH, COMMIT, turn_values
from wizard.stores.postgres.values import bounded, decoded, encoded, in_utc
from wizard.stores.scripts import scripts

POOL_SIZE = 10

READ_REVISION = "SELECT revision FROM wizard.runs WHERE id = $1"
KEEP_REPLY = """WITH run AS (SELECT id FROM wizard.runs WHERE id = $1 FOR KEY SHARE)
    INSERT INTO wizard.replies SELECT $2, $3, id, $4, $5 FROM run ON CONFLICT DO NOTHING"""
READ_REPLY = "SELECT run_id, body FROM wizard.replies WHERE scope = $1 AND key = $2"
READ_HEADER = """SELECT id, workflow, version, status, revision, created_at, updated_at, expires_at, header
    FROM wizard.runs WHERE id = $1 FOR SHARE"""
READ_TRACE = """SELECT first, revision, at, body FROM wizard.trace WHERE run_id = $1
    AND first >= (SELECT coalesce(max(first), 0) FROM wizard.trace WHERE run_id = $1 AND first <= $2)
    ORDER BY first LIMIT $3"""
LIST_RUNS = "SELECT id, workflow, version, status, revision, created_at, updated_at, expires_at FROM wizard.runs WHERE "
NEWEST = " ORDER BY created_at DESC, id DESC LIMIT $1"
BEFORE = "(created_at, id) < ($%d, $%d)"
ADD_OWNERS = "INSERT INTO wizard.owners SELECT owner, $2, $3 FROM unnest($1::text[]) AS owner"
LIST_OWN = """SELECT id, workflow, version, status, revision, runs.created_at, updated_at, expires_at
    FROM wizard.owners AS own JOIN wizard.runs AS runs ON id = own.run_id WHERE """
NEWEST_OWN = " ORDER BY own.created_at DESC, own.run_id DESC LIMIT $1"
LIVE = f"status NOT IN ({', '.join(repr(status.value) for status in sorted(ENDED))})"
ALSO_OWN = "id IN (SELECT run_id FROM wizard.owners WHERE owner = $%d)"
BEFORE_OWN = "(own.created_at, own.run_id) < ($%d, $%d)"
PROBE = "SELECT pg_current_xact_id()"  # whose commit is written to the log; a standby gives none
READ_DEFINITION = "SELECT body FROM wizard.definitions WHERE version = $1"
MIGRATE_RUN = "UPDATE wizard.runs SET version = $2 WHERE id = $1"
WRITE_BIRTH = "UPDATE wizard.run_data SET birth = $2 WHERE run_id = $1"
KEEP_FORMER = """INSERT INTO wizard.formers VALUES ($1, $2, $3)
    ON CONFLICT (run_id) DO UPDATE SET revision = excluded.revision, body = excluded.body"""
FORGET_FORMER = "DELETE FROM wizard.formers WHERE run_id = $1"
READ_FORMER = "SELECT revision, body FROM wizard.formers WHERE run_id = $1"
READ_FILE = "SELECT body FROM wizard.files WHERE run_id = $1 AND id = $2"
READ_FILES = "SELECT id, body FROM wizard.files WHERE run_id = $1 ORDER BY id"
# The lock keeps a run from being deleted meanwhile, which would leave its report behind, and no turn from moving it.
REPORT = """WITH run AS (SELECT id FROM wizard.runs WHERE id = $1 FOR KEY SHARE)
    INSERT INTO wizard.reports SELECT id, $2 FROM run ON CONFLICT (run_id) DO UPDATE SET body = excluded.body"""
READ_REPORT = "SELECT body FROM wizard.reports WHERE run_id = $1"
OCCUPY = "SELECT wizard.occupy($1, $2, $3, $4, $5) AS before"
VACATE = "DELETE FROM wizard.slots WHERE holder = $1"
DELETE_RUN = "SELECT wizard.delete_run($1, $2, $3) AS found"
FAILED_UNDOS = "SELECT DISTINCT run_id FROM wizard.undos WHERE failed ORDER BY run_id LIMIT $1"
COUNT_FAILED = "SELECT count(*) AS count FROM wizard.undos WHERE failed"
PRUNE = """WITH old AS (SELECT scope, key FROM wizard.replies WHERE at < $1 ORDER BY at LIMIT $2),
    gone AS (DELETE FROM wizard.replies USING old WHERE replies.scope = old.scope AND replies.key = old.key RETURNING 1)
    SELECT count(*) AS count FROM gone"""


class PostgresStore:
    """A Store in the database at `url`; see wizard.stores.contract.Store for what each method promises.

    `pool_size` bounds the connections of this process; one more hears of jobs where some are claimed.
    """

    def __init__(self, url: str, vault: Vault = PLAIN, pool_size: int = POOL_SIZE, inventory_room: int = ROOM) -> None:
        self._pool = Pool(url, pool_size)
        self._ring = vault
        self._prepared = Prepared(vault)
        self._inventories = Inventories(inventory_room)
        self._queue = PostgresQueue(self._pool, lambda: self._vault)
        self._resealer = Resealer(self._pool, lambda: self._vault)
        self.queue: Queue = self._queue
        self.stages: Stages = PostgresStages(self._pool)
        self.remote_nodes: RemoteNodes = PostgresRemoteNodes(self._pool, lambda: self._vault)
        self.events: TakenEvents = pgevents.PostgresEvents(self._pool, lambda: self._vault)
        self.cells: Cells = pgcells.PostgresCells(self._pool, lambda: self._vault)
        self.resources: StoredResources = PostgresResources(self._pool, lambda: self._vault)
        self.documents: Documents = PostgresDocuments(self._pool, lambda: self._vault)

    @property
    def _vault(self) -> Vault:
        return self._prepared.vault

    async def open(self) -> None:
        """Raises StoreError where the database can't be used, is a newer version's or isn't sealed as the keys ask,
        and SettingsError where its address can't be understood."""
        await self._pool.open()
        try:
            await self._pool.prepare(self._prepare)
        except BaseException:
            await self._pool.close()
            raise

    async def _prepare(self, connection: Connection) -> None:
        await migrate(connection, queries(connection), scripts("postgres"))
        self._prepared = await prepare_seal(connection, self._ring)

    async def close(self) -> None:
        await self._pool.close(first=self._queue.close)

    async def commit(self, change: Change) -> None:
        vault, run, stamp = self._vault, change.run.id, self._vault.stamp()
        before = await self._inventory(change)
        now = inventory_after(vault, before, change, stamp) if vault.seals else before
        values = turn_values(vault, change, before, now, stamp)
        settled = set(change.settled)
        jobs = packed(self._vault, (job for job in change.jobs if job.key not in settled), change.run.updated_at)
        if jobs or change.documents or change.said or change.migrating is not None or _owners(change):
            at = await self._pool.transact(lambda connection: self._commit(connection, values, change, jobs), run)
        else:
            at = (await self._pool.write(COMMIT, *values, run=run))[0]["at"]
        if at is None:
            raise StaleRevision(run=run)
        if vault.seals:
            self._inventories.put(run, change.run.revision, now)
        if jobs:
            self._queue.wake()

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
            await self._resealer.seal_run(run_id)
            await self.load(run_id)
            known = self._inventories.get(run_id, expected)
        if known is None:
            raise StaleRevision(run=run_id)
        return known

    async def _commit(
        self, connection: Connection, values: Sequence[Any], change: Change, jobs: Sequence[Order]
    ) -> datetime | None:
        at: datetime | None = await connection.fetchval(COMMIT, *values)
        if at is not None and (owners := _owners(change)):
            await connection.execute(ADD_OWNERS, owners, change.run.created_at, encoded(change.run.id))
            await add_session(connection, change.run)
        if at is not None and change.migrating is not None:
            await self._migrate(connection, change, values[BIRTH])
        if at is not None and change.documents:
            await save_documents(connection, self._vault, change.documents, change.run.updated_at)
        if at is not None and change.said:
            await pgtalk.add(connection, self._vault, change.run.id, change.said)
        if at is not None and jobs:
            await order(connection, jobs, at)
        return at

    async def _migrate(self, connection: Connection, change: Change, birth: bytes) -> None:
        """Of the run's row the revision is new, so that the transaction holds it."""
        run, former = change.run, None if change.migrating is None else change.migrating.former
        run_id = encoded(run.id)
        await connection.execute(MIGRATE_RUN, run_id, encoded(run.version))
        await connection.execute(WRITE_BIRTH, run_id, birth)
        if former is None:
            await connection.execute(FORGET_FORMER, run_id)
        else:
            body = former_body(self._vault, former, run.revision)
            await connection.execute(KEEP_FORMER, run_id, run.revision, body)

    async def load(self, run_id: str) -> Run | None:
        read = await self._pool.read(READ_RUN, encoded(run_id), run=run_id)
        return self._opened(read[0]) if read else None

    def _opened(self, row: Any) -> Run:
        run, inventory = sealing.open_run(self._vault, stored_run(self._vault, row))
        if inventory is not None:
            self._inventories.put(run.id, run.revision, inventory)
        return run

    async def former(self, run_id: str) -> Former | None:
        kept = await self._pool.read(READ_FORMER, encoded(run_id), run=run_id)
        return read_former(self._vault, run_id, *kept[0]) if kept else None

    async def revision(self, run_id: str) -> int | None:
        revisions = await self._pool.read(READ_REVISION, encoded(run_id), run=run_id)
        return revisions[0]["revision"] if revisions else None

    async def reply(self, scope: str, key: str) -> Reply | None:
        replies = await self._pool.read(READ_REPLY, encoded(scope), encoded(key))
        return (
            records.read_reply(self._vault, decoded(replies[0]["run_id"]), scope, key, replies[0]["body"])
            if replies
            else None
        )

    async def keep_reply(self, run_id: str, reply: Reply, at: datetime) -> None:
        body = records.reply_body(self._vault, run_id, reply)
        values = (encoded(run_id), encoded(reply.scope), encoded(reply.key), in_utc(at), body)
        await self._pool.write(KEEP_REPLY, *values, run=run_id)

    async def trace(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[TraceEntry]:
        after, limit = bounded(after), bounded(limit)
        if self._vault.seals:
            return await self._pool.transact(lambda connection: self._checked(connection, run_id, after, limit), run_id)
        turns = await self._pool.read(READ_TRACE, encoded(run_id), after + 1, limit, run=run_id)
        return self._entries(self._vault, run_id, turns, after, limit)

    async def _checked(self, connection: Connection, run_id: str, after: int, limit: int) -> list[TraceEntry]:
        """All that the run's header speaks of: the lock keeps turns from adding to it meanwhile."""
        row = await connection.fetchrow(READ_HEADER, encoded(run_id))
        if row is None:
            return []
        run = run_row(row)
        head = rows.read_header(self._vault, run)
        turns = await connection.fetch(READ_TRACE, encoded(run_id), after + 1, limit)
        entries = self._entries(rows.vault_of(self._vault, run), run_id, turns, after, limit)
        sealing.check_numbers(head, run_id, entries, after, limit)
        return entries

    def _entries(self, vault: Vault, run_id: str, turns: Sequence[Any], after: int, limit: int) -> list[TraceEntry]:
        entries = (entry for turn in turns for entry in rows.read_entries(vault, run_id, *turn))
        return list(islice((entry for entry in entries if entry.number > after), limit))

    async def said(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[Utterance]:
        return await pgtalk.read(self._pool, self._vault, run_id, after, limit)

    async def utterance(self, run_id: str, said_id: str) -> Utterance | None:
        return await pgtalk.find(self._pool, self._vault, run_id, said_id)

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
        own = bool(owners)
        given = {
            **dict(zip(("own.owner = $%d", ALSO_OWN), owners, strict=False)),
            "workflow = $%d": workflow,
            "status = $%d": None if status is None else status.value,
        }
        wanted = [(clause, encoded(value)) for clause, value in given.items() if value is not None]
        clauses = [clause % number for number, (clause, _) in enumerate(wanted, 2)]
        values: list[Any] = [value for _, value in wanted]
        clauses += [LIVE] if live else []
        if before is not None:
            clauses.append((BEFORE_OWN if own else BEFORE) % (len(values) + 2, len(values) + 3))
            values += before.created_at, encoded(before.id)
        listing, newest = (LIST_OWN, NEWEST_OWN) if own else (LIST_RUNS, NEWEST)
        text = listing + " AND ".join(["true", *clauses]) + newest
        return [summary(row) for row in await self._pool.read(text, bounded(limit), *values)]

    async def count_runs(self) -> Mapping[str, Mapping[RunStatus, int]]:
        return counts(await self._pool.read(COUNT_RUNS))

    async def save_definition(self, version: str, body: bytes) -> None:
        await self._pool.read(ADD_DEFINITION, encoded(version), body)

    async def definition(self, version: str) -> bytes | None:
        definitions = await self._pool.read(READ_DEFINITION, encoded(version))
        return definitions[0]["body"] if definitions else None

    async def document(self, kind: str, document_id: str) -> Document:
        documents = await self._pool.read(READ_DOCUMENT, encoded(kind), encoded(document_id))
        return read_document(self._vault, kind, document_id, documents[0] if documents else None)

    async def file(self, run_id: str, file_id: str) -> StoredFile | None:
        files = await self._pool.read(READ_FILE, encoded(run_id), encoded(file_id), run=run_id)
        return records.read_file(self._vault, run_id, file_id, files[0]["body"]) if files else None

    async def files(self, run_id: str) -> Sequence[StoredFile]:
        files = await self._pool.read(READ_FILES, encoded(run_id), run=run_id)
        return [records.read_file(self._vault, run_id, decoded(row["id"]), row["body"]) for row in files]

    async def report(self, run_id: str, report: Report) -> None:
        await self._pool.write(REPORT, encoded(run_id), records.report_body(self._vault, run_id, report), run=run_id)

    async def reported(self, run_id: str) -> Report | None:
        reports = await self._pool.read(READ_REPORT, encoded(run_id), run=run_id)
        return records.read_report(self._vault, run_id, reports[0]["body"]) if reports else None

    async def keep_refused(self, refused: Refused, most: int, before: datetime) -> None:
        await pgrefused.keep(self._pool, self._vault, refused, most, before)

    async def refused(self, scope: str, key: str) -> Refused | None:
        return await pgrefused.read(self._pool, self._vault, scope, key)

    async def forget_refused(self, scope: str, key: str) -> None:
        await pgrefused.forget(self._pool, scope, key)

    async def occupy(
        self, holder: str, limits: Mapping[str, int], now: datetime, lease: timedelta, since: datetime
    ) -> int:
        names = [encoded(name) for name in limits]
        pauses = await self._pool.write(OCCUPY, encoded(holder), names, list(limits.values()), lease, in_utc(since))
        return int(pauses[0]["before"])

    async def vacate(self, holder: str) -> None:
        await self._pool.write(VACATE, encoded(holder))

    async def probe(self) -> None:
        await self._pool.write(PROBE)

    async def delete_run(self, run_id: str) -> bool:
        stored = encoded(run_id)
        # "0" is the character after "/": all keys of the run's jobs lie between.
        deleted = await self._pool.write(DELETE_RUN, stored, f"{stored}/", f"{stored}0", run=run_id)
        self._inventories.forget(run_id)
        return bool(deleted[0]["found"])

    async def failed_undos(self, limit: int = 100) -> Sequence[str]:
        return [decoded(row["run_id"]) for row in await self._pool.read(FAILED_UNDOS, bounded(limit))]

    async def prune(self, before: datetime, limit: int = 1000) -> int:
        replies = int((await self._pool.write(PRUNE, in_utc(before), bounded(limit)))[0]["count"])
        events = await pgevents.prune(self._pool, before, limit - replies)
        await self._pool.write(pgrefused.OLD, in_utc(before))
        await self._pool.write(pgcells.OLD, in_utc(before))
        return replies + events

    async def backlog(self, now: datetime) -> Backlog:
        due, later, aside = await self._queue.count(now)
        return Backlog(due, later, (await self._pool.read(COUNT_FAILED))[0]["count"], aside)

    async def reseal(self, limit: int = 1000) -> int:
        count = await self._resealer.reseal(limit)
        mark = None if count else finished(self._ring, self._prepared)
        if mark is not None:
            await self._pool.write(WRITE_MARK, mark)
        return count


def _owners(change: Change) -> list[str]:
    """Whose run a change creates; none for nobody's and for any other change."""
    return list(owners_of(change.run)) if change.expected is None else []
