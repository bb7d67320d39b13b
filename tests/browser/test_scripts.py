"""What scripts make better, and a run by keyboard alone."""

from __future__ import annotations

from tests.browser.conftest import Opens
from tests.browser.site import Site
from tests.browser.views import ANN, TOWN, WORDS


async def test_a_whole_run_by_keyboard(site: Site, opens: Opens) -> None:
    """Nobody needs a mouse: every control is reached by Tab, seen where it is, and works by its key."""
    ann = await opens(site.address + "/")
    await ann.key("Tab")
    assert await ann.focused() == "Skip to main content"
    await ann.tabs_to("Apply for a passport")
    await ann.enters()
    await ann.tabs_to("Start now")
    await ann.enters()

    await ann.tabs_to("Full name")
    await ann.writes("Ann")
    await ann.tabs_to("Continue")
    await ann.enters()
    await ann.sees(error="Answer “Date of birth”", values={"full_name": "Ann"})
    await ann.tabs_to("Answer “Date of birth”")
    await ann.key("Enter")
    assert await ann.focused() == "Day"
    await ann.writes("27")
    await ann.tabs_to("Month")
    await ann.writes("3")
    await ann.tabs_to("Year")
    await ann.writes("1985")
    await ann.enters()

    await ann.sees(title="Why do you need a passport, Ann?")
    await ann.tabs_to("It is my first one")
    await ann.key("Space", "ArrowDown")
    assert await ann.focused() == "I lost it"
    await ann.tabs_to("Where did you lose it?")
    await ann.writes("At sea")
    await ann.tabs_to("Continue")
    await ann.key("Space")
    await ann.page.wait_for_url("**/alone")

    await ann.tabs_to("Back")
    await ann.enters()
    await ann.sees(title="Why do you need a passport, Ann?", values={"why": "lost", "lost_where": "At sea"})
    await ann.tabs_to("Continue")
    await ann.enters()
    await ann.tabs_to("Yes")
    await ann.key("ArrowDown")
    await ann.tabs_to("Continue")
    await ann.enters()
    await ann.tabs_to("Yes")
    await ann.key("Space")
    await ann.tabs_to("Send my application")
    await ann.enters()
    await ann.sees(title="Application complete")


async def test_errors_take_the_focus_and_lead_to_their_fields(site: Site, opens: Opens) -> None:
    """A screen reader starts with what is wrong; a link of the summary puts the cursor where it is put right."""
    ann = await opens()
    await ann.visits(site.link(await site.begins("passport")))
    await ann.types(full_name="Ann", birth_date="27 3 -")
    await ann.presses("Continue")
    focused = "document.activeElement.classList.contains('govuk-error-summary')"
    assert await ann.page.evaluate(focused)
    await ann.page.locator(".govuk-error-summary a").click()
    name = await ann.page.evaluate("document.activeElement.name")
    assert name.startswith("birth_date-")
    described = await ann.page.evaluate(
        """() => [document.activeElement, document.activeElement.closest("fieldset")]
        .flatMap((each) => (each?.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean))
        .map((id) => document.getElementById(id)?.innerText ?? `${id} is missing`).join(" ")"""
    )
    assert "Your answer to “Date of birth” must include a year" in described


async def test_every_error_of_a_page_leads_to_an_input(site: Site, opens: Opens) -> None:
    """A link to nowhere leaves a person at the top of a long page; each type of field has its own first input."""
    ann = await opens()
    for answers in ((), (WORDS,)):
        await ann.visits(site.link(await site.begins("sampler", *answers, given=TOWN)))
        await ann.presses("Continue")
        links = ann.page.locator(".govuk-error-summary__list a")
        assert await links.count() > 3
        for number in range(await links.count()):
            await links.nth(number).click()
            target = await ann.page.evaluate("[document.activeElement.tagName, document.activeElement.id]")
            href = await links.nth(number).get_attribute("href")
            assert target[0] in ("INPUT", "SELECT", "TEXTAREA"), href
            assert f"#{target[1]}" == href


async def test_the_character_count(site: Site, opens: Opens) -> None:
    """It counts as somebody types and says when it is too much; the server says the same."""
    ann = await opens()
    await ann.visits(site.link(await site.begins("passport", ANN)))
    await ann.chooses("It ran out")
    await ann.types(story="x" * 190)
    await ann.sees("You have 10 characters remaining")
    await ann.types(story="x" * 203)
    await ann.sees("You have 3 characters too many")
    await ann.presses("Continue")
    too_long = "Your answer to “Anything else?” must be 200 characters or fewer"
    await ann.sees("You have 3 characters too many", error=too_long, values={"story": "x" * 203})
    await ann.types(story="x" * 199)
    await ann.sees("You have 1 character remaining")
    # What the server refused stays marked until it is sent again.
    assert await ann.page.locator("textarea.govuk-textarea--error").count() == 1


async def test_what_was_typed_in_a_field_that_is_hidden_again(site: Site, opens: Opens) -> None:
    """Changing one's mind twice mustn't cost what was typed in between."""
    ann = await opens()
    await ann.visits(site.link(await site.begins("passport", ANN)))
    await ann.chooses("I lost it")
    await ann.types(lost_where="At sea")
    await ann.chooses("It ran out")
    assert not await ann.field("lost_where").is_visible()
    await ann.chooses("I lost it")
    await ann.sees(values={"lost_where": "At sea"})
    assert await ann.field("lost_where").is_visible()


async def test_a_page_out_of_the_browsers_memory_is_as_the_run_is_now(site: Site, opens: Opens) -> None:
    """A page that the browser kept as a picture shows the answer that counts, if it was changed elsewhere meanwhile."""
    ann = await opens()
    run = await site.begins("passport", ANN)
    await ann.visits(site.link(run))
    await ann.visits(site.page(run, "applicant"))
    await site.engine.change(run.id, "applicant", {**ANN, "full_name": "Annette"})
    # Playwright turns the browser's memory of pages off; this is what a page out of it is told.
    await ann.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    await ann.comes_to_see(title="About you", values={"full_name": "Annette"})


async def test_the_resume_link_can_be_copied(site: Site, opens: Opens) -> None:
    """A long link is copied with one press, where the browser allows it."""
    ann = await opens(permissions=["clipboard-read", "clipboard-write"])
    await ann.visits(site.link(await site.begins("passport")))
    await ann.presses("Save and come back later")
    await ann.page.locator("button[data-copy]").click()
    copied = await ann.page.evaluate("navigator.clipboard.readText()")
    assert "token=" in copied
    desk = await opens(copied)
    await desk.sees(title="About you")
