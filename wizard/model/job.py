"""Work that is ordered now and done later: what a turn commits together with its move (S20), and a queue hands out.

A job is a wake-up and holds no state of its run: whoever performs it loads the run, and does nothing where the
run doesn't stand there any more. So a job may come late, twice or in vain, and never does harm.

Its key says what it is about. A job that is ordered again under the same key takes the place of the one that is
there, held or put off as it may be: a clock that starts anew has one deadline, and what the holder of the old one
says of it counts for nothing. Work that somebody does is theirs while their claim stands: the turn that does it
doesn't order it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

MOST_TRIES = 20  # of a job that fails each time, over some eight hours; then it is an operator's

NOTHING: Mapping[str, Any] = MappingProxyType({})


class JobKind(StrEnum):
    WORK = "work"  # go on with a run that stands at work which is due, or whose worker died
    UNDO = "undo"  # try again to undo what a dropped step did
    REMIND = "remind"  # a form has waited for `remind_after`
    EXPIRE = "expire"  # a run, or the form that it waits at, has waited for `expires_after`
    MESSAGE = "message"  # send what a turn decided to send; the payload holds it
    DELIVER = "deliver"  # send what was said in a conversation to a channel; the payload names it
    ATTEND = "attend"  # somebody is wanted in a conversation, or isn't any more
    LEAVE = "leave"  # end the run that helped aside in a conversation, which has moved on; the payload names it
    DELETE = "delete"  # a run ended `delete_after` ago
    WAKE = "wake"  # a run that the visit waits for has ended: look at it


WORKED_AT = frozenset({JobKind.WORK, JobKind.UNDO})  # whose order is a lease: who does them holds them already


class Job(NamedTuple):
    """`visit` is the number of the visit that the job is about, 0 where it is about the run; `due` the time
    before which it isn't done, by the clock of whoever orders or claims it."""

    run: str
    kind: JobKind
    visit: int
    due: datetime
    payload: Mapping[str, Any] = NOTHING

    @property
    def key(self) -> str:
        return job_key(self.run, self.kind, self.visit)


def job_key(run: str, kind: JobKind, visit: int) -> str:
    """Unique among the jobs of a queue."""
    return f"{run}/{kind.value}/{visit}"


class Claim(NamedTuple):
    """A job that is its holder's until the lease ends. `tries` counts its claims, this one included, and tells
    them apart: what an earlier holder says later counts for nothing. The turn that orders a job may hold it as
    well, with 0 `tries`, until it is due. `handle` is the queue's own."""

    job: Job
    tries: int
    handle: Any = None


class Aside(NamedTuple):
    """A job that failed too often, and is kept for an operator. `kind` is a text: it may be what made it fail."""

    key: str
    run: str
    kind: str
    tries: int
    at: datetime  # when it was put aside
    reason: str


class Queue(Protocol):
    """Hands out jobs that stores have committed. Any number of processes may call it. `tests/contract/` holds
    the suite that every queue passes. Errors of the storage are StoreError.

    `now` is the caller's clock each time. A queue whose storage has a clock of its own goes by that, and takes of the
    times that it is handed only how far they are from `now`; those of an order from the time of its turn (the run's
    `updated_at`). So it doesn't matter how far the clocks of processes and of the storage are apart (S25)."""

    async def claim(
        self, now: datetime, most: int, lease: timedelta, wait: float, leave: Collection[JobKind] = ()
    ) -> Sequence[Claim]:
        """At most so many jobs that are due, the longest due first, each for `lease` from now on; nobody else
        gets them meanwhile. What the caller can't do it says by `leave`: a queue that machines share leaves it to the
        others. Where none is, waits up to `wait` seconds for one, and may return without any. Where it is
        cancelled in the middle of it, nobody has a job by that."""

    async def put_off(self, claim: Claim, now: datetime, until: datetime) -> bool:
        """Keeps the job from everybody until then: what is left of the work goes on (the lease is renewed), or
        is tried again then. False where the claim isn't the latest any more, or the job is gone."""

    async def is_kept(self, key: str, now: datetime) -> bool:
        """Whether the job of that key is kept from everybody now: somebody holds it, or it isn't due yet."""

    async def done(self, claim: Claim) -> None:
        """Takes the job out of the queue, unless somebody else has claimed it since."""

    async def put_aside(self, claim: Claim, at: datetime, reason: str) -> bool:
        """Keeps the job for an operator: nobody gets it any more, unless it is put back or ordered anew. The reason is
        stored in clear, and so quotes no answers. False as with `put_off`. A queue does the same with jobs that it
        can't read, after MOST_TRIES claims."""

    async def aside(self, run: str | None = None, limit: int = 100) -> Sequence[Aside]:
        """The jobs that were put aside, of one run or of all, those first that have been for longest."""

    async def put_back(self, run: str, now: datetime) -> int:
        """Has the run's jobs that were put aside done now, as if they had never been tried; how many they are."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in a store: jobs that are due, jobs that will be, undos that were given up, and jobs that were put
    aside."""

    due: int
    later: int
    failed_undos: int
    aside: int = 0
