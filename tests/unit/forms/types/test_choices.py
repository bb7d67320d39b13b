"""Yes or no, one of several, any of several."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.forms.asking import Around, accepted, form, refuse, rejected, take
from wizard.errors import ExpressionError
from wizard.forms.validation import Accepted, validate

REASONS = ["new", "lost", {"value": "old", "label": "It ran out"}]
LISTED = "Your answer to “Thing” must be one of the choices listed"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        *((each, True) for each in (True, "yes", " YES ", "y", "true", "1", "on")),
        *((each, False) for each in (False, "no", "N", "false", "0", "off")),
    ],
)
def test_yes_and_no(raw: Any, value: bool) -> None:
    """Terminals, web forms and programs each have their own words for it."""
    assert take(raw, type="boolean") is value


@pytest.mark.parametrize(
    ("language", "yes", "no"),
    [
        ("fr", "Oui", "non"),
        ("fr-CH", "o", "n"),
        ("de", "ja", "nein"),
        ("it", "si", "no"),
        ("es", "Sí", "n"),
        ("pt-BR", "sim", "nao"),
    ],
)
def test_yes_and_no_in_the_language_of_the_run(language: str, yes: str, no: str) -> None:
    """Whoever is asked in French answers in French, whether or not there is a catalogue of the words around it."""
    asked = form({"name": "it", "type": "boolean"})
    for typed, value in ((yes, True), (no, False), ("yes", True), ("no", False)):
        result = validate(asked, {"it": typed}, Around.of(language))
        assert isinstance(result, Accepted)
        assert result.output == {"it": value}


@pytest.mark.parametrize("raw", ["maybe", 1, 0, 2, 1.0, [True], {"a": True}])
def test_what_is_neither_yes_nor_no(raw: Any) -> None:
    """1 is not `true`: a program that sends a number has mixed up its fields."""
    assert refuse(raw, type="boolean") == "Your answer to “Thing” must be yes or no"


def test_no_is_an_answer() -> None:
    """A required yes-or-no question must take no, and still miss an empty answer."""
    assert take("no", type="boolean") is False
    assert refuse("", type="boolean") == "Choose an answer to “Thing”"


@pytest.mark.parametrize(
    ("raw", "value"), [("new", "new"), ("NEW ", "new"), ("old", "old"), ("it ran out", "old"), ("It ran out", "old")]
)
def test_one_choice_by_value_or_label(raw: str, value: str) -> None:
    """In a chat a person types what they read, which is the label."""
    assert take(raw, type="choice", choices=REASONS) == value


@pytest.mark.parametrize("raw", ["x", "new,lost", ["new"], {"value": "new"}, True, 1.5, "new\x00", 10**400])
def test_what_is_no_choice(raw: Any) -> None:
    """Whatever was sent, only what is listed is stored."""
    assert refuse(raw, type="choice", choices=REASONS).startswith("Your answer to “Thing” must")


def test_choices_that_are_numbers() -> None:
    """A survey's 1 to 5 comes as a number from a program and as text from a page."""
    assert take(3, type="choice", choices=[1, 2, 3]) == "3"
    assert take("3", type="choice", choices=[1, 2, 3]) == "3"
    assert refuse(4, type="choice", choices=[1, 2, 3]) == LISTED


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        (["lost", "new"], ["new", "lost"]),
        (["new", "new", ""], ["new"]),
        ("lost, it ran out", ["lost", "old"]),
        ("It ran out", ["old"]),
        (("new",), ["new"]),
    ],
)
def test_several_choices(raw: Any, values: list[str]) -> None:
    """The order in which boxes were ticked means nothing; a text is a list with commas."""
    assert take(raw, type="choices", choices=REASONS) == values


def test_a_label_with_a_comma_is_one_choice() -> None:
    """Otherwise it could never be typed."""
    assert take("Bread, butter", type="choices", choices=[{"value": "b", "label": "Bread, butter"}]) == ["b"]


