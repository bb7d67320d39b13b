"""Answers as people read them."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.forms.asking import Around, fields
from wizard.forms.readable import plain, readable

ABC = ["a", {"value": "b", "label": "Bee"}]


@pytest.mark.parametrize(
    ("written", "value", "text"),
    [
        ({"type": "text"}, "Ada", "Ada"),
        ({"type": "text"}, None, ""),
        ({"type": "boolean"}, True, "Yes"),
        ({"type": "boolean"}, False, "No"),
        ({"type": "date"}, date(1985, 3, 27), "27 March 1985"),
        ({"type": "time"}, time(9, 5), "09:05"),
        ({"type": "integer"}, 1234, "1234"),
        ({"type": "decimal"}, Decimal("1234.50"), "1234.50"),
        ({"type": "choice", "choices": ABC}, "b", "Bee"),
        ({"type": "choice", "choices": ABC}, "gone", "gone"),
        ({"type": "choices", "choices": ABC}, ["a", "b"], "a, Bee"),
        ({"type": "country"}, "CH", "Switzerland"),
        ({"type": "country"}, "XX", "XX"),
        ({"type": "phone"}, "+41446681800", "+41 44 668 18 00"),
        ({"type": "iban"}, "CH9300762011623852957", "CH93 0076 2011 6238 5295 7"),
        ({"type": "file"}, {"id": "i", "name": "me.png"}, "me.png"),
        ({"type": "password"}, "x", "••••••••"),
        ({"type": "time"}, datetime(1985, 3, 27, 9, 5), "27 March 1985, 09:05"),  # of a field that was of another type
    ],
)
def test_answers_are_written_for_people(written: dict[str, Any], value: Any, text: str) -> None:
    """A review that shows CH and 1985-03-27 makes people doubt what they answered."""
    (field,) = fields({"name": "it", **written})
    assert readable(field, value, Around()) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(1985, 3, 27, 9, 5), "27 March 1985, 09:05"),
        ([True, None, 1], "Yes, , 1"),
        ({"a": "x", "b": 2}, "x, 2"),
    ],
)
def test_computed_values_have_no_field_type(value: Any, text: str) -> None:
    """They are written by what they are."""
    assert plain(value) == text
