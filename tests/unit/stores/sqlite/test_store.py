"""What the SQLite store does beyond the contract: crashes, damage, other processes, closing."""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contract.runs import NOW, a_job, a_run, a_step, creating, exactly, full_run, full_undo, turn
from tests.patience import LONG
from wizard.errors import InvalidInput, StaleRevision, StoreError, WizardError
from wizard.model import DocumentSave, Entry, Reply, Run, StoredFile
from wizard.model.job import Backlog
from wizard.state.merging import Document
from wizard.stores.blobs.records import document_body
from wizard.stores.blobs.vault import PLAIN
from wizard.stores.scripts import scripts
from wizard.stores.sqlite import SqliteStore
from wizard.stores.sqlite import store as sqlite
from wizard.stores.sqlite.migrations import migrate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = SqliteStore(path)
    await opened.open()
    yield opened
    await opened.close()


async def test_documents_of_before_there_was_a_history_are_kept(tmp_path: Path) -> None:
    """After an update a person's profile is there still, is as old as the update at most, and has a history from then
    on."""
    with closing(sqlite3.connect(tmp_path / "runs.db", isolation_level=None)) as connection:
        migrate(connection, scripts("sqlite")[:13])
        body = document_body(PLAIN, "profile", "p", Document(7, {"email": "a"}))
        connection.execute("INSERT INTO documents VALUES ('profile', 'p', 7, ?)", (body,))
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    (line,) = await store.documents.list("profile")
    assert (line.id, line.revision) == ("p", 7)
    assert abs(datetime.now(UTC) - line.saved_at) < timedelta(hours=1)
    assert await store.documents.history("profile", "p") == []
    await store.commit(creating(a_run(), documents=(DocumentSave("profile", "p", {"email": "b"}),)))
    (record,) = await store.documents.history("profile", "p")
    assert (record.revision, record.changes[0].before) == (8, "a")
    await store.close()


