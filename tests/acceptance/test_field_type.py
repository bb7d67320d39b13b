"""A package with a field type, as the documentation shows one: it is asked, checked, shown and stored on every channel
as a built-in one is, and nothing of the engine has heard of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from tests.pages import page
from tests.plugins import PlugIn
from tests.unit.channels.typed import talk
from tests.unit.shell import Shell
from tests.visitor import visiting
from wizard.app import load_catalog, make_engine, open_store, wizard_app
from wizard.engine import Engine
from wizard.errors import DefinitionError, WorkflowUnavailable
from wizard.node import Registry
from wizard.settings import Settings
from wizard.testing import Person, make_test_engine

RATINGS = next(block.text for block in page("writing-fields.md").blocks if block.text.startswith("# ratings.py"))
STAY = """
id: stay
nodes:
  - id: rating
    type: form
    title: Your stay
    fields:
      - {name: room, type: rating, label: How was your room?, most: 4}
      - {name: again, type: rating, label: And the food?, required: false, default: 2}
      - {name: why, label: What was wrong?, show_if: room < 2}
  - {id: check, type: review}
  - {id: done, type: end, title: "{{ rating.room }} of 4"}
"""
WANTED = "Your answer to “How was your room?” must be a number of stars, from 1 to 4"


@pytest.fixture
def ratings(plugin: PlugIn) -> Iterator[PlugIn]:
    """The package of the documentation."""
    package = PlugIn(plugin.folder, "wizard-ratings")
    package.install(RATINGS, types={}, fields={"rating": "RATING"})
    yield package
    package.uninstall()


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    folder = tmp_path / "forms"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", list(sys.path))
    shell = Shell(folder, capsys, monkeypatch)
    shell.file("stay.yaml", STAY)
    return shell


async def asking() -> Engine:
    return await make_test_engine(STAY)


# -- definitions -----------------------------------------------------------------------------------


def test_an_author_is_told_of_its_settings_as_of_any_others(ratings: PlugIn, shell: Shell) -> None:
    """A slip in a setting of a package's type is named with its line, and so is another engine's key."""
    assert shell.types("check stay.yaml") == 0
    shell.file("stay.yaml", STAY.replace("most: 4", "most: 40").replace("default: 2", "mots: 3"))
    assert shell.types("check stay.yaml") == 1
    assert "stay.yaml:8:69: error: `most` must be at most 10" in shell.out
    assert "stay.yaml:9:76: error: there is no key `mots` here; did you mean `most`?" in shell.out
    shell.file("stay.yaml", STAY.replace("default: 2", "default: 9").replace("room < 2", 'room == "bad"'))
    assert shell.types("check stay.yaml") == 1
    assert "the default isn't accepted" in shell.out
    assert "a number" in shell.out, "conditions know that an answer is a number"
    shell.file("stay.yaml", STAY.replace("type: rating", "type: ratin"))
    assert shell.types("check stay.yaml") == 1
    assert "there is no field type `ratin`; did you mean `rating`?" in shell.out


def test_editors_know_it_from_the_schema(ratings: PlugIn, shell: Shell) -> None:
    """Who completes from the schema is offered the type and its settings, in forms and in `input`."""
    shell.types("schema")
    validator = jsonschema.Draft202012Validator(shell.json)
    field = {"name": "room", "type": "rating", "most": 4}
    definition = {"id": "stay", "input": {"stars": {"type": "rating"}}, "nodes": [{"id": "a", "type": "form"}]}
    definition["nodes"][0]["fields"] = [field]  # type: ignore[index]
    assert not list(validator.iter_errors(definition))
    field["most"] = 40
    assert list(validator.iter_errors(definition))
    shell.types("nodes form")
    assert "A number of stars." in shell.out


# -- channels --------------------------------------------------------------------------------------


async def test_pages_draw_it_and_read_it(ratings: PlugIn) -> None:
    """It has its own control, its error beside it, and what was picked again after that."""
    engine = await asking()
    async with visiting(wizard_app(engine), "/w/stay") as visitor:
        await visitor.presses()
        assert 'type="radio" value="4"' in visitor.page.html
        assert 'value="5"' in visitor.page.html, "the food's: five are the type's own default"
        await visitor.presses()
        assert visitor.page.errors == {"room": "Answer “How was your room?”"}
        await visitor.posts([*visitor.pairs("next"), ("room", "9")])
        assert visitor.page.status == 422
        assert visitor.page.errors == {"room": WANTED}
        await visitor.fills(room="3").presses()
        assert "★★★☆" in visitor.page.text
        assert "★★☆☆☆" in visitor.page.text, "the default of the other"
        await visitor.follows("Change")
        assert visitor.page.values["room"] == "3"


async def test_what_another_answer_brings_up_is_drawn_around_it(ratings: PlugIn) -> None:
    """A condition reads it like any answer."""
    engine = await asking()
    async with visiting(wizard_app(engine), "/w/stay") as visitor:
        await visitor.presses()
        await visitor.fills(room="1").presses()
        assert visitor.page.errors == {"why": "Answer “What was wrong?”"}


async def test_a_program_gets_its_settings_and_sends_answers(ratings: PlugIn) -> None:
    """A program that draws the form itself knows how many stars there are, and is told what can't be taken."""
    async with TestServer(wizard_app(await asking())) as server, ClientSession(server.make_url("/")) as session:
        started = await (await session.post("/api/v1/runs", json={"workflow": "stay"})).json()
        run = started.get("run", started)
        room = run["current"]["fields"][0]
        assert (room["type"], room["options"]) == ("rating", {"most": 4})
        headers = {"Authorization": f"Bearer {started['token']}"}
        address = f"/api/v1/runs/{run['id']}/next"
        body = {"step": "rating", "revision": run["revision"], "answers": {"room": 7}}
        async with session.post(address, json=body, headers=headers) as refused:
            assert refused.status == 422
            assert (await refused.json())["errors"] == {"room": WANTED}
            revision = run["revision"]
        body |= {"answers": {"room": "4"}, "revision": revision}
        async with session.post(address, json=body, headers=headers) as taken:
            assert taken.status == 200, await taken.text()
            assert (await taken.json())["answers"]["rating"] == {"room": 4, "again": 2}


