"""The words of other form engines."""

from __future__ import annotations

import pytest

from tests.unit.checked import told

FORM = "id: w\nnodes:\n  - {id: a, type: form, fields: [{name: b, label: B, %s}]}\n"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            "type: dropdown, choices: [x]",
            "there is no field type `dropdown`; what other form engines call that is `choice` here",
        ),
        ("type: bool", "there is no field type `bool`; what other form engines call that is `boolean` here"),
        (
            "type: checkboxes, choices: [x]",
            "there is no field type `checkboxes`; what other form engines call that is `choices` here",
        ),
        (
            "type: number",
            "there is no field type `number`; what other form engines call that is `integer` or `decimal` here",
        ),
        (
            "type: multi-line",
            "there is no field type `multi-line`; what other form engines call that is `textarea` here",
        ),
        ("type: choice, options: [x]", "there is no key `options` here; did you mean `choices`?"),
        ("optional: true", "there is no key `optional` here; write `required: false` for what may be left out"),
        ("if: b", "there is no key `if` here; did you mean `show_if`?"),
        ("placeholder: x", "there is no key `placeholder` here; did you mean `hint`?"),
        ("regex: x", "there is no key `regex` here; did you mean `pattern`?"),
    ],
)
def test_fields(keys: str, message: str) -> None:
    """Whoever comes from another form engine reads the word that is meant, and not the list of all there are."""
    assert told(FORM % keys) == [f"3 error: {message}"]


@pytest.mark.parametrize("word", ["consent", "agreement", "Toggle", "switch", "terms-and-conditions", "acceptance"])
def test_one_box_to_tick(word: str) -> None:
    """Whoever wants “I agree” isn't sent to a question with Yes and No."""
    box = f"there is no field type `{word}`; one box to tick is `type: boolean, checkbox: true` here"
    assert told(FORM % f"type: {word}") == [f"3 error: {box}"]


def test_one_box_or_several() -> None:
    """Other engines call either of them that."""
    assert told(FORM % "type: CheckBox") == [
        "3 error: there is no field type `CheckBox`; one box to tick is `type: boolean, checkbox: true` here, "
        "several are `choices`"
    ]


@pytest.mark.parametrize("word", ["questions", "inputs", "elements"])
def test_fields_by_another_name(word: str) -> None:
    """A word that stands for one thing here and for another there is told by where it is."""
    assert told(f"id: w\nnodes:\n  - {{id: a, type: form, {word}: [{{name: b, label: B}}]}}\n") == [
        f"3 error: there is no key `{word}` here; did you mean `fields`?"
    ]


def test_cases() -> None:
    """Conditions are written `if`, `then`, `else` nearly everywhere else."""
    assert told(
        """\
        id: w
        nodes:
          - {id: a, type: form, fields: [{name: b, label: B}]}
          - id: c
            type: condition
            cases:
              - {if: a.b == "x", then: end}
              - else: a
        """
    ) == [
        "7 error: there is no key `if` here; did you mean `when`?",
        "7 error: there is no key `then` here; did you mean `goto`?",
        "8 error: there is no key `else` here; the last case has a `goto` alone",
    ]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("type: date, min: 1.1.2025", "`min` must be a date such as 2026-03-27, or an expression such as today()"),
        ("type: date, max: 31.12.2025", "`max` must be a date such as 2026-03-27, or an expression such as today()"),
        ('type: time, min: "8:00"', "`min` must be a time such as 09:30, or an expression"),
        (
            'type: integer, max: "{{ 5 }}"',
            "This is an expression already: leave out {{ }} and {% %}, which are for templates.",
        ),
    ],
)
def test_limits_say_which_key_they_are_of(keys: str, message: str) -> None:
    """“This number has two points” is said of a day by nobody who knows that it is one."""
    assert told(FORM % keys) == [f"3 error: {message}"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("b = 1", "This isn't an expression: it can't be read from `= 1` on; two values are compared with `==`."),
        ("b === 1", "Two values are compared with ==."),
        ("b => 1", "Write >= for =>."),
        ("b <> 1", "Write != for <>."),
        ("b && b", "Write `and` for & and &&."),
        ("b || b", "Write `or` for | and ||. Filters are for templates; in an expression call the function."),
        ('"!b"', "Write `not` for !."),
        ("'{{ b == 1 }}'", "This is an expression already: leave out {{ }} and {% %}, which are for templates."),
    ],
)
def test_signs_of_other_languages(condition: str, message: str) -> None:
    """An author who thinks in JavaScript or SQL is told what to write here."""
    assert told(
        f"""\
        id: w
        nodes:
          - {{id: b, type: set, values: {{x: 1}}}}
          - id: c
            type: condition
            cases:
              - when: {condition}
                goto: end
              - goto: end
        """
    ) == [f"7 error: {message}"]
