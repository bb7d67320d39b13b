"""Plays a conformance vector against the engine with its SQLite store, and says where they differ."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tests.conformance.probes import Book, ProbeForm, ProbeTask
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import CallerError
from wizard.node import Registry, Services
from wizard.nodes.flow.condition import ConditionNode
from wizard.nodes.flow.workflow import WorkflowNode
from wizard.stores.sqlite import SqliteStore

AT_ONCE = 20
REGISTRY = Registry([ProbeForm, ProbeTask, ConditionNode, WorkflowNode])


def read_vectors(path: Path) -> Iterator[dict[str, Any]]:
    """The vectors of a `.jsonl` or `.jsonl.gz` file, in order."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


@dataclass(frozen=True)
class Mismatch:
    vector: str
    operation: str
    difference: str

    def __str__(self) -> str:
        return f"{self.vector}, {self.operation}: {self.difference}"


class Player:
    """One vector's engine. `reload` makes a new engine on the same store."""

    def __init__(self, vector: Mapping[str, Any], store: SqliteStore) -> None:
        documents = [{**document, "reopen": True} for document in (vector["workflow"], *vector["nested"])]
        self._catalog = Catalog.from_documents(documents, REGISTRY)
        self._vector = vector
        self._store = store
        self._book = Book()
        self._engine = self._new_engine()
        self._run = ""

    def _new_engine(self) -> Engine:
        return Engine(self._catalog, self._store, services=Services(shared={"book": self._book}))

    async def play(self) -> Mismatch | None:
        for number, step in enumerate(self._vector["steps"]):
            self._book.log.clear()
            view = await self._operate(step)
            difference = None if step["op"] == "set" else self._compare(step, view)
            if difference:
                return Mismatch(self._vector["name"], f"operation {number} ({step['op']})", difference)
        return None

    async def _operate(self, step: Mapping[str, Any]) -> RunView:
        try:
            match step["op"]:
                case "create":
                    view = await self._engine.create(self._vector["workflow"]["id"], session=self._vector["session"])
                    self._run = view.id
                    return view
                case "next":
                    return await self._engine.next(self._run, step.get("answers"))
                case "previous":
                    return await self._engine.previous(self._run, skip_background=False)
                case "previous_foreground":
                    return await self._engine.previous(self._run)
                case "change":
                    return await self._engine.change(self._run, step["step"], step["answers"])
                case "set":
                    return await self._engine.amend(self._run, session={step["key"]: step["value"]})
                case "reload":
                    self._engine = self._new_engine()
        except CallerError:
            pass
        return await self._engine.load(self._run)

    def _compare(self, step: Mapping[str, Any], view: RunView) -> str | None:
        have = {
            "current": view.step,
            "path": [line.step for line in view.path],
            "kept": [line.step for line in view.kept],
            "error": view.fault is not None,
            "has_next": view.has_next,
            "log": list(self._book.log),
        }
        for key, value in have.items():
            if key in step and step[key] != value:
                return f"{key} is {value}, not {step[key]}"
        return None


async def play_all(vectors: Iterable[dict[str, Any]], folder: Path) -> tuple[int, list[Mismatch]]:
    """The number of vectors played and every mismatch. The store lies in `folder`; what is played side by side is
    written together, which is quicker."""
    store = SqliteStore(folder / "conformance.sqlite")
    await store.open()
    played: list[Mismatch | None] = []
    try:
        left = iter(vectors)
        while players := [Player(vector, store) for vector in islice(left, AT_ONCE)]:
            played += await asyncio.gather(*(player.play() for player in players))
    finally:
        await store.close()
    return len(played), [mismatch for mismatch in played if mismatch]
