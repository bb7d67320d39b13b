"""A watched store is the store that it wraps, and tells how its calls went."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from wizard.errors import KeyReused, StaleDraft, StaleRevision, StoreError
from wizard.model import DocumentSave, Refused, Report, RunStatus
from wizard.model.events import TakenEvent, TakenEvents
from wizard.model.job import Claim, Job, JobKind, Queue
from wizard.model.staging import Deed, Draft, Sharing, Stages, Version
from wizard.stores.contract import Store
from wizard.stores.documents import Documents
from wizard.stores.watched import WatchedStore

NOW = datetime(2026, 1, 15, tzinfo=UTC)
CLAIM = Claim(Job("r", JobKind.WORK, 1, NOW), 1)

CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "open": ((), {}),
    "close": ((), {}),
    "commit": (("change",), {}),
    "load": (("r",), {}),
    "revision": (("r",), {}),
    "reply": (("r", "key"), {}),
    "keep_reply": (("r", "reply", "at"), {}),
    "trace": (("r", 3, 10), {}),
    "said": (("r", 3, 10), {}),
    "utterance": (("r", "m-1"), {}),
    "probe": ((), {}),
    "list_runs": (
        (),
        {
            "workflow": "w",
            "status": RunStatus.WAITING,
            "profile": "p",
            "session": "s",
            "live": True,
            "limit": 3,
            "before": "r",
        },
    ),
    "former": (("r",), {}),
    "count_runs": ((), {}),
    "save_definition": (("v", b"body"), {}),
    "definition": (("v",), {}),
    "document": (("profile", "p"), {}),
    "file": (("r", "f"), {}),
    "files": (("r",), {}),
    "report": (("r", Report(1, None, "")), {}),
    "reported": (("r",), {}),
    "keep_refused": ((Refused("r", "k", NOW, {}), 5, NOW), {}),
    "refused": (("r", "k"), {}),
    "forget_refused": (("r", "k"), {}),
    "delete_run": (("r",), {}),
    "failed_undos": ((5,), {}),
    "prune": ((NOW, 5), {}),
    "backlog": ((NOW,), {}),
    "reseal": ((5,), {}),
    "occupy": (("run-1/work/1", {"node w/t": 2}, NOW, timedelta(seconds=30), NOW), {}),
    "vacate": (("run-1/work/1",), {}),
}
QUEUE_CALLS: dict[str, tuple[Any, ...]] = {
    "claim": (NOW, 3, timedelta(seconds=30), 1.0, (JobKind.DELIVER,)),
    "put_off": (CLAIM, NOW, NOW),
    "done": (CLAIM,),
    "is_kept": ("run-1/work/1", NOW),
    "put_aside": (CLAIM, NOW, "It fails each time."),
    "aside": ("run-1", 5),
    "put_back": ("run-1", NOW),
}
DEED = Deed(0, NOW, "ann", "deploy", "w", {}, "")
STAGES_CALLS: dict[str, tuple[Any, ...]] = {
    "draft": ("w",),
    "drafts": (),
    "save_draft": (Draft("w", 4, "id: w", NOW, "ann"), 4),
    "save_drafts": ([Draft("w", 4, "id: w", NOW, "ann")], {"w": 4}),
    "delete_draft": ("w", 1, DEED),
    "sharing": ("w",),
    "sharings": (),
    "save_sharing": (Sharing("w", 2, "ann", {"ben": "editor"}), DEED),
    "versions": ("w", 3, 9),
    "version": ("w", 3),
    "deployed": (),
    "add_version": (Version("w", 1, "v", "id: w", NOW, "ann", "", None), b"body", DEED),
    "deploy": ("w", 1, 2, DEED),
    "stamp": (),
    "deeds": ("w", 3, 9),
    "note": (DEED,),
}


DOCUMENT_CALLS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "save_document": ("save", (DocumentSave("profile", "p", {}), NOW, 3)),
    "list_documents": ("list", ("profile", 5, "a")),
    "find_profiles": ("find", ("email", "a", ("email",), 5)),
    "document_history": ("history", ("profile", "p", 5, 9)),
    "delete_document": ("delete", ("profile", "p")),
    "sessions_of": ("sessions_of", ("p",)),
    "prune_documents": ("prune", ("profile", NOW, 5)),
    "prune_history": ("prune_history", (NOW, 5)),
}


EVENT = TakenEvent("e-1", "paid", NOW, {}, "p", "s", b"asked", NOW)
EVENTS_CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "add": ({"event": EVENT}, "add_event"),
    "finish": ({"event": EVENT}, "finish_event"),
    "get": ({"event_id": "e-1"}, "event"),
    "newest": ({"profile": "p", "unmatched": True, "limit": 3, "below": 9}, "events"),
    "forget": ({"profile_id": "p"}, "forget_events"),
}


class Ticking:
    """A clock that goes on by a quarter of a second each time it is looked at."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


class Ears:
    def __init__(self) -> None:
        self.told: list[tuple[str, float | None, bool]] = []

    def store(self, call: str, seconds: float | None, failed: bool) -> None:
        self.told.append((call, seconds, failed))


@pytest.fixture
def inner() -> Any:
    calls = {name: AsyncMock(return_value=name) for name in CALLS}
    queue_calls = {name: AsyncMock(return_value=name) for name in QUEUE_CALLS}
    stages_calls = {name: AsyncMock(return_value=name) for name in STAGES_CALLS}
    document_calls = {name: AsyncMock(return_value=told) for told, (name, _) in DOCUMENT_CALLS.items()}
    queue, stages = Mock(spec_set=Queue, **queue_calls), Mock(spec_set=Stages, **stages_calls)
    documents = Mock(spec_set=Documents, **document_calls)
    events = Mock(spec_set=TakenEvents, **{name: AsyncMock(return_value=name) for name in EVENTS_CALLS})
    return Mock(spec_set=Store, queue=queue, stages=stages, documents=documents, events=events, **calls)


