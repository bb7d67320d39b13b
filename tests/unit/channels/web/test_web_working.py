"""Pages while nobody can answer: slow work with its progress, waits, the end that was put to a run, and deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.unit.channels.slow import ORDERED, POINTS, Bench
from tests.unit.channels.web.webbed import Stage
from tests.visitor import Visitor, visiting
from wizard.app import wizard_app
from wizard.channels.web.run_pages import looked_before
from wizard.engine.worker import working
from wizard.model import RunStatus
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine

HURRIED: dict[str, Any] = {
    "id": "hurried",
    "title": "Hurry",
    "nodes": [
        {
            "id": "ask",
            "type": "form",
            "title": "Your offer",
            "fields": [{"name": "offer", "label": "Offer"}],
            "remind_after": {"after": "1h", "goto": "late"},
        },
        {"id": "late", "type": "form", "title": "You were late", "fields": [{"name": "why", "label": "Why?"}]},
    ],
}


class SlowStage(Stage):
    bench: Bench


@asynccontextmanager
async def slow_stage() -> AsyncIterator[SlowStage]:
    bench, clock, settings = Bench(), MovableClock(), Settings(grace=0.1)
    engine = await make_test_engine(
        POINTS, ORDERED, HURRIED, functions={"count": bench.count}, clock=clock, settings=settings
    )
    async with working(engine), visiting(wizard_app(engine, settings=settings)) as visitor:
        stage = SlowStage(engine, visitor, clock, None)  # type: ignore[arg-type]
        stage.bench = bench
        yield stage
        bench.gate.set()
    await engine.close()


@pytest.fixture
async def stage() -> AsyncIterator[SlowStage]:
    async with slow_stage() as stage:
        yield stage


async def to_work(stage: SlowStage) -> Visitor:
    visitor = await stage.starts("points", card="1234")
    await stage.bench.begun.wait()
    return visitor


def refresh(visitor: Visitor) -> str:
    contents = [value or "" for tag, name, value in visitor.page.attributes if (tag, name) == ("meta", "content")]
    return next(each for each in contents if "; url=" in each)


async def test_an_answer_that_begins_slow_work_leads_to_the_page_that_waits(stage: SlowStage) -> None:
    """The browser isn't kept waiting, and a refresh sends nothing again."""
    visitor = await to_work(stage)
    assert visitor.statuses == [303, 200]
    assert (visitor.page.path.rpartition("/")[2], visitor.page.heading) == ("count", "Counting your points")
    assert "You can leave it" in visitor.page.text
    assert visitor.page.buttons == ["previous"]
    await visitor.opens()
    assert visitor.page.heading == "Counting your points"
    assert stage.bench.calls == 1


async def test_how_far_it_is_stands_on_the_page(stage: SlowStage) -> None:
    """Whoever sees that something happens doesn't go away."""
    visitor = await to_work(stage)
    assert "We are working on it." in visitor.page.text
    stage.bench.reports(40.9, "Reading <b>page</b> 4")
    while "Reading" not in visitor.page.text:
        await visitor.opens()
    assert "Reading <b>page</b> 4 40 %" in visitor.page.text
    assert ("progress", "value", "40") in visitor.page.attributes


async def test_without_scripts_the_page_looks_less_and_less_often(stage: SlowStage) -> None:
    """The address counts, so that nobody has to remember; whatever else stands there counts for nothing."""
    visitor = await to_work(stage)
    pauses = []
    for _ in range(40):
        pause, _, address = refresh(visitor).partition("; url=")
        pauses.append(int(pause))
        await visitor.opens(address)
    assert pauses == [2] * 5 + [5] * 10 + [10] * 15 + [30] * 10
    for odd in ("-1", "9999", "x", "٣", "", "1e3"):
        assert looked_before(odd) == 0
        await visitor.opens(f"{visitor.page.path}?wait={odd}")
        assert refresh(visitor).startswith("2;")
    stage.bench.gate.set()
    while visitor.page.heading != "You have points":
        await visitor.opens(f"{visitor.page.path}?wait=3")
    assert "wait" not in visitor.page.address


async def test_back_wins_over_the_work(stage: SlowStage) -> None:
    """What comes of the work afterwards changes nothing."""
    visitor = await to_work(stage)
    await visitor.presses("previous")
    assert (visitor.page.heading, visitor.page.values) == ("Who are you?", {"card": "1234"})
    stage.bench.gate.set()
    await asyncio.sleep(0.05)
    assert (await stage.run()).step == "ask"


async def test_so_does_another_answer_to_a_page_before_it(stage: SlowStage) -> None:
    """Opened by its address while the work goes on: it was refused as answered in another tab, again and again, until
    the work was done. What counts is the new answer, and what comes of the work for it."""
    visitor = await to_work(stage)
    await visitor.opens(f"{visitor.page.path.rpartition('/')[0]}/ask")
    assert visitor.page.values == {"card": "1234"}
    await visitor.fills(card="9999").presses()
    assert (visitor.page.status, visitor.page.heading) == (200, "Counting your points")
    stage.bench.gate.set()
    while visitor.page.heading != "You have points":
        await visitor.opens(f"{visitor.page.path}?wait=3")
    run = await stage.run()
    assert run.answers["ask"] == {"card": "9999"}
    assert stage.bench.calls == 2


