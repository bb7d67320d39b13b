"""What a line that is typed in a terminal stands for, where people don't write quite what there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wizard.channels.conversation.commands import change_in, correction_in
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.manners import yes_or_no
from wizard.channels.conversation.matching import exact_choice, is_plain, near_choices, nearest
from wizard.channels.conversation.meanings import Answer, Aside, Change, Incoming
from wizard.channels.conversation.questions import clean, meaning
from wizard.channels.conversation.rewording import chosen, reworded
from wizard.channels.conversation.understanding import understand
from wizard.channels.conversation.which import places_of
from wizard.engine.view import RunView
from wizard.errors import InvalidInput
from wizard.forms.fields import type_of
from wizard.locale.sentences import AnyOf, sentence
from wizard.model import PromptField, Value


def meant(asked: PromptField, line: str, view: RunView) -> Value:
    """What a line stands for: also what people say for yes, a day, a time or a number, and a choice that is nearly
    named, or named by its place. Raises InvalidInput where several may be meant."""
    language, of = view.workflow.language, type_of(asked)
    if of.is_yes_or_no:
        return yes_or_no(line, language) or meaning(asked, line)
    if asked.choices and line.strip() and not of.is_list:
        return _picked(asked, line, language)
    stands_for = reworded(asked, line, language, view.now.date())
    if len(stands_for) > 1:
        raise _several(stands_for)
    return stands_for[0] if stands_for else meaning(asked, line)


def _picked(asked: PromptField, line: str, language: str) -> Value:
    if exact_choice(asked, line) is not None:
        return meaning(asked, line)
    near = near_choices(asked, line)
    if near and not (len(near) == 1 and is_plain(line, near[0])):
        raise _several([clean(choice.label) for choice in near])
    choice = near[0] if near else chosen(asked, line, language)
    return meaning(asked, line) if choice is None else choice.value


def _several(readings: Sequence[str]) -> InvalidInput:
    return InvalidInput(sentence("Which one do you mean: {choices}?", choices=AnyOf(readings)))


def page_called(called: str, view: RunView) -> str | None:
    """The page that asks a question which is called so, or nearly so; None where there is none. Raises InvalidInput
    where there are several."""
    lines = [(item.label, item.step) for item in view.summary() if item.step is not None]
    found = nearest(called, [label for label, _ in lines])
    steps = {lines[at][1]: lines[at][0] for at in found.among}
    if len(steps) > 1:
        raise _several_answers(list(dict.fromkeys(steps.values())))
    return next(iter(steps), None)


class Corrected(NamedTuple):
    """The question of a step that gets another answer."""

    step: str
    name: str
    value: Value


def corrected(view: RunView, line: str) -> Corrected | None:
    """What a line corrects in words, as "no, my name is Anna" does; None where it corrects nothing. Raises InvalidInput
    where several answers may be meant."""
    return None if correction_in(line, view.workflow.language) is None else _meant(view, line)


def changed(view: RunView, argument: str) -> Corrected | None:
    """The same of what stands behind the command `change`, as in "change email to ann@example.org". Raises
    InvalidInput, too."""
    return None if change_in(argument, view.workflow.language) is None else _meant(view, f"/change {argument}")


def _meant(view: RunView, line: str) -> Corrected | None:
    match understand(view, Dialogue(visit=view.visit), Incoming("", line)):
        case Change(step, name, value, gives=True):
            return Corrected(step, name, value)
        case Answer(name, value) if name:
            return Corrected(view.step, name, value)
        case Aside(dialogue=asking) if asking.which:
            raise _several_answers([place.label for place in places_of(asking)])
    return None


def _several_answers(labels: Sequence[str]) -> InvalidInput:
    choices = AnyOf([clean(label) for label in labels])
    return InvalidInput(sentence("Which answer do you mean: {choices}?", choices=choices))
