"""What every queue promises (wizard.model.job.Queue), asked of that of each store.

All times are real and short, because a queue may go by a clock of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contract.kinds import KINDS
from tests.contract.runs import EVERY_VALUE, a_run, exactly, turn
from tests.patience import LONG
from wizard.errors import StaleRevision
from wizard.model import Change, Run
from wizard.model.job import Claim, Job, JobKind
from wizard.stores import wakening
from wizard.stores.contract import Store

SOON, LEASE = 0.25, 0.25  # seconds: short enough to wait for; that they are over already makes no test fail
HELD = 30.0  # seconds of a lease that doesn't end


def now() -> datetime:
    return datetime.now(UTC)


def after(seconds: float) -> datetime:
    return now() + timedelta(seconds=seconds)


class Desk:
    """Orders and settles jobs as turns of one run do, and hands them out."""

    def __init__(self, store: Store, run: Run) -> None:
        self.store = store
        self.run = run

    def job(self, seconds: float = 0.0, visit: int = 1, kind: JobKind = JobKind.WORK, **payload: Any) -> Job:
        """One that is due in so many seconds."""
        return Job(self.run.id, kind, visit, after(seconds), payload)

    async def turn(self, *jobs: Job, settled: Sequence[str] = ()) -> None:
        change = turn(self.run, jobs=jobs, settled=tuple(settled))
        change = change._replace(run=change.run._replace(updated_at=now()))
        await self.store.commit(change)
        self.run = change.run

    async def claim(self, most: int = 10, lease: float = HELD, wait: float = 0.0) -> list[Claim]:
        """Asks until there is one, for so many seconds at most: a queue may give up early."""
        until = time.monotonic() + wait
        while True:
            left = max(until - time.monotonic(), 0.0)
            found = await self.store.queue.claim(now(), most, timedelta(seconds=lease), left)
            if found or not left:
                return list(found)

    async def the_claim(self, lease: float = HELD, wait: float = 0.0) -> Claim:
        (claim,) = await self.claim(1, lease, wait)
        return claim

    async def put_off(self, claim: Claim, seconds: float) -> bool:
        return await self.store.queue.put_off(claim, now(), after(seconds))

    async def done(self, claim: Claim) -> None:
        await self.store.queue.done(claim)


@pytest.fixture(params=KINDS)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    async with KINDS[request.param](tmp_path) as store:
        run = a_run("run-1", created_at=now(), updated_at=now())
        await store.commit(Change(run, None))
        yield Desk(store, run)


# -- handing out -------------------------------------------------------------------------------


async def test_a_job_comes_as_it_was_ordered(desk: Desk) -> None:
    """What is sent is what the turn decided to send, to the last value."""
    ordered = desk.job(-1, 7, JobKind.MESSAGE, **EVERY_VALUE)
    await desk.turn(ordered)
    claim = await desk.the_claim()
    assert exactly(dict(claim.job.payload)) == exactly(EVERY_VALUE)
    assert claim.job._replace(payload={}, due=ordered.due) == ordered._replace(payload={})
    assert abs((claim.job.due - ordered.due).total_seconds()) < 0.5
    assert claim.tries == 1


async def test_a_job_without_payload_has_an_empty_one(desk: Desk) -> None:
    """Most jobs are a mere wake-up."""
    await desk.turn(desk.job())
    assert dict((await desk.the_claim()).job.payload) == {}


async def test_an_empty_queue_hands_out_nothing(desk: Desk) -> None:
    """A worker asks far more often than there is work."""
    assert await desk.claim() == []
    await desk.turn(desk.job())
    assert await desk.claim(most=0) == []


async def test_a_job_is_kept_while_somebody_holds_it_and_before_it_is_due(desk: Desk) -> None:
    """S23: a second click asks whether somebody works at the run's work: it must not be begun twice."""
    job = desk.job(3600)

    async def is_kept() -> bool:
        return await desk.store.queue.is_kept(job.key, now())

    assert not await is_kept(), "nobody ordered it"
    await desk.turn(job)
    assert await is_kept(), "it isn't due"
    await desk.turn(desk.job(-1))
    claim = await desk.the_claim(lease=HELD)
    assert await is_kept(), "somebody holds it"
    await desk.put_off(claim, -1)
    assert not await is_kept(), "it was handed back"
    await desk.done(await desk.the_claim())
    assert not await is_kept(), "it is done"


