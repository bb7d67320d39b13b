"""Who works under a name that has room for so many, and who waits for that, in a SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta

from wizard.stores.sqlite.reading import stored_time

EXPIRE = "DELETE FROM slots WHERE name=? AND until <= ?"
WORKS = "SELECT 1 FROM slots WHERE name=? AND holder=? AND works"
BEFORE = "SELECT count(*) FROM slots WHERE name=?1 AND holder <> ?2 AND (works OR (since, holder) < (?3, ?2))"
LEAVE = "DELETE FROM slots WHERE holder=?"
ENTER = "INSERT INTO slots VALUES (?, ?, ?, ?, ?)"


def occupy(
    connection: sqlite3.Connection,
    holder: str,
    limits: Mapping[str, int],
    *,
    now: datetime,
    lease: timedelta,
    since: datetime,
) -> int:
    """See wizard.stores.contract.Store."""
    moment, begun, until = stored_time(now), stored_time(since), stored_time(now + lease)
    missing: dict[str, int] = {}
    for name, limit in limits.items():
        connection.execute(EXPIRE, (name, moment))
        works = connection.execute(WORKS, (name, holder)).fetchone() is not None
        before = 0 if works else connection.execute(BEFORE, (name, holder, begun)).fetchone()[0]
        missing[name] = 0 if works else max(before - limit + 1, 0)
    before = max(missing.values(), default=0)
    connection.execute(LEAVE, (holder,))
    places = [(name, holder, not before, begun, until) for name, count in missing.items() if count or not before]
    connection.executemany(ENTER, places)
    return before


def vacate(connection: sqlite3.Connection, holder: str) -> None:
    """See wizard.stores.contract.Store."""
    connection.execute(LEAVE, (holder,))
