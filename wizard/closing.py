"""A form that an event closes: it comes instead of a person's answer, and what they send later is told so (S24)."""

from __future__ import annotations

from contextlib import suppress

from wizard.arrivals import awaited
from wizard.deadlines import stop_the_clock
from wizard.errors import ExpressionError, StaleInput
from wizard.lifecycle import next_step_status
from wizard.model import Arrival, Step
from wizard.turn import Turn

BY_EVENT = b"event"  # no digest of any input: a late answer isn't the same input again


def close_with(turn: Turn, step: Step, arrival: Arrival) -> None:
    """An event comes instead of an answer to the current step; what was answered before is kept as its draft."""
    text = _author_says(turn, step, arrival)
    draft = step.draft if step.output is None or step.is_closed else step.output
    status = step.status if step.is_done else next_step_status(step.status, "accept")
    turn.put(step._replace(status=status, output={}, draft=draft, given=BY_EVENT, took=arrival, error=text))
    turn.take(arrival, step)
    stop_the_clock(turn, step)


def _author_says(turn: Turn, step: Step, arrival: Arrival) -> str | None:
    """None also where the text can't be computed: the form is closed all the same."""
    place = turn.place(step)
    event = awaited(place.node.events, arrival)
    if event is None or event.text is None:
        return None
    with suppress(ExpressionError):
        return str(event.text.render(turn.scope(place)))
    return None


def check_open(turn: Turn, step: Step) -> None:
    """Raises StaleInput where an event closed the step."""
    if step.is_closed:
        raise StaleInput(closed_text(step), workflow=turn.workflow.id, node=step.path, run=turn.id)


CLOSED = "This was closed before it was answered, by something that happened meanwhile."


def closed_text(step: Step) -> str:
    """What a person reads who answers a step that an event has closed."""
    said = (step.error or CLOSED).rstrip()
    return f"{said if said[-1:] in ('.', '!', '?') else said + '.'} Look at where the run is now."
