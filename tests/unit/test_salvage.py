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
        "9 error: This is no template: each `{{` needs an expression and its `}}`, each `{%` its `%}`, and what is "
        "opened its end (Jinja says: unexpected 'end of print statement')",
        "9 error: there is no key `soon` here",
        "13 error: there is no node `nowhere` to go to; did you mean `where`?",
        '14 error: This is no expression: it can\'t be read from `= "Bern"` on; two values are compared with `==`.',
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
        "9 error: This is no template: each `{{` needs an expression and its `}}`, each `{%` its `%}`, and what is "
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
