"""A password is never shown again, so it can't be handed in once more with another answer of its page: what is left
empty stays."""

from __future__ import annotations

from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.testing import Person, make_test_engine

ACCOUNT = """
id: account
language: %s
nodes:
  - id: you
    type: form
    title: You
    fields:
      - {name: name, label: Name}
      - {name: pin, type: password, label: PIN, required: false}
      - {name: word, type: password, label: Word, min_length: 4}
  - {id: check, type: review, title: Check}
"""
GIVEN = {"name": "Ann", "pin": "1234", "word": "open sesame"}


async def somebody() -> Person:
    person = await Person.starts(await make_test_engine(ACCOUNT % "en"), "account")
    await person.says(**GIVEN)
    return person


async def test_another_answer_of_the_page_is_changed() -> None:
    """Whoever corrects a name has the PIN as it was, and isn't asked for the word once more."""
    person = await somebody()
    await person.changes("you", name="Bea", pin="", word="")
    assert person.answers["you"] == {**GIVEN, "name": "Bea"}
    await person.goes_back()
    await person.says(name="Cleo", pin="", word="another")
    assert person.answers["you"] == {"name": "Cleo", "pin": "1234", "word": "another"}


async def test_the_page_says_that_it_is_there() -> None:
    """An empty input looks as if nothing had been kept; programs read it of the option `there`."""
    person = await somebody()
    assert [field.options.get("there") for field in person.prompt.fields] == []
    await person.goes_back()
    assert [field.options.get("there") for field in person.prompt.fields] == [None, True, True]
    assert [field.value for field in person.prompt.fields] == ["Ann", None, None]


async def test_it_can_be_taken_out() -> None:
    """Null is no answer, for a program as for `:clear` in a terminal; a required one is asked for."""
    person = await somebody()
    await person.wrongly.changes("you", name="Ann", pin=None, word=None)
    assert person.errors == {"word": "Answer “Word”"}
    await person.changes("you", name="Ann", pin=None, word="")
    assert person.answers["you"] == {**GIVEN, "pin": None}


async def test_one_that_was_never_given_is_asked_for() -> None:
    """What is kept is what was taken, and nothing else."""
    person = await Person.starts(await make_test_engine(ACCOUNT % "en"), "account")
    await person.wrongly.says(name="Ann", pin="", word="")
    assert person.errors == {"word": "Answer “Word”"}
    await person.wrongly.says(name="", pin="", word="open sesame")
    await person.wrongly.says(name="Ann", pin="", word="")
    assert person.errors == {"word": "Answer “Word”"}


async def test_part_by_part_it_stays_as_well() -> None:
    """A conversation asks one after another; Enter at a password that was given keeps it."""
    person = await somebody()
    await person.goes_back()
    await person.says_in_part(name="Bea")
    await person.says_in_part(pin="")
    await person.says_in_part(word="")
    await person.says_in_part()
    assert person.answers["you"] == {**GIVEN, "name": "Bea"}


async def test_a_visitor_reads_that_it_is_there() -> None:
    """Without the line they would type it again, or wonder whether it was lost."""
    engine = await make_test_engine(ACCOUNT % "de")
    async with visiting(wizard_app(engine), "/w/account") as visitor:
        await visitor.presses()
        assert "Lassen Sie" not in visitor.page.text
        await visitor.fills(**GIVEN).presses("next")
        await visitor.presses("previous")
        assert visitor.page.text.count("Lassen Sie das Feld leer, um zu behalten, was Sie zuvor eingegeben haben") == 2
        await visitor.fills(name="Bea").presses("next")
        assert (visitor.page.title.startswith("Check"), "Bea" in visitor.page.text) == (True, True)
