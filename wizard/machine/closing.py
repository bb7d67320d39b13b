"""A form that is closed by something else than a person's answer: its deadline, or an event (S24). Nothing that they
answered or typed is lost by it: it stays as the step's draft, for whoever comes back to it."""

from __future__ import annotations

from contextlib import suppress

from wizard.errors import ExpressionError, StaleInput
from wizard.locale.sentences import Sentence, sentence
from wizard.machine.deadlines import stop_the_clock
from wizard.machine.drafts import without_secrets
from wizard.machine.events import awaited
from wizard.machine.lifecycle import next_step_status
from wizard.machine.stack import Turn
from wizard.model import BY_EVENT, BY_TIMER, BY_TRIES, NOTHING, Arrival, Step

UNANSWERED = sentence("This wasn't answered in time.")


def close_with(turn: Turn, step: Step, arrival: Arrival) -> None:
    """An event comes instead of an answer to the current step."""
    text = _author_says(turn, step, arrival)
    _close(turn, step, given=BY_EVENT, took=turn.take(arrival, step), error=text)


def close_in_time(turn: Turn, step: Step) -> None:
    """The time in which the current step was to be answered is over."""
    _close(turn, step, given=BY_TIMER, took=None, error=UNANSWERED.in_language(turn.workflow.language))


def close_after_tries(turn: Turn, step: Step) -> None:
    """The current step was answered wrongly too often."""
    _close(turn, step, given=BY_TRIES, took=None, error=UNANSWERED.in_language(turn.workflow.language))


def _close(turn: Turn, step: Step, *, given: bytes, took: Arrival | None, error: str | None) -> None:
    """What was answered before, if the person is here again, counts no more, nor what it set in documents."""
    draft = {**without_secrets(turn.workflow, step, step.answer or {}), **(step.draft or {})}
    status = step.status if step.is_done else next_step_status(step.status, "accept")
    closed = step._replace(status=status, output={}, draft=draft or None, patch=NOTHING)
    turn.put(closed._replace(given=given, took=took, error=error))
    stop_the_clock(turn, step)


def _author_says(turn: Turn, step: Step, arrival: Arrival) -> str | None:
    """None also where the text can't be computed, or is empty: the form is closed all the same."""
    place = turn.place(step)
    event = awaited(place.node.events, arrival)
    if event is None or event.text is None:
        return None
    with suppress(ExpressionError):
        return str(event.text.words(turn.scope(place))).strip() or None
    return None


def check_open(turn: Turn, step: Step) -> None:
    """Raises StaleInput where an event closed the step."""
    if step.is_closed:
        raise StaleInput(closed_text(step), workflow=turn.workflow.id, node=step.path, run=turn.id)


CLOSED = sentence("This was closed before it was answered, because of something else that happened.")


def words_of_closing(step: Step) -> str | Sentence:
    """What closed a step, in the author's own words where there are any."""
    return step.error or CLOSED


def closed_text(step: Step) -> Sentence:
    """What a person reads who answers a step that an event has closed."""
    said = (step.error or "").rstrip()
    if said and said[-1] not in (".", "!", "?"):
        said += "."
    return sentence("{closed} Look at where the run is now.", closed=said or CLOSED)
