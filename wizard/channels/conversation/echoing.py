"""What somebody is told of an answer that was taken: what it is, where that isn't what they wrote, so that nobody is
misunderstood without a word.
"""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal

from wizard.channels.conversation.commands import command_in, quoted
from wizard.channels.conversation.manners import without_manners
from wizard.channels.conversation.matching import exact_choice
from wizard.channels.conversation.questions import answer_text, offered
from wizard.channels.conversation.wording import answer_line
from wizard.forms.characters import alike
from wizard.forms.fields import type_of
from wizard.forms.types.text import TEXT
from wizard.locale.sentences import sentence
from wizard.locale.words import Words
from wizard.model import PromptField

_HALF = re.compile(r"\d ?[ap]\.? ?m\b", re.IGNORECASE)


def changed_text(answered: PromptField, words: Words) -> str:
    """That an earlier answer is another one now."""
    return words.say(sentence("Changed – {answer}", answer=answer_line(answered.label, answer_text(answered, words))))


def understood_text(answered: PromptField, said: str, words: Words) -> str:
    """What was understood, where what was `said` doesn't say it as plainly; "" where it does."""
    if type_of(answered).is_secret or quoted(said) is not None:
        return ""
    if answered.value is None and command_in(said, words.language) is None:
        return words.say(sentence("Understood: no answer"))
    if answered.value is None or type_of(answered).holds_files or _is_plain(answered, said, words.language):
        return ""
    return words.say(sentence("Understood: {answer}", answer=offered(answered, words)))


def _is_plain(answered: PromptField, said: str, language: str) -> bool:
    of, value = type_of(answered), answered.value
    if answered.choices:
        parts = re.split(r"[,\n]", said) if of.is_list else [said]
        return all(exact_choice(answered, _bare(part, language)) for part in parts if part.strip())
    if isinstance(value, time):
        return bool(re.search(rf"0?{value.hour}(?!\d(?!\d))", said) or _HALF.search(said))
    if isinstance(value, date):
        return str(value.year) in said
    if of.value_type in (int, Decimal):
        return any(character.isdigit() for character in said)
    return of is not TEXT or not isinstance(value, str) or alike(value) == alike(said)


def _bare(text: str, language: str) -> str:
    return without_manners(text, language).rstrip("!.? ")
