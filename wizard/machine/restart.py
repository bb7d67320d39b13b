"""Begins a run anew: at its first step, and without any answer."""

from __future__ import annotations

from wizard.errors import PointOfNoReturn
from wizard.machine.back import point_of_no_return
from wizard.machine.deadlines import reopen
from wizard.machine.machine import check_not_over, go_forward
from wizard.machine.protocol import Move
from wizard.machine.stack import Turn
from wizard.machine.undo import settle, take_off
from wizard.model import RunStatus


def restart(turn: Turn) -> Move:
    """All steps leave the path and are undone (S12), their answers aren't parked, and what was parked is forgotten
    (S13); then the run goes forward from its beginning. What it was handed stays, and so do its events (S24).

    Raises RunCompleted, and PointOfNoReturn where a final step is done.
    """
    check_not_over(turn)
    last = point_of_no_return(turn.workflow, turn)
    if last >= 0:
        raise PointOfNoReturn(workflow=turn.workflow.id, node=turn.steps[last].path, run=turn.id)
    turn.log("restarted")
    turn.fault = turn.returning = None
    if turn.status is RunStatus.COMPLETED:
        reopen(turn)
    gone = take_off(turn, list(turn.steps), park=False)
    turn.parking.forget_all()
    yield from settle(turn, gone)
    yield from go_forward(turn)
