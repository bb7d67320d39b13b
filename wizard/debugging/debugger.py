"""Debug runs of what is in a store: a draft as it stands, or a version."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wizard.debugging.playing import Tried, play
from wizard.definitions.catalog import compile_bundle
from wizard.deployments.staging import Staging
from wizard.errors import DataUnreadable
from wizard.model.instants import Clock
from wizard.model.trial import Report, Trial
from wizard.node import Registry, Services
from wizard.stores.contract import Store

AT_ONCE = 2  # trials in one process: they compute, and others wait


class Debugger:
    """Tries out what a store has. Nothing of a trial is stored there."""

    def __init__(
        self, store: Store, staging: Callable[[], Staging], registry: Registry, services: Services, clock: Clock
    ) -> None:
        self._store = store
        self._staging = staging
        self._registry = registry
        self._services = services
        self._clock = clock
        self._room = asyncio.Semaphore(AT_ONCE)

    async def debug(self, workflow: str, stage: str, trial: Trial) -> Report:
        """What comes of a trial of a stage (`draft`, `deployed` or a version's number).

        Raises DraftNotFound, NothingDeployed, VersionNotFound, DefinitionError for a draft with errors, and
        InvalidInput.
        """
        async with self._room:
            tried = await self._tried(workflow, stage)
            return await play(tried, trial, self._services, self._clock.wall())

    async def _tried(self, workflow: str, stage: str) -> Tried:
        if stage == "draft":
            catalog = await self._staging().checked(workflow)
            return Tried(catalog.get(workflow), catalog.bundle(workflow))
        version = await self._staging().version(workflow, stage)
        body = await self._store.definition(version.version)
        if body is None:
            raise DataUnreadable("The definition of this version isn't stored. Restore the store from a backup.")
        return Tried(await asyncio.to_thread(compile_bundle, body, self._registry), body)
