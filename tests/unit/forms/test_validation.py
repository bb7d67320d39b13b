"""Whole forms: what is shown counts, what is wrong is named, what was typed is kept."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.unit.forms.asking import Around, accepted, form, ids, rejected
from wizard.errors import ExpressionError
from wizard.forms.fields import FIELD_TYPES
from wizard.forms.validation import Part, Rejected, carried_over, still_valid, storable, validate, validate_part
from wizard.model.values import pack

LOSS = form(
    {"name": "reason", "type": "choice", "choices": ["new", "lost"]},
    {"name": "lost_where", "label": "Where did you lose it?", "show_if": 'reason == "lost"'},
)
ORDER = form(
    {"name": "pieces", "type": "integer"},
    {"name": "price", "type": "decimal"},
    {"name": "total", "type": "computed", "value": "pieces * price"},
    {"name": "twice", "type": "computed", "value": "total * 2", "show_if": "pieces > 1"},
    checks=(
        {"check": "total <= 100", "message": "That makes {{ total }}, more than 100", "field": "pieces"},
        {"check": "pieces != 13", "message": "Not 13"},
        {"check": "price != 13", "message": "Nor at 13"},
    ),
)


def test_a_hidden_field_is_not_asked_for_and_not_stored() -> None:
    """An answer to a question that nobody was asked must not reach later nodes."""
    assert accepted(LOSS, {"reason": "new", "lost_where": ["x"]}) == {"reason": "new"}
    assert accepted(LOSS, {"reason": "LOST", "lost_where": "train"}) == {"reason": "lost", "lost_where": "train"}
    wrong = rejected(LOSS, {"reason": "lost"})
    assert wrong.errors == {"lost_where": "Answer “Where did you lose it?”"}
    assert rejected(LOSS, {"reason": "x"}).errors == {
        "reason": "Your answer to “Reason” must be one of the choices listed"
    }


def test_an_optional_field_without_an_answer_is_null() -> None:
    """Expressions and templates can name it whether or not it was answered."""
    asked = form({"name": "nick", "required": False})
    assert accepted(asked, {}) == accepted(asked, {"nick": " "}) == {"nick": None}


WITH_CHOICES = ("choice", "choices")


@pytest.mark.parametrize("kind", sorted({*FIELD_TYPES} - {"computed"}))
def test_null_is_no_answer_whatever_the_type(kind: str) -> None:
    """A program that sends null for what it doesn't know is told what is missing, not that null is written wrongly."""
    more = {"choices": ["a"]} if kind in WITH_CHOICES else {}
    needed = form({"name": "it", "label": "Thing", "type": kind, "required": True, **more})
    assert rejected(needed, {"it": None}).errors["it"].endswith("“Thing”")
    optional = form({"name": "it", "type": kind, "required": False, **more})
    assert accepted(optional, {"it": None}) == {"it": [] if kind == "choices" else None}


def test_a_default_stands_in_for_a_field_that_is_left_out() -> None:
    """A caller may leave it out; a person who empties the field means it."""
    asked = form({"name": "country", "type": "country", "default": "Switzerland", "required": False})
    assert accepted(asked, {}) == {"country": "CH"}
    assert accepted(asked, {"country": ""}) == {"country": None}


def test_unknown_fields_are_named() -> None:
    """A typing error in a program would lose an answer silently."""
    wrong = rejected(ORDER, {"pieces": 1, "price": 1, "prize": 1, "total": 5, "x\ud800" + "y" * 500: 1})
    assert wrong.errors["prize"] == "There is no field “prize” here. Did you mean “price”?"
    assert wrong.errors["total"] == "“total” is computed and can't be answered. Leave it out"
    assert len(wrong.errors) == 3
    assert all(len(name) <= 100 for name in wrong.errors)
    many = rejected(ORDER, {f"prize{number}": 1 for number in range(4)})
    assert {many.errors[f"prize{number}"].rpartition(". ")[2] for number in range(4)} == {"Leave it out"}
    pack(wrong.errors)


def test_too_many_answers_are_refused_unread() -> None:
    """A million fields would keep the server busy."""
    many = dict.fromkeys(map(str, range(201)), 1)
    assert rejected(ORDER, many).error == "Too many answers were sent at once. Send at most 200."
    part = validate_part(ORDER, many, Around(), {"pieces": 1})
    assert part == Rejected({}, "Too many answers were sent at once. Send at most 200.", {"pieces": 1})


def test_all_errors_come_at_once() -> None:
    """Correcting one mistake at a time wears people out; checks over accepted answers count too."""
    assert rejected(ORDER, {"pieces": "x"}).errors == {
        "pieces": "Your answer to “Pieces” must be a whole number, like 17",
        "price": "Answer “Price”",
    }
    wrong = rejected(ORDER, {"pieces": 13, "price": "13"})
    assert wrong.errors == {"pieces": "That makes 169, more than 100"}
    assert wrong.error == "Not 13\nNor at 13"
    half = rejected(ORDER, {"pieces": "x", "price": "13"})
    assert (half.errors.keys(), half.error) == ({"pieces"}, "Nor at 13")


