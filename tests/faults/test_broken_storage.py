"""The storage fails: the disk is full, a row is damaged, a key is the wrong one, the database is gone. Callers are told
so with a 503 that names no secret, other runs go on, and after the repair the run goes on where it was."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.postgres import Server, connect, fresh_database
from wizard.app import wizard_app
from wizard.channels.http import health
from wizard.definitions.catalog import Catalog
from wizard.errors import StoreError
from wizard.model.values import pack
from wizard.node import Registry
from wizard.settings import Settings
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.contract import Store
from wizard.stores.postgres import PostgresStore
from wizard.stores.sqlite import SqliteStore

FIELDS = [{"name": "x", "type": "text", "label": "X", "max_length": 100_000}]
CATALOG = Catalog.from_documents(
    [{"id": "main", "nodes": [{"id": name, "type": "form", "fields": FIELDS} for name in ("a", "b", "c")]}],
    Registry.installed(),
)
UNAVAILABLE = (503, "urn:wizard:problem:unavailable")


class Caller:
    """A program with a run of its own."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.run, self.token = "", ""

    async def starts(self) -> Caller:
        answer = await (await self.client.post("/api/v1/runs", json={"workflow": "main"})).json()
        self.run, self.token = answer["id"], answer["token"]
        return self

    def by(self, client: Any) -> Caller:
        """The same run at another server."""
        other = Caller(client)
        other.run, other.token = self.run, self.token
        return other

    async def answers(self, step: str, x: str = "1") -> tuple[int, str]:
        """The status, and the step that follows or the problem's type."""
        body = {"step": step, "answers": {"x": x}}
        return await self._told("POST", f"/api/v1/runs/{self.run}/next", json=body)

    async def looks(self) -> tuple[int, str]:
        return await self._told("GET", f"/api/v1/runs/{self.run}")

    async def _told(self, method: str, path: str, **how: Any) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.client.request(method, path, headers=headers, **how) as sent:
            told = await sent.json()
            if sent.status == 503:
                assert "Retry-After" in sent.headers
                assert "sqlite" not in str(told).lower()
                assert "postgres" not in str(told).lower()
            return sent.status, told["type"] if sent.status >= 400 else told["current"]["step"]


@asynccontextmanager
async def served(store: Store) -> AsyncIterator[Any]:
    app: web.Application = wizard_app(CATALOG, store=store, settings=Settings(jobs=0))
    async with TestClient(TestServer(app)) as client:
        yield client


def harm(path: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def taken(path: Path, statement: str, *values: Any) -> Any:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement, values).fetchone()[0]


# -- SQLite ------------------------------------------------------------------------------------------------


async def _fills(store: SqliteStore, limit: int) -> None:
    """Lets the database grow by so many pages and no more."""

    def work(connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + limit}")

    await store._writer.run(work)


async def test_a_database_that_may_not_grow_takes_no_answer_and_then_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full: nobody is told that their answer is stored, everybody can look, and with room again the same
    answer is taken."""
    monkeypatch.setattr(health, "PROBED", 0.0)
    store = SqliteStore(tmp_path / "runs.db")
    async with served(store) as client:
        one, other = await Caller(client).starts(), await Caller(client).starts()
        await _fills(store, 0)
        assert await one.answers("a", "x" * 50_000) == UNAVAILABLE
        assert await one.looks() == (200, "a")
        assert await other.looks() == (200, "a")
        assert (await client.get("/readyz")).status == 503
        await _fills(store, 1_000_000)
        assert (await client.get("/readyz")).status == 200
        assert await one.answers("a", "x" * 50_000) == (200, "b")
        assert await other.answers("a") == (200, "b")
    assert taken(tmp_path / "runs.db", "PRAGMA integrity_check") == "ok"


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A real disk of that size, in memory."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("disks can't be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


async def _fill(client: Any, disk: Path) -> None:
    """Takes what room is left; the log may have some of its own, which a few writes use up. Then no server on the disk
    is ready."""
    with suppress(OSError), (disk / "other").open("wb", buffering=0) as other:
        while other.write(bytes(4096)):
            pass
    for _ in range(50):
        if (await client.get("/readyz")).status == 503:
            return
    raise AssertionError("a full disk counts as one that can be written")


async def test_a_real_disk_that_is_full_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with a disk: what was acknowledged before it was full is there, whatever the log could still take. And
    nobody is sent to a server that can store nothing."""
    monkeypatch.setattr(health, "PROBED", 0.0)
    with small_disk(tmp_path / "disk", 1500) as disk:
        store = SqliteStore(disk / "runs.db")
        async with served(store) as client:
            callers = []
            for _ in range(100):
                answer = await client.post("/api/v1/runs", json={"workflow": "main"})
                if answer.status == 503:
                    break
                assert answer.status == 201
                caller = Caller(client)
                born = await answer.json()
                caller.run, caller.token = born["id"], born["token"]
                callers.append((caller, await caller.answers("a", "x" * 30_000)))
            else:
                raise AssertionError("the disk never was full")
            await _fill(client, disk)
            assert any(told == (200, "b") for _, told in callers)
            for caller, told in callers:
                assert await caller.looks() == (200, "b" if told == (200, "b") else "a")
            done = next(caller for caller, told in callers if told == (200, "b"))
            subprocess.run(["mount", "-o", "remount,size=20000k", disk], check=True)
            assert (await client.get("/readyz")).status == 200
            assert await done.answers("b") == (200, "c")