async def test_a_conversation_asks_for_it(ratings: PlugIn) -> None:
    """It is told how the answer is typed, and it is typed in words of the type's own."""
    held = await talk(await asking(), "stay", "many", "***", "", "")
    assert "A number of stars: 3, or ***" in held.script.text
    assert held.script.wrong == [WANTED]
    assert held.view.answers["rating"] == {"room": 3, "again": 2}


async def test_what_was_answered_is_stored_and_read_back(ratings: PlugIn, tmp_path: Path) -> None:
    """A restart finds the answer, as the type made it, and the definition that asks for it."""
    folder = tmp_path / "stay.yaml"
    folder.write_text(STAY)
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    for started in (True, False):
        store = open_store(url)
        await store.open()
        engine = make_engine(load_catalog(folder) if started else load_catalog("examples"), store, Settings())
        if started:
            ann = await Person.starts(engine, "stay")
            await ann.says(room="**")
        else:
            view = await engine.load(ann.run.id)
            assert view.answers["rating"] == {"room": 2, "again": 2}
            assert [item.value for item in view.summary()] == ["★★☆☆", "★★☆☆☆"]
        await engine.close()
        await store.close()


# -- what can't be used ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import a_library_that_nobody_has\n" + RATINGS, "No module named 'a_library_that_nobody_has'"),
        (RATINGS.replace("RATING = FieldType(", "RATING = dict("), "a field type is a FieldType, and this is dict"),
        (RATINGS.replace('Literal["rating"]', "str"), 'give it `type: Literal["name"]`'),
        (RATINGS.replace("{% endfor %}", "{% endfer %}"), "TemplateSyntaxError"),
        (RATINGS.replace('Literal["rating"]', 'Literal["date"]'), "a built-in field type is called 'date'"),
        (RATINGS.replace("    parser=parser,", "    parser=None,"), "the field type 'rating' has no `parser`"),
        (RATINGS.replace('Literal["rating"]', 'Literal["A b"]'), "'A b' isn't a name for a field type"),
    ],
    ids=["can't be imported", "none", "without a name", "template", "clash", "without a parser", "name"],
)
def test_one_that_is_broken_takes_nothing_from_the_others(
    ratings: PlugIn, shell: Shell, code: str, reason: str
) -> None:
    """The rest of the engine goes on; whoever needs the type reads why it isn't there."""
    ratings.install(code, "2.0", {}, {"rating": "RATING"})
    registry = Registry.installed()
    (unusable,) = registry.unusable_fields
    assert reason in unusable.reason
    assert unusable.package == "wizard-ratings 2.0"
    assert registry.get("form") is not None
    assert "date" in registry.fields
    assert shell.types("check passport.yaml") == 0
    assert shell.types("check stay.yaml") == 1
    assert "rating" in shell.out
    shell.types("nodes")
    assert "Field types that can't be used" in shell.out


