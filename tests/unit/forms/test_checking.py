"""What is found wrong with a form when its definition is loaded."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.unit.forms.asking import fields
from wizard.forms.checking import form_doubts, form_problems
from wizard.forms.fields import Check


def problems(*written: dict[str, Any], checks: tuple[dict[str, Any], ...] = ()) -> list[tuple[Any, str]]:
    return list(form_problems(fields(*written), TypeAdapter(tuple[Check, ...]).validate_python(checks)))


def test_a_good_form_has_none() -> None:
    """A checker that cries wolf is switched off."""
    assert not problems(
        {"name": "born", "type": "date", "max": "today()", "default": "1 1 2000"},
        {"name": "land", "type": "country", "only": ["CH", "LI"], "default": "CH"},
        {"name": "code", "type": "postcode", "country": "land", "show_if": "born != null"},
        {"name": "other", "type": "postcode", "country": "GB"},
        {"name": "any", "type": "postcode"},
        {"name": "anywhere", "type": "country"},
        {"name": "age", "type": "integer", "min": 1, "max": 2},
        {"name": "half", "type": "decimal", "min": "1 / 2", "max": "age"},
        {"name": "sum", "type": "computed", "value": "age", "show_if": "age"},
        checks=({"check": "age > 1", "message": "x", "field": "age"}, {"check": "age > 1", "message": "x"}),
    )


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ([{"name": "a"}, {"name": "a"}], (1, "name"), "there are two fields called 'a'"),
        ([{"name": "a", "show_if": "b"}, {"name": "b"}], (0, "show_if"), "b isn't answered yet here"),
        ([{"name": "a", "show_if": "a"}], (0, "show_if"), "a isn't answered yet here"),
        (
            [{"name": "s", "type": "computed", "value": "1"}, {"name": "a", "show_if": "s"}],
            (1, "show_if"),
            "s is computed after all fields are answered",
        ),
        ([{"name": "a", "type": "integer", "min": 2, "max": 1}], (0, "min"), "min is above max"),
        ([{"name": "a", "type": "time", "min": 570}], (0, "min"), "A limit of the field a is computed as a"),
        ([{"name": "a", "type": "time", "min": "09:30", "max": "'10:00'"}], (0, "max"), "computed as a str"),
        ([{"name": "a", "type": "date", "min": 86_400}], (0, "min"), "computed as a"),
        ([{"name": "a", "type": "integer", "max": "1 / 0"}], (0, "max"), "zero"),
        ([{"name": "a", "min_length": 2, "max_length": 1}], (0, "min_length"), "min_length is above max_length"),
        ([{"name": "a", "type": "postcode", "country": "land"}], (0, "country"), "there is no field 'land'"),
        ([{"name": "a", "type": "postcode", "country": "XX"}], (0, "country"), "there is no country XX"),
        ([{"name": "a", "type": "country", "only": ["XX"]}], (0, "only"), "there is no country XX"),
        (
            [{"name": "a", "type": "integer", "default": "x"}],
            (0, "default"),
            "Your answer to “A” must be a whole number",
        ),
        (
            [{"name": "a", "type": "date", "default": "x", "label": "{{ b }}"}],
            (0, "default"),
            "Your answer to “a” must be a date",
        ),
    ],
)
def test_mistakes_are_found_where_they_are(written: list[dict[str, Any]], place: tuple[Any, ...], message: str) -> None:
    """Each would otherwise meet a person in the middle of a form."""
    ((found, said),) = problems(*written)
    assert found == ("fields", *place)
    assert message in said


def test_a_check_beside_a_field_that_isn_t_asked() -> None:
    """Its message would never be seen."""
    computed = {"name": "s", "type": "computed", "value": "1"}
    for field in ("b", "s"):
        ((place, said),) = problems({"name": "a"}, computed, checks=({"check": "a", "message": "x", "field": field},))
        assert place == ("validate", 0, "field")
        assert f"there is no field {field!r}" in said


def test_choices_that_are_read_alike_are_doubted() -> None:
    """Nobody can tell them apart, and whoever types the label gets the first."""
    written = {
        "name": "size",
        "type": "choice",
        "choices": [
            {"value": "s", "label": "Small"},
            {"value": "m", "label": " small "},
            "small",
            {"value": "l", "label": "{{ input.large }}"},
            {"value": "xl", "label": "{{ input.large }}"},
            "huge",
        ],
    }
    alike = "so that nobody can tell them apart; give one of them another label"
    assert list(form_doubts(fields({"name": "name"}, written))) == [
        (("fields", 1, "choices", 1), f"the choices 's' and 'm' are both read as “ small ”, {alike}"),
        (("fields", 1, "choices", 2), f"the choices 's' and 'small' are both read as “small”, {alike}"),
    ]
    computed = {"name": "place", "type": "choice", "choices": {"from": "input.places"}}
    assert list(form_doubts(fields(computed))) == []
