"""Answers are read back as the form asked them: whose they are can be told, and they can be kept to the end."""

from __future__ import annotations

from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.channels.web.sections import as_text, sections
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.testing import Person, make_test_engine

RENT = {
    "id": "rent",
    "title": "Rent",
    "nodes": [
        {"id": "you", "type": "form", "title": "About you", "fields": [{"name": "name"}, {"name": "email"}]},
        {"id": "landlord", "type": "form", "title": "Your landlord", "fields": [{"name": "name"}, {"name": "email"}]},
        {"id": "check", "type": "review", "title": "Check your answers", "final": True},
        {"id": "done", "type": "end", "title": "You can't rent this", "kind": "refusal"},
    ],
}
WHO = {
    "id": "one",
    "nodes": [
        {
            "id": "who",
            "type": "form",
            "title": "Who is it?",
            "fields": [{"name": "name"}, {"name": "pin", "type": "password"}],
        }
    ],
}
HOUSE = {
    "id": "house",
    "title": "House",
    "nodes": [
        {
            "id": "people",
            "type": "workflow",
            "workflow": "one",
            "title": "Your household",
            "repeat": {"item": "Person"},
        },
        {"id": "first", "type": "workflow", "workflow": "one", "title": "First reference"},
        {"id": "second", "type": "workflow", "workflow": "one", "title": "Second reference"},
        {"id": "check", "type": "review", "title": "Check"},
        {"id": "done", "type": "end", "title": "Sent"},
    ],
}
ANN = {"name": "Ann", "pin": "secret1"}


async def a_rent() -> tuple[Engine, RunView]:
    engine = await make_test_engine(RENT)
    run = await engine.start("rent")
    await engine.next(run, {"name": "Ann", "email": "ann"})
    await engine.next(run, {"name": "Bob", "email": "bob"})
    return engine, run


async def a_house() -> tuple[Engine, RunView]:
    engine = await make_test_engine(HOUSE, WHO)
    run = await engine.start("house")
    for answers in (ANN, {"add_another": True}, {**ANN, "name": "Bob"}, {"add_another": False}, ANN, ANN):
        await engine.next(run, answers)
    return engine, run


async def test_equal_questions_stand_below_the_pages_that_asked_them() -> None:
    """Whoever checks two email addresses has to see whose is whose, and a list of links says it as well."""
    _, run = await a_rent()
    listed = sections(run.current.items)
    assert [(each.heading, [(line.value, of) for line, of in each.rows]) for each in listed] == [
        ("About you", [("Ann", "About you"), ("ann", "About you")]),
        ("Your landlord", [("Bob", "Your landlord"), ("bob", "Your landlord")]),
    ]


async def test_parts_of_a_form_have_headings_and_links_of_their_own() -> None:
    """Two uses of one embedded workflow, and the items of a list, are told apart by what they are called."""
    _, run = await a_house()
    listed = sections(run.current.items)
    assert [(each.part, each.heading, each.unseen) for each in listed] == [
        ("Person 1", "Who is it?", False),
        ("Person 2", "Who is it?", False),
        ("", "Your household", True),
        ("First reference", "Who is it?", False),
        ("Second reference", "Who is it?", False),
    ]
    links = [(line.label, of) for each in listed for line, of in each.rows]
    assert len(links) == len(set(links)) == 9
    assert ("Name", "Person 2, Who is it?") in links


async def test_answers_in_one_frame_are_told_below_a_heading_that_is_true_of_all() -> None:
    """Who listens heard how many cars there are below the heading “Rooms”."""
    repeat = {"type": "workflow", "workflow": "one", "repeat": {"min": 0}}
    nodes = [
        {"id": "who", "type": "form", "title": "About you", "fields": [{"name": "name"}, {"name": "age"}]},
        {"id": "rooms", "title": "Rooms", **repeat},
        {"id": "cars", "title": "Cars", **repeat},
        {"id": "check", "type": "review"},
    ]
    person = await Person.starts(await make_test_engine({"id": "m", "nodes": nodes}, WHO), "m")
    await person.says(name="Ann", age="41")
    await person.says(add_another=False)
    await person.says(add_another=False)
    listed = [(each.heading, each.unseen) for each in sections(person.prompt.items)]
    assert listed == [("About you", False), ("Rooms, Cars", True)]


async def test_a_list_can_be_added_to_from_the_review() -> None:
    """Whoever sees there that somebody is missing needn't go back through everything."""
    engine, run = await a_house()
    (line,) = [item for item in run.current.items if item.label == "Your household"]
    assert (line.value, line.step) == ("2", "people/after-2")
    await engine.change(run, "people/after-2", {"add_another": True})
    assert run.step == "people/3/who"
    await engine.next(run, {**ANN, "name": "Cy"})
    await engine.next(run, {"add_another": False})
    assert run.step == "check"
    assert [item.value for item in run.current.items if item.label == "Your household"] == ["3"]


