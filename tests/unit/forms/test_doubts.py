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
