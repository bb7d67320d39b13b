"""What the memory store does beyond the contract (tests/contract/test_stores.py)."""

from __future__ import annotations

from datetime import timedelta

from tests.contract.runs import NOW, a_job, a_run, a_step, creating, turn
from wizard.model import Entry
from wizard.stores.contract import TraceEntry
from wizard.stores.memory import MemoryStore


async def test_a_run_is_handed_out_as_it_was_committed() -> None:
    """Tests and trials are fast because nothing is packed: the very value comes back."""
    store = MemoryStore()
    await store.open()
    run = a_run("run-1", a_step())
    await store.commit(creating(run))
    assert await store.load("run-1") is run
    await store.close()


async def test_stores_are_worlds_of_their_own() -> None:
    """Two tests in one process mustn't see each other's runs."""
    first, second = MemoryStore(), MemoryStore()
    await first.commit(creating(a_run()))
    assert await second.load("run-1") is None


async def test_a_long_trace_is_read_from_its_middle() -> None:
    """Reading page 100 finds its turn directly; the numbers have to fit all the same."""
    store = MemoryStore()
    change = creating(a_run(), entries=(Entry("created"),))
    for _ in range(200):
        await store.commit(change)
        change = turn(change.run, entries=(Entry("accepted"), Entry("entered")))
    page = await store.trace("run-1", after=250, limit=3)
    assert [(each.number, each.revision) for each in page] == [(251, 126), (252, 127), (253, 127)]
    assert all(isinstance(each, TraceEntry) for each in page)


async def test_a_deadline_that_moves_for_ever_takes_no_room() -> None:
    """Every answer orders the expiry again: a long trial mustn't fill the memory with moments that passed."""
    store = MemoryStore()
    change = creating(a_run(), jobs=(a_job(after=100),))
    for n in range(500):
        await store.commit(change)
        change = turn(change.run, jobs=(a_job(after=100 + n),))
    assert len(store._jobs._heap) <= 103
    assert await store.queue.claim(NOW + timedelta(seconds=300), 1, timedelta(seconds=1), 0) == []
    (claim,) = await store.queue.claim(NOW + timedelta(seconds=600), 1, timedelta(seconds=1), 0)
    assert claim.job.due == NOW + timedelta(seconds=598)
