"""Slow work and waits in a real browser: how far it is, and going on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.conftest import Opens
from tests.browser.person import Person
from tests.browser.site import Site, a_site


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def working_site(browser: Browser) -> AsyncIterator[Site]:
    async with a_site(jobs=2, grace=0.1) as site:
        yield site
        site.outside.gate.set()


async def to_work(site: Site, ann: Person) -> None:
    site.outside.works()
    await ann.visits(site.link(await site.begins("slowly")))
    site.outside.gate.clear()
    await ann.types(number="123456")
    await ann.presses("Continue")
    await ann.sees("You can leave it", title="We are looking up all your points", status=200)
    while site.outside.calls == 0:
        await asyncio.sleep(0.02)


async def test_progress_is_heard_and_the_next_page_comes(working_site: Site, opens: Opens) -> None:
    """The page says how far the work is without being loaded anew, in words that are read out, and makes room for the
    next one as soon as there is one."""
    site, ann = working_site, await opens()
    await to_work(site, ann)
    await ann.page.evaluate("window.stays = true")
    site.outside.reports(40, "Looking through 2025")
    said = ann.page.locator("[role=status]")
    await said.filter(has_text="Looking through 2025 40 %").wait_for()
    assert await ann.page.locator("progress").evaluate("bar => bar.value") == 40
    assert await ann.page.evaluate("window.stays") is True
    site.outside.gate.set()
    await ann.comes_to_see(title="You have 6 points")


async def test_where_no_stream_comes_through_the_page_asks(working_site: Site, opens: Opens) -> None:
    """Some proxies swallow streams, and a server has only so many."""
    site, ann = working_site, await opens()
    await ann.page.route("**/-/progress*", lambda route: route.abort())
    await to_work(site, ann)
    site.outside.reports(70, "Nearly there")
    await ann.page.locator("[role=status]").filter(has_text="Nearly there 70 %").wait_for()
    site.outside.gate.set()
    await ann.comes_to_see(title="You have 6 points")


async def test_where_the_script_doesnt_arrive_the_page_loads_itself(working_site: Site, opens: Opens) -> None:
    """Scripts are on, and its file was lost on the way: nobody waits for ever."""
    site, ann = working_site, await opens()
    await ann.page.route("**/static/*.js", lambda route: route.abort())
    await to_work(site, ann)
    site.outside.gate.set()
    await ann.comes_to_see(title="You have 6 points")


async def test_back_wins_by_keyboard(working_site: Site, opens: Opens, javascript: bool) -> None:
    """Nobody has to wait for what comes of a wrong answer, and the page doesn't go on behind their back."""
    site, ann = working_site, await opens(javascript=javascript)
    await to_work(site, ann)
    await ann.tabs_to("Back")
    await ann.enters()
    while not javascript and await ann.title() != "Your licence":  # it loaded itself meanwhile: the focus is gone
        await ann.tabs_to("Back")
        await ann.enters()
    await ann.sees(title="Your licence", values={"number": "123456"})
    site.outside.gate.set()
    await ann.sees(title="Your licence")


async def test_without_scripts_the_page_loads_itself(working_site: Site, opens: Opens) -> None:
    """And goes on when the work is done."""
    site, ann = working_site, await opens(javascript=False)
    await to_work(site, ann)
    await ann.page.wait_for_url("**/points?wait=1")
    site.outside.gate.set()
    await ann.comes_to_see(title="You have 6 points")
