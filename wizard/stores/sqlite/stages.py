"""Drafts, versions and deeds of workflows, in a SQLite database.

Each change is one piece of work of the writing thread, and so one transaction: what it was made from is compared there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from wizard.errors import StaleDeployment, StaleDraft, StaleSharing
from wizard.model.staging import FROM_ONE, Deed, Deployed, Draft, Sharing, Version
from wizard.stores.blobs.records import details_body, read_details
from wizard.stores.sqlite.queue import Read
from wizard.stores.sqlite.reading import read_time, stored_time
from wizard.stores.sqlite.writer import Work

T = TypeVar("T")

LARGEST = 2**63 - 1

DRAFT = "SELECT workflow, revision, text, saved_at, saved_by FROM drafts"
READ_DRAFT = f"{DRAFT} WHERE workflow=?"
READ_DRAFTS = f"{DRAFT} ORDER BY workflow"
BEGIN_DRAFT = """INSERT INTO drafts (workflow, revision, text, saved_at, saved_by) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
SAVE_DRAFT = "UPDATE drafts SET revision=?2, text=?3, saved_at=?4, saved_by=?5 WHERE workflow=?1 AND revision=?2 - 1"
DELETE_DRAFT = "DELETE FROM drafts WHERE workflow=? AND revision=?"
SHARING = "SELECT workflow, revision, owner, shared FROM sharings"
READ_SHARING = f"{SHARING} WHERE workflow=?"
READ_SHARINGS = f"{SHARING} ORDER BY workflow"
BEGIN_SHARING = "INSERT INTO sharings (workflow, revision, owner) VALUES (?, 1, ?) ON CONFLICT DO NOTHING"
SAVE_SHARING = "UPDATE sharings SET revision=?2, owner=?3, shared=?4 WHERE workflow=?1 AND revision=?2 - 1"
END_SHARING = """DELETE FROM sharings WHERE workflow=?1
    AND NOT EXISTS (SELECT 1 FROM versions WHERE workflow=?1)"""
