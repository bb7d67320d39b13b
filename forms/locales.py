"""What is usual where a language is written: marks in numbers, names of months and days, the order of dates.

A language is given as a definition names it (BCP 47: en, de-CH). Without a region, what is usual in any region that
writes it a good deal counts; with one, what is usual there, and what people know from where the language comes from. A
language that isn't known is taken for English of no country.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from unicodedata import category, normalize

from wizard.forms.characters import alike
from wizard.locale.catalogs import SOURCE
from wizard.locale.formats import known, locale_of

if TYPE_CHECKING:
    from babel import Locale

Part: TypeAlias = Literal["day", "month", "year"]

REMEMBERED = 64  # languages
UNSAID: Final = SOURCE  # the language of a definition that names none

# Regions that write a language's numbers in another way than its first one.
_OTHER_REGIONS = {"en": ("ZA",), "de": ("CH", "AT"), "fr": ("CH",), "it": ("CH",), "es": ("MX",)}


KNOWN_BESIDES = ("en", "de", "fr")  # whose words are understood whatever the run's language is
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_MORE_MONTHS = {"mrz": 3, "feber": 2}  # as calendars and Austrians write them


@dataclass(frozen=True, slots=True)
class Marks:
    """Which marks part a number's whole from its fraction (`points`), and thousands (`groups`; spaces and apostrophes
    do everywhere). `point` is the usual one."""

    point: str
    points: frozenset[str]
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Words:
    """Names as `plain_word` gives them, currencies as `alike` does: months by number, days of the week by number
    (Monday is 0), times of day that have a name as hours, am and pm by what stands beside a time."""

    months: dict[str, int]
    weekdays: dict[str, int]
    hours: dict[str, int]
    halves: dict[str, str]
    currencies: frozenset[str]


def region_of(language: str) -> str:
    """The country where the language is written as it is here: CH of de-CH, DE of de."""
    from babel.core import get_global

    locale = locale_of(language)
    if locale.territory:
        return locale.territory
    likely: str = get_global("likely_subtags").get(locale.language, "")
    return likely.rpartition("_")[2] if "_" in likely else ""


def _tags(language: str) -> tuple[str, ...]:
    language = known(language)
    first, _, region = language.partition("-")
    return (language, first) if region else (first, *(f"{first}-{region}" for region in _OTHER_REGIONS.get(first, ())))


@lru_cache(REMEMBERED)
def marks(language: str) -> Marks:
    """The marks in numbers that people type where a run is in that language."""
    points: set[str] = set()
    groups: set[str] = set()
    usual = [_symbols(locale_of(tag)) for tag in _tags(language)]
    for symbols in usual:
        points |= {symbols[key] for key in ("decimal", "currencyDecimal") if key in symbols}
        groups |= {symbols[key] for key in ("group", "currencyGroup") if key in symbols}
    shown = frozenset(",.")
    point = usual[0].get("decimal", ".")
    return Marks(point if point in shown else ".", shown & points, shown & groups)


def _symbols(locale: Locale) -> dict[str, str]:
    """Of ordinary digits, whose marks differ from those of, for example, Arabic ones."""
    symbols = locale.number_symbols
    return dict(symbols.get("latn") or symbols)


def is_everywhere(language: str) -> bool:
    """Whether nobody knows where it is written: English of no country, and what isn't known."""
    return known(language) == UNSAID


@lru_cache(REMEMBERED)
def first_part(language: str) -> Part:
    """What a date of numbers begins with where the language is from. English of no country is written everywhere,
    mostly with the day first."""
    if is_everywhere(language):
        return "day"
    pattern = locale_of(language).date_formats["short"].pattern
    places: dict[int, Part] = {pattern.find("d"): "day", pattern.find("M"): "month", pattern.find("y"): "year"}
    return places[min(places)]


@lru_cache(REMEMBERED)
def words(language: str) -> Words:
    """The names of the language, and of English, German and French. One that stands for two things stands for none."""
    locales = [locale_of(tag) for tag in (*_tags(language), *KNOWN_BESIDES)]
    return Words(
        months=_MORE_MONTHS | _prefixed([_names(locale, "months") for locale in locales]),
        weekdays=_prefixed([_names(locale, "days") for locale in locales]),
        hours=_hours(locales),
        halves=_halves(locales),
        currencies=_currencies(locales),
    )


def _names(locale: Locale, kind: str) -> Iterator[tuple[str, int]]:
    for forms in getattr(locale, kind).values():
        for width in ("wide", "abbreviated"):
            for number, name in forms.get(width, {}).items():
                for spelling in spellings(str(name)):
                    yield spelling, int(number)


def plain_word(name: str) -> str:
    """A name's letters and digits alone, without accents: it is typed without them as well."""
    letters = (character for character in normalize("NFD", alike(name)) if category(character) != "Mn")
    return "".join(re.findall(r"\w+", "".join(letters)))


def spellings(name: str) -> tuple[str, ...]:
    """The plain word of a name, and the one of German umlauts that are written out."""
    return tuple({plain_word(name), plain_word(normalize("NFC", name).casefold().translate(_UMLAUTS))})


def _prefixed(named: list[Iterator[tuple[str, int]]]) -> dict[str, int]:
    """Each name, and its first letters from three on, as far as they are one name's alone."""
    whole: dict[str, set[int]] = {}
    begun: dict[str, set[int]] = {}
    for name, number in (pair for names in named for pair in names):
        whole.setdefault(name, set()).add(number)
        for length in range(3, len(name)):
            begun.setdefault(name[:length], set()).add(number)
    known = begun | whole
    return {name: numbers.pop() for name, numbers in known.items() if len(numbers) == 1 and not name.isdigit()}


def _hours(locales: list[Locale]) -> dict[str, int]:
    hours = {"midday": 12, "midi": 12, "minuit": 0, "mittag": 12, "mitternacht": 0}
    for locale in locales:
        named = locale.day_periods.get("format", {}).get("wide", {})
        hours |= {plain_word(named[key]): hour for key, hour in (("midnight", 0), ("noon", 12)) if key in named}
    return hours


def _halves(locales: list[Locale]) -> dict[str, str]:
    halves: dict[str, str] = {}
    for locale in locales:
        for forms in locale.day_periods.get("format", {}).values():
            halves |= {alike(str(forms[half])): half for half in ("am", "pm") if half in forms}
    return {name: half for name, half in halves.items() if len(name) > 1 or not name.isascii()}


def _currencies(locales: list[Locale]) -> frozenset[str]:
    """Codes, signs and names that may stand beside an amount."""
    signs = {"fr", "fr.", "sfr", "sfr.", "franken", "francs", "franc", "euro", "euros", "dollars", "pounds"}
    for locale in locales:
        signs |= {alike(str(code)) for code in locale.currencies}
        signs |= {alike(str(sign)) for sign in locale.currency_symbols.values()}
    return frozenset(signs - {""})
