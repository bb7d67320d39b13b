"""One mistake doesn't hide the next: what is left of a node with mistakes is checked as well."""

from __future__ import annotations

from tests.unit.checked import told


def test_all_that_is_wrong_with_a_node_comes_in_one_go() -> None:
    """An author who mends one mistake and is told of the next, five times over, loses an hour."""
    assert told(
        """\
        id: claim
        nodes:
          - id: where
            type: form
            fields:
              - {name: town, label: Town, hnt: Where you live}
              - {name: day, type: date, label: Day, min: 1.1.2025}
              - {name: odd, label: "{{ where.dya }}", show_if: twon == "Bern"}
          - {id: made, type: set, values: {town: "{{ where.twon }}", days: "{{ 1 + }}"}, soon: 3}
          - id: which
            type: condition
            cases:
              - {when: where.town == 3, goto: nowhere}
              - {when: where.town = "Bern", goto: end}
              - {goto: end}
          - {id: sub, type: workflow, workflow: othr, wth: {}}
        """
    ) == [
        "6 error: there is no key `hnt` here; did you mean `hint`?",
        "7 error: `min` must be a date such as 2026-03-27, or an expression such as today()",
        "8 error: `where` has no value `dya`; did you mean `day`?",
        "8 error: there is nothing called `twon` here; did you mean `town`?",
        "9 error: `where` has no value `twon`; did you mean `town`?",
        "9 error: This isn't a template: each `{{` needs an expression and its `}}`, each `{%` its `%}`, and what is "
        "opened its end (Jinja says: unexpected 'end of print statement')",
        "9 error: there is no key `soon` here",
        "13 warning: this never holds: a text (`where.town`) and a number (3) are never equal; write '3'",
        "13 error: there is no node `nowhere` to go to; did you mean `where`?",
        "14 error: This isn't an expression: it can't be read from `= \"Bern\"` on; two values are compared with `==`.",
        "16 error: there is no workflow `othr`; load its file as well",
        "16 error: there is no key `wth` here; did you mean `with`?",
    ]


def test_what_a_wrong_part_would_have_brought_is_missed_by_nobody() -> None:
    """A field whose type is wrong is there for all that: to call its name unknown would be a false complaint."""
    assert told(
        """\
        id: claim
        nodes:
          - id: where
            type: form
            fields:
              - {name: town, type: select, label: Town, options: [Bern]}
              - {name: why, label: Why, show_if: town == "Bern"}
            validate: [{check: town != why, field: town, message: No}]
          - {id: made, type: set, values: {town: "{{ where.town }}", x: "{{ 1 + }}"}}
          - {id: done, type: end, title: "{{ made.x }}, {{ where.town }}"}
        """
    ) == [
        "6 error: there is no field type `select`; what other form engines call that is `choice` here",
        "9 error: This isn't a template: each `{{` needs an expression and its `}}`, each `{%` its `%}`, and what is "
        "opened its end (Jinja says: unexpected 'end of print statement')",
    ]


def test_places_are_those_that_the_author_wrote() -> None:
    """Behind a field that is left out, the others stand where they stood."""
    assert told(
        """\
        id: claim
        nodes:
          - id: where
            type: form
            fields:
              - {name: town, type: select}
              - {name: zip, type: phone, region: UK, label: Phone}
              - {name: name, label: "{{ nobody.here }}"}
        """
    ) == [
        "6 error: there is no field type `select`; what other form engines call that is `choice` here",
        "7 warning: there is no country UK that has telephone numbers; did you mean GB?",
        "8 error: there is nothing called `nobody` here",
    ]


def test_choices_that_are_not_all_there_hold_against_nothing() -> None:
    """A choice that is written wrongly was one of them all the same; that a date is no text is known without it."""
    assert told(
        """\
        id: claim
        nodes:
          - id: where
            type: form
            fields:
              - {name: town, type: choice, label: Town, choices: [Bern, {valu: Chur}]}
              - {name: day, type: date, label: Day, show_if: town == "Chur"}
          - id: which
            type: condition
            cases:
              - {when: where.town == "Chur" or where.day > "2026-01-01", goto: end}
              - {goto: end}
        """
    ) == [
        "6 error: `value` is missing",
        "6 error: there is no key `valu` here; did you mean `value`?",
        "11 error: > can't order a date (`where.day`) and a text ('2026-01-01'), which stops the run here; "
        "write date('2026-01-01')",
    ]


def test_a_wrong_name_hides_no_loop() -> None:
    """A loop that asks nothing would otherwise be found when everything else is mended."""
    assert told(
        """\
        id: claim
        nodes:
          - {id: a, type: set, values: {x: "{{ nobody.here }}"}}
          - {id: b, type: set, values: {x: 1}, next: a}
        """
    ) == [
        "3 error: `a`, `b` would go round for ever: nobody is asked anything in this loop",
        "3 warning: from `a` on there is no way to the end of the workflow",
        "3 error: there is nothing called `nobody` here",
    ]
