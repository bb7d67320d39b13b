"""What a browser is told of an input: keyboard, width, what it can fill in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.forms.drawn import ABC, attributes, of


def test_inputs_bring_up_the_right_keyboard() -> None:
    """Numbers are text inputs: the browser's number input changes what was typed. No keypad without a minus where one
    may be needed."""
    assert attributes(of("integer")) == {"type": "text", "inputmode": "numeric", "spellcheck": "false"}
    assert "inputmode" not in attributes(of("integer", min=Decimal(-5)))
    assert attributes(of("integer", min=Decimal(0)))["inputmode"] == "numeric"
    assert attributes(of("integer", min="?"))["inputmode"] == "numeric"
    assert attributes(of("decimal"))["inputmode"] == "decimal"
    assert "inputmode" not in attributes(of("decimal", min=Decimal("-0.5")))
    assert [attributes(of(kind))["type"] for kind in ("email", "phone", "url", "time", "text")] == [
        "email",
        "tel",
        "url",
        "text",
        "text",
    ]
    assert attributes(of("text", autocomplete="one-time-code", inputmode="numeric")) == {
        "type": "text",
        "inputmode": "numeric",
        "spellcheck": "false",
        "autocomplete": "one-time-code",
    }
    assert attributes(of("text")) == {"type": "text"}


def test_the_browser_is_told_what_it_may_fill_in() -> None:
    """WCAG 1.3.5: as the author says, else what the type is surely about."""
    assert attributes(of("email"))["autocomplete"] == "email"
    assert attributes(of("phone"))["autocomplete"] == "tel"
    assert attributes(of("email", autocomplete="off"))["autocomplete"] == "off"
    assert attributes(of("password", autocomplete="new-password")) == {"autocomplete": "new-password"}
    assert attributes(of("select", autocomplete="x", choices=ABC)) == {}
    assert attributes(of("country", autocomplete="country"))["autocomplete"] == "country"
    assert attributes(of("textarea", autocomplete="street-address", rows=3)) == {
        "rows": "3",
        "autocomplete": "street-address",
    }
    assert [part.autocomplete for part in of("date", autocomplete="bday").parts] == [
        "bday-day",
        "bday-month",
        "bday-year",
    ]
    assert [part.autocomplete for part in of("date", autocomplete="cc-exp").parts] == ["", "", ""]


@pytest.mark.parametrize(
    ("kind", "options", "width"),
    [
        ("text", {"max_length": 500}, ""),
        ("text", {}, ""),
        ("text", {"max_length": 4}, "4"),
        ("text", {"max_length": 12}, "20"),
        ("integer", {"max": Decimal(99)}, "2"),
        ("integer", {}, "10"),
        ("postcode", {}, "10"),
        ("phone", {}, "20"),
        ("time", {}, "5"),
        ("email", {}, ""),
    ],
)
def test_the_width_tells_how_long_an_answer_is(kind: str, options: dict[str, Any], width: str) -> None:
    """A postcode in an input as wide as the page looks wrong to whoever typed it."""
    assert of(kind, **options).classes == (f"govuk-input--width-{width}" if width else "")


def test_a_type_of_others_is_typed_as_text() -> None:
    """Of a type that nobody has heard of, no keyboard is the right one; a name or a code is no prose."""
    assert attributes(of("colour")) == {"type": "text"}
    assert attributes(of("colour", autocomplete="off")) == {
        "type": "text",
        "spellcheck": "false",
        "autocomplete": "off",
    }
    assert of("colour", max_length=3).classes == "govuk-input--width-3"


def test_only_what_is_typed_has_a_width() -> None:
    """A select or a file is as wide as what is in it."""
    assert [of(kind, max_length=3, choices=ABC).classes for kind in ("country", "file", "textarea", "password")] == [
        "",
        "",
        "",
        "",
    ]


def test_a_secret_is_no_prose() -> None:
    """A browser that checks the spelling of a password may send it away."""
    assert attributes(of("iban")) == {"type": "text", "autocapitalize": "characters", "spellcheck": "false"}
    assert attributes(of("iban", min=-3)) == attributes(of("iban"))
