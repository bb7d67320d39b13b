"""What is read from a SQLite database: rows as values, or an error that names the run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any

from wizard.errors import InvalidInput
from wizard.model import ENDED, Reply, Report, Run, RunStatus, StoredFile
from wizard.state.merging import NEVER_SAVED, Document
from wizard.stores.blobs import records, rows, sealing
from wizard.stores.blobs.formats import MISSHAPEN, unreadable
from wizard.stores.blobs.inventory import Inventory
from wizard.stores.blobs.vault import Vault
from wizard.stores.contract import RunPlace, RunSummary, TraceEntry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

READ_RUN = """SELECT id, workflow, version, status, revision, created_at, updated_at, expires_at, header, birth, context
    FROM runs JOIN run_data ON run_id = id WHERE id=?"""
READ_STEPS = "SELECT path, seq, body FROM steps WHERE run_id=?"
READ_PARKED = "SELECT path, body FROM parked WHERE run_id=?"
READ_UNDOS = "SELECT visit, failed, body FROM undos WHERE run_id=?"
READ_REPLY = "SELECT run_id, body FROM replies WHERE scope=? AND key=?"
READ_TRACE = """SELECT first, revision, at, body FROM trace
    WHERE run_id=?1 AND first >= (SELECT coalesce(max(first), 0) FROM trace WHERE run_id=?1 AND first <= ?2 + 1)
    ORDER BY first LIMIT ?3 + 1"""
READ_DOCUMENT = "SELECT revision, body FROM documents WHERE kind=? AND id=?"
READ_FILE = "SELECT body FROM files WHERE run_id=? AND id=?"
READ_FILES = "SELECT id, body FROM files WHERE run_id=? ORDER BY id"
READ_REPORT = "SELECT body FROM reports WHERE run_id=?"
LIST_RUNS = "SELECT id, workflow, version, status, revision, runs.created_at, updated_at, expires_at FROM runs WHERE "
NEWEST = " ORDER BY created_at DESC, id DESC LIMIT ?"
BEFORE = "(created_at, id) < (?, ?)"
# CROSS has SQLite begin with the owner, of whom there are few: it would else sort what another index finds.
LIST_OWN = """SELECT id, workflow, version, status, revision, runs.created_at, updated_at, expires_at
    FROM owners AS own CROSS JOIN runs ON id = own.run_id WHERE """
NEWEST_OWN = " ORDER BY own.created_at DESC, own.run_id DESC LIMIT ?"
COUNT_RUNS = "SELECT workflow, status, count(*) FROM runs GROUP BY workflow, status"
LIVE = f"status NOT IN ({', '.join(repr(status.value) for status in sorted(ENDED))})"
ALSO_OWN = "id IN (SELECT run_id FROM owners WHERE owner=?)"
COUNT_OWN = "SELECT count(*) FROM (SELECT 1 FROM owners WHERE owner=? LIMIT ?)"
FEW = 100  # runs of one owner: to read them takes less time than to have them read by another thread
BEFORE_OWN = "(own.created_at, own.run_id) < (?, ?)"


def read_time(stored: int) -> datetime:
    return EPOCH + timedelta(microseconds=stored)


def stored_time(at: datetime) -> int:
    """Raises InvalidInput where the time has no time zone."""
    try:
        return (at - EPOCH) // MICROSECOND
    except TypeError as error:
        raise InvalidInput(f"The time {at} has no time zone. Take the clock's times in UTC.") from error


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is read within is as of one moment."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def read_rows(connection: sqlite3.Connection, vault: Vault, run_id: str) -> rows.StoredRun | None:
    """Raises StoreError naming the run."""
    with _one_moment(connection):
        columns = connection.execute(READ_RUN, (run_id,)).fetchone()
        if columns is None:
            return None
        row = _run_row(run_id, columns)
        head = rows.read_header(vault, row)
        steps = connection.execute(READ_STEPS, (run_id,)).fetchall()
        parked = connection.execute(READ_PARKED, (run_id,)).fetchall() if head.get("parked") else []
        undos = connection.execute(READ_UNDOS, (run_id,)).fetchall() if head.get("undos") else []
    return rows.StoredRun(row, head, steps, parked, undos)


def load(connection: sqlite3.Connection, vault: Vault, run_id: str) -> tuple[Run, Inventory | None] | None:
    """The run, and the inventory of its rows where it is sealed. Raises StoreError naming the run."""
    stored = read_rows(connection, vault, run_id)
    return None if stored is None else sealing.open_run(vault, stored)


def _run_row(run_id: str, columns: tuple[Any, ...]) -> rows.RunRow:
    try:
        created, updated, expires = columns[5:8]
        dates = (read_time(created), read_time(updated), None if expires is None else read_time(expires))
        return rows.RunRow._make((*columns[:5], *dates, *columns[8:]))
    except MISSHAPEN as error:
        raise unreadable("The run", error, run_id) from error


def read_trace(connection: sqlite3.Connection, vault: Vault, run_id: str, after: int, limit: int) -> list[TraceEntry]:
    """Raises StoreError naming the run."""
    head: rows.Head | None = None
    with _one_moment(connection):
        if vault.seals and (columns := connection.execute(READ_RUN, (run_id,)).fetchone()) is not None:
            row = _run_row(run_id, columns)
            head, vault = rows.read_header(vault, row), rows.vault_of(vault, row)
        turns = connection.execute(READ_TRACE, (run_id, after, limit)).fetchall()
    entries = (entry for turn in turns for entry in _entries(vault, run_id, turn) if entry.number > after)
    read = list(islice(entries, limit))
    if head is not None:
        sealing.check_numbers(head, run_id, read, after, limit)
    return read


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
    return NEVER_SAVED if row is None else records.read_document(vault, kind, document_id, row[0], row[1])


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
    connection: sqlite3.Connection,
    *,
    workflow: str | None,
    status: RunStatus | None,
    owners: tuple[str, ...],
    live: bool,
    limit: int,
    before: RunPlace | None,
) -> list[RunSummary]:
    """`owners` are the marks of those whose runs are listed. Raises StoreError naming the run that can't be listed."""
    own = bool(owners)
    given = {
        **dict(zip(("own.owner=?", ALSO_OWN), owners, strict=False)),
        "workflow=?": workflow,
        "status=?": None if status is None else status.value,
    }
    wanted: dict[str, tuple[Any, ...]] = {clause: (value,) for clause, value in given.items() if value is not None}
    if live:
        wanted[LIVE] = ()
    if before is not None:
        wanted[BEFORE_OWN if own else BEFORE] = ((before.created_at - EPOCH) // timedelta(microseconds=1), before.id)
    listing, newest = (LIST_OWN, NEWEST_OWN) if own else (LIST_RUNS, NEWEST)
    text = listing + " AND ".join(["1", *wanted]) + newest
    return [_summary(row) for row in connection.execute(text, (*chain(*wanted.values()), max(limit, 0)))]


def has_few(connection: sqlite3.Connection, owner: str) -> bool:
    """Whether the profile or session of this mark has few runs."""
    count: int = connection.execute(COUNT_OWN, (owner, FEW)).fetchone()[0]
    return count < FEW


def _summary(row: tuple[Any, ...]) -> RunSummary:
    run_id, workflow, version, status, revision, created, updated, expires = row
    try:
        times = (read_time(created), read_time(updated), None if expires is None else read_time(expires))
        return RunSummary(run_id, workflow, version, rows.RUN_STATUSES[status], revision, *times)
    except MISSHAPEN as error:
        raise unreadable("The run", error, run_id) from error


def count_runs(connection: sqlite3.Connection) -> dict[str, dict[RunStatus, int]]:
    """By workflow and status; an index has both."""
    counts: dict[str, dict[RunStatus, int]] = {}
    for workflow, status, count in connection.execute(COUNT_RUNS):
        counts.setdefault(workflow, {})[rows.RUN_STATUSES[status]] = count
    return counts
