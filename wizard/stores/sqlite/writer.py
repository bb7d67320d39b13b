"""The one thread that writes to a SQLite database: waiting pieces of work are committed as a group.

A commit waits for the disk, and that wait costs the same for one turn as for many. So all work of
one round of the event loop is handed over at once, and what came while the disk was busy goes into
the next transaction together. Where one is refused, the others are written again, each in a savepoint
of its own. Whoever waits is told after the commit, all of a group by one wakeup.

Whatever event loop the work comes from, its own is told. Only the one that opened the database gathers work.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from wizard.errors import InvalidInput, StoreError

Work = Callable[[sqlite3.Connection], None]  # writes; what it raises undoes what it wrote
Job = tuple[Work, "asyncio.Future[None]"]

MAX_GROUP = 256  # bounds how long the first of a group waits for the last

NOT_OPEN = "The store isn't open. Open it before the first call, and close it after the last."

ADVICE = {
    "SQLITE_FULL": "The disk is full. Make room on it",
    "SQLITE_BUSY": "Another program keeps the database locked. Find it and stop it",
    "SQLITE_READONLY": "The database can't be written. Check the rights on the file and its folder",
    "SQLITE_CANTOPEN": "The database can't be opened. Check that its folder exists and can be written",
    "SQLITE_IOERR": "The disk failed to read or write. Check it",
    "SQLITE_CORRUPT": "The database is damaged. Restore it from a backup",
    "SQLITE_NOTADB": "The file is no SQLite database. Name another file, or restore it from a backup",
    "SQLITE_TOOBIG": "A value is too large for the database. Store less in it",
}


async def rows_changed(write: Callable[[Work], Awaitable[None]], statement: str, values: tuple[Any, ...]) -> int:
    """How many rows one statement changes, as a piece of work of its own."""
    count = [0]

    def work(connection: sqlite3.Connection) -> None:
        count[0] = connection.execute(statement, values).rowcount

    await write(work)
    return count[0]


def explained(error: Exception, path: str, run: str = "") -> Exception:
    """The error that a person can act on; what isn't the storage's doing comes back as it is."""
    match error:
        case UnicodeEncodeError() | OverflowError():
            return InvalidInput("A text that isn't valid Unicode or a number beyond 64 bits can't be stored.", run=run)
        case sqlite3.Error():
            name = getattr(error, "sqlite_errorname", "")
            advice = next((text for code, text in ADVICE.items() if name.startswith(code)), "The database failed")
            return StoreError(f"{advice} ({path}: {error}).", run=run)
    return error


class GroupWriter:
    """Runs pieces of work on a connection that only its thread uses; `path` names it in errors."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], path: str) -> None:
        self._connect = connect
        self._path = path
        self._gathered: list[Job] = []
        self._handed_over: SimpleQueue[list[Job] | asyncio.Future[None]] = SimpleQueue()  # a future is told of the end
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop

    async def start(self) -> None:
        """Raises what `connect` raises, explained."""
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = self._loop.create_future()
        # A daemon: a process that ends without closing the store isn't kept alive by it, and loses
        # only what nobody was told is stored.
        thread = threading.Thread(target=self._main, args=(opened,), name="wizard-sqlite", daemon=True)
        thread.start()
        await opened
        self._thread = thread

    async def stop(self) -> None:
        """Returns when all work handed in before is done and the connection is closed."""
        thread, self._thread = self._thread, None
        if thread is not None:
            ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._hand_over()
            self._handed_over.put(ended)
            await ended

    async def run(self, work: Work) -> None:
        """Returns when what `work` wrote is on the disk; raises what it raises, nothing being written.

        Whoever cancels the wait doesn't learn whether the work is done.
        """
        if self._thread is None:
            raise StoreError(NOT_OPEN)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if loop is not self._loop:
            self._handed_over.put([(work, done)])
        else:
            if not self._gathered:
                loop.call_soon(self._hand_over)
            self._gathered.append((work, done))
        await done

    def _hand_over(self) -> None:
        if self._gathered:
            self._handed_over.put(self._gathered)
            self._gathered = []

    def _settle(self, told: Sequence[tuple[asyncio.Future[None], Exception | None]]) -> None:
        for done, error in told:
            if done.done():
                continue  # its caller was cancelled
            if error is None:
                done.set_result(None)
            else:
                explanation = explained(error, self._path)
                if explanation is not error:
                    explanation.__cause__ = error
                done.set_exception(explanation)

    # -- in the thread ---------------------------------------------------------------------------

    def _main(self, opened: asyncio.Future[None]) -> None:
        try:
            connection = self._connect()
        except Exception as error:  # whatever it is, the one who waits is told
            self._tell([opened], [error])
            return
        self._tell([opened], [None])
        ended: asyncio.Future[None] | None = None
        while ended is None:
            jobs, ended = self._take()
            for first in range(0, len(jobs), MAX_GROUP):
                group = jobs[first : first + MAX_GROUP]
                self._tell([done for _, done in group], _commit(connection, [work for work, _ in group]))
        try:
            connection.close()
        finally:
            self._tell([ended], [None])

    def _take(self) -> tuple[list[Job], asyncio.Future[None] | None]:
        """All jobs that wait, and who is told of the end where they are the last."""
        jobs: list[Job] = []
        more = self._handed_over.get()
        try:
            while isinstance(more, list):
                jobs += more
                more = self._handed_over.get_nowait()
        except Empty:
            return jobs, None
        return jobs, more

    def _tell(self, waiting: Sequence[asyncio.Future[None]], outcomes: Sequence[Exception | None]) -> None:
        loops = {done.get_loop() for done in waiting}
        for loop in loops:
            told = list(zip(waiting, outcomes, strict=True))
            if len(loops) > 1:
                told = [waiting for waiting in told if waiting[0].get_loop() is loop]
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._settle, told)


def _commit(connection: sqlite3.Connection, group: Sequence[Work]) -> list[Exception | None]:
    """Does the work of a group; what became of each piece, None where it is on the disk."""
    if len(group) > 1:
        try:
            if _smoothly(connection, group):
                return [None] * len(group)
            outcomes = _together(connection, group)
        except Exception as error:  # BEGIN or COMMIT failed: nothing is stored, whoever is at fault
            _undo(connection)
            return [error] * len(group)
        if outcomes is not None:
            return outcomes
    return [_alone(connection, work) for work in group]


def _alone(connection: sqlite3.Connection, work: Work) -> Exception | None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        work(connection)
        connection.execute("COMMIT")
    except Exception as error:
        _undo(connection)
        return error
    return None


def _smoothly(connection: sqlite3.Connection, group: Sequence[Work]) -> bool:
    """Whether the whole group is on the disk. Seldom is one refused, so none gets a savepoint at first;
    otherwise nothing was written."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for work in group:
            work(connection)
    except Exception:
        _undo(connection)
        return False
    connection.execute("COMMIT")
    return True


def _together(connection: sqlite3.Connection, group: Sequence[Work]) -> list[Exception | None] | None:
    """What became of each; None where a piece made SQLite give up the whole transaction (disk full)."""
    outcomes: list[Exception | None] = []
    connection.execute("BEGIN IMMEDIATE")
    for work in group:
        connection.execute("SAVEPOINT work")
        try:
            work(connection)
            outcomes.append(None)
        except Exception as error:
            if not connection.in_transaction:
                return None
            connection.execute("ROLLBACK TO work")
            outcomes.append(error)
        connection.execute("RELEASE work")
    connection.execute("COMMIT")
    return outcomes


def _undo(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):  # where even this fails, the next BEGIN says what is wrong
        if connection.in_transaction:
            connection.execute("ROLLBACK")
