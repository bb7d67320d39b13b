"""An encrypted database: no word that a person said is in its files, and keys can be changed under it."""

from __future__ import annotations

import asyncio
import base64
import logging
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.contract.runs import NOW, a_job, a_run, a_step, creating, exactly, full_run, full_undo, full_utterance, turn
from tests.corpus.stories import HERE, Bookings, Person, engine_on
from tests.unit.stores.damaged import check_only_one_was_whole
from wizard.engine.view import RunView
from wizard.errors import NodeFailed, StoreError
from wizard.model import DocumentSave, Entry, Migrating, Refused, Reply, Report, Run
from wizard.model.documents import Origin, SaveAction
from wizard.model.job import JobKind
from wizard.stores.blobs.vault import PLAIN, KeyRing, new_key
from wizard.stores.sqlite import SqliteStore
from wizard.stores.sqlite import store as sqlite
from wizard.stores.sqlite.reseal import COLUMNS

OLD, NEW = new_key("old"), new_key("new")

SAID = {
    "Winterbottom": "an answer",
    "Permitword": "a parked answer",
    "Rejectedword": "an answer that wasn't accepted",
    "Draftword": "what was typed only",
    "Filenameword": "the name of a file",
    "Contentword": "what is in a file",
    "Faultword": "the reason of a failure",
    "Eventword": "the event",
    "Replyword": "an answer to a request",
    "Undoword": "what is to be undone",
    "Whyword": "why it couldn't be undone",
    "Jobword": "a job's payload",
    "Traceword": "a detail of the trace",
    "Reportword": "a report",
    "Formerword": "an answer from before a migration",
    "Refusedword": "what was typed on a page that was refused",
    "Profileword": "a stored profile",
    "Historyword": "what it was before",
    "Noteword": "why it was changed",
    "Saidword": "what was said in a conversation",
    "personkey": "the id of a profile, in its run",
}


FORMER = a_run("run-2", a_step(output={"answer": "Formerword"}))
REFUSED = Refused("run-1", "k", NOW, {"values": {"name": "Refusedword"}})


class Refusing(Bookings):
    async def book(self, name: str) -> dict[str, Any]:
        raise NodeFailed("Faultword: no seat is left.", lasting=True)


def responding(view: RunView) -> Reply:
    return Reply("", "key", b"digest", 201, b'{"said": "Replyword"}')


async def lives(store: SqliteStore) -> list[Run]:
    """Says every word, most of them to the engine; the runs as they are then."""
    engine = engine_on(store, HERE / "definitions.yaml", Refusing())
    given: Mapping[str, Any] = {"event": {"source": "Eventword"}, "respond": responding}
    ann = Person(engine, await engine.start("trip", **given))
    you = {"name": "Winterbottom", "born": "27 3 1985"}
    await ann.says(**you, country="DE")
    await ann.says(number="Permitword")
    await ann.changes("you", **you, country="CH")
    await ann.says(amount="10")
    await ann.wrongly.says(name="Bo", age="Rejectedword")
    await ann.goes_back(name="Draftword")
    bo = Person(engine, await engine.start("trip", profile_id="p-1"))
    await bo.says(**you, country="CH")
    await bo.says(amount="10")
    await bo.says(name="Bo", age="7")
    await bo.says(add_another=False)
    content = base64.b64encode(b"seat 12, Contentword").decode()
    await bo.says(paper={"name": "Filenameword.txt", "type": "text/plain", "content": content})
    await engine.close()
    run = a_run("run-1", a_step(), profile_id="personkey")
    undo = full_undo(error="Whyword")
    undo = undo._replace(step=undo.step._replace(output={"number": "Undoword"}))
    change = turn(run, undos=(undo,), jobs=(a_job(kind=JobKind.MESSAGE, payload={"text": "Jobword"}),))
    await store.commit(creating(run, said=(full_utterance(text="Saidword"),)))
    await store.commit(change._replace(entries=(Entry("accepted", "name", {"was": "Traceword"}),)))
    origin = Origin(SaveAction.PATCH, by="Noteword", note="Noteword")
    for said in ("Historyword", "Profileword"):
        await store.documents.save(DocumentSave("profile", "p-9", {"town": said}, origin=origin), NOW)
    await store.report("run-1", Report(1, 10.0, "Reportword"))
    await store.keep_refused(REFUSED, 5, NOW)
    moved = a_run("run-2", a_step())
    await store.commit(creating(moved))
    await store.commit(turn(moved, version="2", migrating=Migrating(FORMER)))
    return [await loaded(store, name) for name in (ann.run.id, bo.run.id, "run-1")]


