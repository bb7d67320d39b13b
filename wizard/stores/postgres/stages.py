"""Drafts, versions and deeds of workflows, in a PostgreSQL database.

Whoever deploys holds the one row of wizard.stages until the end of the transaction: what is compared after that is what
the last one has deployed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wizard.errors import StaleDeployment, StaleDraft, StaleSharing
from wizard.model.staging import FROM_ONE, Deed, Deployed, Draft, Sharing, Version
from wizard.stores.blobs.records import details_body, read_details
from wizard.stores.postgres.pool import Connection, Pool
from wizard.stores.postgres.values import LARGEST, bounded, decoded, encoded, in_utc

DRAFT = "SELECT workflow, revision, text, saved_at, saved_by FROM wizard.drafts"
READ_DRAFT = f"{DRAFT} WHERE workflow = $1"
READ_DRAFTS = f"{DRAFT} ORDER BY workflow"
BEGIN_DRAFT = """INSERT INTO wizard.drafts (workflow, revision, text, saved_at, saved_by) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING RETURNING revision"""
SAVE_DRAFT = """UPDATE wizard.drafts SET revision = $2, text = $3, saved_at = $4, saved_by = $5
    WHERE workflow = $1 AND revision = $2 - 1 RETURNING revision"""
DELETE_DRAFT = "DELETE FROM wizard.drafts WHERE workflow = $1 AND revision = $2 RETURNING revision"
SHARING = "SELECT workflow, revision, owner, shared FROM wizard.sharings"
READ_SHARING = f"{SHARING} WHERE workflow = $1"
READ_SHARINGS = f"{SHARING} ORDER BY workflow"
BEGIN_SHARING = """INSERT INTO wizard.sharings (workflow, revision, owner) VALUES ($1, 1, $2)
    ON CONFLICT DO NOTHING"""
SAVE_SHARING = """UPDATE wizard.sharings SET revision = $2, owner = $3, shared = $4
    WHERE workflow = $1 AND revision = $2 - 1 RETURNING revision"""
END_SHARING = """DELETE FROM wizard.sharings WHERE workflow = $1
    AND NOT EXISTS (SELECT 1 FROM wizard.versions WHERE workflow = $1)"""
VERSION = "SELECT workflow, number, version, text, at, by, note, before FROM wizard.versions WHERE workflow = $1"
READ_VERSION = f"{VERSION} AND number = $2"
READ_VERSIONS = f"{VERSION} AND number < $2 ORDER BY number DESC LIMIT $3"
NEXT_NUMBER = "SELECT coalesce(max(number), 0) + 1 FROM wizard.versions WHERE workflow = $1"
ADD_VERSION = """INSERT INTO wizard.versions (workflow, number, version, text, at, by, note, before)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"""
ADD_DEFINITION = "INSERT INTO wizard.definitions VALUES ($1, $2) ON CONFLICT DO NOTHING"
READ_ALL_DEPLOYED = """SELECT workflow, number, version FROM wizard.deployed
    JOIN wizard.versions USING (workflow, number) ORDER BY workflow"""
READ_DEPLOYED = "SELECT number FROM wizard.deployed WHERE workflow = $1"
DEPLOY = """INSERT INTO wizard.deployed SELECT workflow, number FROM wizard.versions WHERE workflow = $1 AND number = $2
    ON CONFLICT (workflow) DO UPDATE SET number = excluded.number RETURNING number"""
DEPLOY_NONE = "DELETE FROM wizard.deployed WHERE workflow = $1"
READ_STAMP = "SELECT stamp FROM wizard.stages WHERE id = 1"
COUNT = """INSERT INTO wizard.stages VALUES (1, $1, 1)
    ON CONFLICT (id) DO UPDATE SET stamp = stages.stamp + $1, deeds = stages.deeds + 1 RETURNING deeds"""
ADD_DEED = """INSERT INTO wizard.deeds (number, at, by, action, workflow, details, note)
    VALUES ($1, $2, $3, $4, $5, $6, $7)"""
DEED = "SELECT number, at, by, action, workflow, details, note FROM wizard.deeds WHERE number < $1"
READ_DEEDS = f"{DEED} ORDER BY number DESC LIMIT $2"
READ_DEEDS_OF = f"{DEED} AND workflow = $3 ORDER BY number DESC LIMIT $2"


class PostgresStages:
    """See wizard.model.staging.Stages for what each method promises."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def draft(self, workflow: str) -> Draft | None:
        rows = await self._pool.read(READ_DRAFT, encoded(workflow))
        return _draft(rows[0]) if rows else None

    async def drafts(self) -> tuple[Draft, ...]:
        return tuple(map(_draft, await self._pool.read(READ_DRAFTS)))

    async def save_draft(self, draft: Draft, first: int = 1) -> None:
        if draft.revision == first:
            await self.save_drafts((draft,), {draft.workflow: first})
        elif not await self._pool.write(*_saving(draft, begins=False)):
            raise StaleDraft(workflow=draft.workflow)

    async def save_drafts(self, drafts: Sequence[Draft], first: Mapping[str, int] = FROM_ONE) -> None:
        async def write(connection: Connection) -> None:
            for draft in sorted(drafts):  # in one order, so that two who save the same drafts don't wait for each other
                begins = draft.revision == first.get(draft.workflow, 1)
                if not await connection.fetch(*_saving(draft, begins=begins)):
                    raise StaleDraft(workflow=draft.workflow)
                if begins:
                    await _begin_sharing(connection, draft.workflow, draft.saved_by)

        await self._pool.transact(write)

    async def delete_draft(self, workflow: str, revision: int, deed: Deed) -> None:
        async def write(connection: Connection) -> None:
            if await connection.fetchval(DELETE_DRAFT, encoded(workflow), revision) is None:
                raise StaleDraft(workflow=workflow)
            await add_deed(connection, await connection.fetchval(COUNT, 0), deed)  # whoever deploys waits from here on
            await connection.execute(END_SHARING, encoded(workflow))

        await self._pool.transact(write)

    async def sharing(self, workflow: str) -> Sharing | None:
        rows = await self._pool.read(READ_SHARING, encoded(workflow))
        return _sharing(rows[0]) if rows else None

    async def sharings(self) -> tuple[Sharing, ...]:
        return tuple(map(_sharing, await self._pool.read(READ_SHARINGS)))

    async def save_sharing(self, sharing: Sharing, deed: Deed) -> None:
        workflow, revision, owner, shared = sharing
        values = (None if owner is None else encoded(owner), details_body(shared))

        async def write(connection: Connection) -> None:
            count = await connection.fetchval(COUNT, 0)  # first, as whoever deletes the draft does
            if await connection.fetchval(SAVE_SHARING, encoded(workflow), revision, *values) is None:
                raise StaleSharing(workflow=workflow)
            await add_deed(connection, count, deed)

        await self._pool.transact(write)

    async def versions(self, workflow: str, limit: int = 100, below: int | None = None) -> tuple[Version, ...]:
        rows = await self._pool.read(READ_VERSIONS, encoded(workflow), _below(below), bounded(limit))
        return tuple(map(_version, rows))

    async def version(self, workflow: str, number: int) -> Version | None:
        rows = await self._pool.read(READ_VERSION, encoded(workflow), number)
        return _version(rows[0]) if rows else None

    async def deployed(self) -> tuple[Deployed, ...]:
        rows = await self._pool.read(READ_ALL_DEPLOYED)
        return tuple(Deployed(decoded(workflow), number, decoded(version)) for workflow, number, version in rows)

    async def add_version(self, version: Version, body: bytes, deed: Deed) -> None:
        await self._pool.transact(lambda connection: add_version(connection, version, body, deed))

    async def deploy(self, workflow: str, number: int | None, instead_of: int, deed: Deed) -> None:
        async def write(connection: Connection) -> None:
            count = await connection.fetchval(COUNT, 1)
            await _check_deployed(connection, workflow, instead_of)
            await _put(connection, workflow, number)
            await add_deed(connection, count, deed)

        await self._pool.transact(write)

    async def stamp(self) -> int:
        rows = await self._pool.read(READ_STAMP)
        return rows[0]["stamp"] if rows else 0

    async def note(self, deed: Deed) -> None:
        await self._pool.transact(lambda connection: note_deed(connection, deed))

    async def deeds(self, workflow: str | None = None, limit: int = 100, below: int | None = None) -> tuple[Deed, ...]:
        values = (_below(below), bounded(limit))
        if workflow is None:
            return tuple(map(_deed, await self._pool.read(READ_DEEDS, *values)))
        return tuple(map(_deed, await self._pool.read(READ_DEEDS_OF, *values, encoded(workflow))))


