"""What comes along of a run that is migrated: embedded workflows, lists, loops, documents, files, events."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.kinds import KINDS
from tests.migrations import House, only, stands
from tests.unit.engine.test_migrating import TRIP, Desk, desk, house, office
from wizard.model.migrating import Names, Result

__all__ = ["desk", "house", "office"]  # fixtures


PERSON = """
id: person
nodes:
  - {id: name, type: form, fields: [{name: first, label: First name}]}
  - {id: age, type: form, fields: [{name: years, type: integer, label: Age}]}
"""
FAMILY = """
id: trip
nodes:
  - {id: who, type: form, fields: [{name: names, type: text, label: Names}]}
  - {id: each, type: workflow, workflow: person, repeat: {for_each: 'split(who.names, ",")'}}
  - {id: done, type: end}
"""


async def test_steps_of_an_embedded_workflow_come_along(house: House) -> None:
    """Or everybody inside a part would be held back by a change of that part."""
    await house.deploys(PERSON, "person")
    outer = FAMILY.replace(", repeat: {for_each: 'split(who.names, \",\")'}", "")
    await house.deploys(outer)
    run = await house.begins({"names": "x"}, {"first": "Ann"})
    assert await stands(house, run) == ("each/age", "waiting")
    await house.deploys(PERSON.replace("id: name,", "id: called,").replace("name: first", "name: given"), "person")
    await house.deploys(outer)
    names = Names({"each/name": "each/called"}, {"each/name.first": "each/called.given"})
    assert (await only(house, names=names)).result is Result.CONTINUE
    view = await house.engine.load(run.id)
    assert view.answers["each"] == {"called": {"given": "Ann"}}


async def test_items_of_a_list_keep_their_answers(house: House) -> None:
    """The answers of one person must never become another's (S13)."""
    await house.deploys(PERSON, "person")
    family = FAMILY.replace(
        "type: text, label: Names", "type: choices, label: Names, choices: [Ann, Bob, Cleo]"
    ).replace("'split(who.names, \",\")'", "who.names")
    await house.deploys(family)
    run = await house.begins({"names": ["Ann", "Bob"]}, {"first": "A"}, {"years": 1}, {"first": "B"})
    assert await stands(house, run) == ("each/2/age", "waiting")
    await house.deploys(PERSON.replace("First name", "Given name"), "person")
    await house.deploys(family.replace("id: each", "id: people"))
    verdict = await only(house, names=Names({"each": "people"}))
    assert (verdict.result, verdict.then) == (Result.CONTINUE, "people/2/age")
    view = await house.engine.load(run.id)
    await house.engine.change(view, "who", {"names": ["Bob", "Ann"]})
    assert view.answers["people"]["2"] == {"name": {"first": "B"}}


async def test_the_page_of_a_list_is_asked_where_there_was_none(house: House) -> None:
    """A list that may end sooner now would hold back everybody who is in it."""
    await house.deploys(PERSON, "person")
    family = FAMILY.replace("{for_each: 'split(who.names, \",\")'}", "{min: 4}")
    await house.deploys(family)
    run = await house.begins({"names": "x"}, {"first": "A"}, {"years": 1})
    assert await stands(house, run) == ("each/2/name", "waiting")
    await house.deploys(family.replace("min: 4", "min: 0"))
    verdict = await only(house)
    assert (verdict.result, verdict.then) == (Result.ASK, "each/after-0")
    view = await house.engine.load(run.id)
    assert view.current is not None
    assert [field.name for field in view.current.fields] == ["add_another"]
    await house.engine.next(view, {"add_another": True})
    assert await stands(house, run) == ("each/after-1", "waiting")
    await house.engine.next(await house.engine.load(run.id), {"add_another": True})
    assert await stands(house, run) == ("each/2/name", "waiting")


async def test_a_profile_that_steps_have_changed_comes_along(house: House) -> None:
    """What a step set is its own, and is saved when the run ends."""
    text = TRIP.replace(
        "  - id: place\n", "  - {id: note, type: set, values: {profile.name: '{{ who.name }}'}}\n  - id: place\n", 1
    )
    await house.deploys(text)
    run = await house.begins({"name": "Ann"}, profile_id="p-1")
    await house.deploys(text.replace("id: who", "id: person").replace("who.name", "person.name"))
    assert (await only(house)).result is Result.CONTINUE
    run = await house.engine.load(run.id)
    await house.engine.next(run, {"town": "Bern"})
    await house.engine.next(run, {"day": 1})
    assert (await house.store.document("profile", "p-1")).fields == {"name": "Ann"}


