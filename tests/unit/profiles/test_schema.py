"""The schema of profiles: what is taken, as which type, and what is wrong with a schema itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from wizard.errors import DefinitionError, FieldsRefused, SettingsError
from wizard.node import Registry
from wizard.profiles.schema import ProfileSchema

NOW = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
SCHEMA = """
fields:
  email: {type: email}
  born: {type: date, max: today(), required: false}
  points: {type: integer, min: 0, required: false}
  paid: {type: decimal, required: false}
"""


def a_schema(text: str = SCHEMA) -> ProfileSchema:
    return ProfileSchema.read(text, "profile.yaml", Registry.installed())


def refused(schema: ProfileSchema, fields: dict[str, object], **more: object) -> dict[str, str]:
    with pytest.raises(FieldsRefused) as caught:
        schema.checked(fields, NOW, **more)  # type: ignore[arg-type]
    assert all(name in caught.value.message for name in caught.value.errors)
    return dict(caught.value.errors)


def test_what_is_taken_has_the_type_of_its_field() -> None:
    """A date that an operator types is a date to every expression; what has the type already stays as it is."""
    typed = {"born": "1985-03-27", "points": "12", "paid": Decimal("1.50"), "email": "ann@example.org"}
    taken = a_schema().checked(typed, NOW)
    assert taken == {"born": date(1985, 3, 27), "points": 12, "paid": Decimal("1.50"), "email": "ann@example.org"}
    assert a_schema().checked(taken, NOW) == taken
    assert a_schema().checked({"points": None}, NOW) == {"points": None}


def test_every_field_that_is_wrong_is_told() -> None:
    """A form that edits profiles shows them all at once."""
    errors = refused(a_schema(), {"email": "ann", "born": "2027-01-01", "points": -1, "pet": "Rex"})
    assert sorted(errors) == ["born", "email", "pet", "points"]
    assert errors["pet"] == "Profiles have no such field. Leave it out, or add it to the schema."


def test_others_are_taken_where_the_schema_says_so() -> None:
    """A schema may be about a few fields, and leave the rest to the workflows."""
    assert a_schema(SCHEMA + "others: true\n").checked({"pet": ["Rex"]}, NOW) == {"pet": ["Rex"]}


def test_what_is_required_cant_be_emptied() -> None:
    """A run may leave it out, but neither it nor an operator takes it away."""
    assert a_schema().checked({"points": 1}, NOW) == {"points": 1}
    assert [*refused(a_schema(), {"email": None})] == ["email"]
    assert [*refused(a_schema(), {}, removed=("email", "born"))] == ["email"]
    assert [*refused(a_schema(), {"points": 1}, whole=True)] == ["email"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "a mapping that has `fields`"),
        ("fields: {}\nfield: {}", "no key `field`"),
        ("fields: {}\nothers: maybe", "`others` is true or false"),
        ("fields: {email: {type: emial}}", "emial"),
        ("fields: {email: {type: email, maximum: 3}}", "maximum"),
        ("fields: {secret: {type: password}}", "can't hold what the type `password` takes"),
        ("fields: {photo: {type: file}}", "can't hold what the type `file` takes"),
        ("fields: {a: {}, b: {show_if: a}}", "remove `show_if`"),
        ("fields: {a: {type: computed, value: 1 + 1}}", "computed; a profile's field holds a value"),
        ("fields: {}\n---\nfields: {}", "holds one schema"),
    ],
)
def test_a_mistake_in_a_schema_is_told_with_its_line(text: str, told: str) -> None:
    """A host starts with the schema that it meant, or not at all."""
    with pytest.raises(DefinitionError) as caught:
        a_schema(text)
    assert told in str(caught.value)
    assert "profile.yaml:" in str(caught.value)


def test_a_file_that_isnt_there_is_a_wrong_setting(tmp_path: Path) -> None:
    """It names the setting, so that an operator knows where to look."""
    with pytest.raises(SettingsError, match="WIZARD_PROFILE_SCHEMA"):
        ProfileSchema.load(tmp_path / "none.yaml", Registry.installed())
