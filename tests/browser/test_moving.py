"""Back, Forward, refresh, tabs, bookmarks and impatient fingers: nothing is lost and nothing counts twice."""

from __future__ import annotations

from tests.browser.conftest import Opens
from tests.browser.site import Site
from tests.browser.views import ANN, LOST, PICKS, TO_REVIEW, TOWN, WORDS


async def test_back_with_something_typed(site: Site, opens: Opens, javascript: bool) -> None:
    """Half an answer, then a look at the page before: it is all still there, on both pages."""
    ann = await opens(javascript=javascript)
    await ann.visits(site.link(await site.begins("passport", ANN)))
    await ann.chooses("I lost it")
    await ann.types(story="I looked everywhere")
    await ann.goes_back()
    await ann.sees(title="About you", values={"full_name": "Ann Bauer", "birth_date": "27 3 1985"}, error="")
    await ann.presses("Continue")
    await ann.sees(at="reason", error="", values={"why": "lost", "story": "I looked everywhere"})


async def test_back_with_something_wrong_typed(site: Site, opens: Opens, javascript: bool) -> None:
    """Back asks for nothing: what couldn't be taken as an answer holds nobody on a page, and is there on return."""
    ann = await opens(javascript=javascript)
    await ann.visits(site.link(await site.begins("sampler", WORDS, PICKS, given=TOWN)))
    await ann.types(day="30 2 2026", at="9")
    await ann.presses("Continue")
    assert len(await ann.errors()) == 3
    await ann.goes_back()
    await ann.sees(title="To choose from", error="")
    await ann.presses("Continue")
    await ann.sees(title="Days, hours and files", values={"day": "30 2 2026", "at": "9"})


async def test_the_browsers_own_back_and_forward_by_continue(site: Site, opens: Opens, javascript: bool) -> None:
    """Everybody uses the browser's Back. The page before is there with its answer and can be sent again, changed."""
    ann = await opens(javascript=javascript)
    run = await site.begins("passport")
    await ann.visits(site.link(run))
    await ann.types(full_name="Ann", birth_date="27 3 1985")
    await ann.presses("Continue")
    await ann.chooses("It ran out")
    await ann.presses("Continue")
    await ann.sees(at="alone")

    await ann.browser_back()
    await ann.browser_back()
    await ann.sees(title="About you", values={"full_name": "Ann", "birth_date": "27 3 1985"})
    assert (await site.seen(run)).step == "alone"  # looking moves nothing
    await ann.types(full_name="Annette")
    await ann.presses("Continue")
    await ann.sees(title="Why do you need a passport, Annette?", values={"why": "old"}, error="")
    await ann.presses("Continue")
    await ann.sees(at="alone")
    assert (await site.seen(run)).answers["applicant"]["full_name"] == "Annette"


async def test_the_browsers_back_and_continue_without_a_change(site: Site, opens: Opens, javascript: bool) -> None:
    """The same answers again change nothing: the next page comes, and no answer was accepted twice."""
    ann = await opens(javascript=javascript)
    run = await site.begins("passport")
    await ann.visits(site.link(run))
    await ann.types(full_name="Ann", birth_date="27 3 1985")
    await ann.presses("Continue")
    await ann.chooses("It ran out")
    await ann.presses("Continue")
    await ann.browser_back()
    await ann.browser_back()
    revision = (await site.seen(run)).revision
    await ann.presses("Continue")
    await ann.sees(at="reason", values={"why": "old"})
    assert (await site.seen(run)).revision == revision
    await ann.browser_back()
    await ann.browser_forward()
    await ann.sees(at="reason")


async def test_a_refresh_after_sending(site: Site, opens: Opens, javascript: bool) -> None:
    """F5 after an answer asks the browser for a page, never to send again; no dialog, no duplicate."""
    ann = await opens(javascript=javascript)
    run = await site.begins("passport")
    await ann.visits(site.link(run))
    await ann.types(full_name="Ann", birth_date="27 3 1985")
    await ann.presses("Continue")
    revision = (await site.seen(run)).revision
    posts: list[str] = []
    ann.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    await ann.reloads()
    await ann.reloads()
    await ann.sees(at="reason", status=200)
    assert posts == []
    assert (await site.seen(run)).revision == revision
    assert await site.accepted(run, "applicant") == 1


async def test_a_deep_link_to_a_page_not_come_to_yet(site: Site, opens: Opens, javascript: bool) -> None:
    """An address guessed or sent by somebody else mustn't jump over questions."""
    ann = await opens(javascript=javascript)
    run = await site.begins("passport", ANN)
    await ann.visits(site.link(run))
    for step in ("check", "alone", "household/1/person", "done"):
        await ann.visits(site.page(run, step))
        await ann.sees(title="Why do you need a passport, Ann Bauer?", at="reason", status=200)


