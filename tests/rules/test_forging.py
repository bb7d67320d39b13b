"""Forging: who can write to a sealed database, and has no key, breaks a run at most, and has it say nothing else."""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import combinations, permutations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from immutables import Map

from tests.contract.runs import NOW, a_job, a_step, creating, exactly, full_run, full_utterance, turn
from tests.postgres import connect, fresh_database
from wizard.app import open_store
from wizard.errors import DataUnreadable, NotGenuine, SettingsError, StoreError
from wizard.model import Change, DocumentSave, Entry, Migrating, Refused, Reply, Report, Run, StoredFile
from wizard.model.cells import Cell
from wizard.model.events import TakenEvent
from wizard.model.job import JobKind
from wizard.model.remote import RemoteNode
from wizard.model.resources import StoredResource
from wizard.model.run import count_answered
from wizard.model.staging import Deed
from wizard.settings import Settings
from wizard.state.patches import setters_of
from wizard.stores.blobs.vault import PLAIN, KeyRing, Vault, new_key
from wizard.stores.contract import Store
from wizard.stores.postgres import PostgresStore
from wizard.stores.sqlite import SqliteStore
from wizard.stores.sqlite.reseal import COLUMNS, Column

KEY = new_key("mine")
RING = KeyRing.parse(KEY)
OF_A_RUN = ("runs", "run_data", "steps", "parked", "undos", "trace")

Read = Callable[[Store, str], Awaitable[Any]]


async def _job(store: Store, run_id: str) -> Any:
    """The payload of the run's job. A job that can't be read is passed over."""
    claims = await store.queue.claim(NOW.replace(year=2090), 100, timedelta(seconds=-1), 0)  # due again at once
    payloads = [dict(claim.job.payload) for claim in claims if claim.job.run == run_id]
    if not payloads:
        raise NotGenuine(run=run_id)
    return payloads


async def _remote_node(store: Store, run_id: str) -> Any:
    """A registration that can't be read is passed over, too: the others are of use without it."""
    for node in await store.remote_nodes.all():
        if node.type == f"remote-of-{run_id}":
            return node
    raise NotGenuine("The registration can't be read.")


OF_DOCUMENTS = ("cells", "documents", "saves", "events", "resources", "remote_nodes")
READS: dict[str, Read] = {
    **dict.fromkeys(OF_A_RUN[:5], lambda store, run_id: store.load(run_id)),
    "trace": lambda store, run_id: store.trace(run_id),
    "replies": lambda store, run_id: store.reply("", f"key of {run_id}"),
    "files": lambda store, run_id: store.files(run_id),
    "documents": lambda store, run_id: store.document("profile", f"person of {run_id}"),
    "saves": lambda store, run_id: store.documents.history("profile", f"person of {run_id}"),
    "events": lambda store, run_id: store.events.get(f"event of {run_id}"),
    "resources": lambda store, run_id: store.resources.get(f"resource-of-{run_id}"),
    "remote_nodes": _remote_node,
    "formers": lambda store, run_id: store.former(run_id),
    "reports": lambda store, run_id: store.reported(run_id),
    "refused": lambda store, run_id: store.refused(run_id, f"page of {run_id}"),
    "jobs": _job,
    "cells": lambda store, run_id: store.cells.get(f"link of {run_id}"),
    "utterances": lambda store, run_id: store.said(run_id),
}


class Row(NamedTuple):
    """A blob, by its column and the key of its row."""

    column: Column
    key: tuple[Any, ...]

    @property
    def run_id(self) -> str:
        return next(run_id for run_id in ("run-1", "run-2") if any(run_id in str(part) for part in self.key))

    @property
    def there(self) -> str:
        return " AND ".join(f"{name}=?" for name in self.column.key)


