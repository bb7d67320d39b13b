"""Kept steps are used again where they still apply: what was answered and done above the cursor isn't lost when
somebody goes back (S8, S11). What a background step needs for that is in wizard.machine.background (S10).
"""

from __future__ import annotations

from collections.abc import Generator

from wizard.machine.lifecycle import next_step_status
from wizard.machine.protocol import Check, Request, Result
from wizard.machine.stack import Turn
from wizard.machine.undo import drop
from wizard.machine.walk import Destination, order_now
from wizard.model import Step
from wizard.model.path import can_follow, items_around, locate, waits_its_turn


def come_to(turn: Turn, destination: Destination) -> Generator[Request, Result, tuple[Step, bool]]:
    """S8: makes the destination current, as the kept step of that path or as a new one. Other items of a list that
    come after it now stay kept, wherever they were before (S13)."""
    workflow, path, order = turn.workflow, destination.path, order_now(turn)
    position = turn.kept_at(path)
    if position is not None:
        below = turn.steps[turn.cursor + 1 : position]
        unreachable = [step for step in below if not waits_its_turn(workflow, path, step.path, order)]
        yield from drop(turn, unreachable)
        if len(unreachable) < len(below):
            turn.bring_forward(items_around(workflow, path))
        turn.cursor += 1
        step = turn.steps[turn.cursor]
        return step, False
    unreachable = [step for step in turn.steps[turn.cursor + 1 :] if not can_follow(workflow, path, step.path, order)]
    yield from drop(turn, unreachable)
    place = locate(turn.workflow, destination.path)
    return turn.push(place, destination.path), True


def still_holds(turn: Turn, step: Step) -> Generator[Request, Result, bool]:
    """S11: a kept answer is accepted as it is if it is valid, what it depends on is unchanged, and
    another foreground step is kept above it. Where the change was asked, it has come back."""
    if turn.returning == step.path:
        turn.returning = None
    if step.is_closed:
        turn.log("re-used", step.path)
        return True
    if turn.returning is None or step.output is None or not turn.foreground_above():
        return False
    if not turn.reads_the_same(step):
        return False
    with turn.seen_from(turn.cursor) as undone:
        result = yield Check(undone)
    if result.holds and not step.is_done:
        turn.put(step._replace(status=next_step_status(step.status, "accept")))
    return result.holds
