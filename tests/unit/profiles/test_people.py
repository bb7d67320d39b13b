"""All that is stored of a person goes out in one, and goes in one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.contract.runs import a_run, creating
from wizard.errors import DocumentNotFound
from wizard.model import DocumentSave
from wizard.model.events import TakenEvent
from wizard.profiles.people import Deleted, delete_person, exported_person
from wizard.stores.memory import MemoryStore

NOW = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)


def an_event(event_id: str, profile: str) -> TakenEvent:
    return TakenEvent(event_id, "purchase", NOW, {"total": 120}, profile, "s", b"", NOW, runs=())


async def test_a_session_of_before_stores_kept_whose_it_is_goes_as_well() -> None:
    """The runs of an earlier version know their sessions, and nothing else does."""
    store = MemoryStore()
    await store.commit(creating(a_run("run-1", profile_id="ann", session_id="s")))
    await store.documents.save(DocumentSave("session", "s", {"seen": True}), NOW)
    store._documents._sessions.clear()
    assert [session["session"] for session in (await exported_person(store, "ann", NOW))["sessions"]] == ["s"]
    assert (await delete_person(store, "ann", runs=True)).sessions == ("s",)
    assert (await store.document("session", "s")).fields == {}


async def test_events_about_a_person_are_exported_and_deleted_with_them() -> None:
    """What a shop told of Ann is Ann's, also where no run came of it; what it told of Bob stays."""
    store = MemoryStore()
    for number in range(1001):
        await store.events.add(an_event(f"order-{number}", "ann"))
    await store.events.add(an_event("other", "bob"))
    exported = await exported_person(store, "ann", NOW)
    assert len(exported["events"]) == 1001
    assert exported["events"][-1] == {
        "event": "order-0",
        "type": "purchase",
        "at": NOW,
        "taken_at": NOW,
        "session_id": "s",
        "properties": {"total": 120},
    }
    assert await delete_person(store, "ann") == Deleted(events=1001)
    assert [event.id for event in await store.events.newest()] == ["other"]
    with pytest.raises(DocumentNotFound):
        await delete_person(store, "ann")
