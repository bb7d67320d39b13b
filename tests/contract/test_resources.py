"""What every store promises of resources (wizard.model.resources.StoredResources)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.contract.kinds import KINDS, RING
from tests.postgres import fresh_database
from wizard.errors import ResourceRefused, StaleResource, StoreError
from wizard.model.resources import OF_NO_WORKFLOW, StoredResource
from wizard.model.staging import Deed
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.contract import Store
from wizard.stores.postgres import PostgresStore
from wizard.stores.sqlite import SqliteStore

NOW = datetime(2026, 11, 29, 9, 30, 0, 123456, tzinfo=UTC)
PLAIN = ("sqlite", "postgres")
DEED = Deed(0, NOW, "ann", "set resource", OF_NO_WORKFLOW, {"resource": "bot"}, "")


@pytest.fixture(params=[kind for kind in KINDS if kind not in PLAIN])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with KINDS[request.param](tmp_path) as made:
        yield made


def a_resource(name: str = "bot", revision: int = 1, **changes: Any) -> StoredResource:
    values = {"production": {"token": "s3cr3t ü\x00"}, "test": {"token": "t3st"}}
    return replace(StoredResource(name, revision, "token", values, NOW, "ann"), **changes)


async def test_what_was_saved_comes_back_whole_and_by_name(store: Store) -> None:
    """A node that gets half of a password can't sign in."""
    assert await store.resources.get("bot") is None
    await store.resources.save(a_resource("bot"), DEED, first=True)
    await store.resources.save(a_resource("Alarm"), DEED, first=True)
    assert await store.resources.get("bot") == a_resource()
    assert await store.resources.list() == (a_resource("Alarm"), a_resource("bot"))
    assert "s3cr3t" not in repr(await store.resources.list())


async def test_nobody_saves_over_or_deletes_what_they_have_not_seen(store: Store) -> None:
    """Two operators change one resource at once: the second is told, and what the first wrote stays."""
    await store.resources.save(a_resource(), DEED, first=True)
    changed = a_resource(revision=2, kind="http", values={"test": {}})
    await store.resources.save(changed, DEED, first=False)
    for late in (a_resource(revision=2), a_resource(revision=5), a_resource("gone", 2)):
        with pytest.raises(StaleResource):
            await store.resources.save(late, DEED, first=False)
    with pytest.raises(StaleResource):
        await store.resources.save(a_resource(revision=3), DEED, first=True)
    for name, revision in (("bot", 1), ("gone", 1)):
        with pytest.raises(StaleResource):
            await store.resources.delete(name, revision, DEED)
    assert await store.resources.get("bot") == changed
    await store.resources.delete("bot", 2, DEED)
    assert await store.resources.list() == ()
    assert len(await store.stages.deeds(OF_NO_WORKFLOW)) == 3, "what came to nothing is in no record"
    await store.resources.save(a_resource(revision=3), DEED, first=True)
    outcomes = await asyncio.gather(
        *(store.resources.save(a_resource(revision=4), DEED, first=False) for _ in range(5)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", *["StaleResource"] * 4]


@pytest.mark.parametrize("kind", PLAIN)
async def test_without_a_key_none_is_stored(kind: str, tmp_path: Path) -> None:
    """A password in clear would be in every backup; the operator is told what to set."""
    async with KINDS[kind](tmp_path) as store:
        with pytest.raises(ResourceRefused, match="WIZARD_KEYS"):
            await store.resources.save(a_resource(), DEED, first=True)
        assert await store.resources.list() == ()
        assert await store.stages.deeds() == ()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_they_are_resealed_and_can_t_be_exchanged(kind: str, tmp_path: Path) -> None:
    """A key that is replaced opens them no more; and one under another name would send a password to a stranger."""
    old, new = RING, new_key("second")
    with fresh_database() as url:

        async def opened(ring: str) -> Any:
            keys = KeyRing.parse(ring)
            made: Any = SqliteStore(tmp_path / "r.db", keys) if kind == "sqlite" else PostgresStore(url, keys)
            await made.open()
            return made

        store = await opened(old)
        await store.resources.save(a_resource(), DEED, first=True)
        await store.resources.save(a_resource("other", values={"test": {"token": "x"}}), DEED, first=True)
        await store.close()
        store = await opened(f"{new}, {old}")
        assert await store.reseal() == 2
        while await store.reseal():
            pass
        await store.close()
        store = await opened(new)
        assert (await store.resources.get("bot")) == a_resource()
        swap = "UPDATE {0} SET body = (SELECT body FROM {0} WHERE name = 'other') WHERE name = 'bot'"
        if kind == "sqlite":
            await store._writer.run(lambda connection: connection.execute(swap.format("resources")))
        else:
            await store._pool.write(swap.format("wizard.resources"))
        with pytest.raises(StoreError, match="The resource bot can't be read"):
            await store.resources.get("bot")
        await store.close()
