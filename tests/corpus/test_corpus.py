"""Every build reads the stored runs of every format that there has been, and goes on with them to their end."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.stories import HERE, STORIES, Bookings, engine_on, go_on, shown, stored
from tests.corpus.talks import TALKS, go_on_talk, shown_talk
from tests.drawing import TORTURE
from tests.forkserver import script
from wizard.channels.conversation.dialogue import Dialogue
from wizard.errors import StoreError
from wizard.model import RunStatus
from wizard.model.job import JobKind
from wizard.model.talk import Speaker
from wizard.stores.blobs import formats
from wizard.stores.blobs.vault import PLAIN, KeyRing, Vault, new_key
from wizard.stores.sqlite import SqliteStore
from wizard.testing import Person

NUMBERS = [str(number) for number in range(1, formats.FORMAT + 1)]
NAMES = [*NUMBERS, "2_events", "3_lists"]  # builds of formats 2 and 3 made a second one: see tests/corpus/__init__.py
RUNS = {name: json.loads((HERE / f"format_{name}.json").read_text("utf-8")) for name in NAMES}
TOLD = [pytest.param(name, told, id=f"{name}: {told['name']}") for name in NAMES for told in RUNS[name]]

TALKS_OF = ["4_talks"]
CHATS = {name: json.loads((HERE / f"format_{name}.json").read_text("utf-8")) for name in TALKS_OF}
CHATTED = [pytest.param(name, told, id=f"{name}: {told['name']}") for name in TALKS_OF for told in CHATS[name]]


# The runs of format 3, sealed as the first version with encryption did it, under a key that is no secret.
SEALED = "sealed_1"
ITS_KEY = "corpus:" + "Q" * 43 + "="
STORED = [(f"format_{name}", name) for name in NAMES] + [(SEALED, "3")]  # a database, and whose runs are in it


def unpacked(folder: Path, database: str) -> Path:
    path = folder / "runs.db"
    path.write_bytes(gzip.decompress((HERE / f"{database}.sqlite.gz").read_bytes()))
    return path


async def sealed(path: Path, ring: str) -> None:
    async with opened(path, KeyRing.parse(ring).taking_old()) as store:
        while await store.reseal(limit=7):
            pass


@asynccontextmanager
async def opened(path: Path, vault: Vault = PLAIN) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, vault)
    await store.open()
    try:
        yield store
    finally:  # what one test leaves open another one is blamed for
        await store.close()


async def shows_it(store: SqliteStore, path: Path, told: dict[str, Any]) -> None:
    run = await stored(store, told["id"])
    now = json.loads(json.dumps(await shown(store, path, run, told["name"])))
    assert {name: now[name] for name in told["shows"]} == told["shows"]


async def goes_on(store: SqliteStore, told: dict[str, Any], number: str) -> None:
    ends = json.loads(json.dumps(await go_on(store, HERE / f"format_{number}.yaml", told)))
    assert {name: ends[name] for name in told["ends"]} == told["ends"]


@pytest.mark.parametrize(("number", "told"), TOLD)
async def test_a_stored_run_shows_what_it_did_and_goes_on(tmp_path: Path, number: str, told: dict[str, Any]) -> None:
    """Somebody who began before an update finds every answer and finishes after it."""
    path = unpacked(tmp_path, f"format_{number}")
    async with opened(path) as store:
        await shows_it(store, path, told)
        await goes_on(store, told, number)


@pytest.mark.parametrize(("name", "told"), CHATTED)
async def test_a_stored_conversation_shows_what_was_said_and_goes_on(
    tmp_path: Path, name: str, told: dict[str, Any], fuzz_seed: int
) -> None:
    """Who was in the middle of a conversation at an update reads all of it and is understood after it; what wasn't
    delivered is, once, and an old message or button comes to what it came to. Sealed or not."""
    path = unpacked(tmp_path, f"format_{name}")
    ring = PLAIN
    if random.Random(f"{fuzz_seed} {told['name']}").random() < 0.5:
        ring = KeyRing.parse(ITS_KEY)
        await sealed(path, ITS_KEY)
    async with opened(path, ring) as store:
        shows = await shown_talk(store, path, await stored(store, told["id"]), told["name"])
        now = json.loads(json.dumps(shows))
        assert {key: now[key] for key in told["shows"]} == told["shows"]
        ends = json.loads(json.dumps(await go_on_talk(store, told, HERE / f"format_{name}.yaml")))
        assert {key: ends[key] for key in told["ends"]} == told["ends"]


def test_the_conversations_of_this_format_hold_whatever_is_stored() -> None:
    """What no stored conversation has, no later build is tried with."""
    newest = CHATS[f"{formats.FORMAT}_talks"]
    assert [told["name"] for told in newest] == [story.name for story in TALKS]
    shows = [told["shows"] for told in newest]
    assert {speaker for each in shows for _, _, speaker, *_ in each["said"]} == {each.value for each in Speaker}
    assert {key for each in shows for said in each["said"] for key in said[-1]} >= {"choice", "edits"}
    known = {member.name for member in fields(Dialogue)}
    remembered = {name for each in shows for name in each["remembers"]}
    # Without `bound` they show that buttons which were shown before it hold.
    assert known - remembered <= {"given", "within", "about", "over", "bound", "which", "instead"}
    places = {place for each in shows for place in each["places"]}
    assert places >= {"code", "link/pigeon", "waits/agent", "waits/channel"}
    assert {each["link"][4] for each in shows} == {"", "They have left."}
    assert any(each["link"][5] for each in shows), "no channel is busy"


async def all_show_and_some_go_on(path: Path, ring: str, number: str, pick: random.Random) -> None:
    """All of them go on where there is time for it; that they do without seals is tried with each of them above."""
    async with opened(path, KeyRing.parse(ring)) as store:
        for told in RUNS[number]:
            await shows_it(store, path, told)
    for told in RUNS[number] if TORTURE else pick.sample(RUNS[number], k=5):
        # A worker that goes on with one run does what is due of others: each has a copy of its own.
        copy = Path(shutil.copy(path, path.with_name("copy.db")))
        async with opened(copy, KeyRing.parse(ring)) as store:
            await shows_it(store, copy, told)
            await goes_on(store, told, number)


@pytest.mark.parametrize(("database", "number"), STORED)
async def test_stored_runs_are_sealed_and_go_on(tmp_path: Path, database: str, number: str, fuzz_seed: int) -> None:
    """Encryption that is switched on later, what an earlier version encrypted, and a key that is changed cost nobody a
    run; before it is sealed, no server takes what is there for genuine."""
    path = unpacked(tmp_path, database)
    new = new_key("new")
    with pytest.raises(StoreError, match="wizard keys seal"):
        await SqliteStore(path, KeyRing.parse(ITS_KEY)).open()
    await sealed(path, ITS_KEY)
    async with opened(path, KeyRing.parse(f"{new}, {ITS_KEY}")) as store:
        while await store.reseal(limit=7):
            pass
    await all_show_and_some_go_on(path, new, number, random.Random(f"{fuzz_seed} {database}"))


@pytest.mark.parametrize("database", ["format_3", SEALED])
async def test_sealing_that_is_killed_goes_on(tmp_path: Path, database: str) -> None:
    """`kill -9` in the middle, several times: until it is through the database stays shut, then nothing is missing."""
    path = unpacked(tmp_path, database)
    kills = 0
    for steps in itertools.cycle((1, 9, 25)):
        sealed_until_killed(path, steps)
        try:
            await SqliteStore(path, KeyRing.parse(ITS_KEY)).open()
        except StoreError as problem:
            if "wizard keys seal" not in str(problem):
                raise
            kills += 1
        else:
            break
    assert kills >= 3
    async with opened(path, KeyRing.parse(ITS_KEY)) as store:
        for told in RUNS["3"]:
            await shows_it(store, path, told)


def sealed_until_killed(path: Path, steps: int) -> None:
    """Seal in a process that takes so many steps, and is killed in the middle of the next. Whether that one was done
    (and was the last) nobody can know but from the database."""
    program = path.with_name("sealing.py")
    program.write_text(SEALING)
    sealing = [*script(), str(program), str(path), ITS_KEY]
    with subprocess.Popen(sealing, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(steps):
            process.stdin.write("go on\n")
            if process.stdout.readline() == "done\n":
                return
        process.stdin.write("go on\n")
        process.kill()


SEALING = """
import asyncio, sys
from wizard.stores.sqlite import SqliteStore
from wizard.stores.blobs.vault import KeyRing

