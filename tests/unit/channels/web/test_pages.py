"""The web pages: whatever they show, they can be read, used and trusted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.unit.channels.web.markup import checked
from tests.unit.channels.web.samples import ASSETS, SAMPLES, STEP, read, step
from wizard.channels.web import pages as module
from wizard.channels.web.pages import ListPage, Page, Pages, WorkflowCard
from wizard.channels.web.templating import BUILT_IN, TEMPLATES
from wizard.expressions.prose import prose
from wizard.forms.rendering import KINDS
from wizard.model import Prompt


@pytest.mark.parametrize("name", SAMPLES)
def test_every_page_keeps_the_promises_of_all(name: str) -> None:
    """One h1, a name for each control, no id twice, no reference to nowhere, nothing that a strict CSP stops."""
    read(SAMPLES[name])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_framed_page_has_no_header(name: str) -> None:
    """The page around it has one; and its script is told that it is framed."""
    page = checked(Pages(ASSETS, framed=True).html(SAMPLES[name]))
    assert not page.all("header")
    assert "wz-framed" in page.one("html").classes
    assert "data-frame" in page.one("html").attributes


def test_there_is_a_template_for_every_page_and_every_kind_of_field() -> None:
    """A page or field without one would be a server error for the first person who meets it."""
    kinds = [
        each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Page) and each is not Page
    ]
    assert len(kinds) == 17
    assert {kind.template for kind in kinds} <= {*BUILT_IN.list_templates()}
    assert {kind for page in SAMPLES.values() for kind in (type(page),)} == set(kinds)
    assert {f"fields/{kind}.html" for kind in KINDS} <= {*BUILT_IN.list_templates()}


def test_every_template_says_what_it_shows() -> None:
    """Hosts override them one by one, and have to know what each gets."""
    paths = [path for folder in TEMPLATES for path in folder.rglob("*.html")]
    assert len(paths) == len(BUILT_IN.list_templates()), "one stands in for another of the same name"
    for path in paths:
        assert re.match(r"\{#- [A-Z].+? Gets: ", path.read_text(), re.DOTALL), path.name


# -- the pages ---------------------------------------------------------------------------------------------


def test_a_step_page_carries_what_its_post_needs() -> None:
    """Key and mark in the form; next before previous, so that Enter goes on; save beside it."""
    page = read(STEP)
    assert (page.one("input", name="wizard-key").get("value"), page.one("input", name="wizard-seen").get("value")) == (
        "k",
        "m",
    )
    actions = [each.get("value") for each in page.root if each.get("type") == "submit"]
    assert actions == ["next", "previous", "next", "save"]
    assert page.one("button", value="next").text == "Continue"
    assert page.one("button", value="previous").text == "Back"
    assert page.one("p", **{"class": "wz-progress"}).text == "Step 1 of 2"


def test_buttons_that_lead_nowhere_are_left_out() -> None:
    """No Back on the first page, no Save where nothing is kept; an author's words on the way on."""
    page = read(replace(step(submit="Send it"), back=False, save=False))
    assert [(each.get("value"), each.text) for each in page.all("button")] == [("next", "Send it")]


def test_a_review_has_a_change_link_for_each_answer() -> None:
    """Read alone, each says what it changes; groups have headings; answers keep their lines."""
    page = read(SAMPLES["review"])
    links = {each.text: each.get("href") for each in page.all("a") if each.text.startswith("Change")}
    assert links == {
        "Change Full name (About you)": "/forms/r/1/applicant?change",
        "Change Reason": "/forms/r/1/why?change",
        "Change Email": "/forms/r/1/a/b~2?change",
    }
    assert page.one("h1").text == "Check your answers"
    assert [each.text for each in page.all("h2")] == ["About you", "Reason, Email"]  # the second for who listens only
    assert [each.text for each in page.all("dd") if "govuk-summary-list__value" in each.classes] == [
        "Ada",
        "OneTwo",
        "No answer",
    ]
    assert page.one("button", value="next").text == "Accept and continue"


def test_a_repeat_s_items_can_be_changed_and_removed() -> None:
    """Where the engine says so."""
    page = read(SAMPLES["repeat"])
    assert page.one("a", href="/forms/r/1/h/1/n?change").text == "Change 1, Ada"
    assert page.one("a", href="/forms/r/1/-/remove/h/1").text == "Remove 1, Ada"
    assert len([each for each in page.all("a") if "?change" in each.get("href") or "/remove/" in each.get("href")]) == 2


def test_a_conflict_shows_what_is_there_now() -> None:
    """Before the form with one's own answers in it, and without links that would leave it."""
    page = read(SAMPLES["conflict"])
    banner = page.of_class("govuk-notification-banner")[0]
    assert "Answered elsewhere." in banner.text
    assert [each.text for each in banner if each.tag == "h2"][:2] == ["Important", "Saved now"]
    assert "Ada" in banner.text
    assert not [each for each in banner if each.tag == "a"]


