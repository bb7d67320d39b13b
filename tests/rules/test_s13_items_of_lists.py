"""S13: an item of a `for_each` is known by its value, and never by its position."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wizard.errors import DefinitionError
from wizard.model import NOTHING
from wizard.stores.memory import MemoryStore
from wizard.stores.sqlite import SqliteStore
from wizard.testing import Person, make_test_engine

TRIP = """
id: trip
nodes:
  - {id: order, type: form, fields: [{name: towns, label: Towns}, {name: hint, label: A hint, required: false}]}
  - {id: nights, type: workflow, workflow: stop, repeat: {for_each: "split(order.towns)"}}
  - {id: check, type: review, title: Check}
---
id: stop
nodes:
  - id: stay
    type: form
    title: Stop {{ input.index }}, {{ input.item }}
    fields: [{name: nights, type: integer, label: "Nights in {{ input.item }}", min: 1}]
  - id: book
    type: python
    function: book
    undo: unbook
    arguments: {town: "{{ input.item }}", nights: "{{ stay.nights }}"}
"""

FAMILY = """
id: family
nodes:
  - {id: members, type: workflow, workflow: member, repeat: {min: 1, max: 5}}
  - {id: schools, type: workflow, workflow: school, repeat: {for_each: "[m for m in members if m.who.age < 18]"}}
  - {id: check, type: review, title: Check}
---
id: member
nodes: [{id: who, type: form, fields: [{name: name, label: Name}, {name: age, type: integer, label: Age}]}]
---
id: school
nodes:
  - id: q
    type: form
    title: "{{ input.item.who.name }}"
    fields: [{name: school, label: "School of {{ input.item.who.name }}"}]
"""


class Hotels:
    """What is booked now, and what was done in all."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def book(self, town: str, nights: int) -> dict[str, Any]:
        self.done.append(f"{town} {nights}")
        return {"town": town}

    async def unbook(self, output: Mapping[str, Any]) -> None:
        self.done.append(f"not {output['town']}")


async def a_trip(towns: str, *nights: int) -> tuple[Person, Hotels]:
    hotels = Hotels()
    engine = await make_test_engine(TRIP, functions={"book": hotels.book, "unbook": hotels.unbook})
    person = await (await Person.starts(engine, "trip")).says(towns=towns)
    for each in nights:
        await person.says(each)
    return person, hotels


async def a_family(*people: tuple[str, int], schools: tuple[str, ...]) -> Person:
    person = await Person.starts(await make_test_engine(FAMILY), "family")
    for position, (name, age) in enumerate(people, start=1):
        await person.says(name=name, age=age)
        await person.says(position < len(people))
    for school in schools:
        await person.says(school)
    return person


def reviewed(person: Person) -> dict[str, str]:
    """The lines of the review that are about single items."""
    skipped = ("Towns", "A hint", "Name", "Age", "Number of entries")
    return {item.label: item.value for item in person.prompt.items if item.label not in skipped}


@pytest.mark.parametrize(
    ("towns", "stays", "undone"),
    [
        ("Geneva Basel", {"Nights in Geneva": "2", "Nights in Basel": "3"}, ["not Bern"]),
        ("Bern Basel", {"Nights in Bern": "1", "Nights in Basel": "3"}, ["not Geneva"]),
        ("Basel Geneva Bern", {"Nights in Basel": "3", "Nights in Geneva": "2", "Nights in Bern": "1"}, []),
        ("Basel Bern", {"Nights in Basel": "3", "Nights in Bern": "1"}, ["not Geneva"]),
        ("Geneva Bern Basel", {"Nights in Geneva": "2", "Nights in Bern": "1", "Nights in Basel": "3"}, []),
    ],
)
async def test_each_item_keeps_its_answers_and_its_effects(
    towns: str, stays: dict[str, str], undone: list[str]
) -> None:
    """Somebody takes the first town out, or puts the last one first: nobody is asked again, no town gets the nights of
    another, and a hotel is called off for no town but the one that is gone."""
    person, hotels = await a_trip("Bern Geneva Basel", 1, 2, 3)
    booked = list(hotels.done)
    await person.changes("order", towns=towns)
    assert person.asked == "check"
    assert reviewed(person) == stays
    assert hotels.done == [*booked, *undone]


