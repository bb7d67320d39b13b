"""What was said in conversations, in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.errors import KeyReused
from wizard.model.talk import Utterance
from wizard.stores.blobs.talk_rows import read_utterance, utterance_body
from wizard.stores.blobs.vault import Vault
from wizard.stores.postgres.pool import Connection, Pool
from wizard.stores.postgres.values import bounded, decoded, encoded

ADD = """INSERT INTO wizard.utterances SELECT $1, number, id, body
    FROM unnest($2::bigint[], $3::text[], $4::bytea[]) AS said (number, id, body)
    ON CONFLICT DO NOTHING RETURNING number"""
READ = "SELECT number, id, body FROM wizard.utterances WHERE run_id = $1 AND number > $2 ORDER BY number LIMIT $3"
FIND = "SELECT number, id, body FROM wizard.utterances WHERE run_id = $1 AND id = $2"


async def add(connection: Connection, vault: Vault, run_id: str, said: Sequence[Utterance]) -> None:
    """Raises KeyReused where one of the ids is there already."""
    numbers, ids = [one.number for one in said], [encoded(one.id) for one in said]
    bodies = [utterance_body(vault, run_id, one) for one in said]
    if len(await connection.fetch(ADD, encoded(run_id), numbers, ids, bodies)) < len(said):
        raise KeyReused(run=run_id)


async def read(pool: Pool, vault: Vault, run_id: str, after: int, limit: int) -> list[Utterance]:
    """Raises StoreError naming the run."""
    rows = await pool.read(READ, encoded(run_id), bounded(after), bounded(limit), run=run_id)
    return [read_utterance(vault, run_id, row["number"], decoded(row["id"]), row["body"]) for row in rows]


async def find(pool: Pool, vault: Vault, run_id: str, said_id: str) -> Utterance | None:
    """Raises StoreError naming the run."""
    rows = await pool.read(FIND, encoded(run_id), encoded(said_id), run=run_id)
    return read_utterance(vault, run_id, rows[0]["number"], said_id, rows[0]["body"]) if rows else None
