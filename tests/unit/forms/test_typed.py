"""Answers as text in inputs."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.forms.typed import typed_text
from wizard.forms.types.date_inputs import date_texts, wrong_parts
from wizard.forms.types.days import PARTS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Ada", "Ada"),
        ("a\ud800", "a?"),
        (17, "17"),
        (-3, "-3"),
        pytest.param(10**100 - 1, "9" * 100, id="the greatest that is written"),
        pytest.param(-(10**100), "", id="too great"),
        pytest.param(10**5000, "", id="huge"),
        (True, "Yes"),
        (False, "No"),
        (0.1, "0.1"),
        (1e20, "100000000000000000000"),
        (float("nan"), ""),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+9"), "1000000000"),
        (Decimal("1E+999999"), ""),
        (Decimal("sNaN"), ""),
        (date(1985, 3, 27), "27 March 1985"),
        (datetime(1985, 3, 27, 9, 5), "27 March 1985, 09:05"),
        (time(9, 5), "09:05"),
        (time(9, 5, 7), "09:05:07"),
        (["a", None, 3, ["deep"]], "a, 3"),
        ({"day": "1", "month": 2}, "1 2"),
        (b"bytes", ""),
        (None, ""),
        (object(), ""),
    ],
)
def test_a_value_as_somebody_would_type_it(value: Any, text: str) -> None:
    """What is sent again unchanged means the same again, and nothing is Python's spelling."""
    assert typed_text(value) == text


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (date(1985, 3, 27), ("27", "3", "1985")),
        (datetime(1985, 3, 27, 9), ("27", "3", "1985")),
        ({"day": "x", "year": 85}, ("x", "", "85")),
        ("27 March 1985", ("27", "March", "1985")),
        ("1985-03-27", ("27", "03", "1985")),
        ("27.3.", ("27", "3", "")),
        ("next week or so", ("next", "week", "or so")),
        ("soon", ("soon", "", "")),
        (["27", "3"], ("27", "3", "")),
        (17, ("17", "", "")),
        (None, ("", "", "")),
    ],
)
def test_a_date_in_three_parts(value: Any, parts: tuple[str, str, str]) -> None:
    """A date that another channel took as one text, or didn't take, is there to be corrected."""
    assert date_texts(value) == dict(zip(PARTS, parts, strict=True))


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        ("27 3 1985", "day month year"),
        ("1st March 1985", "day month year"),
        ("0 3 1985", "day"),
        ("27 0 1985", "month"),
        ("27 Ma 1985", "month"),
        ("27 3 85", "year"),
        ("x y 1985", "day month"),
        ("27 ٣ 1985", "month"),
    ],
)
def test_the_parts_that_can_t_be_right(texts: str, wrong: str) -> None:
    """All of them where it is something else: a day that the month doesn't have, a limit."""
    assert wrong_parts(dict(zip(PARTS, texts.split(), strict=True))) == set(wrong.split())


@given(st.text() | st.dictionaries(st.sampled_from((*PARTS, "x")), st.text() | st.integers() | st.none()))
def test_some_part_is_always_wrong(value: Any) -> None:
    """An error has to lead somewhere."""
    assert wrong_parts(date_texts(value))
