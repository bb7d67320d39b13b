"""Runs that were stored when the items of a list were known by their position: each is numbered anew, once (S13).

Their steps are those of the list as it was then, so that it is read as the run came through it, before anything moves.
"""

from __future__ import annotations

from wizard.errors import WizardError
from wizard.machine.items import Numbers, numbered, numbers_by_position, numbers_entry
from wizard.machine.scope import Scope
from wizard.machine.stack import Turn
from wizard.model import Run, StepStatus
from wizard.model.path import Level, call_of, locate


def number_items(turn: Turn, run: Run) -> None:
    """Notes which items the numbers stand for that the run's paths have. Where a list can't be read any more nothing is
    noted: nobody gets the answers of its items then, as nobody can say whose they are."""
    stand = _at_its_farthest(run)
    for level in _lists(turn, run):
        numbers = _numbers(turn, stand, level)
        stand = stand._replace(parked=stand.parked.set(numbers_entry(level.base), numbers))
        turn.parking.put_numbers(level.base, numbers)
    turn.positional = False


def _at_its_farthest(run: Run) -> Run:
    """The run as it was before anybody went back: all that was answered counts."""
    done = StepStatus.DONE
    steps = tuple(step if step.output is None else step._replace(status=done) for step in run.steps)
    by_path = run.by_path.update({step.path: step for step in steps})
    return run._replace(steps=steps, cursor=len(steps) - 1, by_path=by_path)


def _lists(turn: Turn, run: Run) -> list[Level]:
    """Of each list that the run has come to one item, the outer lists first."""
    levels = {
        level.base: level
        for step in run.steps
        for level in locate(turn.workflow, step.path).levels
        if level.repeats_a_list
    }
    return sorted(levels.values(), key=lambda level: level.base.count("/"))


def _numbers(turn: Turn, stand: Run, level: Level) -> Numbers:
    assert level.call is not None
    repeat = call_of(level.call).repeat
    assert repeat is not None
    try:
        elements = repeat.for_each.evaluate(Scope(stand, level.frame, turn.local_now))
        if isinstance(elements, list | tuple):
            by_position = numbers_by_position(elements, repeat.for_each)
            return numbered(None, elements, repeat.key, turn.local_now, numbers=by_position)
    except WizardError:
        pass
    return numbered(None, (), None, turn.local_now)
