"""What every store promises of drafts, versions and deeds (wizard.model.staging.Stages)."""

from __future__ import annotations

import asyncio
import random
import tracemalloc
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.contract.kinds import KINDS
from tests.drawing import TORTURE
from tests.stores import Open, stores
from wizard.errors import InvalidInput, StaleDeployment, StaleDraft, StaleSharing
from wizard.model.staging import Deed, Deployed, Draft, Sharing, Version
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore

__all__ = ["stores"]  # a fixture

SAVES = 10_000 if TORTURE else 500
ROUNDS = 200 if TORTURE else 20
NOW = datetime(2026, 11, 29, 9, 30, 0, 123456, tzinfo=UTC)
TEXT = "# Ann's own words\r\nid: passport\t\n\n\nnodes:   # not yet\n  - {id: ask, type: form}\n\ufeff…"


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with KINDS[request.param](tmp_path) as made:
        yield made


def a_draft(revision: int = 1, text: str = TEXT, workflow: str = "passport") -> Draft:
    return Draft(workflow, revision, text, NOW, "ann")


def a_long_draft(revision: int) -> Draft:
    """Of 20,000 characters that no database makes smaller."""
    return a_draft(revision, random.Random(revision).randbytes(10_000).hex())


def a_version(number: int, before: int | None, workflow: str = "passport") -> Version:
    return Version(workflow, number, f"{workflow}-{number}", f"text {number}", NOW, "ann", "", before)


def deed(action: str = "deploy", workflow: str = "passport") -> Deed:
    return Deed(0, NOW, "ann", action, workflow, {"number": 1, "why": ["a", None]}, "because")


async def deploys(store: Store, number: int, before: int | None, workflow: str = "passport") -> None:
    body = f"{workflow} {number}".encode()
    await store.stages.add_version(a_version(number, before, workflow), body, deed(workflow=workflow))


async def deployed(store: Store) -> dict[str, int]:
    return {each.workflow: each.number for each in await store.stages.deployed()}


async def test_a_draft_is_kept_as_it_was_written(store: Store) -> None:
    """Comments, blank lines and odd line ends are the author's: whoever gets their draft back changed puts it away."""
    assert await store.stages.draft("passport") is None
    await store.stages.save_draft(a_draft())
    assert await store.stages.draft("passport") == a_draft()
    await store.stages.save_draft(a_draft(2, ""))
    assert await store.stages.draft("passport") == a_draft(2, "")


async def test_two_editors_do_not_overwrite_each_other(store: Store) -> None:
    """Ann and Bob have the same draft open; who saves second has to hear of the first."""
    await store.stages.save_draft(a_draft())
    saved = [store.stages.save_draft(a_draft(2, text)) for text in ("Ann's", "Bob's")]
    first, second = await asyncio.gather(*saved, return_exceptions=True)
    assert (first is None) != (second is None)
    assert isinstance(first or second, StaleDraft)
    for stale in (1, 2, 4):
        with pytest.raises(StaleDraft):
            await store.stages.save_draft(a_draft(stale))
    assert (await store.stages.draft("passport") or a_draft()).text in ("Ann's", "Bob's")


async def test_drafts_are_listed_by_workflow(store: Store) -> None:
    """The list of an editor's first page."""
    for workflow in ("zoo", "ämter", "alpha"):
        await store.stages.save_draft(a_draft(workflow=workflow))
    assert [draft.workflow for draft in await store.stages.drafts()] == ["alpha", "zoo", "ämter"]


async def test_several_drafts_are_saved_together_or_not_at_all(store: Store) -> None:
    """Half of what was imported would be a workflow whose parts are of another time."""
    await store.stages.save_draft(a_draft(workflow="order"))
    with pytest.raises(StaleDraft):
        await store.stages.save_drafts([a_draft(workflow="alpha"), a_draft(workflow="order"), a_draft(workflow="zoo")])
    assert [(draft.workflow, draft.revision) for draft in await store.stages.drafts()] == [("order", 1)]
    await store.stages.save_drafts([a_draft(workflow="zoo"), a_draft(2, workflow="order")])
    assert [(draft.workflow, draft.revision) for draft in await store.stages.drafts()] == [("order", 2), ("zoo", 1)]


