"""Which words a language gets."""

from __future__ import annotations

import pytest

from tests.words import TEMPLATE, messages, translated
from wizard.locale.catalogs import SOURCE, languages, translations


def test_the_source_comes_first_and_needs_no_catalogue() -> None:
    """A page in English would find no words, or be offered last."""
    assert languages()[0] == SOURCE
    assert "de" in languages()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Skip to main content"),
        ("de", "Zum Inhalt springen"),
        ("DE-at", "Zum Inhalt springen"),
        ("de-Latn-CH", "Zum Inhalt springen"),
        ("tlh", "Skip to main content"),
        ("", "Skip to main content"),
        ("../../de", "Skip to main content"),
    ],
)
def test_a_language_takes_the_words_of_its_first_parts(language: str, said: str) -> None:
    """A definition in de-AT would have its own pages in English; one in a language that nobody translated, none."""
    assert translations(language).gettext("Skip to main content") == said


def test_languages_of_the_same_words_share_them() -> None:
    """What is kept for each catalogue, such as templates, would be kept for each name that a definition gives it."""
    assert translations("de-AT") is translations("de")
    assert translations("fr-CH") is translations("en-ZA")


@pytest.mark.parametrize("language", ["de-CH", "de-li", "de-Latn-CH"])
def test_switzerland_has_ss_for_eszett(language: str) -> None:
    """A Swiss office would send out pages that no Swiss spells like that."""
    assert all("ß" not in text for text in _all_of(language))
    assert any("ß" in text for text in _all_of("de"))


def _all_of(language: str) -> list[str]:
    words = translations(language)
    return [
        words.pgettext(each.context, str(each.id)) if each.context else words.gettext(str(each.id))
        for each in messages(translated(TEMPLATE))
        if isinstance(each.id, str)
    ]
