"""Moves that nobody makes by answering: an event from outside, a deadline, the end that somebody puts to a run.

Each is a rule like those of wizard/machine/machine.py: a generator over a Turn, without I/O. A deadline that came too
late, because the person answered or went elsewhere, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wizard.errors import RunCompleted
from wizard.machine.back import point_of_no_return
from wizard.machine.closing import close_after_tries, close_in_time, close_with
from wizard.machine.deadlines import reminder_due, waits_at
from wizard.machine.events import awaited, check_fits, check_known, check_room, coming, next_for, superseded, take_in
from wizard.machine.expiry import end_early
from wizard.machine.machine import check_not_over, go_forward, next_, resume
from wizard.machine.protocol import Move
from wizard.machine.stack import Turn, visit_of
from wizard.machine.undo import close_all, settle
from wizard.model import Arrival, RunStatus, Step, StepStatus, Value, is_past
from wizard.model.job import JobKind
from wizard.model.values import check_value


def amend(turn: Turn, documents: Mapping[str, Mapping[str, Value]]) -> Move:
    """Sets fields of the event, profile or session from outside. Nothing moves. Raises RunCompleted."""
    check_not_over(turn)
    for name, fields in documents.items():
        document = turn.amend(name, fields)
        turn.log("amended", name)
        if name == "event":
            check_room(turn)
        else:
            check_value(dict(document), f"The {name} of the run")
    return
    yield


def arrive(turn: Turn, name: str, data: Value, key: str = "") -> Move:
    """An event arrives by its name (S24): it is in the run's event document from here on, and in its queue until a step
    takes it. A step that waits for it takes it now, and the run goes on.

    Raises RunCompleted, TooManyEvents, and InvalidInput where the workflow knows no such event, or the step that waits
    for it refuses it.
    """
    check_not_over(turn)
    check_known(turn.workflow, name)
    arrival, step = coming(turn, name, data, key), turn.current
    waiting = step is not None and _waits_for(turn, step, arrival)
    check_room(turn, arrival, taken=waiting)
    take_in(turn, arrival)
    if step is None:
        return
    if waiting:
        check_fits(turn, turn.place(step), arrival)
    if waiting and step.is_foreground:
        close_with(turn, step, next_for(turn, step) or arrival)
        turn.fault = None
        yield from go_forward(turn)
    elif waiting or _pauses(turn, step):
        yield from resume(turn, visit_of(step))
    elif _stands_before_another_event(turn):
        yield from next_(turn, None)


def _waits_for(turn: Turn, step: Step, arrival: Arrival) -> bool:
    """Whether the current step takes such events, and nothing else comes of it before."""
    if step.is_foreground:
        waits = turn.status is RunStatus.WAITING and step.status is StepStatus.WAITING
    else:
        waits = _pauses(turn, step)
    return waits and awaited(turn.place(step).node.events, arrival) is not None


def _pauses(turn: Turn, step: Step) -> bool:
    return (
        turn.status is RunStatus.WORKING
        and not step.is_foreground
        and not step.is_done
        and bool(turn.place(step).node.handler.pauses)
    )


def _stands_before_another_event(turn: Turn) -> bool:
    """Whether the run stopped over an event that its expressions can't read, and now there is another one."""
    fault = turn.fault
    if turn.status is not RunStatus.FAILED or fault is None or fault.kind not in ("ExpressionError", "NoCaseMatched"):
        return False
    return superseded(turn, fault.node, point_of_no_return(turn.workflow, turn)) is not None


def cancel(turn: Turn, *, undo: bool) -> Move:
    """Ends the run for good; with `undo` what its steps did is undone, the newest first. Raises RunCompleted."""
    if turn.status is RunStatus.COMPLETED:
        raise RunCompleted(workflow=turn.workflow.id, run=turn.id)
    end_early(turn, "cancel")
    turn.log("cancelled", undo=undo)
    turn.undoes_saves = undo
    yield from settle(turn, turn.steps[::-1]) if undo else close_all(turn)


def remind(turn: Turn, visit: int, first: datetime | None = None) -> Move:
    """A form has waited for `remind_after`: a message is ordered, or the run goes on without the answer. `first` is
    when the first one of several reminders was due. Each message has a visit's number of its own, and so a key."""
    step = turn.current
    if step is None or not waits_at(turn, visit) or is_past(turn.status, turn.expires_at, turn.now):
        return
    place = turn.place(step)
    reminder = place.node.remind
    if reminder is None:
        return
    number = reminder_due(reminder, first, turn.now)
    if number <= step.reminded:
        return
    turn.log("reminded", step.path)
    if reminder.stays:
        scope, message = turn.scope(place), reminder.message
        turn.put(step._replace(reminded=number))
        if reminder.text is not None:
            turn.remarks.append(str(reminder.text.words(scope)))
        if message is None:
            return
        to, subject, text = message.to.render(scope), message.subject.render(scope), message.text.words(scope)
        turn.visits += 1
        turn.order(JobKind.MESSAGE, turn.visits, turn.now, send=message.send, to=to, subject=subject, text=text)
        return
    turn.fault = None
    close_in_time(turn, step)
    yield from go_forward(turn)


def give_up(turn: Turn) -> Move:
    """The current step was answered wrongly so often that its definition leads elsewhere (`after_tries`): the run goes
    on there without the answer, as where nobody answers in time."""
    step = turn.current
    if step is None or not waits_at(turn, step.visit) or turn.place(step).node.after_tries is None:
        return
    turn.log("given up", step.path)
    turn.fault = None
    close_after_tries(turn, step)
    yield from go_forward(turn)
