"""The writing thread: what goes into one transaction, and who is told what."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from wizard.errors import StaleRevision, StoreError
from wizard.stores.sqlite import writer
from wizard.stores.sqlite.writer import GroupWriter


class Log:
    """A database with one table, and the statements that were run on it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.statements: list[str] = []
        self.writer = GroupWriter(self.connect, str(path))

    def connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=0.05, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("CREATE TABLE IF NOT EXISTS log (line TEXT PRIMARY KEY)")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS child (line TEXT REFERENCES log (line) DEFERRABLE INITIALLY DEFERRED)"
        )
        connection.set_trace_callback(self.statements.append)
        return connection

    def lines(self) -> list[str]:
        connection = sqlite3.connect(self.path)
        try:
            return [line for (line,) in connection.execute("SELECT line FROM log ORDER BY rowid")]
        finally:
            connection.close()

    async def write(self, *works: Callable[[sqlite3.Connection], None]) -> list[BaseException | None]:
        """Hands over all of it in one round of the loop."""
        return await asyncio.gather(*(self.writer.run(work) for work in works), return_exceptions=True)

    @property
    def commits(self) -> int:
        return self.statements.count("COMMIT")


def line(text: str) -> Callable[[sqlite3.Connection], None]:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO log VALUES (?)", (text,))

    return work


def refused(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO log VALUES ('half')")
    raise StaleRevision


def orphan(connection: sqlite3.Connection) -> None:
    """Fails at COMMIT only."""
    connection.execute("INSERT INTO child VALUES ('nobody')")


def gives_up(connection: sqlite3.Connection) -> None:
    """What SQLite does when the disk is full: the whole transaction is gone."""
    connection.execute("ROLLBACK")
    raise sqlite3.OperationalError("database or disk is full")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    made = Log(tmp_path / "log.db")
    await made.writer.start()
    yield made
    await made.writer.stop()


async def test_work_of_one_round_is_one_transaction(log: Log) -> None:
    """Sixteen people who answer at once wait for the disk once, not sixteen times."""
    assert await log.write(*(line(str(n)) for n in range(16))) == [None] * 16
    assert log.commits == 1
    assert log.lines() == [str(n) for n in range(16)]


async def test_work_that_comes_while_the_disk_is_busy_is_one_transaction(log: Log) -> None:
    """The longer the disk takes, the more goes into the next transaction."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        begun.set()
        go_on.wait(5)

    first = asyncio.create_task(log.writer.run(slow))
    await asyncio.to_thread(begun.wait, 5)
    later = []
    for n in range(5):
        later.append(asyncio.create_task(log.writer.run(line(str(n)))))
        await asyncio.sleep(0.001)
    go_on.set()
    await asyncio.gather(first, *later)
    assert log.commits == 2


async def test_a_group_has_a_bound(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood must not make everybody wait for its last drop."""
    monkeypatch.setattr(writer, "MAX_GROUP", 4)
    assert await log.write(*(line(str(n)) for n in range(10))) == [None] * 10
    assert log.commits == 3


async def test_a_refused_piece_takes_nothing_from_the_others(log: Log) -> None:
    """One person's stale click mustn't undo what others answered in the same moment."""
    outcomes = await log.write(line("a"), refused, line("b"), line("a"), line("c"))
    assert [type(outcome) for outcome in outcomes[1::2]] == [StaleRevision, StoreError]
    assert outcomes[::2] == [None] * 3
    assert log.commits == 1
    assert log.lines() == ["a", "b", "c"]


async def test_a_piece_refused_alone_writes_nothing(log: Log) -> None:
    """The same without company."""
    (outcome,) = await log.write(refused)
    assert isinstance(outcome, StaleRevision)
    assert await log.write(line("a")) == [None]
    assert log.lines() == ["a"]


async def test_a_lost_transaction_is_begun_anew_for_each(log: Log) -> None:
    """Somebody's upload that fills the disk mustn't lose the answers that came with it."""
    first, full, last = await log.write(line("a"), gives_up, line("b"))
    assert (first, last) == (None, None)
    assert isinstance(full, StoreError)
    assert "disk is full" in str(full)
    assert log.lines() == ["a", "b"]


@pytest.mark.parametrize("company", [0, 2])
async def test_a_failed_commit_is_told_to_all_it_was_for(log: Log, company: int) -> None:
    """Nobody may be told that an answer is stored when the disk didn't take it."""
    outcomes = await log.write(orphan, *(line(str(n)) for n in range(company)))
    assert [type(outcome) for outcome in outcomes] == [StoreError] * (company + 1)
    assert log.lines() == []
    assert await log.write(line("after")) == [None]


async def test_a_locked_database_is_said_to_be_locked(log: Log) -> None:
    """A backup tool that keeps a lock is found by the message, and all goes on when it is done."""
    other = sqlite3.connect(log.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    outcomes = await log.write(line("a"), line("b"))
    other.execute("ROLLBACK")
    other.close()
    assert all("Another program keeps the database locked" in str(outcome) for outcome in outcomes)
    assert await log.write(line("a"), line("b")) == [None, None]


async def test_a_broken_piece_of_work_does_not_end_the_thread(log: Log) -> None:
    """A programming error in one turn is that turn's; it comes to its caller as it is."""

    def broken(connection: sqlite3.Connection) -> None:
        raise ZeroDivisionError

    outcomes = await log.write(broken, line("a"))
    assert isinstance(outcomes[0], ZeroDivisionError)
    assert outcomes[1] is None


async def test_a_cancelled_wait_blocks_nobody(log: Log) -> None:
    """A browser that goes away while its answer is being written."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        begun.set()
        go_on.wait(5)
        raise StaleRevision

    gone = asyncio.create_task(log.writer.run(slow))
    await asyncio.to_thread(begun.wait, 5)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    go_on.set()
    assert await log.write(line("a")) == [None]


async def test_stop_finishes_what_was_handed_in(tmp_path: Path) -> None:
    """A server that is told to stop has taken these answers, and must not drop them."""
    log = Log(tmp_path / "log.db")
    await log.writer.start()
    waiting = [asyncio.create_task(log.writer.run(line(str(n)))) for n in range(20)]
    await asyncio.sleep(0)
    await log.writer.stop()
    assert await asyncio.gather(*waiting) == [None] * 20
    assert len(log.lines()) == 20
    with pytest.raises(StoreError, match="isn't open"):
        await log.writer.run(line("late"))
    await log.writer.stop()


async def test_a_database_that_does_not_open_is_told_to_who_opens_it(tmp_path: Path) -> None:
    """The program ends with the reason at its start, not with a first person waiting for ever."""
    log = Log(tmp_path / "missing" / "log.db")
    with pytest.raises(StoreError, match="Check that its folder exists"):
        await log.writer.start()
    with pytest.raises(StoreError, match="isn't open"):
        await log.writer.run(line("a"))


def test_a_loop_that_is_gone_does_not_end_the_thread(tmp_path: Path) -> None:
    """A program that is interrupted closes its loop first; what was handed in is written all the same."""
    log = Log(tmp_path / "log.db")
    go_on = threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        go_on.wait(5)
        line("a")(connection)

    async def interrupted() -> None:
        await log.writer.start()
        task = asyncio.create_task(log.writer.run(slow))
        await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(interrupted())
    go_on.set()
    asyncio.run(log.writer.stop())
    assert log.lines() == ["a"]
