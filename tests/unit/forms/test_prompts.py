"""What a form asks, and shows of answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.forms.asking import Around, form
from wizard.forms.prompts import prompt_fields, summary_items
from wizard.model import Choice, Item, PromptField

PHOTO = {"id": "i1", "name": "me.png", "type": "image/png", "size": 6}


def shown(field: PromptField) -> tuple[Any, bool]:
    return field.value, field.answered


def test_a_form_without_answers() -> None:
    """Constant questions are made once, and are the same objects for everybody."""
    asked = form(
        {"name": "full_name", "hint": "As in your passport", "max_length": 100, "autocomplete": "name"},
        {"name": "colour", "type": "choice", "choices": ["red", {"value": "b", "label": "Blue", "hint": "as the sky"}]},
        {"name": "size", "type": "choices", "choices": ["s", "l"], "min": 1, "max": 2, "required": False},
        {"name": "scan", "type": "file", "accept": [".pdf"]},
        {"name": "sum", "type": "computed", "value": "1"},
    )
    name, colour, size, scan = prompt_fields(asked, Around())
    options = {"max_length": 100, "autocomplete": "name"}
    assert name == PromptField("full_name", "text", "Full name", "As in your passport", options=options)
    assert colour.choices == (Choice("red", "red"), Choice("b", "Blue", "as the sky"))
    assert (size.required, size.options) == (False, {"min": 1, "max": 2})
    assert scan.options == {"accept": [".pdf"], "max_size": 5_000_000}
    assert prompt_fields(asked, Around())[0] is name


def test_questions_that_depend_on_the_data() -> None:
    """Labels, limits and choices are those of now."""
    asked = form(
        {"name": "age", "type": "integer", "label": "Age of {{ who }}", "hint": "{{ who }}!", "min": 0, "max": "most"},
        {"name": "day", "type": "date", "min": "today()"},
        {"name": "slot", "type": "choice", "choices": {"from": "slots"}},
        {"name": "land", "type": "country", "only": ["CH"]},
    )
    age, day, slot, land = prompt_fields(asked, Around(who="Ada", most=9, slots=["a"]))
    assert (age.label, age.hint, age.options) == ("Age of Ada", "Ada!", {"min": Decimal(0), "max": Decimal(9)})
    assert day.options == {"min": date(2026, 11, 22)}
    assert slot.choices == (Choice("a", "a"),)
    assert land.choices == (Choice("CH", "Switzerland"),)


@pytest.mark.parametrize("words", ["label", "hint"])
def test_one_text_that_names_the_data_makes_the_question_of_now(words: str) -> None:
    """The others being constant, it would be asked for everybody as it was made when the definition was loaded."""
    asked = form({"name": "age", "type": "integer", words: "{{ who }}, in years"})
    shown_to = [prompt_fields(asked, Around(who=who))[0] for who in ("Ada", "Bo")]
    assert [getattr(field, words) for field in shown_to] == ["Ada, in years", "Bo, in years"]


def test_typed_before_accepted_before_suggested() -> None:
    """S9: what was typed and not submitted is shown instead of what was accepted."""
    asked = form(
        {"name": "a", "type": "integer", "default": "7"},
        {"name": "b", "prefill": "{{ profile.email }}", "default": "none"},
    )
    around = Around(profile={"email": "ada@example.com"})
    assert [field.value for field in prompt_fields(asked, around)] == [7, "ada@example.com"]
    assert [field.value for field in prompt_fields(asked, Around())] == [7, "none"]
    output, draft = {"a": 1, "b": "x"}, {"a": "2"}
    assert [field.value for field in prompt_fields(asked, around, output=output)] == [1, "x"]
    assert [shown(field) for field in prompt_fields(asked, around, output=output, draft=draft)] == [
        (2, True),
        ("x", False),
    ]


def test_a_suggestion_that_doesn_t_fit_is_shown_for_correction() -> None:
    """A profile's old phone number is still a start; data of another kind is not."""
    asked = form({"name": "phone", "type": "phone", "prefill": "{{ profile.phone }}"})
    (field,) = prompt_fields(asked, Around(profile={"phone": "12"}))
    assert shown(field) == ("12", False)


def test_wrong_answers_are_shown_as_they_were_typed() -> None:
    """With the error beside them; they aren't answers yet."""
    asked = form({"name": "age", "type": "integer"}, {"name": "nick", "required": False}, {"name": "name"})
    draft = {"age": "old", "nick": "", "name": ""}
    age, nick, name = prompt_fields(asked, Around(), draft=draft, errors={"age": "Really?"})
    assert (age.value, age.error, age.answered) == ("old", "Really?", False)
    assert shown(nick) == (None, True)
    assert shown(name) == (None, False)
    (refused,) = prompt_fields(
        form({"name": "age", "type": "integer"}), Around(), draft={"age": 5}, errors={"age": "No"}
    )
    assert shown(refused) == (5, False)


def test_what_is_shown_follows_what_was_typed() -> None:
    """The question about the loss comes with its reason, typed or accepted."""
    asked = form({"name": "lost", "type": "boolean"}, {"name": "place", "show_if": "lost"})
    assert [f.name for f in prompt_fields(asked, Around())] == ["lost"]
    assert [f.name for f in prompt_fields(asked, Around(), draft={"lost": "yes"})] == ["lost", "place"]
    assert [f.name for f in prompt_fields(asked, Around(), output={"lost": True})] == ["lost", "place"]
    assert [f.name for f in prompt_fields(asked, Around(), draft={"lost": "dunno"})] == ["lost"]


def test_a_password_is_never_shown() -> None:
    """Not to its owner either: others look at screens."""
    asked = form({"name": "word", "type": "password"})
    for known in ({"output": {"word": "s3cret"}}, {"draft": {"word": "s3cret"}}):
        (field,) = prompt_fields(asked, Around(), **known)
        assert field.value is None
    assert field.answered


def test_files_are_shown_out_of_what_was_taken_only() -> None:
    """A draft can hold anything; a reference in it proves nothing."""
    asked = form({"name": "photo", "type": "file"}, {"name": "scan", "type": "file", "required": False})
    kept = {"photo": PHOTO}
    assert shown(prompt_fields(asked, Around(), kept=kept)[0]) == (PHOTO, False)
    assert shown(prompt_fields(asked, Around(), draft={"photo": PHOTO}, kept=kept)[0]) == (PHOTO, True)
    for forged in ({"id": "i2"}, {"name": "x", "content": "eA=="}, "x", ["x"], None):
        assert shown(prompt_fields(asked, Around(), draft={"photo": forged}, kept=kept)[0]) == (None, False)
    assert shown(prompt_fields(asked, Around(), draft={"scan": None})[1]) == (None, True)


def test_answers_to_check() -> None:
    """A review shows labels and values as people write them."""
    asked = form(
        {"name": "born", "type": "date", "label": "Born in {{ town }}"},
        {"name": "town", "required": False},
        {"name": "token", "type": "hidden"},
        {"name": "raw", "type": "computed", "value": "1"},
        {"name": "total", "type": "computed", "value": "1", "label": "Total"},
        {"name": "unseen"},
    )
    output = {"born": date(1985, 3, 27), "town": "Bern", "token": "t", "raw": 1, "total": 5}
    assert summary_items(asked, Around(), output, "home") == (
        Item("Born in Bern", "27 March 1985", "home"),
        Item("Town", "Bern", "home"),
        Item("Total", "5", "home"),
    )
