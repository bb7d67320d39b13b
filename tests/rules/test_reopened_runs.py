"""A completed run that is gone back into (S5): its time counts anew, and what is stored of it goes in the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.moved import KINDS, World, world
from wizard.engine.worker import Worker
from wizard.errors import RunExpired, RunNotFound
from wizard.model import RunStatus
from wizard.testing import Person, make_test_engine

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ITEM = {"id": "item", "nodes": [{"id": "name", "type": "form", "fields": [{"name": "n", "type": "text"}]}]}
LIST = {"id": "list", "type": "workflow", "workflow": "item", "repeat": {"min": 0, "add_another": "More?"}}


def form(node: str) -> dict[str, Any]:
    return {"id": node, "type": "form", "fields": [{"name": "x", "type": "text"}]}


async def completed(here: World, *nodes: dict[str, Any], **head: Any) -> Person:
    main = {"id": "main", "reopen": True, "nodes": [form("a"), *nodes, form("b")], **head}
    engine = await make_test_engine(main, ITEM, store=here.store, clock=here.clock)
    person = await Person.starts(engine, "main")
    await person.says("ann")
    if nodes:
        for answer in (True, "one", True, "two", False):
            await person.says(answer)
    await person.says("end")
    assert person.completed
    return person


async def pass_days(here: World, person: Person, days: float) -> None:
    """So long after now, and what is due by then is done."""
    for part in range(4):  # a deadline may follow from another one
        await here.passes(**({"days": days} if part == 0 else {"seconds": 1}))
        await Worker(person.engine).perform_due()
    await person.engine.load(person.run)


async def reopen(person: Person, how: str) -> None:
    match how:
        case "back":
            await person.goes_back()
        case "change":
            await person.changes("a")
        case "page":
            await person.engine.save(person.run, "a", {"x": "typed"})
        case "item":
            await person.removes("list/2")
    await person.engine.load(person.run)


@pytest.mark.parametrize("how", ["back", "change", "page", "item"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_run_that_is_gone_back_into_has_its_time_again(kind: str, how: str, tmp_path: Path) -> None:
    """Days after the first deadline was over: who presses Back, which is offered, has the whole time, not a run that is
    expired and has lost its answers. After that it expires, and is deleted."""
    async with world(kind, tmp_path, NOON, UTC) as here:
        nodes = [LIST] if how == "item" else []
        person = await completed(here, *nodes, expires_after="2d", delete_after="10d")
        await pass_days(here, person, 3)
        assert (person.run.status, person.run.has_previous) == (RunStatus.COMPLETED, True)
        await reopen(person, how)
        assert person.run.status is RunStatus.WAITING
        await pass_days(here, person, 1.9)
        assert (person.run.status, person.run.has_next) == (RunStatus.WAITING, True)
        await pass_days(here, person, 0.2)
        assert person.run.run.status is RunStatus.EXPIRED, "it is stored, so that lists and retention know it"
        with pytest.raises(RunExpired):
            await person.engine.next(person.run, {"x": "1"})
        await pass_days(here, person, 9.8)
        with pytest.raises(RunNotFound):
            await pass_days(here, person, 0.2)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_run_that_is_completed_again_does_not_expire(kind: str, tmp_path: Path) -> None:
    """Its data goes when it was complete for so long, counted from the last time."""
    async with world(kind, tmp_path, NOON, UTC) as here:
        person = await completed(here, expires_after="2d", delete_after="10d")
        await pass_days(here, person, 9)
        await person.goes_back()
        await person.says("anna")
        await person.says("end")
        assert person.completed
        await pass_days(here, person, 9)
        assert person.completed
        with pytest.raises(RunNotFound):
            await pass_days(here, person, 1.1)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_run_that_is_gone_back_into_and_left_is_deleted(kind: str, tmp_path: Path) -> None:
    """Without an expiry nothing ends it any more: it is deleted when nobody has done anything in it for as long as it
    would have been kept, and not while somebody goes on with it."""
    async with world(kind, tmp_path, NOON, UTC) as here:
        person = await completed(here, delete_after="10d")
        await pass_days(here, person, 9)
        await person.goes_back()
        await pass_days(here, person, 9)
        await person.says("anna")
        await pass_days(here, person, 9)
        assert person.asked == "b"
        with pytest.raises(RunNotFound):
            await pass_days(here, person, 1.1)


async def test_a_deletion_that_comes_early_waits_for_the_expiry(tmp_path: Path) -> None:
    """Data is kept for a day after the end, and the run that was gone back into has a week."""
    async with world("memory", tmp_path, NOON, UTC) as here:
        person = await completed(here, expires_after="7d", delete_after="1d")
        await person.goes_back()
        await pass_days(here, person, 6.9)
        assert person.run.status is RunStatus.WAITING
        await pass_days(here, person, 0.2)
        assert person.run.status is RunStatus.EXPIRED
        with pytest.raises(RunNotFound):
            await pass_days(here, person, 1.1)


async def test_the_deletion_ends_a_run_that_an_earlier_version_left_without_an_expiry(tmp_path: Path) -> None:
    """A run that was gone back into has no job that expires it, if an earlier version did that: its deletion, which is
    ordered still, sees that its time is over."""
    async with world("memory", tmp_path, NOON, UTC) as here:
        person = await completed(here, expires_after="2d", delete_after="10d")
        await person.goes_back()
        queue: Any = here.store.queue
        queue.change([], [f"{person.run.id}/expire/0"])
        await pass_days(here, person, 10.1)
        assert person.run.run.status is RunStatus.EXPIRED
        with pytest.raises(RunNotFound):
            await pass_days(here, person, 10.1)


async def test_the_time_is_told(tmp_path: Path) -> None:
    """The page that says until when a run is kept says the new time."""
    async with world("memory", tmp_path, NOON, UTC) as here:
        person = await completed(here, expires_after="2d")
        await here.passes(days=1)
        await person.goes_back()
        assert person.run.run.expires_at == NOON + timedelta(days=3)
