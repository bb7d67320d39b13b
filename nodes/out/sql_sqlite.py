"""A statement in a SQLite file: in a thread that ends when it is told to, under an authorizer that knows reading and
writing of rows and nothing else.

- The file is that of the resource, and has to be there. It is opened for reading alone unless the node `writes`.
- What would lead elsewhere is refused by the authorizer, whatever the statement says: ATTACH, PRAGMA, extensions,
  tables and triggers that are made. The database reads one statement, and not a second one behind it.
- A file in which Wizard keeps its runs says so itself (`application_id`), whatever it is called and wherever it was
  linked or copied to.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wizard.errors import Excuse, NodeFailed
from wizard.model import Value
from wizard.model.values import write_json
from wizard.nodes.out.exchange import TryAgainError
from wizard.nodes.out.sql_rows import Gathering, Rows, refused, unfit, wizards_own
from wizard.nodes.out.sql_text import Statement
from wizard.process.calls import Calls

WIZARDS_ID = 1464424004  # of the store's files (wizard.stores.sqlite)
STEPS = 1_000  # of SQLite's machine between two looks at the clock
LARGEST = 2_000_000  # bytes of a value
BUSY = 5.0  # seconds to wait for somebody else's lock

_READS = frozenset({sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE})
_WRITES = _READS | {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
_LEADING_ELSEWHERE = frozenset({"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"})


@dataclass(slots=True)
class SqliteQuery:
    """One statement on its way."""

    path: Path
    statement: Statement
    values: Mapping[str, Value]
    writes: bool
    limit: int
    seconds: float
    _stopped: threading.Event = field(default_factory=threading.Event, repr=False)

    async def rows(self, calls: Calls) -> Rows:
        """What it gives. Where this is cancelled, the statement ends. Raises NodeFailed."""
        try:
            rows: Rows = await calls.function(self._run, {})
        except asyncio.CancelledError:
            self._stopped.set()
            raise
        return rows

    def _run(self) -> Rows:
        until = time.monotonic() + self.seconds
        values = {name: _bound(name, self.values[name]) for name in self.statement.wanted}
        try:
            with closing(self._open()) as connection:
                connection.set_progress_handler(lambda: self._stopped.is_set() or time.monotonic() > until, STEPS)
                return self._told(connection, values)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_INTERRUPT":
                what = f"The statement took longer than {self.seconds:g} seconds and was stopped."
                raise NodeFailed(what, people=Excuse.TOO_LONG) from None
            if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise TryAgainError("The database is locked by others.") from None
            if error.sqlite_errorname.startswith("SQLITE_CANTOPEN"):
                what = "There is no database file where the resource says, or it can't be opened. Correct its path."
                raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None
            raise refused(str(error)) from None
        except sqlite3.Error as error:  # it names tables and columns, and no values
            raise refused(str(error)) from None
        except OverflowError:
            raise refused("a whole number has more than 64 bits") from None

    def _open(self) -> sqlite3.Connection:
        mode = "rw" if self.writes else "ro"
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode={mode}",
            uri=True,
            timeout=min(BUSY, self.seconds),
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.text_factory = lambda text: text.decode(errors="replace")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST)
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.execute("PRAGMA trusted_schema = OFF")
            if connection.execute("PRAGMA application_id").fetchone()[0] == WIZARDS_ID:
                raise wizards_own("Name another file in the resource.")
            connection.set_authorizer(self._judge)
        except BaseException:
            connection.close()
            raise
        return connection

    def _judge(self, action: int, first: str | None, second: str | None, *_: Any) -> int:
        if action == sqlite3.SQLITE_FUNCTION:
            fine = (second or "").lower() not in _LEADING_ELSEWHERE
        else:
            fine = action in (_WRITES if self.writes else _READS)
        return sqlite3.SQLITE_OK if fine else sqlite3.SQLITE_DENY

    def _told(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> Rows:
        with closing(connection.execute(self.statement.named(), values)) as cursor:
            if cursor.description is None:
                return Rows([], max(cursor.rowcount, 0))
            gathered = Gathering([column[0] for column in cursor.description], self.limit)
            for row in cursor:
                gathered.take(row)
                if gathered.more and not self.writes:
                    break
            return gathered.all(self.writes)


def _bound(name: str, value: Value) -> Any:
    """A value as SQLite has it, which knows neither decimals nor dates: they are texts, of which the type of a column
    makes numbers."""
    match value:
        case bool():
            return int(value)
        case None | int() | float() | str() | bytes():
            return value
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo is not None else value).isoformat()
        case date() | time_of_day():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case Mapping() | list() | tuple():
            return write_json(value)
    raise unfit(name, "another type")