class Database:
    """A SQLite file, as somebody without a key sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous=OFF")

    def does(self, statement: str, *values: Any) -> list[Any]:
        return self._connection.execute(statement, values).fetchall()

    def blobs(self) -> dict[Row, bytes]:
        found = {}
        for column in COLUMNS:
            width = len(column.key)
            for row in self.does(f"SELECT {', '.join(column.key)}, {column.name} FROM {column.table}"):
                if row[width] is not None:
                    found[Row(column, row[:width])] = row[width]
        return found

    def put(self, row: Row, blob: bytes) -> None:
        column = row.column
        self.does(f"UPDATE {column.table} SET {column.name}=? WHERE {row.there}", blob, *row.key)
        if column.table == "jobs":
            self.does("UPDATE jobs SET due=0, tries=0, holder=NULL, reason=NULL, aside_at=NULL")

    def whole(self) -> dict[str, list[tuple[Any, ...]]]:
        return {column.table: self.does(f"SELECT * FROM {column.table}") for column in COLUMNS}

    def insert(self, table: str, row: tuple[Any, ...]) -> None:
        self.does(f"REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", *row)


def living(run: Run) -> Change:
    """The change that creates a run and stores of everything that there is."""
    jobs = (a_job(run.id, JobKind.MESSAGE, payload={"text": "Hello"}),)
    files = (StoredFile(f"file of {run.id}", "a.txt", "text/plain", b"content"),)
    documents = (DocumentSave("profile", f"person of {run.id}", {"email": run.id}),)
    reply = Reply("", f"key of {run.id}", b"digest", 201, b"{}")
    rest: dict[str, Any] = {"jobs": jobs, "files": files, "documents": documents, "reply": reply}
    rest["migrating"] = Migrating(run)
    rest["said"] = (full_utterance(1, f"message of {run.id}"),)
    return creating(run, entries=(Entry("created"), Entry("entered", "name")), **rest)


def taken(event_id: str) -> TakenEvent:
    """An event that did nothing."""
    return TakenEvent(event_id, "purchase", NOW, {"total": 120}, "ann", "shop", b"digest", NOW, runs=())


DEED = Deed(0, NOW, "ann", "set_resource", "", {}, "")


def resource(name: str) -> StoredResource:
    return StoredResource(name, 1, "token", {"production": {"token": name}}, NOW, "ann")


def moved(run: Run) -> Change:
    """A turn that writes every row of the run anew, and the documents."""
    steps = tuple(step._replace(output={"answer": "changed"}) for step in run.steps)
    later = run._replace(parked=Map({path: {"kept": "changed"} for path in run.parked}))
    undos = tuple(undo._replace(error="Changed.") for undo in run.undos)
    change = turn(later, write=steps, event={"source": "changed"}, undos=undos)
    return change._replace(
        run=change.run._replace(undos=undos),
        parked=later.parked,
        entries=(Entry("accepted", "name"),),
        documents=(DocumentSave("profile", f"person of {run.id}", {"email": "changed"}),),
    )


@asynccontextmanager
async def opened(path: Path, vault: Vault = RING) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, vault)
    await store.open()
    yield store
    await store.close()


def remote_node(name: str) -> RemoteNode:
    return RemoteNode(name, 1, "https://crm.example/", f"whsec_{'A' * 32}", {"title": "Look up"}, NOW, "ann")


async def lived(path: Path, vault: Vault = RING) -> Database:
    async with opened(path, vault) as store:
        for run_id in ("run-1", "run-2"):
            await store.commit(living(full_run(run_id)))
            await store.events.add(taken(f"event of {run_id}"))
            if vault.seals:  # in clear there are none
                await store.resources.save(resource(f"resource-of-{run_id}"), DEED, first=True)
                await store.remote_nodes.save(remote_node(f"remote-of-{run_id}"), DEED)
            await store.cells.put(Cell(f"link of {run_id}", 1, {"to": run_id}))
            await store.report(run_id, Report(1, 50.0, "half"))
            await store.keep_refused(Refused(run_id, f"page of {run_id}", NOW, {"error": "Enter a name"}), 5, NOW)
    return Database(path)


async def refuses(store: Store, row: Row, kind: type[DataUnreadable] = NotGenuine) -> None:
    """Whatever reads the row fails, and names its run; a document is of no run."""
    with pytest.raises(StoreError) as caught:
        await READS[row.column.table](store, row.run_id)
    assert isinstance(caught.value, kind if row.column.table not in OF_DOCUMENTS or kind is NotGenuine else StoreError)
    assert caught.value.run == ("" if row.column.table in OF_DOCUMENTS else row.run_id)
    assert caught.value.message


async def refuses_each_and_all(database: Database, forged: Mapping[Row, bytes]) -> None:
    """One of them in the place of the genuine one, and all of them together."""
    ours = database.blobs()
    async with opened(database.path) as store:
        for row, blob in forged.items():
            database.put(row, blob)
            await refuses(store, row)
            database.put(row, ours[row])
        for row, blob in forged.items():
            database.put(row, blob)
        for row in forged:
            await refuses(store, row)


async def all_sealed(store: Store) -> None:
    while await store.reseal():
        pass


async def everything(store: Store, but: str = "") -> Any:
    return {
        (table, run): exactly(await READS[table](store, run))
        for table in READS.keys() - {but}
        for run in ("run-1", "run-2")
    }


# -- what was changed or swapped --------------------------------------------------------------------


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: f"{column.table}.{column.name}")
async def test_every_single_byte_counts(tmp_path: Path, column: Column) -> None:
    """No byte of anything that is stored can be changed: not of the content, and not of what stands before it."""
    database = await lived(tmp_path / "runs.db")
    row, blob = min(
        ((row, blob) for row, blob in database.blobs().items() if row.column == column), key=lambda each: len(each[1])
    )
    opening = 3 + len("mine")
    async with opened(database.path) as store:
        for place in range(len(blob)):
            database.put(row, blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :])
            await refuses(store, row, DataUnreadable if 0 < place < opening else NotGenuine)
        for shorter in (b"", blob[:-1], blob[: opening + 8], blob + b"\0"):
            database.put(row, shorter)
            await refuses(store, row)
        database.put(row, blob)
        await everything(store)


async def test_no_blob_passes_for_another(tmp_path: Path) -> None:
    """The blob of every row in the place of every other one: of another path, part or run, and of the same length."""
    database = await lived(tmp_path / "runs.db")
    blobs = database.blobs()
    assert {row.column for row in blobs} == set(COLUMNS)
    async with opened(database.path) as store:
        for one, other in permutations(blobs, 2):
            database.put(one, blobs[other])
            await refuses(store, one)
            database.put(one, blobs[one])
        await everything(store)


async def test_two_rows_arent_swapped(tmp_path: Path) -> None:
    """Whole rows, their keys exchanged as well as their blobs: two answers, two people's answers, two files."""
    database = await lived(tmp_path / "runs.db")
    blobs = database.blobs()
    async with opened(database.path) as store:
        for one, other in combinations(blobs, 2):
            if one.column.table == other.column.table and one.column.name == other.column.name:
                database.put(one, blobs[other])
                database.put(other, blobs[one])
                await refuses(store, one)
                await refuses(store, other)
                database.put(one, blobs[one])
                database.put(other, blobs[other])


