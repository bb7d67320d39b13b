"""Picking from a list: yes or no, one of several, any of several.

What counts is the value; a person who types may give the label instead, in any case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from wizard.errors import ExpressionError
from wizard.expressions.expression import Names
from wizard.forms.characters import alike
from wizard.forms.fields import (
    MAX_CHECKBOXES,
    MAX_CHOICES,
    BooleanField,
    ChoiceField,
    ChoiceOption,
    ChoicesField,
    ChoicesFrom,
)
from wizard.forms.locales import REMEMBERED, plain_word
from wizard.forms.parsing import MAX_SHORT, Context, Parser
from wizard.forms.refusals import CONFIRMATION_WANTED, Refusal
from wizard.forms.types.text import line
from wizard.locale.sentences import Sentence, counted, sentence, sentence_for
from wizard.locale.words import words_in
from wizard.model import Choice, Value

YES = sentence_for("answer", "Yes")
NO = sentence_for("answer", "No")
_YES = frozenset(("yes", "y", "true", "1", "on"))
_NO = frozenset(("no", "n", "false", "0", "off"))
# Of languages without a catalogue.
_ANSWERS = {"es": ("sí", "no"), "fr": ("oui", "non"), "it": ("sì", "no"), "nl": ("ja", "nee"), "pt": ("sim", "não")}
_MAX_LABEL = 500
_LISTED = sentence("Your answer to “{label}” must be one of the choices listed")
_YES_OR_NO = sentence("Your answer to “{label}” must be yes or no")
_MORE_THAN_LISTED = sentence("Your answer to “{label}” must have no more than the choices listed")


def boolean_parser(field: BooleanField) -> Parser:
    """True or False; a number is neither. A checkbox that has to be ticked takes True alone."""

    def parse(raw: object, context: Context) -> Value:
        said = _yes_or_no(raw, context.names.language)
        if said is False and field.checkbox and field.required:
            raise Refusal(CONFIRMATION_WANTED, "required")
        return said

    return parse


def _yes_or_no(raw: object, language: str) -> bool | None:
    if raw is True or raw is False:
        return raw
    if raw is not None and not isinstance(raw, str):
        raise Refusal(_YES_OR_NO)
    text = line(raw, MAX_SHORT)
    if text is None:
        return None
    word, (yes, no) = alike(text), yes_and_no(language)
    if word in yes or word in no:
        return word in yes
    raise Refusal(_YES_OR_NO)


@lru_cache(REMEMBERED)
def yes_and_no(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """What stands for yes, and what for no, as `alike` gives it: in English, for programs, and in the language."""
    says = words_in(language)
    spoken = _ANSWERS.get(language.partition("-")[0]) or (says.say(YES), says.say(NO))
    yes, no = map(alike, spoken)
    said_yes, said_no = {yes, yes[:1], plain_word(yes)} - _NO, {no, no[:1], plain_word(no)} - _YES
    return _YES | (said_yes - said_no), _NO | (said_no - said_yes)


def choice_parser(field: ChoiceField) -> Parser:
    """The value of one of the choices there are now."""
    values = _constant_values(field)

    def parse(raw: object, context: Context) -> Value:
        if values is not None and isinstance(raw, str) and raw in values:
            return raw
        text = _text(raw)
        return None if text is None else _pick(text, choices_of(field, context.names))

    return parse


def choices_parser(field: ChoicesField) -> Parser:
    """A list of values, each once, in the order of the choices. Text is split at commas."""

    def parse(raw: object, context: Context) -> Value:
        offered = choices_of(field, context.names)
        picked = {_pick(text, offered) for text in _texts(raw, offered)}
        if not picked:
            return None
        if field.min is not None and len(picked) < field.min:
            raise Refusal(_too_few(field.min), "min")
        if field.max is not None and len(picked) > field.max:
            raise Refusal(_too_many(field.max), "max")
        return [choice.value for choice in offered if choice.value in picked]

    return parse


def _texts(raw: object, offered: tuple[Choice, ...]) -> list[str]:
    if not isinstance(raw, list | tuple):
        text = _text(raw)
        if text is None:
            return []
        known = {alike(each) for choice in offered for each in (choice.value, choice.label)}
        parts = [text] if alike(text) in known else text.split(",")
    elif len(raw) > MAX_CHOICES:
        raise Refusal(_MORE_THAN_LISTED, "max")
    else:
        parts = [_text(part) or "" for part in raw]
    return [part.strip() for part in parts if part.strip()]


def _too_few(least: int) -> Sentence:
    return counted(
        "Your answer to “{label}” must have at least {count} choice",
        "Your answer to “{label}” must have at least {count} choices",
        least,
    )


def _too_many(most: int) -> Sentence:
    return counted(
        "Your answer to “{label}” must have no more than {count} choice",
        "Your answer to “{label}” must have no more than {count} choices",
        most,
    )


def _text(raw: object) -> str | None:
    """Choices that are numbers come as numbers out of JSON."""
    if type(raw) is int and abs(raw) < 10**15:
        return str(raw)
    if raw is not None and not isinstance(raw, str):
        raise Refusal(_LISTED)
    return line(raw, _MAX_LABEL)


def _pick(text: str, offered: tuple[Choice, ...]) -> str:
    """The value itself, which is what pages and programs send; or else a label, before the value of another choice."""
    found = next((choice for choice in offered if choice.value == text), None) or labelled(text, offered)
    if found is None:
        raise Refusal(_LISTED)
    return found.value


def labelled(text: str, offered: tuple[Choice, ...]) -> Choice | None:
    """The choice that somebody means who types what is read of it."""
    typed = alike(text)
    by_label = (choice for choice in offered if alike(choice.label) == typed)
    return next(by_label, None) or next((choice for choice in offered if alike(choice.value) == typed), None)


def _constant_values(field: ChoiceField) -> frozenset[str] | None:
    if isinstance(field.choices, ChoicesFrom):
        return None
    return frozenset(option.value for option in field.choices)


def constant_choices(field: ChoiceField | ChoicesField) -> bool:
    """Whether what there is to choose is the same in every run."""
    if isinstance(field.choices, ChoicesFrom):
        return False
    texts = (text for option in field.choices for text in (option.label, option.hint))
    return all(text is None or text.constant for text in texts)


def choices_of(field: ChoiceField | ChoicesField, names: Names) -> tuple[Choice, ...]:
    """What there is to choose now. Raises ExpressionError where it can't be computed."""
    if isinstance(field.choices, ChoicesFrom):
        most = MAX_CHECKBOXES if isinstance(field, ChoicesField) else MAX_CHOICES
        return _computed(field.name, field.choices, names, most)
    return tuple(_rendered(option, names) for option in field.choices)


def _rendered(option: ChoiceOption, names: Names) -> Choice:
    label = option.label.prose(names) if option.label else option.value
    return Choice(option.value, label, option.hint.prose(names) if option.hint else "")


def _computed(name: str, choices: ChoicesFrom, names: Names, most: int) -> tuple[Choice, ...]:
    found = choices.source.evaluate(names)
    if found is None:
        return ()
    if not isinstance(found, list | tuple) or len(found) > most:
        raise ExpressionError(f"The choices of the field {name} are no list of up to {most:,} items.")
    options: dict[str, Choice] = {}
    for item in found:
        value, label, hint = item, None, None
        if isinstance(item, Mapping):
            value, label, hint = (item.get(key) for key in (choices.value, choices.label, choices.hint))
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or value == "":
            raise ExpressionError(f"A choice of the field {name} has no value that is a text.")
        text = unicodedata.normalize("NFC", str(value)).strip()
        options.setdefault(text, Choice(text, text if label is None else str(label), "" if hint is None else str(hint)))
    return tuple(options.values())
