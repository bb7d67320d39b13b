"""The workflows that a process starts runs from: those that are deployed in its store, as soon as they are.

Looking costs one small read (wizard.stores.following). What is compiled stays while it is deployed, and the whole set
changes at once: nobody gets one workflow of before and one of after.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial

from wizard.definitions.catalog import Catalog
from wizard.errors import DataUnreadable, NotGenuine
from wizard.model import Run, Workflow
from wizard.model.staging import Deployed
from wizard.node import Registry
from wizard.process.calls import Calls
from wizard.process.isolation import Whose
from wizard.stores.contract import Store
from wizard.stores.following import Follower, look
from wizard.stores.following import following as following_store
from wizard.telemetry.logs import broke

LIMIT = 60.0  # seconds that compiling one version may take

AWAY = "the store can't say what is deployed; what was before is served meanwhile"
BACK = "the store says again what is deployed"

log = logging.getLogger("wizard.deployments")


class DeployedDefinitions:
    """Definitions (wizard.engine.pinned) as they are deployed in a store. `refresh` is called every now and then, which
    `following` sees to."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self.store = store
        self.registry = registry
        self._calls = Calls(at_once=1)
        self._catalog = Catalog.empty(registry)
        self._compiled: dict[str, tuple[Workflow, bytes]] = {}  # by version
        self._deployed: list[Deployed] = []
        self._seen: tuple[int, int] | None = None  # the stamp, and the registry's revision

    async def refresh(self, stamp: int | None = None) -> bool:
        """Takes over what is deployed now; whether anything else was before. `stamp` is the store's where its caller
        knows it. What can't be compiled here is left out, and the log says so. Raises StoreError, and then nothing has
        changed."""
        if stamp is None:
            stamp = await self.store.stages.stamp()
        seen = stamp, self.registry.revision
        if seen == self._seen:
            return False
        if self._seen is not None and seen[1] != self._seen[1]:
            self._compiled = {}  # what a service offers may be another type now
        deployed = await self.store.stages.deployed()
        compiled = {each.version: known for each in deployed if (known := await self._workflow(each)) is not None}
        there = [each for each in deployed if each.version in compiled]
        self._catalog = Catalog(
            {each.workflow: compiled[each.version][0] for each in there},
            {each.workflow: compiled[each.version][1] for each in there},
            [],
            self.registry,
        )
        self._log(there)
        self._compiled, self._deployed, self._seen = compiled, there, seen
        return True

    def _log(self, deployed: list[Deployed]) -> None:
        for each in deployed:
            if each not in self._deployed:
                log.info("workflow %s is served in version %d from now on", each.workflow, each.number)
        for workflow in sorted({each.workflow for each in self._deployed} - {each.workflow for each in deployed}):
            log.info("workflow %s isn't served any more", workflow)

    async def _workflow(self, deployed: Deployed) -> tuple[Workflow, bytes] | None:
        known = self._compiled.get(deployed.version)
        if known is not None:
            return known
        try:
            body = await self.store.definition(deployed.version)
        except DataUnreadable as error:
            _left_out(deployed, error)
            return None
        try:
            assert body is not None, "it isn't stored"
            workflow = await self._in_thread(deployed, partial(self._catalog.compile, body))
            if workflow.version != deployed.version:
                raise NotGenuine("another definition is stored under this version")
        except Exception as error:  # a plug-in that is missing here must not stop what needs none
            _left_out(deployed, error)
            return None
        return workflow, body

    async def _in_thread(self, deployed: Deployed, function: Callable[[], Workflow]) -> Workflow:
        """What takes seconds for a large definition, in which the event loop is everybody's."""
        whose = Whose(f"version {deployed.number} of {deployed.workflow}", kind="definition")
        made: Workflow = await self._calls.within(LIMIT, lambda: self._calls.function(function, {}), whose)
        return made

    def get(self, workflow_id: str) -> Workflow:
        return self._catalog.get(workflow_id)

    def all_workflows(self) -> Collection[Workflow]:
        return self._catalog.all_workflows()

    def bundle(self, workflow_id: str) -> bytes:
        return self._catalog.bundle(workflow_id)

    def compile(self, bundle: bytes) -> Workflow:
        return self._catalog.compile(bundle)

    def outline(self, run: Run, bundle: bytes | None, error: Exception | None) -> Workflow:
        return self._catalog.outline(run, bundle, error)


def _left_out(deployed: Deployed, error: Exception) -> None:
    broke(log, error, "version %d of workflow %s can't be served", deployed.number, deployed.workflow)


@asynccontextmanager
async def following(
    definitions: DeployedDefinitions, changed: Callable[[], object] = lambda: None, *others: Follower
) -> AsyncIterator[None]:
    """Serves what is deployed from the first moment of the context on, and follows each deployment until its end;
    `changed` is called after each. A store that is away for a while is told once in the log, and what was deployed
    before goes on being served. `others` follow the same store by the same looks, each time before what is deployed.
    Raises StoreError where the store is away at the beginning."""

    async def refresh(stamp: int) -> None:
        if await definitions.refresh(stamp):
            changed()

    await look(definitions.store, *others)
    await definitions.refresh()
    if not definitions.all_workflows():
        log.warning("nothing is deployed yet that can be served here; it is served as soon as it is")
    changed()
    async with following_store(definitions.store, *others, Follower(refresh, log, AWAY, BACK)):
        yield
