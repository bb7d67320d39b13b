"""Profiles and sessions in a PostgreSQL database, with the record of each save.

A save locks the document before it reads it, and one that concerns several locks them in the same order in all
processes: nobody's fields get lost, and no two turns wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from wizard.errors import DataUnreadable, StaleDocument
from wizard.model import DocumentSave, Run, Value
from wizard.model.documents import SaveRecord
from wizard.state.merging import NEVER_SAVED, Document, merge
from wizard.stores.blobs import records
from wizard.stores.blobs.owners import owner_mark
from wizard.stores.blobs.profile_marks import kind_of, mark_of, marks_of, plain
from wizard.stores.blobs.vault import Vault
from wizard.stores.documents import DocumentLine, FoundProfile
from wizard.stores.postgres.pool import Connection, Pool
from wizard.stores.postgres.values import LARGEST, bounded, decoded, encoded, in_utc

LOCK_DOCUMENT = "SELECT pg_advisory_xact_lock(hashtextextended($1 || '/' || $2, 0))"
READ_DOCUMENT = "SELECT revision, body FROM wizard.documents WHERE kind = $1 AND id = $2"
WRITE_DOCUMENT = """INSERT INTO wizard.documents (kind, id, revision, body, saved_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (kind, id) DO UPDATE SET revision = excluded.revision, body = excluded.body,
    saved_at = excluded.saved_at, marked = NULL"""
UNMARKED = """SELECT id, revision, body FROM wizard.documents
    WHERE kind = 'profile' AND (marked IS NULL OR marked < $1 OR marked > $1) LIMIT $2"""
LOCK_MARKS = "SELECT pg_advisory_xact_lock(hashtextextended('profile marks', 0))"
FORGET_MARKS = "DELETE FROM wizard.profile_marks WHERE id = ANY ($1::text[])"
ADD_MARKS = "INSERT INTO wizard.profile_marks SELECT unnest($1::bytea[]), unnest($2::text[])"
SET_MARKED = "UPDATE wizard.documents SET marked = $1 WHERE kind = 'profile' AND id = ANY ($2::text[])"
FIND = """SELECT documents.id, revision, saved_at, body FROM wizard.profile_marks JOIN wizard.documents
    ON documents.kind = 'profile' AND documents.id = profile_marks.id WHERE mark = $1
    ORDER BY saved_at DESC, documents.id DESC LIMIT $2"""
MARKED_AT_ONCE = 500
ADD_SAVE = "INSERT INTO wizard.saves (kind, id, revision, at, body) VALUES ($1, $2, $3, $4, $5)"
SAVES = "SELECT revision, at, body FROM wizard.saves WHERE kind = $1 AND id = $2"
READ_SAVES = f"{SAVES} AND revision < $3 ORDER BY revision DESC LIMIT $4"
READ_SINCE = f"{SAVES} AND at >= $3 ORDER BY revision DESC"
LIST = "SELECT id, revision, saved_at FROM wizard.documents WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3"
DELETE = "DELETE FROM wizard.documents WHERE kind = $1 AND id = $2 RETURNING revision"
DELETE_SAVES = "DELETE FROM wizard.saves WHERE kind = $1 AND id = $2"
FORGET_SESSION = "DELETE FROM wizard.sessions WHERE session_id = $1"
FORGET_PROFILE = "DELETE FROM wizard.sessions WHERE owner = $1"
ADD_SESSION = "INSERT INTO wizard.sessions VALUES ($1, $2) ON CONFLICT DO NOTHING"
READ_SESSIONS = "SELECT session_id FROM wizard.sessions WHERE owner = $1 ORDER BY session_id"
OLD = "SELECT id FROM wizard.documents WHERE kind = $1 AND saved_at < $2 ORDER BY saved_at LIMIT $3"
STILL_OLD = "SELECT revision FROM wizard.documents WHERE kind = $1 AND id = $2 AND saved_at < $3"
PRUNE_SAVES = """WITH old AS (SELECT kind, id, revision FROM wizard.saves WHERE at < $1 ORDER BY at LIMIT $2),
    gone AS (DELETE FROM wizard.saves USING old WHERE saves.kind = old.kind AND saves.id = old.id
    AND saves.revision = old.revision RETURNING 1) SELECT count(*) AS count FROM gone"""


async def save_documents(
    connection: Connection, vault: Vault, saves: Sequence[DocumentSave], at: datetime
) -> dict[tuple[str, str], Document]:
    """Merges saves into what is stored, with their records, in the connection's transaction: the documents after it.
    Raises InvalidInput."""
    merged: dict[tuple[str, str], Document] = {}
    for name in sorted({(save.kind, save.id) for save in saves}):
        merged[name] = await _locked(connection, vault, *name)
    for save in saves:
        name = (save.kind, save.id)
        merged[name] = await _save(connection, vault, merged[name], save, at)
    return merged


async def _save(connection: Connection, vault: Vault, stored: Document, save: DocumentSave, at: datetime) -> Document:
    names = encoded(save.kind), encoded(save.id)
    since: Sequence[SaveRecord] = ()
    if save.taken_back is not None:
        rows = await connection.fetch(READ_SINCE, *names, in_utc(save.taken_back.since))
        since = [_record(vault, save.kind, save.id, row) for row in rows]
    document, record = merge(stored, save, at, since)
    if record is not None:
        body, moment = records.document_body(vault, save.kind, save.id, document), in_utc(at)
        await connection.execute(WRITE_DOCUMENT, *names, document.revision, body, moment)
        await connection.execute(ADD_SAVE, *names, record.revision, moment, records.save_body(vault, record))
    return document


async def _locked(connection: Connection, vault: Vault, kind: str, document_id: str) -> Document:
    """The document, which nobody else changes until the end of the transaction."""
    names = encoded(kind), encoded(document_id)
    await connection.execute(LOCK_DOCUMENT, *names)
    return read_document(vault, kind, document_id, await connection.fetchrow(READ_DOCUMENT, *names))


async def add_session(connection: Connection, run: Run) -> None:
    """Notes that the session that a run is created on is that of its profile, where it has both."""
    if run.profile_id is not None and run.session_id is not None:
        await connection.execute(ADD_SESSION, owner_mark(run.profile_id), encoded(run.session_id))


def read_document(vault: Vault, kind: str, document_id: str, row: Any) -> Document:
    """Raises StoreError."""
    if row is None:
        return NEVER_SAVED
    return records.read_document(vault, kind, document_id, row["revision"], row["body"])


def _record(vault: Vault, kind: str, document_id: str, row: Any) -> SaveRecord:
    return records.read_save(vault, kind, document_id, row["revision"], row["at"], row["body"])


async def _delete(connection: Connection, kind: str, document_id: str) -> bool:
    names = encoded(kind), encoded(document_id)
    await connection.execute(LOCK_DOCUMENT, *names)
    there = await connection.fetchval(DELETE, *names) is not None
    await connection.execute(DELETE_SAVES, *names)
    if kind == "session":
        await connection.execute(FORGET_SESSION, encoded(document_id))
    else:
        await connection.execute(FORGET_PROFILE, owner_mark(document_id))
        await connection.execute(FORGET_MARKS, [encoded(document_id)])
    return there


def _found(vault: Vault, row: Any) -> Document:
    return records.read_document(vault, "profile", decoded(row["id"]), row["revision"], row["body"])


async def _mark(connection: Connection, vault: Vault, fields: Collection[str]) -> int:
    """Marks profiles that aren't, but for those that are just being saved; how many these were. One does it at a time,
    and whoever waits has them marked by then."""
    kind = kind_of(fields)
    await connection.execute(LOCK_MARKS)
    rows = await connection.fetch(f"{UNMARKED} FOR UPDATE SKIP LOCKED", kind, MARKED_AT_ONCE)
    ids = [row["id"] for row in rows]
    marks: list[bytes] = []
    owners: list[str] = []
    for row in rows:
        with suppress(DataUnreadable):  # nobody finds it any more, and all others are found
            own = marks_of(vault, fields, _found(vault, row).fields)
            marks += own
            owners += [row["id"]] * len(own)
    await connection.execute(FORGET_MARKS, ids)
    await connection.execute(ADD_MARKS, marks, owners)
    await connection.execute(SET_MARKED, kind, ids)
    return len(rows)


class PostgresDocuments:
    """See wizard.stores.documents.Documents for what each method promises."""

    def __init__(self, pool: Pool, vault: Callable[[], Vault]) -> None:
        self._pool = pool
        self._vault = vault

    async def save(self, save: DocumentSave, at: datetime, expected: int | None = None) -> Document:
        async def write(connection: Connection) -> Document:
            stored = await _locked(connection, self._vault(), save.kind, save.id)
            if expected not in (None, stored.revision):
                raise StaleDocument
            return await _save(connection, self._vault(), stored, save, at)

        return await self._pool.transact(write)

    async def list(self, kind: str, limit: int = 100, after: str = "") -> Sequence[DocumentLine]:
        rows = await self._pool.read(LIST, encoded(kind), encoded(after), bounded(limit))
        return [DocumentLine(decoded(document_id), revision, saved_at) for document_id, revision, saved_at in rows]

    async def find(self, field: str, value: Value, among: Collection[str], limit: int = 100) -> Sequence[FoundProfile]:
        vault, fields = self._vault(), {*among, field}
        if (mark := mark_of(vault, field, value)) is None:
            return []
        kind = kind_of(fields)
        while await self._pool.read(UNMARKED, kind, 1):
            if not await self._pool.transact(lambda connection: _mark(connection, vault, fields)):
                break  # those that are left are being saved
        rows = await self._pool.read(FIND, mark, bounded(limit))
        found = [FoundProfile(decoded(row["id"]), row["saved_at"], _found(vault, row)) for row in rows]
        return [each for each in found if plain(each.document.fields.get(field)) == plain(value)]

    async def history(
        self, kind: str, document_id: str, limit: int = 100, below: int | None = None
    ) -> Sequence[SaveRecord]:
        below = LARGEST if below is None else bounded(below)
        rows = await self._pool.read(READ_SAVES, encoded(kind), encoded(document_id), below, bounded(limit))
        return [_record(self._vault(), kind, document_id, row) for row in rows]

    async def delete(self, kind: str, document_id: str) -> bool:
        return await self._pool.transact(lambda connection: _delete(connection, kind, document_id))

    async def sessions_of(self, profile_id: str) -> Sequence[str]:
        rows = await self._pool.read(READ_SESSIONS, owner_mark(profile_id))
        return [decoded(row["session_id"]) for row in rows]

    async def prune(self, kind: str, before: datetime, limit: int = 1000) -> int:
        moment = in_utc(before)

        async def write(connection: Connection, document_id: str) -> bool:
            names = encoded(kind), encoded(document_id)
            await connection.execute(LOCK_DOCUMENT, *names)  # somebody may just be saving it
            if await connection.fetchval(STILL_OLD, *names, moment) is None:
                return False
            return await _delete(connection, kind, document_id)

        pruned = 0
        for row in await self._pool.read(OLD, encoded(kind), moment, bounded(limit)):
            document_id = decoded(row["id"])
            pruned += await self._pool.transact(
                lambda connection, document_id=document_id: write(connection, document_id)  # type: ignore[misc]
            )
        return pruned

    async def prune_history(self, before: datetime, limit: int = 1000) -> int:
        pruned = await self._pool.write(PRUNE_SAVES, in_utc(before), bounded(limit))
        return int(pruned[0]["count"])
