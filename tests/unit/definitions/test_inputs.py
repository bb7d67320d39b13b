"""What one definition hands to another: of the type that this one declares, or refused."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from textwrap import dedent, indent
from typing import Any

import pytest

from wizard.definitions.catalog import Catalog
from wizard.definitions.reading.source import read
from wizard.errors import DefinitionError
from wizard.node import Registry
from wizard.testing import Person, make_test_engine

OUTER = """
id: outer
nodes:
  - id: ask
    type: form
    fields:
      - {name: text, type: text, required: false}
      - {name: day, type: date, required: false}
      - {name: count, type: integer, required: false}
  - id: inner
    type: workflow
    workflow: inner
    %s
---
id: inner
input:
  %s
nodes:
  - id: sums
    type: set
    values:
      got: "{{ input.it }}"
      all: "{{ input }}"
  - {id: shown, type: message, title: "It is {{ input.it }}"}
"""


def documents(handing: str, declared: str) -> str:
    return OUTER % (handing, indent(dedent(declared), "  ").strip())


async def handed(handing: str, declared: str, **answers: Any) -> Person:
    """Somebody at the inner workflow's page, or at the outer one's with the error."""
    person = await Person.starts(await make_test_engine(documents(handing, declared)), "outer")
    return await person.says(**answers)


def got(person: Person) -> Any:
    step = next(step for step in person.run.run.steps if step.path == "inner/sums")
    assert step.output is not None
    return step.output["got"]


@pytest.mark.parametrize(
    ("handing", "declared", "value"),
    [
        ("with: {it: 2026-03-27}", "it: {type: date}", date(2026, 3, 27)),
        ("with: {it: '09:30'}", "it: {type: time}", time(9, 30)),
        ("with: {it: 2.50}", "it: {type: decimal}", Decimal("2.5")),
        ("with: {it: '12'}", "it: {type: integer}", 12),
        ("with: {it: 'yes'}", "it: {type: boolean}", True),
        ("with: {it: b}", "it: {type: choices, choices: [a, b]}", ["b"]),
        ("title: No with", "it: {type: date, default: 2026-03-27}", date(2026, 3, 27)),
        ("with: {it: null}", "it: {type: decimal, default: 3}", Decimal("3")),
        ('with: {it: "{{ ask.text }}"}', "it: {type: date, default: 2026-03-27}", date(2026, 3, 27)),
        ('with: {it: "{{ ask.text }}"}', "it: {type: text}", None),
        ("with: {it: 3}", "it: {type: computed, value: 1 + 1}", 3),
    ],
)
async def test_constants_and_defaults_have_the_declared_type(handing: str, declared: str, value: Any) -> None:
    """A day that is only a text compares with no day, and a condition on it would go the wrong way."""
    person = await handed(handing, declared)
    assert got(person) == value
    assert type(got(person)) is type(value)


@pytest.mark.parametrize(
    ("declared", "answers", "value"),
    [
        ("it: {type: date}", {"text": "2026-03-27"}, "2026-03-27"),
        ("it: {type: decimal}", {"text": "2.50"}, "2.50"),
        ("it: {type: boolean}", {"text": "no"}, "False"),
        ("it: {type: date, min: 2030-01-01}", {"text": "2026-03-27"}, "2026-03-27"),
        ("it: {type: text, max_length: 3}", {"text": "longer"}, "longer"),
    ],
)
async def test_computed_values_are_converted_where_they_are_read(
    declared: str, answers: dict[str, Any], value: str
) -> None:
    """What comes from a text field or a service is text; the inner workflow counts on what it declared.
    Limits are for who types something: a run must not get stuck at a day that has passed meanwhile."""
    person = await handed('with: {it: "{{ ask.text }}"}', declared, **answers)
    assert person.asked == "inner/shown"
    assert str(got(person)) == value
    assert isinstance(got(person), str) == ("type: text" in declared)


async def test_a_typed_value_stays_as_it_is() -> None:
    """A date answered outside is the same date inside, and an integer can be handed over as a decimal."""
    person = await handed('with: {it: "{{ ask.day }}"}', "it: {type: date, max: today()}", day="1 1 2999")
    assert str(got(person)) == "2999-01-01"
    person = await handed('with: {it: "{{ ask.count }}"}', "it: {type: decimal}", count=3)
    assert (str(got(person)), type(got(person)).__name__) == ("3", "Decimal")


async def test_a_computed_value_that_does_not_fit_names_the_input() -> None:
    """S16: the author must learn which input it was; the person's answers stay, and can be changed."""
    person = await handed('with: {it: "{{ ask.text }}"}', "it: {type: date}", text="soon")
    assert person.asked == "inner/sums"
    person.sees(fault="Your answer to “it” must be a date")
    await person.goes_back()
    person.sees(values={"text": "soon"})
    await person.says(text="1 2 2026")
    assert person.asked == "inner/shown"


