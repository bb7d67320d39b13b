"""Live runs move to another version of their workflow: where they stand then, and why some can't."""

from __future__ import annotations

import pytest

from tests.migrations import House, results
from wizard.model.migrating import Result
from wizard.stores.memory import MemoryStore

TRIP = """
id: trip
nodes:
  - id: who
    type: form
    fields: [{name: name, label: Name}]
  - id: place
    type: form
    fields: [{name: town, type: choice, label: Town, choices: [Bern, Chur]}]
  - id: when
    type: form
    fields: [{name: day, type: integer, label: Day}]
  - {id: done, type: end}
"""


@pytest.fixture
def house() -> House:
    return House(MemoryStore())


async def test_a_run_whose_answers_hold_goes_on_where_it_stands(house: House) -> None:
    """Or everybody who is in the middle would have to begin again because of a better wording."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "Ann"}, {"town": "Bern"})
    await house.deploys(TRIP.replace("label: Town", "label: Where to?"))

    page = await house.migrates()

    assert results(page) == {run.id: Result.CONTINUE}
    run = await house.engine.load(run.id)
    assert run.run.version == page.version
    assert run.current is not None
    assert run.current.step == "when"
    await house.engine.next(run, {"day": 3})
    assert run.answers == {"who": {"name": "Ann"}, "place": {"town": "Bern"}, "when": {"day": 3}, "done": {}}


async def test_a_new_question_is_asked_and_the_rest_is_kept(house: House) -> None:
    """Or a run would go on without an answer that the new version counts on."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "Ann"}, {"town": "Bern"})
    await house.deploys(TRIP.replace("label: Name}]", "label: Name}, {name: age, type: integer, label: Age}]"))

    assert results(await house.migrates()) == {run.id: Result.ASK}

    run = await house.engine.load(run.id)
    assert run.current is not None
    assert run.current.step == "who"
    assert run.current.fields[0].value == "Ann"
    await house.engine.next(run, {"name": "Ann", "age": 41})
    assert run.current.step == "when"