def test_computed_fields_follow_the_answers() -> None:
    """And are hidden like others."""
    assert accepted(ORDER, {"pieces": 1, "price": "2.5"}).keys() == {"pieces", "price", "total"}
    found = accepted(ORDER, {"pieces": 2, "price": "2.5"})
    assert (str(found["total"]), str(found["twice"])) == ("5.0", "10.0")


def test_nothing_is_concluded_from_an_answer_that_wasn_t_taken() -> None:
    """Neither of a total that can't be computed, nor of what is computed from that: the person would be told of a
    mistake that isn't there beside the one that is."""
    asked = form(
        {"name": "pieces", "type": "integer"},
        {"name": "total", "type": "computed", "value": "pieces * 2"},
        {"name": "most", "type": "computed", "value": "total"},
        checks=({"check": "total <= 100", "message": "Too many"}, {"check": "most <= 100", "message": "Far too many"}),
    )
    wrong = rejected(asked, {"pieces": "x"})
    assert (list(wrong.errors), wrong.error) == (["pieces"], None)
    assert rejected(asked, {"pieces": 51}).error == "Too many\nFar too many"


def test_a_check_beside_a_hidden_field_is_not_made() -> None:
    """Its message would stand nowhere, and nobody could do anything about it."""
    asked = form(
        {"name": "car", "type": "boolean"},
        {"name": "plate", "show_if": "car"},
        checks=({"check": "len(plate) > 3", "message": "Too short", "field": "plate"},),
    )
    assert accepted(asked, {"car": False}) == {"car": False}
    assert rejected(asked, {"car": True, "plate": "ZH"}).errors == {"plate": "Too short"}


def test_an_author_s_own_words() -> None:
    """Templates, which can name other answers; one for each kind of mistake."""
    own = {"required": "Sign, {{ name }}", "invalid": "Really?", "limit": "At most 3"}
    asked = form({"name": "name"}, {"name": "age", "type": "integer", "max": 3, "messages": own})
    said = [rejected(asked, {"name": "Ada", "age": raw}).errors["age"] for raw in ("", "x", 4)]
    assert said == ["Sign, Ada", "Really?", "At most 3"]


def test_a_label_can_name_other_answers() -> None:
    """Questions about a person carry the person's name, in errors too."""
    asked = form({"name": "name"}, {"name": "age", "type": "integer", "label": "Age of {{ name }}"})
    assert rejected(asked, {"name": "Ada", "age": "x"}).errors["age"].startswith("Your answer to “Age of Ada” must be")


def test_what_was_typed_is_kept_in_the_person_s_own_words() -> None:
    """Nobody types a form again because of one mistake. Passwords are the exception."""
    asked = form(
        {"name": "born", "type": "date"}, {"name": "secret", "type": "password"}, {"name": "many", "required": False}
    )
    given = {
        "born": {"day": "31", "month": "2", "year": "1985"},
        "secret": "s3cret",
        "many": ["a", object(), 1],
        "x": 1,
    }
    assert rejected(asked, given).draft == {"born": {"day": "31", "month": "2", "year": "1985"}, "many": ["a", 1]}


@pytest.mark.parametrize(
    "raw", ["\ud800", "x" * 10**6, 10**400, 1.5, True, None, object(), {"\ud800": "x", "y": {}}, [[1]]]
)
def test_whatever_was_typed_can_be_stored(raw: Any) -> None:
    """A draft that can't be stored would turn an error message into a failed request."""
    assert len(pack(storable(raw))) <= 100_100


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (("a", object(), 1), ["a", 1]),
        (["a", object(), 1], ["a", 1]),
        ({"day": "31", "month": object(), "year": None}, {"day": "31"}),
    ],
)
def test_what_nobody_typed_is_left_out_of_what_is_shown_again(raw: Any, words: Any) -> None:
    """A program's tuple is a list like any other, and an object in it takes nothing else with it."""
    assert storable(raw) == words


def test_an_expression_that_fails_is_the_author_s_error() -> None:
    """S17: the person didn't do anything wrong."""
    asked = form({"name": "it", "show_if": "1 / 0"})
    with pytest.raises(ExpressionError):
        accepted(asked, {"it": "x"})


