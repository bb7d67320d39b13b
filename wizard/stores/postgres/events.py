"""The events that were taken, in a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from wizard.model.events import TakenEvent
from wizard.stores.blobs.event_rows import event_body, read_event, standing
from wizard.stores.blobs.owners import owner_mark
from wizard.stores.blobs.vault import Vault
from wizard.stores.postgres.pool import Pool
from wizard.stores.postgres.values import LARGEST, bounded, decoded, encoded, in_utc

EVENT = "SELECT number, id, at, standing, body FROM wizard.events"
READ = f"{EVENT} WHERE id = $1"
ADD = """INSERT INTO wizard.events (id, at, owner, standing, body) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING RETURNING number"""
# Standing.UNDONE is 0, and UNMATCHED 2.
FINISH = "UPDATE wizard.events SET standing = $2, body = $3 WHERE id = $1 AND standing = 0 RETURNING number"
LIST = f"{EVENT} WHERE number < $1"
OF_OWNER, UNMATCHED = " AND owner = $3", " AND standing = 2"
NEWEST = " ORDER BY number DESC LIMIT $2"
FORGET = "DELETE FROM wizard.events WHERE owner = $1 RETURNING number"
PRUNE = """DELETE FROM wizard.events WHERE number IN
    (SELECT number FROM wizard.events WHERE at < $1 ORDER BY at LIMIT $2) RETURNING number"""


class PostgresEvents:
    """See wizard.model.events.TakenEvents for what each method promises."""

    def __init__(self, pool: Pool, vault: Callable[[], Vault]) -> None:
        self._pool = pool
        self._vault = vault

    async def add(self, event: TakenEvent) -> bool:
        owner, body = owner_mark(event.profile_id), event_body(self._vault(), event)
        values = (encoded(event.id), in_utc(event.taken_at), owner, int(standing(event)), body)
        return bool(await self._pool.write(ADD, *values))

    async def finish(self, event: TakenEvent) -> bool:
        body = event_body(self._vault(), event)
        return bool(await self._pool.write(FINISH, encoded(event.id), int(standing(event)), body))

    async def get(self, event_id: str) -> TakenEvent | None:
        rows = await self._pool.read(READ, encoded(event_id))
        return self._event(rows[0]) if rows else None

    async def newest(
        self, *, profile: str | None = None, unmatched: bool = False, limit: int = 100, below: int | None = None
    ) -> tuple[TakenEvent, ...]:
        of_owner, owner = ("", ()) if profile is None else (OF_OWNER, (owner_mark(profile),))
        statement = LIST + of_owner + (UNMATCHED if unmatched else "") + NEWEST
        rows = await self._pool.read(statement, bounded(LARGEST if below is None else below), bounded(limit), *owner)
        return tuple(map(self._event, rows))

    async def forget(self, profile_id: str) -> int:
        return len(await self._pool.write(FORGET, owner_mark(profile_id)))

    def _event(self, row: Any) -> TakenEvent:
        number, event_id, at, stands, body = row
        return read_event(self._vault(), number, decoded(event_id), at, stands, body)


async def prune(pool: Pool, before: datetime, limit: int) -> int:
    """Deletes at most so many that were taken before then; how many they were."""
    return len(await pool.write(PRUNE, in_utc(before), bounded(limit)))