async def test_items_of_a_list_are_called_what_they_are() -> None:
    """Not 1 and 2: an element that is a text names its item, and `item` names any other."""
    nodes = [
        {"id": "towns", "type": "workflow", "workflow": "one", "repeat": {"for_each": "['Bern', 'Basel']"}},
        {
            "id": "pets",
            "type": "workflow",
            "workflow": "one",
            "repeat": {
                "for_each": "[{'id': 7, 'called': 'Rex'}]",
                "key": "item.id",
                "item": "The pet {{ item.called }}",
            },
        },
        {"id": "check", "type": "review"},
    ]
    engine = await make_test_engine({"id": "m", "nodes": nodes}, WHO)
    run = await engine.start("m")
    for _ in range(3):
        await engine.next(run, ANN)
    assert [each.part for each in sections(run.current.items)] == ["Bern", "Basel", "The pet Rex"]


async def test_equal_pages_without_names_around_them_are_numbered() -> None:
    """An author who gives two uses of a workflow no title still gets links that differ."""
    nodes = [{"id": each, "type": "workflow", "workflow": "one"} for each in ("a", "b")]
    engine = await make_test_engine({"id": "m", "nodes": [*nodes, {"id": "check", "type": "review"}]}, WHO)
    run = await engine.start("m")
    await engine.next(run, ANN)
    await engine.next(run, ANN)
    assert [each.heading for each in sections(run.current.items)] == ["Who is it?", "Who is it? 2"]


async def test_answers_are_there_to_keep_after_a_final_review() -> None:
    """The review can't be changed any more, and who sent it wants to know what was sent."""
    engine, _ = await a_rent()
    async with visiting(wizard_app(engine)) as visitor:
        await visitor.opens("/w/rent")
        await visitor.presses("next")
        await visitor.fills(name="Ann", email="ann").presses("next")
        await visitor.fills(name="Bob", email="bob").presses("next")
        await visitor.presses("next")
        assert visitor.page.heading == "You can't rent this"
        assert "This can’t continue" in visitor.page.text
        await visitor.follows("Read, print or download your answers")
        assert visitor.page.heading == "Your answers"
        assert "Your landlord" in visitor.page.text
        assert "Change" not in visitor.page.text
        await visitor.follows("Download your answers as a text file")
        assert visitor.page.headers["Content-Disposition"].startswith("attachment;")


async def test_a_copy_holds_no_password_and_only_the_visit_that_counts() -> None:
    """It is printed and sent around."""
    engine, run = await a_house()
    await engine.change(run, "first/who", {"name": "Dee", "pin": "secret2"})
    text = as_text("House", run.summary())
    assert "secret" not in text
    assert text.count("Dee") == 1
    assert text.splitlines()[:5] == ["House", "", "Person 1", "Who is it?", "Name: Ann"]


async def test_how_a_run_ends_is_told_to_programs() -> None:
    """A program that shows its own last page must not show a tick for a refusal."""
    engine, run = await a_rent()
    await engine.next(run)
    assert (run.current.ends, run.current.kind) == (True, "refusal")


DOGS = """
id: hunde
title: Hunde
language: de-DE
nodes:
  - {id: dogs, type: workflow, workflow: hund, title: Ihre Hunde, repeat: {item: Hund}}
---
id: hund
nodes:
  - {id: who, type: form, title: "Hund {{ input.index }}", fields: [{name: name}, {name: chip, required: false}]}
  - {id: more, type: form, title: Futter, fields: [{name: brand}, {name: price, required: false}]}
"""


async def test_a_page_that_is_called_as_its_part_is_named_once() -> None:
    """An item's first page usually bears its name: the heading stood there twice, one below the other."""
    engine = await make_test_engine(DOGS)
    run = await engine.start("hunde")
    for answers in ({"name": "Rex"}, {"brand": "Bio"}):
        await engine.next(run, answers)
    listed = sections(run.summary())
    assert [(each.part, each.heading) for each in listed][:2] == [("Hund 1", ""), ("", "Futter")]
    assert [of for _, of in listed[0].rows] == ["Hund 1", "Hund 1"]


async def test_the_copy_as_a_file_is_in_the_language_of_the_run() -> None:
    """It goes to an office that reads German."""
    async with visiting(wizard_app(await make_test_engine(DOGS)), "/w/hunde") as visitor:
        await visitor.presses("next")
        await visitor.fills(name="Rex").presses("next")
        await visitor.fills(brand="Bio").presses("next")
        await visitor.fills(add_another=False).presses("next")
        await visitor.follows("Ihre Angaben lesen")
        link = visitor.page.links["Ihre Angaben als Textdatei herunterladen"]
        async with visitor.session.get(visitor.address(link)) as file:
            assert "Chip: Keine Angabe\n" in await file.text()
