"""The events that were taken, in a SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from wizard.model.events import TakenEvent
from wizard.stores.blobs.event_rows import event_body, read_event, standing
from wizard.stores.blobs.owners import owner_mark
from wizard.stores.blobs.vault import Vault
from wizard.stores.sqlite.queue import Read
from wizard.stores.sqlite.reading import read_time, stored_time
from wizard.stores.sqlite.stages import Scan, bounded
from wizard.stores.sqlite.writer import Work, rows_changed

EVENT = "SELECT number, id, at, standing, body FROM events"
READ = f"{EVENT} WHERE id=?"
ADD = "INSERT INTO events (id, at, owner, standing, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
# Standing.UNDONE is 0, and UNMATCHED 2.
FINISH = "UPDATE events SET standing=?2, body=?3 WHERE id=?1 AND standing=0"
LIST = f"{EVENT} WHERE number < ?"
OF_OWNER, UNMATCHED = " AND owner=?", " AND standing=2"
NEWEST = " ORDER BY number DESC LIMIT ?"
FORGET = "DELETE FROM events WHERE owner=?"
PRUNE = "DELETE FROM events WHERE number IN (SELECT number FROM events WHERE at < ? ORDER BY at LIMIT ?)"


class SqliteEvents:
    """See wizard.model.events.TakenEvents for what each method promises."""

    def __init__(
        self, write: Callable[[Work], Awaitable[None]], read: Read, scan: Scan, vault: Callable[[], Vault]
    ) -> None:
        self._write = write
        self._read = read
        self._scan = scan
        self._vault = vault

    async def add(self, event: TakenEvent) -> bool:
        owner, body = owner_mark(event.profile_id), event_body(self._vault(), event)
        values = (event.id, stored_time(event.taken_at), owner, standing(event), body)
        return bool(await self._changed(ADD, values))

    async def finish(self, event: TakenEvent) -> bool:
        values = (event.id, standing(event), event_body(self._vault(), event))
        return bool(await self._changed(FINISH, values))

    async def _changed(self, statement: str, values: tuple[Any, ...]) -> int:
        return await rows_changed(self._write, statement, values)

    async def get(self, event_id: str) -> TakenEvent | None:
        row = self._read(lambda connection: connection.execute(READ, (event_id,)).fetchone())
        return None if row is None else self._event(row)

    async def newest(
        self, *, profile: str | None = None, unmatched: bool = False, limit: int = 100, below: int | None = None
    ) -> tuple[TakenEvent, ...]:
        of_owner, owner = ("", ()) if profile is None else (OF_OWNER, (owner_mark(profile),))
        statement = LIST + of_owner + (UNMATCHED if unmatched else "") + NEWEST
        values = (bounded(below), *owner, bounded(limit))
        rows = await self._scan(lambda connection: connection.execute(statement, values).fetchall())
        return tuple(map(self._event, rows))

    async def forget(self, profile_id: str) -> int:
        return await self._changed(FORGET, (owner_mark(profile_id),))

    def _event(self, row: tuple[Any, ...]) -> TakenEvent:
        number, event_id, at, stands, body = row
        return read_event(self._vault(), number, event_id, read_time(at), stands, body)


def prune(connection: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Deletes at most so many that were taken before then; how many they were."""
    return connection.execute(PRUNE, (stored_time(before), max(limit, 0))).rowcount
