"""What the clock will do to a run, as jobs that are ordered with the move: remind of a form that isn't answered,
expire it, delete it some time after its end. A deadline that is met or moved leaves a job that does nothing.
"""

from __future__ import annotations

from wizard.instants import after
from wizard.jobs import JobKind
from wizard.model import Step
from wizard.turn import Turn


def watch_the_clock(turn: Turn, step: Step) -> None:
    """A foreground step begins to wait (again)."""
    node = turn.place(step).node
    if node.remind is not None:
        turn.order(JobKind.REMIND, step.visit, after(turn.now, node.remind.after))
    if node.expires_after is not None:
        turn.order(JobKind.EXPIRE, step.visit, after(turn.now, node.expires_after))


def stop_the_clock(turn: Turn, step: Step) -> None:
    """The step is answered."""
    node = turn.place(step).node
    if node.remind is not None:
        turn.settle(JobKind.REMIND, step.visit)
    if node.expires_after is not None:
        turn.settle(JobKind.EXPIRE, step.visit)


def order_deletion(turn: Turn) -> None:
    """The run has ended: its data is kept for as long as its workflow says."""
    if turn.workflow.expires_after is not None:
        turn.settle(JobKind.EXPIRE)
    if turn.workflow.delete_after is not None:
        turn.order(JobKind.DELETE, 0, after(turn.now, turn.workflow.delete_after))
