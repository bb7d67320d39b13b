"""What a page gives as an example is taken as what it shows, and written as people of the run's language write it."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import phonenumbers
import pytest
from babel.localedata import locale_identifiers
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawing import examples as examples_drawn
from tests.unit.forms.asking import Around, form
from wizard.forms.rendering import error_lines, widget
from wizard.forms.types.days import parts_in_order
from wizard.forms.validation import Accepted, Rejected, validate
from wizard.locale.words import words_in
from wizard.model import Choice, Prompt, PromptField, Reveal
from wizard.model.copies import copied_prompt
from wizard.node.prompt_checks import checked_prompt
from wizard.testing import Person, make_test_engine

BORN = date(1985, 3, 27)
LANGUAGES = tuple(sorted(each.replace("_", "-") for each in locale_identifiers()))
MAIN = ("en", "en-GB", "en-US", "de", "de-CH", "fr")

# A field, what can't be taken in it, and what its examples stand for: None where that goes by the language.
SHOWN: tuple[tuple[dict[str, Any], str, tuple[object, ...] | None], ...] = (
    ({"type": "date"}, "yesterday", (BORN,)),
    ({"type": "date"}, "31 2 1985", (BORN,)),
    ({"type": "time"}, "soon", (time(9, 30), time(14))),
    ({"type": "integer"}, "many", (17,)),
    ({"type": "decimal"}, "a lot", (Decimal(17), Decimal("12.5"))),
    ({"type": "decimal", "places": 2}, "a lot", (Decimal(17), Decimal("12.5"))),
    ({"type": "decimal", "places": 0}, "a lot", (Decimal(17),)),
    ({"type": "email"}, "ann", ("name@example.com",)),
    ({"type": "url"}, "a b", ("https://www.example.com",)),
    ({"type": "iban"}, "CH00", None),
    ({"type": "postcode"}, "?", ("8001", "SW1A 1AA")),
    ({"type": "country"}, "Atlantis", ("CH", "CH")),
    ({"type": "country", "only": ["FR", "CI"]}, "CH", None),
    ({"type": "phone"}, "12", None),
)


def refusal(asked: dict[str, Any], raw: str, language: str) -> str:
    result = validate(form({"name": "it", "label": "It", **asked}), {"it": raw}, Around.of(language))
    assert isinstance(result, Rejected), raw
    return result.errors["it"]


def examples(message: str) -> list[str]:
    """What stands behind “like”, in the languages that there are sentences in."""
    told = re.split("like |zum Beispiel ", message, maxsplit=1)
    assert len(told) == 2, message
    return re.split(" or | oder ", told[1])


def taken(asked: dict[str, Any], raw: str, language: str) -> object:
    result = validate(form({"name": "it", "label": "It", **asked}), {"it": raw}, Around.of(language))
    assert isinstance(result, Accepted), f"{language}: {raw!r} is shown and not taken: {result}"
    return result.output["it"]


def check(language: str) -> None:
    for asked, raw, meant in SHOWN:
        shown = examples(refusal(asked, raw, language))
        values = tuple(taken(asked, each, language) for each in shown)
        if meant is not None:
            assert values == meant, f"{language}: {asked} shows {shown}"
        assert len(set(values)) == 1 or meant is not None, f"{language}: {shown} are one thing"


@pytest.mark.parametrize("language", MAIN)
def test_what_is_shown_is_taken_as_it_is_shown(language: str) -> None:
    """Who types what the page says must not be refused, let alone taken for somebody born on another day."""
    check(language)


@settings(max_examples=examples_drawn(12), deadline=None)
@given(st.sampled_from(LANGUAGES))
def test_in_any_language(language: str) -> None:
    """A definition may be in any language; without sentences in it, what stands in them is still the language's."""
    check(language)


@pytest.mark.parametrize(
    ("language", "written"),
    list(zip(MAIN, ("27 3 1985", "27 3 1985", "3/27/1985", "27.3.1985", "27.3.1985", "27/03/1985"), strict=True)),
)
def test_a_day_is_written_as_the_language_writes_it(language: str, written: str) -> None:
    """“27 3 1985” is no day to who writes the month first."""
    assert examples(refusal({"type": "date"}, "yesterday", language)) == [written]