async def test_a_draft_is_deleted_by_who_saw_it(store: Store) -> None:
    """What somebody else has saved since isn't thrown away; afterwards a new one can be begun."""
    await store.stages.save_draft(a_draft())
    with pytest.raises(StaleDraft):
        await store.stages.delete_draft("passport", 2, deed("delete"))
    await store.stages.delete_draft("passport", 1, deed("delete"))
    assert await store.stages.draft("passport") is None
    assert [each.action for each in await store.stages.deeds()] == ["delete"]
    await store.stages.save_draft(a_draft())


async def test_a_draft_begins_where_the_deleted_one_ended(store: Store) -> None:
    """Whoever has the deleted draft open saves over that, and not over the one that was begun since."""
    await store.stages.save_draft(a_draft())
    await store.stages.delete_draft("passport", 1, deed("delete"))
    with pytest.raises(StaleDraft):
        await store.stages.save_draft(a_draft(2, "Ann's"))
    await store.stages.save_draft(a_draft(2, "Bob's"), 2)
    with pytest.raises(StaleDraft):
        await store.stages.save_draft(a_draft(2, "Ann's"))
    with pytest.raises(StaleDraft):
        await store.stages.save_draft(a_draft(2, "Ann's"), 2)
    await store.stages.save_drafts([a_draft(3, "Bob's"), a_draft(7, workflow="order")], {"order": 7})
    assert [(draft.workflow, draft.revision) for draft in await store.stages.drafts()] == [
        ("order", 7),
        ("passport", 3),
    ]
    assert [sharing.workflow for sharing in await store.stages.sharings()] == ["order", "passport"]


async def test_versions_are_numbered_and_the_newest_is_deployed(store: Store) -> None:
    """Each deployment takes the place of the one before, and all of them stay."""
    assert await store.stages.deployed() == ()
    await deploys(store, 1, None)
    await deploys(store, 2, 1)
    await deploys(store, 1, None, workflow="order")
    assert await store.stages.deployed() == (Deployed("order", 1, "order-1"), Deployed("passport", 2, "passport-2"))
    assert await store.stages.versions("passport") == (a_version(2, 1), a_version(1, None))
    assert await store.stages.versions("passport", limit=1) == (a_version(2, 1),)
    assert await store.stages.versions("passport", below=2) == (a_version(1, None),)
    assert await store.stages.version("passport", 1) == a_version(1, None)
    assert await store.stages.version("passport", 3) is None
    assert await store.stages.versions("nowhere") == ()


async def test_what_runs_go_by_is_kept_with_the_version(store: Store) -> None:
    """A version that is deployed without its definition would let people begin what can't go on."""
    await deploys(store, 1, None)
    assert await store.definition("passport-1") == b"passport 1"


async def test_one_of_two_deployments_at_once_wins(store: Store) -> None:
    """Two people deploy at one moment: the second has to look at what the first has deployed, and nothing is mixed."""
    await deploys(store, 1, None)
    both = await asyncio.gather(deploys(store, 2, 1), deploys(store, 2, 1), return_exceptions=True)
    assert sorted(type(each) for each in both if each) == [StaleDeployment]
    assert await deployed(store) == {"passport": 2}
    for number, before in ((1, None), (2, 1), (3, 1), (3, None), (4, 2)):
        with pytest.raises(StaleDeployment):
            await deploys(store, number, before)
    assert len(await store.stages.versions("passport")) == 2
    assert len(await store.stages.deeds()) == 2


async def test_another_version_is_deployed_in_the_place_of_one(store: Store) -> None:
    """Revoking: the version before is deployed again, or nothing; the versions stay."""
    await deploys(store, 1, None)
    await deploys(store, 2, 1)
    await store.stages.deploy("passport", 1, 2, deed("revoke"))
    assert await deployed(store) == {"passport": 1}
    for number, instead_of in ((1, 2), (9, 1)):
        with pytest.raises(StaleDeployment):
            await store.stages.deploy("passport", number, instead_of, deed("revoke"))
    await store.stages.deploy("passport", None, 1, deed("revoke"))
    assert await deployed(store) == {}
    await deploys(store, 3, None)
    assert await deployed(store) == {"passport": 3}


