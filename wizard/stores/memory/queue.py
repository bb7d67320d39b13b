"""The jobs of a memory store, in the order in which they are due."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count

from wizard.model.job import Aside, Claim, Job, JobKind
from wizard.stores.wakening import Wakening


@dataclass(slots=True)
class _Waiting:
    job: Job
    due: datetime
    number: int  # of its place in the heap; places with other numbers are stale
    tries: int = 0
    holder: int | None = None
    aside: tuple[datetime, str] | None = None  # since when, and why


class MemoryQueue:
    """See wizard.model.job.Queue for what each method promises. `change`, `forget` and `count` are the store's, which
    holds the lock then."""

    def __init__(self, lock: threading.RLock | None = None) -> None:
        self._lock = lock or threading.RLock()
        self._jobs: dict[str, _Waiting] = {}
        self._heap: list[tuple[datetime, int, str]] = []
        self._numbers = count(1)
        self._wakening = Wakening()

    def change(self, ordered: Sequence[Job], settled: Sequence[str]) -> None:
        """What a commit orders and settles."""
        for job in ordered:
            number = next(self._numbers)
            self._jobs[job.key] = _Waiting(job, job.due, number)
            heappush(self._heap, (job.due, number, job.key))
        for key in settled:
            self._jobs.pop(key, None)
        if len(self._heap) > 2 * len(self._jobs) + 100:  # jobs that are ordered again and again leave places behind
            self._heap = [
                (queued.due, queued.number, key) for key, queued in self._jobs.items() if queued.aside is None
            ]
            heapify(self._heap)
        if ordered:
            self._wakening.wake()

    def forget(self, run_id: str) -> None:
        """Takes out all jobs of a run."""
        for key in [key for key, waiting in self._jobs.items() if waiting.job.run == run_id]:
            del self._jobs[key]

    def count(self, now: datetime) -> tuple[int, int, int]:
        """How many jobs are due, how many aren't yet, and how many were put aside."""
        due = sum(waiting.due <= now and waiting.aside is None for waiting in self._jobs.values())
        aside = sum(waiting.aside is not None for waiting in self._jobs.values())
        return due, len(self._jobs) - due - aside, aside

    async def claim(
        self, now: datetime, most: int, lease: timedelta, wait: float, leave: Collection[JobKind] = ()
    ) -> Sequence[Claim]:
        if most <= 0:
            return []

        async def attempt(moment: datetime) -> tuple[Sequence[Claim], datetime | None]:
            with self._lock:
                claims = self._take(moment, most, lease)
                return claims, self._heap[0][0] if self._heap else None

        return await self._wakening.claims(attempt, now, wait, self.put_off)

    def _take(self, now: datetime, most: int, lease: timedelta) -> list[Claim]:
        claims: list[Claim] = []
        while self._heap:
            due, number, key = self._heap[0]
            waiting = self._jobs.get(key)
            if waiting is None or waiting.number != number:
                heappop(self._heap)
                continue
            if due > now or len(claims) == most:
                break
            waiting.tries += 1
            waiting.holder = number
            self._place(waiting, now + lease)
            claims.append(Claim(waiting.job._replace(due=due), waiting.tries, number))
        return claims

    def _place(self, waiting: _Waiting, due: datetime) -> None:
        waiting.due, waiting.number = due, next(self._numbers)
        heappush(self._heap, (due, waiting.number, waiting.job.key))

    def _held(self, claim: Claim) -> _Waiting | None:
        waiting = self._jobs.get(claim.job.key)
        if waiting is None or (waiting.tries, waiting.holder) != (claim.tries, claim.handle):
            return None
        return waiting

    async def put_off(self, claim: Claim, now: datetime, until: datetime) -> bool:
        with self._lock:
            waiting = self._held(claim)
            if waiting is not None:
                self._place(waiting, until)
                self._wakening.wake()
        return waiting is not None

    async def is_kept(self, key: str, now: datetime) -> bool:
        waiting = self._jobs.get(key)
        return waiting is not None and waiting.due > now and waiting.aside is None

    async def done(self, claim: Claim) -> None:
        with self._lock:
            if self._held(claim) is not None:
                del self._jobs[claim.job.key]

    async def put_aside(self, claim: Claim, at: datetime, reason: str) -> bool:
        with self._lock:
            waiting = self._held(claim)
            if waiting is not None:
                # Its place in the heap is stale from now on, and its holder's claim the latest no more.
                waiting.aside, waiting.number, waiting.holder = (at, reason), next(self._numbers), None
        return waiting is not None

    async def aside(self, run: str | None = None, limit: int = 100) -> Sequence[Aside]:
        with self._lock:
            aside = [
                Aside(key, queued.job.run, queued.job.kind.value, queued.tries, *queued.aside)
                for key, queued in self._jobs.items()
                if queued.aside is not None and run in (None, queued.job.run)
            ]
        return sorted(aside, key=lambda job: (job.at, job.key))[: max(limit, 0)]

    async def put_back(self, run: str, now: datetime) -> int:
        with self._lock:
            put_aside = [queued for queued in self._jobs.values() if queued.aside is not None and queued.job.run == run]
            for queued in put_aside:
                queued.aside, queued.tries = None, 0
                self._place(queued, now)
        if put_aside:
            self._wakening.wake()
        return len(put_aside)
