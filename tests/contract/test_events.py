"""What every store promises of the events that it has taken (wizard.model.events.TakenEvents)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.kinds import KINDS, RING
from tests.contract.runs import a_run, creating
from tests.postgres import fresh_database
from tests.stores import Open, stores
from wizard.errors import StoreError
from wizard.model import RunStatus
from wizard.model.events import RunTold, RunToStart, TakenEvent
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.contract import Store
from wizard.stores.postgres import PostgresStore
from wizard.stores.sqlite import SqliteStore

__all__ = ["stores"]  # a fixture

NOW = datetime(2026, 11, 29, 9, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with KINDS[request.param](tmp_path) as made:
        yield made


def an_event(event_id: str = "order-1", **changes: Any) -> TakenEvent:
    event = TakenEvent(
        event_id,
        "purchase",
        NOW - timedelta(hours=1),
        {"total": Decimal("1.20"), "lines": [{"what": "\x00 tea \x1a"}], "at": NOW},
        "ann",
        "shop",
        b"digest",
        NOW,
        (RunToStart("thanks", "run-1"),),
        ("run-2",),
    )
    return event._replace(**changes)


def done(event: TakenEvent) -> TakenEvent:
    return event._replace(runs=(RunTold("run-1", "thanks", "v1", "waiting"),), failed=("record",))


def unmatched(event_id: str) -> TakenEvent:
    return an_event(event_id, starts=(), reaches=(), runs=())


async def test_what_was_added_comes_back_whole(store: Store) -> None:
    """Whatever is lost of it is done wrongly by whoever goes on with it."""
    event = an_event("\x00 id \x1a/ü")
    assert await store.events.get(event.id) is None
    assert await store.events.add(event)
    stored = await store.events.get(event.id)
    assert stored is not None
    assert stored.number > 0
    assert stored == event._replace(number=stored.number)
    assert await store.events.finish(done(event))
    assert await store.events.get(event.id) == done(stored)


async def test_an_id_is_added_once_and_finished_once(store: Store) -> None:
    """Of two that take one event at once, one wins, and the other hears what that one answers."""
    assert await store.events.add(an_event())
    assert not await store.events.add(an_event(type="refund"))
    assert (await store.events.newest())[0].type == "purchase"
    assert await store.events.finish(done(an_event()))
    assert not await store.events.finish(an_event(runs=()))
    assert (await store.events.newest())[0].runs == done(an_event()).runs
    assert not await store.events.finish(done(an_event("nobody")))


async def test_the_newest_come_first_page_by_page(store: Store) -> None:
    """An operator looks at what came last, and at what nothing came of."""
    for number in range(1, 7):
        event = unmatched(f"e{number}") if number % 2 else an_event(f"e{number}")
        assert await store.events.add(event)
    listed = await store.events.newest()
    assert [event.id for event in listed] == ["e6", "e5", "e4", "e3", "e2", "e1"]
    assert [event.number for event in listed] == sorted((event.number for event in listed), reverse=True)
    assert [event.id for event in await store.events.newest(limit=2, below=listed[1].number)] == ["e4", "e3"]
    assert [event.id for event in await store.events.newest(unmatched=True)] == ["e5", "e3", "e1"]
    assert [event.id for event in await store.events.newest(unmatched=True, below=listed[1].number)] == ["e3", "e1"]
    assert await store.events.newest(limit=0) == ()
    await store.events.add(an_event("of bob", profile_id="bob"))
    await store.events.add(unmatched("e8"))
    assert [event.id for event in await store.events.newest(profile="bob")] == ["of bob"]
    assert [event.id for event in await store.events.newest(profile="ann", unmatched=True, limit=2)] == ["e8", "e5"]
    assert [event.id for event in await store.events.newest(profile="ann", below=listed[4].number)] == ["e1"]


async def test_old_ones_go_and_those_of_a_person_who_is_deleted(store: Store) -> None:
    """They hold what somebody bought, and mustn't grow for ever; what is known again stays for as long as is told."""
    for number in reversed(range(4)):
        await store.events.add(unmatched(f"old{number}")._replace(taken_at=NOW - timedelta(days=number + 1)))
    await store.events.add(an_event("new", profile_id="bob"))
    assert await store.prune(NOW - timedelta(days=1, hours=1), 2) == 2
    assert {event.id for event in await store.events.newest()} == {"old0", "old1", "new"}
    assert await store.prune(NOW) == 2
    assert [event.id for event in await store.events.newest()] == ["new"]
    assert await store.events.forget("ann") == 0
    assert await store.events.forget("bob") == 1
    assert await store.events.newest() == ()
    assert await store.events.add(an_event("new"))


