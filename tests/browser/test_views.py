"""Every kind of page, for everybody: no barriers in light and dark, with forced colours, at 320 px, on paper."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import FloatRect, Locator

from tests.browser.audits import has_no_barriers, has_no_overflow
from tests.browser.conftest import Opens
from tests.browser.site import Site
from tests.browser.views import TOWN, VIEWS, WORDS, View

WIDE = {"width": 1280, "height": 900}


# What is other than with scripts: all questions are there, nothing counts, copies or asks by itself.
SCRIPTED = ("words", "picks", "picks-with-errors", "change", "saved", "waiting", "waiting-with-progress", "pause")
OTHERWISE = [view for view in VIEWS if view.name in SCRIPTED]


@pytest.mark.parametrize("view", VIEWS, ids=[view.name for view in VIEWS])
async def test_everybody_can_use_it(site: Site, opens: Opens, view: View) -> None:
    """A barrier on one kind of page shuts people out of the whole process: axe-core finds none, light or dark; nothing
    scrolls sideways on a small telephone (or at 400 %), there is one heading, and paper is what there is to read."""
    ann = await opens(viewport=WIDE)
    await view.shows(site, ann)
    assert await ann.title()
    await ann.settles()
    await has_no_overflow(ann, 1280, 900)
    await has_no_overflow(ann, 320, 256)  # 1280 by 1024 at 400 %: WCAG 2.2, 1.4.10
    await has_no_barriers(ann)
    await ann.page.emulate_media(media="print")
    assert await ann.page.locator("h1").is_visible()
    pressed = ann.page.locator("button:visible, .govuk-back-link:visible, .govuk-skip-link:visible")
    assert await pressed.count() == 0, await pressed.all_inner_texts()


@pytest.mark.parametrize("view", OTHERWISE, ids=[view.name for view in OTHERWISE])
async def test_it_works_without_scripts(site: Site, opens: Opens, view: View) -> None:
    """The page has everything that it needs, and room for it on a small telephone."""
    ann = await opens(javascript=False, viewport=WIDE)
    await view.shows(site, ann)
    assert await ann.title()
    await has_no_overflow(ann, 320, 568)


LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrente"


@pytest.mark.parametrize("view", [view for view in VIEWS if view.name in ("words", "picks", "picks-with-errors")])
async def test_long_words_of_authors_are_broken(site: Site, opens: Opens, view: View) -> None:
    """A legend is as wide as its longest word unless it is told otherwise, and other languages have longer ones: on a
    small telephone the page would scroll sideways, and its end be out of sight."""
    ann = await opens(viewport=WIDE)
    await view.shows(site, ann)
    await ann.page.keyboard.press("Tab")  # what moves right after a key was pressed is no page that moves by itself
    grown = await ann.page.evaluate(
        """word => { const found = document.querySelectorAll("main legend, main label, main h1, main h2");
            found.forEach(each => (each.querySelector("h1") ?? each).append(` ${word}`)); return found.length }""",
        LONG_WORD,
    )
    assert grown > 3
    await has_no_overflow(ann, 320, 568)


SCHEMES: list[dict[str, Any]] = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"color_scheme": "light", "forced_colors": "active"},
    {"color_scheme": "dark", "forced_colors": "active"},
]


@pytest.mark.parametrize("scheme", SCHEMES, ids=["light", "dark", "forced-light", "forced-dark"])
async def test_focus_and_choices_can_be_seen(site: Site, opens: Opens, scheme: dict[str, Any]) -> None:
    """In every scheme, where the focus is and what is picked is to be seen; a background alone is gone where a system
    forces its own colours."""
    ann = await opens(viewport=WIDE, **scheme)
    await ann.visits(site.link(await site.begins("sampler", WORDS, given=TOWN)))
    await ann.page.emulate_media(reduced_motion="reduce")
    for name in ("size", "topics"):
        item = ann.page.locator(".govuk-radios__item, .govuk-checkboxes__item").filter(
            has=ann.page.locator(f'[name="{name}"]')
        )
        before = await item.first.screenshot(animations="disabled")
        await ann.field(name).check()
        await ann.page.locator("h1").click()
        assert await item.first.screenshot(animations="disabled") != before, f"a picked {name} looks like any other"
    for control in (
        ann.button("Continue"),
        ann.field("colour"),
        ann.field("topics"),
        ann.page.locator(".govuk-back-link"),
    ):
        around = await box_around(control)
        before = await ann.page.screenshot(clip=around, animations="disabled", caret="hide")
        await control.focus()
        await ann.key("Shift+Tab", "Tab")  # as somebody at a keyboard comes to it
        after = await ann.page.screenshot(clip=around, animations="disabled", caret="hide")
        assert after != before, f"nobody sees the focus at {await ann.focused()}"
        await ann.page.evaluate("document.activeElement.blur()")


async def box_around(control: Locator) -> FloatRect:
    """Where a control is on the page, and a little around it."""
    await control.scroll_into_view_if_needed()
    box = await control.bounding_box()
    assert box is not None
    return {
        "x": max(0, box["x"] - 8),
        "y": max(0, box["y"] - 8),
        "width": box["width"] + 16,
        "height": box["height"] + 16,
    }
