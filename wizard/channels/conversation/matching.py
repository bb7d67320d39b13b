"""Which of several things somebody means who types: by its number, by what it is called, or nearly so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from wizard.channels.conversation.manners import AND, EACH, spoken
from wizard.channels.conversation.questions import LISTED, is_numbered, meaning
from wizard.forms.characters import alike
from wizard.forms.fields import type_of
from wizard.forms.locales import plain_word, spellings
from wizard.forms.types.choices import labelled
from wizard.model import Choice, PromptField, Value

NEAR, APART = 0.75, 0.08  # how alike two texts have to be, and how much more than the next one
MOST_COMPARED, LONGEST = 500, 100  # texts, and characters of one
MOST_OFFERED = 4


class Match(NamedTuple):
    """What is meant: one of them, or several that may be, of which the person has to say which; () for none."""

    among: tuple[int, ...] = ()

    @property
    def one(self) -> int | None:
        return self.among[0] if len(self.among) == 1 else None


def nearest(text: str, names: Sequence[str]) -> Match:
    """Of what is called so or nearly so: exactly, by its beginning, by whole words of it, or misspelt."""
    said = alike(text)
    if not said or len(said) > LONGEST:
        return Match()
    known = [alike(name[:LONGEST]) for name in names[:MOST_COMPARED]]
    if said in known:
        return Match((known.index(said),))
    if written := {word for word in spellings(said) if word}:  # “gruen” is grün, “lightblue” light blue
        same = [at for at, name in enumerate(known) if not written.isdisjoint(spellings(name))]
        if same:
            return Match(tuple(same[:MOST_OFFERED]))
    if len(said) >= 3 and (begun := [at for at, name in enumerate(known) if name.startswith(said)]):
        return Match(tuple(begun[:MOST_OFFERED]))
    if len(said) >= 3 and (held := [at for at, name in enumerate(known) if f" {said} " in f" {name} "]):
        return Match(tuple(held[:MOST_OFFERED]))
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(said)
    ratios: list[tuple[float, int]] = []
    for at, name in enumerate(known):
        matcher.set_seq1(name)
        if matcher.real_quick_ratio() >= NEAR and matcher.quick_ratio() >= NEAR and matcher.ratio() >= NEAR:
            ratios.append((matcher.ratio(), at))
    if not ratios:
        return Match()
    best = max(ratio for ratio, _ in ratios)
    return Match(tuple(at for ratio, at in sorted(ratios, reverse=True) if best - ratio <= APART)[:MOST_OFFERED])


def exact_choice(asked: PromptField, text: str) -> Choice | None:
    """The choice that is named by its number, its value or what is read of it."""
    digits = text.strip().rstrip(".)")
    if is_numbered(asked) and digits.isascii() and digits.isdigit() and len(digits) < 6:
        at = int(digits)
        return asked.choices[at - 1] if 1 <= at <= len(asked.choices) else None
    return labelled(text, asked.choices)


def said_choice(asked: PromptField, text: str) -> Choice | None:
    """The same in a chat, where nobody sees the numbers of more choices than are listed."""
    return None if _is_unseen_number(asked, text) else exact_choice(asked, text)


def said_value(asked: PromptField, text: str) -> Value:
    """What a text that was said stands for, as `meaning` has it of one that was typed."""
    return text if _is_unseen_number(asked, text) else meaning(asked, text)


def _is_unseen_number(asked: PromptField, text: str) -> bool:
    return len(asked.choices) > LISTED and is_numbered(asked) and text.strip().rstrip(".)").isdecimal()


def said_choices(asked: PromptField, text: str, language: str) -> Value:
    """Several choices, each by its number, its name or nearly so, with commas or “and” between them."""
    if alike(text).rstrip("!. ") in spoken(EACH, language):
        return [choice.value for choice in asked.choices]
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    picked: list[str] = []
    while parts:
        for count in range(len(parts), 0, -1):  # a name may have commas itself
            choice = plain_choice(asked, ", ".join(parts[:count]), nearly=count == 1)
            if choice is not None or count == 1:
                break
        said, parts = parts[0], parts[count:]
        picked += [choice.value] if choice is not None else _joined_choices(asked, said, language)
    return list(dict.fromkeys(picked)) or text


def _joined_choices(asked: PromptField, said: str, language: str) -> list[str]:
    """Those with an “and” between them; the text itself where they aren't that."""
    joins = "|".join(re.escape(word) for word in spoken(AND, language))
    halves = [plain_choice(asked, part) for part in re.split(rf"\s+(?:{joins})\s+", said, flags=re.IGNORECASE)]
    found = [choice.value for choice in halves if choice is not None]
    return found if len(found) == len(halves) else [said]


def plain_choice(asked: PromptField, text: str, *, nearly: bool = True) -> Choice | None:
    """The choice that a text names, or `nearly` so beyond doubt; None where it names none."""
    exact = said_choice(asked, text)
    if exact is not None or not nearly:
        return exact
    near = near_choices(asked, text)
    return near[0] if len(near) == 1 and is_plain(text, near[0]) else None


def near_choices(asked: PromptField, text: str) -> tuple[Choice, ...]:
    """Those that may be meant by a text that names none; none where the field's type reads it."""
    if type_of(asked).has_name(text):
        return ()
    found = nearest(text, [choice.label or choice.value for choice in asked.choices])
    return tuple(asked.choices[at] for at in found.among)


def is_plain(text: str, choice: Choice) -> bool:
    """Whether a choice that is near is meant beyond doubt: “cofee” is coffee, but “no coffee” may well be none."""
    said, name = alike(text), alike(choice.label or choice.value)
    return plain_word(said)[:1] == plain_word(name)[:1] or f" {said} " in f" {name} "
