"""Answering pages: forward, back, changes from the review, and repeats."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.unit.channels.web.webbed import WHO, Stage, staged
from tests.visitor import Visitor, visiting
from wizard.app import wizard_app
from wizard.model import RunStatus
from wizard.testing import make_test_engine


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as stage:
        yield stage


async def to_the_list(stage: Stage) -> Visitor:
    visitor = await stage.starts(**WHO)
    await visitor.fills(town="Bern").presses()
    return await visitor.fills(name="Bob").presses()


async def to_the_review(stage: Stage) -> Visitor:
    visitor = await to_the_list(stage)
    return await visitor.fills(add_another=False).presses()


async def untouched(stage: Stage, before: Any) -> None:
    """The run is as it was."""
    after = await stage.engine.load(before.id)
    assert (after.revision, after.step, after.answers) == (before.revision, before.step, before.answers)


# -- forward -------------------------------------------------------------------------------------------


async def test_a_whole_trip(stage: Stage) -> None:
    """From the first page to the last, each at an address of its own."""
    visitor = await to_the_review(stage)
    assert visitor.page.path.endswith("/check")
    await visitor.presses()
    assert visitor.page.heading == "Have a good trip"
    view = await stage.run()
    assert view.status is RunStatus.COMPLETED
    assert view.answers["who"]["how"] == "train"
    assert view.answers["friends"]["1"]["named"]["name"] == "Bob"


async def test_a_rejected_page_says_why_and_keeps_every_word(stage: Stage) -> None:
    """Nobody types anything twice, and nothing is stored."""
    visitor = await stage.starts()
    before = await stage.run()
    await visitor.fills(full_name="x" * 41, birth_date=("31", "2", "1985"), how="car", meals=["lunch"]).presses()
    assert visitor.statuses == [303, 422]
    assert visitor.page.title == "Error: About you – Plan a trip"
    assert set(visitor.page.errors) == {"full_name", "birth_date", "car_seats"}
    assert visitor.page.values == {
        "full_name": "x" * 41,
        "birth_date-day": "31",
        "birth_date-month": "2",
        "birth_date-year": "1985",
        "how": "car",
        "car_seats": "",
        "meals": ["lunch"],
    }
    await untouched(stage, before)
    await visitor.fills(full_name="Ann", birth_date="28 2 1985", car_seats="4").presses()
    assert visitor.page.heading == "Where to, Ann?"


async def test_enter_goes_on(stage: Stage) -> None:
    """A browser that sends no button pressed none: with Enter, people mean to go on."""
    visitor = await stage.starts()
    await visitor.fills(**WHO).posts(visitor.pairs())
    assert visitor.page.heading == "Where to, Ann?"


async def test_answers_to_questions_that_are_not_asked_are_passed_over(stage: Stage) -> None:
    """Without scripts, all questions that may come up are there; who goes by train leaves the seats alone, or not."""
    visitor = await stage.starts()
    await visitor.fills(**WHO, car_seats="99").presses()
    assert "car_seats" not in (await stage.run()).answers["who"]


async def test_a_refresh_after_an_answer_asks_nothing_twice(stage: Stage) -> None:
    """What follows a POST is a GET (303): the browser has nothing to send again."""
    visitor = await stage.starts(**WHO)
    assert visitor.statuses == [303, 200]
    before = await stage.run()
    await visitor.opens()
    await untouched(stage, before)


# -- back ------------------------------------------------------------------------------------------------


async def test_back_loses_nothing_that_was_typed(stage: Stage) -> None:
    """S6 and S9: neither what was answered nor what was only typed."""
    visitor = await stage.starts(**WHO)
    await visitor.fills(town="Be", quiet=True).presses("previous")
    assert (visitor.page.heading, visitor.page.values["full_name"]) == ("About you", "Ann")
    await visitor.presses()
    assert visitor.page.values == {"town": "Be", "quiet": "yes"}


async def test_back_from_a_page_that_was_opened_again_is_that_pages_back(stage: Stage) -> None:
    """Who looks at the second page and presses Back expects the first."""
    visitor = await to_the_list(stage)
    where = visitor.page.path.replace("/friends/after-1", "/where")
    await visitor.opens(where)
    await visitor.fills(town="Basel").presses("previous")
    assert visitor.page.path.endswith("/who")
    await visitor.presses()
    assert visitor.page.values["town"] == "Basel"


async def test_the_first_page_has_no_back(stage: Stage) -> None:
    """There is nothing before it; a browser that asks for it all the same stays."""
    visitor = await stage.starts()
    assert "previous" not in visitor.page.buttons
    await visitor.fills(full_name="An").posts([*visitor.pairs(), ("action", "previous")])
    assert (visitor.statuses, visitor.page.values["full_name"]) == ([303, 200], "An")


async def test_back_below_a_final_step_is_refused(stage: Stage) -> None:
    """S7: an old page that still has the button."""
    visitor = await stage.starts("paid", francs="5")
    before = await stage.run()
    old = visitor.page.path.replace("/note", "/sum")
    await visitor.posts([*visitor.pairs(), ("francs", "9"), ("action", "next")], old)
    assert (visitor.page.status, visitor.page.heading) == (409, "This page is out of date")
    await visitor.follows("Go to where you are now")
    await visitor.without("wizard-seen").posts([*visitor.pairs(), ("francs", "9")], old)
    assert (visitor.page.status, visitor.page.heading) == (409, "This can't be changed any more")
    await visitor.follows("Go to where you are now")
    assert visitor.page.heading == "A note?"
    await untouched(stage, before)
    assert stage.till.paid == 1


async def test_a_completed_run_can_not_be_answered_again(stage: Stage) -> None:
    """S5: a page in another tab, sent after the end."""
    visitor = await to_the_review(stage)
    tab = visitor.tab()
    who = visitor.tab()
    await who.opens(visitor.page.path.replace("/check", "/who"))
    await visitor.presses()
    before = await stage.run()
    await tab.presses()
    assert tab.page.heading == "Have a good trip"
    for action in ("next", "previous", "save"):
        page = who.tab()
        await page.fills(full_name="Eve").posts([*page.pairs(), ("action", action)])
        assert (page.page.status, page.page.heading) == (409, "This is complete"), action
        assert page.page.links["Go to where you are now"]
    await untouched(stage, before)


async def test_a_run_that_may_be_reopened_has_a_way_back_from_its_end() -> None:
    """S5 with `reopen`: feedback that somebody wants to correct."""
    nodes = [
        {"id": "one", "type": "form", "title": "One", "fields": [{"name": "a"}]},
        {"id": "two", "type": "form", "title": "Two", "fields": [{"name": "b"}]},
    ]
    async with staged({"id": "trip", "title": "T", "reopen": True, "nodes": nodes}) as stage:
        visitor = await stage.starts(a="1")
        await visitor.fills(b="2").presses()
        assert (visitor.page.heading, visitor.page.buttons) == ("All done", ["previous"])
        end = visitor.page.path
        await visitor.opens(f"{end}?change")
        assert visitor.page.values == {"b": "2"}
        await visitor.fills(b="3").presses()
        assert visitor.page.heading == "All done"
        assert (await stage.run()).answers["two"] == {"b": "3"}
        await visitor.presses("previous")
        assert visitor.page.values == {"a": "1"}
        await visitor.presses()
        assert visitor.page.values == {"b": "3"}


# -- changes ---------------------------------------------------------------------------------------------


async def test_a_change_from_the_review_returns_to_it(stage: Stage) -> None:
    """S11: one answer is corrected, and the rest isn't asked again."""
    visitor = await to_the_review(stage)
    await visitor.opens(visitor.page.path.replace("/check", "/where?change"))
    assert visitor.page.buttons == ["next", "previous", "next", "save"]
    await visitor.fills(town="Basel").presses()
    assert visitor.page.heading == "Check your answers"
    assert "Basel" in visitor.page.text


