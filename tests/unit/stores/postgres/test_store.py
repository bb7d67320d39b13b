"""What is PostgreSQL's own in its store: locks, lost connections, broken rows. The rest is in the contract."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg
import pytest

from tests.contract.runs import NOW, a_run, a_step, creating, exactly, full_run, turn
from tests.patience import until
from tests.postgres import Server, connect
from tests.unit.stores.damaged import check_only_one_was_whole
from tests.unit.stores.databases import beside, store, url
from wizard.errors import InvalidInput, StaleRevision, StoreError
from wizard.model import DocumentSave, Entry, Reply, Report, StoredFile
from wizard.model.job import Job, JobKind
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.postgres import PostgresStore

__all__ = ["beside", "store", "url"]  # fixtures


async def test_a_time_without_zone_is_refused(store: PostgresStore) -> None:
    """Nobody knows which moment it means, and an expiry that is hours off is a loss."""
    with pytest.raises(InvalidInput, match="no time zone"):
        await store.commit(creating(a_run(updated_at=datetime(2026, 1, 1))))


async def test_what_is_no_unicode_or_too_large_is_refused(store: PostgresStore) -> None:
    """A caller's broken text is the caller's error, and no failure of the database."""
    for run in (a_run("half \ud800"), a_run("run-1", a_step(seq=2**63))):
        with pytest.raises(InvalidInput):
            await store.commit(creating(run))
    assert list(await store.list_runs()) == []


async def test_the_escape_of_a_zero_character_is_escaped_itself(store: PostgresStore) -> None:
    """PostgreSQL knows no zero characters; two names must never become one."""
    names = ["a\x00", "a\x1a0", "a\x1a1", "a\x1a", "a\x1a\x00"]
    for name in names:
        await store.commit(creating(a_run(name)))
    assert sorted(run.id for run in await store.list_runs()) == sorted(names)
    for name in names:
        assert (await store.load(name)).id == name  # type: ignore[union-attr]


async def test_two_turns_of_different_runs_save_documents_without_a_deadlock(store: PostgresStore) -> None:
    """Two people share two profiles: neither turn waits for the other for ever, and nothing is lost."""
    both = [DocumentSave("profile", "p", {}), DocumentSave("session", "s", {})]
    changes = [
        creating(
            a_run(f"run-{n}"),
            documents=tuple(replace(save, fields={f"f{n}": n}) for save in (both if n % 2 else reversed(both))),
        )
        for n in range(10)
    ]
    await asyncio.gather(*(store.commit(change) for change in changes))
    fields = {f"f{n}": n for n in range(10)}
    assert (await store.document("profile", "p")).fields == (await store.document("session", "s")).fields == fields


async def test_a_turn_that_waits_for_another_is_stale_then(store: PostgresStore, beside: asyncpg.Connection) -> None:
    """Two processes answer one step: the slower one finds the run moved, and writes nothing."""
    run = a_run()
    await store.commit(creating(run))
    async with beside.transaction():
        await beside.execute("UPDATE wizard.runs SET revision = 2")
        slower = asyncio.create_task(store.commit(turn(run, entries=(Entry("lost"),))))
        await asyncio.sleep(0.1)
        assert not slower.done()
    with pytest.raises(StaleRevision):
        await slower
    assert list(await store.trace("run-1")) == []


async def test_a_run_that_is_deleted_while_a_turn_is_committed_leaves_nothing(
    store: PostgresStore, beside: asyncpg.Connection
) -> None:
    """Somebody's data is to be gone: rows that a turn wrote at that moment mustn't stay behind."""
    run = a_run()
    await store.commit(creating(run))
    async with beside.transaction():
        await beside.execute("UPDATE wizard.runs SET revision = 2")
        await beside.execute("INSERT INTO wizard.steps VALUES ('run-1', 'late', 1, '')")
        deleting = asyncio.create_task(store.delete_run("run-1"))
        await asyncio.sleep(0.1)
        assert not deleting.done()
    assert await deleting
    assert await beside.fetchval("SELECT count(*) FROM wizard.steps") == 0


async def test_jobs_of_a_run_go_with_it_and_others_stay(store: PostgresStore, beside: asyncpg.Connection) -> None:
    """Runs whose ids begin alike are no relatives."""
    for name in ("run-1", "run-10", "run-1/work", "run-1\x00"):
        job = Job(name, JobKind.WORK, 1, NOW)
        await store.commit(creating(a_run(name), jobs=(job, job._replace(visit=2))))
    assert await store.delete_run("run-10")
    assert await store.delete_run("run-1\x00")
    assert await beside.fetchval("SELECT count(*) FROM wizard.pgqueuer") == 4


async def test_a_broken_row_is_one_runs_trouble(store: PostgresStore, beside: asyncpg.Connection) -> None:
    """A damaged disk block must neither stop other runs nor be mistaken for an empty answer."""
    for name in ("run-1", "run-2", "run-3"):
        await store.commit(creating(a_run(name, a_step())))
    await beside.execute("UPDATE wizard.steps SET body = '\\x00' WHERE run_id = 'run-1'")
    await beside.execute("UPDATE wizard.runs SET status = 'asleep' WHERE id = 'run-2'")
    for name in ("run-1", "run-2"):
        with pytest.raises(StoreError, match="Other runs aren't affected") as caught:
            await store.load(name)
        assert caught.value.run == name
    with pytest.raises(StoreError, match="can't be read"):
        await store.list_runs()
    assert await store.load("run-3") is not None


async def test_a_full_disk_is_reported_and_the_turn_leaves_nothing(
    store: PostgresStore, beside: asyncpg.Connection
) -> None:
    """The person is asked again once there is room, and nothing is half there."""
    run = a_run()
    await store.commit(creating(run))
    await beside.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;"
        "CREATE TRIGGER full_disk BEFORE INSERT ON wizard.trace FOR EACH ROW EXECUTE FUNCTION full_disk()"
    )
    try:
        with pytest.raises(StoreError, match="disk is full"):
            await store.commit(turn(run, write=(a_step(),), entries=(Entry("accepted"),)))
    finally:
        await beside.execute("DROP FUNCTION full_disk CASCADE")
    assert exactly(await store.load("run-1")) == exactly(run)


async def test_a_connection_that_is_cut_off_is_replaced(store: PostgresStore, beside: asyncpg.Connection) -> None:
    """Networks and administrators cut connections; nobody should have to restart the server for it."""
    run = a_run()
    await store.commit(creating(run))
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'wizard'"
    assert await beside.fetchval(cut)
    assert exactly(await store.load("run-1")) == exactly(run)
    await store.commit(turn(run))
    assert await store.revision("run-1") == 2


async def test_no_answer_is_readable_in_an_encrypted_database(url: str, beside: asyncpg.Connection) -> None:
    """Whoever gets hold of the disk or a backup finds no answer, upload, message or profile."""
    secret = "Grüße aus Zürich"
    ring = KeyRing.parse(new_key("one"))
    store = PostgresStore(url, ring)
    await store.open()
    run = full_run()
    await store.commit(
        creating(
            run._replace(steps=(a_step("name", 1, output={"answer": secret}),), by_path={}, cursor=0),
            reply=Reply("run-1", "k", b"d", 200, secret.encode()),
            files=(StoredFile("f", secret, "text/plain", secret.encode()),),
            documents=(DocumentSave("profile", "p", {"x": secret}),),
            entries=(Entry("accepted", "name", {"x": secret}),),
            jobs=(Job("run-1", JobKind.MESSAGE, 1, NOW, {"text": secret}),),
        )
    )
    await store.report("run-1", Report(1, 50.0, secret))
    tables = await beside.fetch(
        "SELECT table_name::text AS t FROM information_schema.tables WHERE table_schema = 'wizard'"
    )
    for (table,) in tables:
        for (row,) in await beside.fetch(f"SELECT t::text FROM wizard.{table} AS t"):
            assert secret.encode().hex() not in row
            assert secret not in row
    await store.close()


async def test_every_row_is_put_under_the_new_key(url: str) -> None:
    """After a rotation the old key can be destroyed: nothing needs it any more, and nothing is lost."""
    old, new = new_key("old"), new_key("new")
    run = full_run()
    plain = PostgresStore(url)
    await plain.open()
    await plain.commit(creating(a_run("plain", a_step())))
    await plain.close()
    before = PostgresStore(url, KeyRing.parse(old).taking_old())
    await before.open()
    reply = Reply("", "k", b"d", 200, b"body")
    file = StoredFile("f", "n", "text/plain", b"f")
    await before.commit(
        creating(
            run,
            reply=reply,
            files=(file,),
            documents=(DocumentSave("profile", "p\x00", {"x": 1}),),
            entries=(Entry("accepted"),),
            jobs=(Job("run-1", JobKind.MESSAGE, 1, NOW, {"text": "t"}), Job("run-1", JobKind.WORK, 2, NOW)),
        )
    )
    report = Report(1, None, "half")
    await before.report("run-1", report)
    await before.close()
    both = PostgresStore(url, KeyRing.parse(f"{new}, {old}").taking_old())
    await both.open()
    counts = []
    while count := await both.reseal(3):
        counts.append(count)
    assert await both.reseal() == 0
    await both.close()
    assert max(counts) == 3
    after = PostgresStore(url, KeyRing.parse(new))
    await after.open()
    assert exactly(await after.load("run-1")) == exactly(run)
    assert await after.load("plain") is not None
    assert await after.reply("", "k") == reply
    assert await after.file("run-1", "f") == file
    assert await after.reported("run-1") == report
    assert (await after.document("profile", "p\x00")).fields == {"x": 1}
    assert len(await after.trace("run-1")) == 1
    claims = await after.queue.claim(NOW, 5, timedelta(seconds=30), 0)
    assert {claim.job.kind: dict(claim.job.payload) for claim in claims} == {
        JobKind.MESSAGE: {"text": "t"},
        JobKind.WORK: {},
    }
    await after.close()


async def test_without_its_key_data_stays_as_it_is(url: str) -> None:
    """Switching encryption off by mistake is reported with the key's name, and harms nothing."""
    ring = KeyRing.parse(new_key("mine"))
    store = PostgresStore(url, ring)
    await store.open()
    await store.commit(creating(a_run("run-1", a_step())))
    await store.close()
    plain = PostgresStore(url)
    with pytest.raises(StoreError, match="encrypted with the key mine"):
        await plain.open()
    await store.open()
    assert await store.load("run-1") is not None
    await store.close()