def _saving(draft: Draft, *, begins: bool) -> tuple[Any, ...]:
    """The statement that saves it, which gives a row where it did, and its values."""
    workflow, revision, text, saved_at, saved_by = draft
    statement = BEGIN_DRAFT if begins else SAVE_DRAFT
    return statement, encoded(workflow), revision, encoded(text), in_utc(saved_at), encoded(saved_by)


async def add_version(connection: Connection, version: Version, body: bytes, deed: Deed) -> None:
    """See wizard.model.staging.Stages; in the connection's transaction."""
    workflow, number, name, text, at, by, note, before = version
    count = await connection.fetchval(COUNT, 1)
    if await connection.fetchval(NEXT_NUMBER, encoded(workflow)) != number:
        raise StaleDeployment(workflow=workflow)
    await _check_deployed(connection, workflow, before)
    await connection.execute(ADD_DEFINITION, encoded(name), body)
    values = (encoded(name), encoded(text), in_utc(at), encoded(by), encoded(note), before)
    await connection.execute(ADD_VERSION, encoded(workflow), number, *values)
    await _begin_sharing(connection, workflow, by)
    await _put(connection, workflow, number)
    await add_deed(connection, count, deed)


async def _begin_sharing(connection: Connection, workflow: str, owner: str) -> None:
    await connection.execute(BEGIN_SHARING, encoded(workflow), encoded(owner))


