"""What is read from a SQLite database: rows as values, or an error that names the run."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from wizard.model import Reply, Report, Run, RunStatus, StoredFile
from wizard.stores import Document, RunSummary, TraceEntry, records, rows
from wizard.stores.formats import MISSHAPEN, unreadable
from wizard.stores.vault import Vault

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

READ_RUN = """SELECT id, workflow, version, status, revision, created_at, updated_at, expires_at, header, birth, context
    FROM runs JOIN run_data ON run_id = id WHERE id=?"""
READ_STEPS = "SELECT path, seq, body FROM steps WHERE run_id=?"
READ_PARKED = "SELECT path, body FROM parked WHERE run_id=?"
READ_UNDOS = "SELECT failed, body FROM undos WHERE run_id=?"
READ_REPLY = "SELECT run_id, body FROM replies WHERE scope=? AND key=?"
READ_TRACE = """SELECT first, revision, at, body FROM trace
    WHERE run_id=?1 AND first >= (SELECT coalesce(max(first), 0) FROM trace WHERE run_id=?1 AND first <= ?2 + 1)
    ORDER BY first LIMIT ?3 + 1"""
READ_DOCUMENT = "SELECT revision, body FROM documents WHERE kind=? AND id=?"
READ_FILE = "SELECT body FROM files WHERE run_id=? AND id=?"
READ_FILES = "SELECT id, body FROM files WHERE run_id=? ORDER BY id"
READ_REPORT = "SELECT body FROM reports WHERE run_id=?"
LIST_RUNS = "SELECT id, workflow, version, status, revision, created_at, updated_at FROM runs WHERE "
NEWEST = " ORDER BY created_at DESC, id DESC LIMIT ?"


def read_time(stored: int) -> datetime:
    return EPOCH + timedelta(microseconds=stored)


def load(connection: sqlite3.Connection, vault: Vault, run_id: str) -> Run | None:
    """Raises StoreError naming the run."""
    parked: list[tuple[str, bytes]] = []
    undos: list[tuple[int, bytes]] = []
    connection.execute("BEGIN")  # all that is read is of one moment
    try:
        row = connection.execute(READ_RUN, (run_id,)).fetchone()
        if row is None:
            return None
        head = rows.read_header(vault, run_id, row[8])
        steps = connection.execute(READ_STEPS, (run_id,)).fetchall()
        if head.get("parked"):
            parked = connection.execute(READ_PARKED, (run_id,)).fetchall()
        if head.get("undos"):
            undos = connection.execute(READ_UNDOS, (run_id,)).fetchall()
    finally:
        connection.execute("COMMIT")
    try:
        created, updated, expires = row[5:8]
        dates = (read_time(created), read_time(updated), None if expires is None else read_time(expires))
        run = rows.RunRow._make((*row[:5], *dates, *row[8:]))
    except MISSHAPEN as error:
        raise unreadable("The run", error, run_id) from error
    return rows.read_run(vault, run, steps, parked, undos, head)


def read_trace(connection: sqlite3.Connection, vault: Vault, run_id: str, after: int, limit: int) -> list[TraceEntry]:
    """Raises StoreError naming the run."""
    turns = connection.execute(READ_TRACE, (run_id, after, limit))
    entries = (entry for row in turns for entry in _entries(vault, run_id, row) if entry.number > after)
    return list(islice(entries, limit))


def _entries(vault: Vault, run_id: str, row: tuple[Any, ...]) -> list[TraceEntry]:
    first, revision, at, body = row
    try:
        return rows.read_entries(vault, run_id, first, revision, read_time(at), body)
    except MISSHAPEN as error:
        raise unreadable("The trace of the run", error, run_id) from error


def read_reply(connection: sqlite3.Connection, vault: Vault, scope: str, key: str) -> Reply | None:
    """Raises StoreError."""
    row = connection.execute(READ_REPLY, (scope, key)).fetchone()
    return None if row is None else records.read_reply(vault, row[0], scope, key, row[1])


def read_document(connection: sqlite3.Connection, vault: Vault, kind: str, document_id: str) -> Document:
    """Raises StoreError."""
    row = connection.execute(READ_DOCUMENT, (kind, document_id)).fetchone()
    return Document(0, {}) if row is None else records.read_document(vault, kind, document_id, row[0], row[1])


def read_file(connection: sqlite3.Connection, vault: Vault, run_id: str, file_id: str) -> StoredFile | None:
    """Raises StoreError naming the run."""
    row = connection.execute(READ_FILE, (run_id, file_id)).fetchone()
    return None if row is None else records.read_file(vault, run_id, file_id, row[0])


def read_files(connection: sqlite3.Connection, vault: Vault, run_id: str) -> list[StoredFile]:
    """Raises StoreError naming the run."""
    return [
        records.read_file(vault, run_id, file_id, body) for file_id, body in connection.execute(READ_FILES, (run_id,))
    ]


def read_report(connection: sqlite3.Connection, vault: Vault, run_id: str) -> Report | None:
    """Raises StoreError naming the run."""
    row = connection.execute(READ_REPORT, (run_id,)).fetchone()
    return None if row is None else records.read_report(vault, run_id, row[0])


def list_runs(
    connection: sqlite3.Connection, workflow: str | None, status: RunStatus | None, limit: int, before: str | None
) -> list[RunSummary]:
    """Raises StoreError naming the run that can't be listed."""
    given = {
        "workflow=?": workflow,
        "status=?": None if status is None else status.value,
        "(created_at, id) < (SELECT created_at, id FROM runs WHERE id=?)": before,
    }
    wanted = {clause: value for clause, value in given.items() if value is not None}
    text = LIST_RUNS + " AND ".join(["1", *wanted]) + NEWEST
    return [_summary(row) for row in connection.execute(text, (*wanted.values(), max(limit, 0)))]


def _summary(row: tuple[Any, ...]) -> RunSummary:
    run_id, workflow, version, status, revision, created, updated = row
    try:
        times = (read_time(created), read_time(updated))
        return RunSummary(run_id, workflow, version, rows.RUN_STATUSES[status], revision, *times)
    except MISSHAPEN as error:
        raise unreadable("The run", error, run_id) from error
