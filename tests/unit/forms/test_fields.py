"""What an author can write below `fields`, and what is refused with which words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.unit.forms.asking import fields
from wizard.forms.fields import FIELD_TYPES, Field
from wizard.model import Chain


def complaint(**written: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        fields({"name": "it", **written})
    return " / ".join(each["msg"] for each in caught.value.errors())


def test_there_are_nineteen_types_and_text_is_the_usual_one() -> None:
    """Definitions leave `type` out for plain text."""
    assert len(FIELD_TYPES) == 19
    (field,) = fields({"name": "it"})
    assert (field.type, field.max_length, field.required) == ("text", 500, True)
    assert fields(field) == (field,)


def test_an_unknown_type_lists_what_there_is() -> None:
    """An author who guesses sees the names at once."""
    for wrong in ("number", 5, ["text"], None):
        assert "there is no such field type; there are text, textarea" in complaint(type=wrong)
    with pytest.raises(ValidationError):
        fields("it")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["_it", "1it", "a-b", "", "x" * 61, "é", "class", "true", "null", "action", 5])
def test_names_that_expressions_and_pages_can_t_use(name: Any) -> None:
    """`class == 1` is no expression, and `action` is what a page's buttons are called."""
    with pytest.raises(ValidationError):
        fields({"name": name})


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"colour": "red"}, "Extra inputs are not permitted"),
        ({"min": 3}, "Extra inputs are not permitted"),
        ({"type": "integer", "min": "1 +"}, "expression"),
        ({"type": "integer", "min": [1]}, "expression"),
        ({"type": "date", "min": "2026-02-31"}, "day is out of range"),
        ({"type": "date", "max": "1 +"}, "expression"),
        ({"type": "password", "default": "x"}, "a password has no default"),
        ({"type": "password", "prefill": "x"}, "a password has no default"),
        ({"type": "file", "default": "x"}, "a file has no default"),
        ({"type": "file", "prefill": "x"}, "a file has no default"),
        ({"type": "file", "accept": ["png"]}, "write a media type"),
        ({"type": "phone", "region": "ch"}, "two-letter ISO 3166 code"),
        ({"type": "computed"}, "Field required"),
        ({"pattern": "(a+)+"}, "could take very long"),
        ({"show_if": "1 +"}, "expression"),
        ({"label": "{{"}, ""),
    ],
)
def test_mistakes_are_named(written: dict[str, Any], message: str) -> None:
    """Each is found at load, before a person meets it."""
    assert message in complaint(**written)


def test_limits_are_constants_or_expressions() -> None:
    """2026-10-10 is a day, not a subtraction."""
    (day,) = fields({"name": "it", "type": "date", "min": "2026-10-10", "max": "today()"})
    assert day.min == date(2026, 10, 10)
    assert day.max.source == "today()"
    (number,) = fields({"name": "it", "type": "decimal", "min": 0.5, "max": "a.b"})
    assert number.min == 0.5
    chain: Chain = ("a", "b")
    assert number.max.chains == {chain}


def test_what_was_read_stays_as_it_was_read() -> None:
    """All runs of a version share its fields (S22): code that changed one would change it for people in the middle."""
    (field,) = fields({"name": "it"})
    with pytest.raises(ValidationError, match="frozen"):
        field.required = False


def test_the_types_have_a_json_schema() -> None:
    """`wizard schema` prints it, and editors complete from it."""
    schema = TypeAdapter(Field).json_schema()
    assert len(schema["oneOf"]) == 19
