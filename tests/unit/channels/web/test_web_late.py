"""Pages that come twice, at once, or too late: two tabs, double clicks, old pages, work that is under way (S19)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.unit.channels.web.webbed import WHO, Stage, staged
from tests.visitor import Visitor
from wizard.model import RunStatus


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as stage:
        yield stage


async def to_the_list(stage: Stage) -> Visitor:
    visitor = await stage.starts(**WHO)
    await visitor.fills(town="Bern").presses()
    return await visitor.fills(name="Bob").presses()


async def untouched(stage: Stage, before: Any) -> None:
    """The run is as it was."""
    after = await stage.engine.load(before.id)
    assert (after.revision, after.step, after.answers) == (before.revision, before.step, before.answers)


async def test_the_same_answers_again_go_on_without_moving_the_run(stage: Stage) -> None:
    """Back in the browser, and Continue: the next page of the path, with nothing changed (S19)."""
    visitor = await to_the_list(stage)
    before = await stage.run()
    await visitor.opens(visitor.page.path.replace("/friends/after-1", "/who"))
    await visitor.presses()
    assert visitor.page.path.endswith("/where")
    await visitor.presses()
    assert visitor.page.path.endswith("/friends/1/named")
    await visitor.presses()
    assert visitor.page.path.endswith("/friends/after-1")
    await untouched(stage, before)


async def test_other_answers_to_an_earlier_page_go_on_from_there(stage: Stage) -> None:
    """Back in the browser, something else typed: as Back and Next, in one turn."""
    visitor = await to_the_list(stage)
    await visitor.opens(visitor.page.path.replace("/friends/after-1", "/who"))
    await visitor.fills(full_name="Eve").presses()
    assert visitor.page.heading == "Where to, Eve?"
    assert visitor.page.values["town"] == "Bern"
    assert (await stage.run()).step == "where"


OFFER = {
    "id": "offer",
    "nodes": [
        {"id": "name", "type": "form", "fields": [{"name": "name", "label": "Name"}]},
        {
            "id": "take",
            "type": "form",
            "title": "Do you take it?",
            "event": {"name": "withdrawn", "goto": "gone", "text": "{{ name.name }}, it was sold."},
            "fields": [{"name": "why", "label": "Why?"}],
        },
        {"id": "gone", "type": "message", "title": "It is gone"},
    ],
}


async def test_a_page_that_an_event_has_closed_says_why() -> None:
    """The offer is withdrawn while somebody writes: what they send isn't taken, they read why and find the way on."""
    async with staged(OFFER) as stage:
        visitor = await stage.starts("offer", name="Ann")
        assert visitor.page.heading == "Do you take it?"
        address = visitor.page.path
        before = await stage.run()
        await stage.engine.event(before, "withdrawn")
        for action in ("next", "previous", "save"):
            late = visitor.tab()
            await late.fills(why="Because").posts([*late.pairs(), ("action", action)])
            assert (late.page.status, late.page.heading) == (409, "This has been closed"), action
            assert "Ann, it was sold." in late.page.text
        await visitor.opens(address)
        assert (visitor.page.status, visitor.page.heading) == (200, "It is gone")
        await visitor.presses("previous")
        assert visitor.page.path.endswith("/name")


async def test_a_double_click_counts_once(stage: Stage) -> None:
    """The second request finds the step answered, with the same answers."""
    visitor = await stage.starts()
    one, two = visitor.fills(**WHO).tab().fills(**WHO), visitor.tab().fills(**WHO)
    await asyncio.gather(one.presses(), two.presses())
    assert one.page.heading == two.page.heading == "Where to, Ann?"
    view = await stage.run(one)
    trace = await stage.engine.trace(view.id)
    assert [each.entry.kind for each in trace].count("accepted") == 1


