"""Whole runs, with and without scripts: an error on the way, a branch, a change, a household."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opens
from tests.browser.site import Site
from tests.browser.views import ANN, HOUSEHOLD, LOST, TO_REVIEW


async def test_from_the_list_to_the_end(site: Site, opens: Opens, javascript: bool) -> None:
    """What every person does: starts, makes a mistake, is told, puts it right, and comes to the end."""
    ann = await opens(site.address + "/", javascript=javascript)
    await ann.follows("Apply for a passport")
    await ann.sees("It takes about five minutes", title="Apply for a passport")
    await ann.presses("Start now")

    await ann.sees(title="About you", at="applicant", error="")
    await ann.types(full_name="Ann", birth_date="27 13 1985")
    await ann.presses("Continue")
    await ann.sees(
        title="About you",
        error="Your answer to “Date of birth” must be a real date, like 27 3 1985",
        values={"full_name": "Ann", "birth_date": "27 13 1985"},
        status=422,
    )
    await ann.types(birth_date="27 3 1985")
    await ann.presses("Continue")

    await ann.sees(title="Why do you need a passport, Ann?", error="", status=200)
    await ann.chooses("It is my first one")
    await ann.presses("Continue")
    await ann.chooses("No")
    await ann.presses("Continue")

    await ann.sees("27 March 1985", "It is my first one", title="Check your answers")
    await ann.chooses("Yes")
    await ann.presses("Send my application")
    await ann.sees("Thank you, Ann. We will write to you.", title="Application complete")

    run = await site.run_at(ann.page.url)
    assert run.status == "completed"
    assert run.answers["reason"] == {"why": "new", "story": None}


async def test_a_change_from_the_review_comes_back_to_it(site: Site, opens: Opens, javascript: bool) -> None:
    """One wrong letter seen at the end mustn't cost the way through all pages again."""
    ann = await opens(javascript=javascript)
    await ann.visits(site.link(await site.begins("passport", *TO_REVIEW)))
    await ann.follows("Change", near="Full name Ann Bauer")
    await ann.sees(title="About you", values={"full_name": "Ann Bauer", "birth_date": "27 3 1985"})
    await ann.types(full_name="Ann Meier")
    await ann.presses("Continue")
    await ann.sees("Ann Meier", "Bea Bauer", title="Check your answers", at="check")

    await ann.follows("Change", near="Full name Ann Meier")
    await ann.types(full_name="")
    await ann.presses("Continue")
    await ann.sees(title="About you", error="Answer “Full name”")
    await ann.goes_back()
    await ann.sees("Ann Meier", title="Check your answers", at="check")


async def test_a_branch_changed_and_changed_back(site: Site, opens: Opens, javascript: bool) -> None:
    """Somebody mistypes the year and is asked for a guardian; back on the right way, nothing is lost on either."""
    ann = await opens(javascript=javascript)
    await ann.visits(site.link(await site.begins("passport", *TO_REVIEW)))
    await ann.follows("Change", near="Date of birth 27 March 1985")
    await ann.types(birth_date="27 3 2015")
    await ann.presses("Continue")
    await ann.sees(title="Your parent or guardian", at="guardian/person")
    await ann.types(full_name="Dora", phone="020 7946 0018")
    await ann.presses("Continue")
    await ann.sees("Dora", "Bea Bauer", title="Check your answers")

    await ann.follows("Change", near="Date of birth 27 March 2015")
    await ann.types(birth_date="27 3 1985")
    await ann.presses("Continue")
    await ann.sees("Bea Bauer", title="Check your answers")
    await ann.sees_nothing_of("Dora")

    await ann.follows("Change", near="Date of birth 27 March 1985")
    await ann.types(birth_date="27 3 2015")
    await ann.presses("Continue")
    await ann.sees(title="Your parent or guardian", values={"full_name": "Dora", "phone": "+442079460018"})


async def test_a_household_is_added_edited_and_removed(site: Site, opens: Opens, javascript: bool) -> None:
    """A list that somebody builds up: another item, one put right, one taken out, and only after a question."""
    ann = await opens(javascript=javascript)
    await ann.visits(site.link(await site.begins("passport", ANN, LOST, {"others": True})))
    await ann.sees(title="Person 1", at="household/1/person")
    await ann.types(full_name="Bea", birth_date="1 6 2019")
    await ann.presses("Continue")
    await ann.sees("Bea", title="The people who live with you", at="household/after-1")
    await ann.chooses("Yes")
    await ann.presses("Continue")
    await ann.types(full_name="Cem")
    await ann.presses("Continue")
    await ann.sees("Bea", "Cem", at="household/after-2")

    await ann.follows("Change", near="Bea")
    await ann.sees(title="Person 1", values={"full_name": "Bea", "birth_date": "1 6 2019"})
    await ann.types(full_name="Beatrice")
    await ann.presses("Continue")
    await ann.sees("Beatrice", "Cem", at="household/after-2")

    await ann.follows("Remove", near="Beatrice")
    await ann.sees("Beatrice")
    await ann.sees_nothing_of("Cem")
    await ann.follows("Keep it and go back")
    await ann.sees("Beatrice", "Cem", at="household/after-2")
    await ann.follows("Remove", near="Beatrice")
    await ann.presses("Remove Person 1")
    await ann.sees("Cem", at="household/after-2")
    await ann.sees_nothing_of("Beatrice")

    await ann.chooses("No")
    await ann.presses("Continue")
    await ann.sees("Cem", title="Check your answers")
    run = await site.run_at(ann.page.url)
    assert list(run.answers["household"]) == ["2", "after-2"]


async def test_the_list_page_wants_an_answer(site: Site, opens: Opens) -> None:
    """Continue without saying whether there is another person is a mistake, not a No."""
    ann = await opens(javascript=False)
    await ann.visits(site.link(await site.begins("passport", *HOUSEHOLD)))
    await ann.presses("Continue")
    await ann.sees("Bea Bauer", at="household/after-2", error="Say whether you want to add another")


@pytest.mark.parametrize("asked", [True, False])
async def test_a_field_that_depends_on_another(site: Site, opens: Opens, javascript: bool, asked: bool) -> None:
    """With scripts the field appears when it is asked; without, it is always there and only counts when it is."""
    ann = await opens(javascript=javascript)
    run = await site.begins("passport", ANN)
    await ann.visits(site.link(run))
    assert await ann.field("lost_where").is_visible() is not javascript
    await ann.chooses("I lost it")
    assert await ann.field("lost_where").is_visible()
    await ann.types(lost_where="In the lake")
    if not asked:
        await ann.chooses("It ran out")
        assert await ann.field("lost_where").is_visible() is not javascript
    await ann.presses("Continue")
    await ann.sees(title="Who lives with you?")
    assert (await site.seen(run)).answers["reason"].get("lost_where") == ("In the lake" if asked else None)


async def test_a_field_that_is_asked_and_left_empty(site: Site, opens: Opens, javascript: bool) -> None:
    """The error is at the field that belongs to the choice, and the field is to be seen."""
    ann = await opens(javascript=javascript)
    await ann.visits(site.link(await site.begins("passport", ANN)))
    await ann.chooses("I lost it")
    await ann.presses("Continue")
    await ann.sees(error="Answer “Where did you lose it?”", values={"why": "lost"})
    assert await ann.field("lost_where").is_visible()
