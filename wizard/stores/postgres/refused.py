"""What was sent from pages and not taken, in a PostgreSQL database."""

from __future__ import annotations

from datetime import datetime

from wizard.model import Refused
from wizard.stores.blobs import records
from wizard.stores.blobs.vault import Vault
from wizard.stores.postgres.pool import Connection, Pool
from wizard.stores.postgres.values import encoded

# The lock keeps a run from being deleted meanwhile.
KEEP = """WITH run AS (SELECT id FROM wizard.runs WHERE id = $1 FOR KEY SHARE)
    INSERT INTO wizard.refused SELECT $1, $2, (SELECT id FROM run), $3, $4 WHERE $1 = '' OR EXISTS (SELECT 1 FROM run)
    ON CONFLICT (scope, key) DO UPDATE SET at = excluded.at, body = excluded.body"""
LEAVE = """DELETE FROM wizard.refused WHERE scope = $1 AND key NOT IN
    (SELECT key FROM wizard.refused WHERE scope = $1 ORDER BY at DESC LIMIT $2)"""
OLD = "DELETE FROM wizard.refused WHERE at < $1"
READ = "SELECT at, body FROM wizard.refused WHERE scope = $1 AND key = $2"
FORGET = "DELETE FROM wizard.refused WHERE scope = $1 AND key = $2"


async def keep(pool: Pool, vault: Vault, refused: Refused, most: int, before: datetime) -> None:
    """See wizard.stores.contract.Store."""
    scope, body = encoded(refused.scope), records.refused_body(vault, refused)

    async def write(connection: Connection) -> None:
        await connection.execute(OLD, before)
        await connection.execute(KEEP, scope, encoded(refused.key), refused.at, body)
        await connection.execute(LEAVE, scope, most)

    await pool.transact(write, refused.scope)


async def read(pool: Pool, vault: Vault, scope: str, key: str) -> Refused | None:
    """Raises StoreError naming the run."""
    rows = await pool.read(READ, encoded(scope), encoded(key), run=scope)
    return records.read_refused(vault, scope, key, rows[0]["at"], rows[0]["body"]) if rows else None


async def forget(pool: Pool, scope: str, key: str) -> None:
    """See wizard.stores.contract.Store."""
    await pool.write(FORGET, encoded(scope), encoded(key), run=scope)