@pytest.mark.parametrize(
    ("language", "written"), list(zip(MAIN, ("12.5", "12.5", "12.5", "12,5", "12.5", "12,5"), strict=True))
)
def test_an_amount_is_written_as_the_language_writes_it(language: str, written: str) -> None:
    """A point is no comma where fractions have one."""
    assert examples(refusal({"type": "decimal"}, "a lot", language)) == ["17", written]


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_a_number_of_each_region_is_taken_in_it(region: str) -> None:
    """Both ways to write it that are shown are one number."""
    asked = {"type": "phone", "region": region}
    numbers = {taken(asked, each, "en") for each in examples(refusal(asked, "12", "en"))}
    assert len(numbers) == 1


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", "day month year"),
        ("de-CH", "day month year"),
        ("fr", "day month year"),
        ("en-US", "month day year"),
        ("sv", "year month day"),
    ],
)
def test_a_pages_inputs_are_in_the_order_of_its_example(language: str, parts: str) -> None:
    """Who follows the example from left to right would put the month into the day, and be taken at their word."""
    words = words_in(language)
    field = PromptField("born", "date", "Born", error="It isn't right")
    shown = widget(field, words=words)
    assert [part.name for part in shown.parts] == [f"born-{part}" for part in parts.split()]
    assert shown.id == shown.parts[0].id, "what labels and errors lead to is the first"
    assert error_lines(Prompt("a", "form", fields=(field,)), words)[0][0] == f"#{shown.id}"
    (example,) = examples(refusal({"type": "date"}, "yesterday", language))
    values = {"day": "27", "month": "3", "year": "1985"}
    assert [part.lstrip("0") for part in re.findall(r"\d+", example)] == [
        values[part] for part in parts_in_order(language)
    ]


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en-US", "3/27/1985"),
        ("en-US", "27/3/1985"),
        ("en-US", "March 27 1985"),
        ("en", "Mar 27, 1985"),
        ("de", "27.3.1985"),
    ],
)
def test_what_was_typed_in_one_line_stands_in_the_right_inputs(language: str, typed: str) -> None:
    """Begun in a terminal and gone on with on a page, 3/27/1985 was the third day of a 27th month."""
    parts = widget(PromptField("born", "date", "Born", value=typed), words=words_in(language)).parts
    answer = {part.name.removeprefix("born-"): part.value for part in parts}
    result = validate(form({"name": "born", "type": "date"}), {"born": answer}, Around.of(language))
    assert isinstance(result, Accepted)
    assert result.output["born"] == BORN


@pytest.mark.parametrize(
    ("language", "shown"), [("de", "1234,5"), ("de-CH", "1234.5"), ("fr", "1234,5"), ("en", "1234.5")]
)
async def test_an_amount_comes_back_as_it_is_typed_there(language: str, shown: str) -> None:
    """The page shows a person's own amount with another mark than they typed, and with three digits behind it, it is
    asked back or refused though nobody touched it."""
    field = {"name": "rent", "type": "decimal", "places": 3}
    flow = {"id": "w", "language": language, "nodes": [{"id": "a", "type": "form", "fields": [field]}]}
    person = await Person.starts(await make_test_engine({**flow, "reopen": True}), "w")
    await person.says(rent="1234,5")
    await person.goes_back()
    (asked,) = person.prompt.fields
    assert widget(asked, words=words_in(language)).value == shown


def test_every_part_of_a_field_is_copied() -> None:
    """A part that is forgotten where prompts are copied, or looked at, is missing on every page."""
    field = PromptField(
        *("it", "decimal", "It", "hint", False, (Choice("a", "A"),), Decimal(1), "wrong", True, {"places": 2}),
        *(Reveal("other", ("a",)), "1"),
    )
    prompt = Prompt("a", "form", fields=(field,))
    assert copied_prompt(prompt) == prompt
    foreign: Any = SimpleNamespace(node=SimpleNamespace(handler=object(), type="foreign", config=None), step="a")
    assert checked_prompt(prompt, foreign) == prompt
