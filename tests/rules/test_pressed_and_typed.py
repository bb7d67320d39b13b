"""What a person does on a page counts as they did it: an answer taken back stays taken back beside a mistake elsewhere,
a refused page of a run that was over says what was typed, and a button that is pressed twice leads where it led once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.visitor import Visitor, visiting
from wizard.app import wizard_app
from wizard.testing import make_test_engine

FORMS = """
id: trip
title: Where do you want to go?
reopen: true
nodes:
  - id: who
    type: form
    title: About you
    fields:
      - {name: country, type: country, label: Country, default: CH}
      - {name: how, type: choice, label: How, choices: [train, bus], required: false}
      - {name: name, label: Name, max_length: 9}
  - id: where
    type: form
    title: Your town
    fields:
      - {name: town, label: Town, max_length: 9}
      - {name: day, type: date, label: Day, required: false}
      - {name: sights, type: choices, label: Sights, choices: [old, new], required: false}
      - {name: alone, type: boolean, label: Alone, required: false}
  - {id: price, type: python, function: price, title: What it costs}
  - {id: offer, type: message, title: "It costs {{ price.value }}"}
  - {id: done, type: end, title: Have a good trip}
"""
BROWSER = {"Accept": "text/html"}


class Prices:
    """Can't be told as long as a test says so."""

    def __init__(self) -> None:
        self.closed = False
        self.asked = 0

    def price(self) -> int:
        self.asked += 1
        if self.closed:
            raise OSError("closed")
        return 40


@asynccontextmanager
async def travelling(prices: Prices | None = None) -> AsyncIterator[Visitor]:
    """Somebody on the first page."""
    engine = await make_test_engine(FORMS, functions={"price": (prices or Prices()).price})
    async with visiting(wizard_app(engine), "/w/trip") as visitor:
        yield await visitor.presses("next", headers=BROWSER)
    await engine.close()


async def test_what_was_suggested_and_is_taken_back_stays_taken_back() -> None:
    """Somebody for whom no country fits would be given Switzerland because their name is too long."""
    async with travelling() as visitor:
        assert visitor.page.values["country"] == "CH"
        await visitor.sets({"country": ""}).fills(name="A name too long").presses("next", headers=BROWSER)
        assert visitor.page.values == {"country": "", "how": None, "name": "A name too long"}
        assert set(visitor.page.errors) == {"country", "name"}


async def test_an_answer_that_is_taken_back_stays_taken_back() -> None:
    """“No answer” beside a mistake would come back as what was answered before, and be sent like that."""
    async with travelling() as visitor:
        await visitor.fills(name="Ann", how="bus").presses("next", headers=BROWSER)
        await visitor.presses("previous", headers=BROWSER)
        assert visitor.page.values["how"] == "bus"
        await visitor.fills(how="", name="A name too long").presses("next", headers=BROWSER)
        assert visitor.page.values["how"] in (None, "")
        await visitor.fills(name="Ann").presses("next", headers=BROWSER)
        await visitor.opens("/".join([*visitor.page.path.split("/")[:3], "who"]))
        assert visitor.page.values["how"] in (None, "")


async def to_the_end(visitor: Visitor) -> str:
    """Where the run is, once it is over."""
    await visitor.fills(name="Ann").presses("next", headers=BROWSER)
    await visitor.fills(town="Thun").presses("next", headers=BROWSER)
    await visitor.presses("next", headers=BROWSER)
    assert visitor.page.heading == "Have a good trip"
    return visitor.page.path.rpartition("/")[0]


async def test_a_refused_page_of_a_run_that_can_be_reopened_says_what_was_typed() -> None:
    """From the last page back to an earlier one by its address: the mistake there took with it what was typed, and no
    word was said of it."""
    async with travelling() as visitor:
        run = await to_the_end(visitor)
        await visitor.opens(f"{run}/where", headers=BROWSER)
        await visitor.fills(town="A town too long").presses("next", headers=BROWSER)
        assert (visitor.page.status, set(visitor.page.errors)) == (422, {"town"})
        assert visitor.page.values["town"] == "A town too long"


async def test_so_does_a_page_that_was_answered_in_another_tab() -> None:
    """Of two tabs of a run that is over, the second one keeps what was typed in it."""
    async with travelling() as visitor:
        run = await to_the_end(visitor)
        await visitor.opens(f"{run}/where", headers=BROWSER)
        tab = await visitor.tab().opens(headers=BROWSER)
        await visitor.fills(town="Bern").presses("next", headers=BROWSER)
        await visitor.presses("next", headers=BROWSER)
        assert visitor.page.heading == "Have a good trip"
        await tab.fills(town="Basel").presses("next", headers=BROWSER)
        assert (tab.page.status, tab.page.values["town"]) == (409, "Basel")
        assert "Bern" in tab.page.text


async def test_trying_again_twice_is_trying_again() -> None:
    """Without scripts a double click sends the page twice: the second one isn't told that it was left behind."""
    prices = Prices()
    prices.closed = True
    async with travelling(prices) as visitor:
        await visitor.fills(name="Ann").presses("next", headers=BROWSER)
        await visitor.fills(town="Thun").presses("next", headers=BROWSER)
        assert visitor.page.path.endswith("/price")
        prices.closed = False
        twice = visitor.tab()
        await visitor.presses("next", headers=BROWSER)
        await twice.presses("next", headers=BROWSER)
        assert visitor.page.heading == twice.page.heading == "It costs 40"
        assert (twice.page.status, prices.asked) == (200, 2)


@pytest.mark.parametrize("typed", [{}, {"town": "Thun", "day": "1 2 -", "sights": ["new"], "alone": False}])
async def test_back_twice_is_back_once(typed: dict[str, object]) -> None:
    """A double click on Back: the second one isn't told that the page was left behind, and goes no further back."""
    async with travelling() as visitor:
        await visitor.fills(name="Ann").presses("next", headers=BROWSER)
        twice = visitor.fills(**typed).tab()
        twice.page.inputs = visitor.page.inputs
        await visitor.presses("previous", headers=BROWSER)
        await twice.presses("previous", headers=BROWSER)
        assert (twice.page.status, twice.page.heading) == (200, "About you")
        await twice.presses("next", headers=BROWSER)
        assert twice.page.heading == "Your town"
        assert twice.page.values["town"] == typed.get("town", "")


async def test_back_with_something_else_typed_says_that_it_is_not_taken() -> None:
    """Another tab of a page that was left by Back: what is typed there would be lost without a word."""
    async with travelling() as visitor:
        await visitor.fills(name="Ann").presses("next", headers=BROWSER)
        tab = visitor.tab()
        await visitor.fills(town="Thun").presses("previous", headers=BROWSER)
        await tab.fills(town="Bern").presses("previous", headers=BROWSER)
        assert tab.page.status == 409


async def test_back_twice_from_what_failed_is_back_once() -> None:
    """Nothing can be typed there."""
    prices = Prices()
    prices.closed = True
    async with travelling(prices) as visitor:
        await visitor.fills(name="Ann").presses("next", headers=BROWSER)
        await visitor.fills(town="Thun").presses("next", headers=BROWSER)
        twice = visitor.tab()
        for each in (visitor, twice):
            await each.presses("previous", headers=BROWSER)
            assert (each.page.status, each.page.heading) == (200, "Your town")
