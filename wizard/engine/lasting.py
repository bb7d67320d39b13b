"""Work that goes on after its turn has ended: its lease is renewed, and its result is taken by a turn of its own, if
the run still stands there (S21).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from wizard.engine.commits import Saver
from wizard.engine.driver import Lasting
from wizard.engine.leases import LeaseLost, Leases, held
from wizard.engine.unsaved import Task, Unsaved
from wizard.errors import WizardError
from wizard.machine.stack import visit_of
from wizard.model import Run
from wizard.model.job import Claim, Job, JobKind
from wizard.telemetry.logs import broke
from wizard.telemetry.watching import Watch

log = logging.getLogger("wizard.engine")

TakeResult = Callable[[str, Unsaved, Task], Coroutine[Any, Any, object]]


class LastingWork:
    """The work of one process that outlasted its turns. `take_result` takes the turn of a run that its result belongs
    to. `following` is the work that followed from jobs which are done."""

    def __init__(self, leases: Leases, clock: Callable[[], datetime], watch: Watch, take_result: TakeResult) -> None:
        self.following: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._leases = leases
        self._clock = clock
        self._watch = watch
        self._take_result = take_result

    async def close(self, grace: float) -> None:
        """Lets the work go on for so many seconds; what isn't done then is another worker's."""
        loop = asyncio.get_running_loop()
        until = loop.time() + grace
        # What is under way in another loop ends with that.
        while tasks := {task for task in self._tasks if task.get_loop() is loop}:
            _, unfinished = await asyncio.wait(tasks, timeout=max(until - loop.time(), 0.0))
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    def go_on(self, run_id: str, lasting: Lasting, saver: Saver, *, follows: bool) -> None:
        """Goes on with work that its turn didn't wait for; `follows` says that it followed from a job."""
        work = self._finish(run_id, lasting, saver, follows=follows)
        self._begin(work, *((self._tasks, self.following) if follows else (self._tasks,)))

    async def hand_back(self, claim: Claim) -> None:
        """Lets whoever comes next do the job at once, without waiting for the lease; where something of it can't be
        stopped, as soon as that has come to its end."""
        if self._leases.goes_on(claim):
            self._begin(self._leases.keep(claim), self._tasks)
        else:
            await self._leases.free(claim)

    def _begin(self, work: Coroutine[Any, Any, None], *among: set[asyncio.Task[None]]) -> None:
        task = asyncio.ensure_future(work)
        for tasks in among:
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    async def _finish(self, run_id: str, lasting: Lasting, saver: Saver, *, follows: bool) -> None:
        """Renews the lease until there is a result, and takes the turn that it belongs to."""
        claim = claim_of(saver.run, self._clock())
        try:
            try:
                result = await held(lasting.result, lambda: self._leases.renew(claim), self._leases.seconds / 3)
            finally:
                saver.effects_done()
            unsaved = Unsaved(saver.run, result)
            await self._take_result(run_id, unsaved, Task(lasting.visit, unsaved=unsaved, follows=follows))
        except asyncio.CancelledError:  # the process ends: nobody needs to wait for the lease to do the same
            if not self._leases.goes_on(claim):
                await self._leases.free(claim)
            raise
        except LeaseLost:
            self._watch.node(lasting.type, 0.0, "late")
        except WizardError as error:
            log.warning("the result of run %s can't be stored: %s", run_id, type(error).__name__)
        except Exception as error:
            broke(log, error, "the result of run %s can't be stored; it is done again when its lease is over", run_id)


def claim_of(run: Run, now: datetime) -> Claim:
    """A turn's own claim on the job that it ordered for the work at which it stored the run."""
    return Claim(Job(run.id, JobKind.WORK, visit_of(run.current), now), 0)