def test_every_call_of_a_store_is_tried_here() -> None:
    """A method that is added to stores and forgotten here would fail in servers with metrics only."""
    assert {name for name, _ in inspect.getmembers(Store, inspect.isfunction) if name[0] != "_"} == set(CALLS)
    assert {name for name, _ in inspect.getmembers(Queue, inspect.isfunction) if name[0] != "_"} == set(QUEUE_CALLS)
    assert {name for name, _ in inspect.getmembers(Stages, inspect.isfunction) if name[0] != "_"} == set(STAGES_CALLS)
    of_documents = {name for name, _ in inspect.getmembers(Documents, inspect.isfunction) if name[0] != "_"}
    assert of_documents == {name for name, _ in DOCUMENT_CALLS.values()}
    assert {name for name, _ in inspect.getmembers(TakenEvents, inspect.isfunction) if name[0] != "_"} == set(
        EVENTS_CALLS
    )


@pytest.mark.parametrize("name", [name for name in CALLS if name != "close"])
async def test_each_call_is_handed_on_and_told(name: str, inner: Any) -> None:
    """With metrics on, a server must do what it does without."""
    ears = Ears()
    arguments, named = CALLS[name]
    found = await getattr(WatchedStore(inner, ears, clock=Ticking()), name)(*arguments, **named)
    assert found in (name, None)
    silent = (
        *("open", "probe", "commit", "keep_reply", "save_definition", "report"),
        *("vacate", "keep_refused", "forget_refused"),
    )
    assert found == name or name in silent
    getattr(inner, name).assert_awaited_once_with(*arguments, **named)
    assert ears.told == [(name, 0.25, False)]


async def test_closing_is_handed_on(inner: Any) -> None:
    """It waits for what is under way, which says nothing about the storage."""
    ears = Ears()
    await WatchedStore(inner, ears).close()
    inner.close.assert_awaited_once_with()
    assert ears.told == []


@pytest.mark.parametrize("name", QUEUE_CALLS)
async def test_the_queue_is_watched_too(name: str, inner: Any) -> None:
    """But for how long a claim takes: it waits for work."""
    ears = Ears()
    await getattr(WatchedStore(inner, ears, clock=Ticking()).queue, name)(*QUEUE_CALLS[name])
    getattr(inner.queue, name).assert_awaited_once_with(*QUEUE_CALLS[name])
    assert ears.told == [(name, None if name == "claim" else 0.25, False)]


@pytest.mark.parametrize("name", EVENTS_CALLS)
async def test_taken_events_are_watched_too(name: str, inner: Any) -> None:
    """Each event writes twice; a storage that is slow at that keeps all senders waiting."""
    ears, (named, called) = Ears(), EVENTS_CALLS[name]
    assert await getattr(WatchedStore(inner, ears, clock=Ticking()).events, name)(**named) == name
    call = getattr(inner.events, name)
    call.assert_awaited_once()
    assert [*call.await_args.args, *call.await_args.kwargs.values()] == [*named.values()]
    assert ears.told == [(called, 0.25, False)]


@pytest.mark.parametrize("name", STAGES_CALLS)
async def test_drafts_and_deployments_are_watched_too(name: str, inner: Any) -> None:
    """A database that is slow to take a deployment shows in the same place as one that is slow to take a turn."""
    ears = Ears()
    told = await getattr(WatchedStore(inner, ears, clock=Ticking()).stages, name)(*STAGES_CALLS[name])
    silent = ("save_draft", "save_drafts", "delete_draft", "save_sharing", "add_version", "deploy", "note")
    assert told == (None if name in silent else name)
    getattr(inner.stages, name).assert_awaited_once_with(*STAGES_CALLS[name])
    assert ears.told == [(name, 0.25, False)]


@pytest.mark.parametrize("told", DOCUMENT_CALLS)
async def test_profiles_and_sessions_are_watched_too(told: str, inner: Any) -> None:
    """Under names that tell them from the calls on runs."""
    ears = Ears()
    name, arguments = DOCUMENT_CALLS[told]
    assert await getattr(WatchedStore(inner, ears, clock=Ticking()).documents, name)(*arguments) == told
    getattr(inner.documents, name).assert_awaited_once_with(*arguments)
    assert ears.told == [(told, 0.25, False)]


async def test_a_draft_that_somebody_else_saved_is_no_failure(inner: Any) -> None:
    """Two authors who meet are no reason to look at the database."""
    ears = Ears()
    inner.stages.save_draft.side_effect = StaleDraft()
    with pytest.raises(StaleDraft):
        await WatchedStore(inner, ears, clock=Ticking()).stages.save_draft(*STAGES_CALLS["save_draft"])
    assert ears.told == [("save_draft", 0.25, False)]


@pytest.mark.parametrize(
    ("error", "failed"), [(StoreError(), True), (OSError(), True), (StaleRevision(), False), (KeyReused(), False)]
)
async def test_what_fails_is_told_unless_it_is_the_callers(error: Exception, failed: bool, inner: Any) -> None:
    """A lost race is no reason to look at the database."""
    ears = Ears()
    inner.commit.side_effect = error
    with pytest.raises(type(error)):
        await WatchedStore(inner, ears, clock=Ticking()).commit("change")  # type: ignore[arg-type]
    assert ears.told == [("commit", 0.25, failed)]
