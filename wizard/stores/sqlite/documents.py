"""Profiles and sessions in a SQLite database, with the record of each save.

Each change is one piece of work of the writing thread, and so one transaction: what it was made from is read there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from wizard.errors import DataUnreadable, StaleDocument
from wizard.model import DocumentSave, Run, Value
from wizard.model.documents import SaveRecord
from wizard.state.merging import Document, merge
from wizard.stores.blobs import records
from wizard.stores.blobs.owners import owner_mark
from wizard.stores.blobs.profile_marks import kind_of, mark_of, marks_of, plain
from wizard.stores.blobs.vault import Vault
from wizard.stores.documents import DocumentLine, FoundProfile
from wizard.stores.sqlite.reading import read_document, read_time, stored_time
from wizard.stores.sqlite.stages import LARGEST, Scan
from wizard.stores.sqlite.writer import Work

WRITE_DOCUMENT = "REPLACE INTO documents (kind, id, revision, body, saved_at) VALUES (?, ?, ?, ?, ?)"
ADD_SAVE = "INSERT INTO saves (kind, id, revision, at, body) VALUES (?, ?, ?, ?, ?)"
SAVES = "SELECT revision, at, body FROM saves WHERE kind=? AND id=?"
READ_SAVES = f"{SAVES} AND revision < ? ORDER BY revision DESC LIMIT ?"
READ_SINCE = f"{SAVES} AND at >= ? ORDER BY revision DESC"
LIST = "SELECT id, revision, saved_at FROM documents WHERE kind=? AND id > ? ORDER BY id LIMIT ?"
DELETE = "DELETE FROM documents WHERE kind=? AND id=?"
DELETE_SAVES = "DELETE FROM saves WHERE kind=? AND id=?"
FORGET_SESSION = "DELETE FROM sessions WHERE session_id=?"
FORGET_PROFILE = "DELETE FROM sessions WHERE owner=?"
ADD_SESSION = "INSERT INTO sessions VALUES (?, ?) ON CONFLICT DO NOTHING"
READ_SESSIONS = "SELECT session_id FROM sessions WHERE owner=? ORDER BY session_id"
OLD = "SELECT id FROM documents WHERE kind=? AND saved_at < ? ORDER BY saved_at LIMIT ?"
PRUNE_SAVES = """DELETE FROM saves WHERE (kind, id, revision) IN
    (SELECT kind, id, revision FROM saves WHERE at < ? ORDER BY at LIMIT ?)"""


UNMARKED = """SELECT id, revision, body FROM documents
    WHERE kind='profile' AND (marked IS NULL OR marked < ?1 OR marked > ?1) LIMIT ?2"""
FORGET_MARKS = "DELETE FROM profile_marks WHERE id=?"
ADD_MARK = "INSERT INTO profile_marks VALUES (?, ?)"
SET_MARKED = "UPDATE documents SET marked=? WHERE kind='profile' AND id=?"
FIND = """SELECT documents.id, revision, saved_at, body FROM profile_marks JOIN documents
    ON documents.kind='profile' AND documents.id=profile_marks.id WHERE mark=?
    ORDER BY saved_at DESC, documents.id DESC LIMIT ?"""
MARKED_AT_ONCE = 500


def save_document(connection: sqlite3.Connection, vault: Vault, save: DocumentSave, at: datetime) -> Document:
    """Merges a save into what is stored, with its record, in the connection's transaction. Raises InvalidInput."""
    stored = read_document(connection, vault, save.kind, save.id)
    since: Sequence[SaveRecord] = ()
    if save.taken_back is not None:
        values = (save.kind, save.id, stored_time(save.taken_back.since))
        since = [_record(vault, save.kind, save.id, row) for row in connection.execute(READ_SINCE, values)]
    merged, record = merge(stored, save, at, since)
    if record is not None:
        body, moment = records.document_body(vault, save.kind, save.id, merged), stored_time(at)
        connection.execute(WRITE_DOCUMENT, (save.kind, save.id, merged.revision, body, moment))
        connection.execute(ADD_SAVE, (save.kind, save.id, record.revision, moment, records.save_body(vault, record)))
    return merged


def add_session(connection: sqlite3.Connection, run: Run) -> None:
    """Notes that the session that a run is created on is that of its profile, where it has both."""
    if run.profile_id is not None and run.session_id is not None:
        connection.execute(ADD_SESSION, (owner_mark(run.profile_id), run.session_id))


def _record(vault: Vault, kind: str, document_id: str, row: tuple[Any, ...]) -> SaveRecord:
    revision, at, body = row
    return records.read_save(vault, kind, document_id, revision, read_time(at), body)


