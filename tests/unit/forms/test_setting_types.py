"""What authors write into the settings of fields, and what they are told of what can't be one."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from wizard.forms.setting_types import Count, DateLimit, FieldName, MediaType, Number, Region, TimeLimit, as_text


def taken(kind: Any, written: object) -> Any:
    return TypeAdapter(kind).validate_python(written)


def refused(kind: Any, written: object) -> str:
    with pytest.raises(ValidationError) as caught:
        taken(kind, written)
    return " / ".join(each["msg"] for each in caught.value.errors())


@pytest.mark.parametrize("name", ["a", "A", "a1", "full_name", "x" * 60])
def test_names_of_fields(name: str) -> None:
    """Expressions and pages have to be able to name them."""
    assert taken(FieldName, name) == name


@pytest.mark.parametrize("name", ["", "_a", "1a", "a-b", "é", "x" * 61])
def test_names_that_are_none(name: str) -> None:
    """An author reads what a name is made of."""
    assert "a field's name is a letter (a to z)" in refused(FieldName, name)


@pytest.mark.parametrize("name", ["class", "not", "true", "false", "null", "action"])
def test_names_that_mean_something_else(name: str) -> None:
    """`class == 1` is no expression, and a page's buttons are called action."""
    assert f"{name!r} has a meaning of its own. Give the field another name" in refused(FieldName, name)


def test_limits_of_days() -> None:
    """A day as the format writes it; what people write like one is told, and all else is an expression."""
    assert taken(DateLimit, "2026-03-27") == date(2026, 3, 27)
    assert taken(DateLimit, date(2026, 3, 27)) == date(2026, 3, 27)
    assert taken(DateLimit, "today()").source == "today()"
    assert taken(DateLimit, "2026 - 3").source == "2026 - 3"
    for written in ("27.3.2026", "27/3/2026", " 27-3-2026. ", "2026.3.27"):
        assert "must be a date such as 2026-03-27, or an expression such as today()" in refused(DateLimit, written)
    assert "day is out of range" in refused(DateLimit, "2026-02-30")


def test_limits_of_times() -> None:
    """As with days: 9:30 is no expression, though it looks like one to nobody."""
    assert taken(TimeLimit, "09:30") == time(9, 30)
    assert taken(TimeLimit, time(9, 30)) == time(9, 30)
    assert taken(TimeLimit, "opening.at").source == "opening.at"
    for written in ("9:30", "9.30", "9h", "9:30 am", "9:30:00", "9:30 P.M."):
        assert "must be a time such as 09:30, or an expression" in refused(TimeLimit, written)
    assert "hour must be in 0..23" in refused(TimeLimit, "25:00")


def test_numbers_stay_as_they_are_written() -> None:
    """0.1 is what its author means, not what a float holds."""
    assert type(taken(Number, 3)) is int
    assert taken(Number, Decimal("0.1")) == Decimal("0.1")
    assert type(taken(Number, 0.5)) is float
    assert taken(Number, "a + 1").source == "a + 1"
    assert taken(Count, 0) == 0
    refused(Count, -1)
    refused(Count, 100_001)


@pytest.mark.parametrize("written", ["ch", "CHE", "C", "C1", ""])
def test_countries_are_codes(written: str) -> None:
    """`Switzerland` is no region of telephone numbers."""
    assert taken(Region, "CH") == "CH"
    assert "two-letter ISO 3166 code, like CH" in refused(Region, written)


def test_kinds_of_files() -> None:
    """A media type, a family of them, or an extension, in small letters as they are compared."""
    for written, kind in (("image/*", "image/*"), ("Application/PDF", "application/pdf"), (".PDF", ".pdf")):
        assert taken(MediaType, written) == kind
    for wrong in ("pdf", "image/", ".", "*/*", "a b/c", ".a b"):
        assert "write a media type, like application/pdf or image/*, or an extension, like .pdf" in refused(
            MediaType, wrong
        )


@pytest.mark.parametrize(
    ("written", "text"),
    [(3, "3"), (Decimal("0.10"), "0.10"), (0.5, "0.5"), (" a ", "a"), ("e\u0301", "\xe9"), (True, True), (None, None)],
)
def test_what_is_written_as_a_choice(written: object, text: object) -> None:
    """A choice that YAML reads as a number is the text that stands there; yes and nothing are none."""
    assert as_text(written) == text