async def test_the_reviews_own_links_lead_to_changes(stage: Stage) -> None:
    """Each line of it has one."""
    visitor = await to_the_review(stage)
    changes = [to for text, to in visitor.page.links.items() if text.startswith("Change")]
    assert any(to.endswith("/where?change") for to in changes)
    assert any(to.endswith("/friends/1/named?change") for to in changes)


async def test_a_rejected_change_changes_nothing_and_can_be_corrected(stage: Stage) -> None:
    """S11: the page with its errors is still a change, which returns."""
    visitor = await to_the_review(stage)
    before = await stage.run()
    await visitor.opens(visitor.page.path.replace("/check", "/where?change"))
    await visitor.fills(town="").presses()
    assert (visitor.page.status, set(visitor.page.errors)) == (422, {"town"})
    await untouched(stage, before)
    await visitor.fills(town="Basel").presses()
    assert visitor.page.heading == "Check your answers"


async def test_a_change_that_asks_something_new_asks_it_and_returns(stage: Stage) -> None:
    """S11: the return stays pending over the turns that newly needed questions take."""
    visitor = await to_the_review(stage)
    await visitor.opens(visitor.page.path.replace("/check", "/who?change"))
    await visitor.fills(how="foot").presses()
    assert visitor.page.heading == "Shoes"
    await visitor.fills(size="42").presses()
    assert visitor.page.heading == "Check your answers"
    assert "Bern" in visitor.page.text


