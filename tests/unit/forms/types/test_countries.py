"""Countries by what people call them."""

from __future__ import annotations

import pytest

from tests.unit.forms.asking import Around, form
from wizard.forms.locales import locale_of
from wizard.forms.types.countries import country_names
from wizard.forms.validation import Accepted, validate

COUNTRY = form({"name": "it", "type": "country"})


def country(typed: str, language: str = "en") -> object:
    result = validate(COUNTRY, {"it": typed}, Around.of(language))
    return result.output["it"] if isinstance(result, Accepted) else None


@pytest.mark.parametrize(
    ("code", "called"),
    [
        ("GB", "UK, U.K., Great Britain, England, Großbritannien, Grossbritannien, Grande-Bretagne, Royaume-Uni"),
        (
            "US",
            "USA, U.S.A., US, United States of America, the United States, Vereinigte Staaten, États-Unis, Etats Unis",
        ),
        ("HK", "Hong Kong, Hongkong, Hong Kong SAR China"),
        ("CI", "Ivory Coast, Côte d'Ivoire, Côte d’Ivoire, cote d'ivoire, Elfenbeinküste, Elfenbeinkueste"),
        ("CH", "Switzerland, die Schweiz, la Suisse, ch"),
        ("DE", "Germany, Deutschland, l'Allemagne, L’Allemagne"),
        ("NL", "The Netherlands, Holland, Niederlande, les Pays-Bas"),
        ("AT", "Österreich, Oesterreich, Autriche"),
        ("TR", "Turkey, Türkiye, Türkei, Tuerkei, Turquie"),
        ("CZ", "Czech Republic, Czechia, Tschechien, République tchèque"),
        ("KN", "St. Kitts & Nevis, St Kitts and Nevis, Saint Kitts and Nevis"),
        ("CD", "DR Congo, Democratic Republic of the Congo"),
        ("AE", "UAE, United Arab Emirates, Vereinigte Arabische Emirate"),
        ("KR", "South Korea, Südkorea, Corée du Sud"),
        ("VA", "Vatican, Holy See, Vatikanstadt"),
    ],
)
def test_names_that_people_have_for_countries(code: str, called: str) -> None:
    """Nobody calls the UK by the name in the list, and apostrophes come in two kinds."""
    assert {name: country(name) for name in called.split(", ")} == dict.fromkeys(called.split(", "), code)


@pytest.mark.parametrize("language", ["en", "de-CH", "fr", "it", "es", "pl"])
def test_every_country_is_known_in_the_language_of_the_run(language: str) -> None:
    """Whoever fills in an Italian form needn't know what Germany is called elsewhere."""
    names = locale_of(language).territories
    assert {code: country(names[code], language) for code in country_names()} == {
        code: code for code in country_names()
    }


@pytest.mark.parametrize("name", ["Korea", "Congo", "Atlantis", "EU", "the", "Saint"])
def test_what_may_be_two_countries_is_none(name: str) -> None:
    """The person is asked again."""
    assert country(name) is None