def test_of_two_packages_with_one_name_neither_is_taken(ratings: PlugIn) -> None:
    """Which of them a stored run was started with, nobody can tell."""
    other = PlugIn(ratings.folder, "wizard-stars")
    other.install(RATINGS, types={}, fields={"rating": "RATING"})
    registry = Registry.installed()
    assert "rating" not in registry.fields
    assert [unusable.package for unusable in registry.unusable_fields] == ["wizard-ratings 1.0", "wizard-stars 1.0"]
    with pytest.raises(DefinitionError, match=r"wizard-stars 1.0 announces .*; wizard-ratings 1.0 announces"):
        load_stay(registry)
    other.uninstall()


def load_stay(registry: Registry) -> None:
    from wizard.definitions.catalog import Catalog
    from wizard.definitions.reading import source

    Catalog.from_documents([each.data for each in source.read(STAY.encode(), "stay.yaml")], registry)


def test_an_application_adds_its_own_and_none_that_is_there(ratings: PlugIn) -> None:
    """Two types of one name would be told apart by chance."""
    known = Registry.installed().fields["rating"]
    registry = Registry()
    registry.add_field(known)
    registry.add_field(known)
    load = Registry([type(each) for each in Registry.installed()], [known])
    load_stay(load)
    ratings.install(RATINGS, "2.0", {}, {"rating": "RATING"})
    another = Registry.installed().fields["rating"]
    place = r"wizard_ratings.*\.py:\d+:1: error: "
    with pytest.raises(
        DefinitionError, match=place + "two field types are called 'rating': give this one another name"
    ):
        registry.add_field(another)
    with pytest.raises(DefinitionError, match="a field type is a FieldType"):
        registry.add_field("rating")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("parser=lambda field: None,", "TypeError: its `parser` made NoneType, not a function"),
        ("parser=parser, limits=lambda field, context: 5,", "TypeError: "),
        ("parser=parser, choices=lambda field, names: 1 / 0,", "ZeroDivisionError: division by zero"),
        ("parser=parser, problems=lambda field, fields: 1 / 0,", "ZeroDivisionError: division by zero"),
        ("parser=parser, problems=lambda field, fields: None,", "TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_one_that_can_not_make_a_question_is_told_when_the_form_is_checked(
    ratings: PlugIn, shell: Shell, settings: str, reason: str
) -> None:
    """An author would look for a slip in the form, or meet it when the first person answers."""
    ratings.install(RATINGS.replace("parser=parser,", settings), "2.0", {}, {"rating": "RATING"})
    assert shell.types("check stay.yaml") == 1
    assert f"its field `room` is of the type `rating`, which failed with {reason}" in shell.out


def test_doubts_that_fail_are_a_warning(ratings: PlugIn, shell: Shell) -> None:
    """The check of all definitions ended, and no server started, for what is at most a hint."""
    failing = RATINGS.replace("parser=parser,", "parser=parser, doubts=lambda field, fields: 1 / 0,")
    ratings.install(failing, "2.0", {}, {"rating": "RATING"})
    assert shell.types("check stay.yaml") == 0
    assert (
        "warning: whether this is likely a mistake can't be said: its field `room` is of the type `rating`" in shell.out
    )


@pytest.mark.parametrize("failing", ["1 / 0", "import_something", "sys.exit('no licence')"])
@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("        text = ", "Something went wrong here"),
        ("        if raw is None", "Something went wrong here"),
        ('    return "★"', "rating (can't be shown)"),
    ],
    ids=["taking", "asking", "reading aloud"],
)
async def test_one_that_fails_at_work_ends_nothing(ratings: PlugIn, failing: str, place: str, told: str) -> None:
    """The process goes on, the person is told that something is broken, and nothing of the run is lost."""
    indent = " " * (len(place) - len(place.lstrip()))
    code = RATINGS.replace(place, f"{indent}{failing}\n{place}")
    assert code != RATINGS
    ratings.install("import sys\n" + code, "2.0", {}, {"rating": "RATING"})
    engine = await make_test_engine(STAY.replace(", default: 2", ""))
    async with visiting(wizard_app(engine), "/w/stay") as visitor:
        await visitor.presses()
        await visitor.posts([*visitor.pairs("next"), ("room", "3")])
        assert "no licence" not in visitor.page.html
        assert "division" not in visitor.page.html
        assert visitor.statuses == [303, 200]
        assert told in visitor.page.text
        await visitor.opens("/")
        assert visitor.page.status == 200


def failing_at_three(code: str) -> str:
    """The package of the documentation, whose parser does this with one answer."""
    place = "        text = "
    failing = RATINGS.replace(place, f'        if raw == "3":\n            {code}\n{place}')
    assert failing != RATINGS
    return "import asyncio\nimport sys\n" + failing