async def test_of_twenty_that_add_one_at_once_one_has_added_it(stores: Open) -> None:
    """From several processes: their own locks are of no use there."""
    opened = [await stores() for _ in range(4)]
    added = await asyncio.gather(*(opened[number % 4].events.add(an_event()) for number in range(20)))
    assert sum(added) == 1
    finished = await asyncio.gather(*(opened[number % 4].events.finish(done(an_event())) for number in range(20)))
    assert sum(finished) == 1


async def test_runs_are_listed_by_session_and_by_being_live(store: Store) -> None:
    """An event reaches them by that; one that is left out waits for ever."""
    for number, (profile, session) in enumerate([("ann", "s"), ("ann", None), (None, "s"), ("s", "ann"), (None, None)]):
        status = RunStatus.COMPLETED if number == 2 else RunStatus.WAITING
        run = a_run(f"run-{number}")._replace(profile_id=profile, session_id=session, status=status)
        await store.commit(creating(run))

    async def listed(**wanted: Any) -> list[str]:
        return sorted(run.id for run in await store.list_runs(**wanted))

    assert await listed(session="s") == ["run-0", "run-2"]
    assert await listed(profile="ann") == ["run-0", "run-1"]
    assert await listed(profile="ann", session="s") == ["run-0"]
    assert await listed(session="s", live=True) == ["run-0"]
    assert await listed(live=True) == ["run-0", "run-1", "run-3", "run-4"]
    (first,) = await store.list_runs(session="s", limit=1)
    (second,) = await store.list_runs(session="s", limit=1, before=first.place)
    assert sorted([first.id, second.id]) == ["run-0", "run-2"]
    await store.delete_run("run-0")
    assert await listed(session="s") == ["run-2"]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_sealed_events_are_resealed_and_can_t_be_exchanged(kind: str, tmp_path: Path) -> None:
    """What somebody bought stands there; and one event in another's place would be done again under its id."""
    old, new = RING, new_key("second")
    with fresh_database() as url:

        def opened(ring: str) -> Any:
            keys = KeyRing.parse(ring)
            return (
                SqliteStore(tmp_path / "runs.db", keys) if kind == "sqlite" else PostgresStore(url, keys, pool_size=2)
            )

        store = opened(old)
        await store.open()
        await store.events.add(an_event("first"))
        await store.events.add(unmatched("second"))
        await store.close()
        store = opened(f"{new}, {old}")
        await store.open()
        assert await store.reseal() == 2
        while await store.reseal():
            pass
        await store.close()
        store = opened(new)
        await store.open()
        assert [event.id for event in await store.events.newest()] == ["second", "first"]
        await _exchange(store)
        with pytest.raises(StoreError, match="The event first can't be read"):
            await store.events.get("first")
        await store.close()


async def _exchange(store: Any) -> None:
    """Somebody who can write to the database has an event look as if nothing had come of it."""
    if isinstance(store, SqliteStore):
        await store._writer.run(lambda connection: connection.execute("UPDATE events SET standing = 2"))
    else:
        await store._pool.write("UPDATE wizard.events SET standing = 2")
