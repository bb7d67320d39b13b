"""Debug runs of what is in a store: a draft as it stands, a version, or a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wizard.debugging.live import entries_of, forked, report_of
from wizard.debugging.playing import Tried, play
from wizard.definitions.catalog import compile_bundle
from wizard.deployments.staging import Staging
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import DataUnreadable, RunNotFound
from wizard.model.trial import Report, Trial
from wizard.node import Registry, Services
from wizard.process.calls import Calls

AT_ONCE = 2  # trials in one process: they compute, and others wait


class Debugger:
    """Tries out what a store has. Nothing of a trial is stored there."""

    def __init__(self, engine: Engine, staging: Callable[[], Staging], registry: Registry) -> None:
        self._engine = engine
        self._staging = staging
        self._registry = registry
        settings, functions = engine.settings, engine.services.functions
        # What hangs in a trial takes no thread from people's runs.
        calls = Calls(settings.function_threads, settings.hung_threads)
        self._services = Services(functions, settings, calls=calls, resources=engine.services.resources)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def debug(self, workflow: str, stage: str, trial: Trial) -> Report:
        """What comes of a trial of a stage (`draft`, `deployed` or a version's number).

        Raises DraftNotFound, NothingDeployed, VersionNotFound, DefinitionError for a draft with errors, and
        InvalidInput.
        """
        async with self._room:
            tried = await self._tried(workflow, stage)
            profiles = self._engine.profile_schema
            now, others = self._engine.clock.wall(), self._engine.definitions
            return await play(tried, trial, self._services, now, profiles=profiles, others=others)

    async def look(self, run_id: str) -> Report:
        """What is recorded of a live run, with its answers. Raises RunNotFound, and WorkflowUnavailable where its
        workflow can't be used here."""
        view = await self._view(run_id)
        entries = await entries_of(self._engine, run_id)
        view.current  # noqa: B018 - asks the node, which isn't to be called from another thread
        return await asyncio.to_thread(report_of, view, entries)  # a long run takes a second

    async def fork(self, run_id: str, step: str, trial: Trial, workflow: str | None = None) -> Report:
        """What comes of a trial that goes on from a step of a live run, which stays as it is. Time stands at when that
        was moved last. Raises RunNotFound, also where the run is of another workflow than that; NotAStep,
        WorkflowUnavailable and InvalidInput."""
        async with self._room:
            view = await self._view(run_id)
            if workflow not in (None, view.run.workflow):
                raise RunNotFound(run=run_id)
            entries, files = await entries_of(self._engine, run_id), await self._engine.store.files(run_id)
            fork = forked(view.workflow, view.run, step, entries, files)
            tried = Tried(view.workflow, await self._body(view.run.version))
            now = fork.at.astimezone(self._engine.clock.wall().tzinfo)
            profiles, others = self._engine.profile_schema, self._engine.definitions
            return await play(tried, trial, self._services, now, fork=fork, profiles=profiles, others=others)

    async def _view(self, run_id: str) -> RunView:
        view = await self._engine.load(run_id)
        if view.workflow.unavailable is not None:
            raise view.workflow.unavailable
        return view

    async def _tried(self, workflow: str, stage: str) -> Tried:
        if stage == "draft":
            catalog = await self._staging().checked(workflow)
            return Tried(catalog.get(workflow), catalog.bundle(workflow))
        body = await self._body((await self._staging().version(workflow, stage)).version)
        return Tried(await asyncio.to_thread(compile_bundle, body, self._registry), body)

    async def _body(self, version: str) -> bytes:
        body = await self._engine.store.definition(version)
        if body is None:
            raise DataUnreadable("The definition of this version isn't stored. Restore the store from a backup.")
        return body