async def main(path, ring):
    store = SqliteStore(path, KeyRing.parse(ring).taking_old())
    await store.open()
    while input() and await store.reseal(limit=1):
        print("some", flush=True)
    print("done", flush=True)
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_host_that_takes_what_is_old_goes_on_at_once(tmp_path: Path) -> None:
    """An application that can't wait opens the database so: what is read is read as it is, and a run that moves is
    sealed whole first."""
    path = unpacked(tmp_path, SEALED)
    for told in RUNS["3"][::7]:
        copy = Path(shutil.copy(path, tmp_path / "copy.db"))
        async with opened(copy, KeyRing.parse(ITS_KEY).taking_old()) as store:
            await shows_it(store, copy, told)
            await goes_on(store, told, "3")
            while await store.reseal():
                pass
        async with opened(copy, KeyRing.parse(ITS_KEY)) as store:
            for each in RUNS["3"]:
                run = await store.load(each["id"])
                assert run is None or await store.trace(run.id)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_corpus_is_of_its_number(tmp_path: Path, number: str) -> None:
    """A corpus that was made by another build would let an upgrader go untested."""
    with closing(sqlite3.connect(unpacked(tmp_path, f"format_{number}"))) as connection:
        headers = [header for (header,) in connection.execute("SELECT header FROM runs")]
    assert {bytes(header[:2]) for header in headers} == {bytes([0x92, int(number)])}
    assert len(headers) >= len(RUNS[number]), "runs that others started have no story"
    kinds = {
        (told["shows"]["status"], bool(told["shows"]["kept"]), bool(told["shows"]["parked"])) for told in RUNS[number]
    }
    assert len(kinds) >= 7


