"""What one change writes into a SQLite database: packed by the caller's thread, written by the writing one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.errors import KeyReused, StaleRevision
from wizard.model import Change
from wizard.model.job import Job
from wizard.stores.blobs import records, rows, step_rows
from wizard.stores.blobs.formers import former_body
from wizard.stores.blobs.inventory import NEW, Inventory, inventory_after
from wizard.stores.blobs.owners import owners_of
from wizard.stores.blobs.talk_rows import utterance_body
from wizard.stores.blobs.vault import Vault
from wizard.stores.sqlite import talk
from wizard.stores.sqlite.documents import add_session, save_document
from wizard.stores.sqlite.reading import stored_time

# One text each: sqlite3 prepares a text once and keeps the statement.
CREATE_RUN = "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
UPDATE_RUN = "UPDATE runs SET revision=?, updated_at=?, expires_at=?, header=? WHERE id=? AND revision=?"
UPDATE_STATUS = "UPDATE runs SET status=?2 WHERE id=?1 AND status<>?2"  # its indexes are written only where it changed
CREATE_DATA = "INSERT INTO run_data VALUES (?, ?, ?)"
ADD_OWNER = "INSERT INTO owners VALUES (?, ?, ?)"
UPDATE_CONTEXT = "UPDATE run_data SET context=?2 WHERE run_id=?1 AND context IS NOT ?2"
MIGRATE_RUN = "UPDATE runs SET version=? WHERE id=?"
WRITE_BIRTH = "UPDATE run_data SET birth=?2 WHERE run_id=?1"
KEEP_FORMER = "REPLACE INTO formers VALUES (?, ?, ?)"
FORGET_FORMER = "DELETE FROM formers WHERE run_id=?"
DROP_STEP = "DELETE FROM steps WHERE run_id=? AND path=?"
WRITE_STEP = "REPLACE INTO steps VALUES (?, ?, ?, ?)"
UNPARK = "DELETE FROM parked WHERE run_id=? AND path=?"
UNPARK_ALL = "DELETE FROM parked WHERE run_id=?"
PARK = "REPLACE INTO parked VALUES (?, ?, ?)"
OWE_UNDO = "REPLACE INTO undos VALUES (?, ?, ?, ?)"
DROP_UNDO = "DELETE FROM undos WHERE run_id=? AND visit=?"
ADD_TRACE = """INSERT INTO trace VALUES (?1,
    coalesce((SELECT first + count FROM trace WHERE run_id=?1 ORDER BY first DESC LIMIT 1), 1), ?2, ?3, ?4, ?5)"""
ADD_REPLY = "INSERT INTO replies VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
REPLACE_REPLY = "REPLACE INTO replies VALUES (?, ?, ?, ?, ?)"
ADD_FILE = "REPLACE INTO files VALUES (?, ?, ?)"
ORDER_JOB = "REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, 0, NULL, ?, NULL, NULL)"
SETTLE_JOB = "DELETE FROM jobs WHERE key=?"


@dataclass(frozen=True, slots=True)
class PackedChange:
    """A change whose blobs are made: what is wrong in it is refused before it is queued."""

    change: Change
    vault: Vault
    header: bytes
    birth: bytes
    context: bytes | None
    times: tuple[int, int, int | None]
    steps: list[tuple[str, str, int, bytes]]
    parked: list[tuple[str, str, bytes]]
    trace: bytes
    rare: _Rare | None
    inventory: Inventory
    former: bytes | None = None

    @classmethod
    def of(cls, change: Change, vault: Vault, before: Inventory = NEW) -> PackedChange:
        """`before` is the inventory of a sealed run's rows as they are stored. Raises InvalidInput."""
        run, run_id, stamp = change.run, change.run.id, vault.stamp()
        expires = None if run.expires_at is None else stored_time(run.expires_at)
        times = (stored_time(run.created_at), stored_time(run.updated_at), expires)
        kept = [(path, answers) for path, answers in change.parked.items() if path in run.parked]
        now = inventory_after(vault, before, change, stamp) if vault.seals else before
        return cls(
            change,
            vault,
            rows.header(vault, run, now, stamp),
            rows.birth(vault, run, stamp) if change.bears else b"",
            rows.context(vault, run, stamp) if change.context or change.bears else None,
            times,
            [(run_id, step.path, step.seq, step_rows.step_body(vault, run_id, step, stamp)) for step in change.written],
            [(run_id, path, step_rows.answers_body(vault, run_id, path, answers, stamp)) for path, answers in kept],
            rows.entries_body(vault, run, change.entries, before.entries + 1) if change.entries else b"",
            _Rare.of(change, vault, times[1], stamp),
            now,
            _former(change, vault),
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
        if self.rare is not None:
            self.rare.write(connection)
        if change.migrating is not None:
            self._migrate(connection)
        for save in change.documents:
            save_document(connection, self.vault, save, run.updated_at)

    def _write_run(self, connection: sqlite3.Connection) -> None:
        run, expected = self.change.run, self.change.expected
        created, updated, expires = self.times
        if expected is None:
            names = (run.id, run.workflow, run.version, run.status.value, run.revision)
            changed = connection.execute(CREATE_RUN, (*names, created, updated, expires, self.header)).rowcount
        else:
            moved = (run.revision, updated, expires, self.header, run.id, expected)
            changed = connection.execute(UPDATE_RUN, moved).rowcount
        if changed == 0:
            raise StaleRevision(run=run.id)
        if expected is None:
            connection.execute(CREATE_DATA, (run.id, self.birth, self.context))
            connection.executemany(ADD_OWNER, [(owner, created, run.id) for owner in owners_of(run)])
            add_session(connection, run)
            return
        connection.execute(UPDATE_STATUS, (run.id, run.status.value))
        if self.context is not None:
            connection.execute(UPDATE_CONTEXT, (run.id, self.context))

    def _migrate(self, connection: sqlite3.Connection) -> None:
        run = self.change.run
        connection.execute(MIGRATE_RUN, (run.version, run.id))
        connection.execute(WRITE_BIRTH, (run.id, self.birth))
        if self.former is None:
            connection.execute(FORGET_FORMER, (run.id,))
        else:
            connection.execute(KEEP_FORMER, (run.id, run.revision, self.former))


def _former(change: Change, vault: Vault) -> bytes | None:
    """The run as it was, where the change keeps that."""
    former = None if change.migrating is None else change.migrating.former
    return None if former is None else former_body(vault, former, change.run.revision)


@dataclass(frozen=True, slots=True)
class _Rare:
    """What most turns have nothing of, so that they pay one look for all of it."""

    run_id: str
    reply: tuple[str, str, str, int, bytes] | None
    add_reply: str
    files: list[tuple[str, str, bytes]]
    undos: list[tuple[str, int, bool, bytes]]
    undone: list[tuple[str, int]]
    jobs: list[tuple[str, str, str, int, int, bytes]]
    settled: Sequence[str]
    said: list[talk.Row]

    @classmethod
    def of(cls, change: Change, vault: Vault, at: int, stamp: bytes) -> _Rare | None:
        reply, run_id = change.reply, change.run.id
        rare = change.files or change.undos or change.undone or change.jobs or change.settled or change.said
        if reply is None and not rare:
            return None
        undos = change.undos
        return cls(
            run_id,
            None if reply is None else (reply.scope, reply.key, run_id, at, records.reply_body(vault, run_id, reply)),
            REPLACE_REPLY if reply is not None and reply.again else ADD_REPLY,
            [(run_id, file.id, records.file_body(vault, run_id, file)) for file in change.files],
            [(run_id, undo.step.visit, undo.failed, step_rows.undo_body(vault, run_id, undo, stamp)) for undo in undos],
            [(run_id, visit) for visit in change.undone],
            [_job_row(job, vault) for job in change.jobs],
            change.settled,
            [(run_id, said.number, said.id, utterance_body(vault, run_id, said)) for said in change.said],
        )

    def write(self, connection: sqlite3.Connection) -> None:
        if self.reply is not None and connection.execute(self.add_reply, self.reply).rowcount == 0:
            raise KeyReused(run=self.run_id)
        talk.add(connection, self.said, self.run_id)
        connection.executemany(ADD_FILE, self.files)
        connection.executemany(OWE_UNDO, self.undos)
        connection.executemany(DROP_UNDO, self.undone)
        connection.executemany(ORDER_JOB, self.jobs)
        connection.executemany(SETTLE_JOB, [(key,) for key in self.settled])


def _job_row(job: Job, vault: Vault) -> tuple[str, str, str, int, int, bytes]:
    return (job.key, job.run, job.kind.value, job.visit, stored_time(job.due), records.payload_body(vault, job))
