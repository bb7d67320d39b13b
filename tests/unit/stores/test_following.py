"""What a process has at hand of its store follows what is there, by one look for all of it."""

from __future__ import annotations

import asyncio
import logging

import pytest

import wizard.stores.following
from tests.patience import LONG
from wizard.app import wizard_app
from wizard.deployments.serving import DeployedDefinitions
from wizard.errors import StoreError
from wizard.node import Registry
from wizard.settings import Settings
from wizard.stores.following import Follower, look
from wizard.stores.memory import MemoryStore

log = logging.getLogger("wizard.followed")


async def test_a_served_store_is_looked_at_once_for_all_that_follow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred processes on one database look twice a second each; twice as often is twice as much for nothing."""
    monkeypatch.setattr(wizard.stores.following, "INTERVAL", 0.001)
    store, looks, enough = MemoryStore(), list[asyncio.Task[object] | None](), asyncio.Event()
    app = wizard_app(DeployedDefinitions(store, Registry.installed()), settings=Settings(jobs=0))
    read = store.stages.stamp

    async def counted() -> int:
        looks.append(asyncio.current_task())
        if len(looks) > 20:
            enough.set()
        return await read()

    app.freeze()
    await app.startup()
    monkeypatch.setattr(store.stages, "stamp", counted)
    await asyncio.wait_for(enough.wait(), LONG)
    await app.cleanup()
    assert len(set(looks)) == 1


async def test_who_cant_read_keeps_no_other_from_getting_on(caplog: pytest.LogCaptureFixture) -> None:
    """A registration that can't be read is told once; deployments are followed all the same."""
    store, seen = MemoryStore(), list[int]()

    async def fails(stamp: int) -> None:
        raise StoreError

    async def sees(stamp: int) -> None:
        seen.append(stamp)

    broken, well = Follower(fails, log, "broken is away", "broken is back"), Follower(sees, log, "well is away")
    for _ in range(3):
        await look(store, broken, well)
    broken.refresh = sees
    await look(store, broken, well)
    assert len(seen) == 5
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["broken is away", "broken is back"]
