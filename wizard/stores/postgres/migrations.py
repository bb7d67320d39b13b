"""Numbered SQL scripts that bring a PostgreSQL database to this version's tables, all in one transaction.

`0001.sql` … lie beside this module; wizard.migrations says which a database has been through, and a script
that was released is never edited. Everything is in the schema `wizard`: PgQueuer's tables too, which PgQueuer itself
makes and brings up to date.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from wizard.errors import StoreError
from wizard.stores.postgres.pool import Connection

if TYPE_CHECKING:
    from pgqueuer.queries import Queries

LOCK = 0x77697A617264  # an advisory lock of the database: one process at a time prepares it
PREPARE = """
CREATE SCHEMA IF NOT EXISTS wizard;
CREATE TABLE IF NOT EXISTS wizard.migrations (
    number integer PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    pgqueuer text NOT NULL  -- the version whose tables are there
)"""
TABLES = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'wizard'"
DONE = "SELECT max(number) AS number FROM wizard.migrations"
ADD = "INSERT INTO wizard.migrations (number, pgqueuer) VALUES ($1, $2)"
QUEUE_VERSION = "SELECT pgqueuer FROM wizard.migrations ORDER BY number DESC LIMIT 1"
SET_QUEUE_VERSION = (
    "UPDATE wizard.migrations SET pgqueuer = $1 WHERE number = (SELECT max(number) FROM wizard.migrations)"
)


async def migrate(connection: Connection, queries: Queries, known: Sequence[str]) -> None:
    """Runs the scripts of `known` that the database hasn't been through yet; `queries` uses the same connection.

    Several processes may do this at once. Raises StoreError where the schema `wizard` is another program's or comes
    from a newer version of this one.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        done = await _number(connection)
        if done > len(known):
            raise StoreError(
                f"The database was written by a newer version of the program (its number is {done}, this version"
                f" knows {len(known)}). Update the program, or restore a backup from before the update."
            )
        if not done:
            await connection.execute(PREPARE)
            await queries.install(create_schema=False)
            await queries.optimize_autovacuum()
        for number, script in enumerate(known[done:], done + 1):
            if script:  # a number may be missing
                await connection.execute(script)
            await connection.execute(ADD, number, version("pgqueuer"))
    await _upgrade_queue(connection, queries)


async def _number(connection: Connection) -> int:
    """How many scripts the database has been through."""
    tables = {row["table_name"] for row in await connection.fetch(TABLES)}
    if "migrations" in tables:
        return await connection.fetchval(DONE) or 0
    if tables:
        raise StoreError("The schema wizard of the database belongs to another program. Name another database.")
    return 0


async def _upgrade_queue(connection: Connection, queries: Queries) -> None:
    """Its own lock, and statement by statement, as PgQueuer has it: not all of them can be in a transaction."""
    here = version("pgqueuer")
    if _parts(await connection.fetchval(QUEUE_VERSION)) < _parts(here):
        await queries.upgrade()
        await connection.execute(SET_QUEUE_VERSION, here)


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
