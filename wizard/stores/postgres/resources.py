"""Resources, in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wizard.errors import StaleResource
from wizard.model.resources import StoredResource
from wizard.model.staging import Deed
from wizard.stores.blobs.resource_rows import read_resource, resource_body
from wizard.stores.blobs.vault import Vault
from wizard.stores.postgres.pool import Connection, Pool
from wizard.stores.postgres.stages import note_deed
from wizard.stores.postgres.values import decoded, encoded, in_utc

RESOURCE = "SELECT name, revision, kind, saved_at, saved_by, body FROM wizard.resources"
READ = f"{RESOURCE} WHERE name = $1"
LIST = f"{RESOURCE} ORDER BY name"
BEGIN = """INSERT INTO wizard.resources (name, revision, kind, saved_at, saved_by, body) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT DO NOTHING RETURNING revision"""
SAVE = """UPDATE wizard.resources SET revision = $2, kind = $3, saved_at = $4, saved_by = $5, body = $6
    WHERE name = $1 AND revision = $2 - 1 RETURNING revision"""
DELETE = "DELETE FROM wizard.resources WHERE name = $1 AND revision = $2 RETURNING revision"


class PostgresResources:
    """See wizard.model.resources.StoredResources for what each method promises."""

    def __init__(self, pool: Pool, vault: Callable[[], Vault]) -> None:
        self._pool = pool
        self._vault = vault

    async def get(self, name: str) -> StoredResource | None:
        rows = await self._pool.read(READ, encoded(name))
        return self._resource(rows[0]) if rows else None

    async def list(self) -> tuple[StoredResource, ...]:
        return tuple(map(self._resource, await self._pool.read(LIST)))

    async def save(self, resource: StoredResource, deed: Deed, *, first: bool) -> None:
        body, at = resource_body(self._vault(), resource), in_utc(resource.saved_at)
        names = (encoded(resource.name), resource.revision, encoded(resource.kind))
        await self._change(deed, BEGIN if first else SAVE, *names, at, encoded(resource.saved_by), body)

    async def delete(self, name: str, revision: int, deed: Deed) -> None:
        await self._change(deed, DELETE, encoded(name), revision)

    async def _change(self, deed: Deed, statement: str, *values: Any) -> None:
        async def write(connection: Connection) -> None:
            if await connection.fetchval(statement, *values) is None:
                raise StaleResource
            await note_deed(connection, deed)

        await self._pool.transact(write)

    def _resource(self, row: Any) -> StoredResource:
        name, revision, kind, saved_at, saved_by, body = row
        names = (decoded(name), revision, decoded(kind))
        return read_resource(self._vault(), *names, saved_at, decoded(saved_by), body)
