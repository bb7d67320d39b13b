"""Sentences that are said when it is known who reads them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from wizard.locale.sentences import AnyOf, counted, sentence, sentence_for
from wizard.locale.words import words_in

SKIP = sentence("Skip to main content")
UNKNOWN = sentence("{number} on {day} for {names}", number=12345, day=date(1985, 3, 7), names=["Ann", "Ben", "Cleo"])


def test_a_sentence_is_english_until_it_is_said_in_a_language() -> None:
    """An error that is printed by whoever runs the service would be in some visitor's language."""
    assert str(SKIP) == "Skip to main content"
    assert SKIP.in_language("de") == "Zum Inhalt springen"
    assert words_in("de").say(SKIP) == "Zum Inhalt springen"


def test_one_word_is_translated_by_what_it_is_for() -> None:
    """Back is Zurück on a button, and something else in a text: with one entry for both, one of them is wrong."""
    assert sentence_for("button", "Back").in_language("de") == "Zurück"
    assert sentence_for("part of the body", "Back").in_language("de") == "Back"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "12,345 on 7 March 1985 for Ann, Ben and Cleo"),
        ("en-US", "12,345 on March 7, 1985 for Ann, Ben and Cleo"),
        ("de", "12.345 on 7. März 1985 for Ann, Ben und Cleo"),
        ("de-CH", "12’345 on 7. März 1985 for Ann, Ben und Cleo"),
        ("fr", "12\u202f345 on 7 mars 1985 for Ann, Ben and Cleo"),
    ],
)
def test_what_stands_in_a_sentence_is_written_as_the_language_writes_it(language: str, said: str) -> None:
    """A German sentence would have an English date in it, and a number with a comma that means something else there."""
    assert UNKNOWN.in_language(language) == said


def test_a_number_keeps_its_digits() -> None:
    """A limit of 0.125 would be told as 0.13, and an answer that keeps to what was told be refused."""
    assert sentence("{least}", least=Decimal("-1234567.50")).in_language("de") == "-1.234.567,50"
    assert sentence("{least}", least=1234567).in_language("de-CH") == "1’234’567"
    assert sentence("{least}", least=1234567).in_language("en-IN") == "12,34,567"


def test_sentences_stand_in_sentences() -> None:
    """Half of what is said would be in another language."""
    both = sentence("{first}: {second}", first=SKIP, second=AnyOf((3, SKIP)))
    assert both.in_language("de") == "Zum Inhalt springen: 3 oder Zum Inhalt springen"
    assert str(both) == "Skip to main content: 3 or Skip to main content"


def test_what_people_typed_is_no_part_of_the_sentence() -> None:
    """Somebody called {reference} would read the reference, or break the page."""
    assert sentence("Hello {name}", name="{reference} {0} %s").in_language("de") == "Hello {reference} {0} %s"


@pytest.mark.parametrize(("count", "said"), [(0, "0 choices"), (1, "1 choice"), (1500, "1,500 choices")])
def test_a_sentence_goes_by_its_number(count: int, said: str) -> None:
    """1 choices."""
    assert str(counted("{count} choice", "{count} choices", count)) == said


def test_the_same_sentence_is_the_same() -> None:
    """Sentences are values: tests and caches compare them."""
    assert sentence("{a}", a=1) == sentence("{a}", a=1) != sentence("{a}", a=2)
    assert sentence("{a} {b}", a=1).with_arguments(b=2, a=3).in_language("en") == "3 2"
