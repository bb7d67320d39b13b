"""“I agree”: a yes or no that is one box to tick, in every channel."""

from __future__ import annotations

from tests.unit.channels.typed import talk
from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.testing import Person, make_test_engine

CONTRACT = """
id: contract
nodes:
  - id: terms
    type: form
    title: The terms
    fields:
      - {name: agreed, type: boolean, checkbox: true, label: I agree, hint: All of it}
      - {name: news, type: boolean, checkbox: true, required: false, label: Send me news}
      - {name: address, label: Where to?, show_if: news}
  - {id: check, type: review}
"""
ALONE = """
id: alone
nodes:
  - {id: terms, type: form, fields: [{name: agreed, type: boolean, checkbox: true, label: I agree}]}
"""


async def test_a_page_has_one_box_with_its_label_beside_it() -> None:
    """Two radios below “I agree” ask a question that isn't one; a legend says the same once more."""
    async with visiting(wizard_app(await make_test_engine(CONTRACT)), "/w/contract") as visitor:
        await visitor.presses()
        box = next(each for each in visitor.page.inputs if each.name == "agreed" and each.kind != "hidden")
        assert (box.kind, box.checked) == ("checkbox", False)
        assert '<label class="govuk-label govuk-checkboxes__label" for="agreed">I agree</label>' in visitor.page.html
        assert visitor.page.text.count("I agree") == 1
        assert "<legend" not in visitor.page.html
        assert ("input", "aria-describedby", "agreed-hint") in visitor.page.attributes


async def test_a_box_that_has_to_be_ticked_is_asked_for_until_it_is() -> None:
    """Somebody would go on without having agreed. What was ticked besides stays ticked."""
    async with visiting(wizard_app(await make_test_engine(CONTRACT)), "/w/contract") as visitor:
        await visitor.presses()
        await visitor.fills(news=True, address="Bern").presses()
        assert visitor.page.errors == {"agreed": "Confirm “I agree” to continue"}
        ticked = {each.name: each.checked for each in visitor.page.inputs if each.kind == "checkbox"}
        assert ticked == {"agreed": False, "news": True}
        await visitor.fills(agreed=True).presses()
        assert visitor.page.heading == "Check your answers"


async def test_a_box_that_is_left_is_a_no() -> None:
    """Nobody who leaves a box alone has said nothing: conditions would find neither yes nor no."""
    async with visiting(wizard_app(await make_test_engine(CONTRACT)), "/w/contract") as visitor:
        await visitor.presses()
        await visitor.fills(agreed=True).presses()
        assert visitor.page.heading == "Check your answers"
    person = await Person.starts(await make_test_engine(CONTRACT), "contract")
    await person.says(agreed=True)
    assert person.answers["terms"] == {"agreed": True, "news": False}


async def test_a_page_of_a_box_alone_has_a_heading() -> None:
    """The label of a page's only question is its heading; that of a box stands beside it all the same."""
    async with visiting(wizard_app(await make_test_engine(ALONE)), "/w/alone") as visitor:
        await visitor.presses()
        assert visitor.page.heading == "I agree"
        assert 'for="agreed">I agree</label>' in visitor.page.html


async def test_a_terminal_asks_for_yes_or_no() -> None:
    """There is no box to tick; a no to what has to be agreed to isn't taken."""
    held = await talk(await make_test_engine(ALONE), "alone", "no", "yes")
    assert "yes or no" in held.script.text
    assert held.script.wrong == ["Confirm “I agree” to continue"]


async def test_programs_send_true() -> None:
    """JSON's false is a no like any other; an old answer that was a no doesn't hold any more."""
    person = await Person.starts(await make_test_engine(CONTRACT), "contract")
    for answer in (False, None, ""):
        await person.wrongly.says(agreed=answer)
        assert person.errors == {"agreed": "Confirm “I agree” to continue"}
    await person.wrongly.says(agreed="perhaps")
    assert person.errors == {"agreed": "Your answer to “I agree” must be yes or no"}