async def _check_deployed(connection: Connection, workflow: str, number: int | None) -> None:
    if await connection.fetchval(READ_DEPLOYED, encoded(workflow)) != number:
        raise StaleDeployment(workflow=workflow)


async def _put(connection: Connection, workflow: str, number: int | None) -> None:
    if number is None:
        await connection.execute(DEPLOY_NONE, encoded(workflow))
    elif await connection.fetchval(DEPLOY, encoded(workflow), number) is None:
        raise StaleDeployment(workflow=workflow)


async def add_deed(connection: Connection, number: int, deed: Deed) -> None:
    """Adds the deed with the number that COUNT gave, in the connection's transaction."""
    _, at, by, action, workflow, details, note = deed
    names = (encoded(by), encoded(action), encoded(workflow))
    await connection.execute(ADD_DEED, number, in_utc(at), *names, details_body(details), encoded(note))


async def note_deed(connection: Connection, deed: Deed) -> None:
    """See wizard.model.staging.Stages.note; in the connection's transaction."""
    await add_deed(connection, await connection.fetchval(COUNT, 0), deed)


def _below(number: int | None) -> int:
    return LARGEST if number is None else bounded(number)


def _draft(row: Any) -> Draft:
    workflow, revision, text, saved_at, saved_by = row
    return Draft(decoded(workflow), revision, decoded(text), saved_at, decoded(saved_by))


def _sharing(row: Any) -> Sharing:
    workflow, revision, owner, shared = row
    roles = {} if shared is None else read_details(shared)
    return Sharing(decoded(workflow), revision, None if owner is None else decoded(owner), roles)


def _version(row: Any) -> Version:
    workflow, number, version, text, at, by, note, before = row
    return Version(decoded(workflow), number, decoded(version), decoded(text), at, decoded(by), decoded(note), before)


def _deed(row: Any) -> Deed:
    number, at, by, action, workflow, details, note = row
    names = (decoded(by), decoded(action), decoded(workflow))
    return Deed(number, at, *names, read_details(details), decoded(note))
