"""Questions that another answer of the same form brings up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.forms.asking import Around, form
from wizard.forms.form import Form
from wizard.forms.prompts import prompt_fields
from wizard.forms.show_if import possible_fields
from wizard.model import PromptField, Reveal

WHY = {"name": "why", "type": "choice", "choices": ["new", "lost", "stolen"]}


def possible(asked: Form, draft: dict[str, Any] | None = None, **around: Any) -> dict[str, PromptField]:
    names = Around(**around)
    fields = prompt_fields(asked, names, draft=draft)
    return {field.name: field for field in possible_fields(asked, names, fields, draft)}


def test_a_form_without_such_questions_has_nothing_to_add() -> None:
    """Most forms: pages show the prompt's fields as they are, and nothing is computed twice."""
    asked = form(WHY, {"name": "late", "show_if": "other.x == 1"})
    assert possible(asked) == {}
    assert possible(asked, other={"x": 1}) == {}


def test_a_question_comes_with_the_answers_that_bring_it_up() -> None:
    """With JavaScript the page shows and hides it; the condition may be written in any way."""
    asked = form(
        WHY,
        {"name": "where", "show_if": "why in ['lost', 'stolen']"},
        {"name": "police", "type": "boolean", "show_if": "why == 'stolen'"},
        {"name": "number", "show_if": "police"},
        {"name": "grown", "show_if": "person.adult"},
        {"name": "last"},
    )
    found = possible(asked)
    assert list(found) == ["why", "where", "police", "number", "last"]
    assert found["where"].when == Reveal("why", ("lost", "stolen"))
    assert found["police"].when == Reveal("why", ("stolen",))
    assert found["number"].when == Reveal("police", ("yes",)), "of one that isn't asked yet itself"
    assert found["why"].when is None


def test_a_question_that_is_shown_keeps_its_answer_and_error() -> None:
    """After a mistake the page is the same as before, with what was typed."""
    asked = form(WHY, {"name": "where", "show_if": "why == 'lost'", "max_length": 3})
    draft = {"why": "lost", "where": "in the woods"}
    found = possible(asked, draft)
    assert (found["where"].value, found["where"].when) == ("in the woods", Reveal("why", ("lost",)))


def test_a_question_that_is_not_shown_keeps_what_was_typed_or_suggests() -> None:
    """Typed without JavaScript, or before the deciding answer was changed; a password never comes back."""
    asked = form(
        WHY,
        {"name": "where", "show_if": "why == 'lost'"},
        {"name": "land", "default": "CH", "show_if": "why == 'lost'"},
        {"name": "pin", "type": "password", "show_if": "why == 'lost'"},
        {"name": "scan", "type": "file", "show_if": "why == 'lost'"},
    )
    found = possible(asked, {"why": "new", "where": "at home", "pin": "1", "scan": {"name": "x"}})
    assert [found[name].value for name in ("where", "land", "pin", "scan")] == ["at home", "CH", None, None]


def test_what_nothing_here_can_bring_up_is_not_offered() -> None:
    """An answer of another page keeps it away, so it would only confuse."""
    asked = form(WHY, {"name": "where", "show_if": "why == 'lost' and person.adult"})
    assert list(possible(asked)) == ["why"]
    assert possible(asked, person={"adult": True})["where"].when == Reveal("why", ("lost",))


def test_conditions_on_free_text_or_several_answers_are_always_offered() -> None:
    """A page can't tell without asking the engine; the engine ignores answers to what isn't asked."""
    asked = form(
        WHY,
        {"name": "age", "type": "integer"},
        {"name": "school", "show_if": "age < 18"},
        {"name": "card", "show_if": "why == 'new' and age > 60"},
    )
    found = possible(asked)
    assert (found["school"].when, found["card"].when) == (None, None)


def test_a_condition_that_fails_for_an_answer_nobody_gave_brings_nothing_up() -> None:
    """It is an error only once somebody gives that answer."""
    asked = form(WHY, {"name": "where", "show_if": "why == 'lost' or 10 / (len(why) - 3) < 2"})
    found = possible(asked, {"why": "lost"})
    assert found["where"].when == Reveal("why", ("lost", "")), "not for “new”; without an answer the length is 0"


@pytest.mark.parametrize(
    ("deciding", "condition", "values"),
    [
        ({"type": "boolean", "checkbox": True, "required": False}, "not it", ("no", "")),
        ({"type": "boolean", "checkbox": True, "required": False}, "it == false", ("no",)),
        ({"type": "boolean", "checkbox": True}, "it == false", ()),
        ({"type": "boolean", "checkbox": True}, "it == null", ("no", "")),
        ({"type": "boolean"}, "not it", ("no", "")),
        ({"type": "boolean"}, "it == false", ("no",)),
        ({"type": "choice", "choices": ["a", "b"]}, "it == null", ("",)),
        ({"type": "choice", "choices": ["a", "b"]}, "not it or it == 'b'", ("b", "")),
        ({"type": "choice", "choices": ["a", "b"]}, "it != 'b'", ("a",)),
        ({"type": "country", "only": ["CH", "DE"]}, "it != 'CH'", ("DE",)),
    ],
)
def test_a_page_decides_as_the_engine_does(deciding: dict[str, Any], condition: str, values: tuple[str, ...]) -> None:
    """Conditions read that nothing is picked, too, and a box that has to be ticked has no answer until it is: else
    a question that has to be answered stays hidden, and nobody gets on."""
    asked = form({"name": "it", **deciding}, {"name": "then", "show_if": condition})
    found = possible(asked)
    assert found["then"].when == Reveal("it", values) if values else "then" not in found


def test_what_cant_be_asked_decides_as_nothing() -> None:
    """A question that an earlier page keeps away has no answer here: what hangs on it comes or stays away for good."""
    asked = form(
        WHY,
        {"name": "police", "type": "boolean", "show_if": "why == 'stolen' and person.adult"},
        {"name": "number", "show_if": "police"},
        {"name": "reason", "show_if": "not police"},
        {"name": "where", "show_if": "police or why == 'lost'"},
    )
    found = possible(asked)
    assert list(found) == ["why", "reason", "where"]
    assert (found["reason"].when, found["where"].when) == (None, Reveal("why", ("lost",)))
