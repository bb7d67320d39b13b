"""Remote nodes, in a SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable

from wizard.errors import StaleRemoteNode
from wizard.model.remote import RemoteNode
from wizard.model.staging import Deed
from wizard.stores.blobs.remote_rows import read_remotes, remote_body
from wizard.stores.blobs.vault import Vault
from wizard.stores.sqlite.stages import COUNT_STAMP, Scan, add_deed
from wizard.stores.sqlite.writer import Work

READ = "SELECT type, revision, body FROM remote_nodes ORDER BY type"
ADD = "INSERT INTO remote_nodes (type, revision, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
SAVE = "UPDATE remote_nodes SET revision=?2, body=?3 WHERE type=?1 AND revision=?2 - 1"
REMOVE = "DELETE FROM remote_nodes WHERE type=?"


class SqliteRemoteNodes:
    """See wizard.model.remote.RemoteNodes for what each method promises."""

    def __init__(self, write: Callable[[Work], Awaitable[None]], scan: Scan, vault: Callable[[], Vault]) -> None:
        self._write = write
        self._scan = scan
        self._vault = vault

    async def all(self) -> tuple[RemoteNode, ...]:
        rows = await self._scan(lambda connection: connection.execute(READ).fetchall())
        return tuple(read_remotes(self._vault(), rows))

    async def save(self, node: RemoteNode, deed: Deed) -> None:
        values = (node.type, node.revision, remote_body(self._vault(), node))

        def write(connection: sqlite3.Connection) -> None:
            if connection.execute(ADD if node.revision == 1 else SAVE, values).rowcount == 0:
                raise StaleRemoteNode
            connection.execute(COUNT_STAMP)
            add_deed(connection, deed)

        await self._write(write)

    async def remove(self, node_type: str, deed: Deed) -> bool:
        removed = [False]

        def write(connection: sqlite3.Connection) -> None:
            removed[0] = connection.execute(REMOVE, (node_type,)).rowcount > 0
            if removed[0]:
                connection.execute(COUNT_STAMP)
                add_deed(connection, deed)

        await self._write(write)
        return removed[0]
