"""Back and Forward over refused answers, in the browsers that people have: full Chromium, and Firefox.

Scripts are off in Chromium as a person turns them off; Firefox can't be driven then, so there they don't arrive.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Error

from tests.browser.chromium import NoBrowser, chromium, required
from tests.browser.firefox import Reader
from tests.browser.person import Person
from tests.browser.site import Site
from tests.browser.views import ANN

BROWSERS = [(name, script) for name in ("chromium", "firefox") for script in (True, False)]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def whole_chromium() -> AsyncIterator[Browser]:
    """As people have it, with its memory of pages."""
    try:
        async with chromium(whole=True) as opened:
            yield opened
    except NoBrowser as missing:
        if required():
            raise
        pytest.skip(str(missing))


@pytest.fixture(params=BROWSERS, ids=[f"{name}-{'script' if script else 'no-script'}" for name, script in BROWSERS])
def kind(request: pytest.FixtureRequest) -> tuple[str, bool]:
    """The browser, and whether scripts run in it."""
    name, script = request.param
    request.getfixturevalue("whole_chromium" if name == "chromium" else "whole_firefox")
    return name, script


@pytest_asyncio.fixture(loop_scope="session")
async def ann(kind: tuple[str, bool], site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Somebody at that browser."""
    name, script = kind
    site.scripts = script or name == "chromium"
    person: Person | Reader
    if name == "chromium":
        person = await Person.arrives(request.getfixturevalue("whole_chromium"), javascript=script)
    else:
        person = await Reader.sits_down(request.getfixturevalue("whole_firefox"))
    yield person
    site.scripts = True
    await person.leaves()


async def comes_to_see(person: Any, **what: Any) -> None:
    """As `sees`, of a page that scripts lead to."""
    await Person.comes_to_see(person, **what)


async def goes(person: Any, by: int) -> None:
    """By the browser's Back or Forward, whether the page is loaded or comes out of its memory."""
    if isinstance(person, Person):
        moved = person.page.go_back if by < 0 else person.page.go_forward
        try:
            await moved(wait_until="commit")
        except Error as error:  # Chromium is between two pages: a person's next click would come later, too
            if "Not attached to an active page" not in error.message:
                raise
            await person.page.wait_for_load_state()
            await moved(wait_until="commit")
    else:
        await (person.browser_back() if by < 0 else person.browser_forward())


async def goes_back_to(person: Any, kind: tuple[str, bool], most: int, **what: Any) -> None:
    """By the browser's Back: at once, but for Chromium without scripts, which has an entry for each answer sent."""
    for _ in range(most if kind == ("chromium", False) else 1):
        await goes(person, -1)
    await comes_to_see(person, **what)


async def test_back_after_errors_in_a_row(ann: Any, kind: tuple[str, bool], site: Site) -> None:
    """Two mistakes on a page, then Back: the page before, and never a warning of the browser's; Forward leads back to
    what is wrong; and then on."""
    await ann.visits(site.link(await site.begins("passport")))
    await ann.types(full_name="Ann", birth_date="27 3 1985")
    await ann.presses("Continue")
    for story in ("x" * 201, "y" * 202):
        await ann.chooses("It ran out")
        await ann.types(story=story)
        await ann.presses("Continue")
        too_long = "Your answer to “Anything else?” must be 200 characters or fewer"
        await ann.sees(error=too_long, values={"story": story, "why": "old"})
    await goes_back_to(ann, kind, 3, title="About you", values={"full_name": "Ann"})
    await goes(ann, 1)
    await comes_to_see(ann, title="Why do you need a passport, Ann?", error=too_long)
    await ann.types(story="Two years ago")
    await ann.presses("Continue")
    await ann.sees(title="Who lives with you?", error="")
    await goes_back_to(ann, kind, 1, error="", values={"story": "Two years ago"})


