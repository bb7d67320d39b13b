"""A refused page comes by GET, so that a browser's Back and Forward have nothing to send again; what was typed is kept
for whoever typed it, beside the run, within bounds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.visitor import Visitor, visiting
from wizard.app import wizard_app
from wizard.channels.web.kept_refusals import LASTS, LONGEST_OF_START, MOST_OF_RUN
from wizard.engine import Engine
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.stores.sqlite import SqliteStore
from wizard.testing import MovableClock, make_test_engine

FORMS = """
id: flat
title: Find a flat
expires_after: 2d
input: {town: {type: text, label: Your town, min_length: 3, max_length: 100000}}
nodes:
  - id: who
    type: form
    title: About you
    fields:
      - {name: name, label: Name, max_length: 20}
      - {name: rooms, type: integer, label: Rooms, max: 9}
      - {name: secret, type: password, label: Password, required: false}
      - {name: proof, type: file, label: Proof, required: false, max_size: 100}
  - id: where
    type: form
    title: Where, {{ who.name }}?
    fields: [{name: street, label: Street}]
"""
LENGTHS = """
id: brett
language: de-DE
nodes:
  - id: masse
    type: form
    title: Maße
    fields:
      - {name: length, type: decimal, label: Länge in Metern, places: 3}
      - {name: count, type: integer, label: Anzahl}
  - {id: check, type: review, title: Prüfen}
"""
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@asynccontextmanager
async def served(
    store: Store | None = None, clock: MovableClock | None = None
) -> AsyncIterator[tuple[Engine, Visitor]]:
    engine = await make_test_engine(FORMS, store=store or MemoryStore(), clock=clock or MovableClock(NOON))
    async with visiting(wizard_app(engine), "/w/flat?town=Bern") as visitor:
        await visitor.presses("next")
        yield engine, visitor
    await engine.close()


async def test_what_is_refused_is_shown_by_get_and_can_be_refreshed() -> None:
    """The address is the page's own, so that the browser has one entry for it, and nothing of the run has moved."""
    async with served() as (engine, visitor):
        address, run = visitor.page.address, visitor.page.path.split("/")[2]
        before = (await engine.load(run)).revision
        await visitor.fills(name="Ann", rooms="many").presses("next")
        assert visitor.statuses == [303, 422]
        assert visitor.page.address == address
        for _ in range(2):
            assert visitor.page.values == {"name": "Ann", "rooms": "many", "secret": ""}
            assert set(visitor.page.errors) == {"rooms"}
            await visitor.opens(address)
        assert (await engine.load(run)).revision == before
        await visitor.fills(rooms="3").presses("next")
        assert visitor.page.heading == "Where, Ann?"
        await visitor.opens(address)
        assert (visitor.page.status, visitor.page.errors) == (200, {})


@pytest.mark.parametrize("button", ["previous", "save"])
async def test_what_is_put_aside_is_no_mistake_any_more(button: str) -> None:
    """Who leaves the page by Back or Save finds there what was typed, without being told off for it."""
    async with served() as (_, visitor):
        await visitor.fills(name="Ann", rooms="2").presses("next")
        address = visitor.page.address
        await visitor.presses("next")
        assert visitor.page.status == 422
        await visitor.fills(street="Long").presses(button)
        await visitor.opens(address)
        if button == "previous":
            await visitor.presses("next")
        assert (visitor.page.status, visitor.page.values) == (200, {"street": "Long"})


async def test_nobody_else_sees_what_was_refused() -> None:
    """Another browser that the run opens to, by the link to come back, sees the page as it is."""
    async with served() as (_, visitor):
        await visitor.fills(name="Ann Secret", rooms="x").presses("next")
        await visitor.opens(f"/r/{visitor.page.path.split('/')[2]}/-/saved")
        other = visitor.another()
        await other.opens(next(link for text, link in visitor.page.links.items() if "token=" in text))
        assert other.page.status == 200
        assert other.page.values["name"] == ""


async def test_a_password_is_nowhere(tmp_path: Path) -> None:
    """Neither in the page nor in the store."""
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    async with served(store) as (_, visitor):
        await visitor.fills(name="Annword", rooms="x", secret="Sesameword").presses("next")
        assert visitor.page.values["secret"] == ""
        content = b"".join(each.read_bytes() for each in tmp_path.iterdir())
        assert b"Annword" in content
        assert b"Sesameword" not in content
    await store.close()


