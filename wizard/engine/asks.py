"""What callers hand the engine, checked, and made into what is asked of a run (S19), a function for each method of the
engine. All raise InvalidInput for what no run could take.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal, get_args

from wizard.errors import InvalidInput
from wizard.locale.sentences import sentence
from wizard.machine import earlier, interventions, machine
from wizard.machine.arguments import check_fields, check_names, check_texts, check_texts_given, checked_draft
from wizard.machine.conflicts import Answer, Ask, Change, FromOutside, LookBack, OwnWork
from wizard.machine.events import is_delivered
from wizard.machine.protocol import Move
from wizard.machine.stack import Turn
from wizard.model import Value
from wizard.model.copies import copied
from wizard.model.values import check_value
from wizard.state.documents import DOCUMENTS

Fields = Mapping[str, object]
Action = Literal["next", "previous", "save"]
_ACTIONS = get_args(Action)

MAX_NAME, MAX_KEY = 64, 200  # of an event


def next_ask(
    step: str | None, answers: Fields | None, revision: int | None, seen: str | None, *, in_parts: bool, revisit: bool
) -> Answer:
    """Engine.next. With `revisit` the step may be an earlier one, and is gone back to."""

    def move(turn: Turn) -> Move:
        if revisit and step is not None:
            return earlier.answer_at(turn, step, answers or {})
        return machine.next_(turn, answers, partial=in_parts)

    return Answer(move, step, answers, revision, seen, earlier=revisit)


def previous_ask(
    step: str | None, to: str | None, draft: Fields | None, revision: int | None, *, skip_background: bool
) -> LookBack:
    """Engine.previous."""
    draft = checked_draft(draft)
    check_texts_given(to=to)

    def move(turn: Turn) -> Move:
        if step is not None:
            return earlier.previous_from(turn, step, draft)
        return machine.previous(turn, skip_background=skip_background, to=to, draft=draft)

    return LookBack(move, step, revision)


def save_ask(step: str, draft: Fields) -> LookBack:
    """Engine.save."""
    draft = checked_draft(draft)
    return LookBack(lambda turn: earlier.save(turn, step, draft), step)


def keep_ask(step: str, draft: Fields, files: Fields | None) -> LookBack:
    """Engine.keep."""
    draft, chosen = checked_draft(draft), _checked_files(files)
    return LookBack(lambda turn: earlier.keep(turn, step, draft, chosen), step)


def page_ask(
    step: str,
    action: Action,
    answers: Fields | None,
    draft: Fields | None,
    files: Fields | None,
    seen: str | None,
    *,
    changing: bool,
) -> tuple[str, Ask]:
    """Engine.submit, and what the turn is called where turns are counted."""
    if action not in _ACTIONS:
        raise InvalidInput(f"`action` is one of {', '.join(_ACTIONS)}.")
    if action == "next":
        given = answers or {}
        page = earlier.Page(step, given, _storable_draft(draft), {}, changing)
        if changing:
            return "change", Change(lambda turn: earlier.continue_from(turn, page), step, given, seen=seen)
        return "next", Answer(lambda turn: earlier.continue_from(turn, page), step, given, seen=seen, earlier=True)
    page = earlier.Page(step, {}, checked_draft(draft), _checked_files(files), changing)
    if action == "save":
        return "save", LookBack(lambda turn: earlier.save_from(turn, page), step)
    return "keep" if changing else "previous", LookBack(lambda turn: earlier.back_from(turn, page), step)


def _checked_files(files: Fields | None) -> Fields:
    if files is None:
        return {}
    check_fields("files", files)
    return files


def _storable_draft(draft: Fields | None) -> Fields | None:
    """None where it can't be stored: the fields say for themselves what is wrong with the answers that it goes with."""
    try:
        return checked_draft(draft)
    except InvalidInput:
        return None


def change_ask(step: str, answers: Fields | None, revision: int | None, seen: str | None) -> Change:
    """Engine.change."""
    check_texts(step=step)
    return Change(lambda turn: machine.change(turn, step, answers), step, answers, revision, seen)


def amend_ask(documents: Mapping[str, Mapping[str, Value]]) -> FromOutside:
    """Engine.amend."""
    for name, fields in documents.items():
        if name not in DOCUMENTS:
            raise InvalidInput(f"A run has no document {name!r}; it has event, profile and session.")
        check_names(name, fields)
        check_value(dict(fields), f"The {name}")
    own = copied({name: dict(fields) for name, fields in documents.items()})
    return FromOutside(lambda turn: interventions.amend(turn, own))


def event_ask(name: str, data: Value, key: str | None) -> FromOutside:
    """Engine.event."""
    if not isinstance(name, str) or not name.isidentifier() or len(name) > MAX_NAME:
        raise InvalidInput(
            sentence("An event needs a name of at most 64 letters, digits and underscores, like `paid`.")
        )
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= MAX_KEY and key.isprintable()):
        told = sentence("The key of an event must be text of 1 to {most} characters that can be shown.", most=MAX_KEY)
        raise InvalidInput(told)
    check_value({name: data}, "The event")
    own, own_key = True if data is None else copied(data), key or ""
    return FromOutside(
        lambda turn: interventions.arrive(turn, name, own, own_key),
        known=partial(is_delivered, name=name, data=own, key=own_key),
    )


def say_ask(revision: int | None, *, over: bool, note: Mapping[str, Value] | None = None) -> Ask:
    """Engine.say. A run that is `over` is no more answered, though it is talked about."""

    def noted(turn: Turn) -> Move:
        if note is not None:
            turn.log("operator", **note)
        return machine.stay(turn)

    return OwnWork(noted, outline=True) if over else LookBack(noted, revision=revision)


def give_up_ask(step: str) -> Ask:
    """Engine.give_up."""
    return LookBack(interventions.give_up, step)
