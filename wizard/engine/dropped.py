"""Steps that left the path, in a turn: their effects are undone, and their visits closed (S12, S14).

Neither can stop the person: what fails, or takes too long, is owed and done again by a job.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from wizard.engine.commits import Saver
from wizard.engine.reentry import AtWork
from wizard.machine.stack import Turn
from wizard.machine.undo import debt
from wizard.model import Step, StepStatus
from wizard.model.backoff import pause_after
from wizard.model.job import JobKind, job_key
from wizard.model.path import locate
from wizard.node import NodeType, Visit
from wizard.node.retry import seconds_for, seconds_in_all
from wizard.process.unstoppable import doing
from wizard.telemetry.logs import broke

log = logging.getLogger("wizard.nodes")

UNDO_TRIES = 10  # then it is an operator's


class Dropped:
    """Undoes and closes the steps that a turn drops. `undone` says what came of it by visit, None or the error's name,
    and `closed` are the visits that were closed; `patience` are the seconds that undoing may take in all: jobs do the
    others."""

    def __init__(self, turn: Turn, saver: Saver, visit: Callable[[Step], Visit[Any]], patience: float) -> None:
        self.undone: dict[int, str | None] = {}
        self.closed: set[int] = set()
        self._turn = turn
        self._saver = saver
        self._visit = visit
        self._patience = patience
        self._owed: set[int] = set()
        self._undoing = 0.0  # seconds that undos took
        self._quiet = timedelta(0)  # until effects that were begun and aren't wanted any more are over

    async def remove(self, step: Step) -> None:
        """An undo that fails, or takes too long, is tried again later: it can't stop the person."""
        handler: NodeType[Any] = locate(self._turn.workflow, step.path).node.handler
        if not handler.undoes:
            return
        begun = step.status is StepStatus.PENDING and not handler.pure
        if begun:
            # Whoever began the effect may be at it still, in this process or another, and have it done once more
            # after it was undone. When their lease is over they aren't any more.
            self._quiet = self._saver.lease() - self._turn.now
        if step.visit not in self.undone:
            if self._undoing >= self._patience:
                # A second after the one before, since the newest is undone first.
                self._owe(step, self._quiet + timedelta(seconds=len(self._owed)))
                return
            await self._saver.save_before_undo()
            time = asyncio.get_running_loop().time
            since = time()
            self.undone[step.visit] = await self._undo(handler, step)
            self._undoing += time() - since
        error = self.undone[step.visit]
        if begun or error is not None:
            self._owe(step, self._quiet if begun else timedelta(0), error)
        else:
            self._turn.undone(step.visit)

    async def _undo(self, handler: NodeType[Any], step: Step) -> str | None:
        """The name of the error where it fails."""
        visit = self._visit(step)
        try:
            with AtWork(visit), doing(job_key(self._turn.id, JobKind.UNDO, step.visit)):
                async with asyncio.timeout(self._patience):
                    await visit.services.calls.within(seconds_in_all(visit), lambda: handler.remove(visit), visit)
        except Exception as error:
            broke(log, error, "undoing step %s of run %s failed; it will be tried again", step.path, self._turn.id)
            return type(error).__name__
        return None

    def _owe(self, step: Step, pause: timedelta, error: str | None = None) -> None:
        """Has a job undo it (again) after that pause; after an error it is the longer the oftener it was tried."""
        self._owed.add(step.visit)
        owed = debt(self._turn.undos, step.visit)
        if owed is not None:
            tries = owed.tries + 1
            self._turn.owe_again(owed._replace(tries=tries, error=error))
            pause = pause if error is None else max(pause, pause_after(tries, random.random()))  # noqa: S311
            pause = max(pause, self._time_left(step))
            self._turn.order(JobKind.UNDO, step.visit, self._turn.now + pause)

    def _time_left(self, step: Step) -> timedelta:
        """How much longer an undo may go on that nobody waits for any more, and that can't be stopped."""
        visit = self._visit(step)
        goes_on = visit.services.calls.unstoppable.goes_on(job_key(self._turn.id, JobKind.UNDO, step.visit))
        return timedelta(seconds=seconds_in_all(visit)) if goes_on else timedelta(0)

    async def close(self, step: Step) -> None:
        """A node that fails in it can't stop the person either. What is still to be undone is closed after that."""
        handler: NodeType[Any] = locate(self._turn.workflow, step.path).node.handler
        if type(handler).close is NodeType.close or step.visit in self._owed or step.visit in self.closed:
            return
        self.closed.add(step.visit)
        visit = self._visit(step)
        try:
            with AtWork(visit):
                await visit.services.calls.within(seconds_for(visit), lambda: handler.close(visit), visit)
        except Exception as error:
            broke(log, error, "closing step %s of run %s failed", step.path, self._turn.id)
