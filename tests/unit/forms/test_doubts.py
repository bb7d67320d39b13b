"""What `wizard check` warns of in a form, since it is hardly meant like that."""

from __future__ import annotations

import pytest

from tests.unit.checked import told


def test_a_list_of_choices_that_hangs_on_the_same_page() -> None:
    """The list is made before the page is answered: who picks the other state is offered the counties of none."""
    fields = """\
        id: place
        nodes:
          - id: a
            type: form
            fields:
              - {name: state, type: choice, label: State, choices: [MA, NY]}
              - {name: county, type: choice, choices: {from: '["Essex"] if STATE == "MA" else ["Kings"]'}}
        """
    assert told(fields.replace("STATE", "state")) == [
        "7 warning: `state` isn't answered yet when this list is made: it is on the same page, and the list doesn't "
        "follow what is picked there; ask `county` in a form of its own, below this one"
    ]
    assert told(fields.replace("STATE", "input.state")) == []


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("type: phone, region: UK", "warning: there is no country UK that has telephone numbers; did you mean GB?"),
        ("type: phone, region: XX", "warning: there is no country XX that has telephone numbers"),
        ("type: phone, region: GB", None),
        ("type: country, only: [CH, UK]", "error: there is no country UK; did you mean GB?"),
        ("type: postcode, country: UK", "error: there is no country UK; did you mean GB?"),
    ],
)
def test_countries_that_there_are_not(field: str, message: str | None) -> None:
    """No number fits a region that there isn't, so that nobody could get past the page."""
    text = f"id: w\nnodes:\n  - {{id: a, type: form, fields: [{{name: b, label: B, {field}}}]}}\n"
    assert told(text) == ([f"3 {message}"] if message else [])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("{name: b, type: choices, choices: [x, y], min: 3}", "there are 2 choices, so that no answer fits"),
        ("{name: b, type: country, only: []}", "there is no country to choose from, so that no answer fits"),
        ("{name: b, type: integer, errors: {min: No}}", "nobody will read this: the field has no `min`"),
        (
            "{name: b, type: integer, max: 9, errors: {max: 'Not {{ b }}'}}",
            "`b` is null here: what was typed isn't taken yet",
        ),
        ("{name: b, errors: {pattern: No}}", "nobody will read this: the field has no `pattern`"),
        ("{name: b, required: false, errors: {required: No}}", "nobody will read this: the field isn't required"),
        (
            "{name: b, type: postcode, country: c}, {name: c, type: country}",
            "`c` isn't answered yet here, so that any code is taken; put this field below it",
        ),
        (
            "{name: c}, {name: b, type: postcode, country: c}",
            "`c` is any text, and no country's code; make it `type: country`",
        ),
    ],
)
def test_what_nobody_can_answer_or_will_read(fields: str, message: str) -> None:
    """The author finds out when somebody is stuck, or when a wrong postcode has been sent to."""
    text = f"id: w\nnodes:\n  - {{id: a, type: form, fields: [{fields}]}}\n"
    assert told(text) == [f"3 warning: {message}"]


@pytest.mark.parametrize(
    "fields",
    [
        "{name: b, type: choices, choices: [x, y], min: 2}",
        "{name: b, type: integer, min: 0, errors: {min: No, required: No, invalid: No}}",
        "{name: b, errors: {max_length: No}}, {name: d, type: decimal, errors: {places: No}}",
        "{name: c, type: country}, {name: b, type: postcode, country: c}",
        "{name: c, type: choice, choices: [CH, DE]}, {name: b, type: postcode, country: c}",
        "{name: c, type: hidden}, {name: b, type: postcode, country: c}",
    ],
)
def test_what_is_meant_like_that(fields: str) -> None:
    """A false alarm teaches not to read the others."""
    assert told(f"id: w\nnodes:\n  - {{id: a, type: form, fields: [{fields}]}}\n") == []


def test_computed_texts_that_can_be_too_long() -> None:
    """A run whose person writes much would stop behind the page, for good."""
    text = """\
        id: w
        nodes:
          - id: a
            type: form
            fields:
              - {name: x, type: textarea, label: X, max_length: 90000}
              - {name: y, type: textarea, label: Y, max_length: %s}
              - {name: both, type: computed, value: x + y, label: Both}
        """
    assert told(text % 90000) == [
        "8 warning: the answers that this is made of can have 180,000 characters together, and a computed text "
        "100,000: a run would stop here; give the fields a lower `max_length`"
    ]
    assert told(text % 9000) == []
