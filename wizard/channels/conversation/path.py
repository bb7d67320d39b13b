"""What is said of the steps that a run came past without stopping there: texts, and pages that were closed by something
else than an answer; and of somebody else who moved it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import compress
from operator import is_not

from wizard.channels.conversation.order import passes_by
from wizard.channels.conversation.wording import page_text
from wizard.engine.view import RunView
from wizard.errors import WizardError
from wizard.locale.sentences import Sentence, sentence
from wizard.locale.words import Words
from wizard.model import BY_TIMER, Step

NOT_IN_TIME = sentence("This wasn't answered in time.")
ELSEWHERE = sentence("This was answered elsewhere.")
BACK_ELSEWHERE = sentence("This was taken back to an earlier question elsewhere.")
TOO_OFTEN = sentence("I didn’t understand that. Let’s try another way.")


def told_of_path(before: RunView, view: RunView, stood_at: int, words: Words) -> Iterator[str]:
    """What is said of the way from one to the other; `stood_at` is the visit at which the conversation was. Texts that
    the run came past again are said where they say something else now."""
    was, now = before.run.path, view.run.path
    known = {(step.visit, step.answer is None) for step in _elsewhere(was, now) if step.is_done}
    for step in _elsewhere(now, was):
        is_left = step is not view.run.current or (step.is_done and step.answer is None)
        if not step.is_foreground or not is_left:
            continue
        if (step.visit, step.answer is None) in known:
            text = _text_of(view, step)
            if text and step.is_done and text != _text_of(before, step):
                yield text
        elif step.given == BY_TIMER:
            yield words.say(NOT_IN_TIME)
        elif step.answer is None and step.error is not None:
            closed = view.words_of_closing(step.path)
            told = closed if isinstance(closed, str) else None if closed is None else words.say(closed)
            yield told or words.say(TOO_OFTEN)
        elif step.is_done and (text := _text_of(view, step)) and not _was_said(before, step, stood_at, text):
            yield text


def told_of_others(before: RunView, view: RunView, stood_at: int) -> Sentence | None:
    """What is said of a question, asked at the visit `stood_at`, that somebody else moved the run away from: that it
    was answered, or gone back from. None where neither is so: what closed its page is told of the path, and a way that
    doesn't lead there any more, or a beginning anew, is seen by what is asked."""
    was, now = before.run.current, view.run.current
    if was is None or now is None:
        return None
    if any(step.path == now.path for step in before.run.path[:-1]):
        return BACK_ELSEWHERE
    left = view.run.by_path.get(was.path)
    if left is None or left.given == BY_TIMER or not view.is_on_path(was.path):
        return None
    is_answered = left.answer is not None or (left is now and left.visit == stood_at)
    return ELSEWHERE if is_answered else None


def _text_of(view: RunView, step: Step) -> str:
    """The text of a step at which nobody waits in a conversation; "" of others."""
    with suppress(WizardError):
        prompt = view.prompt_at(step.path)
        return page_text(prompt) if passes_by(prompt) else ""
    return ""


def _was_said(before: RunView, step: Step, stood_at: int, text: str) -> bool:
    """Whether a text is what somebody goes on from: a page stopped there, or what follows failed."""
    with suppress(WizardError):
        return step.visit == stood_at and text == page_text(before.prompt_at(step.path))
    return False


def _elsewhere(path: Sequence[Step], other: Sequence[Step]) -> list[Step]:
    """The steps of a path that the other doesn't have at the same place: few of thousands."""
    return [*compress(path, map(is_not, path, other)), *path[len(other) :]]
