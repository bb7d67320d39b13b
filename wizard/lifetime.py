"""What an application has as long as it runs, as contexts for its `cleanup_ctx`: its engine and store, what it follows
there, and who does its jobs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from wizard.deployments.serving import DeployedDefinitions
from wizard.deployments.serving import following as following_deployments
from wizard.engine import Engine
from wizard.engine.prerequisites import log_missing_prerequisites
from wizard.engine.worker import Worker, working
from wizard.remote.directory import Directory, follower, following

if TYPE_CHECKING:
    from aiohttp import web

Context = Callable[["web.Application"], AsyncIterator[None]]


def opened(engine: Engine) -> Context:
    """Opens the engine's store, and closes both."""

    async def context(app: web.Application) -> AsyncIterator[None]:
        await engine.store.open()
        yield
        await engine.close()
        await engine.store.close()

    return context


def registered(directory: Directory) -> Context:
    """Knows the node types of services."""

    async def context(app: web.Application) -> AsyncIterator[None]:
        async with following(directory):
            yield

    return context


def deployed(definitions: DeployedDefinitions, directory: Directory, engine: Engine) -> Context:
    """Knows the node types of services, and serves what is deployed; the log says what new versions lack here."""
    known: set[str] = set()

    def log_what_new_ones_lack() -> None:
        workflows = definitions.all_workflows()
        new = [workflow for workflow in workflows if workflow.version not in known]
        known.clear()
        known.update(workflow.version for workflow in workflows)
        log_missing_prerequisites(new, engine.services.functions, engine.settings)

    async def context(app: web.Application) -> AsyncIterator[None]:
        async with following_deployments(definitions, log_what_new_ones_lack, follower(directory)):
            yield

    return context


def worked(engine: Engine, at_once: int, workers: list[Worker]) -> Context:
    """Does up to `at_once` jobs at a time; `workers` are told who does."""

    async def context(app: web.Application) -> AsyncIterator[None]:
        async with working(engine, at_once) as worker:
            if worker is not None:
                workers.append(worker)
            yield

    return context
