"""Definitions that runs are pinned to: compiled beside the event loop, once, and forgotten when nobody needs them."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from tests.drawing import TORTURE
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.compiled import Compiled
from wizard.engine.pinned import Pinned
from wizard.errors import WorkflowUnavailable
from wizard.model import Run, RunStatus, Workflow
from wizard.model.path import locate
from wizard.node import Registry
from wizard.state.merging import Document
from wizard.stores.memory import MemoryStore

REGISTRY = Registry.installed()


def definition(nodes: int, title: str = "Long") -> dict[str, Any]:
    asks = [{"id": f"n{each}", "type": "form", "fields": [{"name": "colour"}]} for each in range(nodes)]
    return {"id": "asks", "title": title, "nodes": asks}


class Counted(Catalog):
    """Definitions that say how often one was compiled, and can be slow at it."""

    compiled = 0
    seconds = 0.0

    @classmethod
    def of(cls, *documents: dict[str, Any]) -> Counted:
        made = Catalog.from_documents(documents, REGISTRY)
        return cls(made.workflows, made._bundles, made.warnings, REGISTRY)

    def compile(self, bundle: bytes) -> Workflow:
        self.compiled += 1
        time.sleep(self.seconds)
        return super().compile(bundle)


async def left_behind(store: MemoryStore, *documents: dict[str, Any]) -> list[Run]:
    """Runs of definitions that no process of today has loaded."""
    return [(await Engine(Counted.of(each), store).start("asks")).run for each in documents]


@contextmanager
def ticking() -> Iterator[list[float]]:
    """The seconds of the processor that this process takes between the turns of the event loop meanwhile: what other
    processes take doesn't count. Python's collection of garbage, which takes as long
    as there is much in memory, is left out."""
    gaps: list[float] = []

    async def tick() -> None:
        last = time.process_time()
        while True:
            await asyncio.sleep(0.002)
            gaps.append((now := time.process_time()) - last)
            last = now

    gc.collect()
    gc.disable()
    task = asyncio.ensure_future(tick())
    try:
        yield gaps
    finally:
        task.cancel()
        gc.enable()


async def test_nobody_waits_while_a_large_definition_is_compiled() -> None:
    """After a deploy the first request of an old run compiles its version: the pages of all others would stand still.
    Within its turns the loop would have all of the compiling, or a good part of it."""
    store = MemoryStore()
    (run,) = await left_behind(store, definition(2000 if TORTURE else 1000))
    engine = Engine(Counted.of(), store)
    with ticking() as gaps:
        began = time.process_time()
        view = await engine.load(run.id)
        whole = time.process_time() - began
    assert view.current.step == "n0"
    assert len(gaps) > 3
    assert max(gaps) < max(0.1, whole / 4)


async def test_a_version_is_compiled_once_however_many_ask() -> None:
    """A hundred people come back at once after a deploy."""
    store = MemoryStore()
    (run,) = await left_behind(store, definition(2))
    definitions = Counted.of()
    definitions.seconds = 0.05
    engine = Engine(definitions, store)
    views = await asyncio.gather(*(engine.load(run.id) for _ in range(100)))
    assert definitions.compiled == 1
    assert len({id(view.workflow) for view in views}) == 1


async def test_who_goes_away_takes_nothing_from_those_who_wait() -> None:
    """The first who asks closes the browser; the compiling is everybody's."""
    store = MemoryStore()
    (run,) = await left_behind(store, definition(2))
    definitions = Counted.of()
    definitions.seconds = 0.1
    engine = Engine(definitions, store)
    first, second = (asyncio.ensure_future(engine.load(run.id)) for _ in range(2))
    await asyncio.sleep(0.02)
    first.cancel()
    assert (await second).current.step == "n0"
    assert definitions.compiled == 1


async def test_what_compiling_raises_is_of_the_run_and_of_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """S26: code of a node type runs when its configuration is read; what it raises to end a task or a process ends
    neither those who wait nor the loop."""
    for error in (SystemExit(), asyncio.CancelledError(), StopIteration(), KeyboardInterrupt()):
        store = MemoryStore()
        (run,) = await left_behind(store, definition(2))
        definitions = Counted.of()

        def compile_(bundle: bytes, error: BaseException = error) -> Workflow:
            raise error

        monkeypatch.setattr(definitions, "compile", compile_)
        engine = Engine(definitions, store)
        with pytest.raises(WorkflowUnavailable):
            await engine.next(run.id, {"colour": "red"}, step="n0")
        assert (await engine.load(run.id)).unavailable


async def test_a_compiling_that_hangs_is_given_up() -> None:
    """A node type whose check never returns: the run says that it can't go on, and other versions are compiled."""
    store = MemoryStore()
    run, other = await left_behind(store, definition(2), definition(2, "Other"))
    definitions = Counted.of()
    versions = Pinned(definitions, store, limit=0.05)
    definitions.seconds = 0.3
    with pytest.raises(WorkflowUnavailable):
        await versions.workflow_of(run)
    definitions.seconds = 0.0
    assert (await versions.workflow_of(other)).title == "Other"


