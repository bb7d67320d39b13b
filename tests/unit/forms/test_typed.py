"""Answers as text in inputs."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from wizard.forms.typed import typed_text


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
