"""`change_case` and `sort_texts` nodes."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.computed import refused, value
from wizard.nodes.text.casing import ChangeCaseNode, SortTextsNode, order


@pytest.mark.parametrize(
    ("text", "case", "language", "made"),
    [
        ("Straße", "upper", "de", "STRASSE"),
        ("istanbul ılık", "upper", "tr", "İSTANBUL ILIK"),
        ("İSTANBUL ILIK", "lower", "tr-TR", "istanbul ılık"),
        ("ISTANBUL", "lower", "en", "istanbul"),
        ("izmir", "title", "az", "İzmir"),
        ("ijsland", "title", "nl", "IJsland"),
        ("ijs is koud", "sentence", "nl", "IJs is koud"),
        ("άγιος", "upper", "el", "ΑΓΙΟΣ"),
        ("don't stop o’clock", "title", "en", "Don't Stop O’clock"),
        ("« hello NATO", "sentence", "en", "« Hello NATO"),
        ("ǆ", "title", "hr", "ǅ"),
        ("12 %", "sentence", "en", "12 %"),
        ("", "title", "en", ""),
        (None, "upper", "en", None),
    ],
)
async def test_capitals_are_those_of_the_language(text: Any, case: str, language: str, made: Any) -> None:
    """A Turkish town isn't written with an i without its dot."""
    assert await value(ChangeCaseNode, text=text, case=case, language=language) == made
    assert await value(ChangeCaseNode, spoken=language, text=text, case=case) == made


@pytest.mark.parametrize(
    ("texts", "language", "made"),
    [
        (["Zürich", "Åre", "Älmhult", "Bern"], "sv", ["Bern", "Zürich", "Åre", "Älmhult"]),
        (["Zürich", "Ärzte", "Arzt", "Bern"], "de", ["Arzt", "Ärzte", "Bern", "Zürich"]),
        (["nz", "ñu", "oa"], "es", ["nz", "ñu", "oa"]),
        (["nz", "ñu", "oa"], "en", ["ñu", "nz", "oa"]),
        (["chata", "hora", "cena", "ibis", "čaj"], "cs", ["cena", "čaj", "hora", "chata", "ibis"]),
        (["zorg", "ærlig", "ål", "øre"], "da", ["zorg", "ærlig", "øre", "ål"]),
        (["ılık", "ip", "h"], "tr", ["h", "ılık", "ip"]),
        (["Room 10", "Room 9", "room 9", "Room 009"], "en", ["Room 009", "room 9", "Room 9", "Room 10"]),
        (["b", "", "1", "A", "-x", "ß", "ss", "😀"], "de", ["", "-x", "😀", "1", "A", "b", "ss", "ß"]),
        (["b", None, "a"], "en", ["a", "b", None]),
        ([], "en", []),
        (None, "en", None),
    ],
)
async def test_texts_are_in_the_order_of_the_language(texts: Any, language: str, made: Any) -> None:
    """People look for a name where their telephone book has it."""
    assert await value(SortTextsNode, texts=texts, language=language) == made


async def test_the_order_can_be_turned_and_digits_can_be_letters() -> None:
    """Newest first; and codes, which are no numbers."""
    assert await value(SortTextsNode, texts=["a", None, "b"], descending=True) == ["b", "a", None]
    assert await value(SortTextsNode, texts=["A10", "A9"], numbers=False) == ["A10", "A9"]
    assert await value(SortTextsNode, texts=["A10", "A9"]) == ["A9", "A10"]


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"texts": ["a", 5]}, "`texts.2` gives must be a text; it is a number"),
        ({"texts": "abc"}, "`texts` gives must be a list"),
        ({"texts": ["a"], "language": 5}, "`language` gives must be a text"),
        ({"texts": "{{ many }}"}, "5,001 items"),
        ({"texts": "{{ long }}"}, "more than 100,000 characters in all"),
    ],
)
async def test_what_cant_be_sorted_names_its_key(config: dict[str, Any], why: str) -> None:
    """A list of everything costs no seconds."""
    assert why in await refused(SortTextsNode, {"many": ["a"] * 5_001, "long": ["a" * 1_000] * 101}, **config)


@given(st.lists(st.text(max_size=8), max_size=8), st.sampled_from(("en", "cs", "sv", "tr", "xx", "hu")))
def test_the_order_is_one(texts: list[str], language: str) -> None:
    """Sorting again, or from another order, gives the same list, whatever is in it."""
    made = sorted(texts, key=lambda text: order(text, language))
    texts.reverse()
    assert sorted(texts, key=lambda text: order(text, language)) == made
    assert all(order(left, language) <= order(right, language) for left, right in pairwise(made))
