"""The words of one language: what says sentences, and writes what stands in them as the language does.

Code that knows which language a person reads is handed its Words, as an argument; nothing here is global.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from wizard.locale import catalogs, formats
from wizard.locale.catalogs import SOURCE

if TYPE_CHECKING:
    from wizard.locale.sentences import Sentence

REMEMBERED = 64  # languages


class Sayable(Protocol):
    """What is said in each language in its own way."""

    def in_language(self, language: str) -> str: ...


# What may stand in a sentence. A text is itself; a number, a day and a list are written as the language writes them.
Argument: TypeAlias = "str | int | Decimal | date | Sayable | Sequence[Argument]"


class Words:
    """A language's. `language` is the one that was asked for, which numbers and days are written in; `translations` the
    catalogue that its words are of, and `spoken` the language of that."""

    __slots__ = ("language", "spoken", "translations")

    def __init__(self, language: str, translations: NullTranslations) -> None:
        self.language = language
        self.spoken = catalogs.spoken(language)
        self.translations = translations

    def say(self, sentence: Sentence) -> str:
        """The sentence in this language."""
        text, context, catalog = sentence.text, sentence.context, self.translations
        match context, sentence.plural:
            case "", "":
                said = catalog.gettext(text)
            case _, "":
                said = catalog.pgettext(context, text)
            case "", plural:
                said = catalog.ngettext(text, plural, sentence.count)
            case _, plural:
                said = catalog.npgettext(context, text, plural, sentence.count)
        if not sentence.arguments:
            return said
        return said.format(**{name: self.written(value) for name, value in sentence.arguments})

    def forms(self, sentence: Sentence) -> dict[str, str]:
        """The forms of a sentence that goes by a number, by the categories of CLDR's plural rules, with {count} left
        in: for programs that count by themselves."""
        category, samples = formats.locale_of(self.language).plural_form, dict[str, int]()
        for number in (*range(201), 1_000_000):
            samples.setdefault(category(number), number)
        return {
            name: self.say(replace(sentence, count=number).with_arguments(count="{count}"))
            for name, number in samples.items()
        }

    def written(self, value: Argument) -> str:
        """What stands in a sentence, as this language writes it."""
        match value:
            case str():
                return value
            case int() | Decimal():
                return formats.number(value, self.language)
            case date():
                return formats.day(value, self.language)
            case list() | tuple():
                return self.listed(value)
        return value.in_language(self.language)  # type: ignore[union-attr] # mypy doesn't see that sequences are done

    def listed(self, parts: Sequence[Argument], joined: Literal["and", "or"] = "and") -> str:
        """Parts of a sentence as one, joined by a word of the sentence's own language: there may be no catalogue of the
        one that its parts are written in."""
        return formats.listed([self.written(part) for part in parts], self.spoken, joined)


@lru_cache(REMEMBERED)
def words_in(language: str) -> Words:
    """The words of a language (BCP 47); English ones where it isn't known."""
    return Words(language, catalogs.translations(language))


def language_of(names: object) -> str:
    """The run's language, of what its data are seen through."""
    language: str = getattr(names, "language", SOURCE)
    return language if language is SOURCE else canonical(language)


@lru_cache(REMEMBERED)
def canonical(language: str) -> str:
    """A language with its first part in small letters."""
    first, *rest = language.split("-")
    return "-".join((first.lower(), *rest))