async def test_the_stamp_tells_whether_something_else_is_deployed(store: Store) -> None:
    """Each process looks several times a second; a draft that is saved is none of its business."""
    stamps = [await store.stages.stamp()]
    for step in (
        lambda: deploys(store, 1, None),
        lambda: deploys(store, 2, 1),
        lambda: store.stages.deploy("passport", 1, 2, deed("revoke")),
        lambda: store.stages.deploy("passport", None, 1, deed("revoke")),
    ):
        await step()
        stamps.append(await store.stages.stamp())
    assert len(set(stamps)) == 5
    await store.stages.save_draft(a_draft())
    assert await store.stages.stamp() == stamps[-1]


async def test_deeds_are_kept_in_order(store: Store) -> None:
    """Who asks what happened on Tuesday reads who did what to which workflow, and why."""
    await deploys(store, 1, None)
    await deploys(store, 1, None, workflow="order")
    await deploys(store, 2, 1)
    deeds = await store.stages.deeds()
    assert [(each.number, each.workflow) for each in deeds] == [(3, "passport"), (2, "order"), (1, "passport")]
    assert deeds[0] == deed()._replace(number=3)
    assert [each.number for each in await store.stages.deeds("passport", limit=1)] == [3]
    assert [each.number for each in await store.stages.deeds("passport", below=3)] == [1]


@pytest.mark.parametrize("limit", [-1, 0, 2**70])
async def test_lists_of_any_length_may_be_asked_for(store: Store, limit: int) -> None:
    """An address with a number that nobody thought of is answered with what there is."""
    await deploys(store, 1, None)
    count = 1 if limit > 0 else 0
    assert len(await store.stages.versions("passport", limit, 2**70)) == count
    assert len(await store.stages.deeds(None, limit, 2**70)) == count
    assert len(await store.stages.deeds("passport", limit, below=1)) == 0


async def test_any_text_is_kept_or_refused(store: Store) -> None:
    """Authors paste from anywhere: a zero character comes back as it was, and what is no Unicode is told at once."""
    odd = "a\x00b\x1a1\U0010ffff"
    await store.stages.save_draft(a_draft(1, odd)._replace(saved_by=odd))
    assert await store.stages.draft("passport") == a_draft(1, odd)._replace(saved_by=odd)
    version, done = a_version(1, None)._replace(text=odd, by=odd, note=odd), deed()._replace(note=odd, by=odd)
    await store.stages.add_version(version, b"", done)
    assert await store.stages.version("passport", 1) == version
    assert await store.stages.deeds() == (done._replace(number=1),)
    if not isinstance(store, MemoryStore):
        with pytest.raises(InvalidInput):
            await store.stages.save_draft(a_draft(2, "\ud800"))


async def test_drafts_that_are_saved_all_day_leave_no_memory_behind(store: Store) -> None:
    """An editor saves every few seconds, and a server runs for months."""
    for revision in range(1, 101):
        await store.stages.save_draft(a_long_draft(revision))
    tracemalloc.start()
    try:
        for revision in range(101, SAVES + 1):
            await store.stages.save_draft(a_long_draft(revision))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 300_000
    assert [draft.revision for draft in await store.stages.drafts()] == [SAVES]


async def winners(*attempts: Awaitable[None]) -> list[int]:
    """Which of them went through; the others were told that they came too late."""
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert all(isinstance(each, StaleDraft | StaleDeployment) for each in outcomes if each is not None), outcomes
    return [number for number, each in enumerate(outcomes) if each is None]


async def test_of_two_processes_at_once_one_saves(stores: Open) -> None:
    """Ann's request and Bob's come to different servers: each time one of them hears that the other was faster."""
    ann, bob = await stores(), await stores()
    for revision in range(1, ROUNDS + 1):
        texts = (f"Ann's {revision}", f"Bob's {revision}")
        saved = await winners(
            *(each.stages.save_draft(a_draft(revision, text)) for each, text in zip((ann, bob), texts, strict=True))
        )
        assert len(saved) == 1
        assert [await each.stages.draft("passport") for each in (ann, bob)] == [a_draft(revision, texts[saved[0]])] * 2
    deleted = [each.stages.delete_draft("passport", ROUNDS, deed("delete")) for each in (ann, bob)]
    (won,) = await winners(*deleted, ann.stages.save_draft(a_draft(ROUNDS + 1)))
    assert len(await bob.stages.deeds()) == (won < 2)


