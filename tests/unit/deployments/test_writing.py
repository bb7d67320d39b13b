"""Definitions as data, written as text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.definitions.reading import source
from wizard.definitions.reading.document import is_text
from wizard.deployments.writing import write_text
from wizard.errors import DefinitionError

ODD = [
    *(
        "yes",
        "on",
        "y",
        "null",
        "~",
        "true",
        "TRUE",
        "1e5",
        "0o17",
        "0x1f",
        "012",
        "1_000",
        "1:30",
        "2026-01-01",
        ".inf",
    ),
    *(
        "1.",
        "-.5",
        "+3",
        "{{ a }}",
        "{a, b}",
        "- x",
        "# y",
        ": z",
        "a: b",
        "a #b",
        "a:",
        "?",
        "&a",
        "*a",
        "!x",
        "%",
        "@",
    ),
    *(
        "`",
        "'",
        '"',
        "|",
        ">",
        "=",
        "<<",
        "---",
        "...",
        "",
        " ",
        " lead",
        "trail ",
        "\t",
        "a\n",
        "a\nb",
        "a\n\n",
        "\na",
    ),
    *(
        " a\nb",
        "a\n  b\n",
        "a \nb\n",
        "a\n---\nb\n",
        "a\r\nb",
        "a\u2028b\nc",
        "a\x85b\nc",
        "\ufeffa\nb",
        "😀",
        "x" * 2000,
    ),
    *("1" * 120, "0" * 120),
]
TEXTS = st.text().filter(is_text) | st.sampled_from(ODD)
NUMBERS = (
    st.integers(-(10**90), 10**90)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9)
)
DATA = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def is_same(one: Any, other: Any) -> bool:
    """Types and the order of keys included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return [*one] == [*other] and all(is_same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def read(text: str) -> Any:
    (document,) = source.read(text, "hello")
    return document.data


@given(st.dictionaries(TEXTS, DATA, min_size=1, max_size=4))
def test_what_is_written_is_read_as_it_was(data: dict[str, Any]) -> None:
    """An editor that draws saves every few seconds: a postcode that became a number, or a text that lost a blank, would
    be seen by people before anybody notices."""
    assert is_same(read(write_text(data, "hello")), source.from_data(data, "hello").data)


@pytest.mark.parametrize("text", ODD)
def test_texts_stay_texts(text: str) -> None:
    """Each of these is something else to one reader of YAML or another."""
    data = {"a": text, "b": [text, {"c": text}], f"d{text}": 1, text: None}
    assert is_same(read(write_text(data, "hello")), data)


def test_numbers_keep_their_digits() -> None:
    """A price of 1.20 isn't 1.2, and 10 to the 30th not a text."""
    data = {"price": Decimal("1.20"), "large": Decimal(10) ** 30, "tiny": Decimal("1E-150"), "whole": Decimal(3)}
    written = write_text(data, "hello")
    assert "price: 1.20\n" in written
    assert read(written) == data
    assert all(isinstance(value, Decimal) for value in read(written).values())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"a": 10**110}, "more than 100 digits"),
        ({"a": Decimal("1." + "1" * 150)}, "more than 100 digits"),
        ({"a": "x" * 1_000_001}, "larger than 1,000,000 bytes"),
        ({"a": "ä" * 500_001}, "larger than 1,000,000 bytes"),
        ({"a": "\x07"}, "can't be part of a definition"),
        ({"a": {1}}, "can't be part of a definition"),
    ],
)
def test_what_no_text_says_is_refused(data: Any, said: str) -> None:
    """It would be read as something else, or not at all."""
    with pytest.raises(DefinitionError, match=re.escape(said)):
        write_text(data, "hello")
