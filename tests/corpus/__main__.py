"""Makes the corpus of the present format: `python -m tests.corpus`."""

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
from wizard.stores.blobs import formats
from wizard.stores.sqlite import SqliteStore


async def make(folder: Path, number: int) -> list[dict[str, Any]]:
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
    _pack(folder / "runs.db", HERE / f"format_{number}.sqlite.gz")
    shutil.copy(definitions, HERE / f"format_{number}.yaml")
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


def main() -> None:
    number = formats.FORMAT
    with tempfile.TemporaryDirectory() as folder:
        runs = asyncio.run(make(Path(folder), number))
    lines = [json.dumps(run, ensure_ascii=False, sort_keys=True) for run in runs]
    (HERE / f"format_{number}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
