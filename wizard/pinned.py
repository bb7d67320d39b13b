"""The version of a workflow that each run is pinned to (S22): compiled once, whatever the definitions say now."""

from __future__ import annotations

from typing import Protocol

from wizard.errors import StoreError
from wizard.model import Run, Workflow
from wizard.stores import Store


class Definitions(Protocol):
    """The workflows that new runs start from (wizard.catalog.Catalog)."""

    def get(self, workflow_id: str) -> Workflow: ...

    def bundle(self, workflow_id: str) -> bytes:
        """The definition and all that it embeds, for the store to keep."""

    def compile(self, bundle: bytes) -> Workflow:
        """The workflow of a stored bundle."""


class Pinned:
    """Workflows by version, kept in the store and, compiled, in memory."""

    def __init__(self, definitions: Definitions, store: Store) -> None:
        self._definitions = definitions
        self._store = store
        self._workflows: dict[str, Workflow] = {}
        self._saved: set[str] = set()

    async def save(self, workflow: Workflow) -> None:
        """Has the store keep a workflow before the first run is pinned to it."""
        if workflow.version not in self._saved:
            await self._store.save_definition(workflow.version, self._definitions.bundle(workflow.id))
            self._saved.add(workflow.version)
        self._workflows.setdefault(workflow.version, workflow)

    async def workflow_of(self, run: Run) -> Workflow:
        """Raises StoreError where the store hasn't got it."""
        workflow = self._workflows.get(run.version)
        if workflow is None:
            body = await self._store.definition(run.version)
            if body is None:
                raise StoreError(
                    "The definition that this run was started with isn't in the store. Restore it from a backup.",
                    workflow=run.workflow,
                    run=run.id,
                )
            workflow = self._definitions.compile(body)
            self._workflows[run.version] = workflow
        return workflow