async def test_the_whole_input_holds_the_defaults_as_well() -> None:
    """`{{ input }}` handed on to a service must not miss what nobody said."""
    declared = "it: {type: text}\nother: {type: integer, default: 7}"
    person = await handed('with: {it: "{{ ask.text }}"}', declared, text="a")
    step = next(step for step in person.run.run.steps if step.path == "inner/sums")
    assert step.output is not None
    assert (step.output["all"]["it"], step.output["all"]["other"]) == ("a", 7)


async def test_the_number_of_an_item_goes_before_its_default() -> None:
    """`index` may be declared, so that a definition can be used alone and in a repeat."""
    definition = """
    id: outer
    nodes: [{id: many, type: workflow, workflow: inner, repeat: {times: 2}}]
    ---
    id: inner
    input: {index: {type: integer, default: 9}}
    nodes: [{id: shown, type: message, title: "Number {{ input.index }}"}]
    """
    person = await Person.starts(await make_test_engine(dedent(definition)), "outer")
    person.sees(title="Number 1")
    await person.says()
    person.sees(title="Number 2")


def problems(text: str) -> list[str]:
    try:
        found = read(text, "a.yaml")
        Catalog.from_documents([each.data for each in found], Registry.installed())
    except DefinitionError as error:
        return [each.message.partition(": ")[2] for each in error.problems]
    return []


@pytest.mark.parametrize(
    ("handing", "declared", "problem"),
    [
        (
            "with: {it: soon}",
            "it: {type: date}",
            "the input `it` of `inner` isn't accepted: Your answer to “it” must be a date, like 27 3 1985",
        ),
        (
            "with: {it: 8001}",
            "it: {type: text}",
            "the input `it` of `inner` isn't accepted: Your answer to “it” must be text",
        ),
        (
            "with: {it: d}",
            "it: {type: choice, choices: [a, b]}",
            "the input `it` of `inner` isn't accepted: Your answer to “it” must be one of the choices",
        ),
        (
            "with: {it: 7}",
            "it: {type: integer, max: 5}",
            "the input `it` of `inner` isn't accepted: Your answer to “it” must be 5 or",
        ),
        (
            "title: None",
            "it: {type: integer, default: seven}",
            "the default of `it` isn't accepted: Your answer to “it” must be a whole number",
        ),
    ],
)
def test_constants_that_do_not_fit_are_found_when_definitions_are_loaded(
    handing: str, declared: str, problem: str
) -> None:
    """A typing mistake in a definition must not wait for the first person who comes to it."""
    (found,) = problems(documents(handing, declared))
    assert problem in found


@pytest.mark.parametrize(
    ("handing", "declared"),
    [
        ("with: {it: 2026-03-27}", "it: {type: date, max: today()}"),
        ("with: {it: a}", "it: {type: choice, choices: {from: session.offers}}"),
        ("with: {it: '8001'}", "it: {type: postcode, country: land}\nland: {type: country, default: CH}"),
        ("with: {it: anything, that: {is: [1, 2]}}", "{}"),
    ],
)
def test_what_only_a_run_can_tell_is_left_to_the_run(handing: str, declared: str) -> None:
    """A definition that is right must load."""
    assert problems(documents(handing, declared)) == []
