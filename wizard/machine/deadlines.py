"""What the clock will do to a run (S25), as jobs that are ordered with the move: remind of a form that isn't answered,
expire it, delete it some time after its end. A deadline that is met or moved leaves a job that does nothing.

Reminders that recur are one job, which knows when the first one was due: the others are counted from then, and not from
when a job came. Those that nobody could send while no process ran are missed, and not made up for.
"""

from __future__ import annotations

from datetime import datetime

from wizard.machine.stack import Turn
from wizard.model import Reminder, Run, RunStatus, Step
from wizard.model.instants import after
from wizard.model.job import JobKind


def watch_the_clock(turn: Turn, step: Step) -> None:
    """Orders the deadlines of a foreground step that begins to wait, or waits again."""
    node = turn.place(step).node
    if node.remind is not None:
        due = after(turn.now, node.remind.after)
        turn.order(JobKind.REMIND, step.visit, due, **({} if node.remind.every is None else {"first": due}))
        if step.reminded:
            turn.put(turn.steps[turn.cursor]._replace(reminded=0))
    if node.expires_after is not None:
        turn.order(JobKind.EXPIRE, step.visit, after(turn.now, node.expires_after))


def stop_the_clock(turn: Turn, step: Step) -> None:
    """Takes back the deadlines of a step that is answered."""
    node = turn.place(step).node
    if node.remind is not None:
        turn.settle(JobKind.REMIND, step.visit)
    if node.expires_after is not None:
        turn.settle(JobKind.EXPIRE, step.visit)


def waits_at(run: Run | Turn, visit: int) -> bool:
    """Whether the run stands at that visit of a foreground step, which isn't answered."""
    step = run.current
    return run.status is RunStatus.WAITING and step is not None and step.is_foreground and step.visit == visit


def reminder_due(reminder: Reminder, first: datetime | None, now: datetime) -> int:
    """Which reminder it is time for, from 1, where the first one was due then."""
    if reminder.every is None or first is None:
        return 1
    return min(max((now - first) // reminder.every, 0) + 1, reminder.times)


def next_reminder(reminder: Reminder, first: datetime | None, sent: int) -> datetime | None:
    """When the one after number `sent` is due; None where that was the last."""
    if reminder.every is None or first is None or sent >= reminder.times:
        return None
    return after(first, reminder.every * sent)


def reopen(turn: Turn) -> None:
    """Has a completed run go on: its time counts anew (S5). Its deletion stays ordered, and waits for its end."""
    turn.become("reopen")
    if turn.workflow.expires_after is not None:
        turn.expires_at = after(turn.now, turn.workflow.expires_after)
        turn.order(JobKind.EXPIRE, 0, turn.expires_at)


def order_deletion(turn: Turn) -> None:
    """Orders the deletion of a run that has ended, for when its workflow says; it can't expire any more."""
    if turn.workflow.expires_after is not None:
        turn.settle(JobKind.EXPIRE)
    if turn.workflow.delete_after is not None:
        turn.order(JobKind.DELETE, 0, after(turn.now, turn.workflow.delete_after))
