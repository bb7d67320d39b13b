"""Every build reads the stored runs of every format that there has been, and goes on with them to their end."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.stories import HERE, STORIES, Bookings, Person, engine_on, outputs, play, shown, stored
from wizard.stores import formats
from wizard.stores.sqlite import SqliteStore
from wizard.stores.vault import PLAIN, KeyRing, Vault, new_key

NUMBERS = range(1, formats.FORMAT + 1)
RUNS = {number: json.loads((HERE / f"format_{number}.json").read_text("utf-8")) for number in NUMBERS}
TOLD = [pytest.param(number, told, id=f"{number}: {told['name']}") for number in NUMBERS for told in RUNS[number]]


def unpacked(folder: Path, number: int) -> Path:
    path = folder / "runs.db"
    path.write_bytes(gzip.decompress((HERE / f"format_{number}.sqlite.gz").read_bytes()))
    return path


@asynccontextmanager
async def opened(path: Path, vault: Vault = PLAIN) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, vault)
    await store.open()
    yield store
    await store.close()


async def shows_it(store: SqliteStore, told: dict[str, Any]) -> None:
    run = await stored(store, told["id"])
    assert json.loads(json.dumps(await shown(store, run, told["name"]))) == told["shows"]


async def goes_on(store: SqliteStore, told: dict[str, Any], number: int) -> None:
    engine = engine_on(store, HERE / f"format_{number}.yaml", Bookings())
    person = Person(engine, await engine.load(told["id"]))
    for action in told["then"]:
        await play(person, action)
    run = await stored(store, told["id"])
    await engine.close()
    assert run.status.value == told["ends"]["status"] == "completed"
    assert json.loads(json.dumps(outputs(run))) == told["ends"]["answers"]


@pytest.mark.parametrize(("number", "told"), TOLD)
async def test_a_stored_run_shows_what_it_did_and_goes_on(tmp_path: Path, number: int, told: dict[str, Any]) -> None:
    """Somebody who began before an update finds every answer and finishes after it."""
    async with opened(unpacked(tmp_path, number)) as store:
        await shows_it(store, told)
        await goes_on(store, told, number)


@pytest.mark.parametrize("number", NUMBERS)
async def test_stored_runs_are_encrypted_and_go_on(tmp_path: Path, number: int) -> None:
    """Encryption that is switched on later, and a key that is changed, cost nobody a run."""
    path = unpacked(tmp_path, number)
    old, new = new_key("old"), new_key("new")
    for ring in (old, f"{new}, {old}"):
        async with opened(path, KeyRing.parse(ring)) as store:
            while await store.reseal(limit=7):
                pass
    async with opened(path, KeyRing.parse(new)) as store:
        for told in RUNS[number]:
            await shows_it(store, told)
            await goes_on(store, told, number)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_corpus_is_of_its_number(tmp_path: Path, number: int) -> None:
    """A corpus that was made by another build would let an upgrader go untested."""
    with closing(sqlite3.connect(unpacked(tmp_path, number))) as connection:
        headers = [header for (header,) in connection.execute("SELECT header FROM runs")]
    assert {bytes(header[:2]) for header in headers} == {bytes([0x92, number])}
    assert len(headers) == len(STORIES)
    kinds = {
        (told["shows"]["status"], bool(told["shows"]["kept"]), bool(told["shows"]["parked"])) for told in RUNS[number]
    }
    assert len(kinds) >= 7
