"""`split` and `join` nodes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.nodes.computed import refused, value
from wizard.nodes.text.pieces import JoinNode, SplitNode


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        ({"text": "a; b ;c", "separator": ";"}, ["a", "b", "c"]),
        ({"text": "a; b ;c", "separator": ";", "trim": False}, ["a", " b ", "c"]),
        ({"text": " a\tb\n c "}, ["a", "b", "c"]),
        ({"text": "a,,b", "separator": ","}, ["a", "b"]),
        ({"text": "a,,b", "separator": ",", "keep_empty": True}, ["a", "", "b"]),
        ({"text": "a,b,c", "separator": ",", "most": 2}, ["a", "b,c"]),
        ({"text": "a", "separator": ",", "most": 1}, ["a"]),
        ({"text": "", "separator": ","}, []),
        ({"text": "Ä→Ö→😀", "separator": "→"}, ["Ä", "Ö", "😀"]),
        ({"text": None}, None),
    ],
)
async def test_a_text_is_split(config: dict[str, Any], parts: Any) -> None:
    """Who imports a list of names gets each of them once, and none that is empty."""
    assert await value(SplitNode, **config) == parts


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"text": 5}, "What `text` gives must be a text; it is a number"),
        ({"text": ["a"]}, "it is a list"),
        ({"text": "a", "separator": ""}, "`separator` gives is an empty text"),
        ({"text": "a", "separator": "{{ nothing }}"}, "`separator` gives must be a text; it is nothing (null)"),
        ({"text": "{{ x }}", "separator": ","}, "more than 5,000 parts"),
        ({"text": "{{ y }}"}, "up to 100,000 are read"),
        ({"text": "{{ broken }}"}, "isn't valid Unicode"),
    ],
)
async def test_what_cant_be_split_names_its_key(config: dict[str, Any], why: str) -> None:
    """An author finds the key that is wrong; a huge text costs no memory."""
    assert why in await refused(SplitNode, {"x": "," * 5_001, "y": "a" * 100_001, "broken": "\ud800"}, **config)


@pytest.mark.parametrize(
    ("config", "language", "text"),
    [
        ({"items": ["a", None, "", 5]}, "en", "a, 5"),
        ({"items": ["a", None], "skip_empty": False, "separator": "|"}, "en", "a|"),
        ({"items": ["Ann", "Ben", "Cleo"], "style": "and"}, "en", "Ann, Ben and Cleo"),
        ({"items": ["Ann", "Ben", "Cleo"], "style": "or"}, "de", "Ann, Ben oder Cleo"),
        ({"items": [], "style": "and"}, "en", ""),
        ({"items": "{{ mixed }}", "separator": " "}, "en", "2030-03-27 1.50 true"),
        ({"items": None}, "en", None),
    ],
)
async def test_values_are_joined(config: dict[str, Any], language: str, text: Any) -> None:
    """A list in a letter reads as its language lists things; no digit of an amount is lost."""
    data = {"mixed": [date(2030, 3, 27), Decimal("1.50"), True]}
    assert await value(JoinNode, data, spoken=language, **config) == text


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"items": "abc"}, "`items` gives must be a list; it is a text"),
        ({"items": ["a", ["b"]]}, "`items.2` gives must be a single value; it is a list"),
        ({"items": "{{ many }}"}, "5,001 items"),
        ({"items": "{{ long }}"}, "more than 100,000 characters"),
    ],
)
async def test_what_cant_be_joined_names_its_key(config: dict[str, Any], why: str) -> None:
    """The item that is wrong is told by its place, counted from 1."""
    assert why in await refused(JoinNode, {"many": [1] * 5_001, "long": ["a" * 60_000] * 2}, **config)
