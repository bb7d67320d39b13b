"""`normalise_name` and `normalise_address` nodes: names and postal addresses in one spelling, if that can be known.

Nobody knows how somebody writes their name but themselves: so capitals are touched only where a name is in capitals or
small letters throughout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from unicodedata import normalize

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.forms.characters import prose
from wizard.forms.refusals import Refusal
from wizard.forms.types.places import CountryField, PostcodeField
from wizard.model import Proceed, Value
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import MAX_LINE, Given, given
from wizard.nodes.text.casing import capitalised
from wizard.nodes.text.contact import read_as

# Small words in names, where they aren't the first one.
_PARTICLES = (
    "af av bin da das de degli del della den der di do dos du el ibn la las le los ten ter van vom von y zu zum zur"
)
_SMALL = frozenset(re.findall(r"\w+", _PARTICLES))
_WORDS = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")


def one_line(text: str) -> str:
    """Its characters composed, blanks as one, invisible ones gone."""
    return " ".join(normalize("NFC", prose(text)).split())


def name_of(text: str, language: str) -> str:
    """A name, its capitals set where it has none or nothing else."""
    text = one_line(text)
    if text not in (text.upper(), text.lower()):
        return text
    return _WORDS.sub(lambda match: _part(match[0], match.start() == 0, language), text)


def _part(word: str, first: bool, language: str) -> str:
    if word.lower() in _SMALL and not first:
        return word.lower()
    made = capitalised(word, language)
    if re.match(r"[dlo][’'].", made.lower()):  # O'Brien, D'Angelo
        return made[:2] + capitalised(made[2:], language)
    if len(made) > 4 and made.startswith("Mc"):
        return "Mc" + capitalised(made[2:], language)
    return made


class NameConfig(NodeConfig):
    """The name."""

    name: Dynamic = Field(description="A name as somebody wrote it.")


class NormaliseNameNode(Computes[NameConfig]):
    """Writes a person's name in one way.

    Output: `value`, with single blanks, and without characters that can't be seen. A name that is in capitals or
    small letters throughout gets capitals at the beginning of its parts: “ANNA-LENA VON DER HEIDE” becomes “Anna-Lena
    von der Heide”, “o'brien” “O'Brien”. Any other stays as its owner wrote it. Short words such as “von” and “de”
    stay small behind a first name, which isn't right for everybody: ask people before you print it. Nothing (null)
    gives null. 200 characters at most.
    """

    type = "normalise_name"
    title = "Normalise a name"
    group = "text"
    icon = "person"
    subject = "name"
    example: ClassVar[Mapping[str, Any]] = {"name": "  ANNA-LENA  VON DER HEIDE "}
    Config = NameConfig

    def compute(self, visit: Visit[NameConfig], subject: Given) -> Proceed:
        return value(name_of(subject.text(MAX_LINE), visit.language))


class AddressConfig(NodeConfig):
    """The address in its parts."""

    country: Dynamic = Field(description="The country, by its code or its name.")
    street: Dynamic | None = Field(None, description="Street and number.")
    postcode: Dynamic | None = Field(None, description="The postcode.")
    town: Dynamic | None = Field(None, description="The town.")


class NormaliseAddressNode(Computes[AddressConfig]):
    """Writes a postal address in one way.

    Ways out: `valid` and `invalid`. Outputs: `country`, its code (ISO 3166); `postcode`, as the post of that country
    writes it (`sw1a1aa` becomes `SW1A 1AA`); `street` and `town` with single blanks, their capitals set as those of a
    name. A part that isn't given, is nothing (null) or can't be one is null.

    It is invalid where the country isn't known or the postcode can't be one of it. Whether there is such a street isn't
    known. Countries are understood in English and in the run's language. 200 characters each at most.
    """

    type = "normalise_address"
    title = "Normalise an address"
    group = "text"
    icon = "home"
    ports = ("valid", "invalid")
    always_ports = True
    gives = ("street", "postcode", "town", "country")
    example: ClassVar[Mapping[str, Any]] = {
        "country": "Switzerland",
        "street": "bahnhofstrasse  1",
        "postcode": "CH-8001",
        "town": "ZÜRICH",
    }
    Config = AddressConfig

    def compute(self, visit: Visit[AddressConfig], subject: Given) -> Proceed:
        country, good = _checked(visit, "country", "")
        postcode, fits = _checked(visit, "postcode", country)
        output = {
            "street": _line(given(visit, "street")),
            "postcode": postcode,
            "town": _line(given(visit, "town")),
            "country": country,
        }
        return Proceed(output, port="valid" if good and fits and country is not None else "invalid")


def _line(part: Given) -> str | None:
    return None if part.value is None else name_of(part.text(MAX_LINE), part.visit.language) or None


def _checked(visit: Visit[Any], key: str, country: Value) -> tuple[Value, bool]:
    """What the field of that type makes of it, and whether it takes it."""
    part = given(visit, key)
    if part.value is None:
        return None, True
    field = (
        PostcodeField(name=key, type="postcode", country=country if isinstance(country, str) else None)
        if key == "postcode"
        else CountryField(name=key, type="country")
    )
    try:
        return read_as(field, visit, part.single()[: MAX_LINE + 1]), True
    except Refusal:
        return None, False