async def loaded(store: SqliteStore, run_id: str) -> Run:
    run = await store.load(run_id)
    assert run is not None
    return run


def found(folder: Path) -> set[str]:
    """The words in the database's files, in any case."""
    content = b"".join(each.read_bytes() for each in folder.iterdir()).lower()
    return {word for word in SAID if word.lower().encode() in content}


async def on(folder: Path, *keys: str, taking_old: bool = False) -> SqliteStore:
    ring = KeyRing.parse(",".join(keys)) if keys else PLAIN
    store = SqliteStore(folder / "runs.db", ring.taking_old() if taking_old and isinstance(ring, KeyRing) else ring)
    await store.open()
    return store


async def test_no_word_is_in_an_encrypted_database(tmp_path: Path) -> None:
    """A stolen disk or backup tells nothing of what people answered; before and after a key is changed."""
    store = await on(tmp_path, OLD)
    runs = await lives(store)
    assert {each.name for each in tmp_path.iterdir()} == {"runs.db", "runs.db-wal", "runs.db-shm"}
    assert found(tmp_path) == set()
    await store.close()
    store = await on(tmp_path, NEW, OLD)
    while await store.reseal(limit=3):
        pass
    assert found(tmp_path) == set()
    await store.close()
    assert found(tmp_path) == set()
    store = await on(tmp_path, NEW)
    assert exactly([await loaded(store, run.id) for run in runs]) == exactly(runs)
    assert await store.reply("", "key") == responding(None)  # type: ignore[arg-type]
    assert await store.reported("run-1") == Report(1, 10.0, "Reportword")
    assert await store.refused("run-1", "k") == REFUSED
    assert (await store.document("profile", "p-9")).fields == {"town": "Profileword"}
    assert (await store.documents.history("profile", "p-9"))[0].changes[0].before == "Historyword"
    former = await store.former("run-2")
    assert former is not None
    assert exactly(former.run) == exactly(FORMER)
    assert (await store.files(runs[1].id))[0].content == b"seat 12, Contentword"
    assert (await store.trace("run-1"))[0].entry.detail == {"was": "Traceword"}
    assert await store.reseal() == 0
    await store.close()


async def test_encrypting_later_leaves_no_word_behind(tmp_path: Path) -> None:
    """The words are all there without a key; switched on and gone through once, they are gone, free room included."""
    store = await on(tmp_path)
    runs = await lives(store)
    assert found(tmp_path) == set(SAID) - {"Rejectedword"}  # that is kept nowhere
    assert await store.delete_run(runs[1].id)
    await store.close()
    store = await on(tmp_path, NEW, taking_old=True)
    done = 0
    while more := await store.reseal(limit=2):
        assert more <= 2
        done += more
    assert done > 5
    assert found(tmp_path) == set()
    assert exactly(await loaded(store, "run-1")) == exactly(runs[2])
    await store.close()
    assert found(tmp_path) == set()


async def test_turns_go_on_while_keys_are_changed(tmp_path: Path) -> None:
    """Nobody is kept out while a large database is gone through, and no turn is written over."""
    store = await on(tmp_path, OLD)
    runs = [a_run(f"run-{n}", a_step("a", 1), a_step("b", 2)) for n in range(10)]
    for run in runs:
        await store.commit(creating(run))
    await store.close()
    store = await on(tmp_path, NEW, OLD)
    moved = 0
    while await store.reseal(limit=3):
        number = moved % 10
        change = turn(runs[number], write=(a_step("a", 1, output={"n": moved}),), event={"n": moved})
        await store.commit(change)
        runs[number] = change.run
        moved += 1
    assert moved > 10
    await store.close()
    store = await on(tmp_path, NEW)
    assert exactly([await loaded(store, run.id) for run in runs]) == exactly(runs)
    await store.close()


