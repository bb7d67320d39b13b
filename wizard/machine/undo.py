"""Steps that leave the path are taken off, undone and closed (S12, S14).

What is owed to a dropped step is part of the run until it is done: the commit that takes the step off says so
before anything is undone, and whoever finds it later, after a crash, does it then.
"""

from __future__ import annotations

from collections.abc import Sequence

from wizard.machine.lifecycle import RunTrigger
from wizard.machine.protocol import Close, Move, Remove
from wizard.machine.stack import Turn
from wizard.model import RunStatus, Step, Undo


def drop(turn: Turn, steps: list[Step], *, park: bool = True) -> Move:
    """S12: takes steps off the stack; each is removed and closed, the newest first (S14)."""
    yield from settle(turn, take_off(turn, steps, park=park))


def take_off(turn: Turn, steps: list[Step], *, park: bool = True) -> list[Step]:
    """Takes steps off the stack, and gives them newest first; they are still to be settled."""
    gone = steps[::-1]
    for step in gone:
        turn.take_out(step, park=park)
        turn.log("removed", step.path)
    return gone


def settle(turn: Turn, gone: list[Step]) -> Move:
    """Undoes and closes steps that are off already: one commit covers them and what is owed to them."""
    owed = [turn.owe(step) for step in gone]
    yield from _while_working(turn, gone, owing=any(owed))


def undo_what_was_left(turn: Turn) -> Move:
    """Undoes what left the path in a turn that was cut off, before anything new is run (S12)."""
    left = [undo.step for undo in turn.undos if undo.tries == 0]
    if left:
        yield from _while_working(turn, left, owing=True)


def debt(undos: Sequence[Undo], visit: int) -> Undo | None:
    """What is owed to a visit, None where nothing is."""
    return next((undo for undo in undos if undo.step.visit == visit), None)


def close_all(turn: Turn) -> Move:
    """Closes every step of the run, the newest first (S14)."""
    for step in reversed(turn.steps):
        yield Close(step)


_BACK: dict[RunStatus, RunTrigger] = {RunStatus.WAITING: "wait", RunStatus.FAILED: "fail"}


def _while_working(turn: Turn, gone: list[Step], *, owing: bool) -> Move:
    """Undoes and closes steps. The run is `working` meanwhile, so that one that is cut off here goes on by itself."""
    back = _BACK.get(turn.status) if owing else None
    if back is not None:
        turn.become("work")
    for step in gone:
        yield Remove(step)
        yield Close(step)
    if back is not None:
        turn.become(back)
