"""Countries and postcodes.

A postcode is checked against its country's format where that is known, and written as its post
office writes it: sw1a1aa becomes SW1A 1AA. Formats: Universal Postal Union, addressing sheets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field as Setting

from wizard.expressions.expression import Names
from wizard.forms.characters import alike
from wizard.forms.field_type import BaseField, FieldType, Input, Problems
from wizard.forms.locales import UNSAID, plain_word
from wizard.forms.parsing import Context, Parser
from wizard.forms.refusals import CHOICE_WANTED, Refusal, either
from wizard.forms.setting_types import Region
from wizard.forms.types.countries import codes_by_name, country_names, meant_country, shared_names, spoken
from wizard.forms.types.text import TextareaField, TextField, short
from wizard.locale.sentences import Sentence, sentence
from wizard.locale.words import language_of
from wizard.model import Choice, Value

# Countries without postcodes, or where few have one (Universal Postal Union; the data of libaddressinput).
_WITHOUT = frozenset(
    re.findall(
        "..",
        "AEAGAOAQAWBFBIBJBOBQBSBVBWBZCDCFCGCICKCMCWDJDMERFJGAGDGHGMGQGYHKJMKI"
        "KMKNKPLCLYMLMOMRMSMWNRNUPAPSQARWSBSCSLSRSSSTSXSYTDTFTGTKTLTOTTTVUGVUWSYEZW",
    )
)
_NONE = frozenset(
    ("none", "no", "na", "nil", "n/a", "n.a.", "no postcode", "keine", "kein", "keiner", "aucun", "sans", "nessuno")
)

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
_KNOWN = "CH"  # the country that is an example where it is among those to pick from
_NO_POSTCODE = sentence("Your answer to “{label}” must be a postcode, like 8001 or SW1A 1AA")
# What stands before a postcode in letters from abroad, as on cars.
_ON_CARS: dict[str, str] = dict(
    re.findall("(..) ([A-Z]+)", "AT A, BE B, DE D, ES E, FI FIN, FR F, HU H, IT I, LI FL, LU L, NO N, PT P, SE S")
)
_ANY = re.compile(r"[A-Z0-9](?:[ -]?[A-Z0-9]){1,11}")


class PostcodeField(BaseField):
    """A postcode. `country` is a country's code or the name of the form's field that holds one."""

    type: Literal["postcode"]
    country: Annotated[str, Setting(max_length=60)] | None = None


class CountryField(BaseField):
    """A country, by its ISO 3166 code; `only` narrows them down."""

    type: Literal["country"]
    only: tuple[Region, ...] | None = None


@lru_cache(256)
def country_choices(only: tuple[str, ...] | None, language: str = UNSAID) -> tuple[Choice, ...]:
    """The countries to pick from, in their order in that language; with `only`, those of it that exist."""
    return tuple(Choice(code, name) for code, name in country_names(language).items() if only is None or code in only)


def _country_parser(field: CountryField) -> Parser:
    """A country's code, from the code or from a name that people have for it, in English or the run's language."""

    def parse(raw: object, context: Context) -> Value:
        text = short(raw)
        if text is None:
            return None
        names = country_names()
        code: str | None = text.upper()
        if code not in names:
            code = _called(plain_word(spoken(text)), field.only, context.names.language)
        if code is None or (field.only is not None and code not in field.only):
            raise _not_listed(field, context.names.language)
        return code

    return parse


def _not_listed(field: CountryField, language: str) -> Refusal:
    """With a country that the field takes as an example."""
    listed = country_choices(field.only, language)
    like = next((choice for choice in listed if choice.value == _KNOWN), listed[0] if listed else None)
    if like is None:
        return Refusal(sentence("Your answer to “{label}” must be one of the countries listed"))
    told = sentence(
        "Your answer to “{label}” must be one of the countries listed, like {country} or {code}",
        country=like.label,
        code=like.value,
    )
    return Refusal(told)


def _called(word: str, only: tuple[str, ...] | None, language: str) -> str | None:
    """The country that is called like that. Raises Refusal where several are."""
    if (code := codes_by_name(language).get(word)) is not None:
        return code
    several = [country for country in shared_names().get(word, ()) if only is None or country in only]
    if len(several) > 1:
        raise either(*(country_names(language)[country] for country in several))
    return several[0] if several else None


def _postcode_parser(field: PostcodeField) -> Parser:
    """A postcode as it is written in its country; in a country without a known format, any short code."""

    def parse(raw: object, context: Context) -> Value:
        text = short(raw)
        return None if text is None else _written(text, _country(field, context), context.names.language)

    return parse


def _needs_postcode(field: PostcodeField, context: Context) -> bool:
    """Whether there are postcodes where the field asks for one; where the country isn't known, there may be."""
    return field.required and _country(field, context) not in _WITHOUT