async def test_what_is_loaded_isnt_compiled_again() -> None:
    """A restart with the same definitions: the versions of nearly all runs are there."""
    store = MemoryStore()
    (run,) = await left_behind(store, definition(3))
    definitions = Counted.of(definition(3))
    assert (await Engine(definitions, store).load(run.id)).workflow is definitions.get("asks")
    assert definitions.compiled == 0


def workflows() -> int:
    gc.collect()
    return sum(type(each) is Workflow and each.id == "asks" for each in gc.get_objects())


async def test_versions_that_nobody_needs_are_forgotten() -> None:
    """A server that lives for months sees versions of every week; each takes megabytes. What was computed of them on
    the way (`locate`) doesn't hold them either."""
    store = MemoryStore()
    runs = await left_behind(store, *(definition(2, f"Number {each}") for each in range(12)))
    before = workflows()
    versions = Pinned(Counted.of(), store)
    versions._workflows = Compiled(most=3)
    for run in runs:
        locate(await versions.workflow_of(run), "n0")
    del run
    assert workflows() - before <= 4
    assert (await versions.workflow_of(runs[0])).title == "Number 0"


async def test_versions_are_forgotten_by_their_size_as_well() -> None:
    """Three definitions of 2,000 nodes take more than a hundred small ones."""
    compiled = Compiled(most_bytes=100)
    workflow = Counted.of(definition(1)).get("asks")
    for number in range(30):
        compiled.put(f"small {number}", workflow, 3)
    compiled.put("large", workflow, 90)
    kept = [each for each in range(30) if f"small {each}" in compiled]
    assert kept == [27, 28, 29]
    compiled.put("larger than all", workflow, 1000)
    assert "larger than all" in compiled
    assert "large" not in compiled


async def test_versions_of_runs_in_memory_stay() -> None:
    """Their next turn would compile them again, and again for the one after that."""
    compiled = Compiled(lambda: {"a", "b"}, most=2)
    workflow = Counted.of(definition(1)).get("asks")
    for version in "abcd":
        compiled.put(version, workflow, 1)
    assert [each for each in "abcd" if each in compiled] == ["a", "b", "d"]


async def test_an_engine_keeps_the_versions_of_its_cached_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine says which ones these are."""
    store = MemoryStore()
    runs = await left_behind(store, *(definition(2, f"Number {each}") for each in range(4)))
    definitions = Counted.of()
    engine = Engine(definitions, store)
    monkeypatch.setattr(engine._pinned._workflows._workflows, "_most", 1)
    for _ in range(2):
        for run in runs:
            await engine.load(run.id)
    assert definitions.compiled == 4
    for run in runs:
        engine.forget(run.id)
    await engine.load((await left_behind(store, definition(2, "One more")))[0].id)
    await engine.load(runs[0].id)
    assert definitions.compiled == 6


class Live:
    """Definitions that a host replaces while it runs, as often as `deploy` is called."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.in_between = False  # whether they are replaced between the workflow and its text, by another thread
        self.deploy()

    def deploy(self) -> None:
        self.loaded = Catalog.from_documents([definition(1, f"Number {next(self.numbers)}")], REGISTRY)

    def get(self, workflow_id: str) -> Workflow:
        found = self.loaded.get(workflow_id)
        if self.in_between:
            self.in_between = False
            self.deploy()
        return found

    def all_workflows(self) -> Collection[Workflow]:
        return self.loaded.all_workflows()

    def bundle(self, workflow_id: str) -> bytes:
        return self.loaded.bundle(workflow_id)

    def compile(self, bundle: bytes) -> Workflow:
        return self.loaded.compile(bundle)

    def outline(self, run: Run, bundle: bytes | None, error: Exception | None) -> Workflow:
        return self.loaded.outline(run, bundle, error)


@pytest.mark.parametrize("when", ["while the profile is read", "between the two"])
async def test_a_version_is_stored_with_its_own_text(when: str) -> None:
    """Definitions are replaced while a run is being born: their text was stored under the version before, and
    the run, and all later ones of that version, couldn't be used by any other process."""
    store, live = MemoryStore(), Live()
    read = store.document

    async def document(kind: str, document_id: str) -> Document:
        if when == "while the profile is read":
            live.deploy()
        return await read(kind, document_id)

    store.document = document  # type: ignore[method-assign]
    live.in_between = when == "between the two"
    view = await Engine(live, store).start("asks", profile_id="ann")
    elsewhere = Engine(live, store)
    found = await elsewhere.load(view.id)
    assert not found.unavailable
    assert (await elsewhere.next(found, {"colour": "red"})).status is RunStatus.COMPLETED