async def test_a_deep_link_to_a_kept_page(site: Site, opens: Opens) -> None:
    """A bookmark of a page that somebody went back from leads to where they are."""
    ann = await opens(javascript=False)
    run = await site.begins("passport", *TO_REVIEW)
    await site.engine.previous(run, to="applicant")
    await ann.visits(site.link(run))
    await ann.visits(site.page(run, "alone"))
    await ann.sees(at="applicant")


async def test_two_tabs_answer_the_same_page(site: Site, opens: Opens, javascript: bool) -> None:
    """The later of two different answers isn't swallowed and swallows nothing: it is shown, and can be sent."""
    ann = await opens(javascript=javascript)
    run = await site.begins("passport", ANN)
    await ann.visits(site.link(run))
    other = await ann.opens_tab()
    await ann.chooses("It is my first one")
    await ann.presses("Continue")
    await ann.sees(at="alone")

    await other.chooses("It ran out")
    await other.types(story="Two years ago")
    await other.presses("Continue")
    await other.sees(at="reason", status=409, values={"why": "old", "story": "Two years ago"})
    assert (await site.seen(run)).answers["reason"]["why"] == "new"
    await other.presses("Continue")
    await other.sees(at="alone", status=200)
    assert (await site.seen(run)).answers["reason"]["why"] == "old"


async def test_two_tabs_with_the_same_answer(site: Site, opens: Opens, javascript: bool) -> None:
    """Two tabs that say the same are no conflict, and the answer counts once."""
    ann = await opens(javascript=javascript)
    run = await site.begins("passport", ANN)
    await ann.visits(site.link(run))
    other = await ann.opens_tab()
    for tab in (ann, other):
        await tab.chooses("It ran out")
        await tab.presses("Continue")
        await tab.sees(at="alone", status=200)
    assert await site.accepted(run, "reason") == 1


async def test_an_old_tab_sends_a_page_that_is_two_steps_back(site: Site, opens: Opens, javascript: bool) -> None:
    """A forgotten tab with the first page is sent much later, unchanged: it shows the page after, and moves nothing."""
    ann = await opens(javascript=javascript)
    run = await site.begins("passport")
    await ann.visits(site.link(run))
    await ann.types(full_name="Ann", birth_date="27 3 1985")
    await ann.presses("Continue")
    old = await ann.opens_tab(site.page(run, "applicant"))
    await site.engine.next(run.id, LOST)
    revision = (await site.seen(run)).revision
    await old.presses("Continue")
    await old.sees(at="reason", status=200)
    assert (await site.seen(run)).revision == revision


async def test_a_double_click(site: Site, opens: Opens, javascript: bool) -> None:
    """Two clicks are one answer and one page further, on a page and at the start."""
    ann = await opens(site.address + "/w/passport", javascript=javascript)
    await ann.double_clicks("Start now")
    await ann.comes_to_see(at="applicant", title="About you")
    run = await site.run_at(ann.page.url)
    await ann.types(full_name="Ann", birth_date="27 3 1985")
    await ann.double_clicks("Continue")
    await ann.comes_to_see(at="reason", error="", status=200)
    assert await site.accepted(run, "applicant") == 1


async def test_enter_in_a_field_means_continue(site: Site, opens: Opens, javascript: bool) -> None:
    """The first button of the form is what Enter presses; were it Back, a person would be thrown back."""
    ann = await opens(javascript=javascript)
    await ann.visits(site.link(await site.begins("passport", ANN)))
    await ann.goes_back()
    await ann.field("full_name").focus()
    await ann.enters()
    await ann.sees(at="reason")


async def test_back_at_the_first_page_isnt_offered(site: Site, opens: Opens) -> None:
    """A way back that leads nowhere would be a lie."""
    ann = await opens(javascript=False)
    await ann.visits(site.link(await site.begins("passport")))
    assert await ann.page.locator(".govuk-back-link").count() == 0


async def test_no_way_back_over_a_final_page(site: Site, opens: Opens) -> None:
    """What was paid can be read, not answered again, and the page says why."""
    ann = await opens(javascript=False)
    run = await site.begins("paid", {"number": "77"}, {})
    await ann.visits(site.link(run))
    await ann.sees(at="receipt")
    assert await ann.page.locator(".govuk-back-link").count() == 0
    await ann.visits(site.page(run, "fine"))
    await ann.sees("77", status=200)
    assert await ann.page.locator("main input:not([type=hidden])").count() == 0
