"""The catalogues of translations: `catalogs/LANGUAGE/LC_MESSAGES/wizard.po`, read as translators wrote them.

A language that has no catalogue takes that of its first parts (de-CH: de), and in the end the English of the code. The
German of Switzerland is that of Germany with ss for ß.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "catalogs"
DOMAIN: Final = "wizard"
SOURCE: Final = "en"  # the language of the code's own words
WITHOUT_ESZETT: Final = frozenset(("ch", "li"))  # regions

_ENGLISH: Final = NullTranslations()


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The languages that the words of pages and conversations are there in, the source first."""
    written = (file.parts[-3].replace("_", "-") for file in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    return (SOURCE, *sorted(written))


def shortened(language: str) -> Iterator[str]:
    """The language, and what is left of it with one part less each time: de-CH, de."""
    while language:
        yield language
        language = language.rpartition("-")[0]


@lru_cache(maxsize=64)
def spoken(language: str) -> str:
    """The language that words are in for people who read `language` (BCP 47, in any case): the source's where there
    is no catalogue."""
    known = {language.lower(): language for language in languages()}
    return next((known[tag] for tag in shortened(language.lower()) if tag in known), SOURCE)


@lru_cache(maxsize=64)
def translations(language: str) -> NullTranslations:
    """The words of a language (BCP 47, in any case). Languages whose words are the same get the same object."""
    catalog = spoken(language)
    first, *others = language.lower().split("-")
    if first == "de" and not WITHOUT_ESZETT.isdisjoint(others):
        return _swiss(catalog)
    return _read(catalog)


@lru_cache(maxsize=64)
def _read(language: str) -> NullTranslations:
    """A language's own catalogue, and that of its first parts for what it leaves out."""
    if language == SOURCE:
        return _ENGLISH
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    file = FOLDER / language.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"
    compiled = BytesIO()
    with file.open("rb") as text:
        write_mo(compiled, read_po(text))
    compiled.seek(0)
    translated = GNUTranslations(compiled)
    wider = next((shorter for shorter in list(shortened(language))[1:] if shorter in languages()), None)
    if wider is not None:
        translated.add_fallback(_read(wider))
    return translated


@lru_cache(maxsize=8)
def _swiss(language: str) -> NullTranslations:
    return _WithoutEszett(_read(language))


class _WithoutEszett(NullTranslations):
    """Other translations, with ss for ß."""

    def __init__(self, translations: NullTranslations) -> None:
        super().__init__()
        self._others = translations

    def gettext(self, message: str) -> str:
        return self._others.gettext(message).replace("ß", "ss")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._others.ngettext(msgid1, msgid2, n).replace("ß", "ss")

    def pgettext(self, context: str, message: str) -> str:
        return self._others.pgettext(context, message).replace("ß", "ss")

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self._others.npgettext(context, msgid1, msgid2, n).replace("ß", "ss")