async def test_back_on_a_change_returns_and_keeps_what_was_typed(stage: Stage) -> None:
    """Who thinks better of it is back at the review, with the answer as it was."""
    visitor = await to_the_review(stage)
    change = visitor.page.path.replace("/check", "/where?change")
    await visitor.opens(change)
    await visitor.fills(town="Basel").presses("previous")
    assert visitor.page.heading == "Check your answers"
    assert "Bern" in visitor.page.text
    await visitor.opens(change)
    assert visitor.page.values["town"] == "Basel"


async def test_a_change_that_is_saved_still_returns(stage: Stage) -> None:
    """S11: who comes back later finishes the correction, and is at the review again."""
    visitor = await to_the_review(stage)
    await visitor.opens(visitor.page.path.replace("/check", "/where?change"))
    await visitor.fills(town="Basel").presses("save")
    await visitor.follows("Go on now")
    assert visitor.page.values["town"] == "Basel"
    await visitor.presses()
    assert visitor.page.heading == "Check your answers"
    assert "Basel" in visitor.page.text


async def test_a_change_of_the_current_page_is_that_page(stage: Stage) -> None:
    """A bookmarked change link, opened where the person stands: its Back goes back."""
    visitor = await stage.starts(**WHO)
    await visitor.opens(f"{visitor.page.path}?change")
    await visitor.presses("previous")
    assert visitor.page.heading == "About you"


async def test_a_change_pressed_twice_is_made_once(stage: Stage) -> None:
    """S19: the second finds its answer there already."""
    visitor = await to_the_review(stage)
    await visitor.opens(visitor.page.path.replace("/check", "/where?change"))
    tab = visitor.fills(town="Basel").tab()
    tab.fills(town="Basel")
    await visitor.presses()
    before = await stage.run()
    await tab.presses()
    assert tab.page.heading == "Check your answers"
    await untouched(stage, before)


async def test_what_a_change_brought_up_is_answered_once(stage: Stage) -> None:
    """A double click ends where one click does, not at the next of the pages that were answered long before. Who opens
    the page later and leaves its answer goes on to that one."""
    visitor = await to_the_review(stage)
    await visitor.opens(visitor.page.path.replace("/check", "/who?change"))
    await visitor.fills(how="foot").presses()
    assert visitor.page.heading == "Shoes"
    shoes, tab = visitor.page.path, visitor.fills(size="42").tab()
    tab.fills(size="42")
    await visitor.presses()
    before = await stage.run()
    await tab.presses()
    assert (visitor.page.heading, tab.page.heading) == ("Check your answers", "Check your answers")
    await untouched(stage, before)
    await visitor.opens(shoes)
    await visitor.presses()
    assert visitor.page.heading == "Where to, Ann?"


@pytest.mark.parametrize("ticked", [[], ["yes"]])
async def test_back_pressed_twice_beside_a_box_goes_back_once(ticked: list[str]) -> None:
    """A box says that it isn't ticked, and then that it is: the second click was told that the page is gone."""
    box = {"name": "declared", "type": "boolean", "checkbox": True}
    pages = [{"id": "a", "type": "message", "title": "A"}, {"id": "b", "type": "form", "title": "B", "fields": [box]}]
    async with visiting(wizard_app(await make_test_engine({"id": "two", "nodes": pages})), "/w/two") as visitor:
        await (await visitor.presses()).presses()
        tab = visitor.fills(declared=ticked).tab()
        tab.fills(declared=ticked)
        await visitor.presses("previous")
        await tab.presses("previous")
        assert (tab.page.status, tab.page.heading) == (200, "A")