async def test_a_turn_between_finding_and_writing_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found under the old key is written only where it is still so."""
    store = await on(tmp_path, OLD)
    run = a_run("run-1", a_step())
    await store.commit(creating(run))
    await store.close()
    store = await on(tmp_path, NEW, OLD)
    genuine = sqlite.next_batch
    change = turn(run, write=(a_step(output={"answer": "newer"}),))
    batches = []

    def found_first(*given: Any) -> Any:
        batches.append(genuine(*given))
        return batches[-1]

    monkeypatch.setattr(sqlite, "next_batch", found_first)
    resealing = store.reseal()
    commit = store.commit(change)
    await asyncio.gather(resealing, commit)
    while await store.reseal():
        pass
    assert exactly(await loaded(store, "run-1")) == exactly(change.run)
    await store.close()


async def test_what_cant_be_read_keeps_nobody_from_sealing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One row was damaged years ago: its run stays as it is and is named, and the database is sealed all the same."""
    store = await on(tmp_path)
    for run_id in ("run-1", "run-2", "run-3"):
        await store.commit(creating(full_run(run_id), reply=Reply("", run_id, b"", 200, b"")))
    await store.close()
    with closing(sqlite3.connect(tmp_path / "runs.db")) as connection, connection:
        connection.execute("UPDATE runs SET header = x'93' WHERE id = 'run-1'")
        connection.execute("UPDATE steps SET body = x'c1' WHERE run_id = 'run-2' AND path = 'name'")
        connection.execute("UPDATE replies SET body = x'c1' WHERE run_id = 'run-1'")
    store = await on(tmp_path, NEW, taking_old=True)
    with caplog.at_level(logging.ERROR, "wizard.stores"):
        while await store.reseal(limit=2):
            pass
    assert {name for name in ("run-1", "run-2", "run-3") if name in caplog.text} == {"run-1", "run-2"}
    await store.close()
    store = await on(tmp_path, NEW)
    await check_only_one_was_whole(store)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ((), "encrypted with the key old"),
        ((NEW,), "the key old, which isn't there"),
        ((new_key("old"),), "another key"),
    ],
)
async def test_a_missing_or_wrong_key_opens_no_database(tmp_path: Path, keys: tuple[str, ...], told: str) -> None:
    """A forgotten setting is said at once, before anything is stored beside what is sealed; the right one goes on."""
    store = await on(tmp_path, OLD)
    run = full_run("run-1")
    await store.commit(creating(run))
    await store.close()
    with pytest.raises(StoreError, match=told):
        await on(tmp_path, *keys)
    store = await on(tmp_path, NEW, OLD)
    assert exactly(await loaded(store, "run-1")) == exactly(run)
    await store.close()


async def test_a_key_that_was_taken_out_too_early_is_said_and_others_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows that a rotation left behind are locked, with a sentence for each; everybody else goes on."""
    store = await on(tmp_path, OLD)
    run = full_run("run-1")
    reply = Reply("run-1", "key", b"", 200, b"")
    await store.commit(creating(run, entries=(Entry("created"),), reply=reply, jobs=(a_job(payload={"x": 1}),)))
    await store.report("run-1", Report(1, None, ""))
    await store.close()
    left = _copied(tmp_path)
    store = await on(tmp_path, NEW, OLD)
    while await store.reseal():
        pass
    await store.close()
    _put_back(tmp_path, left)
    store, told = await on(tmp_path, NEW), "the key old, which isn't there"
    for call in (store.load("run-1"), store.trace("run-1"), store.reply("run-1", "key"), store.reported("run-1")):
        with pytest.raises(StoreError, match=told) as caught:
            await call
        assert caught.value.run == "run-1"
        assert "Other runs aren't affected" in str(caught.value)
    await store.commit(creating(a_run("run-2"), jobs=(a_job("run-2", payload={"x": 2}),)))
    with caplog.at_level(logging.ERROR, "wizard.stores"):
        claims = await store.queue.claim(NOW, 10, NOW - NOW, 0)
    assert [claim.job.run for claim in claims] == ["run-2"]
    assert "A job of the run can't be read" in caplog.text
    assert await store.load("run-2") == a_run("run-2")
    with pytest.raises(StoreError, match=told) as caught:
        await store.reseal()
    assert caught.value.run == "run-1"
    await store.close()


Tables = dict[str, list[tuple[Any, ...]]]


def _copied(folder: Path) -> Tables:
    """What is in each table of the database, its mark aside."""
    with closing(sqlite3.connect(folder / "runs.db")) as connection:
        return {each.table: connection.execute(f"SELECT * FROM {each.table}").fetchall() for each in COLUMNS}


def _put_back(folder: Path, tables: Tables) -> None:
    with closing(sqlite3.connect(folder / "runs.db")) as connection, connection:
        for table, found in tables.items():
            for row in found:
                connection.execute(f"REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)
