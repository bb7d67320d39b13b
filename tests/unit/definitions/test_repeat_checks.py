"""What repeats go through, and how often: told when a definition is loaded, before a run stops there."""

from __future__ import annotations

import pytest

from tests.unit.checked import told
from wizard.testing import Person, make_test_engine

TOWNS = """\
id: trip
input: {stops: {type: integer}}
nodes:
  - {id: order, type: form, fields: [{name: town, label: Town}, {name: towns, type: choices, choices: [Bern, Zug]},
      {name: people, type: integer}, {name: cost, type: decimal}]}
  - {id: lookup, type: http, url: "https://towns.example"}
  - {id: nights, type: workflow, workflow: stay, repeat: {%s}}
---
id: stay
nodes: [{id: stay, type: form, title: "{{ input.index }}", fields: [{name: nights, type: integer}]}]
"""
STOPS = "which stops the run here"


@pytest.mark.parametrize(
    ("repeat", "message"),
    [
        ("for_each: order.town", f"`for_each` needs a list, and `order.town` is a text, {STOPS}"),
        ("for_each: order", f"`for_each` needs a list, and `order` is a group of values, {STOPS}"),
        (
            "for_each: order.people",
            f"`for_each` needs a list, and `order.people` is a number, {STOPS}; as often as a number says goes `times`",
        ),
        (
            "times: order.towns",
            f"`times` needs a number, and `order.towns` is a list, {STOPS}; once for each of its items goes `for_each`",
        ),
        ("times: order.town", f"`times` needs a number, and `order.town` is a text, {STOPS}"),
        ("times: today()", f"`times` needs a number, and this is a date, {STOPS}"),
        ("times: -1", "`times` must be a whole number, 0 or more; this is -1"),
        ("times: 1.5", "`times` must be a whole number, 0 or more; this is 1.5"),
        ("for_each: order.towns, item: '{{ item.name }}'", "`item` is a text, which has no part `name`"),
        ("for_each: order.towns, key: item.id", "`item` is a text, which has no part `id`"),
    ],
)
def test_a_repeat_that_stops_its_runs(repeat: str, message: str) -> None:
    """Whoever came to it read that it doesn't go on there, and the author never heard of it."""
    assert told(TOWNS % repeat) == [f"7 error: {message}"]


@pytest.mark.parametrize(
    "repeat",
    [
        *("for_each: order.towns", "for_each: lookup.body", "for_each: '[1, 2]'", "for_each: profile.towns"),
        *("for_each: split(order.town)", "for_each: '[t for t in order.towns]'", "for_each: event.any"),
        *("times: order.people", "times: len(order.towns)", "times: input.stops", "times: order.cost", "times: 4 / 2"),
        *("times: 0", "times: order.people or 1", "min: 0", "for_each: order.towns, item: '{{ item }}'"),
    ],
)
def test_a_repeat_that_may_go(repeat: str) -> None:
    """A false alarm keeps a definition from being loaded."""
    assert told(TOWNS % repeat) == []


async def test_half_of_a_number_is_a_number_of_times() -> None:
    """`people / 2` is computed with a point; where nothing stands behind it, it stopped the run."""
    engine = await make_test_engine(
        TOWNS.replace('  - {id: lookup, type: http, url: "https://towns.example"}\n', "") % "times: order.people / 4"
    )
    person = await Person.starts(engine, "trip", {"stops": 1})
    await person.says(town="Bern", towns=["Zug"], people=4, cost=1)
    assert person.asked == "nights/1/stay"
