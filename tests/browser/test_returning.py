"""Leaving and coming back: by link on another device, after the end, too late, while work is done and when it fails."""

from __future__ import annotations

import asyncio

from tests.browser.conftest import Opens
from tests.browser.site import Site
from tests.browser.views import ANN, LOST, TO_REVIEW


async def test_saved_here_and_gone_on_with_elsewhere(site: Site, opens: Opens, javascript: bool) -> None:
    """Begun on a telephone, finished at a desk: the link opens the page with everything that was typed."""
    ann = await opens(javascript=javascript)
    run = await site.begins("passport", ANN)
    await ann.visits(site.link(run))
    await ann.chooses("I lost it")
    await ann.types(story="On Mon")
    await ann.presses("Save and come back later")
    body = await ann.page.locator("main").inner_html()
    link = next(word for word in body.replace('"', " ").replace("<", " ").split() if "token=" in word)

    desk = await opens(link, javascript=javascript)
    await desk.sees(title="Why do you need a passport, Ann Bauer?", values={"why": "lost", "story": "On Mon"}, error="")
    assert "token" not in desk.page.url
    await desk.types(lost_where="At sea", story="On Monday")
    await desk.presses("Continue")
    await desk.sees(title="Who lives with you?")
    assert (await site.seen(run)).answers["reason"]["story"] == "On Monday"

    await ann.visits(site.page(run, ""))
    await ann.sees(title="Who lives with you?")


async def test_the_resume_link_shows_its_token_to_nobody_else(site: Site, opens: Opens) -> None:
    """An address with a key in it mustn't stay in the bar, nor be told to other sites."""
    ann = await opens()
    run = await site.begins("passport")
    answer = await ann.page.goto(site.link(run))
    assert answer is not None
    assert "token" not in answer.url
    assert (await answer.all_headers())["referrer-policy"] in ("no-referrer", "same-origin", "strict-origin")
    (cookie,) = [each for each in await ann.context.cookies() if run.id in each["name"] + each["path"]]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] in ("Lax", "Strict")


async def test_a_link_with_a_wrong_token(site: Site, opens: Opens) -> None:
    """Somebody who copied half of the link reads what to do, and sees nothing of the run."""
    ann = await opens(javascript=False)
    run = await site.begins("passport", ANN)
    await ann.visits(site.link(run)[:-8])
    await ann.sees_nothing_of("Ann Bauer")
    assert ann.status in (403, 404)
    assert await ann.title()


async def test_another_persons_run(site: Site, opens: Opens) -> None:
    """An address without the key shows nothing and takes nothing."""
    ann, eve = await opens(javascript=False), await opens(javascript=False)
    run = await site.begins("passport", ANN)
    await ann.visits(site.link(run))
    await eve.visits(ann.page.url)
    await eve.sees_nothing_of("Ann Bauer", "passport, Ann")
    assert eve.status in (403, 404)


async def test_an_old_page_of_a_completed_run(site: Site, opens: Opens, javascript: bool) -> None:
    """Back in the browser after the end: the answers can be read, and nothing is sent twice."""
    ann = await opens(javascript=javascript)
    run = await site.begins("passport", *TO_REVIEW)
    await ann.visits(site.link(run))
    old = await ann.opens_tab()
    await ann.chooses("Yes")
    await ann.presses("Send my application")
    await ann.sees(title="Application complete")
    revision = (await site.seen(run)).revision

    await ann.browser_back()
    assert await ann.page.locator("main button[name=action][value=next]").count() == 0
    await ann.visits(site.page(run, "applicant"))
    await ann.sees("Ann Bauer", status=200)
    assert await ann.page.locator("main input:not([type=hidden])").count() == 0
    await old.chooses("No")
    await old.presses("Send my application")
    assert old.status < 500
    assert (await site.seen(run)).revision == revision


async def test_a_run_that_can_be_reopened(site: Site, opens: Opens, javascript: bool) -> None:
    """Where the definition allows it, Back leads out of the last page and the answer can be another one."""
    ann = await opens(javascript=javascript)
    run = await site.begins("reopened", {"what": "peace"})
    await ann.visits(site.link(run))
    await ann.sees("You wish for peace.", title="We have noted it")
    await ann.goes_back()
    await ann.sees(title="Your wish", values={"what": "peace"})
    await ann.types(what="rain")
    await ann.presses("Continue")
    await ann.sees("You wish for rain.", title="We have noted it")


async def test_a_run_that_ends_without_an_end_page(site: Site, opens: Opens) -> None:
    """After the last question something has to say that it is done."""
    ann = await opens(javascript=False)
    await ann.visits(site.link(await site.begins("bare")))
    await ann.types(answer="Yes")
    await ann.presses("Continue")
    assert await ann.title() != "One question"
    assert await ann.page.locator("main form input:not([type=hidden])").count() == 0


async def test_an_expired_run(site: Site, opens: Opens, javascript: bool) -> None:
    """Too late, with a page still open: it says so, and where to begin anew."""
    ann = await opens(javascript=javascript)
    run = await site.begins("fleeting")
    await ann.visits(site.link(run))
    await ann.types(people="4")
    site.clock.move(hours=3)
    await ann.presses("Continue")
    assert 400 <= ann.status < 500
    assert await ann.title() != "Your table"
    assert await ann.page.locator('main a[href$="/w/fleeting"]').count() == 1
    await ann.reloads()
    assert 400 <= ann.status < 500