async def test_what_is_new_is_asked_and_the_rest_is_kept() -> None:
    """Whoever puts a town in front of the list is asked about that one, with nothing filled in."""
    person, hotels = await a_trip("Geneva", 9)
    await person.changes("order", towns="Bern Geneva")
    person.sees(title="Stop 1, Bern", values={"nights": None})
    assert person.kept[0].endswith("/stay")
    await person.says(2)
    assert person.asked == "check"
    assert reviewed(person) == {"Nights in Bern": "2", "Nights in Geneva": "9"}
    assert hotels.done == ["Geneva 9", "Bern 2"]


async def test_an_item_that_comes_back_is_filled_in_as_it_was() -> None:
    """S13: a town that was taken out and is put in again, at another place, has its nights, and no other town has."""
    person, _ = await a_trip("Bern Geneva Basel", 1, 2, 3)
    await person.changes("order", towns="Geneva Basel")
    await person.changes("order", towns="Zug Basel Geneva Bern")
    person.sees(title="Stop 1, Zug", values={"nights": None})
    await person.says(4)
    person.sees(title="Stop 4, Bern", values={"nights": 1})


async def test_drafts_and_back_are_the_items_own() -> None:
    """Who went back, with something half typed, and changes the list finds each item's own words again."""
    person, _ = await a_trip("Bern Geneva", 1)
    await person.goes_back(nights="1x")
    person.sees(title="Stop 1, Bern", values={"nights": 1})
    await person.goes_back(nights="77")
    await person.says(towns="Geneva Bern")
    person.sees(title="Stop 1, Geneva", values={"nights": "1x"})
    await person.says(2)
    person.sees(title="Stop 2, Bern", values={"nights": 77})


async def test_equal_values_are_told_apart_by_which_comes_first() -> None:
    """Bern twice on one trip: two stays, and dropping one leaves the first one's answers to the first."""
    person, _ = await a_trip("Bern Geneva Bern", 1, 2, 3)
    await person.changes("order", towns="Bern Bern")
    assert [item.value for item in person.prompt.items if item.label == "Nights in Bern"] == ["1", "3"]
    await person.changes("order", towns="Geneva Bern")
    person.sees(title="Stop 1, Geneva", values={"nights": 2})


ROTA = """
id: rota
nodes:
  - {id: each, type: workflow, workflow: shift, repeat: {for_each: session.people}}
  - {id: check, type: review}
---
id: shift
nodes:
  - id: hours
    type: form
    title: "{{ input.item }}"
    fields: [{name: hours, type: integer, label: "Hours of {{ input.item }}"}]
"""


async def test_a_list_that_changes_while_one_is_in_it() -> None:
    """A list that comes from elsewhere gets longer and another order while its second item is answered: what is new
    is asked, what was answered isn't asked again, nobody is left out."""
    engine = await make_test_engine(ROTA)
    person = Person(engine, await engine.start("rota", session={"people": ["Ann", "Bo", "Cy"]}))
    await person.says(1)
    person.sees(title="Bo")
    await engine.amend(person.run, session={"people": ["Dee", "Bo", "Ann", "Cy"]})
    await person.says(2)
    person.sees(title="Dee")
    await person.says(4)
    person.sees(title="Cy")
    await person.says(3)
    assert reviewed(person) == {"Hours of Ann": "1", "Hours of Bo": "2", "Hours of Dee": "4", "Hours of Cy": "3"}


async def test_an_item_that_goes_while_it_is_answered_is_left_behind() -> None:
    """The person who is asked about is struck off the list meanwhile: the others follow, none twice."""
    engine = await make_test_engine(ROTA)
    person = Person(engine, await engine.start("rota", session={"people": ["Ann", "Bo", "Cy"]}))
    await person.says(1)
    await engine.amend(person.run, session={"people": ["Ann", "Cy"]})
    await person.says(2)
    person.sees(title="Cy")
    await person.says(3)
    assert person.asked == "check"