@pytest.mark.parametrize("button", ["previous", "save"])
async def test_a_blank_page_in_an_old_tab_empties_nothing(stage: Stage, button: str) -> None:
    """Going back never costs an answer. What was typed in the old tab is kept, as everywhere."""
    visitor = await stage.starts(**WHO)
    blank, typed, where = visitor.tab(), visitor.tab(), visitor.page.path
    await visitor.fills(town="Bern").presses()
    await visitor.presses("previous")
    for tab, town in ((blank, "Bern"), (typed.fills(town="Basel"), "Basel")):
        await tab.presses(button)
        await visitor.opens(where)
        if visitor.page.path != where:
            await visitor.presses()
        assert visitor.page.values["town"] == town


async def test_an_answer_that_was_typed_over_can_be_given_again(stage: Stage) -> None:
    """Somebody types another town, goes back, opens the page once more and settles on the first: it was taken for the
    same answer again, and the other town came back later."""
    visitor = await to_the_review(stage)
    change = visitor.page.path.replace("/check", "/where?change")
    await visitor.opens(change)
    await visitor.fills(town="Basel").presses("previous")
    await visitor.opens(change)
    assert visitor.page.values["town"] == "Basel"
    await visitor.fills(town="Bern").presses()
    assert visitor.page.heading == "Check your answers"
    await visitor.opens(change)
    assert visitor.page.values["town"] == "Bern"


# -- repeats ---------------------------------------------------------------------------------------------


async def test_items_are_added_changed_and_removed(stage: Stage) -> None:
    """The list of a repeat is a page with links for each item."""
    visitor = await to_the_list(stage)
    assert "Bob" in visitor.page.text
    await visitor.fills(add_another=True).presses()
    await visitor.fills(name="Eve").presses()
    links = [to for text, to in visitor.page.links.items() if text.startswith("Remove")]
    assert [to.rpartition("/-/")[2] for to in links] == ["remove/friends/1", "remove/friends/2"]
    await visitor.opens(links[0])
    assert "Bob" in visitor.page.text
    assert visitor.page.heading == "Do you want to remove Friend 1?"
    await visitor.follows("Keep it and go back")
    assert visitor.page.path.endswith("/friends/after-2")
    await visitor.opens(links[0])
    twice = visitor.tab()
    await visitor.presses("remove")
    assert visitor.statuses == [303, 200]
    assert "Bob" not in visitor.page.text
    assert "Eve" in visitor.page.text
    await twice.presses("remove")
    assert twice.statuses == [303, 200]
    assert (await stage.run()).answers["friends"] == {"2": {"named": {"name": "Eve"}}}


@pytest.mark.parametrize("item", ["friends/9", "friends/0", "friends", "nothing/1", "friends/1/named", "%00"])
async def test_what_no_list_shows_can_not_be_removed(stage: Stage, item: str) -> None:
    """A mistyped address ends where the person is, and takes nothing out."""
    visitor = await to_the_list(stage)
    run = visitor.page.path.removesuffix("/friends/after-1")
    before = await stage.run()
    await visitor.opens(f"{run}/-/remove/{item}")
    assert visitor.page.path.endswith("/friends/after-1")
    await visitor.posts(visitor.pairs(), f"{run}/-/remove/{item}")
    assert visitor.page.status == 200
    await untouched(stage, before)


@pytest.mark.parametrize("final", ["", ", final: true"])
async def test_what_is_sent_can_not_be_removed_any_more(final: str) -> None:
    """The address is in the browser's history: a question whose only answer is a refusal asks in vain."""
    friends = f"""
id: party
nodes:
  - {{id: friends, type: workflow, workflow: friend, repeat: {{min: 1, max: 3}}}}
  - {{id: check, type: review{final}}}
{"  - {id: more, type: form, fields: [{name: more}]}" if final else ""}
---
id: friend
nodes: [{{id: named, type: form, fields: [{{name: name}}]}}]
"""
    engine = await make_test_engine(friends)
    async with visiting(wizard_app(engine), "/w/party") as visitor:
        await visitor.presses()
        await visitor.fills(name="Bob").presses()
        asked = visitor.page.path.replace("friends/after-1", "-/remove/friends/1")
        await visitor.fills(add_another="no").presses()
        await visitor.opens(asked)
        assert "remove" in visitor.page.buttons
        await visitor.opens(asked.replace("-/remove/friends/1", "check"))
        await visitor.presses()
        there = visitor.page.path
        await visitor.opens(asked)
        assert visitor.page.path == there
    await engine.close()
