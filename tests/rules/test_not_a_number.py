"""What is no number isn't taken for one, whichever way it comes in: a float, a Decimal, or what somebody types."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from wizard.engine import Engine
from wizard.errors import DefinitionError, ExpressionError, InvalidInput
from wizard.expressions.arithmetic import COMPARISON, Budget
from wizard.model import RunStatus
from wizard.testing import Person, make_test_engine

NO_NUMBERS = [float("nan"), float("inf"), *map(Decimal, ("NaN", "sNaN", "-NaN", "Infinity", "-Infinity"))]

DEFINITION = """
id: sums
input: {amount: {type: decimal, required: false}, count: {type: integer, required: false}}
nodes:
  - id: ask
    type: form
    fields:
      - {name: amount, type: decimal, required: false}
      - {name: count, type: integer, required: false}
      - {name: pick, type: choice, choices: ["1", "2"], required: false}
  - {id: compute, type: python, function: compute}
  - {id: last, type: message, title: "{{ compute.value }}"}
"""


async def engine(compute: Callable[..., Any] = lambda: 1) -> Engine:
    return await make_test_engine(DEFINITION, functions={"compute": compute})


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
async def test_nobody_hands_a_run_what_is_no_number(value: Any) -> None:
    """A host that passes a broken amount on hears of it there: stored, it would break a sum far from its cause."""
    made = await engine()
    person = await Person.starts(made, "sums")
    for hand in (
        lambda: made.start("sums", {"amount": value}),
        lambda: made.start("sums", {"count": value}),
        lambda: made.start("sums", event={"amount": value}),
        lambda: made.start("sums", session={"amount": value}),
        lambda: made.event(person.run.id, "paid", value),
        lambda: made.event(person.run.id, "paid", {"amounts": [1, value]}),
        lambda: made.amend(person.run.id, event={"amount": value}),
        lambda: made.amend(person.run.id, profile={"amount": {"of": [value]}}),
        lambda: made.amend(person.run.id, session={"amount": value}),
        lambda: made.previous(person.run.id, draft={"amount": value}),
    ):
        with pytest.raises(InvalidInput):
            await hand()
    assert (await made.load(person.run.id)).run.revision == person.run.run.revision


@pytest.mark.parametrize(
    "value", [*NO_NUMBERS, "NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf", "1e999"], ids=repr
)
@pytest.mark.parametrize("field", ["amount", "count", "pick"])
async def test_nobody_answers_with_what_is_no_number(field: str, value: Any) -> None:
    """Python reads the text NaN as a number; a person who types it is told what to write instead."""
    person = await Person.starts(await engine(), "sums")
    await person.wrongly.says(**{field: value})
    assert (person.asked, list(person.errors)) == ("ask", [field])


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
async def test_a_function_that_gives_no_number_fails(value: Any) -> None:
    """S16: the run stops at the node that computed it, and not at the one that reads it a week later."""
    person = await Person.starts(await engine(lambda: {"value": [value]}), "sums")
    await person.says()
    assert (person.run.status, person.run.step) == (RunStatus.FAILED, "compute")
    person.sees(fault="isn't finite")


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
async def test_a_definition_holds_no_such_constant(value: Any) -> None:
    """A definition that is made by a program is checked as one that is read from a file."""
    with pytest.raises(DefinitionError, match="can't be part of a definition"):
        await make_test_engine({"id": "a", "nodes": [{"id": "s", "type": "set", "values": {"x": value}}]})


@pytest.mark.parametrize("sign", ["==", "!=", "<", ">=", "in"])
def test_one_that_was_stored_before_it_was_refused_raises_what_is_caught(sign: str) -> None:
    """Data of an earlier version: comparing a signalling NaN raises an error of arithmetic that nobody would catch."""
    right: Any = [Decimal(2)] if sign == "in" else Decimal(2)
    budget = Budget()
    budget.left = 100
    with pytest.raises(ExpressionError):
        COMPARISON[sign](budget, Decimal("sNaN"), right)


async def test_a_share_that_is_no_number_is_an_unknown_one() -> None:
    """A function divides nothing by nothing and reports it as its progress: JSON has no word for that, and who looks
    at the run would get an error."""
    told: list[Any] = []

    def compute(visit: Any) -> int:
        visit.tell = lambda percent, text: told.append(percent)
        visit.report(float("nan"))
        visit.report(float("inf"))
        return 1

    person = await Person.starts(await engine(compute), "sums")
    await person.says()
    assert told == [None, 100.0]
