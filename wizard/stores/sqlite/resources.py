"""Resources, in a SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from wizard.errors import StaleResource
from wizard.model.resources import StoredResource
from wizard.model.staging import Deed
from wizard.stores.blobs.resource_rows import read_resource, resource_body
from wizard.stores.blobs.vault import Vault
from wizard.stores.sqlite.queue import Read
from wizard.stores.sqlite.reading import read_time, stored_time
from wizard.stores.sqlite.stages import Scan, add_deed
from wizard.stores.sqlite.writer import Work

RESOURCE = "SELECT name, revision, kind, saved_at, saved_by, body FROM resources"
READ = f"{RESOURCE} WHERE name=?"
LIST = f"{RESOURCE} ORDER BY name"
BEGIN = """INSERT INTO resources (name, revision, kind, saved_at, saved_by, body) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
SAVE = """UPDATE resources SET revision=?2, kind=?3, saved_at=?4, saved_by=?5, body=?6
    WHERE name=?1 AND revision=?2 - 1"""
DELETE = "DELETE FROM resources WHERE name=? AND revision=?"


class SqliteResources:
    """See wizard.model.resources.StoredResources for what each method promises."""

    def __init__(
        self, write: Callable[[Work], Awaitable[None]], read: Read, scan: Scan, vault: Callable[[], Vault]
    ) -> None:
        self._write = write
        self._read = read
        self._scan = scan
        self._vault = vault

    async def get(self, name: str) -> StoredResource | None:
        row = self._read(lambda connection: connection.execute(READ, (name,)).fetchone())
        return None if row is None else self._resource(row)

    async def list(self) -> tuple[StoredResource, ...]:
        rows = await self._scan(lambda connection: connection.execute(LIST).fetchall())
        return tuple(map(self._resource, rows))

    async def save(self, resource: StoredResource, deed: Deed, *, first: bool) -> None:
        body, at = resource_body(self._vault(), resource), stored_time(resource.saved_at)
        values = (resource.name, resource.revision, resource.kind, at, resource.saved_by, body)
        await self._change(BEGIN if first else SAVE, values, deed)

    async def delete(self, name: str, revision: int, deed: Deed) -> None:
        await self._change(DELETE, (name, revision), deed)

    async def _change(self, statement: str, values: tuple[Any, ...], deed: Deed) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if connection.execute(statement, values).rowcount == 0:
                raise StaleResource
            add_deed(connection, deed)

        await self._write(write)

    def _resource(self, row: tuple[Any, ...]) -> StoredResource:
        name, revision, kind, saved_at, saved_by, body = row
        return read_resource(self._vault(), name, revision, kind, read_time(saved_at), saved_by, body)
