"""What people call countries, beside the names that the Unicode CLDR has for them: in English, German and French."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import normalize

from wizard.forms.characters import alike
from wizard.forms.locales import KNOWN_BESIDES, REMEMBERED, UNSAID, spellings
from wizard.locale.formats import locale_of

# Two-letter codes of the Unicode CLDR that ISO 3166 doesn't give to a country.
_NO_COUNTRIES = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"))

_CALLED: Final = {
    "AE": "UAE, Emirates, VAE, Emirate, Émirats, EAU",
    "BA": "Bosnia, Bosnien, Bosnie",
    "BN": "Brunei",
    "BO": "Bolivien, Bolivie",
    "BY": "Byelorussia, White Russia, Weissrussland, Biélorussie",
    "CD": "DR Congo, DRC, Democratic Republic of the Congo, Congo Kinshasa, DR Kongo, Demokratische Republik Kongo, "
    "RDC, RD Congo, République démocratique du Congo",
    "CG": "Republic of the Congo, Congo Brazzaville, Republik Kongo, République du Congo",
    "CI": "Ivory Coast, Côte d'Ivoire, Cote d'Ivoire, Elfenbeinküste",
    "CN": "People's Republic of China, PRC, Volksrepublik China, République populaire de Chine",
    "CV": "Cape Verde, Kap Verde, Kapverden, Cap Vert",
    "CZ": "Czech Republic, Tschechische Republik, Tschechei, République tchèque",
    "DE": "Federal Republic of Germany, Bundesrepublik Deutschland, BRD",
    "FK": "Falklands, Malvinas, Falklandinseln, Malouines",
    "FM": "Micronesia",
    "GB": "UK, Great Britain, Britain, England, Scotland, Wales, Northern Ireland, Grossbritannien, Schottland, "
    "Nordirland, Grande Bretagne, Angleterre, Écosse, Pays de Galles, Irlande du Nord",
    "HK": "Hong Kong, Hongkong",
    "IE": "Republic of Ireland, Eire, Republik Irland, République d'Irlande",
    "IR": "Persia, Persien",
    "KP": "North Korea, Nordkorea, Corée du Nord",
    "KR": "South Korea, Republic of Korea, Südkorea, Corée du Sud",
    "LA": "Laos",
    "MD": "Moldova, Moldau, Moldawien, Moldavie",
    "MK": "Macedonia, Mazedonien, Macédoine",
    "MM": "Burma, Myanmar, Birma, Birmanie",
    "MO": "Macau, Macao",
    "NL": "Holland, The Netherlands, Hollande",
    "PS": "Palestine, Palästina",
    "RU": "Russian Federation, Russische Föderation, Fédération de Russie",
    "SY": "Syrian Arab Republic, Syrien, Syrie",
    "SZ": "Swaziland, Swasiland",
    "TL": "East Timor, Osttimor, Timor oriental",
    "TR": "Turkey, Turkei",
    "TW": "Republic of China",
    "TZ": "Tansania",
    "US": "USA, US, U.S.A., United States of America, America, Vereinigte Staaten von Amerika, Amerika, "
    "États-Unis d'Amérique, Amérique",
    "VA": "Vatican, Holy See, Vatikan, Heiliger Stuhl, Saint-Siège",
    "VN": "Viet Nam",
}
# What several are called: who says it is asked which.
_SHARED: Final = {
    "CD CG": "Congo, Kongo",
    "KP KR": "Korea, Corée",
    "VG VI": "Virgin Islands, Jungferninseln, Îles Vierges",
}
_ARTICLES = re.compile(r"(?:the|der|die|das|le|la|les) |l'")
_AND = re.compile(r" (?:&|and|und|et) ")
_SAINT = re.compile(r"\bste?\b\.? ?|\bsaint[ -]")


@lru_cache(REMEMBERED)
def country_names(language: str = UNSAID) -> dict[str, str]:
    """A language's names of countries by ISO 3166 code, English ones where it has none, in the order of the names."""
    named = dict(_names_in(UNSAID)) | dict(_names_in(language))
    return dict(sorted(named.items(), key=lambda entry: _sort_key(entry[1])))


def _sort_key(name: str) -> str:
    """Letters without their accents, in whatever script."""
    return "".join(
        character for character in normalize("NFD", name) if character.isalnum() or character == " "
    ).casefold()


def _names_in(language: str) -> list[tuple[str, str]]:
    known = locale_of(language).territories.items()
    return [(code, name) for code, name in known if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRIES]


@lru_cache(REMEMBERED)
def codes_by_name(language: str) -> dict[str, str]:
    """The code that is meant by what `spoken` makes of a name. Where two countries are called the same, the language's
    own name counts, then the English one."""
    named = [(code, name) for code, called in _CALLED.items() for name in called.split(", ")]
    for each in (*reversed(KNOWN_BESIDES), language):
        named += _names_in(each)
    return {spelling: code for code, name in named for spelling in spellings(spoken(name))}


@lru_cache(1)
def shared_names() -> dict[str, tuple[str, ...]]:
    """The codes of the countries that are called alike, by what `spoken` makes of what they are called."""
    return {
        spelling: tuple(codes.split())
        for codes, called in _SHARED.items()
        for name in called.split(", ")
        for spelling in spellings(spoken(name))
    }


def spoken(name: str) -> str:
    """A name without its article and "and", and with one kind of "saint"."""
    text = alike(name)
    article = _ARTICLES.match(text)
    return _SAINT.sub("saint ", _AND.sub(" ", text[article.end() :] if article else text))


def meant_country(name: str) -> str:
    """The end of a sentence about a country that there isn't."""
    code = codes_by_name("en").get(spoken(name))
    return f"; did you mean {code}?" if code else ""
