"""Whole and decimal numbers, as people and programs write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.forms.asking import accepted, form, refuse, rejected, take
from wizard.errors import ExpressionError

WHOLE = "Your answer to “Thing” must be a whole number, like 17"
NUMBER = "Your answer to “Thing” must be a number, like 17 or 12.5"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (17, 17),
        (17.0, 17),
        (Decimal("17.0"), 17),
        ("17", 17),
        (" +17 ", 17),
        ("-17", -17),
        ("\u221217", -17),
        ("1'234", 1234),
        ("1’234’567", 1234567),
        ("1 234", 1234),
        ("1\u00a0234", 1234),
        ("1\u202f234", 1234),
        ("1,234", 1234),
        ("\u0661\u0667", 17),  # Arabic-Indic digits
    ],
)
def test_whole_numbers(raw: Any, value: int) -> None:
    """People write numbers with the separators of their country; programs send JSON numbers."""
    found = take(raw, type="integer")
    assert found == value
    assert type(found) is int


@pytest.mark.parametrize(
    "raw",
    [
        *("x", "1.5", "1.234", "1,23", "12,34", "1 2", "--1", "1e5", "0x10", "½", "1'23", "1,234 567", "1 234,567"),
        *(True, 1.5, float("nan"), float("inf"), [], [1], {"a": 1}, Decimal("sNaN"), Decimal("1E+999999"), 1e300),
    ],
)
def test_what_is_no_whole_number(raw: Any) -> None:
    """`true` is not 1; 1.234 could be a German thousand or a fraction: better asked again than wrong."""
    assert refuse(raw, type="integer") == WHOLE


def test_numbers_are_bounded() -> None:
    """A number of a million digits takes seconds to print."""
    assert refuse(10**30, type="integer") == "Your answer to “Thing” must have no more than 30 digits"
    assert refuse("9" * 31, type="integer") == "Your answer to “Thing” must have no more than 30 digits"
    assert refuse("9" * 201, type="integer") == "Your answer to “Thing” must be 200 characters or fewer"
    assert refuse(10**5000, type="decimal") == "Your answer to “Thing” must have no more than 30 digits"
    assert refuse("9" * 31, type="decimal") == "Your answer to “Thing” must have no more than 30 digits"
    assert refuse(Decimal("1E+999999"), type="decimal") == "Your answer to “Thing” must have no more than 30 digits"
    assert refuse(Decimal("1E-999999"), type="decimal") == "Your answer to “Thing” must have no more than 30 digits"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        (".5", "0.5"),
        ("0,125", "0.125"),
        ("1'234.50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("-1'234.5", "-1234.5"),
        ("1.234", "1.234"),
        (12.5, "12.5"),
        (0.1, "0.1"),
        (17, "17"),
        (1e22, "10000000000000000000000"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0E+5"), "0"),
        ("-0.00", "0.00"),
    ],
)
def test_decimal_numbers(raw: Any, value: str) -> None:
    """Money must come out to the digit, and read again the same."""
    found = take(raw, type="decimal")
    assert (type(found), str(found)) == (Decimal, value)


@pytest.mark.parametrize(
    "raw", ["x", "5.x", "1.5.2", "12,34.5", "1,,2", "", "1 2", True, float("nan"), [1], Decimal("NaN")]
)
def test_what_is_no_decimal_number(raw: Any) -> None:
    """Each gets a message, none an exception."""
    assert refuse(raw, type="decimal") == (NUMBER if raw != "" else "Answer “Thing”")


def test_a_number_that_reads_in_two_ways_is_asked_again() -> None:
    """1,234 is a thousand in London and little more than one in Berlin: guessing would cost somebody money."""
    assert refuse("-1,234", type="decimal") == "Your answer to “Thing” can be read in two ways. Write -1234 or -1.234"


def test_places_after_the_point() -> None:
    """Francs have two; a third is a typing error, not something to round away."""
    assert take("1.50", type="decimal", places=2) == Decimal("1.50")
    assert str(take("1.5000", type="decimal", places=2)) == "1.50"
    assert (
        refuse("1.500", type="decimal", places=2)
        == "Your answer to “Thing” can be read in two ways. Write 1500 or 1.50"
    )
    assert str(take(12.0, type="decimal", places=0)) == "12"
    assert refuse("1.505", type="decimal", places=2) == "Your answer to “Thing” must have no more than 2 decimal places"
    assert refuse("1.55", type="decimal", places=1) == "Your answer to “Thing” must have no more than 1 decimal place"
    assert refuse("1.5", type="decimal", places=0) == WHOLE


def test_limits() -> None:
    """Both ends belong to the range; a limit of 0.1 means 0.1, not the float beside it."""
    assert take(18, type="integer", min=18, max=18) == 18
    assert refuse(17, type="integer", min=18) == "Your answer to “Thing” must be 18 or more"
    assert refuse(19, type="integer", max=18) == "Your answer to “Thing” must be 18 or less"
    assert take("0.1", type="decimal", min=0.1, max=0.1) == Decimal("0.1")
    assert refuse("0.09", type="decimal", min=0.1) == "Your answer to “Thing” must be 0.1 or more"


def test_limits_are_computed_from_other_answers() -> None:
    """A child can't be older than its parent."""
    asked = form(
        {"name": "parent", "type": "integer"},
        {"name": "child", "type": "integer", "max": "parent - 16", "min": "rules.least"},
    )
    assert accepted(asked, {"parent": 40, "child": 24}) == {"parent": 40, "child": 24}
    assert rejected(asked, {"parent": 40, "child": 25}).errors == {"child": "Your answer to “Child” must be 24 or less"}
    assert rejected(asked, {"parent": 40, "child": 1}, rules={"least": 2}).errors == {
        "child": "Your answer to “Child” must be 2 or more"
    }


def test_a_limit_of_the_wrong_type_is_the_authors_error() -> None:
    """A person can't do anything about it, so it mustn't look like theirs."""
    asked = form({"name": "it", "type": "integer", "max": "rules.most"})
    with pytest.raises(ExpressionError, match="A limit of the field it"):
        accepted(asked, {"it": 1}, rules={"most": "ten"})
    with pytest.raises(ExpressionError, match="bool"):
        accepted(asked, {"it": 1}, rules={"most": True})
    assert accepted(asked, {"it": 1}, rules={"most": Decimal("NaN")}) == {"it": 1}


@pytest.mark.parametrize(
    ("field", "like"),
    [
        ({"type": "integer"}, "whole number, like 17"),
        ({"type": "integer", "max": 5}, "whole number, like 5"),
        ({"type": "integer", "min": 18.5}, "whole number, like 19"),
        ({"type": "integer", "max": -2.5}, "whole number, like -3"),
        ({"type": "decimal"}, "number, like 17 or 12.5"),
        ({"type": "decimal", "max": 13}, "number, like 12.5"),
        ({"type": "decimal", "min": 100.125, "places": 2}, "number, like 100.13"),
        ({"type": "decimal", "places": 0, "min": 20.5}, "whole number, like 21"),
    ],
)
def test_an_example_of_a_number_is_one_that_the_field_takes(field: dict[str, Any], like: str) -> None:
    """Who types the example and is refused again doesn't know what to type."""
    assert refuse("many", **field) == f"Your answer to “Thing” must be a {like}"
