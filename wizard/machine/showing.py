"""A foreground step that is to be answered, for the first time or again: it waits, and is shown (S3, S9)."""

from __future__ import annotations

from wizard.machine.deadlines import reopen, watch_the_clock
from wizard.machine.lifecycle import next_step_status
from wizard.machine.protocol import Look, Move
from wizard.machine.stack import Turn
from wizard.model import RunStatus, Step, StepStatus


def wait_at(turn: Turn, step: Step) -> None:
    """Has the current step wait for an answer, and its deadlines count from now (S25)."""
    if step.status is not StepStatus.WAITING:
        turn.put(step._replace(status=next_step_status(step.status, "revisit")))
    _wait(turn)
    watch_the_clock(turn, step)


def look_at_current(turn: Turn, *, keep_fault: bool = False) -> Move:
    """Shows the step that the cursor was moved back to. A background step is left as it is (S6)."""
    if not keep_fault:
        turn.fault = None
    step = turn.steps[turn.cursor]
    if step.is_foreground and not step.is_closed:
        wait_at(turn, step)
        yield Look(turn.steps[turn.cursor])
    else:
        _wait(turn)


def _wait(turn: Turn) -> None:
    if turn.status is RunStatus.COMPLETED:
        reopen(turn)
    elif turn.status is not RunStatus.WAITING:
        turn.become("wait")
