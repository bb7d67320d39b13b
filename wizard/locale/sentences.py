"""Sentences that aren't said yet: which one, and what stands in it. Who knows the reader's language says them.

    sentence("Step {number} of {total}", number=3, total=5)
    sentence_for("button", "Change")                        # where a word means several things: which one
    counted("{count} choice", "{count} choices", len(all))

The text is English, and the key of its translations: write it there, whole, so that it is found
(`python -m tests.words`). A comment that begins with "Translators:" above it goes along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wizard.locale import formats
from wizard.locale.catalogs import SOURCE
from wizard.locale.words import words_in

if TYPE_CHECKING:
    from wizard.locale.words import Argument


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, or a few that belong together. `plural` and `count` are there where its form goes by a number."""

    text: str
    arguments: tuple[tuple[str, Argument], ...] = ()
    context: str = ""
    plural: str = ""
    count: int = 1

    def in_language(self, language: str) -> str:
        """The sentence as it is said in that language."""
        return words_in(language).say(self)

    def __str__(self) -> str:
        return self.in_language(SOURCE)

    def with_arguments(self, **arguments: Argument) -> Sentence:
        """The same with more standing in it."""
        return replace(self, arguments=tuple({**dict(self.arguments), **arguments}.items()))


def sentence(text: str, /, **arguments: Argument) -> Sentence:
    """`{name}` in the text stands for the argument of that name."""
    return Sentence(text, tuple(arguments.items()))


def sentence_for(context: str, text: str, /, **arguments: Argument) -> Sentence:
    """One whose text alone doesn't tell what it means: `context` does."""
    return Sentence(text, tuple(arguments.items()), context)


def counted(one: str, many: str, count: int, /, **arguments: Argument) -> Sentence:
    """`{count}` in the texts is the number that their form goes by."""
    return Sentence(one, (("count", count), *arguments.items()), "", many, count)


@dataclass(frozen=True, slots=True)
class Size:
    """How large something is."""

    octets: int

    def in_language(self, language: str) -> str:
        """5 MB, 300 KB, 12 bytes."""
        return formats.size(self.octets, language)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Parts of a sentence, one of which is meant: 3, 4 or 5."""

    parts: Sequence[Argument]

    def in_language(self, language: str) -> str:
        """The parts with "or" before the last one."""
        return words_in(language).listed(self.parts, "or")
