"""Live runs move to another version of their workflow: where they stand then, and why some can't."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.migrations import House, only, results, stands
from wizard.errors import InvalidInput
from wizard.model.migrating import Names, Renamed, Result, Verdict
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


# -- names -----------------------------------------------------------------------------------------


async def test_answers_follow_a_node_and_a_field_to_their_new_names(house: House) -> None:
    """Or a tidier name would cost everybody their answers, kept ones and half-typed ones included."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "Ann"}, {"town": "Chur"})
    await house.engine.previous(run, draft={"day": "thr"})
    await house.deploys(
        TRIP.replace("id: when", "id: date").replace("name: day", "name: number").replace("id: who", "id: person")
    )
    names = Names({"when": "date"}, {"when.day": "date.number"})

    page = await house.migrates(names=names)

    assert page.renamed == (
        Renamed("node", "when", "date", False),
        Renamed("node", "who", "person", True),
        Renamed("field", "when.day", "date.number", False),
    )
    assert await stands(house, run) == ("place", "waiting")
    stored = await house.stored(run)
    assert [step.path for step in stored.steps] == ["person", "place", "date"]
    assert stored.steps[2].draft == {"number": "thr"}


async def test_a_field_is_guessed_by_its_label_and_told(house: House) -> None:
    """A guess that nobody sees is a guess that nobody can correct."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "Ann"})
    await house.deploys(TRIP.replace("{name: name, label: Name}", "{name: full_name, label: Name}"))
    page = await house.migrates()
    assert page.renamed == (Renamed("field", "who.name", "who.full_name", True),)
    assert (await house.engine.load(run.id)).answers == {"who": {"full_name": "Ann"}}


@pytest.mark.parametrize(
    "names", [Names({"who": "nobody"}), Names({"nobody": "who"}), Names({}, {"who.x": "who.name"})]
)
async def test_a_name_that_there_is_not_is_refused(names: Names, house: House) -> None:
    """A slip in a mapping would lose the answers that it is about."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "Ann"})
    await house.deploys(TRIP.replace("label: Day", "label: When?"))
    before = await house.stored(run)
    with pytest.raises(InvalidInput):
        await house.migrates(names=names)
    assert await house.stored(run) == before


async def test_names_of_several_versions_are_given_at_once(house: House) -> None:
    """The runs of one page are seldom on all versions, and whoever calls again has moved some already: the same order
    would be refused for the others."""
    await house.deploys(TRIP)
    await house.begins({"name": "Ann"})
    await house.deploys(TRIP.replace("who", "whom").replace("name: name", "name: called"))
    await house.begins({"called": "Bob"})
    await house.deploys(TRIP.replace("who", "person").replace("name: name", "name: full").replace("Name}", "All}"))
    names = Names({"who": "person", "whom": "person"}, {"who.name": "person.full", "whom.called": "person.full"})
    first = await house.migrates(names=names, limit=1)
    second = await house.migrates(names=names, limit=1, before=first.following)
    for page in (first, second):
        assert [verdict.result for verdict in page.verdicts] == [Result.CONTINUE]
    with pytest.raises(InvalidInput, match="`nobody` can't"):
        await house.migrates(names=Names({"nobody": "who"}), to=1)


async def test_a_field_of_another_type_loses_its_answer(house: House) -> None:
    """A text where a number belongs would fail whoever computes with it."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "4"}, {"town": "Bern"})
    await house.deploys(TRIP.replace("{name: name, label: Name}", "{name: name, type: integer, label: Name}"))
    assert await only(house) == Verdict(
        run.id, "when", "who", Result.ASK, "The answer to `who` doesn't hold in the new version."
    )
    view = await house.engine.load(run.id)
    assert view.current is not None
    assert view.current.fields[0].value is None


# -- what can't go along ---------------------------------------------------------------------------


async def test_a_run_at_a_node_that_is_gone_is_stuck(house: House) -> None:
    """Nobody can tell where it belongs then; it goes on as it began."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "Ann"})
    await house.deploys(TRIP.replace("id: place", "id: goal").replace("town", "city"))
    verdict = await only(house)
    assert (verdict.result, verdict.then) == (Result.STUCK, None)
    assert "`place`" in verdict.why
    await house.engine.next(run, {"town": "Bern"})
    assert await stands(house, run) == ("when", "waiting")