async def test_a_job_is_not_handed_out_before_it_is_due(desk: Desk) -> None:
    """A reminder that comes early is a nuisance, an early expiry a loss."""
    job = desk.job(SOON)
    await desk.turn(job, desk.job(3600, 2))
    claim = await desk.the_claim(wait=LONG)
    assert now() >= job.due
    assert claim.job.visit == 1
    assert await desk.claim() == []


async def test_the_longest_due_comes_first(desk: Desk) -> None:
    """Under load nobody is passed over for ever."""
    await desk.turn(*(desk.job(-late, visit) for visit, late in enumerate((1, 5, 3, 4, 2))))
    first = await desk.claim(most=2)
    rest = await desk.claim(most=10)
    assert [claim.job.visit for claim in (*first, *rest)] == [1, 3, 2, 4, 0]


async def test_jobs_are_told_apart_by_run_kind_and_visit(desk: Desk) -> None:
    """An expiry that is ordered mustn't take the place of a reminder."""
    jobs = [desk.job(kind=kind, visit=visit) for kind in JobKind for visit in (0, 1)]
    await desk.turn(*jobs)
    assert sorted(claim.job.key for claim in await desk.claim(most=50)) == sorted(job.key for job in jobs)


async def test_of_many_who_ask_one_gets_a_job(desk: Desk) -> None:
    """Two workers with one job do its effect twice."""
    await desk.turn(*(desk.job(-1, visit) for visit in range(20)))
    claims = await asyncio.gather(*(desk.claim(most=3) for _ in range(12)))
    assert Counter(claim.job.visit for found in claims for claim in found) == Counter(range(20))


@pytest.mark.parametrize("turns", range(8))
async def test_a_claim_that_is_cancelled_claims_nothing(desk: Desk, turns: int) -> None:
    """A worker is told to stop while it asks for jobs: what it got by that was nobody's until a lease was over."""
    await desk.turn(*(desk.job(-1, visit) for visit in range(3)))
    asking = asyncio.create_task(desk.claim(wait=LONG))
    for _ in range(turns):
        await asyncio.sleep(0)
    asking.cancel()
    with suppress(asyncio.CancelledError):
        for claim in await asking:  # it was faster
            await desk.put_off(claim, -1)
    async with asyncio.timeout(LONG):
        found: set[int] = set()
        while found != {0, 1, 2}:
            found |= {claim.job.visit for claim in await desk.claim(wait=0.1)}


# -- leases ------------------------------------------------------------------------------------


async def test_a_claimed_job_is_its_holders_until_the_lease_ends(desk: Desk) -> None:
    """A worker that dies loses its work to another one, and not before."""
    await desk.turn(desk.job())
    began = now()
    first = await desk.the_claim(lease=LEASE)
    second = await desk.the_claim(wait=LONG, lease=HELD)
    assert now() >= began + timedelta(seconds=LEASE * 0.8)
    assert (first.tries, second.tries) == (1, 2)
    assert second.job.key == first.job.key
    assert await desk.claim() == []


async def test_an_earlier_holder_has_nothing_to_say(desk: Desk) -> None:
    """A process that slept past its lease must not take the work from whoever has it now."""
    await desk.turn(desk.job())
    first = await desk.the_claim(lease=0.05)
    second = await desk.the_claim(wait=LONG)
    assert await desk.put_off(first, -1) is False
    await desk.done(first)
    assert await desk.claim() == []
    assert await desk.put_off(second, -0.01) is True
    assert (await desk.the_claim()).tries == 3


async def test_a_lease_is_renewed(desk: Desk) -> None:
    """Work that takes long stays with who does it."""
    await desk.turn(desk.job())
    claim = await desk.the_claim(lease=LEASE)
    assert await desk.put_off(claim, HELD) is True
    await asyncio.sleep(LEASE * 1.2)
    assert await desk.claim() == []
    assert await desk.put_off(claim, LEASE) is True
    assert (await desk.the_claim(wait=LONG)).tries == 2