async def test_a_filtered_repeat_keeps_to_its_people() -> None:
    """One child grows up, another is taken out, a third becomes a child: each keeps its own school."""
    person = await a_family(("Ann", 5), ("Bob", 40), ("Cy", 7), schools=("Oak", "Elm"))
    await person.changes("members/1/who", name="Ann", age=30)
    assert (person.asked, reviewed(person)) == ("check", {"School of Cy": "Elm"})
    await person.changes("members/2/who", name="Bob", age=3)
    person.sees(title="Bob", values={"school": None})
    await person.says("Ash")
    assert reviewed(person) == {"School of Bob": "Ash", "School of Cy": "Elm"}
    await person.removes("members/2")
    assert reviewed(person) == {"School of Cy": "Elm"}
    await person.changes("members/1/who", name="Anna", age=6)
    person.sees(title="Anna", values={"school": "Oak"})


TEAMS = """
id: teams
nodes:
  - {id: order, type: form, fields: [{name: teams, label: Teams}, {name: days, label: Days}]}
  - id: team
    type: workflow
    workflow: team
    repeat: {for_each: "split(order.teams)"}
    with: {days: "{{ order.days }}"}
  - {id: check, type: review}
---
id: team
nodes:
  - {id: day, type: workflow, workflow: day, repeat: {for_each: "split(input.days)"}, with: {team: "{{ input.item }}"}}
---
id: day
nodes:
  - id: at
    type: form
    fields: [{name: at, label: "{{ input.team }} on {{ input.item }}"}]
"""


async def test_items_in_items() -> None:
    """Lists in lists, both in another order: each of the four answers stays with its team and its day."""
    person = await Person.starts(await make_test_engine(TEAMS), "teams")
    await person.says(teams="red blue", days="mon tue")
    for answer in ("rm", "rt", "bm", "bt"):
        await person.says(answer)
    await person.changes("order", teams="blue red", days="tue mon")
    expected = {"blue on tue": "bt", "blue on mon": "bm", "red on tue": "rt", "red on mon": "rm"}
    lines = {item.label: item.value for item in person.prompt.items if " on " in item.label}
    assert (list(lines.items()), person.asked) == (list(expected.items()), "check")
    await person.changes("order", teams="green red", days="wed mon")
    asked = []
    while person.asked != "check":
        asked.append((person.prompt.fields[0].label, person.values["at"]))
        await person.says("new")
    assert asked == [("green on wed", None), ("green on mon", None), ("red on wed", None)]


RECORDS = """
id: records
nodes:
  - {id: start, type: form, fields: [{name: go, required: false}]}
  - {id: each, type: workflow, workflow: one, repeat: {for_each: session.people%s}}
  - {id: check, type: review}
---
id: one
nodes:
  - id: q
    type: form
    title: "{{ input.item.name }}"
    fields: [{name: hours, label: "Hours of {{ input.item.name }}"}]
"""
ANN, BO = {"id": 1, "name": "Ann", "age": 5}, {"id": 2, "name": "Bo", "age": 7}


async def test_a_key_says_what_a_record_is_known_by() -> None:
    """Records of a service change (a birthday) and are the same people: with a `key` their answers stay."""
    engine = await make_test_engine(RECORDS % ", key: item.id")
    person = Person(engine, await engine.start("records", session={"people": [ANN, BO]}))
    for answer in ("", "8", "6"):
        await person.says(answer)
    await engine.amend(person.run, session={"people": [BO | {"age": 8}, ANN | {"name": "Anna"}]})
    await person.changes("start", "x")
    assert (person.asked, reviewed(person)) == ("check", {"Go": "x", "Hours of Bo": "6", "Hours of Anna": "8"})


