"""What a person picks from on a page: radios, checkboxes, one box, the lines of a select, and which are picked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wizard.forms.characters import alike
from wizard.forms.fields import type_of
from wizard.forms.typed import scalar_text, typed_text
from wizard.forms.types.choices import NO, YES, yes_and_no
from wizard.locale.sentences import sentence
from wizard.locale.words import Words
from wizard.model import Choice, PromptField

MAX_INLINE = 30  # characters that two radios may have together to stand side by side

_NO_ANSWER = sentence("No answer")


@dataclass(frozen=True, slots=True)
class Option:
    """A radio, a checkbox or a line of a select; `id` is "" in a select."""

    value: str
    label: str
    hint: str
    id: str
    checked: bool


def options_of(field: PromptField, kind: str, words: Words) -> tuple[Option, ...]:
    yes_or_no = type_of(field).is_yes_or_no
    choices = _yes_or_no(words) if yes_or_no else field.choices
    picked = _picked(field, choices, words, many=kind == "checkboxes")
    if kind == "checkbox":
        return (Option("yes", "", "", field.name, checked="yes" in picked),)
    if kind == "select":
        first = Option("", words.say(sentence("Choose one") if field.required else _NO_ANSWER), "", "", checked=False)
        return (
            first,
            *(Option(choice.value, _in_a_line(choice), "", "", choice.value in picked) for choice in choices),
        )
    if kind == "radios" and not field.required and choices and not (yes_or_no and field.value is None):
        choices = (*choices, Choice("", words.say(_NO_ANSWER)))  # nothing else takes back what was picked
    return tuple(
        Option(
            choice.value,
            choice.label if choice.label.strip() else choice.value,  # and not its plain words: it may have markup
            choice.hint,
            field.name if at == 1 else f"{field.name}-{at}",
            choice.value in picked,
        )
        for at, choice in enumerate(choices, 1)
    )


def _yes_or_no(words: Words) -> tuple[Choice, ...]:
    return (Choice("yes", words.say(YES)), Choice("no", words.say(NO)))


def _in_a_line(choice: Choice) -> str:
    label = choice.label.strip() or choice.value
    return f"{label} – {choice.hint}" if choice.hint else label


def _picked(field: PromptField, choices: Iterable[Choice], words: Words, *, many: bool) -> frozenset[str]:
    """The values that the field's value means; it may be text in another channel's words."""
    value = field.value
    if type_of(field).is_yes_or_no:
        if isinstance(value, bool):
            return frozenset(("yes" if value else "no",))
        word, (yes, no) = alike(typed_text(value)), yes_and_no(words.language)
        return frozenset(("yes",) if word in yes else ("no",) if word in no else ())
    texts = {scalar_text(item) for item in value} if isinstance(value, list | tuple) else {typed_text(value)}
    if many and isinstance(value, str):
        texts |= {part.strip() for part in value.split(",")}
    known = {choice.value for choice in choices}
    if written := texts & known:
        return frozenset(written if many else sorted(written)[:1])
    folded = {text.casefold() for text in texts if text}
    named = [choice.value for choice in choices if folded and choice.label.casefold() in folded]
    return frozenset(named if many else named[:1])


def fits_a_line(options: tuple[Option, ...]) -> bool:
    short = sum(len(option.label) for option in options) <= MAX_INLINE
    return len(options) == 2 and short and not any(option.hint for option in options)
