"""Workflows leave a store as a bundle, and come into another one as drafts: all of them, or none.

What is missing where they are to come to, and what they would take the place of, is told before anything is changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from wizard.definitions.catalog import Catalog
from wizard.deployments.bundles import Bundle, Part, needs_of
from wizard.deployments.resources import lacking, named_in_texts
from wizard.deployments.staging import Staging
from wizard.deployments.texts import embedded_in, read_text
from wizard.errors import BundleRefused, DefinitionError, NothingDeployed, Problem
from wizard.model.staging import Draft, Stages
from wizard.node import Registry
from wizard.node.registry import REMOTE
from wizard.resources.handing import NONE, Resources


class Planned(NamedTuple):
    """What becomes of a text: a new draft, the draft that there is already, or one in the place of another."""

    workflow: str
    result: Literal["new", "unchanged", "replaced"]
    revision: int  # of the draft, when it is imported


class Plan(NamedTuple):
    """What an import does. `hindrances` are what has to be mended before, or to be replaced on purpose; `problems`
    what is wrong in the texts, which drafts may be; `functions` those that they need and that aren't known here, None
    where nobody can tell; `lacking` what is missing of the resources that they name."""

    parts: tuple[Planned, ...]
    hindrances: tuple[str, ...]
    problems: tuple[Problem, ...]
    functions: tuple[str, ...] | None
    lacking: tuple[str, ...] = ()


class Transfer:
    """Exports from a store and imports into it. `functions` are the names of those that the application has, None
    where they aren't known; `resources` are those that nodes are handed."""

    def __init__(
        self,
        stages: Stages,
        registry: Registry,
        clock: Callable[[], datetime],
        functions: Collection[str] | None = None,
        resources: Resources = NONE,
    ) -> None:
        self._stages = stages
        self._staging = Staging(stages, registry, clock)
        self._registry = registry
        self._clock = clock
        self._functions = functions
        self._resources = resources

    # -- export ------------------------------------------------------------------------------------

    async def export(
        self, workflow: str, stage: str = "draft", check: Callable[[str], Awaitable[None]] | None = None
    ) -> Bundle:
        """A stage of a workflow (`draft`, `deployed`, or a version's number) with what it embeds: of a version as it
        was pinned, of a draft as it is deployed, or else its draft. `check` is asked about each workflow that is
        embedded before it is read, and raises where whoever exports may not see it.

        Raises DraftNotFound, NothingDeployed, VersionNotFound, DefinitionError for a text that can't be read, and what
        `check` raises.
        """
        part, pinned = await self._part(workflow, stage)
        parts, waiting = {workflow: part}, [part]
        while waiting:
            document = await asyncio.to_thread(read_text, waiting.pop().text)
            for name in sorted(embedded_in(document.data)):
                if name in parts:
                    continue
                if check is not None:
                    await check(name)
                if (found := await self._embedded(name, pinned)) is not None:
                    parts[name] = found
                    waiting.append(found)
        texts = [each.text for each in parts.values()]
        needs = await asyncio.to_thread(needs_of, texts, self._registry)
        embedded = (parts[name] for name in sorted(parts) if name != workflow)
        return Bundle(workflow, (part, *embedded), needs)

    async def _part(self, workflow: str, stage: str) -> tuple[Part, Mapping[str, int]]:
        """The text, and the numbers of what it embeds."""
        if stage == "draft":
            draft = await self._staging.draft(workflow)
            return Part(workflow, f"draft {draft.revision}", draft.text), {}
        version = await self._staging.version(workflow, stage)
        return Part(workflow, f"version {version.number}", version.text), await self._staging.pinned(version)

    async def _embedded(self, name: str, pinned: Mapping[str, int]) -> Part | None:
        number = pinned.get(name)
        try:
            version = await self._staging.version(name, "deployed" if number is None else str(number))
        except NothingDeployed:
            draft = await self._stages.draft(name)
            return None if draft is None else Part(name, f"draft {draft.revision}", draft.text)
        return Part(name, f"version {version.number}", version.text)

    # -- import ------------------------------------------------------------------------------------

    async def plan(self, bundle: Bundle, *, replace: bool = False) -> Plan:
        """What an import does, and what hinders it. With `replace`, other texts that there are don't."""
        hindrances = await asyncio.to_thread(lambda: list(self._lacking(bundle)))
        parts = []
        for part in bundle.parts:
            stored = await self._stages.draft(part.workflow)
            if stored is not None and stored.text == part.text:
                parts.append(Planned(part.workflow, "unchanged", stored.revision))
                continue
            revision = await self._staging.first(part.workflow) if stored is None else stored.revision + 1
            parts.append(Planned(part.workflow, "new" if stored is None else "replaced", revision))
            if not replace:
                hindrances += await self._clashes(bundle, part, stored)
        problems = await asyncio.to_thread(self._problems, bundle)
        unknown = None if self._functions is None else tuple(set(bundle.needs.functions).difference(self._functions))
        functions = None if unknown is None else tuple(sorted(unknown))
        texts = [part.text for part in bundle.parts]
        names = {**bundle.needs.resources, **await asyncio.to_thread(named_in_texts, texts, self._registry)}
        return Plan(tuple(parts), tuple(hindrances), problems, functions, await lacking(names, self._resources))

    async def bring_in(self, bundle: Bundle, *, by: str, replace: bool = False) -> Plan:
        """Saves all its texts as drafts. Raises BundleRefused with everything that hinders it, and StaleDraft where
        somebody saves one of the drafts meanwhile; nothing is changed then."""
        plan = await self.plan(bundle, replace=replace)
        if plan.hindrances:
            raise BundleRefused(plan.hindrances)
        texts, at = {part.workflow: part.text for part in bundle.parts}, self._clock()
        changed = [
            Draft(part.workflow, part.revision, texts[part.workflow], at, by)
            for part in plan.parts
            if part.result != "unchanged"
        ]
        if changed:
            first = {part.workflow: part.revision for part in plan.parts if part.result == "new"}
            await self._stages.save_drafts(changed, first)
        return plan

    def _lacking(self, bundle: Bundle) -> Iterator[str]:
        """Types that the texts name, by what they say and by what was known where they come from."""
        here = needs_of((part.text for part in bundle.parts), self._registry)
        for name in sorted({*here.node_types, *bundle.needs.node_types}):
            if self._registry.get(name) is None:
                yield f"There is no node type `{name}` here{_from(bundle.needs.node_types.get(name))}."
        for name in sorted({*here.field_types, *bundle.needs.field_types}):
            if not self._registry.has_field(name):
                yield f"There is no field type `{name}` here{_from(bundle.needs.field_types.get(name))}."

    async def _clashes(self, bundle: Bundle, part: Part, stored: Draft | None) -> list[str]:
        clashes = []
        if stored is not None:
            clashes.append(
                f"There is a draft of `{part.workflow}` already, with another text:"
                f" draft {stored.revision}, saved by {stored.saved_by}."
            )
        if part.workflow != bundle.workflow:
            clashes += await self._conflicts(bundle, part)
        return clashes

    async def _conflicts(self, bundle: Bundle, part: Part) -> list[str]:
        try:
            version = await self._staging.version(part.workflow, "deployed")
        except NothingDeployed:
            return []
        if version.text == part.text:
            return []
        return [
            f"`{bundle.workflow}` embeds `{part.workflow}`, of which another text is deployed here: "
            f"version {version.number}."
        ]

    def _problems(self, bundle: Bundle) -> tuple[Problem, ...]:
        """What is wrong in the texts, taken together."""
        try:
            documents = [read_text(part.text, part.workflow) for part in bundle.parts]
            return tuple(Catalog.from_read(documents, self._registry).warnings)
        except DefinitionError as error:
            return tuple(error.problems)


def _from(package: str | None) -> str:
    if package and package.startswith(REMOTE):
        return f"; it came from the {package}, which has to be registered: `wizard remote-nodes add`"
    return f"; it came from {package}, which has to be installed" if package else ""