async def test_a_page_that_the_new_version_cannot_show_holds_a_run_back(house: House) -> None:
    """Whoever stands there would find an error in the place of the page, though the dry run promised otherwise."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "Ann"})
    await house.deploys(TRIP.replace("id: place\n", "id: place\n    title: '{{ who.name + 1 }}'\n"))
    verdict = await only(house)
    assert (verdict.result, verdict.why) == (Result.STUCK, "`place` can't be shown in the new version.")
    assert await stands(house, run) == ("place", "waiting")


WORK = """
id: trip
nodes:
  - {id: who, type: form, fields: [{name: name, label: Name}]}
  - {id: book, type: python, function: book, arguments: {name: '{{ who.name }}'}%s}
  - {id: when, type: form, fields: [{name: day, type: integer, label: Day}]}
  - {id: done, type: end}
"""


class Desk:
    """Books, or fails, or takes its time."""

    def __init__(self) -> None:
        self.booked: list[str] = []
        self.fails = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def book(self, name: str) -> Mapping[str, Any]:
        if self.fails:
            raise ValueError(name)
        await self.gate.wait()
        self.booked.append(name)
        return {"number": len(self.booked)}

    def unbook(self, output: object) -> None:
        self.booked.pop()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def office(desk: Desk) -> House:
    return House(MemoryStore(), {"book": desk.book, "unbook": desk.unbook})


async def test_work_that_was_done_is_not_done_again(office: House, desk: Desk) -> None:
    """A migration that books a second time costs somebody money."""
    await office.deploys(WORK % "")
    run = await office.begins({"name": "Ann"})
    await office.deploys((WORK % "").replace("id: who", "id: person").replace("who.name", "person.name"))
    assert (await only(office)).result is Result.CONTINUE
    assert (await office.engine.load(run.id)).run.by_path["book"].output == {"number": 1}
    await office.engine.previous(run)
    await office.engine.next(run, {"name": "Ann"})
    assert desk.booked == ["Ann"]


AGAIN = "  - {id: again, type: python, function: book, arguments: {name: '{{ who.name }}'}}\n"


@pytest.mark.parametrize(
    "text",
    [
        (WORK % "").replace("'{{ who.name }}'", "'{{ who.name }}!'"),
        (WORK % "").replace("  - {id: when", AGAIN + "  - {id: when"),
    ],
    ids=["with another input", "a new piece"],
)
async def test_work_that_would_be_done_otherwise_holds_a_run_back(text: str, office: House, desk: Desk) -> None:
    """What the next node counts on was never done, and a migration does nothing outside."""
    await office.deploys(WORK % "")
    await office.begins({"name": "Ann"})
    await office.deploys(text)
    verdict = await only(office)
    assert verdict.result is Result.STUCK
    assert "would have to be done" in verdict.why
    assert desk.booked == ["Ann"]


async def test_what_would_have_to_be_undone_holds_a_run_back(office: House, desk: Desk) -> None:
    """The booking stands, and nobody who could take it back is left in the new version."""
    await office.deploys(WORK % ", undo: unbook")
    await office.begins({"name": "Ann"})
    await office.deploys(
        (WORK % "").replace("  - {id: book, type: python, function: book, arguments: {name: '{{ who.name }}'}}\n", "")
    )
    verdict = await only(office)
    assert (verdict.result, verdict.why) == (
        Result.STUCK,
        "What `book` did would have to be undone, which a migration doesn't.",
    )
    assert desk.booked == ["Ann"]


async def test_work_that_leaves_nothing_to_undo_may_go(office: House) -> None:
    """A look-up that nobody needs any more would hold everybody back for nothing."""
    await office.deploys(WORK % "")
    run = await office.begins({"name": "Ann"})
    await office.deploys(
        (WORK % "").replace("  - {id: book, type: python, function: book, arguments: {name: '{{ who.name }}'}}\n", "")
    )
    assert (await only(office)).result is Result.CONTINUE
    assert [step.path for step in (await office.stored(run)).steps] == ["who", "when"]


async def test_a_run_that_failed_goes_on_with_what_was_mended(office: House, desk: Desk) -> None:
    """Most migrations are made for these: the definition was wrong, and people wait for the right one."""
    desk.fails = True
    await office.deploys(WORK % "")
    run = await office.begins({"name": "Ann"})
    assert await stands(office, run) == ("book", "failed")
    await office.deploys((WORK % "").replace("'{{ who.name }}'", "'{{ who.name }}!'"))
    tried = (await office.stored(run)).by_path["book"].visit
    assert (await only(office)).result is Result.CONTINUE
    assert (await office.stored(run)).by_path["book"].visit > tried, "another input has another idempotency key (S21)"
    desk.fails = False
    run = await office.engine.load(run.id)
    await office.engine.next(run)
    assert (desk.booked, await stands(office, run)) == (["Ann!"], ("when", "waiting"))


async def test_work_under_way_holds_a_run_back(office: House, desk: Desk) -> None:
    """Its result belongs to the version that it was begun in."""
    desk.gate.clear()
    await office.deploys(WORK % ", slow: true")
    run = await office.begins({"name": "Ann"})
    working = asyncio.ensure_future(office.works())
    while not (await office.stored(run)).steps[-1].claim:
        await asyncio.sleep(0.001)
    await office.deploys((WORK % ", slow: true").replace("label: Day", "label: When?"))
    verdict = await only(office)
    assert (verdict.result, verdict.why) == (Result.STUCK, "Work is under way. Try again when it is done.")
    desk.gate.set()
    await working
    assert (await only(office)).result is Result.CONTINUE
    assert desk.booked == ["Ann"]


async def test_what_is_final_stays_passed(house: House) -> None:
    """Nobody is asked again for what was sent off already (S7)."""
    text = TRIP.replace("  - id: place\n", "  - id: place\n    final: true\n")
    await house.deploys(text)
    run = await house.begins({"name": "Ann"}, {"town": "Bern"})
    await house.deploys(text.replace("label: Name}]", "label: Name}, {name: age, type: integer}]"))
    verdict = await only(house)
    assert verdict.result is Result.STUCK
    assert "`place`, which is final" in verdict.why
    assert await stands(house, run) == ("when", "waiting")


# -- waits, deadlines, events ----------------------------------------------------------------------

WAIT = """
id: trip
nodes:
  - {id: who, type: form, fields: [{name: name, label: Name}]}
  - {id: rest, type: wait, for: 2d}
  - {id: when, type: form, fields: [{name: day, type: integer, label: Day}]}
