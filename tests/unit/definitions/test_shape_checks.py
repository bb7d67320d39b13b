"""What is known of values before there are any: parts of lists, names below repeats, comparisons."""

from __future__ import annotations

import pytest

from tests.unit.checked import told

PEOPLE = """\
id: family
nodes:
  - {id: people, type: workflow, workflow: person, repeat: {min: 1, max: 4, add_another: Another person?}}
  - {id: found, type: set, values: {value: %s}}
---
id: person
nodes:
  - id: who
    type: form
    fields:
      - {name: birth_date, type: date, label: Birth date}
      - {name: shares, type: integer, label: Shares}
"""


def of_people(value: str) -> list[str]:
    """What is said of one value that is computed of a list of people."""
    return [each.removeprefix("4 ") for each in told(PEOPLE % f'"{value}"')]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "{{ count(p for p in people if years_between(p.birth_date, today()) < 18) }}",
            "error: `p`: `person`, which `people` embeds, has no value `birth_date`; did you mean `p.who.birth_date`?",
        ),
        ("{{ people[0].who.share }}", "error: `people[0].who`: `who` has no value `share`; did you mean `shares`?"),
        (
            "{% for p in people %}{{ p.who.share }}{% endfor %}",
            "error: `p.who`: `who` has no value `share`; did you mean `shares`?",
        ),
        (
            "{{ first(people).shares }}",
            "error: `first(people)`: `person`, which `people` embeds, has no value `shares`; "
            "did you mean `first(people).who.shares`?",
        ),
        (
            "{{ last(people).who.share }}",
            "error: `last(people).who`: `who` has no value `share`; did you mean `shares`?",
        ),
        (
            "{{ people.who.shares }}",
            "error: `people` is a list, since its node is repeated; read one of its items, `people[0].who`, or all of "
            "them, `[p.who for p in people]`",
        ),
        ("{{ people.length }}", "error: `people` is a list; how many are in it is `len(people)`"),
    ],
)
def test_names_below_a_repeat(value: str, message: str) -> None:
    """A count of children that reads a name which no item has is 0 for every family, and nobody would notice."""
    assert of_people(value) == [message]


@pytest.mark.parametrize(
    "value",
    [
        "{{ count(p for p in people if years_between(p.who.birth_date, today()) < 18) }}",
        "{{ sum(p.who.shares for p in people if p.who.shares > 1) }}",
        "{{ people[0].who.shares + last(people).who.shares }}",
        "{{ [p.who for p in people if p.who][0].shares }}",
        "{% for p in people %}{{ loop.index }}. {{ p.who.birth_date }}{% endfor %}",
        "{{ len(people) }}",
    ],
)
def test_names_that_items_have(value: str) -> None:
    """A checker that complains of what works is switched off."""
    assert of_people(value) == []


def test_names_behind_a_mistake() -> None:
    """A form with a wrong key in it still says which values it has."""
    wrong = PEOPLE.replace("label: Shares", "labl: Shares") % '"{{ people[0].who.share }}"'
    assert told(wrong) == [
        "4 error: `people[0].who`: `who` has no value `share`; did you mean `shares`?",
        "12 error: there is no key `labl` here; did you mean `label`?",
    ]


THEFT = """\
id: theft
input: {source: {type: choice, choices: [web, desk]}}
nodes:
  - id: report
    type: form
    fields:
      - {name: kind, type: choice, label: Kind, choices: [thief, lost]}
      - {name: things, type: choices, label: Things, choices: [bag, phone]}
      - {name: seen, type: date, label: Seen}
      - {name: number, type: integer, label: Number}
      - {name: sure, type: boolean, label: Sure}
      - {name: about, label: More, show_if: '%s'}
  - id: which
    type: condition
    cases:
      - {when: '%s', goto: end}
      - {goto: end}
"""


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ('report.kind == "theif"', "warning: this never holds: `report.kind` is never `theif`; did you mean `thief`?"),
        (
            'report.kind != "q"',
            "warning: this always holds where there is a value: `report.kind` is never `q`; it can be `lost`, `thief`",
        ),
        (
            'report.kind in ["lost", "stolen"]',
            "warning: this never holds: `report.kind` is never `stolen`; it can be `lost`, `thief`",
        ),
        (
            '"car" in report.things',
            "warning: this never holds: `report.things` is never `car`; it can be `bag`, `phone`",
        ),
        ('input.source == "zz"', "warning: this never holds: `input.source` is never `zz`; it can be `desk`, `web`"),
        (
            'report.seen < "2026-01-01"',
            "error: < can't order a date (`report.seen`) and a text ('2026-01-01'), which stops the run here; "
            "write date('2026-01-01')",
        ),
        (
            'report.seen == "2026-01-01"',
            "warning: this never holds: a date (`report.seen`) and a text ('2026-01-01') are never equal; "
            "write date('2026-01-01')",
        ),
        (
            'report.number == "3"',
            "warning: this never holds: a number (`report.number`) and a text ('3') are never equal; "
            "write 3 without quotes",
        ),
        (
            'report.sure == "yes"',
            "warning: this never holds: true or false (`report.sure`) and a text ('yes') are never equal; write true",
        ),
        (
            "report.things > 1",
            "error: > can't order a list (`report.things`) and a number (1), which stops the run here; "
            "how many are in a list is `len(…)`",
        ),
    ],
)
def test_comparisons_that_can_not_be_meant(condition: str, message: str) -> None:
    """A case that never matches sends everybody the other way, and looks right in the definition."""
    assert told(THEFT % ("number == 1", condition)) == [f"16 {message}"]


def test_comparisons_in_show_if() -> None:
    """A field that is never shown is missed by nobody until its answers are needed."""
    assert told(THEFT % ('kind == "theif"', "report.sure")) == [
        "12 warning: this never holds: `kind` is never `theif`; did you mean `thief`?"
    ]


@pytest.mark.parametrize(
    "condition",
    [
        'report.kind == "lost"',
        'report.kind in ["lost", "thief"]',
        "report.kind == null",
        '"bag" in report.things',
        "report.seen < today()",
        "report.number > 1.5",
        "report.seen == profile.other",
        "input.source == report.kind",
        "report.kind == lower(report.about)",
    ],
)
def test_comparisons_that_may_hold(condition: str) -> None:
    """What may hold is left alone."""
    assert told(THEFT % ("number == 1", condition)) == []