def _country(field: PostcodeField, context: Context) -> str:
    """The code of the field's country, "" where it isn't known."""
    if not field.country or re.fullmatch("[A-Z]{2}", field.country):
        return field.country or ""
    answered = context.names.read((field.country,))
    return answered if isinstance(answered, str) else ""


def _written(text: str, country: str, language: str) -> str | None:
    pattern = _FORMATS.get(country)
    if country in _WITHOUT and (alike(text) in _NONE or not text.strip("0-. ")):
        return None
    text = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    if pattern is None:
        if not _ANY.fullmatch(text) or text.isalpha():
            raise Refusal(_NO_POSTCODE)
        return text
    compact = re.sub("[ -]", "", text)
    for code in (compact, compact.removeprefix(country), compact.removeprefix(_ON_CARS.get(country, country))):
        if match := re.fullmatch(pattern, code):
            return ("-" if country in _HYPHENATED else " ").join(part for part in match.groups() if part)
    named = country_names(language).get(country, country)
    raise Refusal(sentence("Your answer to “{label}” must be a postcode for this country: {country}", country=named))


def _is_settled(field: PostcodeField) -> bool:
    """Whether the same is needed in every run."""
    return not field.required or field.country is None or field.country.isupper()


def _postcode_problems(field: PostcodeField, fields: Sequence[BaseField]) -> Problems:
    if field.country is None or any(other.name == field.country for other in fields):
        return
    if not re.fullmatch("[A-Z]{2}", field.country):
        told = f"there is no field {field.country!r}; write a country's code, like CH, or a field's name"
        yield ("country",), told
    elif field.country not in country_names():
        yield ("country",), f"there is no country {field.country}{meant_country(field.country)}"


def _postcode_doubts(field: PostcodeField, fields: Sequence[BaseField]) -> Problems:
    """A postcode goes by the country of another field only where that is answered before, with a code."""
    names = [other.name for other in fields]
    if field.country not in names:
        return
    at = names.index(field.country)
    if at >= names.index(field.name):
        told = f"`{field.country}` isn't answered yet here, so that any code is taken; put this field below it"
        yield ("country",), told
    elif isinstance(fields[at], TextField | TextareaField):
        yield ("country",), f"`{field.country}` is any text, and no country's code; make it `type: country`"


def _country_problems(field: CountryField, fields: Sequence[BaseField]) -> Problems:
    for code in field.only or ():
        if code not in country_names():
            yield ("only",), f"there is no country {code}{meant_country(code)}"


def _country_doubts(field: CountryField, fields: Sequence[BaseField]) -> Problems:
    if field.only is not None and not field.only:
        yield ("only",), "there is no country to choose from, so that no answer fits"


def _choices(field: CountryField, names: Names) -> tuple[Choice, ...]:
    return country_choices(field.only, language_of(names))


def _country_read(field: CountryField, value: Value, names: Names) -> str:
    return country_names(language_of(names)).get(value, str(value))


def _is_country(text: str) -> bool:
    """Whether a country, or several, is called like that in a language that is always understood."""
    word = plain_word(spoken(text))
    return word in codes_by_name(UNSAID) or word in shared_names()


def _codes(field: CountryField) -> frozenset[str]:
    return frozenset(field.only or country_names())


def _choice_wanted(field: CountryField) -> Sentence:
    return CHOICE_WANTED


POSTCODE = FieldType(
    model=PostcodeField,
    parser=_postcode_parser,
    called_elsewhere=("zip", "zipcode", "postalcode", "plz"),
    is_fixed=_is_settled,
    needed=_needs_postcode,
    problems=_postcode_problems,
    doubts=_postcode_doubts,
    input=Input(width="govuk-input--width-10"),
)
COUNTRY = FieldType(
    model=CountryField,
    parser=_country_parser,
    values=_codes,
    choices=_choices,
    is_fixed=lambda field: False,  # they are called and sorted as in the run's language
    absence=_choice_wanted,
    problems=_country_problems,
    doubts=_country_doubts,
    readable=_country_read,
    has_name=_is_country,
    control="select",
    picks_one=True,
)
