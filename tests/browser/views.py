"""Every kind of page, and how a person gets to see it. The audits and the pictures go through all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.browser.person import Person
from tests.browser.site import SIGNED_IN, Answers, Site
from wizard.engine.view import RunView

ANN: Answers = {"full_name": "Ann Bauer", "birth_date": "27 3 1985", "email": "ann@example.com"}
LOST: Answers = {"why": "lost", "lost_where": "On the train to Bern"}
BEA: Answers = {"full_name": "Bea Bauer", "birth_date": "1 6 2019"}
CEM: Answers = {"full_name": "Cem Bauer"}
MORE: Answers = {"add_another": True}
NO_MORE: Answers = {"add_another": False}
HOUSEHOLD: tuple[Answers, ...] = (ANN, LOST, {"others": True}, BEA, MORE, CEM)
TO_REVIEW: tuple[Answers, ...] = (*HOUSEHOLD, NO_MORE)
WORDS: Answers = {
    "line": "A line",
    "story": "First this.\nThen that.",
    "email": "ann@example.com",
    "phone": "020 7946 0018",
    "postcode": "SW1A 1AA",
    "people": "3",
    "rent": "812.50",
    "secret": "a secret",
}
PICKS: Answers = {
    "size": "large",
    "colour": "violet",
    "topics": ["staff", "website"],
    "sure": False,
    "country": "CH",
    "gift": False,
    "agreed": True,
}
TOWN: Answers = {"town": "Thun"}


@dataclass(frozen=True)
class View:
    """A kind of page; `shows` opens it for a person. It is looked at in a window of that `height`, or as high as it
    is."""

    name: str
    shows: Callable[[Site, Person], Awaitable[None]]
    height: int = 400


VIEWS: list[View] = []


def view(shows: Callable[[Site, Person], Awaitable[None]]) -> Callable[[Site, Person], Awaitable[None]]:
    VIEWS.append(View(shows.__name__.replace("_", "-"), shows))
    return shows


async def a_chat(site: Site, person: Person) -> None:
    await person.visits(site.address + "/c/passport")
    box = person.page.get_by_role("textbox", name="Write a message")
    for answer, then in (("Ann Bauer", "Date of birth"), ("27 Mrch 1985", "like"), ("27 March 1985", "Email")):
        await box.fill(answer)
        await box.press("Enter")
        await person.page.locator(".row.engine").last.filter(has_text=then).wait_for()
    await box.fill("ann@example.com")
    await box.press("Enter")
    await person.page.locator(".choices").wait_for()


CHAT = View("chat", a_chat, height=720)  # what it promises to everybody is tried in test_chat.py


async def current(
    site: Site, person: Person, workflow: str, *answers: Answers, given: Answers | None = None
) -> RunView:
    """The current page of a run that was answered so far."""
    run = await site.begins(workflow, *answers, given=given)
    await person.visits(site.link(run))
    return run


@view
async def list_of_workflows(site: Site, person: Person) -> None:
    await person.visits(site.address + "/")


@view
async def own_runs(site: Site, person: Person) -> None:
    for workflow, answers in (("passport", ANN), ("parcel", {"number": "77"}), ("bare", {"answer": "Yes"})):
        await site.begins(workflow, answers, profile="ann")
    await person.context.add_cookies([{"name": SIGNED_IN, "value": "ann", "url": site.address}])
    await person.visits(site.address + "/runs")


@view
async def no_own_runs(site: Site, person: Person) -> None:
    await person.context.add_cookies([{"name": SIGNED_IN, "value": "bea", "url": site.address}])
    await person.visits(site.address + "/runs")


@view
async def start(site: Site, person: Person) -> None:
    await person.visits(site.address + "/w/passport")


@view
async def start_with_questions(site: Site, person: Person) -> None:
    await person.visits(site.address + "/w/sampler")


@view
async def form(site: Site, person: Person) -> None:
    await current(site, person, "passport")


@view
async def form_with_errors(site: Site, person: Person) -> None:
    await current(site, person, "passport")
    await person.types(full_name="Ann Bauer", birth_date="27 3 -", email="ann@example")
    await person.presses("Continue")


@view
async def words(site: Site, person: Person) -> None:
    await current(site, person, "sampler", given=TOWN)


@view
async def words_with_errors(site: Site, person: Person) -> None:
    await current(site, person, "sampler", given=TOWN)
    await person.types(story="Much " * 30, people="many", rent="1,234")
    await person.presses("Continue")


@view
async def picks(site: Site, person: Person) -> None:
    await current(site, person, "sampler", WORDS, given=TOWN)
    await person.chooses("Yes", of="gift")


@view
async def picks_with_errors(site: Site, person: Person) -> None:
    await current(site, person, "sampler", WORDS, given=TOWN)
    await person.chooses("Yes", of="gift")
    await person.chooses("waiting", "staff", "website")
    await person.presses("Continue")


@view
async def days_and_files(site: Site, person: Person) -> None:
    await current(site, person, "sampler", WORDS, PICKS, given=TOWN)


@view
async def days_and_files_with_errors(site: Site, person: Person) -> None:
    await current(site, person, "sampler", WORDS, PICKS, given=TOWN)
    await person.types(day="30 2 2026", at="9")
    await person.uploads("proof", "bill.pdf", b"%PDF-1.7 a bill")
    await person.presses("Continue")


@view
async def items(site: Site, person: Person) -> None:
    await current(site, person, "passport", *HOUSEHOLD)


@view
async def remove(site: Site, person: Person) -> None:
    run = await current(site, person, "passport", *HOUSEHOLD)
    await person.visits(site.page(run, "-/remove/household/2"))


@view
async def review(site: Site, person: Person) -> None:
    await current(site, person, "passport", *TO_REVIEW)


@view
async def review_with_errors(site: Site, person: Person) -> None:
    await current(site, person, "passport", *TO_REVIEW)
    await person.presses("Send my application")


@view
async def change(site: Site, person: Person) -> None:
    run = await current(site, person, "passport", *TO_REVIEW)
    await person.visits(site.page(run, "reason?change"))


@view
async def conflict(site: Site, person: Person) -> None:
    run = await current(site, person, "passport", ANN)
    await person.chooses("It ran out")
    await site.engine.next(run.id, LOST, step="reason")
    await person.presses("Continue")


@view
async def message(site: Site, person: Person) -> None:
    await current(site, person, "paid", {"number": "77"})


@view
async def email_code(site: Site, person: Person) -> None:
    await current(site, person, "confirmed", {"email": "ann@example.com"})


@view
async def saved(site: Site, person: Person) -> None:
    await current(site, person, "passport", ANN)
    await person.presses("Save and come back later")


@view
async def waiting(site: Site, person: Person) -> None:
    run = await site.begins("slow")
    await site.works_on(run, {"number": "123456"})
    await person.visits(site.link(run))


@view
async def waiting_with_progress(site: Site, person: Person) -> None:
    run = await site.begins("slow")
    await site.works_on(run, {"number": "123456"})
    site.outside.reports(40, "Looking through the records of 2025")
    while (await site.seen(run)).report is None:
        await asyncio.sleep(0.02)
    await person.visits(site.link(run))


@view
async def waiting_too_long(site: Site, person: Person) -> None:
    run = await site.begins("slow")
    await site.works_on(run, {"number": "123456"})
    site.clock.move(minutes=3)
    await person.visits(site.link(run))


@view
async def pause(site: Site, person: Person) -> None:
    await current(site, person, "parcel", {"number": "77"})


@view
async def cancelled(site: Site, person: Person) -> None:
    run = await current(site, person, "passport")
    await site.engine.cancel(run.id)
    await person.visits(site.page(run, "applicant"))


@view
async def failed(site: Site, person: Person) -> None:
    site.outside.broken = True
    await current(site, person, "failing", {"seat": "F 12"})


@view
async def end(site: Site, person: Person) -> None:
    await current(site, person, "passport", *TO_REVIEW, {"declared": True})


@view
async def end_without_a_page(site: Site, person: Person) -> None:
    await current(site, person, "bare", {"answer": "Yes"})


@view
async def end_that_can_be_reopened(site: Site, person: Person) -> None:
    await current(site, person, "reopened", {"what": "peace"})


@view
async def answered(site: Site, person: Person) -> None:
    run = await current(site, person, "passport", *TO_REVIEW, {"declared": True})
    await person.visits(site.page(run, "applicant"))


@view
async def expired(site: Site, person: Person) -> None:
    run = await current(site, person, "fleeting")
    site.clock.move(hours=3)
    await person.visits(site.page(run, "table"))


@view
async def not_yours(site: Site, person: Person) -> None:
    run = await site.begins("passport")
    await person.visits(site.page(run, "applicant"))


@view
async def not_found(site: Site, person: Person) -> None:
    await person.visits(site.address + "/w/nothing")


@view
async def unruly(site: Site, person: Person) -> None:
    await current(site, person, "unruly")
    await person.presses("Continue")


@view
async def node_types(site: Site, person: Person) -> None:
    await person.visits(site.address + "/docs/nodes")


@view
async def node_type(site: Site, person: Person) -> None:
    await person.visits(site.address + "/docs/nodes/workflow")


@view
async def node_type_with_code(site: Site, person: Person) -> None:
    await person.visits(site.address + "/docs/nodes/http")
