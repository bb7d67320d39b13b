"""The workflows that a process starts runs from: those that are deployed in its store, as soon as they are.

Looking costs one small read. What is compiled stays while it is deployed, and the whole set changes at once: nobody
gets one workflow of before and one of after.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from wizard.definitions.catalog import Catalog
from wizard.model import Run, Workflow
from wizard.model.staging import Deployed
from wizard.node import Registry
from wizard.stores.contract import Store
from wizard.telemetry.logs import broke

log = logging.getLogger("wizard.deployments")


class DeployedDefinitions:
    """Definitions (wizard.engine.pinned) as they are deployed in a store. `refresh` is called every now and then."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._catalog = Catalog.empty(registry)
        self._compiled: dict[str, tuple[Workflow, bytes]] = {}  # by version
        self._stamp: int | None = None

    async def refresh(self) -> bool:
        """Takes over what is deployed now; whether anything else was before. What can't be compiled here is left out,
        and the log says so."""
        stamp = await self._store.stages.stamp()
        if stamp == self._stamp:
            return False
        deployed = await self._store.stages.deployed()
        compiled = {each.version: known for each in deployed if (known := await self._workflow(each)) is not None}
        there = [each for each in deployed if each.version in compiled]
        self._catalog = Catalog(
            {each.workflow: compiled[each.version][0] for each in there},
            {each.workflow: compiled[each.version][1] for each in there},
            [],
            self._registry,
        )
        self._compiled, self._stamp = compiled, stamp
        return True

    async def _workflow(self, deployed: Deployed) -> tuple[Workflow, bytes] | None:
        known = self._compiled.get(deployed.version)
        if known is not None:
            return known
        try:
            body = await self._store.definition(deployed.version)
            assert body is not None, "it isn't stored"
            return self._catalog.compile(body), body
        except Exception as error:  # a plug-in that is missing here must not stop what needs none
            broke(log, error, "version %d of workflow %s can't be served", deployed.number, deployed.workflow)
            return None

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
