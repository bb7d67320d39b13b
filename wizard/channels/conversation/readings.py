"""What a text stands for as the answer to a question: pure functions of the question, the words, the day."""

from __future__ import annotations

from typing import NamedTuple

from wizard.channels.conversation.manners import (
    asks_name,
    introduced,
    is_unsure,
    says_nothing,
    stated,
    without_manners,
    yes_or_no,
)
from wizard.channels.conversation.matching import (
    is_plain,
    near_choices,
    plain_choice,
    said_choice,
    said_choices,
    said_value,
)
from wizard.channels.conversation.rewording import as_written, chosen, reworded
from wizard.engine.view import RunView
from wizard.forms.field_type import FieldType
from wizard.forms.fields import is_built_in, type_of
from wizard.forms.types.text import HIDDEN, PASSWORD, TEXT, TEXTAREA
from wizard.model import PromptField, Value


class Several(NamedTuple):
    """Values of which one may be meant; of one alone it isn't sure that it is."""

    among: tuple[str, ...]


def read(asked: PromptField, text: str, language: str, view: RunView, *, is_insisted: bool = False) -> Value | Several:
    """The answer that a text is, in the `language` of the conversation. Who insists was asked back before."""
    of = type_of(asked)
    if not asked.required and reads_strictly(of) and says_nothing(text, language):
        return None
    if of is TEXT and is_unsure(text, language):
        return text.strip() if is_insisted else Several((text.strip(),))
    name = introduced(text, language) if of is TEXT and asks_name(asked.label, language) else None
    if name is not None:
        return name
    text = stated(text, asked.label, language) if reads_strictly(of) else text
    if asked.choices and not of.is_list and not of.is_yes_or_no:
        near = near_choices(asked, text)
        if near:
            is_sure = len(near) == 1 and is_plain(text, near[0])
            return near[0].value if is_sure else Several(tuple(choice.value for choice in near))
    text = as_written(asked, text, language) if reads_strictly(of) else text
    if stands_for := reworded(asked, text, view.workflow.language, view.now.date()):
        return stands_for[0] if len(stands_for) == 1 else Several(stands_for)
    return _plainly(asked, text, language)


def certain(asked: PromptField, text: str, language: str, view: RunView) -> Value:
    """What a text is an answer to for certain, so that it is no command; None where it isn't."""
    of = type_of(asked)
    if of.is_yes_or_no:
        is_second = text.strip().rstrip(".)") == "2"  # of the two buttons
        return "no" if is_second else yes_or_no(text, view.workflow.language)
    if not asked.choices or text.strip().startswith("/"):
        return None
    choice = said_choice(asked, text) or said_choice(asked, without_manners(text, language))
    if choice is None and not near_choices(asked, text):
        choice = chosen(asked, text, language)
    return None if choice is None else [choice.value] if of.is_list else choice.value


def corrected_to(asked: PromptField, text: str, language: str, view: RunView) -> Value:
    """The answer that another question gets by a text, where nobody is asked back."""
    stands_for = reworded(asked, text, view.workflow.language, view.now.date())
    if len(stands_for) == 1:
        return stands_for[0]
    choice = plain_choice(asked, text) if asked.choices else None
    return _plainly(asked, text, language) if choice is None else choice.value


def reads_strictly(of: FieldType) -> bool:
    """Whether only some texts are answers: what says that there is none isn't one then."""
    return is_built_in(of) and of not in (TEXT, TEXTAREA, PASSWORD, HIDDEN)


def _plainly(asked: PromptField, text: str, language: str) -> Value:
    is_several = type_of(asked).is_list and asked.choices
    return said_choices(asked, text, language) if is_several else said_value(asked, text)