async def test_without_a_key_a_record_is_its_values() -> None:
    """Where nobody said what tells records apart, another one never gets the answers of one that changed."""
    engine = await make_test_engine(RECORDS % "")
    person = Person(engine, await engine.start("records", session={"people": [ANN, BO]}))
    for answer in ("", "8", "6"):
        await person.says(answer)
    await engine.amend(person.run, session={"people": [BO, ANN | {"age": 6}]})
    await person.changes("start", "x")
    person.sees(title="Ann", values={"hours": None})


@pytest.mark.parametrize(
    ("values", "for_each"),
    [
        ("", "[{'name': 'Ann'}, {'name': 'Bo'}]"),
        ("", "[{'name': m.who.name} for m in members]"),
        ("", "[m.who for m in members if m.who.age < 18]"),
        ("{people: [{name: Ann}]}", "kids.people"),
        ("{people: '{{ [m for m in members] }}'}", "kids.people"),
        ("{people: '{{ members }}'}", "reversed(kids.people)"),
    ],
)
async def test_records_without_a_key_are_refused(values: str, for_each: str) -> None:
    """The author is told when the definition is loaded, and how to mend it, and not by people whose answers went."""
    kids = f"  - {{id: kids, type: set, values: {values or '{people: 1}'}}}\n"
    text = FAMILY.replace("  - {id: schools", f"{kids}  - {{id: schools", 1)
    text = text.replace('"[m for m in members if m.who.age < 18]"', f'"{for_each}"')
    with pytest.raises(DefinitionError, match=r"say what each is known by, like `key: item\.id`"):
        await make_test_engine(text)
    key = "item.who.name" if "members }}" in values or "in members]" in values else "item.name"
    await make_test_engine(text.replace(f'"{for_each}"', f'"{for_each}", key: {key}'))


@pytest.mark.parametrize(
    ("repeat", "message"),
    [
        ("{times: 2, key: item}", "`key` tells the elements of a `for_each` apart; this repeat has none"),
        ("{for_each: members, key: members}", "`key` is computed of the element alone"),
        ("{for_each: members, key: '1'}", "`key` is computed of the element alone"),
    ],
)
async def test_a_key_is_of_the_element(repeat: str, message: str) -> None:
    """A key that is the same for all elements, or that nothing uses, is a mistake of the author."""
    text = FAMILY.replace('{for_each: "[m for m in members if m.who.age < 18]"}', repeat)
    with pytest.raises(DefinitionError, match=message):
        await make_test_engine(text)


@pytest.mark.parametrize("database", [False, True])
async def test_items_are_known_after_a_restart(database: bool, tmp_path: Path) -> None:
    """What the numbers of a run's paths stand for is stored with it, and stays when it is completed and reopened."""
    store = SqliteStore(tmp_path / "runs.db") if database else MemoryStore()
    await store.open()
    engine = await make_test_engine(ROTA.replace("id: rota", "id: rota\nreopen: true"), store=store)
    person = Person(engine, await engine.start("rota", session={"people": ["Ann", "Bo"]}))
    for answer in (1, 2):
        await person.says(answer)
    await person.says()
    assert person.completed
    await person.reloads()
    assert [line.title for line in person.run.path][:2] == ["Ann", "Bo"]
    await engine.amend(person.run, session={"people": ["Bo", "Ann"]})
    await person.goes_back(to="each/1/hours")
    await person.reloads()
    person.sees(title="Ann", values={"hours": 1})
    await engine.close()


async def test_no_value_is_in_a_path() -> None:
    """Paths are in addresses, logs and columns that aren't encrypted: what people answered has no place there."""
    person, _ = await a_trip("Bern Geneva Basel", 1, 2, 3)
    assert person.path[1:3] == ["nights/1/stay", "nights/1/book"]
    assert not any(town in path for path in person.run.run.parked for town in ("Bern", "Geneva", "Basel"))
    assert "Bern" not in repr(dict(person.run.run.parked))
    assert person.run.run.parked != NOTHING
