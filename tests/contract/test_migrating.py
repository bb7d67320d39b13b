"""What every store promises of a change that moves a run to another version of its workflow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.kinds import KINDS
from tests.contract.runs import EVERY_VALUE, a_run, a_step, creating, exactly, full_run, turn
from tests.contract.test_stages import deed
from wizard.errors import StaleRevision
from wizard.model import Change, Entry, Former, Migrating, Run
from wizard.stores.contract import Store


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with KINDS[request.param](tmp_path) as opened:
        yield opened


def a_rich_run() -> Run:
    """One that owes nothing: what owes something isn't migrated."""
    return full_run()._replace(undos=())


def migrating(run: Run, *, former: Run | None, **rest: Any) -> Change:
    return turn(run, entries=(Entry("migrated", "", {"to": "2"}),), migrating=Migrating(former), **rest)


async def test_the_version_and_the_input_change_with_it_alone(store: Store) -> None:
    """Or the run would be read by the definition that it was moved away from, after the next restart."""
    run = a_rich_run()
    await store.commit(creating(run))
    after = {"version": "version-2", "input": {"new": 1}}
    step = a_step("other", 9999)
    change = migrating(run, former=run, write=(step,), drop=(run.steps[0].path,), **after)

    await store.commit(change)

    assert exactly(await store.load(run.id)) == exactly(change.run)
    (listed,) = await store.list_runs()
    assert (listed.version, listed.revision) == ("version-2", run.revision + 1)
    ordinary = turn(change.run)
    await store.commit(ordinary)
    assert exactly(await store.load(run.id)) == exactly(ordinary.run)


@pytest.mark.parametrize("run", [a_run("run-1", a_step(output=EVERY_VALUE)), a_rich_run()], ids=["small", "rich"])
async def test_the_run_as_it_was_is_kept_and_comes_back(run: Run, store: Store) -> None:
    """Or nobody could take a migration back."""
    await store.commit(creating(run))
    assert await store.former(run.id) is None
    change = migrating(run, former=run, version="version-2", drop=tuple(run.by_path), returning=None)
    await store.commit(change)

    former = await store.former(run.id)

    assert former is not None
    assert exactly(former.run) == exactly(run)
    assert former.revision == change.run.revision
    back = migrating(change.run, former=None, write=run.steps, version=run.version, returning=run.returning)
    back = back._replace(run=back.run._replace(cursor=run.cursor))
    await store.commit(back)
    expected = run._replace(revision=run.revision + 2, updated_at=back.run.updated_at)
    assert exactly(await store.load(run.id)) == exactly(expected)
    assert await store.former(run.id) is None


async def test_a_second_migration_keeps_what_was_before_it(store: Store) -> None:
    """Back leads to the version before, and never to one that nobody remembers."""
    run = a_run("run-1", a_step())
    await store.commit(creating(run))
    first = migrating(run, former=run, version="version-2")
    await store.commit(first)
    second = migrating(first.run, former=first.run, version="version-3")
    await store.commit(second)
    assert await store.former(run.id) == Former(first.run, second.run.revision)


async def test_a_run_that_was_moved_meanwhile_is_left_alone(store: Store) -> None:
    """A person's answer counts, and what was found out of the run before that doesn't."""
    run = a_run("run-1", a_step())
    await store.commit(creating(run))
    moved = turn(run, write=(a_step("next", 4096),))
    await store.commit(moved)
    with pytest.raises(StaleRevision):
        await store.commit(migrating(run, former=run, version="version-2"))
    assert exactly(await store.load(run.id)) == exactly(moved.run)
    assert await store.former(run.id) is None


async def test_what_is_kept_goes_with_the_run(store: Store) -> None:
    """Who asks for deletion is owed the answers of before as well."""
    for name in ("run-1", "run-2"):
        run = a_run(name, a_step())
        await store.commit(creating(run))
        await store.commit(migrating(run, former=run, version="version-2"))
    await store.delete_run("run-1")
    assert await store.former("run-1") is None
    assert await store.former("run-2") is not None


async def test_what_was_done_is_noted(store: Store) -> None:
    """Who moved everybody's runs, and why, can be asked later."""
    stamp = await store.stages.stamp()
    await store.stages.note(deed("migrate"))
    (noted,) = await store.stages.deeds("passport")
    assert noted == deed("migrate")._replace(number=1)
    assert await store.stages.stamp() == stamp
