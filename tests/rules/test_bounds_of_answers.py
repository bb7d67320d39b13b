"""What people may answer fits into what is made of it: joined texts, and long lists of choices."""

from __future__ import annotations

from typing import Any

import pytest

from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.definitions.reading import source
from wizard.errors import DefinitionError
from wizard.testing import Person, make_test_engine

STATEMENT = """
id: statement
nodes:
  - id: a
    type: form
    fields:
      - {name: one, type: textarea, label: What happened?}
      - {name: two, type: textarea, label: What did you do?}
      - {name: three, type: textarea, label: Who saw it?}
  - {id: whole, type: set, values: {story: "{{ a.one + ' ' + a.two + ' ' + strip(a.three) }}"}}
  - {id: check, type: review, title: Check}
"""


async def test_answers_that_fit_their_fields_fit_together() -> None:
    """Three long answers are joined: a run doesn't fail on what the form has taken, and can't be left by."""
    person = await Person.starts(await make_test_engine(STATEMENT), "statement")
    await person.says(one="x" * 5_000, two="y" * 5_000, three="z" * 5_000)
    assert person.asked == "check"
    story: Any = person.run.run.by_path["whole"].output
    assert len(story["story"]) == 15_002


@pytest.mark.parametrize(("longest", "warned"), [(30_000, False), (40_000, True)])
async def test_answers_that_can_t_fit_together_are_warned_of(longest: int, warned: bool) -> None:
    """What can only fail when somebody writes much is told to the author, before anybody does."""
    from wizard.definitions.catalog import Catalog
    from wizard.node import Registry

    text = STATEMENT.replace("type: textarea,", f"type: textarea, max_length: {longest},")
    documents = [each.data for each in source.read(text.encode(), "a.yaml")]
    catalog = Catalog.from_documents(documents, Registry.installed())
    warnings = [problem.message for problem in catalog.warnings]
    assert [("120,000 characters together" in each) for each in warnings] == ([True] if warned else [])


CHOOSING = """
id: choosing
nodes:
  - {id: go, type: form, fields: [{name: go, label: Go, required: false}]}
  - {id: office, type: form, fields: [{name: office, type: %s, label: Office, choices: %s}]}
  - {id: check, type: review}
"""


async def test_thousands_of_choices_are_picked_from() -> None:
    """A service lists 5,000 offices: its page is a list to pick from, and the answer is taken."""
    engine = await make_test_engine(CHOOSING % ("choice", "{from: session.offices}"))
    view = await engine.start("choosing", session={"offices": [f"office {n}" for n in range(5_000)]})
    person = await Person(engine, view).says()
    assert len(person.prompt.fields[0].choices) == 5_000
    await person.says("office 4999")
    assert person.asked == "check"


async def test_a_page_with_thousands_of_choices() -> None:
    """It is one select that the browser's keyboard finds a line of, and no wall of buttons."""
    offices = "[" + ", ".join(f"office {n}" for n in range(5_000)) + "]"
    async with visiting(wizard_app(await make_test_engine(CHOOSING % ("choice", offices)))) as visitor:
        await visitor.opens("/w/choosing")
        await visitor.presses()
        await visitor.presses()
        assert [each.kind for each in visitor.page.inputs if each.name == "office"] == ["select"]
        await visitor.fills(office="office 4999").presses()
        assert visitor.page.address.endswith("/check")


@pytest.mark.parametrize(("kind", "most"), [("choice", 5_000), ("choices", 1_000)])
async def test_more_than_that_is_refused_when_it_is_loaded(kind: str, most: int) -> None:
    """The author hears it, with the number, and no person."""
    offices = "[" + ", ".join(f"office {n}" for n in range(most + 1)) + "]"
    with pytest.raises(DefinitionError, match=f"{most}"):
        await make_test_engine(CHOOSING % (kind, offices))
