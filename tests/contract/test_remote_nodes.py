"""What every store promises of the node types that services offer (wizard.model.remote.RemoteNodes)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.contract.kinds import KINDS, RING
from tests.postgres import fresh_database
from wizard.errors import SettingsError, StaleRemoteNode
from wizard.model.remote import RemoteNode
from wizard.model.staging import Deed
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.contract import Store
from wizard.stores.postgres import PostgresStore
from wizard.stores.sqlite import SqliteStore

NOW = datetime(2026, 11, 29, 9, 30, 0, 123456, tzinfo=UTC)
SECRET = "whsec_" + "c2VjcmV0" * 4
SEALED = [kind for kind in KINDS if kind not in ("sqlite", "postgres")]


@pytest.fixture(params=SEALED)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with KINDS[request.param](tmp_path) as made:
        yield made


def a_node(node_type: str = "crm.lookup", revision: int = 1, **changes: Any) -> RemoteNode:
    values = {
        "url": "https://crm.example/wizard",
        "secret": SECRET,
        "description": {"title": "Look up", "ports": ["found"], "schema": {"type": "object"}},
        "at": NOW,
        "by": "ann",
    }
    return RemoteNode(node_type, revision, **{**values, **changes})


def deed(action: str = "register", node_type: str = "crm.lookup") -> Deed:
    return Deed(0, NOW, "ann", action, "", {"node_type": node_type}, "")


async def test_a_registration_comes_back_whole_with_its_deed_and_another_stamp(store: Store) -> None:
    """Without the stamp no other process hears of it; without the deed nobody can tell who let the service in."""
    before = await store.stages.stamp()
    await store.remote_nodes.save(a_node(), deed())
    await store.remote_nodes.save(a_node("billing"), deed(node_type="billing"))
    assert await store.remote_nodes.all() == (a_node("billing"), a_node())
    assert await store.stages.stamp() > before
    assert [each.details["node_type"] for each in await store.stages.deeds()] == ["billing", "crm.lookup"]


async def test_of_two_that_register_one_wins(store: Store) -> None:
    """Otherwise whoever came last takes the service's place without having seen the other."""
    outcomes = await asyncio.gather(
        store.remote_nodes.save(a_node(), deed()), store.remote_nodes.save(a_node(), deed()), return_exceptions=True
    )
    assert sorted(type(each) for each in outcomes if each is not None) == [StaleRemoteNode]
    await store.remote_nodes.save(a_node(revision=2, url="https://other.example"), deed())
    with pytest.raises(StaleRemoteNode):
        await store.remote_nodes.save(a_node(revision=2), deed())
    assert [node.url for node in await store.remote_nodes.all()] == ["https://other.example"]
    assert len(await store.stages.deeds()) == 2


async def test_what_is_removed_is_gone_and_what_isnt_there_leaves_no_deed(store: Store) -> None:
    """A process that reads the list again must not go on calling a service that was taken away."""
    await store.remote_nodes.save(a_node(), deed())
    before = await store.stages.stamp()
    assert not await store.remote_nodes.remove("billing", deed("unregister", "billing"))
    assert await store.stages.stamp() == before
    assert await store.remote_nodes.remove("crm.lookup", deed("unregister"))
    assert await store.remote_nodes.all() == ()
    assert await store.stages.stamp() > before
    assert [each.action for each in await store.stages.deeds()] == ["unregister", "register"]


async def test_a_secret_is_never_written_unencrypted(tmp_path: Path) -> None:
    """Whoever reads a backup could sign as this server."""
    plain = SqliteStore(tmp_path / "plain.db")
    await plain.open()
    with pytest.raises(SettingsError, match="WIZARD_KEYS"):
        await plain.remote_nodes.save(a_node(), deed())
    await plain.close()
    sealed = SqliteStore(tmp_path / "sealed.db", KeyRing.parse(RING))
    await sealed.open()
    await sealed.remote_nodes.save(a_node(), deed())
    files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    await sealed.close()
    assert SECRET.encode() not in files
    assert b"crm.example" not in files
    assert SECRET not in repr(a_node())


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_keys_are_changed_for_registrations_as_for_all_else(kind: str, tmp_path: Path) -> None:
    """A row that is left under the old key is lost with it, and the service with the row."""
    second = new_key("second")
    with fresh_database() as url:

        def opened(ring: str) -> Store:
            vault = KeyRing.parse(ring)
            return SqliteStore(tmp_path / "runs.db", vault) if kind == "sqlite" else PostgresStore(url, vault)

        for ring, calls in ((RING, "save"), (f"{second},{RING}", "reseal"), (second, "read")):
            store = opened(ring)
            await store.open()
            if calls == "save":
                await store.remote_nodes.save(a_node(), deed())
            elif calls == "reseal":
                while await store.reseal():
                    pass
            assert await store.remote_nodes.all() == (a_node(),)
            await store.close()


async def test_one_that_cant_be_read_takes_nothing_from_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A damaged row would otherwise stop every remote node of every process."""
    import sqlite3

    store = SqliteStore(tmp_path / "runs.db", KeyRing.parse(RING))
    await store.open()
    await store.remote_nodes.save(a_node(), deed())
    await store.remote_nodes.save(a_node("billing"), deed())
    with sqlite3.connect(tmp_path / "runs.db") as connection:  # as whoever can write to the file could
        connection.execute("UPDATE remote_nodes SET body=(SELECT body FROM remote_nodes WHERE type='billing')")
    connection.close()
    assert [node.type for node in await store.remote_nodes.all()] == ["billing"]
    assert "crm.lookup" in caplog.text
    await store.close()