async def test_a_refresh_of_an_error(ann: Any, site: Site) -> None:
    """F5 shows the error again and asks nothing."""
    await ann.visits(site.link(await site.begins("passport", ANN)))
    await ann.presses("Continue")
    for _ in range(2):
        await ann.reloads()
        await ann.sees(error="Choose an answer to “Your reason”")


async def test_back_after_an_upload_beside_an_error(
    ann: Any, kind: tuple[str, bool], site: Site, tmp_path: Path
) -> None:
    """The file that was right stays, whichever way one comes to the page."""
    bill = tmp_path / "bill.pdf"
    bill.write_bytes(b"%PDF-1.7 a bill")
    run = await site.begins("proof")
    await ann.visits(f"{site.address}/")
    await ann.visits(site.link(run))
    if isinstance(ann, Person):
        await ann.field("bill").set_input_files(bill)
    else:
        await ann.uploads("bill", bill)
    await ann.presses("Continue")
    await ann.sees("bill.pdf", error="Answer “Street”")
    await goes_back_to(ann, kind, 2, title="What do you want to do?")
    await goes(ann, 1)
    await comes_to_see(ann, title="Your papers")
    await ann.types(street="Long Lane")
    await ann.presses("Continue")
    await ann.sees(title="We have bill.pdf")


async def test_an_answer_changed_by_back_is_no_conflict_with_oneself(ann: Any, site: Site) -> None:
    """A page out of the browser's memory is as it was before it was answered; only another tab is somebody else."""
    run = await site.begins("passport")
    await ann.visits(site.link(run))
    for name in ("Ann", "Annette", "Anna"):
        await ann.types(full_name=name, birth_date="27 3 1985")
        await ann.presses("Continue")
        await ann.sees(title=f"Why do you need a passport, {name}?")
        await goes(ann, -1)
        await comes_to_see(ann, title="About you", values={"full_name": name})
    assert (await site.seen(run)).answers["applicant"]["full_name"] == "Anna"


async def test_back_after_a_conflict(ann: Any, kind: tuple[str, bool], site: Site) -> None:
    """Two tabs, two answers: the later one's page can be left by Back and come back to, with what was typed there."""
    run = await site.begins("passport")
    await ann.visits(site.link(run))
    await ann.types(full_name="Ann", birth_date="27 3 1985")
    await ann.presses("Continue")
    other = await ann.opens_tab()
    await other.chooses("It is my first one")
    await other.presses("Continue")
    await ann.chooses("It ran out")
    await ann.types(story="Two years ago")
    await ann.presses("Continue")
    await ann.sees("answered in another window or tab", values={"why": "old"})
    await goes_back_to(ann, kind, 2, title="About you")
    await goes(ann, 1)
    await comes_to_see(ann, title="Why do you need a passport, Ann?", values={"story": "Two years ago"})
    await ann.presses("Continue")
    assert (await site.seen(run)).answers["reason"]["why"] == "old"


async def test_back_on_a_start_page(ann: Any, kind: tuple[str, bool], site: Site) -> None:
    """Before there is a run, it is the same."""
    await ann.visits(f"{site.address}/")
    await ann.visits(f"{site.address}/w/sampler")
    for _ in range(2):
        await ann.presses("Start now")
        await ann.sees(error="Answer “Your town”")
    await goes_back_to(ann, kind, 3, title="What do you want to do?")
    await goes(ann, 1)
    await comes_to_see(ann, title="Everything that can be asked")
    await ann.types(town="Thun")
    await ann.presses("Start now")
    await ann.sees(title="In words and numbers", error="")


async def test_try_again_again(ann: Any, kind: tuple[str, bool], site: Site) -> None:
    """A service that is down for a while: each try leaves nothing behind to click through."""
    run = await site.begins("failing")
    site.outside.broken = True
    await ann.visits(site.link(run))
    await ann.types(seat="F 12")
    await ann.presses("Continue")
    for _ in range(2):
        await ann.presses("Try again")
        await ann.sees("The theatre doesn't answer.")
    await goes_back_to(ann, kind, 3, title="Your place")
