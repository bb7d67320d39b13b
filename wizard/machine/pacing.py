"""How fast a loop goes round that asks nobody anything (S17).

Such a loop goes through nodes that put themselves off (`pauses`): look, wait five minutes, look again. Where they don't
wait (a duration that comes to nothing, a time that is over), it would go round as fast as the machine can. So it comes
through such a node once in a second, and the less often the longer it goes on like that. What came and was waited for
needs no pause, and is taken a few at a time: no turn goes on for as long as there is something.
"""

from __future__ import annotations

import re
from datetime import timedelta

from wizard.machine.stack import Turn
from wizard.model import Later, PutOff, Step
from wizard.model.backoff import growing

LEAST, MOST = 1.0, 60.0  # seconds between two passes that didn't wait: at first, and after some of them
AT_ONCE = 5  # of what came already, in one turn

_VISIT = re.compile(r"~\d+")


def place_of(path: str) -> str:
    """What all visits of a node in a loop have in common. The items of a repeat are different places: their number
    ends."""
    return _VISIT.sub("", path)


def paced(turn: Turn, step: Step, later: Later | None, *, came: bool) -> tuple[Later | None, int]:
    """When the current step, whose node pauses and would go on `later`, may go on (None: now), and how many passes
    in a row didn't wait by themselves. `came` says that an event is there which it takes."""
    if came and later is None:
        enough = turn.passes[place_of(step.path)] >= AT_ONCE
        return (Later(turn.now) if enough else None), 0
    if later is not None and (later.at is None or later.at >= turn.now + timedelta(seconds=LEAST)):
        return later, 0
    if step.put_off is not None:  # it has waited
        return (None if later is None or later.at is None or later.at <= turn.now else later), step.put_off.rounds
    before = _pass_before(turn, step)
    if before is not None and before.until is not None:
        rounds = before.rounds + 1
        at = min(before.until, turn.now) + timedelta(seconds=growing(LEAST, rounds, MOST, 1.0))
        if at > turn.now:
            return Later(at), rounds
    return (None if later is None or later.at is None or later.at <= turn.now else later), 0


def passed(turn: Turn, step: Step) -> PutOff:
    """What is kept of a step whose node pauses, when it has gone on."""
    turn.passes[place_of(step.path)] += 1
    return PutOff(turn.now, rounds=0 if step.put_off is None else step.put_off.rounds)


def _pass_before(turn: Turn, step: Step) -> PutOff | None:
    if "~" not in step.path:
        return None
    place = place_of(step.path)
    for position in range(turn.cursor - 1, -1, -1):
        below = turn.steps[position]
        if below.is_foreground and below.given:  # somebody was asked since
            return None
        if below.type == step.type and place_of(below.path) == place:
            return below.put_off
    return None
