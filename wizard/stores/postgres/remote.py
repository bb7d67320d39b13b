"""Remote nodes, in a PostgreSQL database. Whoever changes one holds the one row of wizard.stages until the end of the
transaction, as whoever deploys does."""

from __future__ import annotations

from collections.abc import Callable

from wizard.errors import StaleRemoteNode
from wizard.model.remote import RemoteNode
from wizard.model.staging import Deed
from wizard.stores.blobs.remote_rows import read_remotes, remote_body
from wizard.stores.blobs.vault import Vault
from wizard.stores.postgres.pool import Connection, Pool
from wizard.stores.postgres.stages import COUNT, add_deed

READ = "SELECT type, revision, body FROM wizard.remote_nodes ORDER BY type"
ADD = """INSERT INTO wizard.remote_nodes (type, revision, body) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING revision"""
SAVE = """UPDATE wizard.remote_nodes SET revision = $2, body = $3 WHERE type = $1 AND revision = $2 - 1
    RETURNING revision"""
REMOVE = "DELETE FROM wizard.remote_nodes WHERE type = $1 RETURNING revision"


class PostgresRemoteNodes:
    """See wizard.model.remote.RemoteNodes for what each method promises."""

    def __init__(self, pool: Pool, vault: Callable[[], Vault]) -> None:
        self._pool = pool
        self._vault = vault

    async def all(self) -> tuple[RemoteNode, ...]:
        rows = await self._pool.read(READ)
        return tuple(read_remotes(self._vault(), ((row["type"], row["revision"], row["body"]) for row in rows)))

    async def save(self, node: RemoteNode, deed: Deed) -> None:
        body = remote_body(self._vault(), node)

        async def write(connection: Connection) -> None:
            count = await connection.fetchval(COUNT, 1)
            statement = ADD if node.revision == 1 else SAVE
            if await connection.fetchval(statement, node.type, node.revision, body) is None:
                raise StaleRemoteNode
            await add_deed(connection, count, deed)

        await self._pool.transact(write)

    async def remove(self, node_type: str, deed: Deed) -> bool:
        removed = [False]

        async def write(connection: Connection) -> None:
            removed[0] = await connection.fetchval(REMOVE, node_type) is not None
            if removed[0]:
                await add_deed(connection, await connection.fetchval(COUNT, 1), deed)

        await self._pool.transact(write)
        return removed[0]
