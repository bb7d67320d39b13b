"""A workflow leaves one store and comes into another: whole, or not at all."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from tests.unit.deployments.texts import BROKEN, ORDER, PASSPORT
from tests.workflows import Clock
from wizard.deployments.bundles import Bundle, read_bundle, write_bundle
from wizard.deployments.staging import Staging
from wizard.deployments.transfer import Transfer
from wizard.errors import BundleRefused, DraftNotFound, StaleDraft
from wizard.node import Registry
from wizard.stores.memory import MemoryStore

OTHER = PASSPORT.replace("Name}", "Your name}")


class Place:
    """A store, and who works there."""

    def __init__(self, functions: Collection[str] | None = None) -> None:
        self.store = MemoryStore()
        self.staging = Staging(self.store.stages, Registry.installed(), Clock())
        self.transfer = Transfer(self.store.stages, Registry.installed(), Clock(), functions)

    async def has(self, **texts: str) -> Place:
        for workflow, text in texts.items():
            stored = await self.store.stages.draft(workflow)
            await self.staging.save(workflow, text, revision=stored.revision if stored else 0, by="ann")
        return self

    async def deploys(self, **texts: str) -> Place:
        await self.has(**texts)
        for workflow in texts:
            await self.staging.deploy(workflow, by="dora")
        return self

    async def drafts(self) -> dict[str, str]:
        return {draft.workflow: draft.text for draft in await self.store.stages.drafts()}

    async def exports(self, workflow: str = "order", stage: str = "draft") -> Bundle:
        return read_bundle(write_bundle(await self.transfer.export(workflow, stage)))


async def test_it_comes_with_all_that_it_embeds() -> None:
    """Somebody who imports one file has everything that the workflow is made of, to the byte."""
    here = await (await Place().deploys(passport=PASSPORT)).has(order=ORDER)
    bundle = await here.exports()
    assert [part[:2] for part in bundle.parts] == [("order", "draft 1"), ("passport", "version 1")]
    there = Place()
    plan = await there.transfer.bring_in(bundle, by="bob")
    assert [part[1:] for part in plan.parts] == [("new", 1), ("new", 1)]
    assert await there.drafts() == {"order": ORDER, "passport": PASSPORT}
    assert (await there.staging.draft("order")).saved_by == "bob"


async def test_a_version_comes_with_what_it_was_pinned_to() -> None:
    """What people got then is what is exported, whatever is deployed of its parts since."""
    here = await (await Place().deploys(passport=PASSPORT)).deploys(order=ORDER)
    await here.deploys(passport=OTHER)
    assert [part.text for part in (await here.exports(stage="1")).parts] == [ORDER, PASSPORT]
    assert (await here.exports(stage="deployed")).parts[1].text == PASSPORT
    assert (await here.exports()).parts[1].text == OTHER


async def test_a_part_that_is_only_a_draft_comes_as_that() -> None:
    """Colleagues who work on two drafts that belong together hand over both."""
    here = await Place().has(order=ORDER, passport=BROKEN)
    assert [part.stage for part in (await here.exports()).parts] == ["draft 1", "draft 1"]
    with pytest.raises(DraftNotFound):
        await here.exports("nothing")


async def test_the_same_again_changes_nothing() -> None:
    """A pipeline imports the same bundle at each build."""
    bundle = await (await Place().has(passport=PASSPORT)).exports("passport")
    there = await Place().has(passport=PASSPORT)
    plan = await there.transfer.bring_in(bundle, by="bob")
    assert plan.parts == (("passport", "unchanged", 1),)
    assert (await there.staging.draft("passport")).saved_by == "ann"


async def test_all_that_hinders_is_told_before_anything_changes() -> None:
    """Ann learns at once what to install and whom to ask, and isn't left with half of a workflow."""
    text = (
        ORDER
        + "  - {id: say, type: acme_sms}\n  - {id: f, type: form, fields: [{name: a, type: acme_iban, label: A}]}\n"
    )
    here = await (await Place().deploys(passport=PASSPORT)).has(order=text)
    bundle = await here.exports()
    bundle = bundle._replace(needs=bundle.needs._replace(node_types={"acme_sms": "acme-wizard 1.2"}))
    there = await (await Place().deploys(passport=OTHER)).has(order=ORDER)
    before = await there.drafts()
    with pytest.raises(BundleRefused) as caught:
        await there.transfer.bring_in(bundle, by="bob")
    assert caught.value.hindrances == (
        "There is no node type `acme_sms` here; it came from acme-wizard 1.2, which has to be installed.",
        "There is no field type `acme_iban` here.",
        "There is a draft of `order` already, with another text: draft 1, saved by ann.",
        "There is a draft of `passport` already, with another text: draft 1, saved by ann.",
        "`order` embeds `passport`, of which another text is deployed here: version 1.",
    )
    assert await there.drafts() == before
    assert (await there.transfer.plan(bundle)).hindrances == caught.value.hindrances


async def test_what_is_there_is_replaced_on_purpose_only() -> None:
    """Who says so gets the texts of the bundle; types that are missing can't be replaced away."""
    bundle = await (await (await Place().deploys(passport=PASSPORT)).has(order=ORDER)).exports()
    there = await Place().deploys(passport=OTHER)
    plan = await there.transfer.bring_in(bundle, by="bob", replace=True)
    assert plan.parts == (("order", "new", 1), ("passport", "replaced", 2))
    assert await there.drafts() == {"order": ORDER, "passport": PASSPORT}
    assert (await there.staging.version("passport", "deployed")).text == OTHER


async def test_somebody_who_saves_meanwhile_wins() -> None:
    """What Ann saves in the same moment isn't lost, and nothing of the bundle is there then."""
    bundle = await (await (await Place().deploys(passport=PASSPORT)).has(order=ORDER)).exports()
    there = Place()
    plan = there.transfer.plan

    async def and_ann_saves(bundle: Bundle, *, replace: bool = False) -> object:
        made = await plan(bundle, replace=replace)
        await there.has(passport=OTHER)
        return made

    there.transfer.plan = and_ann_saves  # type: ignore[method-assign, assignment]
    with pytest.raises(StaleDraft):
        await there.transfer.bring_in(bundle, by="bob")
    assert await there.drafts() == {"passport": OTHER}


async def test_functions_that_are_missing_are_named() -> None:
    """The application may register them later, so that is no reason to refuse."""
    text = "id: pay\nnodes:\n  - {id: charge, type: python, function: charge}\n"
    bundle = await (await Place().has(pay=text)).exports("pay")
    assert (await Place(["other"]).transfer.bring_in(bundle, by="bob")).functions == ("charge",)
    assert (await Place(["charge"]).transfer.plan(bundle)).functions == ()
    assert (await Place().transfer.plan(bundle)).functions is None


async def test_mistakes_come_along_and_are_told() -> None:
    """A draft with mistakes is a draft."""
    bundle = await (await Place().has(passport=BROKEN.replace("nothing-like-it", "form"))).exports("passport")
    there = Place()
    plan = await there.transfer.bring_in(bundle, by="bob")
    assert plan.problems
    assert (await there.drafts()).keys() == {"passport"}
