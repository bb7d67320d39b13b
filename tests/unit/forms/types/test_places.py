"""Countries and postcodes."""

from __future__ import annotations

import re

import pytest

from tests.unit.forms.asking import Around, accepted, form, refuse, rejected, take
from wizard.forms.types.countries import country_names
from wizard.forms.types.places import country_choices
from wizard.forms.validation import Accepted, Rejected, validate


def test_the_countries_are_those_of_iso_3166() -> None:
    """A country that is missing shuts its people out; Antarctica's neighbours and the EU are none."""
    names = country_names()
    assert len(names) == 249
    assert names["CH"] == "Switzerland"
    assert "EU" not in names
    assert list(names.values()).index("Åland Islands") < list(names.values()).index("Albania")


@pytest.mark.parametrize("typed", ["CH", "ch", "Switzerland", " SWITZERLAND "])
def test_a_country_by_code_or_name(typed: str) -> None:
    """People type names, programs send codes."""
    assert take(typed, type="country") == "CH"


def test_what_is_no_country() -> None:
    """And a form for two countries takes no third."""
    message = "Your answer to “Thing” must be one of the countries listed, like Switzerland or CH"
    for wrong in ("Atlantis", "EU", "XK", "CHE"):
        assert refuse(wrong, type="country") == message
    assert refuse("DE", type="country", only=["CH", "LI"]) == message
    assert refuse("CH", type="country", only=["FR", "DE"]) == message.replace("Switzerland or CH", "France or FR")
    assert refuse("", type="country") == "Choose an answer to “Thing”"
    assert refuse(41, type="country") == "Your answer to “Thing” must be text"
    assert take("Liechtenstein", type="country", only=["CH", "LI"]) == "LI"
    assert [choice.value for choice in country_choices(("CH", "LI"))] == ["LI", "CH"]


@pytest.mark.parametrize(
    ("country", "typed", "stored"),
    [
        ("CH", "8001", "8001"),
        ("CH", "CH-8001", "8001"),
        ("DE", "D-80331", "80331"),
        ("DE", "d 80331", "80331"),
        ("AT", "A-1010", "1010"),
        ("FR", "F-75001", "75001"),
        ("DE", "F-75001", None),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "M1 1AE", "M1 1AE"),
        ("NL", "1234ab", "1234 AB"),
        ("CA", "k1a-0b1", "K1A 0B1"),
        ("PL", "00950", "00-950"),
        ("US", "20500", "20500"),
        ("US", "205000003", "20500-0003"),
        ("LV", "1010", None),
        ("LV", "lv1010", "LV-1010"),
        ("SE", "11455", "114 55"),
        ("JP", "\uff11\uff10\uff10-0001", "100-0001"),  # full-width digits
        ("CH", "800", None),
        ("GB", "12345", None),
        ("HK", "999077", "999077"),
        (None, "ab 12", "AB 12"),
        (None, "!", None),
    ],
)
def test_postcodes_by_country(country: str | None, typed: str, stored: str | None) -> None:
    """What post offices write, and no less than a real one where the format is known."""
    if stored is None:
        assert refuse(typed, type="postcode", country=country).startswith("Your answer to “Thing” must be a")
    else:
        assert take(typed, type="postcode", country=country) == stored
        assert take(stored, type="postcode", country=country) == stored


def test_a_postcode_follows_the_country_that_was_answered() -> None:
    """The form asks for the country first; the postcode is read by its rules."""
    asked = form(
        {"name": "land", "type": "country", "required": False}, {"name": "code", "type": "postcode", "country": "land"}
    )
    assert accepted(asked, {"land": "GB", "code": "sw1a1aa"})["code"] == "SW1A 1AA"
    assert accepted(asked, {"land": "", "code": "sw1a1aa"})["code"] == "SW1A1AA"
    wrong = rejected(asked, {"land": "CH", "code": "sw1a1aa"})
    assert wrong.errors == {"code": "Your answer to “Code” must be a postcode for this country: Switzerland"}
    assert rejected(asked, {"land": "CH", "code": " "}).errors == {"code": "Answer “Code”"}


@pytest.mark.parametrize(
    ("typed", "language", "ways"),
    [
        ("Congo", "en", "Congo - Kinshasa or Congo - Brazzaville"),
        ("Korea", "de", "Nordkorea oder Südkorea"),
        ("Virgin Islands", "en", "British Virgin Islands or U.S. Virgin Islands"),
    ],
)
def test_what_two_countries_are_called_is_asked_back(typed: str, language: str, ways: str) -> None:
    """“One of the countries listed” is what it is; each of the two that it can be is taken as it is spelled there."""
    asked = form({"name": "it", "type": "country", "label": "Land"})
    result = validate(asked, {"it": typed}, Around.of(language))
    assert isinstance(result, Rejected)
    assert result.errors["it"].endswith(ways)
    for each in re.split(" or | oder ", ways):
        assert isinstance(validate(asked, {"it": each}, Around.of(language)), Accepted), each
    assert take("Korea", type="country", only=["KR", "DE"]) == "KR"