async def test_what_cant_be_read_keeps_nobody_from_sealing(url: str) -> None:
    """As with SQLite: a damaged run and row stay as they are, and the database is sealed all the same."""
    plain = PostgresStore(url)
    await plain.open()
    for run_id in ("run-1", "run-2", "run-3"):
        await plain.commit(creating(full_run(run_id), reply=Reply("", run_id, b"", 200, b"")))
    await plain.close()
    harming = await connect(url)
    await harming.execute("UPDATE wizard.runs SET header = '\\x93' WHERE id = 'run-1'")
    await harming.execute("UPDATE wizard.steps SET body = '\\xc1' WHERE run_id = 'run-2' AND path = 'name'")
    await harming.execute("UPDATE wizard.replies SET body = '\\xc1' WHERE run_id = 'run-1'")
    await harming.close()
    ring = KeyRing.parse(new_key("mine"))
    sealing = PostgresStore(url, ring.taking_old())
    await sealing.open()
    while await sealing.reseal(2):
        pass
    await sealing.close()
    store = PostgresStore(url, ring)
    await store.open()
    await check_only_one_was_whole(store)


async def test_what_was_acknowledged_outlives_the_death_of_the_server() -> None:
    """`kill -9` of the whole database between and amid turns: each acknowledged turn is there, each other one is
    there whole or not at all."""
    own = Server()
    try:
        own.start()
        store = PostgresStore(own.empty(), pool_size=8)
        await store.open()
        acknowledged: dict[str, int] = {}

        async def person(name: str) -> None:
            run = a_run(name)
            await store.commit(creating(run, entries=(Entry("created"),)))
            while True:
                acknowledged[name] = run.revision
                change = turn(run, write=(a_step(f"s{run.revision}", run.revision),), entries=(Entry("accepted"),))
                await store.commit(change)
                run = change.run

        people = [asyncio.create_task(person(f"run-{n}")) for n in range(8)]
        await until(lambda: len(acknowledged) == 8 and sum(acknowledged.values()) > 40)
        own.kill()
        for each in people:
            with pytest.raises(StoreError):
                await each
        own.start()
        assert len(acknowledged) == 8
        for name, revision in acknowledged.items():
            run = await store.load(name)
            assert run is not None
            assert run.revision in (revision, revision + 1)
            assert len(run.steps) == run.revision - 1
            assert [each.number for each in await store.trace(name)] == list(range(1, run.revision + 1))
        await store.close()
    finally:
        own.remove()
