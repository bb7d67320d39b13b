"""The version of a workflow that each run is pinned to (S22): compiled once, whatever the definitions say now.

Where it can't be compiled here, because a node type is gone or the definition isn't of this version, the run is looked
at and ended by an outline of it (wizard.outlines), and whatever would move it is refused until it can be.
"""

from __future__ import annotations

from time import monotonic
from typing import Protocol

from wizard.errors import NotGenuine
from wizard.isolation import contained
from wizard.model import Run, Workflow
from wizard.stores import Store

AGAIN = 30.0  # seconds after which what couldn't be compiled is tried again
MOST_FAILED = 1000  # versions of which that is remembered
MOST_OUTLINES = 200  # runs whose outlines are kept


def _genuine(workflow: Workflow, run: Run) -> Workflow:
    """A version is a hash of its definition: whoever can write to the store can't put another one in its place, which
    would say where answers are sent. Raises NotGenuine."""
    if workflow.version != run.version:
        raise NotGenuine("another definition is stored under this version; restore the one that was stored there")
    return workflow


class Definitions(Protocol):
    """The workflows that new runs start from (wizard.catalog.Catalog)."""

    def get(self, workflow_id: str) -> Workflow: ...

    def bundle(self, workflow_id: str) -> bytes:
        """The definition and all that it embeds, for the store to keep."""

    def compile(self, bundle: bytes) -> Workflow:
        """The workflow of a stored bundle. Whatever is raised says that it can't be compiled here."""

    def outline(self, run: Run, bundle: bytes | None, error: Exception | None) -> Workflow:
        """What can be told of a workflow that can't be compiled, or isn't stored; its `unavailable` says why."""


class Pinned:
    """Workflows by version, kept in the store and, compiled, in memory."""

    def __init__(self, definitions: Definitions, store: Store) -> None:
        self._definitions = definitions
        self._store = store
        self._workflows: dict[str, Workflow] = {}
        self._saved: set[str] = set()
        self._failed: dict[str, tuple[float, Exception]] = {}
        self._outlines: dict[str, tuple[int, Exception | None, Workflow]] = {}  # by run: its revision, what failed

    async def save(self, workflow: Workflow) -> None:
        """Has the store keep a workflow before the first run is pinned to it."""
        if workflow.version not in self._saved:
            await self._store.save_definition(workflow.version, self._definitions.bundle(workflow.id))
            self._saved.add(workflow.version)
        self._workflows.setdefault(workflow.version, workflow)

    async def workflow_of(self, run: Run) -> Workflow:
        """The workflow that moves a run. Raises WorkflowUnavailable where it can't be compiled here."""
        workflow = await self.known_of(run)
        if workflow.unavailable is not None:
            raise workflow.unavailable
        return workflow

    async def known_of(self, run: Run) -> Workflow:
        """The workflow of a run that is looked at or ended: an outline where it can't be compiled here."""
        workflow = self._workflows.get(run.version)
        return await self._compiled(run) if workflow is None else workflow

    async def _compiled(self, run: Run) -> Workflow:
        body = await self._store.definition(run.version)
        if body is None:
            return self._outline(run, None, None)
        at, error = self._failed.get(run.version, (0.0, None))
        if error is None or monotonic() - at > AGAIN:
            try:
                workflow = _genuine(self._definitions.compile(body), run)
            except BaseException as raised:
                error = contained(raised)
                self._remember(run.version, error)
            else:
                self._workflows[run.version] = workflow
                self._failed.pop(run.version, None)
                return workflow
        return self._outline(run, None if isinstance(error, NotGenuine) else body, error)

    def _outline(self, run: Run, body: bytes | None, error: Exception | None) -> Workflow:
        """A run that waits for its code is looked at again and again: each time by the same outline."""
        known = self._outlines.get(run.id)
        if known is not None and known[0] == run.revision and known[1] is error:
            return known[2]
        outline = self._definitions.outline(run, body, error)
        self._outlines.pop(run.id, None)
        while len(self._outlines) >= MOST_OUTLINES:
            del self._outlines[next(iter(self._outlines))]
        self._outlines[run.id] = run.revision, error, outline
        return outline

    def _remember(self, version: str, error: Exception) -> None:
        while len(self._failed) >= MOST_FAILED:
            del self._failed[next(iter(self._failed))]
        self._failed[version] = monotonic(), error.with_traceback(None)