def by_hand(path: Path, statement: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


# -- the file ----------------------------------------------------------------------------------


async def test_runs_are_there_after_a_restart(path: Path) -> None:
    """The whole point of a durable store."""
    run = full_run()
    for _ in range(2):
        store = SqliteStore(str(path))
        await store.open()
        if await store.load("run-1") is None:
            await store.commit(creating(run))
        assert exactly(await store.load("run-1")) == exactly(run)
        await store.close()
    assert [each.name for each in path.parent.iterdir()] == ["runs.db"]


async def test_a_turn_writes_no_more_at_step_1000_than_at_step_10(store: SqliteStore, path: Path) -> None:
    """A long run is no slower than a short one (S18): bytes are counted in the write-ahead log."""
    wal = Path(f"{path}-wal")
    written = []
    for length in (10, 1000):
        run = a_run(f"run-{length}", *(a_step(f"s{n:04}", n) for n in range(length)), visits=length)
        await store.commit(creating(run, entries=(Entry("created"),)))
        by_hand(path, "PRAGMA wal_checkpoint(TRUNCATE)")
        await store.commit(turn(run, write=(a_step(f"s{length - 1:04}", length - 1),), entries=(Entry("accepted"),)))
        written.append(wal.stat().st_size)
    assert written[1] <= written[0] * 1.2


# -- crashes -----------------------------------------------------------------------------------

WRITING = """
import asyncio, sys
from tests.contract.runs import a_run, a_step, creating, turn
from wizard.model import Entry
from wizard.stores.sqlite import SqliteStore

async def person(store, number):
    change = creating(a_run(f"run-{number}"), entries=(Entry("created"),))
    while True:
        await store.commit(change)
        print(number, change.run.revision, flush=True)
        step = a_step(f"step-{change.run.revision}", change.run.revision, output={"text": "x" * 300})
        change = turn(change.run, write=(step,), entries=(Entry("accepted", step.path),))

async def main():
    store = SqliteStore(sys.argv[1])
    await store.open()
    await asyncio.gather(*(person(store, number) for number in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("acknowledged", [10, 300, 1500])
async def test_a_killed_process_loses_nothing_it_acknowledged(path: Path, acknowledged: int) -> None:
    """Power goes, the process is killed: what a person was told is stored is stored, and no turn by half."""
    command = [sys.executable, "-c", WRITING, str(path)]
    last: dict[str, int] = {}

    def told(line: str) -> None:
        number, revision = line.split()
        last[number] = int(revision)

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[4]) as process:
        assert process.stdout is not None
        for _ in range(acknowledged):
            told(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        for line in process.stdout.readlines():
            if line.endswith("\n"):
                told(line)
    store = SqliteStore(path)
    await store.open()
    for number, revision in last.items():
        run = await store.load(f"run-{number}")
        assert run is not None
        assert run.revision >= revision
        assert [step.path for step in run.steps] == [f"step-{n}" for n in range(1, run.revision)]
        assert [each.revision for each in await store.trace(run.id, limit=10_000)] == list(range(1, run.revision + 1))
    await store.close()


# -- several at once ---------------------------------------------------------------------------


async def test_processes_share_a_file(path: Path) -> None:
    """Two servers on one file: both create it, both move the run, and no move is made twice."""
    stores = [SqliteStore(path) for _ in range(4)]
    await asyncio.gather(*(store.open() for store in stores))
    await stores[0].commit(creating(a_run()))
    lost: Counter[str] = Counter()
    all_have_looked = asyncio.Barrier(len(stores))

    async def mover(name: str, store: SqliteStore) -> None:
        moves, looks = 0, 0
        while moves < 15:
            run = await store.load("run-1")
            assert run is not None
            if (looks := looks + 1) == 1:
                await all_have_looked.wait()
            try:
                await store.commit(turn(run, entries=(Entry("moved", name),)))
            except StaleRevision:
                lost[name] += 1
            else:
                moves += 1

    await asyncio.gather(*(mover(str(n), store) for n, store in enumerate(stores)))
    for store in stores:
        assert await store.revision("run-1") == 61
    assert Counter(each.entry.step for each in await stores[0].trace("run-1")) == dict.fromkeys("0123", 15)
    assert lost.total() >= len(stores) - 1
    await asyncio.gather(*(store.close() for store in stores))


async def test_a_stale_change_hurts_nobody_in_its_group(store: SqliteStore) -> None:
    """Changes that come at once are one transaction; one that is refused is the only one that is."""
    runs = [a_run(f"run-{n}") for n in range(5)]
    for run in runs:
        await store.commit(creating(run))
    changes = [turn(run, write=(a_step(),), entries=(Entry("accepted"),)) for run in runs]
    changes[2] = changes[2]._replace(expected=7)
    results = await asyncio.gather(*(store.commit(change) for change in changes), return_exceptions=True)
    assert [type(result) for result in results] == [type(None)] * 2 + [StaleRevision] + [type(None)] * 2
    assert [await store.revision(run.id) for run in runs] == [2, 2, 1, 2, 2]
    assert list(await store.trace("run-2")) == []


async def test_a_load_sees_one_moment(path: Path, store: SqliteStore) -> None:
    """A run whose header is of one turn and whose steps are of the next never existed."""
    writing = SqliteStore(path)
    await writing.open()
    await writing.commit(creating(a_run()))
    done = asyncio.Event()

    async def write() -> None:
        change = turn(a_run(), write=(a_step("s1", 1),))
        for n in range(2, 150):
            await writing.commit(change)
            change = turn(change.run, write=(a_step(f"s{n}", n),), drop=tuple(change.run.by_path))
        done.set()

    task = asyncio.create_task(write())
    while not done.is_set():
        run = await store.load("run-1")
        assert run is not None
        assert [step.seq for step in run.steps] == ([run.revision - 1] if run.revision > 1 else [])
        await asyncio.sleep(0)
    await task
    await writing.close()


async def test_a_cancelled_commit_is_made_or_not_and_blocks_nothing(store: SqliteStore) -> None:
    """Somebody closes the browser in the moment of sending."""
    await store.commit(creating(a_run()))
    task = asyncio.create_task(store.commit(turn(a_run())))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    run = None
    while run is None or run.revision == 1:
        run = await store.load("run-1")
        await asyncio.sleep(0.001)
    await store.commit(turn(run))
    assert await store.revision("run-1") == 3


# -- opening and closing -----------------------------------------------------------------------


async def test_close_finishes_what_waits(path: Path) -> None:
    """A server that stops keeps what it has taken."""
    store = SqliteStore(path)
    await store.open()
    tasks = [asyncio.create_task(store.commit(creating(a_run(f"run-{n}")))) for n in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*tasks)
    await store.close()
    assert by_hand(path, "SELECT count(*) FROM runs") == [(20,)]


async def test_a_closed_store_says_so(path: Path) -> None:
    """A turn that comes after the shutdown gets an error, and doesn't wait for ever."""
    store = SqliteStore(path)
    calls = [lambda: store.commit(creating(a_run())), lambda: store.load("run-1"), lambda: store.trace("run-1")]
    for call in calls:
        with pytest.raises(StoreError, match="The store isn't open"):
            await call()
    await store.open()
    await store.commit(creating(a_run()))
    await store.close()
    for call in calls:
        with pytest.raises(StoreError, match="The store isn't open"):
            await call()


async def refusal_of(path: Path | str) -> str:
    store = SqliteStore(path)
    with pytest.raises(StoreError) as caught:
        await store.open()
    await store.close()
    return str(caught.value)


async def test_a_path_that_can_not_be_used_is_said_to_be_that(tmp_path: Path) -> None:
    """A mistyped setting is the commonest error of all, and is put right by reading the message."""
    (tmp_path / "note.txt").write_text("This is no database, but a note of some length. " * 100)
    assert "Check that its folder exists" in await refusal_of(tmp_path / "missing" / "runs.db")
    assert "can't be opened" in await refusal_of(tmp_path)
    assert "is no SQLite database" in await refusal_of(tmp_path / "note.txt")
    assert "local disk" in await refusal_of(":memory:")


async def test_a_database_of_a_newer_version_is_refused(path: Path, store: SqliteStore) -> None:
    """Going back to an older version must not damage runs."""
    by_hand(path, "PRAGMA user_version = 99")
    assert "newer version" in await refusal_of(path)


async def test_a_database_of_another_program_is_refused(path: Path) -> None:
    """The path of another program's database is refused before anything is written to it."""
    by_hand(path, "CREATE TABLE theirs (x)")
    assert "belongs to another program" in await refusal_of(path)
    assert by_hand(path, "SELECT name FROM sqlite_master") == [("theirs",)]


# -- damage and limits -------------------------------------------------------------------------

DAMAGE = [
    "UPDATE runs SET header = x'c1' WHERE id='run-1'",
    "UPDATE runs SET header = x'9209c0' WHERE id='run-1'",
    "UPDATE runs SET status = 'asleep' WHERE id='run-1'",
    "UPDATE runs SET created_at = 'long ago' WHERE id='run-1'",
    "UPDATE runs SET updated_at = 9000000000000000000 WHERE id='run-1'",
    "UPDATE runs SET workflow = CAST(x'ff' AS TEXT) WHERE id='run-1'",
    "UPDATE run_data SET birth = 5 WHERE run_id='run-1'",
    "UPDATE steps SET body = 'text' WHERE run_id='run-1'",
    "DELETE FROM steps WHERE run_id='run-1'",
    "UPDATE parked SET body = x'' WHERE run_id='run-1'",
]


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_damaged_run_is_an_error_and_others_go_on(store: SqliteStore, path: Path, damage: str) -> None:
    """One broken row is one run's trouble: the message names it, and everybody else goes on."""
    await store.commit(creating(full_run("run-1")))
    await store.commit(creating(full_run("run-2")))
    by_hand(path, damage)
    with pytest.raises(StoreError) as caught:
        await store.load("run-1")
    assert caught.value.run == "run-1"
    assert exactly(await store.load("run-2")) == exactly(full_run("run-2"))
    await store.commit(turn(full_run("run-2")))


async def test_a_damaged_line_of_the_list_names_its_run(store: SqliteStore, path: Path) -> None:
    """Whoever looks after the runs learns which one to repair."""
    await store.commit(creating(a_run()))
    by_hand(path, "UPDATE runs SET status = 'asleep'")
    with pytest.raises(StoreError) as caught:
        await store.list_runs()
    assert caught.value.run == "run-1"


async def test_a_damaged_trace_names_its_run(store: SqliteStore, path: Path) -> None:
    """A trace that can't be read isn't an empty one."""
    await store.commit(creating(a_run(), entries=(Entry("created"),)))
    for damage in ("body = x'c1'", "body = x'9201c0', at = 'long ago'"):
        by_hand(path, f"UPDATE trace SET {damage}")
        with pytest.raises(StoreError) as caught:
            await store.trace("run-1")
        assert caught.value.run == "run-1"


async def test_a_damaged_profile_is_not_overwritten(store: SqliteStore, path: Path) -> None:
    """A profile that can't be read may still be repaired, so long as nobody takes it for empty."""
    save = DocumentSave("profile", "p", {"email": "a"})
    await store.commit(creating(a_run(), documents=(save,)))
    by_hand(path, "UPDATE documents SET body = x'c1'")
    with pytest.raises(StoreError, match="This profile can't be read"):
        await store.document("profile", "p")
    with pytest.raises(StoreError, match="This profile can't be read"):
        await store.commit(creating(a_run("run-2"), documents=(save,)))
    assert await store.load("run-2") is None


@pytest.mark.parametrize("table", ["runs", "steps", "trace"])
async def test_a_missing_table_is_an_error(store: SqliteStore, path: Path, table: str) -> None:
    """What SQLite itself refuses is said in a sentence that names the file."""
    run = a_run("run-1", a_step())
    await store.commit(creating(run, entries=(Entry("created"),)))
    by_hand(path, f"DROP TABLE {table}")
    with pytest.raises(StoreError, match=r"The database failed \(.*runs\.db"):
        await store.commit(turn(run, write=(a_step(),), entries=(Entry("accepted"),)))
    with pytest.raises(StoreError, match=r"The database failed \(.*runs\.db"):
        await (store.trace("run-1") if table == "trace" else store.load("run-1"))


async def test_a_full_disk_is_told_to_the_one_who_filled_it(store: SqliteStore, path: Path) -> None:
    """An upload that doesn't fit is refused; the answers that came with it are kept."""
    await store.commit(creating(a_run("run-0")))
    upload = StoredFile("f", "film.mp4", "video/mp4", b"\x00" * 8_000_000)
    changes = [creating(a_run("run-1")), creating(a_run("run-2"), files=(upload,)), creating(a_run("run-3"))]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, before[1]))
    try:
        results = await asyncio.gather(*(store.commit(change) for change in changes), return_exceptions=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert results[::2] == [None, None]
    assert isinstance(results[1], StoreError)
    assert "disk" in str(results[1])
    assert [run.id for run in await store.list_runs()] == ["run-3", "run-1", "run-0"]
    await store.commit(changes[1])
    assert await store.file("run-2", "f") == upload


async def test_a_full_database_refuses_what_does_not_fit_and_goes_on(path: Path) -> None:
    """The disk is full: whoever writes is told so, for which run, and what to do; the others read on."""

    class Small(SqliteStore):
        def _prepare(self) -> sqlite3.Connection:
            connection = super()._prepare()
            connection.execute("PRAGMA max_page_count = 60")
            return connection

    store = Small(path)
    await store.open()
    run = a_run("run-1", a_step())
    await store.commit(creating(run))
    full = turn(run, write=(a_step(output={"text": "x" * 500_000}),), jobs=(a_job(),), undos=(full_undo(),))
    with pytest.raises(StoreError, match=r"The disk is full\. Make room on it") as caught:
        await store.commit(full)
    assert caught.value.run == "run-1"
    assert exactly(await store.load("run-1")) == exactly(run)
    assert await store.backlog(NOW) == Backlog(0, 0, 0)
    await store.commit(turn(run, write=(a_step("b", 5),)))
    await store.commit(creating(a_run("run-2")))
    await store.close()


async def test_a_job_of_a_newer_version_waits_and_others_are_done(
    store: SqliteStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One job that can't be read mustn't keep everybody's work waiting."""
    jobs = (a_job("run-1", visit=1), a_job("run-1", visit=2), a_job("run-1", visit=3, payload={"x": 1}))
    await store.commit(creating(a_run(), jobs=jobs))
    by_hand(path, "UPDATE jobs SET kind = 'dance' WHERE visit = 1")
    by_hand(path, "UPDATE jobs SET payload = x'9209c0' WHERE visit = 3")
    claims = await store.queue.claim(NOW, 10, timedelta(seconds=30), 0)
    assert [claim.job.visit for claim in claims] == [2]
    assert "The job run-1/work/1 can't be read" in caplog.text
    assert "The job run-1/work/3 can't be read" in caplog.text
    assert await store.backlog(NOW + timedelta(seconds=4)) == Backlog(0, 3, 0)


async def test_another_process_gets_what_this_one_orders(path: Path, store: SqliteStore) -> None:
    """Jobs are found by whoever looks, and each is one process's."""
    other = SqliteStore(path)
    await other.open()
    await store.commit(creating(a_run(), jobs=tuple(a_job(visit=n) for n in range(6))))
    both = await asyncio.gather(*(each.queue.claim(NOW, 3, timedelta(seconds=30), 0) for each in (store, other)))
    assert sorted(claim.job.visit for claims in both for claim in claims) == list(range(6))
    waiting = asyncio.create_task(other.queue.claim(NOW, 1, timedelta(seconds=30), LONG))
    await asyncio.sleep(0.05)
    await store.commit(creating(a_run("run-2"), jobs=(a_job("run-2"),)))
    assert [claim.job.run for claim in await waiting] == ["run-2"]
    assert await store.queue.put_off(both[1][0], NOW, NOW) is True
    await other.close()


async def test_a_queue_that_waits_leaves_the_writer_alone(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle workers cost no transaction, and hardly any time."""
    await store.commit(creating(a_run(), jobs=(a_job(after=3600),)))
    looks = []
    genuine = store._jobs._next_due
    monkeypatch.setattr(store._jobs, "_next_due", lambda: looks.append(1) or genuine())
    monkeypatch.setattr(store._jobs, "_take", None)
    assert await store.queue.claim(NOW, 1, timedelta(seconds=30), 0.3) == []
    assert len(looks) <= 3


async def test_a_reply_and_a_file_of_the_first_format_are_kept(path: Path) -> None:
    """The update makes blobs of what had columns: of every length, of any script, byte by byte."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, scripts("sqlite")[:1])
        contents = [b"", b"\x00\xff\xc1", bytes(range(256)) * 300, b"x" * 70_000]
        for n, content in enumerate(contents):
            name, media_type = "père\0noël🧭" * n, "text/plain"
            connection.execute("INSERT INTO files VALUES ('run-1', ?, ?, ?, ?)", (str(n), name, media_type, content))
            reply = ("run-1", str(n), content[:16], 200 + n * 99, content)
            connection.execute("INSERT INTO replies VALUES (?, ?, ?, ?, ?)", reply)
    store = SqliteStore(path)
    await store.open()
    for n, content in enumerate(contents):
        assert await store.reply("run-1", str(n)) == Reply("run-1", str(n), content[:16], 200 + n * 99, content)
        assert await store.file("run-1", str(n)) == StoredFile(str(n), "père\0noël🧭" * n, "text/plain", content)
    assert await store.prune(datetime.now(UTC) - timedelta(minutes=5)) == 0
    assert await store.prune(datetime.now(UTC) + timedelta(minutes=5)) == 4
    await store.close()


async def test_a_locked_database_is_said_to_be_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that keeps the file locked is the one to look for; reads go on meanwhile."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    store = SqliteStore(path)
    await store.open()
    await store.commit(creating(a_run()))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="keeps the database locked"):
            await store.commit(turn(a_run()))
        assert await store.revision("run-1") == 1
    await store.commit(turn(a_run()))
    await store.close()


def naive(run: Run) -> Run:
    return run._replace(updated_at=datetime(2026, 1, 1))


@pytest.mark.parametrize(
    "run",
    [
        naive(a_run()),
        a_run("half a \ud800 character"),
        a_run("run-1", a_step("half a \ud800 character")),
        a_run("run-1", a_step(output={"x": object()})),
        a_run("run-1", a_step(seq=2**64)),
    ],
    ids=["no time zone", "id", "path", "answer", "seq"],
)
async def test_what_can_not_be_stored_is_refused(store: SqliteStore, run: Run) -> None:
    """Bad data is an error of whoever sent it, and never stops the thread that writes."""
    with pytest.raises(InvalidInput):
        await store.commit(creating(run))
    await store.commit(creating(a_run("run-2")))
    assert [each.id for each in await store.list_runs()] == ["run-2"]


async def test_a_key_that_can_not_be_text_is_refused(store: SqliteStore) -> None:
    """Ids come from addresses and headers, and those can hold anything."""
    for call in (
        store.load("\ud800"),
        store.reply("", "\ud800"),
        store.file("run-1", "\ud800"),
        store.trace("r", 2**70),
    ):
        with pytest.raises(WizardError):
            await call