@pytest.mark.parametrize(
    ("blob", "column", "table", "key"),
    [
        (b"\x00damaged", "header", "runs", "id"),
        (b"", "header", "runs", "id"),
        (pack([99, {}]), "header", "runs", "id"),
        (b"\xc1\x01damaged", "header", "runs", "id"),
        (pack([99, {}]), "birth", "run_data", "run_id"),
        (b"\x93\x00damaged", "body", "steps", "run_id"),
        (pack([2, "no step"]), "body", "steps", "run_id"),
    ],
    ids=["damaged", "empty", "newer", "sealed", "newer birth", "damaged step", "another shape"],
)
async def test_a_run_that_cannot_be_read_stops_no_other(
    blob: bytes, column: str, table: str, key: str, tmp_path: Path
) -> None:
    """One row is damaged, or a newer version's: one person waits for an operator, everybody else goes on."""
    path = tmp_path / "runs.db"
    async with served(SqliteStore(path)) as client:
        one, other = await Caller(client).starts(), await Caller(client).starts()
        assert await one.answers("a") == (200, "b")
    was = taken(path, f"SELECT {column} FROM {table} WHERE {key} = ?", one.run)
    harm(path, f"UPDATE {table} SET {column} = ? WHERE {key} = ? AND {column} = ?", blob, one.run, was)
    async with served(SqliteStore(path)) as client:
        one, other = one.by(client), other.by(client)
        assert await one.looks() == UNAVAILABLE
        assert await one.answers("b") == UNAVAILABLE
        assert await other.answers("a") == (200, "b")
        harm(path, f"UPDATE {table} SET {column} = ? WHERE {key} = ? AND {column} = ?", was, one.run, blob)
        assert await one.looks() == (200, "b")
        assert await one.answers("b") == (200, "c")


async def test_a_wrong_key_opens_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    """A server is started with another key, or none: it says so at once and writes nothing beside what is sealed, and
    with the right key everybody goes on."""
    path, right, wrong = tmp_path / "runs.db", new_key("one"), new_key("two")
    async with served(SqliteStore(path, KeyRing.parse(right))) as client:
        one = await Caller(client).starts()
        assert await one.answers("a", "secret answer") == (200, "b")
    for vault in (KeyRing.parse(wrong), None):
        with pytest.raises(StoreError, match="key one"):
            await (SqliteStore(path, vault) if vault else SqliteStore(path)).open()
    async with served(SqliteStore(path, KeyRing.parse(f"{wrong}, {right}"))) as client:
        assert await one.by(client).answers("b") == (200, "c")
        assert (await (await Caller(client).starts()).answers("a")) == (200, "b")


async def test_a_newer_versions_database_is_not_opened(tmp_path: Path) -> None:
    """Somebody starts an old version by mistake: it says so and touches nothing."""
    path = tmp_path / "runs.db"
    async with served(SqliteStore(path)) as client:
        await Caller(client).starts()
    harm(path, "PRAGMA user_version = 99")
    with pytest.raises(StoreError):
        await SqliteStore(path).open()
    assert taken(path, "PRAGMA user_version") == 99


# -- PostgreSQL ----------------------------------------------------------------------------------------------


async def test_a_database_that_is_gone_and_comes_back(tmp_path: Path) -> None:
    """The database server dies, and comes back some time later: callers are told to try again, and the same servers go
    on without being started anew."""
    server = Server()
    try:
        await asyncio.to_thread(server.start)
        async with served(PostgresStore(await asyncio.to_thread(server.fresh))) as client:
            one = await Caller(client).starts()
            assert await one.answers("a") == (200, "b")
            await asyncio.to_thread(server.kill)
            assert await one.looks() == UNAVAILABLE
            assert await one.answers("b") == UNAVAILABLE
            assert (await client.get("/healthz")).status == 200
            assert (await client.get("/readyz")).status == 503
            await asyncio.to_thread(server.start)
            assert await one.answers("b") == (200, "c")
            assert (await client.get("/readyz")).status == 200
    finally:
        await asyncio.to_thread(server.remove)


@pytest.mark.parametrize("blob", [b"\x00damaged", b"", pack([99, {}]), b"\xc1\x01damaged"])
async def test_a_damaged_row_of_postgresql_stops_no_other(blob: bytes) -> None:
    """As with SQLite."""
    with fresh_database() as url:
        async with served(PostgresStore(url)) as client:
            one, other = await Caller(client).starts(), await Caller(client).starts()
        rows = await connect(url)
        was = await rows.fetchval("SELECT header FROM wizard.runs WHERE id = $1", one.run)
        await rows.execute("UPDATE wizard.runs SET header = $1 WHERE id = $2", blob, one.run)
        async with served(PostgresStore(url)) as client:
            assert await one.by(client).looks() == UNAVAILABLE
            assert await other.by(client).answers("a") == (200, "b")
            await rows.execute("UPDATE wizard.runs SET header = $1 WHERE id = $2", was, one.run)
            assert await one.by(client).answers("a") == (200, "b")
        await rows.close()