async def test_of_two_processes_at_once_one_deploys(stores: Open) -> None:
    """A deployment and a revocation, or two deployments, at one moment at different servers: one takes place, and its
    deed is the only one that is noted."""
    ann, bob = await stores(), await stores()
    before, newest = None, 0
    for number in range(1, ROUNDS + 1):
        attempts = [deploys(ann, newest + 1, before), deploys(bob, newest + 1, before)]
        if before is not None:
            attempts += [each.stages.deploy("passport", None, before, deed("revoke")) for each in (bob, ann)]
        won = await winners(*attempts)
        assert len(won) == 1
        newest += won[0] < 2
        before = newest if won[0] < 2 else None
        for each in (ann, bob):
            assert (await deployed(each)).get("passport") == before
            assert [deed.number for deed in await each.stages.deeds(limit=1)] == [number]
        assert await ann.stages.stamp() == await bob.stages.stamp()
    assert len(await bob.stages.versions("passport", limit=1000)) == newest


async def test_deeds_of_many_processes_are_numbered_without_gaps(stores: Open) -> None:
    """Whoever reads on from the last number that they saw must miss nobody's deed."""
    everybody = [await stores() for _ in range(4)]
    await asyncio.gather(
        *(deploys(each, 1, None, workflow=f"w{number}") for number, each in enumerate(everybody * 5)),
        *(deploys(each, 2, 1, workflow="nowhere") for each in everybody),
        return_exceptions=True,
    )
    deeds = await everybody[0].stages.deeds()
    assert [each.number for each in deeds] == list(range(20, 0, -1))
    assert len(await deployed(everybody[1])) == 20


def a_sharing(revision: int, owner: str | None = "ann", **shared: str) -> Sharing:
    return Sharing("passport", revision, owner, shared)


async def test_a_workflow_belongs_to_whoever_saved_it_first(store: Store) -> None:
    """Ann's workflow stays hers when Bob saves it, and when it is deployed."""
    assert await store.stages.sharing("passport") is None
    await store.stages.save_draft(a_draft())
    await store.stages.save_draft(a_draft(2)._replace(saved_by="bob"))
    await deploys(store, 1, None)
    await store.stages.save_draft(a_draft(workflow="address")._replace(saved_by="bob"))
    assert await store.stages.sharing("passport") == a_sharing(1)
    assert await store.stages.sharings() == (Sharing("address", 1, "bob", {}), a_sharing(1))


async def test_who_works_on_a_workflow_is_changed_by_one_at_a_time(store: Store) -> None:
    """Ann takes Bob's role away while Olga gives him another one: who is second has to hear of the first."""
    await store.stages.save_draft(a_draft())
    changed = a_sharing(2, None, bob="editor", zoë="viewer")
    await store.stages.save_sharing(changed, deed("share"))
    assert await store.stages.sharing("passport") == changed
    assert [each.action for each in await store.stages.deeds()] == ["share"]
    for stale in (1, 2, 4):
        with pytest.raises(StaleSharing):
            await store.stages.save_sharing(a_sharing(stale), deed("share"))
    with pytest.raises(StaleSharing):
        await store.stages.save_sharing(a_sharing(2)._replace(workflow="address"), deed("share"))
    assert await store.stages.sharing("passport") == changed
    assert len(await store.stages.deeds()) == 1


async def test_a_workflow_that_is_gone_is_nobodys(store: Store) -> None:
    """Whoever takes the name of a deleted draft starts anew; what has versions goes on being its owner's."""
    await store.stages.save_draft(a_draft())
    await store.stages.save_sharing(a_sharing(2, bob="editor"), deed("share"))
    await store.stages.delete_draft("passport", 1, deed("delete"))
    assert await store.stages.sharing("passport") is None
    await store.stages.save_draft(a_draft()._replace(saved_by="bob"))
    assert await store.stages.sharing("passport") == a_sharing(1, "bob")
    await deploys(store, 1, None)
    await store.stages.delete_draft("passport", 1, deed("delete"))
    assert await store.stages.sharing("passport") == a_sharing(1, "bob")