async def test_back_that_comes_after_the_work_leads_on(stage: SlowStage) -> None:
    """Nobody has done anything in another window, so nobody is told so."""
    visitor = await to_work(stage)
    stage.bench.gate.set()
    while (await stage.run()).status is RunStatus.WORKING:
        await asyncio.sleep(0.01)
    await visitor.presses("previous")
    assert (visitor.statuses, visitor.page.heading) == ([303, 200], "You have points")


async def test_the_stream_of_a_page(stage: SlowStage) -> None:
    """With the run's cookie, and with the headers of every page; it knows which step the page was about."""
    visitor = await to_work(stage)
    address = next(value or "" for _, name, value in visitor.page.attributes if name == "data-events")
    run = visitor.page.path.removesuffix("count")
    stage.bench.gate.set()
    async with visitor.session.get(visitor.address(address)) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        assert response.headers["Cache-Control"] == "no-store"
        assert "connect-src 'self'" in response.headers["Content-Security-Policy"]
        assert "event: moved" in await response.text()
    async with visitor.session.get(visitor.address(f"{run}-/progress?step=ask")) as response:
        assert '"step": "done"' in await response.text()
    stranger = visitor.another()
    async with stranger.session.get(visitor.address(address)) as response:
        assert response.status == 403
    async with visitor.session.post(visitor.address(address)) as response:
        assert response.status == 403  # there is no form that is sent there


async def test_too_many_streams_are_refused_without_a_page(stage: SlowStage) -> None:
    """The page's script then asks now and then."""
    visitor = await to_work(stage)
    address = visitor.address(f"{visitor.page.path.removesuffix('count')}-/progress")
    opened = [await visitor.session.get(address) for _ in range(6)]
    async with visitor.session.get(address) as response:
        assert (response.status, await response.read()) == (503, b"")
        assert response.headers["Retry-After"]
    for each in opened:
        each.close()


async def test_a_failure_leads_to_a_page_with_another_try(stage: SlowStage) -> None:
    """Its title says that it failed, and a new try goes on as slow work again."""
    visitor = await to_work(stage)
    stage.bench.failing = True
    stage.bench.gate.set()
    while visitor.page.title.startswith("Counting"):
        await visitor.opens()
    assert visitor.page.title.startswith("Failed: Counting your points")
    assert visitor.page.buttons == ["next", "previous", "next", "save"]
    stage.bench.failing = False
    await visitor.presses()
    while visitor.page.heading != "You have points":
        await visitor.opens()


async def test_a_wait_says_what_for_and_until_when(stage: SlowStage) -> None:
    """In the author's words; nothing is late, however long it takes."""
    visitor = await stage.starts("ordered", what="tea")
    assert visitor.page.heading == "Your parcel is on its way"
    assert "We wait until Friday for tea." in visitor.page.text
    assert ("meta", "content", "60") in visitor.page.attributes
    stage.clock.move(days=1)
    await visitor.opens()
    assert "longer than it should" not in visitor.page.text
    await stage.engine.event((await stage.run()).id, "delivered")
    await visitor.opens()
    assert (visitor.statuses, visitor.page.heading) == ([303, 200], "How was it?")


async def test_a_wait_can_be_gone_back_from(stage: SlowStage) -> None:
    """A mistake in what was ordered needn't wait for its parcel."""
    visitor = await stage.starts("ordered", what="tea")
    await visitor.presses("previous")
    assert visitor.page.values == {"what": "tea"}


async def test_a_cancelled_run_has_one_page(stage: SlowStage) -> None:
    """At each of its addresses, and for what is still sent from old pages."""
    visitor = await stage.starts("ordered")
    old = visitor.tab()
    await stage.engine.cancel((await stage.run()).id)
    await old.fills(what="tea").presses()
    await visitor.opens()
    for tab in (old, visitor):
        assert (tab.page.status, tab.page.heading) == (410, "This was cancelled")
        await tab.follows("Start again")
        assert tab.page.path == "/w/ordered"


async def test_a_form_that_a_deadline_has_left_can_be_answered_late(stage: SlowStage) -> None:
    """What was typed isn't lost, the page says what happened, and Continue goes back to the form with it."""
    visitor = await stage.starts("hurried")
    stage.clock.move(hours=2)
    while (await stage.run()).step != "late":
        await asyncio.sleep(0.02)
    await visitor.fills(offer="12").presses()
    assert (visitor.page.status, visitor.page.heading) == (409, "Your offer")
    assert "wasn't answered in time" in visitor.page.text
    assert visitor.page.values == {"offer": "12"}
    await visitor.presses()
    assert visitor.page.heading == "You were late"
    assert (await stage.run()).answers["ask"] == {"offer": "12"}