async def test_a_job_is_put_off_and_comes_again(desk: Desk) -> None:
    """What failed is tried again after a pause, and its tries are counted."""
    await desk.turn(desk.job(name="Zoë"))
    claim = await desk.the_claim()
    until = after(SOON)
    assert await desk.store.queue.put_off(claim, now(), until) is True
    again = await desk.the_claim(wait=LONG)
    assert now() >= until
    assert again.tries == 2
    assert dict(again.job.payload) == {"name": "Zoë"}


async def test_done_is_done(desk: Desk) -> None:
    """A message that was sent isn't sent again."""
    await desk.turn(desk.job())
    claim = await desk.the_claim(lease=0.05)
    await desk.done(claim)
    await desk.done(claim)
    assert await desk.claim(wait=0.2) == []
    assert await desk.put_off(claim, 0) is False


async def test_who_lost_a_lease_may_be_done_while_nobody_else_has_it(desk: Desk) -> None:
    """Work that was finished late, and was nobody else's meanwhile, needn't be done again."""
    await desk.turn(desk.job())
    claim = await desk.the_claim(lease=0.02)
    await asyncio.sleep(0.05)
    await desk.done(claim)
    assert await desk.claim() == []


# -- ordering again ----------------------------------------------------------------------------


async def test_a_waiting_job_is_replaced(desk: Desk) -> None:
    """A deadline that moves is one deadline, not two."""
    await desk.turn(desk.job(3600, n=1))
    await desk.turn(desk.job(-1, n=2))
    claim = await desk.the_claim()
    assert (claim.tries, dict(claim.job.payload)) == (1, {"n": 2})
    assert (await desk.store.backlog(now())).due == 0


async def test_a_waiting_job_can_be_moved_into_the_future(desk: Desk) -> None:
    """Every answer puts the expiry off; the old moment passes without a word."""
    await desk.turn(desk.job(SOON))
    await desk.turn(desk.job(3600))
    assert await desk.claim(wait=SOON * 2) == []


@pytest.mark.parametrize("then", ["done", "put off", "put aside", "dead"])
async def test_a_claimed_job_is_replaced_and_its_holder_has_nothing_to_say(desk: Desk, then: str) -> None:
    """Somebody comes to a form anew while a worker looks at its old deadline: what the worker says of the job after
    that, if it lives, mustn't take the new deadline away."""
    await desk.turn(desk.job(n=1))
    old = await desk.the_claim()
    await desk.turn(desk.job(SOON, n=2))
    if then == "done":
        await desk.done(old)
    elif then == "put off":
        assert await desk.put_off(old, 3600) is False
    elif then == "put aside":
        assert await desk.store.queue.put_aside(old, now(), "x") is False
    claim = await desk.the_claim(wait=LONG)
    assert (claim.tries, dict(claim.job.payload)) == (1, {"n": 2})
    assert await desk.put_off(old, -1) is False
    assert await desk.put_off(claim, HELD) is True


async def test_a_job_that_was_put_off_is_replaced(desk: Desk) -> None:
    """A reminder that comes again tomorrow is held by nobody: who comes to the form anew has their own."""
    await desk.turn(desk.job(n=1))
    assert await desk.put_off(await desk.the_claim(), 3600) is True
    await desk.turn(desk.job(-1, n=2))
    claim = await desk.the_claim()
    assert (claim.tries, dict(claim.job.payload)) == (1, {"n": 2})


async def test_a_job_whose_lease_ended_is_replaced_and_its_holder_out(desk: Desk) -> None:
    """The tries count from the start for a new order, and yet an old holder isn't taken for the new one."""
    await desk.turn(desk.job(n=1))
    old = await desk.the_claim(lease=0.03)
    await asyncio.sleep(0.06)
    await desk.turn(desk.job(-1, n=2))
    assert await desk.put_off(old, 60) is False
    claim = await desk.the_claim()
    assert (claim.tries, dict(claim.job.payload)) == (1, {"n": 2})
    assert await desk.put_off(old, -1) is False
    await desk.done(old)
    assert await desk.claim() == []
    assert await desk.put_off(claim, HELD) is True