async def test_a_failed_step_and_try_again(site: Site, opens: Opens, javascript: bool) -> None:
    """A service is down: the page says what happened, trying again works, and so does going back."""
    ann = await opens(javascript=javascript)
    run = await site.begins("failing")
    site.outside.broken = True
    await ann.visits(site.link(run))
    await ann.types(seat="F 12")
    await ann.presses("Continue")
    await ann.sees("The theatre doesn't answer. Try again in a few minutes.")
    await ann.presses("Try again")
    await ann.sees("The theatre doesn't answer. Try again in a few minutes.")
    await ann.goes_back()
    await ann.sees(title="Your place", values={"seat": "F 12"})
    site.outside.broken = False
    await ann.types(seat="F 13")
    await ann.presses("Continue")
    await ann.sees(title="Seat F 13 is yours", status=200)


async def test_the_waiting_page_goes_on_by_itself(site: Site, opens: Opens, javascript: bool) -> None:
    """Slow work: a page says that it is under way, and is replaced by the next one without a click."""
    ann = await opens(javascript=javascript)
    run = await site.begins("slow")
    await ann.visits(site.link(run))
    site.outside.gate.clear()
    await ann.types(number="123456")
    pressing = asyncio.create_task(ann.presses("Continue"))
    while site.outside.calls == 0:
        await asyncio.sleep(0.02)
    other = await ann.opens_tab(site.page(run, ""))
    await other.sees(title="We are looking up your points", status=200)
    site.outside.gate.set()
    await pressing
    await other.comes_to_see(title="You have 6 points")
    await ann.comes_to_see(title="You have 6 points")
    assert site.outside.calls == 1


async def test_an_email_address_is_confirmed(site: Site, opens: Opens) -> None:
    """Two pages of one step: the address, then the code; a wrong code is told."""
    ann = await opens(javascript=False)
    await ann.visits(site.link(await site.begins("confirmed")))
    await ann.types(email="ann@example.com")
    await ann.presses("Continue")
    (code,) = site.outside.codes
    await ann.types(code="000000" if code != "000000" else "111111")
    await ann.presses("Continue")
    assert len(await ann.errors()) == 1
    await ann.types(code=code)
    await ann.presses("Continue")
    await ann.sees("ann@example.com is yours.", title="Thank you")


async def test_everything_that_can_be_asked(site: Site, opens: Opens, javascript: bool) -> None:
    """A field of every type, answered on pages, comes out as its value; going back shows each as it was answered."""
    ann = await opens(site.address + "/w/sampler", javascript=javascript)
    await ann.types(town="Thun")
    await ann.presses("Start now")
    texts = {
        "line": "A line",
        "story": "First this.\nThen that.",
        "email": "ann@example.com",
        "phone": "020 7946 0018",
        "site": "www.example.com",
        "postcode": "sw1a1aa",
        "account": "CH93 0076 2011 6238 5295 7",
        "people": "3",
        "rent": "812.50",
        "secret": "a secret",
    }
    await ann.types(**texts)
    await ann.presses("Continue")
    await ann.chooses("Large")
    await ann.chooses("violet", of="colour")
    await ann.chooses("website", "staff")
    await ann.chooses("No", of="sure")
    await ann.chooses("Yes", of="gift")
    await ann.chooses("I agree to the terms")
    await ann.types(card="Well done")
    await ann.presses("Continue")
    await ann.types(day="27 3 2026", at="14:30")
    await ann.uploads("proof", "bill.pdf", b"%PDF-1.7 a bill")
    await ann.presses("Continue")
    await ann.sees("812.5", "violet", "27 March 2026", "bill.pdf", title="Check your answers")
    await ann.sees_nothing_of("a secret")
    run = await site.run_at(ann.page.url)
    assert run.answers["picks"] == {
        "size": "large",
        "colour": "violet",
        "topics": ["staff", "website"],
        "sure": False,
        "country": "CH",
        "gift": True,
        "card": "Well done",
        "agreed": True,
    }
    assert run.answers["words"]["story"] == "First this.\nThen that."
    assert run.answers["words"]["campaign"] == "spring"
    await ann.goes_back()
    await ann.sees("bill.pdf", values={"day": "27 3 2026"})
    await ann.goes_back()
    await ann.sees(
        values={"size": "large", "colour": "violet", "topics": ["staff", "website"], "sure": "no", "country": "CH"}
    )
    await ann.goes_back()
    await ann.sees(values={"line": "A line", "story": "First this.\nThen that.", "people": "3", "secret": ""})


async def test_the_link_of_a_run_opens_where_it_stands(site: Site, opens: Opens) -> None:
    """The short address of a run always is the page to answer next."""
    ann = await opens(javascript=False)
    run = await site.begins("passport", ANN, LOST)
    await ann.visits(site.link(run))
    await ann.sees(at="alone")
    await ann.visits(f"{site.address}/r/{run.id}")
    await ann.sees(at="alone", status=200)
