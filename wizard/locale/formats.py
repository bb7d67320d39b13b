"""Numbers, days, sizes and lists as a language writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from wizard.locale.catalogs import SOURCE, shortened

if TYPE_CHECKING:
    from babel import Locale

Length: TypeAlias = Literal["long", "full", "short"]

REMEMBERED = 64  # languages
_MOST_READ = "en-GB"  # English of no country: most countries write it as this one does


@lru_cache(REMEMBERED)
def known(language: str) -> str:
    """The language as far as Babel has data of it: de of de-XX. One that it has none of is English of no country, of
    which nothing is taken for granted."""
    from babel import Locale, UnknownLocaleError

    for tag in shortened(language):
        try:
            Locale.parse(tag.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
        return SOURCE if tag.lower() == SOURCE else tag
    return SOURCE


def spoken_in(country: str) -> str:
    """The language that most people of a country speak, "" where that isn't known."""
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(f"und_{country}").language)
    except (UnknownLocaleError, ValueError):
        return ""


@lru_cache(REMEMBERED)
def locale_of(language: str) -> Locale:
    """Babel's data of a language, as far as it is known."""
    from babel import Locale

    return Locale.parse(known(language).replace("-", "_"))


@lru_cache(REMEMBERED)
def direction(language: str) -> str:
    """Where its lines go: `ltr`, or `rtl` as in Arabic and Hebrew."""
    return str(locale_of(language).text_direction)


@lru_cache(REMEMBERED)
def _writing(language: str) -> Locale:
    return locale_of(_MOST_READ if known(language) == SOURCE else language)


def day(value: date, language: str, length: Length = "long") -> str:
    """27 March 1985, Wednesday 27 March 1985 (`full`), 27/03/1985 (`short`), in numbers with the whole year."""
    from babel.dates import format_date, format_skeleton

    locale = _writing(language)
    return format_skeleton("yMd", value, locale=locale) if length == "short" else format_date(value, length, locale)


def month(value: date, language: str, width: Literal["wide", "abbreviated"] = "wide") -> str:
    """The name of a day's month, as it stands in a date."""
    return str(_writing(language).months["format"][width][value.month])


def weekday(value: date, language: str, width: Literal["wide", "abbreviated"] = "wide") -> str:
    """The name of the day in its week, as it stands in a date."""
    return str(_writing(language).days["format"][width][value.weekday()])


def number(value: int | Decimal, language: str) -> str:
    """A number with its thousands parted and all its digits: 1,234.50 or 1.234,50 or 1’234.50."""
    group, point, sizes = _marks(language)
    whole, _, fraction = format(abs(Decimal(value)), ",f").partition(".")
    if sizes == (3, 3):
        written = whole.replace(",", group)
    else:
        parts, whole, size = list[str](), whole.replace(",", ""), sizes[0]
        while len(whole) > size:
            parts.append(whole[-size:])
            whole, size = whole[:-size], sizes[1]
        written = group.join((whole, *reversed(parts)))
    return f"{'-' if value < 0 else ''}{written}{point if fraction else ''}{fraction}"


@lru_cache(REMEMBERED)
def _marks(language: str) -> tuple[str, str, tuple[int, int]]:
    """What parts thousands, what parts whole and fraction, and how many digits stand together, from the right.
    Babel's own writing loses Swiss apostrophes, which it takes for quotes."""
    locale = _writing(language)
    symbols = locale.number_symbols
    marks = dict(symbols.get("latn") or symbols)
    return marks["group"].replace("'", "’"), marks["decimal"], locale.decimal_formats[None].grouping


def size(octets: int, language: str) -> str:
    """5 MB, 1.5 MB, 300 KB, 12 bytes; 1,5 Mo."""
    from babel.units import format_unit

    locale = _writing(language)
    for unit, factor in (("megabyte", 1_000_000), ("kilobyte", 1_000)):
        if octets >= factor:
            rounded = round(Decimal(octets) / factor, 1).normalize()
            return format_unit(rounded, f"digital-{unit}", "short", locale=locale).replace("kB", "KB")
    return format_unit(octets, "digital-byte", "long", locale=locale)


def listed(parts: Sequence[str], language: str, joined: Literal["and", "or"] = "and") -> str:
    """The parts as one: Ann, Ben and Cleo."""
    from babel.lists import format_list

    if language.partition("-")[0].lower() == SOURCE:  # English of this house has no comma before the last
        *others, last = parts or ("",)
        return f"{', '.join(others)} {joined} {last}" if others else last
    return format_list(parts, "standard" if joined == "and" else "or", _writing(language))
