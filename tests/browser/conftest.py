"""One browser and one served application a process; an empty profile of the browser for each person.

Without a browser the tests are skipped; in continuous integration (CI, or BROWSER_TESTS=required) they fail.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.chromium import NoBrowser, chromium, required
from tests.browser.firefox import Firefox, NoFirefox, firefox
from tests.browser.person import Person, Profile
from tests.browser.site import NOON, PROCESSES, UNRULY, Site, a_site
from tests.browser.talker import forgets

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser lives in one event loop, so the tests that use it run there too."""
    for item in items:
        if str(item.path).startswith(str(HERE)) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    try:
        async with chromium() as opened:
            yield opened
    except NoBrowser as missing:
        if required():
            raise
        pytest.skip(str(missing))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def whole_site(browser: Browser) -> AsyncIterator[Site]:  # nothing to serve where nobody visits
    async with a_site(PROCESSES, UNRULY) as site:
        yield site


@pytest.fixture
def site(whole_site: Site) -> Iterator[Site]:
    """The served application, with everything outside of it at work and its clock at NOON."""
    whole_site.outside.works()
    whole_site.clock.now = NOON
    yield whole_site
    whole_site.outside.works()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def whole_firefox() -> AsyncIterator[Firefox]:
    try:
        async with firefox() as opened:
            yield opened
    except NoFirefox as missing:
        if required():
            raise
        pytest.skip(str(missing))


class Profiles:
    """Profiles that wait for the next person: to make one takes more time than most tests do."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[Profile]] = {}

    @asynccontextmanager
    async def one(self, *, javascript: bool, **options: Any) -> AsyncIterator[Profile]:
        """An empty profile, nobody else's until the end of the block."""
        free = self._free.setdefault(f"{javascript} {sorted(options.items())}", [])
        profile = free.pop() if free else await Profile.made(self._browser, javascript=javascript, **options)
        yield profile
        await profile.is_left()
        free.append(profile)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def profiles(browser: Browser) -> Profiles:
    return Profiles(browser)


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def javascript(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts. Nothing needs them."""
    return bool(request.param)


class Opens(Protocol):
    async def __call__(self, address: str = "", *, javascript: bool = True, **options: Any) -> Person: ...


@pytest_asyncio.fixture(loop_scope="session")
async def opens(profiles: Profiles) -> AsyncIterator[Opens]:
    """Makes people, each with an empty profile of the browser. At the end nobody may have noticed an error."""
    people: list[Person] = []
    async with AsyncExitStack() as stack:

        async def opened(address: str = "", *, javascript: bool = True, **options: Any) -> Person:
            person = await Person.sits_down(
                await stack.enter_async_context(profiles.one(javascript=javascript, **options))
            )
            people.append(person)
            if address:
                await person.visits(address)
            return person

        yield opened
    noticed = [each for person in people for each in person.noticed]
    assert not noticed, "\n".join(noticed)


@pytest_asyncio.fixture(loop_scope="session")
async def ann(opens: Opens) -> AsyncIterator[Person]:
    """Somebody at a chat, who leaves no conversation behind."""
    person = await opens()
    yield person
    await forgets(person)
