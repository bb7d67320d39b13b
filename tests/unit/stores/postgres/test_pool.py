"""Connections to PostgreSQL: what is said where they fail, and that nothing of a password is."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.patience import until
from tests.postgres import Server, fresh_database, server
from wizard.errors import InvalidInput, KeyReused, SettingsError, StoreError
from wizard.stores.postgres import PostgresStore
from wizard.stores.postgres.pool import TRIES, Pool, explained, is_lost, place

SECRET = "s3cr3t-and-more"


def raised(state: str) -> asyncpg.PostgresError:
    """The error that PostgreSQL reports with this number."""
    return asyncpg.PostgresError.new({"C": state, "M": f"quotes {SECRET}"})


@pytest.mark.parametrize(
    ("url", "named"),
    [
        (f"postgresql://ann:{SECRET}@db.example:5433/runs", "db.example:5433/runs"),
        (f"postgres://ann:{SECRET}@/runs?host=/var/run/pg", "/var/run/pg/runs"),
        (f"postgresql://ann:{SECRET}@db.example/", "db.example/"),
        (f"postgresql://ann:{SECRET}@db.example:many/runs", "the database of WIZARD_STORE"),
    ],
)
def test_a_database_is_named_without_its_password(url: str, named: str) -> None:
    """Messages go to logs and pages; a password that is in one has to be changed everywhere."""
    assert place(url) == named


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        ("08006", "connection to the database was lost"),
        ("25006", "Name the primary"),
        ("28P01", "refuses the user name or password"),
        ("3D000", "no such database"),
        ("40001", "Try again"),
        ("42501", "too few rights"),
        ("53100", "disk is full"),
        ("53300", "too many connections"),
        ("57014", "took too long"),
        ("57P01", "connection to the database was lost"),
        ("XX001", "Restore it from a backup"),
        ("P0001", "Look at its log"),
    ],
)
def test_an_error_of_the_database_says_what_to_do(state: str, advice: str) -> None:
    """Whoever is called at night has to know what to look at; and answers that the database quotes stay out."""
    found = explained(raised(state), "db/runs", "run-1")
    assert isinstance(found, StoreError)
    assert advice in found.message
    assert "db/runs" in found.message
    assert SECRET not in str(found)
    assert found.run == "run-1"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (raised("WZ001"), KeyReused),
        (asyncpg.DataError(SECRET), InvalidInput),
        (OverflowError(SECRET), InvalidInput),
        (asyncpg.InterfaceError("closed"), StoreError),
        (asyncpg.InternalClientError("odd"), StoreError),
        (TimeoutError(), StoreError),
        (ConnectionRefusedError(111, "Connection refused"), StoreError),
        (KeyError("ours"), KeyError),
    ],
)
def test_every_error_becomes_one_that_its_reader_understands(error: Exception, kind: type[Exception]) -> None:
    """A caller's mistake, a broken database and a mistake in the program are told apart."""
    found = explained(error, "db/runs")
    assert type(found) is kind
    assert SECRET not in str(found)


def test_a_lost_connection_is_told_from_a_refused_statement() -> None:
    """Reading again helps after the one and never after the other."""
    lost = [raised("57P01"), raised("08003"), ConnectionResetError(), asyncpg.InterfaceError("closed")]
    assert all(is_lost(error) for error in lost)
    assert not any(is_lost(error) for error in (raised("42P01"), asyncpg.DataError("x"), ValueError()))


@pytest.mark.parametrize("url", ["mysql://x/y", "postgresql://a:b@c:port/d"])
async def test_an_address_that_is_none_is_a_setting_to_correct(url: str) -> None:
    """The host's own mistake isn't reported as a broken database."""
    with pytest.raises(SettingsError, match="can't be understood"):
        await Pool(url, 1).open()


async def test_a_database_that_is_not_there_is_reported(tmp_path: Any) -> None:
    """The usual first mistake: the server isn't running, or runs elsewhere."""
    with pytest.raises(StoreError, match="can't be reached"):
        await PostgresStore(f"postgresql://ann:{SECRET}@/runs?host={tmp_path}").open()
    with pytest.raises(StoreError, match="no such database") as caught:
        await PostgresStore(server().url("nobody", password=SECRET)).open()
    assert SECRET not in str(caught.value)


