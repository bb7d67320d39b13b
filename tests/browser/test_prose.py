"""Texts with links, bold and lists, for everybody: on a small telephone, at a keyboard, in both schemes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.audits import has_no_barriers, has_no_overflow
from tests.browser.conftest import Opens
from tests.browser.person import Person
from tests.browser.site import Site, a_site

SMALL = {"width": 320, "height": 568}
STEPS = ("ask", "check", "done")

# Where the links of a page lead; and of the one that has the focus, whether it can be seen, and seen to have it.
LINKS = """() => [...new Set([...document.querySelectorAll("main a")].map((each) => each.getAttribute("href")))]"""
AT = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const seen = [...at.getClientRects()].every((each) => each.left >= 0 && each.right <= innerWidth + 1);
  const plain = style.outlineStyle === "none" && style.boxShadow === "none";
  const marked = !plain || style.backgroundColor !== "rgba(0, 0, 0, 0)";
  return { link: at.getAttribute("href"), seen, marked };
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def written(browser: Browser) -> AsyncIterator[Site]:
    """A site whose texts hold all that texts can hold."""
    async with a_site(Path(__file__).with_name("prose.yaml")) as site:
        yield site


async def reaches_every_link(ann: Person) -> None:
    """With Tab alone, in the order in which they stand; each is seen and marked when it has the focus."""
    wanted = await ann.page.evaluate(LINKS)
    reached: list[str] = []
    for _ in range(40):
        await ann.key("Tab")
        at = await ann.page.evaluate(AT)
        if at["link"] in wanted and at["link"] not in reached:
            assert at["seen"], f"{at['link']} is out of sight"
            assert at["marked"], f"nobody sees that {at['link']} has the focus"
            reached.append(at["link"])
    assert reached == wanted


async def is_for_everybody(ann: Person) -> None:
    await ann.settles()
    await has_no_overflow(ann)
    await has_no_barriers(ann)
    await reaches_every_link(ann)


async def test_links_and_lists_are_for_everybody(written: Site, opens: Opens) -> None:
    """A long link would push the page sideways, or couldn't be reached without a mouse."""
    ann = await opens(viewport=SMALL)
    await ann.visits(f"{written.address}/w/prose")
    assert len(await ann.page.evaluate(LINKS)) == 3  # the third leads to where a code is typed
    await is_for_everybody(ann)
    for number, answers in enumerate(((), ({"word": "x", "pick": "a"},), ({"word": "x", "pick": "a"}, {}))):
        await ann.visits(written.link(await written.begins("prose", *answers)))
        assert ann.at == STEPS[number]
        await is_for_everybody(ann)


async def test_a_link_is_followed_with_enter(written: Site, opens: Opens) -> None:
    """It is in the middle of bold words, and its words take several lines."""
    ann = await opens(viewport=SMALL)
    await ann.visits(written.link(await written.begins("prose")))
    await ann.tabs_to("the terms of the Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz")
    await ann.enters()
    assert ann.path == "/w/prose?2"


async def test_a_link_in_a_choice_does_not_pick_it(written: Site, opens: Opens) -> None:
    """Who reads what a choice means hasn't chosen it, and who presses beside the link has."""
    ann = await opens(viewport=SMALL)
    await ann.visits(written.link(await written.begins("prose")))
    await ann.page.locator("label[for=pick]").click(position={"x": 20, "y": 12})
    assert await ann.value_of("pick") == "a"
    await ann.page.locator('a[href="/w/prose?5"]').click()
    assert ann.path == "/w/prose?5"