async def test_two_tabs_that_answer_differently_have_one_winner(stage: Stage) -> None:
    """The other learns what happened, keeps what it typed, and may insist."""
    visitor = await stage.starts()
    tab = visitor.tab()
    await visitor.fills(**WHO, birth_date="1 2 1985").presses()
    before = await stage.run()
    await tab.fills(full_name="Eve", how="foot", meals=["dinner"], birth_date=("3", "", "")).presses()
    assert (tab.page.status, tab.page.heading) == (409, "About you")
    assert "answered in another window or tab" in tab.page.text
    assert "1 February 1985" in tab.page.text
    assert tab.page.values["full_name"] == "Eve"
    assert tab.page.values["how"] == "foot"
    assert tab.page.values["meals"] == ["dinner"]
    assert tab.page.values["birth_date-day"] == "3"
    await untouched(stage, before)
    await tab.fills(birth_date="").presses()
    assert tab.page.heading == "Shoes"
    assert (await stage.run()).answers["who"]["full_name"] == "Eve"


async def test_an_answer_to_a_page_that_left_the_path_is_refused_with_words(stage: Stage) -> None:
    """An old tab shows a question that isn't asked any more."""
    visitor = await stage.starts(full_name="Ann", how="foot")
    old = visitor.tab()
    await visitor.presses("previous")
    await visitor.fills(how="train").presses()
    before = await stage.run()
    for action in ("next", "previous", "save"):
        late = old.tab()
        await late.fills(size="42").posts([*late.pairs(), ("action", action)])
        assert (late.page.status, late.page.heading) == (409, "This page is out of date"), action
        await untouched(stage, before)
    old = late
    await old.follows("Go to where you are now")
    assert old.page.heading == "Where to, Ann?"


async def test_a_kept_pages_late_answer_is_refused(stage: Stage) -> None:
    """Gone back from in another tab: it isn't decided, so it can't be answered before what comes first."""
    visitor = await stage.starts(**WHO)
    old = visitor.tab()
    await visitor.presses("previous")
    before = await stage.run()
    await old.fills(town="Bern").presses()
    assert old.page.status == 409
    assert old.page.links["Go to where you are now"].endswith("/who")
    await untouched(stage, before)


async def test_while_work_is_under_way_other_tabs_wait(stage: Stage) -> None:
    """A payment that takes a while: nobody presses the button a second time, and nothing is paid twice."""
    release = asyncio.Event()
    stage.till.wait = release.wait
    visitor = await stage.starts("paid")
    tab, other = visitor.tab(), visitor.tab()
    paying = asyncio.ensure_future(visitor.fills(francs="5").presses())
    while (await stage.run(tab)).status is not RunStatus.WORKING:
        await asyncio.sleep(0.01)
    await tab.fills(francs="5").presses()
    assert (tab.page.status, tab.page.heading) == (200, "Your payment")
    assert "continues by itself" in tab.page.text
    assert ("meta", "http-equiv", "refresh") in tab.page.attributes
    await other.fills(francs="7").presses()
    assert other.page.status == 409
    stage.clock.move(minutes=3)
    await tab.opens()
    assert "is taking longer than it should" in tab.page.text
    await tab.presses()
    assert tab.page.path.endswith("/pay")
    release.set()
    await paying
    await tab.opens()
    assert visitor.page.heading == tab.page.heading == "A note?"
    assert stage.till.paid == 1


async def test_a_failed_page_that_is_tried_again_too_late_leads_on(stage: Stage) -> None:
    """Two tabs with the same "Try again", or a double click: nothing could be typed there, so nothing is refused."""
    stage.till.failing = True
    visitor = await stage.starts("paid", francs="5")
    tab = visitor.tab()
    stage.till.failing = False
    await visitor.presses()
    await tab.presses()
    assert tab.page.status == 200
    assert tab.page.heading == "A note?"
    assert stage.till.paid == 1


async def test_what_can_not_be_judged_is_kept() -> None:
    """S17: the author's mistake costs nobody their words."""
    form = {
        "id": "ask",
        "type": "form",
        "title": "Ask",
        "fields": [{"name": "a", "type": "integer"}],
        "validate": [{"check": "10 / a > 1", "message": "No"}],
    }
    async with staged({"id": "trip", "title": "T", "nodes": [form]}) as stage:
        visitor = await stage.starts(a="0")
        assert visitor.statuses == [303, 200]
        assert visitor.page.errors.keys() == {""}
        assert visitor.page.values == {"a": "0"}
