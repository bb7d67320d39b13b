"""The outlines of runs whose definitions can't be compiled: made once, and anew when something moved."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from wizard.definitions.catalog import Catalog
from wizard.engine import pinned
from wizard.engine.pinned import Pinned
from wizard.errors import DefinitionError, WorkflowNotFound, WorkflowUnavailable
from wizard.model import Run, Workflow
from wizard.node import Registry
from wizard.stores.memory import MemoryStore
from wizard.testing import make_test_engine

ASKS = {"id": "asks", "nodes": [{"id": "ask", "type": "form", "fields": [{"name": "colour"}]}]}


class Broken:
    """Definitions of a process that lacks what they need. `made` are the runs that an outline was made of."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.made: list[str] = []

    def get(self, workflow_id: str) -> Workflow:
        raise WorkflowNotFound

    def all_workflows(self) -> Collection[Workflow]:
        return [self.workflow]

    def bundle(self, workflow_id: str) -> bytes:
        return b"{}"

    def compile(self, bundle: bytes) -> Workflow:
        raise DefinitionError([])

    def outline(self, run: Run, bundle: bytes | None, error: Exception | None) -> Workflow:
        self.made.append(run.id)
        return self.workflow


async def begun() -> tuple[Broken, Pinned, Run]:
    engine = await make_test_engine(ASKS)
    run = (await engine.start("asks")).run
    store = MemoryStore()
    await store.open()
    await store.save_definition(run.version, b"{}")
    broken = Broken(engine.definitions.get("asks"))
    return broken, Pinned(broken, store), run


async def test_an_outline_is_made_once_for_all_who_look() -> None:
    """Pages of a run that waits for its code ask every few seconds, and reading its definition takes milliseconds."""
    broken, versions, run = await begun()
    for _ in range(5):
        await versions.known_of(run)
    assert broken.made == [run.id]


async def test_an_outline_is_made_anew_where_the_run_went_or_what_is_missing_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has the steps of that revision in it, and the reason."""
    broken, versions, run = await begun()
    await versions.known_of(run)
    await versions.known_of(run._replace(revision=run.revision + 1))
    assert len(broken.made) == 2
    monkeypatch.setattr(pinned, "AGAIN", -1.0)
    await versions.known_of(run._replace(revision=run.revision + 1))
    assert len(broken.made) == 3


async def test_outlines_are_kept_of_so_many_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that goes through a million of such runs holds no million of outlines."""
    monkeypatch.setattr(pinned, "MOST_OUTLINES", 2)
    broken, versions, run = await begun()
    for each in ("a", "b", "c", "a"):
        await versions.known_of(run._replace(id=each))
    assert broken.made == ["a", "b", "c", "a"]
    await versions.known_of(run._replace(id="a"))
    assert len(broken.made) == 4


async def test_a_definition_that_was_exchanged_moves_nobody() -> None:
    """Somebody who can write to the store puts a definition there that sends answers elsewhere: no run follows it."""
    store = MemoryStore()
    engine = await make_test_engine(ASKS, store=store)
    run = await engine.start("asks")
    other = {**ASKS, "nodes": [*ASKS["nodes"], {"id": "more", "type": "form", "fields": [{"name": "secret"}]}]}
    bundle = Catalog.from_documents([other], Registry.installed()).bundle("asks")
    store._definitions[run.run.version] = bundle
    again = await make_test_engine({"id": "another", "nodes": [{"id": "a", "type": "end"}]}, store=store)
    with pytest.raises(WorkflowUnavailable, match="another definition is stored under this version"):
        await again.next(await again.load(run.id), {"colour": "red"})
