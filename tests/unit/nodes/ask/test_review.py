"""The review node."""

from __future__ import annotations

from tests.unit.nodes.visiting import Visited
from wizard.model import Item, Proceed
from wizard.nodes.ask.review import ReviewNode

LINES = (Item("Full name", "Ada", "applicant"), Item("Postcode", "8001", "address"))


async def test_all_answers_and_a_way_on() -> None:
    """The page before sending: every line with the step to change it at."""
    review = Visited(ReviewNode(), title="Check your answers", text="Is this right?")
    review.review = lambda: LINES
    prompt = (await review.execute()).prompt
    assert (prompt.type, prompt.items, prompt.fields) == ("review", LINES, ())
    assert await review.execute({}) == Proceed({})


async def test_a_declaration_below_the_answers() -> None:
    """It is asked like any form, and the answers stay in sight while it is corrected."""
    review = Visited(
        ReviewNode(),
        fields=[{"name": "agree", "type": "boolean", "label": "I declare that all this is true"}],
        validate=[{"check": "agree", "message": "You have to agree to go on", "field": "agree"}],
    )
    review.review = lambda: LINES
    assert await review.rejected({"agree": "no"}) == {"agree": "You have to agree to go on"}
    assert (await review.execute({})).prompt.items == LINES
    assert await review.execute({"agree": "yes"}) == Proceed({"agree": True})