def test_the_corpus_of_this_format_holds_whatever_is_stored() -> None:
    """What no stored run has, no later build is tried with."""
    newest = RUNS[str(formats.FORMAT)]
    assert [told["name"] for told in newest] == [story.name for story in STORIES]
    shows = [told["shows"] for told in newest]
    jobs = [(kind, tries > 0) for each in shows for kind, _, _, tries in each["jobs"]]
    of_chats = {kind for told in CHATS[f"{formats.FORMAT}_talks"] for kind, _, _, _ in told["shows"]["jobs"]}
    later = {JobKind.LEAVE}  # than these corpora: it ends a run that helps aside
    assert {kind for kind, _ in jobs} | of_chats == {kind.value for kind in JobKind if kind not in later}
    assert {kind for kind, claimed in jobs if claimed} >= {"work", "message"}
    assert {each["status"] for each in shows} == {status.value for status in RunStatus}
    assert ["room", 1, "NodeFailed", False] in [undo for each in shows for undo in each["undos"]]
    assert ("working", [40, "Two of five pages"]) in [(each["status"], each["report"]) for each in shows]
    assert {told["ends"]["status"] for told in newest} == {"completed", "cancelled", "deleted"}
    assert {len(each["arrivals"]) for each in shows} >= {0, 1, 2}
    assert {step for each in shows for step in each["took"]} == {"first", "offer"}
    assert [undo for told in newest for undo in told["ends"].get("owed", [])] == []
    assert [text for told in newest for text in told["ends"].get("sent", [])] == ["How was it, Ann Zoë?"] * 2


async def test_runs_of_format_1_expire_though_they_have_no_job(tmp_path: Path) -> None:
    """What expired by being looked at is expired by a worker, which closes it; runs that ended stay."""
    path = unpacked(tmp_path, "format_1")
    async with opened(path) as store:
        engine = engine_on(store, HERE / "format_1.yaml", Bookings())
        person = Person(engine, await engine.load(RUNS["1"][0]["id"]))
        await person.waits(days=3649)
        assert person.run.status is RunStatus.CREATED
        await person.waits(days=1)
        runs = [await stored(store, told["id"]) for told in RUNS["1"]]
        await engine.close()
    assert [run.status.value for run in runs] == [
        "completed" if told["shows"]["status"] == "completed" else "expired" for told in RUNS["1"]
    ]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM jobs").fetchall() == []