COLUMNS_CHANGED = {
    "runs": ("workflow", "version", "status", "revision", "created_at", "updated_at", "expires_at"),
    "steps": ("path", "seq"),
    "parked": ("path",),
    "undos": ("visit", "failed"),
    "trace": ("first", "revision", "at"),
    "replies": ("run_id",),
    "documents": ("revision",),
    "saves": ("revision", "at"),
    "refused": ("at",),
    "jobs": ("kind", "visit"),
}


@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table, names in COLUMNS_CHANGED.items() for name in names]
)
async def test_what_stands_in_clear_is_bound(tmp_path: Path, table: str, name: str) -> None:
    """A run can't be completed, dated, put under another definition or cleared of a failed undo by an UPDATE."""
    database = await lived(tmp_path / "runs.db")
    row = next(row for row in database.blobs() if row.column.table == table and row.run_id == "run-1")
    (was,) = database.does(f"SELECT {name} FROM {table} WHERE {row.there}", *row.key)[0]
    others = {"status": "completed", "kind": "undo", "run_id": "run-2", "failed": int(not was)}
    new = others.get(name, was + 12345 if isinstance(was, int) else f"{was}x")
    database.does(f"UPDATE {table} SET {name}=? WHERE {row.there}", new, *row.key)
    async with opened(database.path) as store:
        with pytest.raises(NotGenuine):
            await READS[table](store, "run-1")


# -- what was put back or taken away -------------------------------------------------------------------


async def two_states(path: Path) -> tuple[Database, dict[str, list[tuple[Any, ...]]], dict[str, list[tuple[Any, ...]]]]:
    """Everything of a run as it was, and as it is after a turn that wrote all of it."""
    database = await lived(path)
    old = database.whole()
    async with opened(path) as store:
        run = await store.load("run-1")
        assert run is not None
        await store.commit(moved(run))
    return database, old, database.whole()


def _changed(old: dict[str, list[tuple[Any, ...]]], new: dict[str, list[tuple[Any, ...]]]) -> Iterator[tuple[str, Any]]:
    for table in OF_A_RUN:
        yield from ((table, row) for row in old[table] if row not in new[table] and row[0] == "run-1")


