"""Every kind of page in a language whose words are twice as long as the English ones (tests/pseudo.py), on a small
telephone: whoever translates the pages needn't count letters.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.audits import axe, barriers, has_no_overflow
from tests.browser.conftest import Opens
from tests.browser.site import NOON, PROCESSES, UNRULY, Site, a_site
from tests.browser.views import VIEWS, View
from tests.pseudo import OPEN, PSEUDO, installed, pseudo
from tests.words import TEMPLATE, messages, translated

SMALL = {"width": 320, "height": 568}
SAID = frozenset(str(each.id) for each in messages(translated(TEMPLATE)))


def in_pseudo(text: str) -> str:
    """What the pages call something that they name themselves; what authors wrote stays."""
    return pseudo(text) if text in SAID else text


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def long_site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    with installed(tmp_path_factory.mktemp("pseudo")):
        async with a_site(PROCESSES, UNRULY, language=PSEUDO) as site:
            yield site


OF_AUTHORS = ("node-type", "node-types", "node-type-with-code")  # what authors read is English
OF_PEOPLE = [view for view in VIEWS if view.name not in OF_AUTHORS]


@pytest.mark.parametrize("view", OF_PEOPLE, ids=[view.name for view in OF_PEOPLE])
async def test_words_twice_as_long_have_room(long_site: Site, opens: Opens, view: View) -> None:
    """A button, a legend or a panel that suits the English words would be cut off, scroll sideways or cover another one
    in most languages: nothing of that, and no barrier that axe-core knows."""
    site = long_site
    site.outside.works()
    site.clock.now = NOON
    ann = await opens(viewport=SMALL)
    ann.words = in_pseudo
    await view.shows(site, ann)
    assert OPEN in await ann.page.locator("body").inner_text()
    await ann.settles()
    await has_no_overflow(ann)
    await ann.page.evaluate(axe())
    assert not (found := await barriers(ann)), "\n".join(found)
    site.outside.works()