async def test_a_wrong_password_is_reported() -> None:
    """And not quoted, however wrong."""
    here = server()
    rules = here.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    here.psql("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    rules.write_text("local all guarded scram-sha-256\n" + before)
    here.psql("SELECT pg_reload_conf()")
    try:
        with pytest.raises(StoreError, match="refuses the user name or password") as caught:
            await PostgresStore(here.url(user="guarded", password=SECRET)).open()
        assert SECRET not in str(caught.value)
    finally:
        rules.write_text(before)
        here.psql("SELECT pg_reload_conf()")
        here.psql("DROP ROLE guarded")


async def test_too_few_rights_and_too_many_connections_are_reported() -> None:
    """Both come with the first deployment, and both have a short cure."""
    here = server()
    url = here.empty()
    here.psql("CREATE ROLE small LOGIN CONNECTION LIMIT 2")
    mine = url.replace("postgres@", "small@")
    try:
        with pytest.raises(StoreError, match="too few rights"):
            await PostgresStore(mine).open()
        taken = [await asyncpg.connect(mine) for _ in range(2)]
        with pytest.raises(StoreError, match="too many connections"):
            await PostgresStore(mine).open()
        for each in taken:
            await each.close()
    finally:
        here.drop(url)
        here.psql("DROP ROLE small")


async def test_a_pool_that_is_not_open_says_so() -> None:
    """A mistake of the host's, found at the first call."""
    with pytest.raises(StoreError, match="isn't open"):
        await Pool(server().url(), 1).read("SELECT 1")


async def test_what_postgres_asks_to_do_again_is_done_again() -> None:
    """Two turns that waited for each other are none of the person's business, unless it never ends."""
    pool = Pool(server().url(), 2)
    await pool.open()
    tried: list[int] = []

    async def work(connection: Any) -> int:
        tried.append(1)
        if len(tried) < failing:
            raise raised("40P01")
        return await connection.fetchval("SELECT 7")  # type: ignore[no-any-return]

    try:
        failing = 3
        assert await pool.transact(work) == 7
        assert len(tried) == 3
        tried.clear()
        failing = TRIES + 1
        with pytest.raises(StoreError, match="Try again"):
            await pool.transact(work)
        assert len(tried) == TRIES
    finally:
        await pool.close()


async def test_acknowledged_means_kept_whatever_the_server_is_set_to() -> None:
    """A server set up to forget its last moments in a crash would lose answers that people were told are safe."""
    here = server()
    with fresh_database() as url:
        name = url.split("?", maxsplit=1)[0].rpartition("/")[2]
        here.psql(f"ALTER DATABASE {name} SET synchronous_commit = off")
        pool = Pool(url, 1)
        await pool.open()
        try:
            assert [row[0] for row in await pool.read("SHOW synchronous_commit")] == ["on"]
        finally:
            await pool.close()
            here.psql(f"ALTER DATABASE {name} RESET synchronous_commit")


async def test_a_statement_does_not_run_for_ever() -> None:
    """A person isn't kept before an empty page by a lock that nobody releases."""
    pool = Pool(server().url(), 1)
    await pool.open()
    try:
        assert [row[0] for row in await pool.read("SHOW statement_timeout")] == ["30s"]

        async def slow(connection: Any) -> None:
            await connection.execute("SET LOCAL statement_timeout = '20ms'")
            await connection.execute("SELECT pg_sleep(5)")

        with pytest.raises(StoreError, match="took too long"):
            await pool.transact(slow)
    finally:
        await pool.close()


async def sleeps(pool: Pool) -> bool:
    """Whether a statement that takes long has begun."""
    return bool(await pool.read("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(3600)%'"))


async def test_a_server_that_is_killed_and_started_again_is_used_again() -> None:
    """A database that was restarted needs no restart of everything that uses it."""
    own = Server()
    try:
        own.start()
        pool = Pool(own.url(), 3)
        await pool.open()
        await asyncio.gather(*(pool.read("SELECT pg_sleep(0.05)") for _ in range(3)))
        under_way = asyncio.create_task(pool.write("SELECT pg_sleep(3600)"))
        await until(lambda: sleeps(pool))
        own.kill()
        with pytest.raises(StoreError, match="was lost"):
            await under_way
        with pytest.raises(StoreError):
            await pool.read("SELECT 1")
        own.start()
        assert [row[0] for row in await pool.read("SELECT 1")] == [1]
        await pool.close()
    finally:
        own.remove()


async def test_closing_waits_for_what_is_under_way_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is told to stop does stop, whatever the database does."""
    monkeypatch.setattr("wizard.stores.postgres.pool.FREE_SECONDS", 0.2)
    pool = Pool(server().url(), 1)
    await pool.open()
    endless, other = asyncio.create_task(pool.write("SELECT pg_sleep(3600)")), Pool(server().url(), 1)
    await other.open()
    await until(lambda: sleeps(other))
    await other.close()
    await pool.close()
    with pytest.raises(StoreError, match="was lost"):
        await endless
    await pool.close()
