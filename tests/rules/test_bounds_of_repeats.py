"""A repeat without a `max` has an end all the same, which people can read; and what it costs to go on is as little at
the hundredth item as at the first."""

from __future__ import annotations

import sys
from collections.abc import Awaitable
from typing import cast

import pytest

from wizard.engine import Engine
from wizard.model.path import count_items
from wizard.testing import Person, make_test_engine

ITEM = "id: item\ntitle: Item\nnodes:\n  - {id: who, type: form, fields: [{name: name}]}\n"


def whole(repeat: str) -> str:
    return f"""
id: whole
title: Whole
nodes:
  - {{id: people, type: workflow, workflow: item, repeat: {repeat}}}
  - {{id: done, type: end, title: Done}}
"""


async def with_items(count: int, repeat: str = "{min: 1}") -> tuple[Engine, Person]:
    """A person on the list page after so many items."""
    engine = await make_test_engine(whole(repeat), ITEM)
    person = await Person.starts(engine, "whole")
    for number in range(1, count + 1):
        await person.says(name=f"Ann {number}")
        if number < count and person.fields == ["add_another"]:  # below `min` the next one comes by itself
            await person.says(add_another=True)
    return engine, person


async def test_after_a_hundred_a_repeat_without_a_max_is_full() -> None:
    """Somebody who adds and adds would make each turn of theirs slower, and everybody waits for it."""
    _, person = await with_items(100)
    assert person.prompt.fields == ()
    assert person.prompt.text == "There can be no more than 100 here."
    await person.wrongly.says(add_another=True)
    assert person.prompt.error == "There can be no more than 100 here. Remove one to add another."
    await person.says()
    assert person.completed


async def test_who_takes_one_out_may_add_another() -> None:
    """What counts is how many there are, not how many there ever were."""
    _, person = await with_items(100)
    await person.removes("people/7")
    assert person.fields == ["add_another"]
    await person.says(add_another=True)
    await person.says(name="Bob")
    assert person.fields == []


async def test_a_definition_may_want_more() -> None:
    """`max` and `min` are the author's, who knows what the list costs."""
    _, person = await with_items(101, "{min: 1, max: 102}")
    assert person.fields == ["add_another"]
    _, person = await with_items(119, "{min: 119}")
    assert "no more than 119" in person.prompt.text


async def test_who_had_more_before_there_was_a_limit_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was handed in counts, whatever the program's next version says of how much there may be: nothing of it is
    asked again or lost. It can be taken out, and nothing is added until there is room."""
    with monkeypatch.context() as earlier:
        earlier.setattr("wizard.nodes.flow.workflow.MOST_UNLESS_SAID", 1000)
        _, person = await with_items(103)
    await person.goes_back()
    await person.says(name="Bob")
    assert person.prompt.text == "There can be no more than 100 here."
    assert len(person.prompt.items) == 103
    await person.wrongly.says(add_another=True)
    assert person.prompt.error == "There can be no more than 100 here. Remove one to add another."
    for number in (50, 51, 52):
        await person.removes(f"people/{number}")
        assert person.fields == []
    await person.removes("people/53")
    assert person.fields == ["add_another"]
    await person.says(add_another=False)
    assert person.completed
    people = cast("dict[str, dict[str, dict[str, str]]]", person.run.answers["people"])
    names = [item["who"]["name"] for item in people.values() if "who" in item]
    assert len(names) == 99
    assert (names[0], names[-1]) == ("Ann 1", "Bob")


async def calls_of(turn: Awaitable[object]) -> int:
    """How many calls of functions a turn takes."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        await turn
    finally:
        sys.setprofile(None)
    return calls


async def test_another_item_costs_the_same_each_time() -> None:
    """Going on from the list needs to know how many there are, and no word of any of them."""
    _, few = await with_items(5)
    _, many = await with_items(90)
    assert await calls_of(many.says(add_another=True)) < 1.3 * await calls_of(few.says(add_another=True))


async def test_the_list_reads_each_item_once() -> None:
    """It was put together anew for each thing that was asked of it."""
    _, few = await with_items(10)
    _, many = await with_items(60)
    await few.says(add_another=True)
    await many.says(add_another=True)
    short, long = await calls_of(few.says(name="Bob")), await calls_of(many.says(name="Bob"))
    assert (long - short) / 50 < 150, "calls for each further item"


@pytest.mark.parametrize(
    ("removed", "last", "count"),
    [((), 4, 4), (("a/2",), 4, 3), (("a/2", "a/5"), 4, 3), (("a/2", "ab/1", "b/a/1", "a/1/c/1"), 2, 1), ((), 0, 0)],
)
def test_items_are_counted_by_those_that_were_taken_out(removed: tuple[str, ...], last: int, count: int) -> None:
    """There are few of these, whatever the number of items; those of other repeats don't count."""
    assert count_items(removed, "a", last) == count