def test_a_label_wins_over_another_choice_s_value() -> None:
    """Somebody types what is there to read: "Two" is the second choice, whatever the first one's value is. What a page
    or a program sends is the value itself."""
    swapped = [{"value": "two", "label": "One"}, {"value": "one", "label": "Two"}]
    assert take("Two", type="choice", choices=swapped) == "one"
    assert take("ONE", type="choice", choices=swapped) == "two"
    assert take("two", type="choice", choices=swapped) == "two"
    assert take("Two, One", type="choices", choices=swapped) == ["two", "one"]


def test_a_label_is_known_however_it_is_typed() -> None:
    """Nobody finds the dash and the apostrophe of the label on a keyboard."""
    labelled = [{"value": "a", "label": "O’Neill – Sons"}, {"value": "b", "label": "Zoë\u00a0Ltd"}]
    assert take("o'neill - sons", type="choice", choices=labelled) == "a"
    assert take("ZOE\u0308  LTD\u200b", type="choice", choices=labelled) == "b"


def test_how_many_choices() -> None:
    """None of them is an empty list, so that expressions can count it."""
    assert take([], type="choices", choices=REASONS, required=False) == []
    assert refuse([], type="choices", choices=REASONS) == "Choose an answer to “Thing”"
    assert refuse(None, type="choices", choices=REASONS) == "Choose an answer to “Thing”"
    assert (
        refuse(["new"], type="choices", choices=REASONS, min=2) == "Your answer to “Thing” must have at least 2 choices"
    )
    assert (
        refuse(["new", "old"], type="choices", choices=REASONS, max=1)
        == "Your answer to “Thing” must have no more than 1 choice"
    )
    assert (
        refuse(["new"] * 5_001, type="choices", choices=REASONS)
        == "Your answer to “Thing” must not have more choices than are listed"
    )
    assert refuse(["new", ["old"]], type="choices", choices=REASONS) == LISTED
    assert refuse(["new", "x"], type="choices", choices=REASONS) == LISTED
    assert refuse({"new": True}, type="choices", choices=REASONS) == LISTED


def test_choices_out_of_data() -> None:
    """Appointments that a background call found."""
    asked = form(
        {"name": "slot", "type": "choice", "choices": {"from": "lookup.slots", "value": "id", "label": "when"}}
    )
    lookup = {"slots": [{"id": 7, "when": "Monday", "hint": None}, {"id": "b", "when": "Tuesday", "hint": "late"}]}
    assert accepted(asked, {"slot": "monday"}, lookup=lookup) == {"slot": "7"}
    assert accepted(asked, {"slot": "b"}, lookup=lookup) == {"slot": "b"}
    assert rejected(asked, {"slot": "b"}).errors == {"slot": "Your answer to “Slot” must be one of the choices listed"}
    plain = form({"name": "it", "type": "choice", "choices": {"from": "data"}})
    assert accepted(plain, {"it": "12.50"}, data=["a", " a ", Decimal("12.50")]) == {"it": "12.50"}


@pytest.mark.parametrize("data", ["text", 5, [None], [{"label": "x"}], [""], [True], [[1]], ["x"] * 5_001])
def test_data_that_gives_no_choices_is_the_authors_error(data: Any) -> None:
    """Nobody could pick any of it."""
    with pytest.raises(ExpressionError, match="field it"):
        accepted(form({"name": "it", "type": "choice", "choices": {"from": "data"}}), {"it": "x"}, data=data)


@pytest.mark.parametrize("written", [[], ["a", "a"], [1, "1"], [""], [True], [{"value": "a", "colour": "red"}], "abc"])
def test_choices_that_are_wrongly_written(written: Any) -> None:
    """Two choices of one value couldn't be told apart."""
    with pytest.raises(ValidationError):
        form({"name": "it", "type": "choice", "choices": written})
