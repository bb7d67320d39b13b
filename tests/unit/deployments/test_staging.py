"""A draft becomes a version that runs are started from, and the one before comes back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from tests.unit.deployments.texts import BROKEN, ORDER, PASSPORT
from tests.workflows import Clock
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading.document import Document
from wizard.deployments import staging
from wizard.deployments.diff import lines
from wizard.deployments.serving import DeployedDefinitions
from wizard.deployments.staging import Staging
from wizard.deployments.texts import compiled, id_of
from wizard.errors import (
    DefinitionError,
    DraftNotFound,
    NothingBefore,
    NothingDeployed,
    StaleDraft,
    WorkflowNotFound,
)
from wizard.node import Registry
from wizard.stores.memory import MemoryStore


class Office:
    """A store, and Ann, who edits and deploys."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.registry = Registry.installed()
        self.staging = Staging(self.store.stages, self.registry, Clock())
        self.served = DeployedDefinitions(self.store, self.registry)

    async def saves(self, text: str, revision: int = 0, workflow: str = "passport") -> list[str]:
        draft = await self.staging.save(workflow, text, revision=revision, by="ann")
        return [problem.message for problem in await self.staging.problems(draft)]

    async def deploys(self, workflow: str = "passport", **more: Any) -> int:
        return (await self.staging.deploy(workflow, by="ann", **more)).version.number

    async def revokes(self, workflow: str = "passport") -> int:
        return (await self.staging.revoke(workflow, by="ann")).version.number

    async def serves(self, workflow: str = "passport") -> str:
        await self.served.refresh()
        return self.served.get(workflow).version


@pytest.fixture
def office() -> Office:
    return Office()


async def test_a_draft_is_deployed_and_served(office: Office) -> None:
    """What is edited is nobody's business but its author's, until it is deployed."""
    assert await office.saves(PASSPORT) == []
    with pytest.raises(WorkflowNotFound):
        await office.serves()
    assert await office.deploys() == 1
    assert await office.serves()
    assert not await office.served.refresh()


async def test_a_broken_draft_is_saved_and_not_deployed(office: Office) -> None:
    """An author saves every few seconds, mostly something unfinished; people never meet that."""
    await office.saves(PASSPORT)
    await office.deploys()
    served = await office.serves()
    assert len(await office.saves(BROKEN, 1)) == 2
    with pytest.raises(DefinitionError) as refused:
        await office.deploys()
    assert len(refused.value.problems) == 2
    assert (await office.staging.draft("passport")).text == BROKEN
    assert await office.serves() == served


async def test_a_deployment_is_revoked_as_often_as_there_is_one_before(office: Office) -> None:
    """Two bad deployments in a row are two steps back, and a new one begins from where that led."""
    served = []
    for revision in range(3):
        await office.saves(PASSPORT.replace("Name", f"Name {revision}"), revision)
        assert await office.deploys() == revision + 1
        served.append(await office.serves())
    assert [await office.revokes(), await office.serves()] == [2, served[1]]
    assert [await office.revokes(), await office.serves()] == [1, served[0]]
    with pytest.raises(NothingBefore):
        await office.revokes()
    assert await office.deploys() == 4
    assert [await office.revokes(), await office.serves()] == [1, served[0]]
    deeds = [(deed.action, deed.details["number"]) for deed in reversed(await office.store.stages.deeds())]
    assert deeds == [
        ("deploy", 1), ("deploy", 2), ("deploy", 3), ("revoke", 2), ("revoke", 1), ("deploy", 4), ("revoke", 1),
    ]  # fmt: skip


async def test_what_is_deployed_already_is_not_deployed_again(office: Office) -> None:
    """A pipeline deploys at each build: nothing has changed, and no number is used up."""
    await office.saves(PASSPORT)
    assert [await office.deploys(), await office.deploys()] == [1, 1]
    await office.saves(PASSPORT + "# another comment\n", 1)
    assert await office.deploys() == 2
    assert len(await office.store.stages.deeds()) == 2


async def test_only_the_draft_that_was_looked_at_is_deployed(office: Office) -> None:
    """Bob saves while Ann presses Deploy: what goes to people is what she saw, or nothing."""
    await office.saves(PASSPORT)
    await office.saves(PASSPORT + "# Bob's\n", 1)
    with pytest.raises(StaleDraft):
        await office.deploys(revision=1)
    with pytest.raises(StaleDraft):
        await office.saves(PASSPORT, 1)
    assert await office.deploys(revision=2) == 1


async def test_a_version_keeps_what_it_embedded(office: Office) -> None:
    """Deploying a part changes nothing that embeds it, and says what that is."""
    problems = await office.saves(ORDER, workflow="order")
    assert problems == ["there is no workflow `passport`; deploy it first"]
    with pytest.raises(DefinitionError):
        await office.deploys("order")
    await office.saves(PASSPORT)
    await office.deploys()
    outcome = await office.staging.deploy("order", by="ann")
    assert outcome.embeds == {"passport": 1}
    served = await office.serves("order")
    await office.saves(PASSPORT.replace("Name", "Your name"), 1)
    assert (await office.staging.deploy("passport", by="ann")).embedded_in == ("order",)
    assert await office.serves("order") == served
    assert await office.deploys("order") == 2
    assert await office.serves("order") != served


