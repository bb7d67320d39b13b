"""What is picked from on a page, and which of it is picked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.forms.drawn import ABC, checked, of
from wizard.model import Choice


def test_the_choice_that_is_picked() -> None:
    """By value; in another channel's words by label; one at most."""
    assert checked(of("choice", "b", choices=ABC)) == ["b"]
    assert checked(of("choice", "C", choices=ABC)) == ["c"]
    assert checked(of("choice", "d", choices=ABC)) == []
    assert checked(of("choice", ["b", "a"], choices=ABC)) == ["a"]
    assert checked(of("choices", ["b", "a", "x"], choices=ABC)) == ["a", "b"]
    assert checked(of("choices", "a, C", choices=ABC)) == ["a"]
    assert checked(of("choices", "B, C", choices=ABC)) == ["b", "c"]
    assert checked(of("choices", "", choices=ABC)) == []
    alike = (Choice("a", "Other"), Choice("b", "other"))
    assert checked(of("choice", "Other", choices=alike)) == ["a"]
    assert checked(of("choices", "Other", choices=alike)) == ["a", "b"]
    assert checked(of("choice", 3, choices=(Choice("3", "Three"),))) == ["3"]


@pytest.mark.parametrize(
    ("value", "picked"), [(True, ["yes"]), ("Y", ["yes"]), (False, ["no"]), ("off", ["no"]), ("maybe", []), (None, [])]
)
def test_yes_or_no(value: Any, picked: list[str]) -> None:
    """However it was said."""
    shown = of("boolean", value)
    assert [option.label for option in shown.options] == ["Yes", "No"]
    assert checked(shown) == picked


def test_what_was_picked_can_be_taken_back() -> None:
    """Radios can't be cleared: an optional question needs a way. Yes or no needs it only once it is answered."""
    assert [each.value for each in of("choice", required=False, choices=ABC).options] == ["a", "b", "c", ""]
    assert [each.value for each in of("boolean", required=False).options] == ["yes", "no"]
    assert [each.value for each in of("boolean", value=True, required=False).options] == ["yes", "no", ""]
    assert of("country", required=False, choices=ABC).options[0].label == "No answer"
    assert of("country", choices=ABC).options[0].label == "Choose one"
    assert of("choice", required=False).options == ()


def test_ids_are_the_field_s_name_and_a_number() -> None:
    """The error summary leads to the first."""
    shown = of("choice", choices=ABC)
    assert [option.id for option in shown.options] == ["it", "it-2", "it-3"]
    assert shown.id == "it"
    assert of("date").id == "it-day"


def test_two_short_choices_stand_side_by_side() -> None:
    """Three, long ones, or ones with hints don't."""
    assert of("boolean").inline
    assert not of("boolean", value=True, required=False).inline
    assert not of("choice", choices=(Choice("a", "A" * 20), Choice("b", "B" * 20))).inline
    assert not of("choice", choices=(Choice("a", "A", "Hint"), Choice("b", "B"))).inline
    assert not of("choices", choices=ABC[:2]).inline


def test_a_select_has_its_hints_in_its_lines() -> None:
    """There is no other place for them."""
    choices = (Choice("a", "A", "the first"), *(Choice(str(at), " ") for at in range(8)))
    assert [option.label for option in of("choice", choices=choices).options][1:3] == ["A – the first", "0"]


def test_one_box_is_ticked_or_not() -> None:
    """Its label stands beside it, and what is ticked is yes."""
    assert [(each.value, each.id, each.checked) for each in of("boolean", True, checkbox=True).options] == [
        ("yes", "it", True)
    ]
    assert checked(of("boolean", False, checkbox=True)) == []
    assert checked(of("boolean", "yes", checkbox=True)) == ["yes"]


def test_a_choice_has_its_hint_beside_it() -> None:
    """And its value for a label where the author's template gives none."""
    shown = of("choice", choices=(Choice("a", " ", "the first"), Choice("b", "B")))
    assert [(each.label, each.hint) for each in shown.options] == [("a", "the first"), ("B", "")]


def test_a_value_that_nobody_picked_marks_nothing() -> None:
    """A draft may hold anything."""
    for value in (None, {"a": "b"}, b"a", [["a"]], 3):
        assert checked(of("choice", value, choices=ABC)) in ([], ["b"])
        assert checked(of("choices", value, choices=ABC)) in ([], ["b"])
