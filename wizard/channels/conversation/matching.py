"""Which of several things somebody means who types: by its number, by what it is called, or nearly so."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from wizard.channels.conversation.questions import is_numbered
from wizard.forms.characters import alike
from wizard.forms.fields import type_of
from wizard.forms.types.choices import labelled
from wizard.model import Choice, PromptField

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


def near_choices(asked: PromptField, text: str) -> tuple[Choice, ...]:
    """Those that may be meant by a text that names none; none where the field's type reads it."""
    if type_of(asked).has_name(text):
        return ()
    found = nearest(text, [choice.label or choice.value for choice in asked.choices])
    return tuple(asked.choices[at] for at in found.among)


def is_plain(text: str, choice: Choice) -> bool:
    """Whether a choice that is near is meant beyond doubt: “cofee” is coffee, but “no coffee” may well be none."""
    said, name = alike(text), alike(choice.label or choice.value)
    return said[:1] == name[:1] or f" {said} " in f" {name} "