async def test_any_process_shows_it(tmp_path: Path) -> None:
    """The request that follows may reach another server."""
    one, other = SqliteStore(tmp_path / "runs.db"), SqliteStore(tmp_path / "runs.db")
    await one.open()
    await other.open()
    async with served(one) as (_, visitor):
        await visitor.fills(name="Ann", rooms="x").presses(allow_redirects=False)
        engine = await make_test_engine(FORMS, store=other, clock=MovableClock(NOON))
        async with visiting(wizard_app(engine)) as elsewhere:
            cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
            await elsewhere.opens(visitor.page.headers["Location"], headers={"Cookie": cookies})
            assert (elsewhere.page.status, elsewhere.page.values["name"]) == (422, "Ann")
        await engine.close()
    await one.close()
    await other.close()


async def test_it_is_forgotten_in_time() -> None:
    """Half a day later nobody wants to be told."""
    clock = MovableClock(NOON)
    async with served(clock=clock) as (_, visitor):
        await visitor.fills(name="Ann", rooms="x").presses("next")
        address = visitor.page.address
        clock.move(seconds=LASTS.total_seconds() + 1)
        await visitor.opens(address)
        assert (visitor.page.status, visitor.page.values["name"]) == (200, "")


async def test_what_a_start_page_refuses_is_bounded() -> None:
    """Anybody can send to a start page: what is long is told at once, and nothing of it is kept."""
    store = MemoryStore()
    async with served(store) as (_, visitor):
        await visitor.opens("/w/flat")
        await visitor.fills(town="Be").presses("next")
        assert (visitor.statuses, visitor.page.values["town"]) == ([303, 422], "Be")
        await visitor.opens("/w/flat")
        assert visitor.page.values["town"] == "Be"
        long = "x" * (LONGEST_OF_START + 100_000)
        await visitor.fills(town=long).presses("next")
        assert visitor.statuses == [422]
        assert visitor.page.values["town"].startswith("xxx")


async def test_a_run_keeps_few() -> None:
    """A visitor with ever new browsers fills no disk."""
    store = MemoryStore()
    async with served(store) as (_, visitor):
        await visitor.opens(f"/r/{visitor.page.path.split('/')[2]}/-/saved")
        link = next(link for text, link in visitor.page.links.items() if "token=" in text)
        for _ in range(MOST_OF_RUN + 3):
            other = visitor.another()
            await other.opens(link)
            await other.fills(name="Ann", rooms="x").presses("next")
            assert other.page.status == 422
        (kept,) = store._refused.values()
        assert len(kept) == MOST_OF_RUN


async def test_a_browser_is_led_to_every_other_refusal() -> None:
    """A form from before the browser was closed: the words come by GET as well. A program gets them at once."""
    async with served() as (_, visitor):
        address = visitor.page.address
        await visitor.posts([("wizard-key", "wrong")], address, headers=BROWSER)
        assert visitor.statuses == [303, 403]
        assert visitor.page.heading == "Open the page again"
        assert visitor.page.links["Open the page again"] == address
        await visitor.posts([("wizard-key", "wrong")], address)
        assert visitor.statuses == [403]


async def test_who_comes_too_late_in_the_browser_of_the_run_is_told_so() -> None:
    """Its cookie outlives the run: “You can't open this here” would be a riddle to its own person."""
    clock = MovableClock(NOON)
    async with served(clock=clock) as (_, visitor):
        address = visitor.page.address
        clock.move(seconds=timedelta(days=3).total_seconds())
        await visitor.fills(name="Ann", rooms="2").presses("next")
        assert (visitor.page.status, visitor.page.heading) == (410, "This has expired")
        await visitor.opens(address)
        assert (visitor.page.status, visitor.page.links["Start again"]) == (410, "/w/flat")


async def test_a_start_page_leads_back_to_what_was_begun() -> None:
    """Who closed the tab finds the run again where it was started."""
    async with served() as (engine, visitor):
        run = visitor.page.path.split("/")[2]
        await visitor.opens("/w/flat")
        assert visitor.page.links["Continue where you were"] == f"/r/{run}"
        await engine.cancel(run)
        await visitor.opens("/w/flat")
        assert "Continue where you were" not in visitor.page.links


async def test_a_number_comes_back_with_the_point_that_its_reader_types() -> None:
    """The length was taken and the count wasn't: whoever corrects the count is not told that their 1,234, which came
    back as 1.234, can be read in two ways. And what is wrong stands there itself, not the answer from before."""
    engine = await make_test_engine(LENGTHS)
    async with visiting(wizard_app(engine), "/w/brett") as visitor:
        await visitor.presses("next")
        await visitor.fills(length="1,234", count="viele").presses("next")
        assert visitor.page.values == {"length": "1,234", "count": "viele"}
        await visitor.fills(count="3").presses("next")
        assert visitor.page.heading == "Prüfen"
        await visitor.follows("Ändern: Länge in Metern")
        await visitor.fills(length="kurz").presses("next")
        assert visitor.page.values == {"length": "kurz", "count": "3"}
    await engine.close()