async def test_what_is_told_to_be_pinned_is_what_was_compiled(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody deploys the part at the moment when what embeds it is deployed: the audit names the version that runs
    go by, and not the one that came in between."""
    await office.saves(PASSPORT)
    await office.deploys()
    await office.saves(PASSPORT + "# more\n", 1)
    await office.saves(ORDER, workflow="order")

    def slowly(document: Document, embedded: Iterable[Document], *more: Any) -> Catalog:
        if document.data["id"] == "order":
            asyncio.run_coroutine_threadsafe(office.deploys(), loop).result(10)
        return compiled(document, embedded, *more)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(staging, "compiled", slowly)
    assert (await office.staging.deploy("order", by="ann")).embeds == {"passport": 1}
    assert {each.workflow: each.number for each in await office.store.stages.deployed()}["passport"] == 2


async def test_what_is_not_there_can_not_be_deployed_or_revoked(office: Office) -> None:
    """A misspelt name is told, and nothing happens."""
    with pytest.raises(DraftNotFound):
        await office.deploys("pasport")
    with pytest.raises(NothingDeployed):
        await office.revokes("pasport")


async def test_a_draft_is_of_its_own_workflow(office: Office) -> None:
    """A text that is pasted into the wrong editor would replace another workflow."""
    assert await office.saves(PASSPORT, workflow="order") == ["this is the workflow `passport`, not `order`"]
    assert len(await office.saves(PASSPORT + "---\n" + ORDER)) == 1


class Slow(Registry):
    """Waits for the others, five seconds at most, when it is asked for a node type."""

    def __init__(self) -> None:
        vars(self).update(vars(Registry.installed()))
        self.asked, self.others = threading.Event(), threading.Event()
        self.met = False

    def get(self, name: str) -> Any:
        self.asked.set()
        self.met = self.others.wait(5)
        return super().get(name)


@pytest.mark.parametrize("call", ["problems", "deploy"])
async def test_nobody_waits_while_a_large_draft_is_checked(office: Office, call: str) -> None:
    """An editor who saves or deploys a definition of a thousand pages doesn't stop everybody else's runs."""
    await office.saves(PASSPORT)
    draft = await office.staging.draft("passport")
    registry = Slow()
    staging = Staging(office.store.stages, registry, Clock())
    work: dict[str, Any] = {
        "problems": lambda: staging.problems(draft),
        "deploy": lambda: staging.deploy("passport", by="ann"),
    }
    working = asyncio.create_task(work[call]())
    await asyncio.to_thread(registry.asked.wait, 5)
    registry.others.set()
    await working
    assert registry.met


async def test_what_is_embedded_is_a_difference_too(office: Office) -> None:
    """Who looks at what a deployment would change sees that a part is another one, though no key is."""
    await office.saves(PASSPORT)
    await office.deploys()
    await office.saves(ORDER, workflow="order")
    await office.deploys("order")
    assert await office.staging.diff("order") == ()
    await office.saves(PASSPORT.replace("Name}", "Your name}"), 1)
    await office.deploys()
    (change,) = await office.staging.diff("order")
    assert list(lines([change])) == ["~ embeds.passport: 1 -> 2"]
    assert await office.deploys("order") == 2
    assert await office.staging.diff("order", "1", "2") == (change,)
    assert await office.staging.diff("order") == ()


async def test_a_revocation_tells_what_is_embedded(office: Office) -> None:
    """The version that people get again has the parts of then, and not those that are deployed now."""
    await office.saves(PASSPORT)
    await office.deploys()
    await office.saves(ORDER, workflow="order")
    await office.deploys("order")
    await office.saves(PASSPORT.replace("Name}", "Your name}"), 1)
    await office.deploys()
    await office.deploys("order")
    outcome = await office.staging.revoke("order", by="ann")
    assert (outcome.version.number, outcome.embeds) == (1, {"passport": 1})
    assert (await office.staging.revoke("passport", by="ann")).embedded_in == ("order",)


async def test_a_draft_is_deleted_and_its_versions_stay(office: Office) -> None:
    """What was begun in vain goes; what people get, and who saved what since, stays."""
    await office.saves(PASSPORT)
    await office.deploys()
    await office.saves(ORDER, 1)
    with pytest.raises(StaleDraft):
        await office.staging.delete("passport", by="ann", revision=1)
    await office.staging.delete("passport", by="ann", note="Begun anew")
    with pytest.raises(DraftNotFound):
        await office.staging.delete("passport", by="ann")
    assert (await office.staging.version("passport", "deployed")).text == PASSPORT
    deed = (await office.store.stages.deeds())[0]
    assert (deed.action, deed.details, deed.note) == ("delete", {"draft": 2}, "Begun anew")
    await office.saves(PASSPORT)


@pytest.mark.parametrize("name", ["5", "[a]", "true", "a b", "''"])
def test_an_id_that_is_no_name_is_told_as_that(name: str) -> None:
    """Who writes `id: 5` reads what an id is, and not that there is none."""
    with pytest.raises(DefinitionError, match="`id` must be a name of at most 64 letters"):
        id_of(f"id: {name}\nnodes: []\n")