async def test_no_row_of_a_run_is_put_back(tmp_path: Path) -> None:
    """An amount was changed: no older row, by itself or with any other one, passes for what is stored now."""
    database, old, new = await two_states(tmp_path / "runs.db")
    rolled = list(_changed(old, new))
    assert {table for table, _ in rolled} == set(OF_A_RUN) - {"trace"}
    async with opened(database.path) as store:
        for back in [*combinations(rolled, 1), *combinations(rolled, 2), tuple(rolled[1:]), tuple(rolled[:-1])]:
            for table, row in back:
                database.insert(table, row)
            with pytest.raises(NotGenuine) as caught:
                await store.load("run-1")
            assert caught.value.run == "run-1"
            for table, _ in back:
                for each in new[table]:
                    database.insert(table, each)
        assert await store.load("run-1") is not None


async def test_a_whole_run_that_is_put_back_is_taken(tmp_path: Path) -> None:
    """This can't be told by the database alone, and docs/privacy.md says so. Its trace of later has no place then."""
    database, old, new = await two_states(tmp_path / "runs.db")
    for table, row in _changed(old, new):
        database.insert(table, row)
    async with opened(database.path) as store:
        assert exactly(await store.load("run-1")) == exactly(full_run("run-1"))
        with pytest.raises(NotGenuine, match="missing or too many"):
            await store.trace("run-1")


async def test_no_row_of_a_run_is_taken_away(tmp_path: Path) -> None:
    """A step, a parked answer, an undo that is owed or a line of the trace is missed."""
    database = await lived(tmp_path / "runs.db")
    async with opened(database.path) as store:
        run = await store.load("run-1")
        assert run is not None
        await store.commit(turn(run, write=(a_step("name", 1024),))._replace(entries=(Entry("a"),)))
        whole = database.whole()
        for table in OF_A_RUN[2:]:
            for row in (each for each in whole[table] if each[0] == "run-1"):
                database.does(f"DELETE FROM {table} WHERE run_id=? AND {_second(table)}=?", *row[:2])
                with pytest.raises(NotGenuine):
                    await READS[table](store, "run-1")
                database.insert(table, row)
        database.does("UPDATE run_data SET context=NULL WHERE run_id='run-1'")
        with pytest.raises(NotGenuine):
            await store.load("run-1")


def _second(table: str) -> str:
    return {"undos": "visit", "trace": "first"}.get(table, "path")


async def test_the_trace_has_no_gap_on_any_page(tmp_path: Path) -> None:
    """Lines that are missing at the beginning, in the middle or at the end are missed on the page that they belong to,
    renumbered or not."""
    database = await lived(tmp_path / "runs.db")
    async with opened(database.path) as store:
        run = await store.load("run-1")
        assert run is not None
        for _ in range(4):
            change = turn(run)._replace(entries=(Entry("a"), Entry("b")))
            await store.commit(change)
            run = change.run
        numbers = [[each.number for each in await store.trace("run-1", after, 3)] for after in (0, 3, 6, 9, 10, 99)]
        assert numbers == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10], [], []]
        whole = database.whole()["trace"]
        for first, after in ((1, 0), (5, 3), (9, 6)):
            for renumbered in (False, True):
                database.does("DELETE FROM trace WHERE run_id='run-1' AND first=?", first)
                if renumbered:
                    database.does("UPDATE trace SET first=first-2 WHERE run_id='run-1' AND first>?", first)
                with pytest.raises(NotGenuine):
                    await store.trace("run-1", after, 4)
                database.does("DELETE FROM trace")
                for row in whole:
                    database.insert("trace", row)


async def test_what_was_dropped_stays_dropped(tmp_path: Path) -> None:
    """A step left the path: it isn't brought back, not even by somebody who hid it from the turn that dropped it."""
    database = await lived(tmp_path / "runs.db")
    whole = database.whole()["steps"]
    kept = next(row for row in whole if row[:2] == ("run-1", "kept"))
    for hidden in (False, True):
        async with opened(database.path) as store:
            run = await store.load("run-1")
            assert run is not None
            if hidden:
                database.does("DELETE FROM steps WHERE run_id='run-1' AND path='kept'")
            steps = tuple(step for step in run.steps if step.path != "kept")
            by_path = Map({step.path: step for step in steps})
            dropping = turn(
                run._replace(steps=steps, by_path=by_path, answered=count_answered(steps), setters=setters_of(steps))
            )
            await store.commit(dropping._replace(dropped=("kept",)))
            assert await store.load("run-1") is not None
            database.insert("steps", kept)
            with pytest.raises(NotGenuine):
                await store.load("run-1")
            database.does("DELETE FROM steps WHERE run_id='run-1' AND path='kept'")
            back = await store.load("run-1")
            assert back is not None
            again = a_step("kept", 9000)
            await store.commit(turn(back, write=(again,)))
            kept = next(row for row in database.whole()["steps"] if row[:2] == ("run-1", "kept"))


