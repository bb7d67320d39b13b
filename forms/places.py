"""Countries and postcodes.

A postcode is checked against its country's format where that is known, and written as its post
office writes it: sw1a1aa becomes SW1A 1AA. Formats: Universal Postal Union, addressing sheets.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from wizard.forms.fields import CountryField, PostcodeField
from wizard.forms.parsing import Context, Parser
from wizard.forms.refusals import Refusal
from wizard.forms.text import short
from wizard.model import Choice, Value

# Two-letter codes of the Unicode CLDR that ISO 3166 doesn't give to a country.
_NO_COUNTRIES = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"))

_TABLE = (  # countries, what is left without spaces and hyphens, in the groups that are written apart
    ("AL AM AT AU BD BE BG CH CY DK GE GL HU LI LU MK NO NZ PH SI TN ZA", r"([0-9]{4})"),
    ("BA CU DE DZ EE EG ES FI FR HR ID IT KE KR KW LK LT MA MC ME MX MY NP", r"([0-9]{5})"),
    ("PE RS SA SM TH TR UA UY VA", r"([0-9]{5})"),
    ("CZ GR SE SK", r"([0-9]{3})([0-9]{2})"),
    ("BY CN CO EC IN KG MN RO RU SG TJ TM UZ", r"([0-9]{6})"),
    ("GB GG IM JE", r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})"),
    ("FO IS", r"([0-9]{3})"),
    ("AD", r"(AD[0-9]{3})"),
    ("AR", r"([0-9]{4}|[A-Z][0-9]{4}[A-Z]{3})"),
    ("BR", r"([0-9]{5})([0-9]{3})"),
    ("CA", r"([ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z])([0-9][ABCEGHJ-NPRSTV-Z][0-9])"),
    ("CL", r"([0-9]{7})"),
    ("IE", r"([A-Z][0-9]{2}|D6W)([A-Z0-9]{4})"),
    ("IL", r"([0-9]{5}|[0-9]{7})"),
    ("JP", r"([0-9]{3})([0-9]{4})"),
    ("KZ", r"([0-9]{6}|[A-Z][0-9]{2}[A-Z][0-9][A-Z][0-9])"),
    ("LV", r"(LV)([0-9]{4})"),
    ("MT", r"([A-Z]{3})([0-9]{4})"),
    ("NL", r"([1-9][0-9]{3})([A-Z]{2})"),
    ("PL", r"([0-9]{2})([0-9]{3})"),
    ("PT", r"([0-9]{4})([0-9]{3})"),
    ("TW", r"([0-9]{3}(?:[0-9]{2,3})?)"),
    ("US", r"([0-9]{5})([0-9]{4})?"),
    ("VN", r"([0-9]{5,6})"),
)
_FORMATS = {country: pattern for countries, pattern in _TABLE for country in countries.split()}
_HYPHENATED = frozenset(("BR", "JP", "LV", "PL", "PT", "US"))
_ANY = re.compile(r"[A-Z0-9](?:[ -]?[A-Z0-9]){1,11}")


@cache
def country_names() -> dict[str, str]:
    """English country names by ISO 3166 code, in the order of the names."""
    from babel import Locale

    known = Locale.parse("en").territories.items()
    names = {code: name for code, name in known if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRIES}
    return dict(sorted(names.items(), key=lambda entry: _sort_key(entry[1])))


def _sort_key(name: str) -> str:
    return unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode().casefold()


@cache
def country_choices(only: tuple[str, ...] | None) -> tuple[Choice, ...]:
    """The countries to pick from; with `only`, those of it that exist."""
    return tuple(Choice(code, name) for code, name in country_names().items() if only is None or code in only)


@cache
def _codes(only: tuple[str, ...] | None) -> dict[str, str]:
    choices = country_choices(only)
    return {choice.label.casefold(): choice.value for choice in choices} | {
        choice.value.casefold(): choice.value for choice in choices
    }


def country_parser(field: CountryField) -> Parser:
    """A country's code, from the code or the English name."""

    def parse(raw: object, context: Context) -> Value:
        text = short(raw)
        if text is None:
            return None
        code = _codes(field.only).get(text.casefold())
        if code is None:
            raise Refusal("must be one of the countries listed, like Switzerland or CH")
        return code

    return parse


def postcode_parser(field: PostcodeField) -> Parser:
    """A postcode as it is written in its country; in a country without a known format, any short code."""
    country = field.country or ""
    fixed = country if re.fullmatch("[A-Z]{2}", country) else None

    def parse(raw: object, context: Context) -> Value:
        text = short(raw)
        if text is None:
            return None
        where = fixed or (context.names.read((country,)) if country else None)
        return _written(text, where if isinstance(where, str) else "")

    return parse


def _written(text: str, country: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    pattern = _FORMATS.get(country)
    if pattern is None:
        if not _ANY.fullmatch(text):
            raise Refusal("must be a postcode, like 8001 or SW1A 1AA")
        return text
    compact = re.sub("[ –-]", "", text)
    for each in (compact, compact.removeprefix(country)):
        if found := re.fullmatch(pattern, each):
            return ("-" if country in _HYPHENATED else " ").join(part for part in found.groups() if part)
    raise Refusal(f"must be a real postcode in {country_names().get(country, country)}")
