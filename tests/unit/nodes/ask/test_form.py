"""The form node."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.forms.asking import Around
from tests.unit.nodes.visiting import Visited, numbered
from wizard.model import Item, Proceed, Wait
from wizard.nodes.ask.form import FormConfig, FormNode, new_file_id
from wizard.testing import Person, make_test_engine

NAME = {"name": "full_name", "max_length": 100}
BORN = {"name": "born", "type": "date", "label": "Date of birth"}
PAST = {"check": "born <= today()", "message": "Must be in the past", "field": "born"}
PHOTO = {"name": "me.png", "type": "image/png", "content": b"pixels"}
TAKEN = {"id": "id-1", "name": "me.png", "type": "image/png", "size": 6}


def about_you(**more: Any) -> Visited:
    return Visited(FormNode(numbered()), title="About {{ who }}", fields=[NAME, BORN], validate=[PAST], **more)


async def test_shown_then_answered() -> None:
    """The everyday case: a page, then its answers, typed."""
    form = about_you(text="Hello {{ who }}", submit="Go on, {{ who }}")
    form.names = Around(who="Ada")
    outcome = await form.execute()
    assert isinstance(outcome, Wait)
    assert not outcome.rejected
    prompt = outcome.prompt
    assert (prompt.step, prompt.type, prompt.title) == ("home/ask", "form", "About Ada")
    assert (prompt.text, prompt.submit, prompt.ends) == ("Hello Ada", "Go on, Ada", False)
    assert [field.label for field in prompt.fields] == ["Full name", "Date of birth"]
    answered = await form.execute({"full_name": "Ada", "born": "27 3 1985"})
    assert answered == Proceed({"full_name": "Ada", "born": date(1985, 3, 27)})


async def test_wrong_answers_come_back_with_errors() -> None:
    """With what was typed, so that only the mistake has to be typed again."""
    form = about_you()
    assert await form.rejected({"full_name": "", "born": "31 2 1985"}) == {
        "full_name": "Answer “Full name”",
        "born": "Your answer to “Date of birth” must be a real date, like 27 3 1985",
    }
    assert form.draft == {"full_name": "", "born": "31 2 1985"}
    assert await form.rejected({"full_name": "Ada", "born": "1 1 2030"}) == {"born": "Must be in the past"}
    shown = form.type.prompt(form.visit())
    assert [field.value for field in shown.fields] == ["Ada", date(2030, 1, 1)]
    assert await form.rejected({}) == {"full_name": "Answer “Full name”", "born": "Answer “Date of birth”"}


async def test_errors_of_no_field_that_is_shown_are_said_of_the_whole() -> None:
    """An error that is shown nowhere leaves the person in front of a page that does nothing."""
    form = Visited(FormNode(), fields=[NAME], validate=[{"check": 'full_name != "Bob"', "message": "Not Bob"}])
    outcome = await form.execute({"full_name": "Bob", "nme": "Ada"})
    assert outcome.prompt.error == "There is no field “nme” here. Leave it out\nNot Bob"
    assert (await form.execute({"full_name": "Bob"})).prompt.error == "Not Bob"
    assert (await form.execute({"full_name": "Ada", "x": 1})).prompt.error == "There is no field “x” here. Leave it out"


async def test_field_by_field() -> None:
    """As a chat asks: what is taken waits in the draft, and nothing more to add sends it."""
    form = about_you()
    outcome = await form.execute({"full_name": " Ada "}, partial=True)
    assert not outcome.rejected
    assert [field.answered for field in outcome.prompt.fields] == [True, False]
    assert form.draft == {"full_name": "Ada"}
    assert await form.rejected({"born": "x"}, partial=True) == {
        "born": "Your answer to “Date of birth” must be a date, like 27 3 1985"
    }
    assert await form.rejected({}, partial=True) == {
        "born": "Your answer to “Date of birth” must be a date, like 27 3 1985"
    }
    outcome = await form.execute({"born": "1 1 2030"}, partial=True)
    assert [field.answered for field in outcome.prompt.fields] == [True, True]
    assert await form.rejected({}, partial=True) == {"born": "Must be in the past"}
    await form.execute({"born": "27 3 1985"}, partial=True)
    assert await form.execute({}, partial=True) == Proceed({"full_name": "Ada", "born": date(1985, 3, 27)})


async def test_a_password_survives_field_by_field() -> None:
    """It is asked once, shown never, and there when the form is sent."""
    form = Visited(FormNode(), fields=[{"name": "word", "type": "password"}, NAME])
    await form.execute({"word": "s3cret "}, partial=True)
    outcome = await form.execute({"full_name": "Ada"}, partial=True)
    assert [(field.value, field.answered) for field in outcome.prompt.fields] == [(None, True), ("Ada", True)]
    assert await form.execute({}, partial=True) == Proceed({"word": "s3cret ", "full_name": "Ada"})


async def test_a_draft_of_anything_is_no_danger() -> None:
    """What somebody left behind with Back is stored unread."""
    form = about_you()
    form.draft = {"full_name": ["x"], "other": 1}
    assert [field.value for field in form.type.prompt(form.visit()).fields] == [["x"], None]
    assert await form.rejected({}, partial=True) == {
        "full_name": "Your answer to “Full name” must be text",
        "born": "Answer “Date of birth”",
    }


async def test_a_file_is_uploaded_once() -> None:
    """Errors elsewhere, a page reloaded, parts: the file is there, and only the one that was sent here."""
    form = Visited(FormNode(numbered()), fields=[{"name": "photo", "type": "file"}, NAME])
    assert await form.rejected({"photo": PHOTO, "full_name": ""}) == {"full_name": "Answer “Full name”"}
    form.draft = None  # the page is loaded anew
    assert form.type.prompt(form.visit()).fields[0].value == TAKEN
    assert "photo" in await form.rejected({"photo": {"id": "id-2"}, "full_name": "Ada"})
    assert await form.execute({"photo": "", "full_name": "Ada"}) == Proceed({"photo": TAKEN, "full_name": "Ada"})
    assert form.type.prompt(form.visit()).fields[0].value == TAKEN, "also where no answer stands any more"
    assert [file.id for file in form.files] == ["id-1"]
    form.output = {"photo": TAKEN, "full_name": "Ada"}
    assert await form.execute({"full_name": "Bob"}) == Proceed({"photo": TAKEN, "full_name": "Bob"})


async def test_a_file_in_parts() -> None:
    """A photo sent into a chat."""
    form = Visited(FormNode(numbered()), fields=[{"name": "photo", "type": "file"}, NAME])
    form.draft = {"photo": {"id": "forged"}}
    assert "photo" in await form.rejected({}, partial=True)
    await form.execute({"photo": PHOTO}, partial=True)
    await form.execute({"full_name": "Ada"}, partial=True)
    assert await form.execute({}, partial=True) == Proceed({"photo": TAKEN, "full_name": "Ada"})


def test_kept_answers_hold_or_are_asked_again() -> None:
    """S11, through the node."""
    form = about_you()
    assert not form.type.accepts(form.visit())
    form.output = {"full_name": "Ada", "born": date(1985, 3, 27)}
    assert form.type.accepts(form.visit())
    form.output = {"full_name": "Ada", "born": date(2030, 1, 1)}
    assert not form.type.accepts(form.visit())


def test_its_lines_in_a_review() -> None:
    """Each with the step to change it at."""
    form = about_you()
    assert form.type.summary(form.visit()) == ()
    form.output = {"full_name": "Ada", "born": date(1985, 3, 27)}
    lines = (Item("Full name", "Ada", "home/ask"), Item("Date of birth", "27 March 1985", "home/ask"))
    assert form.type.summary(form.visit()) == lines


def test_what_the_checker_learns_of_a_form() -> None:
    """Later nodes may read its fields, its own expressions too, and its mistakes are found."""
    form = about_you()
    assert form.type.outputs(form.node.config) == form.type.own_names(form.node.config) == {"full_name", "born"}
    assert list(form.type.check(form.node.config)) == []
    wrong = FormConfig.model_validate({"fields": [NAME, NAME]})
    assert [place for place, _ in FormNode().check(wrong)] == [("fields", 1, "name")]


@pytest.mark.parametrize("written", [{}, {"fields": []}, {"fields": [NAME], "checks": []}, {"fields": [NAME] * 201}])
def test_forms_that_are_wrongly_written(written: dict[str, Any]) -> None:
    """A form without fields is a message; one of two hundred fields is no form for people."""
    with pytest.raises(ValidationError):
        FormConfig.model_validate(written)


def test_ids_of_files_can_t_be_guessed() -> None:
    """128 bits, and never the same."""
    assert len(new_file_id()) >= 22
    assert new_file_id() != new_file_id()


async def test_a_password_that_was_only_typed_is_not_stored() -> None:
    """S9 keeps what was typed when somebody goes back; a password in it would lie in the store for ever."""
    definition = """
    id: account
    nodes:
      - {id: name, type: form, fields: [{name: name}]}
      - {id: login, type: form, fields: [{name: user}, {name: pin, type: password}]}
    """
    engine = await make_test_engine(definition)
    person = await Person.starts(engine, "account")
    await person.says("Ann")
    await person.goes_back(user="ann", pin="hunter2")
    assert person.run.run.by_path["login"].draft == {"user": "ann"}
    await person.says("Ann")
    person.sees(values={"user": "ann", "pin": None})
