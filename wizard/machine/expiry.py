"""Expiry: a run, or the form that it waits at, has waited for too long (S25)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from wizard.machine.deadlines import order_deletion, stop_the_clock, waits_at
from wizard.machine.protocol import Move
from wizard.machine.stack import Turn
from wizard.machine.undo import close_all
from wizard.model import Run, RunStatus, is_past

_UNFINISHED = (RunStatus.CREATED, RunStatus.WAITING, RunStatus.WORKING, RunStatus.FAILED)


def expire(turn: Turn, visit: int) -> Move:
    """The run (`visit` 0), or the form that it waits at, has waited for too long."""
    if turn.status in _UNFINISHED and (not visit or waits_at(turn, visit)):
        end_early(turn, "expire")
        turn.log("expired")
        yield from close_all(turn)


def end_early(turn: Turn, trigger: Literal["cancel", "expire"]) -> None:
    """The run ends before it is completed."""
    turn.become(trigger)
    turn.fault = turn.returning = None
    turn.arrivals = ()
    if turn.current is not None and turn.current.is_foreground:
        stop_the_clock(turn, turn.current)
    order_deletion(turn)


def is_expired(run: Run, now: datetime) -> bool:
    """Whether the run's time is over and it wasn't finished before."""
    return is_past(run.status, run.expires_at, now)