# -- the turn's own hold -----------------------------------------------------------------------


async def test_who_orders_may_hold_what_is_ordered(desk: Desk) -> None:
    """A turn that works in its own request keeps the job as its net, and renews it while it works."""
    job = desk.job(LEASE)
    await desk.turn(job)
    own = Claim(job, 0)
    assert await desk.put_off(own, HELD) is True
    await asyncio.sleep(LEASE * 1.2)
    assert await desk.claim() == []
    assert await desk.put_off(own, LEASE) is True
    claim = await desk.the_claim(wait=LONG)
    assert claim.tries == 1
    assert await desk.put_off(own, HELD) is False
    await desk.done(own)
    assert await desk.put_off(claim, HELD) is True


async def test_who_ordered_is_done(desk: Desk) -> None:
    """The net isn't needed any more."""
    job = desk.job(0.05)
    await desk.turn(job)
    await desk.done(Claim(job, 0))
    assert await desk.claim(wait=0.15) == []


# -- settling ----------------------------------------------------------------------------------


async def test_a_settled_job_is_gone_whoever_holds_it(desk: Desk) -> None:
    """A person who goes back takes the work from the worker that is at it."""
    await desk.turn(desk.job(), desk.job(visit=2))
    claims = await desk.claim(most=1)
    await desk.turn(settled=[desk.job().key, desk.job(visit=2).key, "run-1/work/99"])
    assert await desk.put_off(claims[0], 0) is False
    assert await desk.claim() == []
    assert await desk.store.backlog(after(HELD * 2)) == await desk.store.backlog(now())


async def test_what_is_ordered_and_settled_in_one_change_is_settled(desk: Desk) -> None:
    """A turn that begins work and finishes it leaves nothing to do."""
    await desk.turn(desk.job(-1), settled=[desk.job().key])
    assert await desk.claim() == []


async def test_a_refused_change_orders_and_settles_nothing(desk: Desk) -> None:
    """Jobs belong to the turn that orders them: no move, no job (S20)."""
    await desk.turn(desk.job(-1))
    stale = turn(desk.run, jobs=(desk.job(-1, 2),), settled=(desk.job().key,))
    with pytest.raises(StaleRevision):
        await desk.store.commit(stale._replace(expected=99))
    assert [claim.job.visit for claim in await desk.claim()] == [1]


# -- waiting -----------------------------------------------------------------------------------