VERSION = "SELECT workflow, number, version, text, at, by, note, before FROM versions WHERE workflow=?"
READ_VERSION = f"{VERSION} AND number=?"
READ_VERSIONS = f"{VERSION} AND number < ? ORDER BY number DESC LIMIT ?"
NEXT_NUMBER = "SELECT coalesce(max(number), 0) + 1 FROM versions WHERE workflow=?"
ADD_VERSION = """INSERT INTO versions (workflow, number, version, text, at, by, note, before)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
ADD_DEFINITION = "INSERT INTO definitions VALUES (?, ?) ON CONFLICT DO NOTHING"
READ_ALL_DEPLOYED = """SELECT workflow, number, version FROM deployed JOIN versions USING (workflow, number)
    ORDER BY workflow"""
READ_DEPLOYED = "SELECT number FROM deployed WHERE workflow=?"
DEPLOY = "REPLACE INTO deployed SELECT workflow, number FROM versions WHERE workflow=? AND number=?"
DEPLOY_NONE = "DELETE FROM deployed WHERE workflow=?"
READ_STAMP = "SELECT stamp FROM stages WHERE id=1"
COUNT_STAMP = "INSERT INTO stages VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET stamp = stamp + 1"
ADD_DEED = "INSERT INTO deeds (at, by, action, workflow, details, note) VALUES (?, ?, ?, ?, ?, ?)"
DEED = "SELECT number, at, by, action, workflow, details, note FROM deeds WHERE number < ?"
READ_DEEDS = f"{DEED} ORDER BY number DESC LIMIT ?"
READ_DEEDS_OF = f"{DEED} AND workflow=? ORDER BY number DESC LIMIT ?"


class Scan(Protocol):
    """Reads what may be much, while others go on."""

    def __call__(self, work: Callable[[sqlite3.Connection], T]) -> Awaitable[T]: ...


class SqliteStages:
    """See wizard.model.staging.Stages for what each method promises."""

    def __init__(self, write: Callable[[Work], Awaitable[None]], read: Read, scan: Scan) -> None:
        self._write = write
        self._read = read
        self._scan = scan

    async def draft(self, workflow: str) -> Draft | None:
        row = self._read(lambda connection: connection.execute(READ_DRAFT, (workflow,)).fetchone())
        return None if row is None else _draft(row)

    async def drafts(self) -> tuple[Draft, ...]:
        return await self._scan(lambda connection: tuple(map(_draft, connection.execute(READ_DRAFTS))))

    async def save_draft(self, draft: Draft, first: int = 1) -> None:
        await self.save_drafts((draft,), {draft.workflow: first})

    async def save_drafts(self, drafts: Sequence[Draft], first: Mapping[str, int] = FROM_ONE) -> None:
        def write(connection: sqlite3.Connection) -> None:
            for draft in drafts:
                begins = draft.revision == first.get(draft.workflow, 1)
                statement = BEGIN_DRAFT if begins else SAVE_DRAFT
                values = (draft.workflow, draft.revision, draft.text, stored_time(draft.saved_at), draft.saved_by)
                if connection.execute(statement, values).rowcount == 0:
                    raise StaleDraft(workflow=draft.workflow)
                if begins:
                    _begin_sharing(connection, draft.workflow, draft.saved_by)

        await self._write(write)

    async def delete_draft(self, workflow: str, revision: int, deed: Deed) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if connection.execute(DELETE_DRAFT, (workflow, revision)).rowcount == 0:
                raise StaleDraft(workflow=workflow)
            connection.execute(END_SHARING, (workflow,))
            add_deed(connection, deed)

        await self._write(write)

    async def sharing(self, workflow: str) -> Sharing | None:
        row = self._read(lambda connection: connection.execute(READ_SHARING, (workflow,)).fetchone())
        return None if row is None else _sharing(row)

    async def sharings(self) -> tuple[Sharing, ...]:
        return await self._scan(lambda connection: tuple(map(_sharing, connection.execute(READ_SHARINGS))))

    async def save_sharing(self, sharing: Sharing, deed: Deed) -> None:
        workflow, revision, owner, shared = sharing

        def write(connection: sqlite3.Connection) -> None:
            if connection.execute(SAVE_SHARING, (workflow, revision, owner, details_body(shared))).rowcount == 0:
                raise StaleSharing(workflow=workflow)
            add_deed(connection, deed)

        await self._write(write)

    async def versions(self, workflow: str, limit: int = 100, below: int | None = None) -> tuple[Version, ...]:
        values = (workflow, bounded(below), bounded(limit))
        return await self._scan(lambda connection: tuple(map(_version, connection.execute(READ_VERSIONS, values))))

    async def version(self, workflow: str, number: int) -> Version | None:
        row = self._read(lambda connection: connection.execute(READ_VERSION, (workflow, number)).fetchone())
        return None if row is None else _version(row)

    async def deployed(self) -> tuple[Deployed, ...]:
        return self._read(
            lambda connection: tuple(Deployed(*row) for row in connection.execute(READ_ALL_DEPLOYED).fetchall())
        )

    async def add_version(self, version: Version, body: bytes, deed: Deed) -> None:
        await self._write(lambda connection: add_version(connection, version, body, deed))

    async def deploy(self, workflow: str, number: int | None, instead_of: int, deed: Deed) -> None:
        def write(connection: sqlite3.Connection) -> None:
            _check_deployed(connection, workflow, instead_of)
            _put(connection, workflow, number, deed)

        await self._write(write)

    async def stamp(self) -> int:
        row = self._read(lambda connection: connection.execute(READ_STAMP).fetchone())
        return 0 if row is None else row[0]

    async def note(self, deed: Deed) -> None:
        await self._write(lambda connection: add_deed(connection, deed))

    async def deeds(self, workflow: str | None = None, limit: int = 100, below: int | None = None) -> tuple[Deed, ...]:
        statement, of = (READ_DEEDS, ()) if workflow is None else (READ_DEEDS_OF, (workflow,))
        values = (bounded(below), *of, bounded(limit))
        return await self._scan(lambda connection: tuple(map(_deed, connection.execute(statement, values))))


def add_version(connection: sqlite3.Connection, version: Version, body: bytes, deed: Deed) -> None:
    """See wizard.model.staging.Stages; in the connection's transaction."""
    workflow = version.workflow
    if connection.execute(NEXT_NUMBER, (workflow,)).fetchone()[0] != version.number:
        raise StaleDeployment(workflow=workflow)
    _check_deployed(connection, workflow, version.before)
    connection.execute(ADD_DEFINITION, (version.version, body))
    _, number, name, text, at, by, note, before = version
    connection.execute(ADD_VERSION, (workflow, number, name, text, stored_time(at), by, note, before))
    _begin_sharing(connection, workflow, by)
    _put(connection, workflow, version.number, deed)


def _begin_sharing(connection: sqlite3.Connection, workflow: str, owner: str) -> None:
    connection.execute(BEGIN_SHARING, (workflow, owner))


def _check_deployed(connection: sqlite3.Connection, workflow: str, number: int | None) -> None:
    row = connection.execute(READ_DEPLOYED, (workflow,)).fetchone()
    if (None if row is None else row[0]) != number:
        raise StaleDeployment(workflow=workflow)


def _put(connection: sqlite3.Connection, workflow: str, number: int | None, deed: Deed) -> None:
    if number is None:
        connection.execute(DEPLOY_NONE, (workflow,))
    elif connection.execute(DEPLOY, (workflow, number)).rowcount == 0:
        raise StaleDeployment(workflow=workflow)
    connection.execute(COUNT_STAMP)
    add_deed(connection, deed)


def add_deed(connection: sqlite3.Connection, deed: Deed) -> None:
    """See wizard.model.staging.Stages.note; in the connection's transaction."""
    _, at, by, action, workflow, details, note = deed
    connection.execute(ADD_DEED, (stored_time(at), by, action, workflow, details_body(details), note))


def bounded(number: int | None) -> int:
    return LARGEST if number is None else max(0, min(number, LARGEST))


def _draft(row: Any) -> Draft:
    workflow, revision, text, saved_at, saved_by = row
    return Draft(workflow, revision, text, read_time(saved_at), saved_by)


def _sharing(row: Any) -> Sharing:
    workflow, revision, owner, shared = row
    return Sharing(workflow, revision, owner, {} if shared is None else read_details(shared))


def _version(row: Any) -> Version:
    workflow, number, version, text, at, by, note, before = row
    return Version(workflow, number, version, text, read_time(at), by, note, before)


def _deed(row: Any) -> Deed:
    number, at, by, action, workflow, details, note = row
    return Deed(number, read_time(at), by, action, workflow, read_details(details), note)