async def test_a_row_isnt_put_back_under_a_turn(tmp_path: Path) -> None:
    """Somebody changes a row while its run is in memory: the next turn doesn't make it genuine."""
    database, old, _ = await two_states(tmp_path / "runs.db")
    async with opened(database.path) as store:
        run = await store.load("run-1")
        assert run is not None
        back = next(row for row in old["steps"] if row[:2] == ("run-1", "household/2/lookup"))
        database.insert("steps", back)
        await store.commit(turn(run, write=(a_step("name", 1024),)))
        with pytest.raises(NotGenuine):
            await store.load("run-1")


# -- what comes from elsewhere --------------------------------------------------------------------------


async def test_nothing_of_another_database_is_taken(tmp_path: Path) -> None:
    """A test system under the same key, and the same run: neither a row of it nor all of it passes for the real one."""
    database, other = await lived(tmp_path / "runs.db"), await lived(tmp_path / "test.db")
    await refuses_each_and_all(database, other.blobs())


def sealed_before(owner: str, blob: bytes) -> bytes:
    """As the first layout has it."""
    key = RING._keys["mine"]
    nonce = bytes(12)
    cipher = AESGCM(hmac.digest(key, b"wizard/1/" + owner.encode(), "sha256"))
    return b"\xc1\x01\x04mine" + nonce + cipher.encrypt(nonce, blob, owner.encode())


def owner_of(row: Row) -> str:
    """Whose the blob is: what its seal was bound to before."""
    if row.column.table in ("events", "cells"):
        return str(row.key[0])
    return f"profile/{row.key[1]}" if row.column.table in OF_DOCUMENTS else row.run_id


@pytest.mark.parametrize("layout", ["plain", "first"])
async def test_nothing_is_taken_that_isnt_sealed_so(tmp_path: Path, layout: str) -> None:
    """What is in clear, or was sealed before rows were bound to their places: no row, and no whole run."""
    database, plain = await lived(tmp_path / "runs.db"), await lived(tmp_path / "plain.db", PLAIN)
    forged = {}
    for row, blob in plain.blobs().items():
        forged[row] = blob if layout == "plain" else sealed_before(owner_of(row), blob)
    await refuses_each_and_all(database, forged)


# -- the mark ---------------------------------------------------------------------------------------------


async def test_without_its_mark_a_database_is_shut(tmp_path: Path) -> None:
    """Deleting one row mustn't make a sealed database one whose plain rows are taken."""
    database = await lived(tmp_path / "runs.db")
    (mark,) = database.does("SELECT * FROM seal")
    database.does("DELETE FROM seal")
    with pytest.raises(StoreError, match=r"took its mark away.*wizard keys seal"):
        await SqliteStore(database.path, RING).open()
    database.insert("seal", mark)
    async with opened(database.path) as store:
        await everything(store)


async def test_a_mark_is_its_databases_own(tmp_path: Path) -> None:
    """The mark of another database under the same key opens nothing here; one that was changed or is plain neither."""
    database, other = await lived(tmp_path / "runs.db"), await lived(tmp_path / "test.db")
    (mark,) = database.does("SELECT body FROM seal")
    (theirs,) = other.does("SELECT body FROM seal")
    database.does("UPDATE seal SET body=?", *theirs)
    async with opened(database.path) as store:
        for row in database.blobs():
            await refuses(store, row)
    for place in range(len(mark[0])):
        database.does("UPDATE seal SET body=?", mark[0][:place] + bytes([mark[0][place] ^ 1]) + mark[0][place + 1 :])
        with pytest.raises(StoreError, match="to tell that it is encrypted, and with what, can't be read"):
            await SqliteStore(database.path, RING).open()


async def test_a_mark_of_before_the_end_opens_nothing(tmp_path: Path) -> None:
    """While a database was being sealed its mark said so: put back afterwards, it doesn't let anything plain in."""
    database = await lived(tmp_path / "runs.db", PLAIN)
    async with opened(database.path, RING.taking_old()) as store:
        (begun,) = database.does("SELECT body FROM seal")
        await all_sealed(store)
    async with opened(database.path) as store:
        await everything(store, but="remote_nodes")  # in clear there are none
    database.does("UPDATE seal SET body=?", *begun)
    with pytest.raises(StoreError, match="wizard keys seal"):
        await SqliteStore(database.path, RING).open()


