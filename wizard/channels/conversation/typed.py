"""What a line that is typed in a terminal stands for, where people don't write quite what there is."""

from __future__ import annotations

from typing import NamedTuple

from wizard.channels.conversation.commands import change_in, correction_in
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.matching import exact_choice, is_plain, near_choices, nearest
from wizard.channels.conversation.meanings import Answer, Change, Incoming
from wizard.channels.conversation.questions import clean, meaning
from wizard.channels.conversation.understanding import understand
from wizard.engine.view import RunView
from wizard.errors import InvalidInput
from wizard.forms.fields import type_of
from wizard.locale.sentences import AnyOf, sentence
from wizard.model import PromptField, Value


def meant(asked: PromptField, line: str) -> Value:
    """What a line stands for; of choices also one that is nearly named. Raises InvalidInput where several are."""
    is_pick = bool(asked.choices and line.strip()) and not type_of(asked).is_list
    near = near_choices(asked, line) if is_pick and exact_choice(asked, line) is None else ()
    if near and not (len(near) == 1 and is_plain(line, near[0])):
        among = AnyOf([clean(choice.label) for choice in near])
        raise InvalidInput(sentence("Which one do you mean: {choices}?", choices=among))
    return near[0].value if near else meaning(asked, line)


def page_called(called: str, view: RunView) -> str | None:
    """The page that asks a question which is called so, or nearly so; None where there is none, or several."""
    lines = [(item.label, item.step) for item in view.summary() if item.step is not None]
    found = nearest(called, [label for label, _ in lines])
    steps = {lines[at][1] for at in found.among}
    return steps.pop() if len(steps) == 1 else None


class Corrected(NamedTuple):
    """The question of a step that gets another answer."""

    step: str
    name: str
    value: Value


def corrected(view: RunView, line: str) -> Corrected | None:
    """What a line corrects in words, as "no, my name is Anna" does; None where it corrects nothing."""
    return None if correction_in(line, view.workflow.language) is None else _meant(view, line)


def changed(view: RunView, argument: str) -> Corrected | None:
    """The same of what stands behind the command `change`, as in "change email to ann@example.org"."""
    return None if change_in(argument, view.workflow.language) is None else _meant(view, f"/change {argument}")


def _meant(view: RunView, line: str) -> Corrected | None:
    match understand(view, Dialogue(visit=view.visit), Incoming("", line)):
        case Change(step, name, value, gives=True):
            return Corrected(step, name, value)
        case Answer(name, value) if name:
            return Corrected(view.step, name, value)
    return None
