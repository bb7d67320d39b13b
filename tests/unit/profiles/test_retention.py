"""How long profiles, sessions and their history are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from wizard.engine.worker import Worker
from wizard.model import DocumentSave
from wizard.profiles import retention
from wizard.profiles.retention import prune_documents
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore
from wizard.testing import MovableClock, make_test_engine

NOW = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)


async def filled(store: MemoryStore, count: int = 3) -> None:
    """Of each kind one of every day, the newest of today."""
    for days in range(count):
        for kind in ("profile", "session"):
            await store.documents.save(DocumentSave(kind, f"{days}", {"a": 1}), NOW - timedelta(days=days))


async def kept(store: MemoryStore, kind: str) -> list[str]:
    return [line.id for line in await store.documents.list(kind, 1000)]


async def test_each_kind_is_kept_for_as_long_as_its_setting_says() -> None:
    """A session is of no use after a week; a profile may be kept for ever, and is unless somebody says otherwise."""
    store = MemoryStore()
    await filled(store)
    await prune_documents(store.documents, Settings(), NOW)
    assert await kept(store, "profile") == await kept(store, "session") == ["0", "1", "2"]
    await prune_documents(store.documents, Settings(keep_sessions=1), NOW)
    assert (await kept(store, "profile"), await kept(store, "session")) == (["0", "1", "2"], ["0", "1"])
    await prune_documents(store.documents, Settings(keep_history=1), NOW)
    assert await store.documents.history("profile", "2") == []
    assert len(await store.documents.history("profile", "1")) == 1
    await prune_documents(store.documents, Settings(keep_profiles=1), NOW)
    assert await kept(store, "profile") == ["0", "1"]


async def test_all_of_many_go() -> None:
    """What is too old goes in parts, down to the last one."""
    store = MemoryStore()
    await filled(store, 2 * retention.PRUNED + 2)
    await prune_documents(store.documents, Settings(keep_profiles=1, keep_history=1), NOW)
    assert sorted(await kept(store, "profile")) == ["0", "1"]
    assert await store.documents.history("session", "9") == []


async def test_a_worker_does_it() -> None:
    """Nobody has to think of it."""
    store, clock = MemoryStore(), MovableClock()
    engine = await make_test_engine(
        {"id": "w", "nodes": [{"id": "done", "type": "end"}]},
        store=store,
        settings=Settings(keep_profiles=7),
        clock=clock,
    )
    await engine.profiles.create("ann", {"a": 1}, by="host")
    worker = Worker(engine, idle=0.0)
    await worker._look()
    assert await kept(store, "profile") == ["ann"]
    clock.move(days=8)
    await Worker(engine, idle=0.0)._look()
    assert await kept(store, "profile") == []