async def test_sealing_again_takes_nothing_plain(tmp_path: Path) -> None:
    """A run is made up in clear, and an operator seals the database a second time, to be safe: it isn't taken in."""
    database, plain = await lived(tmp_path / "runs.db"), await lived(tmp_path / "plain.db", PLAIN)
    for row, blob in plain.blobs().items():
        if row.run_id == "run-2":
            database.put(row, blob)
    async with opened(database.path, RING.taking_old()) as store:
        with pytest.raises(NotGenuine):
            await all_sealed(store)
        assert await store.load("run-1") is not None
        with pytest.raises(NotGenuine):
            await store.load("run-2")


# -- PostgreSQL ---------------------------------------------------------------------------------------------


async def test_postgresql_refuses_the_same() -> None:
    """As with SQLite: something plain, a swap, a row that is put back or taken away, a column that is changed."""
    with fresh_database() as url:
        store = PostgresStore(url, RING)
        await store.open()
        for run_id in ("run-1", "run-2"):
            await store.commit(living(full_run(run_id)))
        forger = await connect(url)
        old = await forger.fetch("SELECT path, body FROM wizard.steps WHERE run_id = 'run-1' ORDER BY path")
        run = await store.load("run-1")
        assert run is not None
        await store.commit(moved(run))
        await store.close()

        async def refused(table: str, *statements: str) -> None:
            change = forger.transaction()
            await change.start()
            for statement in statements:
                await forger.execute(statement)
            await change.commit()
            other = PostgresStore(url, RING)
            await other.open()
            with pytest.raises(NotGenuine) as caught:
                await READS[table](other, "run-1")
            assert caught.value.run == "run-1" or table in OF_DOCUMENTS
            await other.close()

        def setting(table: str, column: str, value: str, there: str) -> str:
            return f"UPDATE wizard.{table} SET {column} = {value} WHERE {there}"

        async def tried(table: str, column: str, value: str, there: str = "run_id = 'run-1'") -> None:
            """Changed, refused, and put back."""
            was = await forger.fetchval(f"SELECT {column} FROM wizard.{table} WHERE {there}")
            await refused(table, setting(table, column, value, there))
            text = f"UPDATE wizard.{table} SET {column} = $1 WHERE {there}"
            there_now = there if column != "path" else f"run_id = 'run-1' AND path = {value}"
            await forger.execute(text.replace(there, there_now), was)

        of_name = "run_id = 'run-1' AND path = 'name'"
        await tried("runs", "status", "'completed'", "id = 'run-1'")
        await tried("runs", "expires_at", "now()", "id = 'run-1'")
        await tried("runs", "header", "'\\x920380'", "id = 'run-1'")
        await tried("steps", "body", "'\\x920380'", of_name)
        await tried("steps", "seq", "1025", of_name)
        for path, body in old:
            await tried("steps", "body", f"'\\x{body.hex()}'", f"run_id = 'run-1' AND path = '{path}'")
        await tried("run_data", "context", "NULL")
        await tried("trace", "at", "now()", "run_id = 'run-1' AND first = 1")
        await tried("documents", "revision", "9", "id = 'person of run-1'")
        await tried("saves", "at", "now()", "id = 'person of run-1'")
        await tried("replies", "body", "''", "key = 'key of run-1'")
        await refused("trace", "DELETE FROM wizard.trace WHERE run_id = 'run-1' AND first > 2")
        await refused("steps", "DELETE FROM wizard.steps WHERE run_id = 'run-1' AND path = 'kept'")
        await forger.execute("DELETE FROM wizard.seal")
        with pytest.raises(StoreError, match="wizard keys seal"):
            await PostgresStore(url, RING).open()
        await forger.close()


# -- beside the database ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["memory:", "sqlite:///runs.db"])
def test_keys_that_cant_be_used_are_said_to_be_so(url: str) -> None:
    """Whoever tries things out with `memory:` hears of a mistyped key before it is needed."""
    with pytest.raises(SettingsError, match="entry 1 isn't ID:KEY"):
        open_store(url, Settings(keys="nonsense"))  # type: ignore[arg-type]


async def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Others on the machine read neither the database nor what lies beside it; an old file keeps its rights."""
    path = tmp_path / "runs.db"
    async with opened(path) as store:
        await store.commit(living(full_run()))
        modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
        assert modes == dict.fromkeys(("runs.db", "runs.db-wal", "runs.db-shm"), 0o600)
    path.chmod(0o640)
    async with opened(path):
        assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o640}