"""


async def test_a_wait_goes_on_as_long_as_it_was_to(house: House) -> None:
    """Or whoever waits would wait for ever: the job that wakes the run up has to find it."""
    await house.deploys(WAIT)
    run = await house.begins({"name": "Ann"})
    await house.deploys(WAIT.replace("label: Day", "label: Which day?"))
    assert (await only(house)).result is Result.CONTINUE
    assert await house.works(days=1) == 0
    await house.works(days=1)
    assert await stands(house, run) == ("when", "waiting")
    view = await house.engine.load(run.id)
    assert view.current is not None
    assert view.current.fields[0].label == "Which day?"


async def test_a_wait_that_is_another_one_now_holds_a_run_back(house: House) -> None:
    """Nobody can say how much of the old time counts."""
    await house.deploys(WAIT)
    await house.begins({"name": "Ann"})
    await house.deploys(WAIT.replace("2d", "3d"))
    assert (await only(house)).result is Result.STUCK


async def test_who_is_asked_before_a_wait_and_comes_back_waits_as_before(house: House) -> None:
    """The run was woken up by a job that a migration took away."""
    await house.deploys(WAIT)
    run = await house.begins({"name": "Ann"})
    await house.deploys(WAIT.replace("label: Name}]", "label: Name}, {name: age, type: integer}]"))
    assert (await only(house)).result is Result.ASK
    assert await stands(house, run) == ("who", "waiting")
    assert results(await house.migrates(back=True)) == {run.id: Result.CONTINUE}
    assert await stands(house, run) == ("rest", "working")
    await house.works()
    assert await stands(house, run) == ("rest", "working")
    await house.works(days=2)
    await house.works()
    assert await stands(house, run) == ("when", "waiting")


async def test_a_deadline_of_the_page_stays(house: House) -> None:
    """Whoever was given two days has two days."""
    text = TRIP.replace("  - id: when\n", "  - id: when\n    remind_after: {after: 2d, goto: done}\n")
    await house.deploys(text)
    run = await house.begins({"name": "Ann"}, {"town": "Bern"})
    await house.deploys(text.replace("label: Day", "label: When?"))
    assert (await only(house)).result is Result.CONTINUE
    await house.works(days=2)
    assert (await house.engine.load(run.id)).status.value == "completed"


async def test_what_was_passed_because_time_was_over_is_not_asked(house: House) -> None:
    """The form was left unanswered, and nobody's answer is missing."""
    text = TRIP.replace("  - id: place\n", "  - id: place\n    remind_after: {after: 2d, goto: when}\n")
    await house.deploys(text)
    run = await house.begins({"name": "Ann"})
    await house.works(days=2)
    assert await stands(house, run) == ("when", "waiting")
    await house.deploys(text.replace("label: Name", "label: Your name"))
    assert (await only(house)).result is Result.CONTINUE