async def test_what_only_computes_is_computed_anew(house: House) -> None:
    """A rule that was mended counts for those who are on their way as well."""
    text = TRIP.replace(
        "  - id: place\n", "  - {id: note, type: set, values: {session.mark: '{{ who.name }}'}}\n  - id: place\n", 1
    )
    await house.deploys(text)
    run = await house.begins({"name": "Ann"})
    await house.deploys(text.replace("'{{ who.name }}'", "'{{ who.name }}!'"))
    assert (await only(house)).result is Result.CONTINUE
    step = (await house.stored(run)).by_path["note"]
    assert dict(step.patch) == {("session", "mark"): "Ann!"}


async def test_a_default_of_a_new_input_is_filled_in(house: House) -> None:
    """Expressions of the new version read what the caller never knew of."""
    await house.deploys(TRIP.replace("nodes:", "input: {start: {type: text, default: Bern}}\nnodes:", 1))
    run = await house.begins({"name": "Ann"})
    more = "input: {start: {type: text, default: Bern}, goal: {type: text, default: Chur}}\nnodes:"
    await house.deploys(TRIP.replace("nodes:", more, 1))
    assert (await only(house)).result is Result.CONTINUE
    assert dict((await house.stored(run)).input) == {"start": "Bern", "goal": "Chur"}
    await house.deploys(TRIP.replace("nodes:", "input: {start: {type: text}, whom: {type: text}}\nnodes:", 1))
    assert (await only(house)).result is Result.STUCK


async def test_a_file_comes_along_to_its_new_name(house: House) -> None:
    """Nobody uploads a letter twice because its field is called otherwise."""
    text = TRIP.replace("{name: name, label: Name}", "{name: scan, type: file, label: Scan}")
    await house.deploys(text)
    scan = {"name": "scan.txt", "type": "text/plain", "content": b"hello"}
    run = await house.begins({"scan": scan}, {"town": "Bern"})
    kept = (await house.stored(run)).by_path["who"].output
    assert kept is not None
    await house.deploys(text.replace("id: who", "id: person").replace("name: scan", "name: letter"))
    assert (await only(house, names=Names({"who": "person"}))).result is Result.CONTINUE
    step = (await house.stored(run)).by_path["person"]
    assert (step.output, step.state) == ({"letter": kept["scan"]}, {"files": {"letter": kept["scan"]}})
    view = await house.engine.load(run.id)
    await house.engine.change(view, "person", {})
    assert await stands(house, run) == ("when", "waiting")
    (file,) = await house.store.files(run.id)
    assert file.content == b"hello"


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_answers_of_steps_that_left_the_path_come_along(kind: str, tmp_path: Path) -> None:
    """Whoever comes to the page again finds what they had typed there once (S13)."""
    cases = "[{when: 'who.name == \"x\"', goto: when}, {goto: place}]"
    which = f"  - {{id: which, type: condition, cases: {cases}}}\n"
    text = TRIP.replace("  - id: place\n", f"{which}  - id: place\n")
    async with KINDS[kind](tmp_path) as store:
        house = House(store)
        await house.deploys(text)
        run = await house.begins({"name": "Ann"}, {"town": "Chur"})
        await house.engine.change(run, "who", {"name": "x"})
        assert set((await house.stored(run)).parked) == {"place"}
        await house.deploys(text.replace("goto: place", "goto: goal").replace("id: place", "id: goal"))
        assert (await only(house)).result is Result.CONTINUE
        assert set((await house.stored(run)).parked) == {"goal"}
        view = await house.engine.load(run.id)
        await house.engine.change(view, "who", {"name": "Ann"})
        assert view.current is not None
        assert (view.current.step, view.current.fields[0].value) == ("goal", "Chur")


