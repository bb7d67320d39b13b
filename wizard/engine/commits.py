"""Committing what a turn decides: once at its end, and before each effect (S20, S21).

What is committed before an effect orders the job that goes on with the run if this process dies, due when its
lease ends. Until then the work is this turn's own.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from wizard.engine.cache import RunCache
from wizard.errors import StaleRevision
from wizard.machine.stack import Turn, visit_of
from wizard.model import Change, Reply, Run, RunStatus
from wizard.model.job import WORKED_AT, Job, JobKind
from wizard.stores.contract import Store


class Effects:
    """The effects that this process is running, by run."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()  # turns may be taken in several threads

    def begin(self, run_id: str) -> None:
        with self._lock:
            self._running[run_id] += 1

    def end(self, run_id: str) -> None:
        with self._lock:
            self._running[run_id] -= 1
            if not self._running[run_id]:
                del self._running[run_id]

    def is_running(self, run: Run) -> bool:
        """Whether the run stands at work that this process is doing."""
        return run.status is RunStatus.WORKING and run.id in self._running


class Saver:
    """The commits of one turn on `run`, which isn't stored yet where `born` is false. `lease` says until when, from
    now on, the effects that begin are this turn's. `responded` says that an earlier turn on the same request stored a
    reply to it. `job` is the key of the job that the turn is taken for, which somebody holds; `past` is called when a
    commit takes that away from them, since it is done or ordered anew. `committed` is called after each commit, `tell`
    before one on the way."""

    def __init__(
        self,
        store: Store,
        cache: RunCache,
        effects: Effects,
        turn: Turn,
        run: Run,
        *,
        born: bool,
        lease: Callable[[], datetime],
        respond: Callable[[Run], Reply] | None = None,
        responded: bool = False,
        job: str = "",
        past: Callable[[], None] | None = None,
        committed: Callable[[], None] | None = None,
        tell: Callable[[], None] | None = None,
    ) -> None:
        self.run = run  # as last committed
        self._store = store
        self._cache = cache
        self._effects = effects
        self._turn = turn
        self._born = born
        self.lease = lease
        self._respond = respond
        self._responded = responded
        self._job = job
        self._past = past
        self._committed = committed
        self._tell = tell
        self._begun = 0
        self._saved = False

    async def save_before_effect(self) -> None:
        """Records what was decided before the step's effect begins (S21): a move that loses against another one must
        have had no effect at all. Who went on with a run whose process seemed dead is told apart by the revision."""
        self._order_rescue()
        await self._commit_on_the_way()
        self._begin()

    async def save_before_undo(self) -> None:
        """Records what is owed to dropped steps before the first one is undone; one commit serves all (S12)."""
        if self._turn.unsaved_debts:
            self._order_rescue()
            await self._commit_on_the_way()
        self._begin()

    async def _commit_on_the_way(self) -> None:
        """The request is answered already, in case that nobody comes to the turn's end: whoever sends it again then
        is told how the run stands, and it isn't made again."""
        if self._tell is not None:
            self._tell()
        change = self._turn.change()
        if self._respond is not None:
            change = change._replace(reply=self.answering(self._respond(change.run)))
        await self.commit(change)

    def answering(self, reply: Reply) -> Reply:
        """The reply, in the place of the one that this turn stored before."""
        reply, self._responded = replace(reply, again=self._responded), True
        return reply

    def _order_rescue(self) -> None:
        until = self.lease()
        for debt in self._turn.unsaved_debts:
            self._turn.order(JobKind.UNDO, debt, until)
        if self._turn.status is RunStatus.WORKING:
            self._turn.order(JobKind.WORK, visit_of(self._turn.current), until)

    def _begin(self) -> None:
        self._begun += 1
        self._effects.begin(self._turn.id)

    @property
    def has_saved(self) -> bool:
        """Whether something of the turn is stored."""
        return self._saved

    @property
    def owes_reply(self) -> bool:
        """Whether a reply is stored that tells what was known on the way, and isn't the answer yet."""
        return self._responded

    def effects_done(self) -> None:
        while self._begun:
            self._begun -= 1
            self._effects.end(self._turn.id)

    async def commit(self, change: Change) -> None:
        """Raises StaleRevision where somebody else's commit was faster."""
        if not self._born:
            change = change._replace(expected=None)
        if self._job:
            change = change._replace(jobs=tuple(job for job in change.jobs if not self._holds(job)))
        try:
            await self._store.commit(change)
        except StaleRevision:
            self._cache.forget(self._turn.id)
            raise
        if self._past is not None and self._job in (*change.settled, *(job.key for job in change.jobs)):
            self._past()
        if self._committed is not None:
            self._committed()
        self._born = self._saved = True
        self.run = change.run
        self._cache.remember(change)

    def _holds(self, job: Job) -> bool:
        return job.key == self._job and job.kind in WORKED_AT


def lease_from(clock: Callable[[], datetime], seconds: float) -> Callable[[], datetime]:
    """When a lease that is taken now ends."""
    length = timedelta(seconds=seconds)
    return lambda: clock() + length
