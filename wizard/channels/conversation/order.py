"""The order of a page's questions in a conversation: which need no asking, which one is next, what goes along unasked,
and how often one was answered wrongly. Pure functions of the page and what the conversation remembers.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.meanings import Answer, Back, Change, Heard
from wizard.channels.conversation.questions import Filling
from wizard.engine.view import RunView
from wizard.errors import WizardError
from wizard.forms.fields import type_of
from wizard.model import Prompt, PromptField, RunStatus, Value


def passes_by(prompt: Prompt) -> bool:
    """Whether a step asks nothing in a conversation, so that nobody waits there: a text to read, a form whose fields
    nobody sees."""
    if prompt.ends or prompt.items or prompt.error:
        return False
    if prompt.type == "message":
        return not prompt.fields
    filling = Filling()
    asked = [field for field in filling.fields(prompt) if not filling.silent(field)]
    return prompt.in_parts and bool(prompt.fields) and not asked


def silent_answers(prompt: Prompt) -> dict[str, Value]:
    """The answers that go along without being asked."""
    filling = Filling()
    return {field.name: field.value for field in prompt.fields if filling.silent(field) and field.value is not None}


def next_question(prompt: Prompt, dialogue: Dialogue) -> PromptField | None:
    """What is to be asked next on a page; None where nothing is."""
    filling = dialogue.filling
    for field in filling.fields(prompt):
        if field.name not in filling.asked and not filling.silent(field):
            return field
    return None


def question_before(view: RunView, dialogue: Dialogue) -> str | None:
    """The question of the page that was asked before the one that is asked now."""
    if not view.current.in_parts:
        return None
    before, filling = None, dialogue.filling
    for other in filling.fields(view.current):
        if other.name == dialogue.name:
            break
        before = other.name if other.name in dialogue.asked and not filling.silent(other) else before
    return before


def is_asked_before(view: RunView) -> bool:
    """Whether anything before this step asks something in a conversation: a text alone leads on again."""
    if view.status is not RunStatus.WAITING:
        return view.has_previous
    for step in view.steps_back():
        with suppress(WizardError):
            if passes_by(view.prompt_at(step.path)):
                continue
        return True
    return False


def without_asking(dialogue: Dialogue, name: str) -> Dialogue:
    """The same, where a field has its answer."""
    asked = dialogue.asked if name in dialogue.asked else (*dialogue.asked, name)
    doubted = tuple(other for other in dialogue.doubted if other != name)
    return replace(dialogue.without_doubt(), asked=asked, doubted=doubted)


def left_out(prompt: Prompt, dialogue: Dialogue, answer: Answer) -> dict[str, Value]:
    """The files that were left out, as answers: a form keeps those that it has, unless that is said when all of it is
    handed in."""
    given = {**dialogue.given, answer.name: answer.value}
    return {
        field.name: None for field in prompt.fields if type_of(field).holds_files and given.get(field.name, "") is None
    }


def tries_of(dialogue: Dialogue, view: RunView, heard: Heard | None) -> dict[str, int]:
    """How often each question of the step was answered wrongly, this time included."""
    rejected = view.rejected
    tries = dict(dialogue.tries) if dialogue.visit == view.visit else {}
    if rejected is None or heard is None or not isinstance(heard.meaning, Answer):
        return tries
    wrong = [field.name for field in rejected.fields if field.error is not None] or [heard.meaning.name]
    return tries | {name: tries.get(name, 0) + 1 for name in wrong}


def come_to(prompt: Prompt, meaning: object) -> tuple[str, ...]:
    """The fields of a page that need no asking when it is come to: those that are answered, unless all are. Who went
    back is at its last question, and who changes an answer at that."""
    filling = Filling.begun(prompt)
    seen = [field.name for field in filling.fields(prompt) if not filling.silent(field)]
    if isinstance(meaning, Back):
        return tuple(seen[:-1])
    if isinstance(meaning, Change) and meaning.opens:
        return tuple(field.name for field in prompt.fields if field.answered or field.value is not None)
    if isinstance(meaning, Change) and meaning.name in seen:
        return tuple(name for name in seen if name != meaning.name)
    return tuple(name for name in seen if name in filling.asked)
