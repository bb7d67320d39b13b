"""The tools for tests of definitions: a clock that is moved, and a person who goes through a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wizard.errors import DefinitionError, InvalidInput, WorkflowNotFound
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore
from wizard.testing import NOON, FixedClock, MovableClock, Person, make_test_engine

SURVEY = """
id: survey
title: Survey
input: {shop: {type: text, default: Bern}}
nodes:
  - id: rating
    type: form
    title: How was it in {{ input.shop }}?
    text: Five is best.
    fields: [{name: stars, type: integer, label: Stars, min: 1, max: 5}]
  - id: why
    type: form
    fields: [{name: reason, type: text, label: Reason}, {name: day, type: date, label: Day}]
    validate: [{check: day <= today(), message: That day is still to come}]
  - {id: thanks, type: end, title: Thanks}
"""
LIST = """
id: list
nodes: [{id: things, type: workflow, workflow: thing, repeat: {min: 1}}]
---
id: thing
nodes: [{id: ask, type: form, fields: [{name: name, type: text}]}]
"""


async def test_a_conversation_reads_as_one() -> None:
    """This is what an embedder's test looks like; if it doesn't work, they have no tests."""
    engine = await make_test_engine(SURVEY)
    person = await Person.starts(engine, "survey", {"shop": "Thun"})
    person.sees(title="How was it in Thun?", text="Five", fields=["stars"])
    assert person.asked == "rating"
    await person.says(3)
    await person.says(reason="late", day="1 1 2026")
    assert person.completed
    assert person.asked is None
    assert person.answers["rating"] == {"stars": 3}
    assert person.path == ["rating", "why", "thanks"]


async def test_errors_are_seen_and_mended() -> None:
    """A definition's messages are what its tests are about."""
    person = await Person.starts(await make_test_engine(SURVEY), "survey")
    await person.wrongly.says("nine")
    assert list(person.errors) == ["stars"]
    person.sees(values={"stars": "nine"}, error="whole number")
    await person.says(5)
    await person.wrongly.says(reason="x", day="31 12 2026")
    assert person.errors == {"": "That day is still to come"}
    await person.says(reason="x", day="1 1 2026")
    assert person.completed


async def test_going_back_changing_and_coming_back() -> None:
    """The moves that make this engine different must be as easy to test as a form."""
    engine = await make_test_engine(SURVEY)
    person = await Person.starts(engine, "survey")
    await person.says(3)
    await person.goes_back()
    person.sees(values={"stars": 3})
    assert person.kept == ["why"]
    await person.says(4)
    await person.goes_back(reason="half typed")
    await person.says(4)
    person.sees(values={"reason": "half typed"})
    await person.changes("rating", 2)
    assert person.asked == "why"
    await person.changes("rating")
    assert person.asked == "rating"
    assert person.path == ["rating"]
    await person.says(stars=1)
    await person.goes_back(to="rating")
    assert person.asked == "rating"
    await person.reloads()
    person.sees(values={"stars": 1})


async def test_a_form_is_answered_in_parts() -> None:
    """Chat and terminal do it; a definition's `show_if` can be tested that way."""
    person = await Person.starts(await make_test_engine(SURVEY), "survey")
    await person.says(3)
    await person.says_in_part(reason="late")
    assert person.asked == "why"
    await person.says_in_part(day="1 1 2026")
    await person.says_in_part()
    assert person.completed


async def test_items_of_a_list_are_removed() -> None:
    """Repeats have a move of their own."""
    person = await Person.starts(await make_test_engine(LIST), "list")
    await person.says("one")
    await person.says(True)
    await person.says("two")
    await person.removes("things/1")
    assert [item.value for item in person.prompt.items] == ["two"]


async def test_what_isnt_as_expected_is_said() -> None:
    """A failing test has to show what there was."""
    person = await Person.starts(await make_test_engine(SURVEY), "survey")
    wrong: list[dict[str, object]] = [
        {"title": "Hello"},
        {"text": "Six"},
        {"fields": ["moons"]},
        {"values": {"stars": 2}},
        {"error": "too few"},
    ]
    for each in wrong:
        with pytest.raises(AssertionError, match=next(iter(each)).rstrip("s")):
            person.sees(**each)  # type: ignore[arg-type]


async def test_an_answer_without_a_name_needs_one_field() -> None:
    """`says("a", "b")` would be a guess."""
    person = await Person.starts(await make_test_engine(SURVEY), "survey")
    with pytest.raises(TypeError, match="stars"):
        await person.says(1, 2)
    with pytest.raises(TypeError, match="stars"):
        await person.says(1, stars=2)
    await person.says(1)
    await person.says(reason="x", day="1 1 2026")
    with pytest.raises(TypeError, match="nothing"):
        await person.says(1)


async def test_wrong_definitions_and_inputs_are_refused_as_always() -> None:
    """A test must fail where the real thing would."""
    with pytest.raises(DefinitionError):
        await make_test_engine({"id": "x", "nodes": []})
    engine = await make_test_engine(SURVEY)
    with pytest.raises(WorkflowNotFound):
        await Person.starts(engine, "surveys")
    with pytest.raises(InvalidInput):
        await Person.starts(engine, "survey", {"shops": "Bern"})


async def test_clocks_stand_and_move() -> None:
    """Expiry and ages are tested without waiting."""
    clock = MovableClock()
    engine = await make_test_engine(SURVEY, clock=clock, store=MemoryStore(), settings=Settings())
    person = await Person.starts(engine, "survey")
    assert clock.move(days=1, hours=2) == NOON + timedelta(days=1, hours=2)
    await person.reloads()
    assert person.run.now == clock()
    assert FixedClock()() == NOON
    assert FixedClock(datetime(2020, 1, 1, tzinfo=UTC))() == datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2020, 1, 1))


async def test_time_passes_on_a_clock_that_can_be_moved_only() -> None:
    """A test that waits on a clock that stands would pass without anything having been tried."""
    person = await Person.starts(await make_test_engine(SURVEY), "survey")
    with pytest.raises(TypeError, match=r"clock=MovableClock\(\)"):
        await person.waits(days=1)
    await person.waits()  # what is due now needs no other time
    assert person.asked == "rating"


async def test_what_is_refused_fails_where_it_is_said() -> None:
    """A misspelt field or a wrong answer shows at its own line, and not at some later one, or never."""
    person = await Person.starts(await make_test_engine(SURVEY), "survey")
    with pytest.raises(
        AssertionError, match=r"rating doesn't take this \(stars: .*whole number.*It asks stars.*wrongly"
    ):
        await person.says("nine")
    with pytest.raises(AssertionError, match=r"no field .strs.*It asks stars"):
        await person.says(strs=5)
    with pytest.raises(AssertionError, match="takes this, which was to be refused"):
        await person.wrongly.says(5)
    with pytest.raises(AssertionError, match="rating doesn't take this"):
        await person.changes("rating", "nine")
