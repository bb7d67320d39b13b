"""A store with a workflow that is deployed again and again, runs on its versions, and somebody who migrates these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.workflows import Clock
from wizard.app import make_engine
from wizard.deployments.serving import DeployedDefinitions
from wizard.deployments.staging import Staging
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.model import Run
from wizard.model.migrating import NO_NAMES, Names, Order, Page, Result, Verdict
from wizard.node import Registry
from wizard.settings import Settings
from wizard.stores.contract import Store


class House:
    """Everything around one store. `functions` are the host's."""

    def __init__(self, store: Store, functions: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self.store = store
        self.clock = Clock()
        self.registry = Registry.installed()
        self.served = DeployedDefinitions(store, self.registry)
        self.staging = Staging(store.stages, self.registry, self.clock)
        self.engine = make_engine(self.served, store, Settings(), functions, clock=self.clock)

    async def deploys(self, text: str, workflow: str = "trip") -> int:
        draft = await self.store.stages.draft(workflow)
        revision = 0 if draft is None else draft.revision
        await self.staging.save(workflow, text, revision=revision, by="ann")
        number = (await self.staging.deploy(workflow, by="ann")).version.number
        await self.served.refresh()
        return number

    async def begins(self, *answers: Mapping[str, Any], workflow: str = "trip", **more: Any) -> RunView:
        """A run that was given these answers, one after the other."""
        run = await self.engine.start(workflow, **more)
        for given in answers:
            await self.engine.next(run, given)
        return run

    async def migrates(self, *, dry_run: bool = False, names: Names = NO_NAMES, **more: Any) -> Page:
        order = Order("trip", dry_run=dry_run, names=names, by="ann", **more)
        return await self.engine.migrate(order)

    async def works(self, **later: float) -> int:
        """How many jobs were due, so much later, and were done."""
        self.clock.move(**later)
        return await Worker(self.engine).perform_due()

    async def stored(self, run: RunView | str) -> Run:
        loaded = await self.store.load(run if isinstance(run, str) else run.id)
        assert loaded is not None
        return loaded


def results(page: Page) -> dict[str, Result]:
    return {verdict.run: verdict.result for verdict in page.verdicts}


async def stands(house: House, run: RunView) -> tuple[str, str]:
    """Where a run stands, and its status."""
    view = await house.engine.load(run.id)
    assert view.current is not None
    return view.current.step, view.status.value


async def only(house: House, **order: Any) -> Verdict:
    """What becomes of the only run there is; the dry run before says the same."""
    dry = await house.migrates(**{**order, "dry_run": True})
    page = await house.migrates(**order)
    assert page == dry
    (verdict,) = page.verdicts
    return verdict