async def test_an_event_closes_what_it_closed(house: House) -> None:
    """A page that an event has closed isn't asked again, and an event that nobody took stays in the queue (S24)."""
    text = TRIP.replace("  - id: place\n", "  - id: place\n    event: {name: paid, goto: when}\n")
    await house.deploys(text)
    run = await house.begins({"name": "Ann"})
    await house.engine.event(run, "paid")
    await house.engine.event(run, "paid", {"more": 1})
    assert await stands(house, run) == ("when", "waiting")
    await house.deploys(text.replace("label: Name", "label: Your name"))
    assert (await only(house)).result is Result.CONTINUE
    stored = await house.stored(run)
    assert stored.by_path["place"].is_closed
    assert [arrival.name for arrival in stored.arrivals] == ["paid"]


# -- loops and repeats -----------------------------------------------------------------------------

LOOP = """
id: trip
nodes:
  - {id: ask, type: form, fields: [{name: more, type: boolean, label: More?}]}
  - {id: which, type: condition, cases: [{when: ask.more, goto: ask}, {goto: end}]}
  - {id: end, type: form, fields: [{name: x, label: X}]}
""".replace("id: end", "id: last").replace("goto: end", "goto: last")


async def test_a_run_of_any_length_is_gone_through(house: House) -> None:
    """A turn comes through a thousand nodes at most, and a run through as many as somebody likes (S17, S18)."""
    await house.deploys(LOOP)
    run = await house.begins()
    for _ in range(600):
        await house.engine.next(run, {"more": True})
    await house.deploys(
        LOOP.replace("label: X", "label: Another").replace("id: ask", "id: again").replace("ask", "again")
    )
    verdict = await only(house, names=Names({"ask": "again"}))
    assert (verdict.result, verdict.at, verdict.then) == (Result.CONTINUE, "ask~601", "again~601")
    run = await house.engine.load(run.id)
    await house.engine.next(run, {"more": False})
    assert await stands(house, run) == ("last", "waiting")


async def test_a_household_comes_along_with_who_was_taken_out(house: House) -> None:
    """Who was taken out stays out, and nobody gets the answers of another."""
    await house.deploys(PERSON, "person")
    household = FAMILY.replace("{for_each: 'split(who.names, \",\")'}", "{min: 1, add_another: More?}")
    await house.deploys(household)
    run = await house.begins({"names": "x"})
    for number in range(3):
        await house.engine.next(run, {"first": f"P{number}"})
        await house.engine.next(run, {"years": number})
        if number < 2:
            await house.engine.next(run, {"add_another": True})
    await house.engine.remove_item(run, "each/2")
    assert await stands(house, run) == ("each/after-3", "waiting")
    await house.deploys(PERSON.replace("id: age", "id: years"), "person")
    await house.deploys(household.replace("id: each", "id: people"))
    verdict = await only(house, names=Names({"each": "people", "each/age": "people/years"}))
    assert (verdict.result, verdict.then) == (Result.CONTINUE, "people/after-3")
    view = await house.engine.load(run.id)
    assert view.current is not None
    assert [item.step for item in view.current.items] == ["people/1/name", "people/3/name"]
    people = view.answers["people"]
    assert isinstance(people, dict)
    assert {number: answers["name"] for number, answers in people.items() if number.isdigit()} == {
        "1": {"first": "P0"},
        "3": {"first": "P2"},
    }


async def test_work_in_a_part_that_is_handed_more_counts(office: House, desk: Desk) -> None:
    """What it read is as it was: that is what tells whether it has to be done again (S10)."""
    part = "id: part\nnodes:\n  - {id: book, type: python, function: book, arguments: {name: '{{ input.name }}'}}\n"
    trip = TRIP.replace(
        "  - id: place\n",
        "  - {id: book, type: workflow, workflow: part, with: {name: '{{ who.name }}'}}\n  - id: place\n",
    )
    await office.deploys(part, "part")
    await office.deploys(trip)
    await office.begins({"name": "Ann"})
    await office.deploys(trip.replace("with: {", "with: {more: 1, "))
    assert (await only(office)).result is Result.CONTINUE
    await office.deploys(trip.replace("'{{ who.name }}'", "'{{ who.name }}!'"))
    assert (await only(office)).result is Result.STUCK
    assert desk.booked == ["Ann"]
