"""`parse_json` and `write_json` nodes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.nodes.computed import refused, value
from wizard.nodes.text.json_text import DEEPEST, ParseJsonNode, WriteJsonNode


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": [1, "ü", true, null]}', {"a": [1, "ü", True, None]}),
        ("1.10", Decimal("1.10")),
        ("12345678901234567890", 12345678901234567890),
        ("null", None),
        (None, None),
    ],
)
async def test_json_is_read_digit_for_digit(text: Any, said: Any) -> None:
    """An amount that somebody sends is the amount that is booked."""
    assert await value(ParseJsonNode, {"x": text}, text="{{ x }}") == said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": \n!}', "isn't JSON: see line 2, column 1"),
        ("", "isn't JSON"),
        ("NaN", "isn't JSON"),
        ('{"a": 1} x', "isn't JSON"),
        ("[" * (DEEPEST + 1) + "1" + "]" * (DEEPEST + 1), "nested more than 30 deep"),
        ("[" * 90_000, "nested more than 30 deep"),
        ("[" + "1," * 49_999 + "1]", "up to 100,000 are read"),
        ('"\\ud800"', "valid Unicode"),
        (5, "must be a text; it is a number"),
        ({"a": 1}, "it is a group of values"),
    ],
)
async def test_what_isnt_json_fails_with_its_place_and_not_its_words(text: Any, why: str) -> None:
    """A caller's mistake is found, and their data stays out of the log."""
    told = await refused(ParseJsonNode, {"x": text}, text="{{ x }}")
    assert why in told
    assert "!" not in told


async def test_the_deepest_and_the_largest_are_kept() -> None:
    """What is read can be stored as well."""
    deepest = "[" * DEEPEST + "1" + "]" * DEEPEST
    assert await value(ParseJsonNode, {"x": deepest}, text="{{ x }}") is not None


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"data": {"b": 1, "a": ["ü", None]}}, '{"b": 1, "a": ["ü", null]}'),
        ({"data": {"b": 1, "a": 2}, "sort_keys": True, "compact": True}, '{"a":2,"b":1}'),
        ({"data": "{{ x }}"}, '[1.50, "2030-03-27", true]'),
        ({"data": None}, "null"),
    ],
)
async def test_values_are_written(config: dict[str, Any], text: str) -> None:
    """A service that gets it reads the same values."""
    assert await value(WriteJsonNode, {"x": [Decimal("1.50"), date(2030, 3, 27), True]}, **config) == text


async def test_what_is_written_is_bounded() -> None:
    """A list of everything doesn't become a text that can't be stored."""
    assert "more than 100,000" in await refused(WriteJsonNode, {"x": "a" * 100_000}, data=["{{ x }}"])
