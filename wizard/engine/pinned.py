"""The version of a workflow that each run is pinned to (S22): compiled once, whatever the definitions say now.

Where it can't be compiled here, because a node type is gone or the definition isn't of this version, the run is looked
at and ended by an outline of it (wizard.definitions.outlines), and whatever would move it is refused until it can be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Set
from functools import partial
from time import monotonic
from typing import NamedTuple, Protocol

from wizard.engine.compiled import MOST_BYTES, Compiled
from wizard.errors import NotGenuine, WorkflowNotFound
from wizard.model import Run, Workflow
from wizard.model.recent import Recent
from wizard.process.calls import Calls
from wizard.process.isolation import Whose
from wizard.stores.contract import Store

LIMIT = 60.0  # seconds that compiling may take
AGAIN = 30.0  # seconds after which what couldn't be compiled is tried again
MOST_SAVED = 10_000  # versions that are known to be stored
MOST_FAILED = 1000  # versions of which that is remembered
MOST_OUTLINES = 200  # runs whose outlines are kept


def _check_genuine(workflow: Workflow, run: Run) -> None:
    """A version is a hash of its definition: whoever can write to the store can't put another one in its place, which
    would say where answers are sent. Raises NotGenuine."""
    if workflow.version != run.version:
        raise NotGenuine("another definition is stored under this version; restore the one that was stored there")


class Definitions(Protocol):
    """The workflows that new runs start from (wizard.definitions.catalog.Catalog)."""

    def get(self, workflow_id: str) -> Workflow: ...

    def all_workflows(self) -> Collection[Workflow]:
        """Every one, for lists of what can be started."""

    def bundle(self, workflow_id: str) -> bytes:
        """The definition and all that it embeds, for the store to keep."""

    def compile(self, bundle: bytes) -> Workflow:
        """The workflow of a stored bundle. Whatever is raised says that it can't be compiled here."""

    def outline(self, run: Run, bundle: bytes | None, error: Exception | None) -> Workflow:
        """What can be told of a workflow that can't be compiled, or isn't stored; its `unavailable` says why."""


class _Unusable(NamedTuple):
    """A version that can't be compiled here: what is stored of it, where that is of any use, and why."""

    body: bytes | None
    error: Exception | None


class _Outline(NamedTuple):
    """Of a run at a revision; `error` is what failed."""

    revision: int
    error: Exception | None
    workflow: Workflow


class Pinned:
    """Workflows by version, kept in the store and, compiled, in memory. `in_use` says which versions stay there."""

    def __init__(
        self, definitions: Definitions, store: Store, in_use: Callable[[], Set[str]] = frozenset, limit: float = LIMIT
    ) -> None:
        self._definitions = definitions
        self._store = store
        self._limit = limit
        self._workflows = Compiled(in_use)
        self._saved: Recent[str, None] = Recent(MOST_SAVED)
        self._failed: Recent[str, tuple[float, Exception]] = Recent(MOST_FAILED)
        self._outlines: Recent[str, _Outline] = Recent(MOST_OUTLINES, MOST_BYTES)
        self._calls = Calls(at_once=1)  # what compiles only computes: two at once take as long as one by one
        self._reading: dict[str, asyncio.Task[Workflow | _Unusable]] = {}  # by version: all who ask wait for one

    def current(self, workflow_id: str) -> tuple[Workflow, bytes | None]:
        """The workflow that runs start from now, and its definition, None where the store has it. Both are of one
        version: what is deployed may be replaced at any time, by other threads too. Raises WorkflowNotFound."""
        workflow = self._definitions.get(workflow_id)
        while workflow.version not in self._saved:
            bundle = self._definitions.bundle(workflow_id)
            before, workflow = workflow, self._definitions.get(workflow_id)
            if workflow.version == before.version:
                return before, bundle
        return workflow, None

    async def save(self, workflow: Workflow, bundle: bytes | None) -> None:
        """Has the store keep what `current` gave, before the first run is pinned to it."""
        if bundle is not None:
            await self._store.save_definition(workflow.version, bundle)
            self._saved.put(workflow.version, None)
            self._workflows.put(workflow.version, workflow, len(bundle))

    async def workflow_of(self, run: Run) -> Workflow:
        """The workflow that moves a run. Raises WorkflowUnavailable where it can't be compiled here."""
        workflow = await self.known_of(run)
        if workflow.unavailable is not None:
            raise workflow.unavailable
        return workflow

    async def known_of(self, run: Run) -> Workflow:
        """The workflow of a run that is looked at or ended: an outline where it can't be compiled here."""
        workflow = self._workflows.get(run.version)
        if workflow is not None:
            return workflow
        read = await asyncio.shield(self._reader(run))
        return read if isinstance(read, Workflow) else await self._outline(run, read)

    def _loaded(self, run: Run) -> Workflow | None:
        """The workflow that new runs start from, where the run is pinned to the same version."""
        try:
            workflow = self._definitions.get(run.workflow)
        except WorkflowNotFound:
            return None
        return workflow if workflow.version == run.version else None

    def _reader(self, run: Run) -> asyncio.Task[Workflow | _Unusable]:
        """Reads the version for everybody who asks for it meanwhile. It is no part of any asker's task: who goes away
        takes nothing from the others."""
        task = self._reading.get(run.version)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = self._reading[run.version] = asyncio.ensure_future(self._read(run))
            task.add_done_callback(lambda done: self._has_read(run.version, done))
        return task

    def _has_read(self, version: str, task: asyncio.Task[Workflow | _Unusable]) -> None:
        if self._reading.get(version) is task:
            del self._reading[version]
        if not task.cancelled():
            task.exception()  # all who waited may have gone away

    async def _read(self, run: Run) -> Workflow | _Unusable:
        body = await self._store.definition(run.version)
        if body is None:
            return _Unusable(None, None)
        at, error = self._failed.get(run.version) or (0.0, None)
        if error is None or monotonic() - at > AGAIN:
            try:
                workflow = self._loaded(run) or await self._in_thread(run, partial(self._definitions.compile, body))
                _check_genuine(workflow, run)
            except Exception as raised:
                error = raised
                self._failed.put(run.version, (monotonic(), error.with_traceback(None)))
            else:
                self._workflows.put(run.version, workflow, len(body))
                self._failed.forget(run.version)
                return workflow
        return _Unusable(None if isinstance(error, NotGenuine) else body, error)

    async def _in_thread(self, run: Run, function: Callable[[], Workflow]) -> Workflow:
        """What takes seconds for a large definition, in which the event loop is everybody's. Raises NodeFailed where it
        takes longer than the limit."""
        whose = Whose(f"the definition {run.version[:12]} of {run.workflow}", run.id, kind="definition")
        made: Workflow = await self._calls.within(self._limit, lambda: self._calls.function(function, {}), whose)
        return made

    async def _outline(self, run: Run, unusable: _Unusable) -> Workflow:
        """A run that waits for its code is looked at again and again: each time by the same outline."""
        known = self._outlines.get(run.id)
        if known is not None and known.revision == run.revision and known.error is unusable.error:
            return known.workflow
        outline = await self._in_thread(run, partial(self._definitions.outline, run, unusable.body, unusable.error))
        self._outlines.put(run.id, _Outline(run.revision, unusable.error, outline), len(unusable.body or b""))
        return outline
