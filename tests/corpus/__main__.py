"""Makes the corpora of the present format that aren't there yet: `python -m tests.corpus`. What is there stays as it
was made; to make one again while its format is new, delete its database first.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.corpus.stories import HERE, STORIES, Bookings, engine_on, go_on, shown, stored, tell
from tests.corpus.talks import TALKS, TALKS_FILE, go_on_talk, shown_talk, tell_talk
from wizard.stores.blobs import formats
from wizard.stores.sqlite import SqliteStore


async def make_runs(folder: Path, name: str) -> list[dict[str, Any]]:
    """Writes `folder`/runs.db; what each of its runs shows."""
    definitions = HERE / "definitions.yaml"
    store, bookings = SqliteStore(folder / "runs.db"), Bookings()
    await store.open()
    runs: list[dict[str, Any]] = []
    for story in STORIES:
        engine = engine_on(store, definitions, bookings)
        run = await tell(engine, story, bookings)
        runs.append({"name": story.name, "id": run.id, "then": list(story.then)})
        await engine.close()
    for each in runs:
        each["shows"] = await shown(store, folder / "runs.db", await stored(store, each["id"]), each["name"])
    await store.close()
    for each in runs:
        each["ends"] = await _end(folder, each)
    _pack(folder / "runs.db", HERE / f"{name}.sqlite.gz")
    shutil.copy(definitions, HERE / f"{name}.yaml")
    return runs


async def _end(folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    """How the run ends, tried with a copy."""
    shutil.copy(folder / "runs.db", folder / "copy.db")
    store = SqliteStore(folder / "copy.db")
    await store.open()
    ends = await go_on(store, HERE / "definitions.yaml", told)
    await store.close()
    return ends


def _pack(database: Path, into: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM")
    into.write_bytes(gzip.compress(database.read_bytes(), 9, mtime=0))


async def make_talks(folder: Path, name: str) -> list[dict[str, Any]]:
    """Writes `folder`/runs.db with conversations; what each of them shows."""
    store = SqliteStore(folder / "runs.db")
    await store.open()
    told: list[dict[str, Any]] = []
    for story in TALKS:
        talking = await tell_talk(store, story)
        told.append({"name": story.name, "id": talking.id, "code": talking.code, "then": list(story.then)})
    for each in told:
        each["shows"] = await shown_talk(store, folder / "runs.db", await stored(store, each["id"]), each["name"])
    await store.close()
    for each in told:
        shutil.copy(folder / "runs.db", folder / "copy.db")
        copy = SqliteStore(folder / "copy.db")
        await copy.open()
        each["ends"] = await go_on_talk(copy, each)
        await copy.close()
    _pack(folder / "runs.db", HERE / f"{name}.sqlite.gz")
    shutil.copy(TALKS_FILE, HERE / f"{name}.yaml")
    return told


def main() -> None:
    for name, make in ((f"format_{formats.FORMAT}", make_runs), (f"format_{formats.FORMAT}_talks", make_talks)):
        if (HERE / f"{name}.sqlite.gz").exists():
            print(f"{name} is there, and stays.")
            continue
        with tempfile.TemporaryDirectory() as folder:
            told = asyncio.run(make(Path(folder), name))
        lines = [json.dumps(each, ensure_ascii=False, sort_keys=True) for each in told]
        (HERE / f"{name}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