def test_the_list_names_what_can_be_started() -> None:
    """Workflows as cards, with what their definitions say of them."""
    page = read(SAMPLES["list"])
    assert [each.text for each in page.of_class("wz-card")] == ["ApplyA text", "Order"]
    assert page.one("a", href="/w/b").text == "Order"


def test_a_card_shows_the_words_of_a_link() -> None:
    """All of it leads to the start page, where the link is: its address stood there in brackets."""
    text = prose("Read [the *rules*](https://example.org/rules) first.\n\nIt takes long.")
    page = read(ListPage("/", "All", workflows=(WorkflowCard("a", "Apply", text),)))
    assert [each.text for each in page.of_class("wz-card")] == ["ApplyRead the rules first.It takes long."]
    assert [each.get("href") for each in page.of_class("wz-card")[0] if each.tag == "a"] == ["/w/a"]


def test_a_start_page_carries_what_it_was_given() -> None:
    """Input out of the address goes along with the form."""
    page = read(SAMPLES["start"])
    assert page.one("input", name="x", type="hidden").get("value") == "1"
    assert page.one("button", value="next").text == "Start now"


def test_a_waiting_page_goes_on_by_itself() -> None:
    """With and without JavaScript, and by a link."""
    page = read(SAMPLES["waiting"])
    assert page.one("meta", **{"http-equiv": "refresh"}).get("content") == "3; url=/r/1/x?wait=2"
    assert not page.all("noscript")  # it would cover scripts that are switched off, and not one that doesn't arrive
    assert page.of_class("wz-waiting")[0].get("data-refresh") == "3"
    assert page.of_class("wz-waiting")[0].get("data-events") == "/r/1/-/progress?step=x"
    assert page.one("p", role="status").text.split() == ["Reading", "40", "%"]
    assert page.one("progress").get("value") == "40"
    assert page.one("a", href="").text == "Check now"
    assert page.one("a", href="/r/1/-/saved").text == "get a link to come back"
    assert [each.get("value") for each in page.all("button")] == ["previous"]


def test_work_that_nobody_can_measure_has_a_bar_without_a_value() -> None:
    """A bar at nothing would say that nothing happens."""
    page = read(SAMPLES["bare waiting"])
    assert "value" not in page.one("progress").attributes
    assert page.one("p", role="status").text.strip() == "We are working on it."
    assert not page.all("form")


def test_work_that_may_be_cut_off_can_be_tried_again() -> None:
    """Enter does so too, and never goes back."""
    page = read(SAMPLES["stuck"])
    assert [each.get("value") for each in page.all("button")] == ["previous", "next"]
    assert "longer than it should" in page.one("main").text


def test_a_pause_says_what_is_waited_for_and_no_more_than_that() -> None:
    """Nothing is being done, so nothing moves and nothing is late."""
    page = read(SAMPLES["pause"])
    assert page.one("meta", **{"http-equiv": "refresh"}).get("content") == "60"
    assert "Until Friday." in page.one("main").text
    assert not page.all("progress")
    assert not [each for each in page.root if each.get("data-events")]
    assert [each.get("value") for each in page.all("button")] == ["previous"]
    assert not read(SAMPLES["bare pause"]).all("form")


def test_a_failed_page_says_so_in_its_title() -> None:
    """Who hears the title first, or sees it on a tab, knows what to expect."""
    assert read(SAMPLES["failed"]).one("title").text == "Failed: T"
    assert read(SAMPLES["waiting"]).one("title").text == "T"


def test_an_end_without_words_has_the_page_s_own() -> None:
    """A run can end without an `end` node."""
    assert read(SAMPLES["bare end"]).one("h1").text == "All done"
    page = read(SAMPLES["end"])
    assert page.one("h1").text == "Done"
    assert [each.get("value") for each in page.all("button")] == ["previous"]


def test_a_saved_page_shows_the_link_to_come_back() -> None:
    """To be read, copied and followed."""
    page = read(SAMPLES["saved"])
    assert page.one("a", href="http://h/r/1?token=t").text == "http://h/r/1?token=t"
    assert "hidden" in page.one("button", **{"data-copy": "wz-link"}).attributes
    assert "until 1 May" in page.one("main").text


def test_the_header_leads_home() -> None:
    """Where there is a home."""
    assert read(STEP).one("a", href="/forms/").text == "Service"
    assert read(replace(STEP, home="")).one("header").text == "Service"


def test_a_text_that_can_t_be_encoded_is_shown_all_the_same() -> None:
    """Half characters come out of broken data; the page has to be sent."""
    page = read(replace(STEP, prompt=Prompt("m", "message", "a\ud800b", "\udfff")))
    assert page.one("h1").text == "a?b"