class TestInParts:
    """A form answered field by field, as a chat does it."""

    def part(self, given: dict[str, Any], draft: dict[str, Any]) -> Part | Rejected:
        return validate_part(LOSS, given, Around(), draft, new_id=ids())

    def test_goes_on_until_nothing_is_left_to_ask(self) -> None:
        """What is asked depends on what was answered."""
        assert self.part({"reason": "lost"}, {}) == Part({"reason": "lost"}, complete=False)
        whole = Part({"reason": "lost", "lost_where": "train"}, complete=True)
        assert self.part({"lost_where": "train"}, {"reason": "lost"}) == whole
        assert self.part({"reason": "new"}, {}) == Part({"reason": "new"}, complete=True)

    def test_a_question_that_was_passed_over_is_still_to_be_asked(self) -> None:
        """A chat that takes the last answer first would end without the others."""
        asked = form({"name": "first"}, {"name": "last"})
        part = validate_part(asked, {"last": "x"}, Around(), {})
        assert part == Part({"last": "x"}, complete=False)
        assert validate_part(asked, {"first": "y"}, Around(), {"last": "x"}) == Part(
            {"first": "y", "last": "x"}, complete=True
        )

    def test_a_wrong_part_leaves_the_others(self) -> None:
        """The answers given before are safe."""
        wrong = self.part({"lost_where": "x" * 501}, {"reason": "lost"})
        assert isinstance(wrong, Rejected)
        assert wrong.draft == {"reason": "lost", "lost_where": "x" * 501}
        assert list(wrong.errors) == ["lost_where"]
        assert isinstance(self.part({"lost": 1}, {}), Rejected)

    def test_an_answer_that_isn_t_shown_any_more_waits(self) -> None:
        """Whoever changes back finds it again."""
        before = {"reason": "lost", "lost_where": "train"}
        assert self.part({"reason": "new"}, before) == Part({"reason": "new", "lost_where": "train"}, complete=True)
        assert self.part({"reason": "new", "lost_where": "x"}, {}) == Part({"reason": "new"}, complete=True)

    def test_what_was_typed_and_never_accepted_is_still_to_be_asked(self) -> None:
        """A draft that somebody left behind with Back is in their own words."""
        assert self.part({"lost_where": "train"}, {"reason": "dunno"}) == Part({}, complete=False)


class TestStillValid:
    """S11: whether a kept answer can be accepted without asking again."""

    def test_an_answer_holds_as_long_as_nothing_it_depends_on_changes(self) -> None:
        """Otherwise every change would ask everything again."""
        output = accepted(ORDER, {"pieces": 2, "price": "2.5"})
        assert still_valid(ORDER, output, Around())

    def test_limits_may_move(self) -> None:
        """A guest list that was fine before the room got smaller."""
        asked = form({"name": "guests", "type": "integer", "max": "room.places"})
        assert still_valid(asked, {"guests": 8}, Around(room={"places": 8}))
        assert not still_valid(asked, {"guests": 8}, Around(room={"places": 7}))

    def test_fields_may_come_and_go(self) -> None:
        """A question that nobody has seen can't count as answered, even an optional one."""
        asked = form({"name": "it"}, {"name": "more", "required": False, "show_if": "wanted"})
        assert still_valid(asked, {"it": "x"}, Around())
        assert not still_valid(asked, {"it": "x"}, Around(wanted=True))
        assert not still_valid(asked, {"it": "x", "more": None}, Around())

    def test_computed_values_may_change(self) -> None:
        """A total of yesterday's prices isn't the total."""
        asked = form(
            {"name": "pieces", "type": "integer"}, {"name": "total", "type": "computed", "value": "pieces * price"}
        )
        assert still_valid(asked, {"pieces": 2, "total": 6}, Around(price=3))
        assert not still_valid(asked, {"pieces": 2, "total": 6}, Around(price=4))

    def test_dates_against_the_clock(self) -> None:
        """A departure that was tomorrow when it was booked."""
        asked = form({"name": "day", "type": "date", "min": "today()"})
        assert not still_valid(asked, {"day": date(2026, 11, 21)}, Around())


class TestAnswersToAnEarlierForm:
    def test_what_is_new_and_optional_is_left_open(self) -> None:
        """Or everybody would be asked again for what they needn't say."""
        asked = form({"name": "it"}, {"name": "more", "required": False})
        assert carried_over(asked, {"it": "x"}, Around()) == {"it": "x", "more": None}

    def test_what_is_new_and_required_is_to_be_asked(self) -> None:
        """Or a run would go on without it."""
        assert carried_over(form({"name": "it"}, {"name": "more"}), {"it": "x"}, Around()) is None

    def test_what_is_hidden_now_goes(self) -> None:
        """As if it had been answered now."""
        asked = form({"name": "it"}, {"name": "more", "required": False, "show_if": "wanted"})
        assert carried_over(asked, {"it": "x", "more": "y"}, Around()) == {"it": "x"}

    def test_what_is_computed_is_computed_anew(self) -> None:
        """By the rule as it is now."""
        asked = form(
            {"name": "pieces", "type": "integer"}, {"name": "total", "type": "computed", "value": "pieces * price"}
        )
        assert carried_over(asked, {"pieces": 2, "total": 6}, Around(price=4)) == {"pieces": 2, "total": 8}


def test_validation_changes_nothing_it_was_given() -> None:
    """The same input may be tried again."""
    given = {"pieces": "x", "price": " 1 "}
    validate(ORDER, given, Around())
    assert given == {"pieces": "x", "price": " 1 "}