def _delete(connection: sqlite3.Connection, kind: str, document_id: str) -> bool:
    there = connection.execute(DELETE, (kind, document_id)).rowcount > 0
    connection.execute(DELETE_SAVES, (kind, document_id))
    if kind == "session":
        connection.execute(FORGET_SESSION, (document_id,))
    else:
        connection.execute(FORGET_PROFILE, (owner_mark(document_id),))
        connection.execute(FORGET_MARKS, (document_id,))
    return there


class SqliteDocuments:
    """See wizard.stores.documents.Documents for what each method promises."""

    def __init__(self, write: Callable[[Work], Awaitable[None]], scan: Scan, vault: Callable[[], Vault]) -> None:
        self._write = write
        self._scan = scan
        self._vault = vault

    async def save(self, save: DocumentSave, at: datetime, expected: int | None = None) -> Document:
        saved: list[Document] = []

        def write(connection: sqlite3.Connection) -> None:
            vault = self._vault()
            if expected not in (None, read_document(connection, vault, save.kind, save.id).revision):
                raise StaleDocument
            saved[:] = [save_document(connection, vault, save, at)]

        await self._write(write)
        return saved[0]

    async def list(self, kind: str, limit: int = 100, after: str = "") -> Sequence[DocumentLine]:
        values = (kind, after, _bounded(limit))
        return await self._scan(
            lambda connection: [
                DocumentLine(document_id, revision, read_time(saved_at))
                for document_id, revision, saved_at in connection.execute(LIST, values)
            ]
        )

    async def find(self, field: str, value: Value, among: Collection[str], limit: int = 100) -> Sequence[FoundProfile]:
        vault, fields = self._vault(), {*among, field}
        if (mark := mark_of(vault, field, value)) is None:
            return []
        while await self._mark(vault, fields):
            pass
        rows = await self._scan(lambda connection: connection.execute(FIND, (mark, _bounded(limit))).fetchall())
        found = [
            FoundProfile(profile, read_time(at), records.read_document(vault, "profile", profile, revision, body))
            for profile, revision, at, body in rows
        ]
        return [each for each in found if plain(each.document.fields.get(field)) == plain(value)]

    async def _mark(self, vault: Vault, fields: Collection[str]) -> int:
        """Marks profiles that aren't; how many these were. The writing thread isn't asked where there are none."""
        kind = kind_of(fields)
        if not await self._scan(lambda connection: connection.execute(UNMARKED, (kind, 1)).fetchall()):
            return 0
        marked = [0]

        def write(connection: sqlite3.Connection) -> None:
            rows = connection.execute(UNMARKED, (kind, MARKED_AT_ONCE)).fetchall()
            for profile, revision, body in rows:
                connection.execute(FORGET_MARKS, (profile,))
                with suppress(DataUnreadable):  # nobody finds it any more, and all others are found
                    document = records.read_document(vault, "profile", profile, revision, body)
                    marks = marks_of(vault, fields, document.fields)
                    connection.executemany(ADD_MARK, [(mark, profile) for mark in marks])
                connection.execute(SET_MARKED, (kind, profile))
            marked[0] = len(rows)

        await self._write(write)
        return marked[0]

    async def history(
        self, kind: str, document_id: str, limit: int = 100, below: int | None = None
    ) -> Sequence[SaveRecord]:
        vault, values = self._vault(), (kind, document_id, _bounded(below), _bounded(limit))
        return await self._scan(
            lambda connection: [
                _record(vault, kind, document_id, row) for row in connection.execute(READ_SAVES, values)
            ]
        )

    async def delete(self, kind: str, document_id: str) -> bool:
        there = [False]

        def write(connection: sqlite3.Connection) -> None:
            there[0] = _delete(connection, kind, document_id)

        await self._write(write)
        return there[0]

    async def sessions_of(self, profile_id: str) -> Sequence[str]:
        values = (owner_mark(profile_id),)
        return await self._scan(lambda connection: [row[0] for row in connection.execute(READ_SESSIONS, values)])

    async def prune(self, kind: str, before: datetime, limit: int = 1000) -> int:
        pruned, values = [0], (kind, stored_time(before), max(limit, 0))

        def write(connection: sqlite3.Connection) -> None:
            old = [row[0] for row in connection.execute(OLD, values)]
            for document_id in old:
                _delete(connection, kind, document_id)
            pruned[0] = len(old)

        await self._write(write)
        return pruned[0]

    async def prune_history(self, before: datetime, limit: int = 1000) -> int:
        pruned, values = [0], (stored_time(before), max(limit, 0))

        def write(connection: sqlite3.Connection) -> None:
            pruned[0] = connection.execute(PRUNE_SAVES, values).rowcount

        await self._write(write)
        return pruned[0]


def _bounded(number: int | None) -> int:
    return LARGEST if number is None else max(0, min(number, LARGEST))
