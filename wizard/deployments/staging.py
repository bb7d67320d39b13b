"""Saving drafts, deploying them and revoking deployments.

A version embeds what was deployed when it was: whoever deploys a workflow changes none that embeds it until that is
deployed anew, and is told which these are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from wizard.definitions.catalog import Catalog
from wizard.definitions.reading.document import Document
from wizard.deployments.diff import Change, diff
from wizard.deployments.resources import lacking, named_in_texts
from wizard.deployments.texts import compiled, embedded_in, read_text
from wizard.errors import (
    DefinitionError,
    DraftNotFound,
    NothingBefore,
    NothingDeployed,
    Problem,
    StaleDraft,
    VersionNotFound,
)
from wizard.model import Value
from wizard.model.staging import Deed, Draft, Sharing, Stages, Version
from wizard.node import Registry
from wizard.resources.handing import Resources

EMBEDS = "embeds"  # under which changes name the numbers of what is embedded


class Outcome(NamedTuple):
    """The version that is deployed now. `embeds` are the numbers that were pinned, by workflow, and
    `embedded_in` the deployed workflows that embed this one and keep what they have until they are deployed anew.
    `warnings` are of the draft, `lacking` says what is missing of the resources that it names."""

    version: Version
    embeds: Mapping[str, int]
    embedded_in: tuple[str, ...]
    warnings: tuple[Problem, ...] = ()
    lacking: tuple[str, ...] = ()


class Staging:
    """What editors and deployers do with the workflows of a store. `by` says who does it, as the caller names them."""

    def __init__(
        self, stages: Stages, registry: Registry, clock: Callable[[], datetime], resources: Resources | None = None
    ) -> None:
        self._stages = stages
        self._resources = resources
        self._registry = registry
        self._clock = clock

    @property
    def resources(self) -> Resources | None:
        """What nodes are handed, where that is known."""
        return self._resources

    @property
    def registry(self) -> Registry:
        """The node types that texts may use."""
        return self._registry

    # -- drafts ----------------------------------------------------------------------------------

    async def save(self, workflow: str, text: str, *, revision: int, by: str) -> Draft:
        """Saves over the draft of that revision, 0 for a new one, whatever is wrong with it. Raises StaleDraft."""
        first = await self.first(workflow) if revision == 0 else 1
        draft = Draft(workflow, revision + 1 if revision else first, text, self._clock(), by)
        await self._stages.save_draft(draft, first)
        return draft

    async def first(self, workflow: str) -> int:
        """The revision that begins a draft of it: one that no draft had which was deleted. Whoever still has that open
        would save over the new one otherwise, which they have never seen."""
        below: int | None = None
        while deeds := await self._stages.deeds(workflow, below=below):
            for deed in deeds:
                deleted = deed.details.get("draft")
                if deed.action == "delete" and isinstance(deleted, int):
                    return deleted + 1
            below = deeds[-1].number
        return 1

    async def draft(self, workflow: str) -> Draft:
        """Raises DraftNotFound."""
        draft = await self._stages.draft(workflow)
        if draft is None:
            raise DraftNotFound(workflow=workflow)
        return draft

    async def delete(self, workflow: str, *, by: str, note: str = "", revision: int | None = None) -> Draft:
        """Deletes the draft, of that revision where one is named, and gives it back. Versions stay, and what is
        deployed stays deployed. Raises DraftNotFound and StaleDraft."""
        draft = await self.draft(workflow)
        if revision not in (None, draft.revision):
            raise StaleDraft(workflow=workflow)
        deed = Deed(0, self._clock(), by, "delete", workflow, {"draft": draft.revision}, note)
        await self._stages.delete_draft(workflow, draft.revision, deed)
        return draft

    async def problems(self, draft: Draft) -> tuple[Problem, ...]:
        """What is wrong with a draft, beside what is deployed of what it embeds."""
        try:
            document = await _read(draft.text, draft.workflow)
            embedded = await self._embedded(document, await self._numbers())
            return tuple((await self._compiled(document, embedded)).warnings)
        except DefinitionError as error:
            return tuple(error.problems)

    async def sharing(self, workflow: str) -> Sharing:
        """Whose it is, and who else works on it. Raises DraftNotFound where there is neither a draft nor a version."""
        sharing = await self._stages.sharing(workflow)
        if sharing is None:
            raise DraftNotFound(workflow=workflow)
        return sharing

    async def share(self, sharing: Sharing, *, by: str) -> Sharing:
        """Saves over the sharing of that revision; as it is saved. Raises StaleSharing."""
        saved = sharing._replace(revision=sharing.revision + 1)
        shared: dict[str, Value] = dict(saved.shared)
        details: dict[str, Value] = {"owner": saved.owner, "shared": shared}
        deed = Deed(0, self._clock(), by, "share", saved.workflow, details, "")
        await self._stages.save_sharing(saved, deed)
        return saved

    async def checked(self, workflow: str) -> Catalog:
        """The draft, compiled, beside what is deployed of what it embeds. Raises DraftNotFound, and DefinitionError
        where anything is wrong with it."""
        document = await _read((await self.draft(workflow)).text, workflow)
        return await self._compiled(document, await self._embedded(document, await self._numbers()))

    # -- deployments -----------------------------------------------------------------------------

    async def deploy(self, workflow: str, *, by: str, note: str = "", revision: int | None = None) -> Outcome:
        """Makes a version of the draft, of that revision where one is named, and deploys it. A draft that is deployed
        as it stands makes no new version.

        Raises DraftNotFound, StaleDraft, DefinitionError where anything is wrong with it, and StaleDeployment.
        """
        draft = await self.draft(workflow)
        if revision not in (None, draft.revision):
            raise StaleDraft(workflow=workflow)
        document, numbers = await _read(draft.text, workflow), await self._numbers()
        embedded = await self._embedded(document, numbers)
        catalog = await self._compiled(document, embedded)
        warnings = tuple(catalog.warnings)
        pinned = {name: numbers[name] for name in embedded}
        lacks = await self._lacking(draft.text)
        now = await self._version(workflow, numbers)
        at, compiled_version = self._clock(), catalog.get(workflow).version
        if now is not None and (now.text, now.version) == (draft.text, compiled_version):
            return Outcome(now, pinned, (), warnings, lacks)
        newest = await self._stages.versions(workflow, 1)
        number = newest[0].number + 1 if newest else 1
        before = None if now is None else now.number
        version = Version(workflow, number, compiled_version, draft.text, at, by, note, before)
        embeds: dict[str, Value] = dict(pinned)
        deed = Deed(0, at, by, "deploy", workflow, {"number": number, "embeds": embeds}, note)
        await self._stages.add_version(version, catalog.bundle(workflow), deed)
        return Outcome(version, pinned, await self._embedding(workflow), warnings, lacks)

    async def _lacking(self, text: str) -> tuple[str, ...]:
        """What is missing of the resources that a text names; what it embeds was told of when that was deployed."""
        if self._resources is None:
            return ()
        names = await asyncio.to_thread(named_in_texts, [text], self._registry)
        return await lacking(names, self._resources)

    async def revoke(self, workflow: str, *, by: str, note: str = "") -> Outcome:
        """Deploys what was deployed before. Raises NothingDeployed, NothingBefore and StaleDeployment."""
        now = await self._version(workflow, await self._numbers())
        if now is None:
            raise NothingDeployed(workflow=workflow)
        if now.before is None:
            raise NothingBefore(workflow=workflow)
        details: dict[str, Value] = {"number": now.before, "revoked": now.number}
        deed = Deed(0, self._clock(), by, "revoke", workflow, details, note)
        await self._stages.deploy(workflow, now.before, now.number, deed)
        before = await self._stages.version(workflow, now.before)
        assert before is not None, "versions stay"
        return Outcome(before, await self.pinned(before), await self._embedding(workflow))

    # -- comparing -------------------------------------------------------------------------------

    async def text(self, workflow: str, stage: str) -> str:
        """The text of a stage: `draft`, `deployed`, or a version by its number.

        Raises DraftNotFound, NothingDeployed and VersionNotFound.
        """
        return (await self.draft(workflow)).text if stage == "draft" else (await self.version(workflow, stage)).text

    async def version(self, workflow: str, stage: str) -> Version:
        """What is `deployed`, or a version by its number. Raises NothingDeployed and VersionNotFound."""
        if stage == "deployed":
            version = await self._version(workflow, await self._numbers())
            if version is None:
                raise NothingDeployed("Nothing of this workflow is deployed.", workflow=workflow)
            return version
        number = int(stage) if stage.isascii() and stage.isdigit() and len(stage) < 10 else 0
        version = await self._stages.version(workflow, number)
        if version is None:
            raise VersionNotFound(workflow=workflow)
        return version

    async def diff(self, workflow: str, before: str = "deployed", after: str = "draft") -> tuple[Change, ...]:
        """The changes that lead from one stage to another (see `text`, whose errors are raised), and behind them those
        of the numbers of what it embeds. Raises DefinitionError for a draft that can't be read."""
        old, new = await self.text(workflow, before), await self.text(workflow, after)
        # Two large definitions may take a second; nobody else waits for that.
        changes = await asyncio.to_thread(lambda: diff(read_text(old, workflow).data, read_text(new, workflow).data))
        embedded = await self._embeds(workflow, before), await self._embeds(workflow, after)
        return (*changes, *diff(*({EMBEDS: dict(numbers)} for numbers in embedded)))

    async def pinned(self, version: Version) -> dict[str, int]:
        """The numbers of what a version embeds, by workflow."""
        below: int | None = None
        while deeds := await self._stages.deeds(version.workflow, below=below):
            for deed in deeds:
                embeds = deed.details.get("embeds")
                if deed.details.get("number") == version.number and isinstance(embeds, Mapping):
                    return dict(embeds)
            below = deeds[-1].number
        return {}

    async def _embeds(self, workflow: str, stage: str) -> dict[str, int]:
        """The same of a stage; what a draft embeds is what is deployed of that."""
        if stage != "draft":
            return await self.pinned(await self.version(workflow, stage))
        numbers = await self._numbers()
        document = await _read((await self.draft(workflow)).text, workflow)
        return {name: numbers[name] for name in await self._embedded(document, numbers)}

    # -- what is deployed ------------------------------------------------------------------------

    async def _numbers(self) -> dict[str, int]:
        return {each.workflow: each.number for each in await self._stages.deployed()}

    async def _version(self, workflow: str, numbers: Mapping[str, int]) -> Version | None:
        number = numbers.get(workflow)
        return None if number is None else await self._stages.version(workflow, number)

    async def _compiled(self, document: Document, embedded: Mapping[str, Document]) -> Catalog:
        # A large definition takes seconds; nobody else waits for that.
        deployed = frozenset(await self._numbers())
        return await asyncio.to_thread(compiled, document, embedded.values(), self._registry, deployed)

    async def _embedded(self, document: Document, numbers: Mapping[str, int]) -> dict[str, Document]:
        """What a definition embeds, and what that does, in the versions of these numbers; what has none is left out,
        and the checks say so."""
        embedded: dict[str, Document] = {}
        waiting = [*embedded_in(document.data)]
        own = document.data["id"]
        while waiting:
            name = waiting.pop()
            version = None if name == own or name in embedded else await self._version(name, numbers)
            if version is not None:
                embedded[name] = await _read(version.text, name)
                waiting += embedded_in(embedded[name].data)
        return embedded

    async def _embedding(self, workflow: str) -> tuple[str, ...]:
        embedding = []
        for each in await self._stages.deployed():
            version = await self._stages.version(each.workflow, each.number)
            if version is not None:
                document = await _read(version.text, each.workflow)
                if workflow in embedded_in(document.data):
                    embedding.append(each.workflow)
        return tuple(embedding)


async def _read(text: str, workflow: str) -> Document:
    # A large text takes a second; nobody else waits for that.
    return await asyncio.to_thread(read_text, text, workflow)