FAILURES = {
    "return 1 / 0": "ZeroDivisionError",
    "return sys.exit()": "SystemExit",
    "raise asyncio.CancelledError": "CancelledError",
    "return object()": "InvalidInput: The answer holds an object, which can't be stored.",
    "return '*' * 2_000_000": "InvalidInput: The answer is larger than 1,000,000 bytes.",
    "return parse(raw, context)": "RecursionError",
    'raise Refusal(sentence("{nosuch}"))': "KeyError",
}


@pytest.mark.parametrize(("code", "reason"), FAILURES.items())
async def test_what_one_fails_at_can_be_put_right(
    ratings: PlugIn, code: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer that a type's code can't cope with isn't the end of the form: what was typed stands there again, and
    another answer goes on. Its author reads in the log which field and which type it was."""
    ratings.install(failing_at_three(code), "2.0", {}, {"rating": "RATING"})
    engine = await make_test_engine(STAY.replace(", show_if: room < 2", ", required: false"))
    async with visiting(wizard_app(engine), "/w/stay") as visitor:
        await visitor.presses()
        await visitor.posts([*visitor.pairs("next"), ("room", "3"), ("again", "4")])
        assert "tell whoever runs this service" in visitor.page.text
        assert f"its field `room` is of the type `rating`, which failed with {reason}" in caplog.text
        shown = visitor.pairs("next")
        assert {("room", "3"), ("again", "4")} <= set(shown)
        await visitor.posts([("room", "2") if pair == ("room", "3") else pair for pair in shown])
        assert "★★☆☆" in visitor.page.text


async def test_what_one_failed_at_is_there_on_every_channel(ratings: PlugIn) -> None:
    """A program that shows the form after such a failure shows what it sent, and so does whoever looks next; nobody
    uploads a file twice."""
    ratings.install(failing_at_three("return 1 / 0"), "2.0", {}, {"rating": "RATING"})
    proof = "{name: proof, type: file, label: A picture, required: false}"
    engine = await make_test_engine(STAY.replace("{name: why, label: What was wrong?, show_if: room < 2}", proof))
    run = await engine.start("stay")
    picture = {"name": "room.png", "type": "image/png", "content": b"\x89PNG"}
    await engine.next(run, {"room": "3", "again": "4", "proof": picture})
    assert (run.step, run.rejected) == ("rating", None)
    assert "tell whoever runs this service" in str(run.current.error)
    room, again, kept = (field.value for field in (await engine.load(run.id)).current.fields)
    assert (room, again) == ("3", 4)
    file = await engine.file(run.id, kept["id"])  # type: ignore[index,call-overload]
    assert file is not None
    assert file.content == picture["content"]


async def test_a_terminal_says_at_once_what_one_failed_at(ratings: PlugIn) -> None:
    """The next question would come, and this one again at the end, without a word of why."""
    ratings.install(failing_at_three("return 1 / 0"), "2.0", {}, {"rating": "RATING"})
    held = await talk(await asking(), "stay", "3", "2")
    assert "Something went wrong here" in held.script.text.partition("And the food?")[0]
    assert "And the food?" in held.script.text


async def test_a_note_that_fails_is_left_out(ratings: PlugIn, caplog: pytest.LogCaptureFixture) -> None:
    """The conversation ended at the question, each time that somebody came to it."""
    ratings.install(
        RATINGS.replace('    return sentence("A', '    return asked.nosuch("A'), "2.0", {}, {"rating": "RATING"}
    )
    held = await talk(await asking(), "stay", "3", "")
    assert held.view.step == "check"
    assert "the field type rating has no note for the field room: AttributeError" in caplog.text


async def test_a_run_says_which_package_it_misses(ratings: PlugIn, tmp_path: Path) -> None:
    """An operator reads what to install; nothing of the run is lost meanwhile."""
    store = open_store("memory:")
    await store.open()
    file = tmp_path / "stay.yaml"
    file.write_text(STAY)
    engine = make_engine(load_catalog(file), store)
    ann = await Person.starts(engine, "stay")
    ratings.uninstall()
    later = make_engine(load_catalog("examples"), store)
    view = await later.load(ann.run.id)
    with pytest.raises(WorkflowUnavailable, match="there is no field type `rating`") as caught:
        await later.next(view, {"room": 3, "again": 1})
    assert caught.value.package == "wizard-ratings 1.0"
    assert json.loads(json.dumps(caught.value.reason))
    await engine.close()
    await later.close()