async def test_a_wait_ends_without_a_job(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is told to stop gets its turn to hear it."""
    monkeypatch.setattr(wakening, "POLL_SECONDS", 3600.0)
    async with asyncio.timeout(LONG):
        assert await desk.store.queue.claim(now(), 1, timedelta(seconds=HELD), 0.1) == []


async def test_an_order_wakes_who_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person waits for this work: it begins when it is ordered, not with the next look."""
    monkeypatch.setattr(wakening, "POLL_SECONDS", 3600.0)
    waiting = asyncio.create_task(desk.the_claim(wait=3600))
    await asyncio.sleep(0.05)
    await desk.turn(desk.job())
    async with asyncio.timeout(LONG):
        claim = await waiting
    assert claim.job.visit == 1


async def test_an_order_for_later_is_handed_out_then(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits learns of a job that comes to be due while it waits, and not with the next look."""
    monkeypatch.setattr(wakening, "POLL_SECONDS", 3600.0)
    waiting = asyncio.create_task(desk.the_claim(wait=3600))
    await asyncio.sleep(0.02)
    job = desk.job(SOON)
    await desk.turn(job)
    async with asyncio.timeout(LONG):
        await waiting
    assert now() >= job.due


async def test_one_order_is_one_waiters(desk: Desk) -> None:
    """All workers wake up, and one of them gets the job."""
    waiting = {asyncio.create_task(desk.claim(wait=LONG)) for _ in range(5)}
    await asyncio.sleep(0.05)
    claimed: list[Claim] = []
    for visit in (1, 2):
        await desk.turn(desk.job(visit=visit))
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        claimed += [claim for each in done for claim in each.result()]
    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)
    assert [claim.job.visit for claim in claimed] == [1, 2]
    assert len(waiting) == 3


# -- putting aside -----------------------------------------------------------------------------


async def test_a_job_that_was_put_aside_is_nobodys_until_it_is_put_back(desk: Desk) -> None:
    """One job that always fails is shown to an operator, and the others go on."""
    await desk.turn(desk.job(-1), desk.job(-1, 2))
    first, second = await desk.claim()
    assert await desk.store.queue.put_aside(first, now(), "It can't be read.")
    await desk.done(second)
    assert await desk.claim() == []
    assert not await desk.put_off(first._replace(tries=first.tries + 1), 0)
    assert not await desk.store.queue.is_kept(first.job.key, now()), "a person who tries again isn't told to wait"
    (aside,) = await desk.store.queue.aside()
    assert (aside.key, aside.run, aside.kind, aside.tries) == (first.job.key, "run-1", "work", 1)
    assert aside.reason == "It can't be read."
    assert abs((aside.at - now()).total_seconds()) < 60
    backlog = await desk.store.backlog(now())
    assert (backlog.due, backlog.later, backlog.aside) == (0, 0, 1)

    assert await desk.store.queue.put_back("run-1", now()) == 1
    again = await desk.the_claim(wait=LONG)
    assert (again.job.key, again.tries) == (first.job.key, 1)
    assert await desk.store.queue.aside() == []
    assert (await desk.store.backlog(now())).aside == 0


async def test_only_the_latest_claim_can_put_a_job_aside(desk: Desk) -> None:
    """A worker that lost its lease mustn't stop the one that has the job now."""
    await desk.turn(desk.job(-1))
    first = await desk.the_claim(lease=LEASE)
    second = await desk.the_claim(wait=LONG)
    assert not await desk.store.queue.put_aside(first, now(), "x")
    await desk.done(second)
    assert await desk.store.queue.aside() == []


async def test_jobs_are_put_back_and_listed_by_run(desk: Desk) -> None:
    """An operator looks at one run after the other."""
    other = a_run("run-10", created_at=now(), updated_at=now())
    await desk.store.commit(Change(other, None))
    of_other = turn(other, jobs=(Job("run-10", JobKind.WORK, 1, after(-1)),))
    await desk.store.commit(of_other._replace(run=of_other.run._replace(updated_at=now())))
    await desk.turn(desk.job(-1))
    for claim in await desk.claim():
        await desk.store.queue.put_aside(claim, now(), f"of {claim.job.run}")
    assert [each.reason for each in await desk.store.queue.aside("run-1")] == ["of run-1"]
    assert len(await desk.store.queue.aside(limit=1)) == 1
    assert await desk.store.queue.put_back("run-1", now()) == 1
    assert [each.run for each in await desk.store.queue.aside()] == ["run-10"]
    assert await desk.store.queue.put_back("nobody", now()) == 0


async def test_a_job_that_is_ordered_anew_takes_the_place_of_one_aside(desk: Desk) -> None:
    """Who tries it again in the run itself, needs no operator any more."""
    await desk.turn(desk.job(-1), desk.job(-1, 2))
    for claim in await desk.claim():
        await desk.store.queue.put_aside(claim, now(), "x")
    await desk.turn(desk.job(-1), settled=[Job("run-1", JobKind.WORK, 2, now()).key])
    assert await desk.store.queue.aside() == []
    claim = await desk.the_claim(wait=LONG)
    assert (claim.job.visit, claim.tries) == (1, 1)


async def test_jobs_aside_are_deleted_with_their_run(desk: Desk) -> None:
    """What is deleted leaves nothing behind."""
    await desk.turn(desk.job(-1))
    await desk.store.queue.put_aside(await desk.the_claim(), now(), "x")
    assert await desk.store.delete_run("run-1")
    assert await desk.store.queue.aside() == []
