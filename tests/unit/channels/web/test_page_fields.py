"""Fields on pages: whatever their texts and values, they are shown as text, and to nobody else."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawing import examples
from tests.unit.channels.web.markup import Document, checked
from tests.unit.channels.web.samples import ASSETS, EVERY, FILE, PAGES, SAMPLES, STEP, field, read, step
from wizard.channels.web import field_html as module
from wizard.channels.web.pages import OwnRun, Page, Pages, StartPage, WorkflowCard
from wizard.model import Choice, Item, Prompt, PromptField, Reveal


def html_of(page: Page) -> str:
    return PAGES.html(page)


# -- markup in what people and authors wrote -------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</textarea></title></option><svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "--><!-- ]]> &lt;b&gt; &amp; &#60;",
    "javascript:alert(1)",
    "\u202egnp.exe <b>",
)


def poisoned(value: Any, text: str) -> Any:
    """A copy in which every text is `text`, but for those that the program makes."""
    match value:
        case str():
            return text
        case tuple():
            return tuple(poisoned(each, text) for each in value)
        case Item():
            return replace(
                value, label=text, value=text, step=value.step and text, group=text, remove=value.remove and text
            )
        case Choice():
            return Choice(f"{value.value}{text}", text, text)
        case WorkflowCard():
            return replace(value, id=text, title=text, text=text)
        case OwnRun():
            return replace(value, title=text, stands=text, started=text, moved=text)
        case PromptField():
            file = {"id": text, "name": text, "size": 1}
            given = {
                "file": file,
                "choices": [text],
                "boolean": None,
                "date": dict.fromkeys(("day", "month", "year"), text),
            }
            options = {"autocomplete": text, "accept": [text], "inputmode": text}
            return replace(
                value,
                label=text,
                hint=text,
                error=text if value.error else None,
                value=given.get(value.type, text),
                choices=poisoned(value.choices, text),
                options=options,
                when=Reveal(text, (text,)),
            )
        case Prompt():
            known = {"step": value.step, "type": value.type, "ends": value.ends}
            names = [each.name for each in fields(Prompt) if each.name not in known]
            return Prompt(**known, **{name: poisoned(getattr(value, name), text) for name in names})
        case Page():
            safe = {
                "root",
                "language",
                "home",
                "run",
                "onward",
                "copy",
                "download",
                "begun",
                "cancel",
                "keep",
                "chat",
                "form",
                "link",
                "ways",
                "given",
            }
            safe |= {"saved", "following", "events", "older", "newest"}
            names = [each.name for each in fields(value) if each.name not in safe]
            return replace(value, **{name: poisoned(getattr(value, name), text) for name in names})
    return value


@pytest.mark.parametrize("name", SAMPLES)
def test_markup_in_any_text_stays_text(name: str) -> None:
    """Nobody's name, label, file name or error becomes a part of the page: it has the tags and attributes that it has
    with a harmless word."""
    harmless = Document(html_of(poisoned(SAMPLES[name], "word")))
    for text in HOSTILE:
        page = checked(html_of(poisoned(SAMPLES[name], text)))
        assert page.tags == harmless.tags
        assert [sorted(each.attributes) for each in page.root] == [sorted(each.attributes) for each in harmless.root]


def test_addresses_are_made_of_paths_safely() -> None:
    """A step's path can't lead out of the run, nor end the address."""
    page = read(replace(STEP, prompt=Prompt("c", "review", "C", items=(Item("A", "b", 'a"b?c#d/e f'),))))
    assert page.one("a", href="/forms/r/1/a%22b%3Fc%23d/e%20f?change").text == "Change A"


# -- odd values ---------------------------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=("Cs", "Cc", "Nd", "Co")))
    | st.binary()
    | st.decimals()
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.sampled_from(("yes", "No", "c1", "Colour 2", "c0, c1", "27 3 1985", "1985-3-27", "x.y", *HOSTILE))
)
KEYS = st.sampled_from(("day", "month", "year", "name", "id", "size", "odd")) | st.text(max_size=3)
VALUES = SCALARS | st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=8
)


@given(st.sampled_from(EVERY), VALUES, st.none() | st.text(min_size=1), st.booleans())
@settings(max_examples=examples(100), deadline=None)
def test_any_value_can_be_shown(asked: PromptField, value: Any, error: str | None, required: bool) -> None:
    """A draft holds what any channel or program sent; a page that fails on it would lock the person out of the run."""
    page = read(step(replace(asked, value=value, error=error, required=required), field("text", name="other")))
    assert page.named("other")
    links = [each.get("href") for each in page.all("a") if each.get("href").startswith("#")]
    assert len(links) == 1 + (error is not None and asked.type != "hidden")


TYPED = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r"))


@given(st.sampled_from(("text", "email", "postcode", "textarea", "integer", "time")), TYPED)
@settings(max_examples=examples(40), deadline=None)
def test_what_was_typed_comes_back_as_it_was(kind: str, text: str) -> None:
    """With or without an error: nobody types an answer twice."""
    for error in (None, "Wrong"):
        (control,) = read(step(field(kind, value=text, error=error))).named(f"{kind}_")
        assert (control.raw.removeprefix("\n") if kind == "textarea" else control.get("value")) == text


ANSWERS: dict[str, st.SearchStrategy[Any]] = {
    "text": st.text(),
    "textarea": st.text(),
    "date": st.dates() | st.dictionaries(st.sampled_from(("day", "month", "year")), st.text(max_size=3)) | st.text(),
    "choice": st.sampled_from(("c0", "c1", "c2", "Colour 1", "none")),
    "choices": st.lists(st.sampled_from(("c0", "c1", "other"))),
    "country": st.sampled_from(("m0", "m17", "nowhere")),
    "boolean": st.sampled_from((True, False, 1, "yes", "maybe")),
    "file": st.just(FILE) | st.just({**FILE, "name": "other"}),
    "password": st.text(),
    "hidden": st.text(),
}
ASKED = st.sampled_from(sorted(ANSWERS)).flatmap(
    lambda kind: st.builds(
        lambda value, error, required, when, label: field(
            kind, value=value, error=error, required=required, when=when, label=label
        ),
        st.none() | ANSWERS[kind],
        st.sampled_from((None, None, "Wrong", "Other", " ")),
        st.booleans(),
        st.sampled_from((None, Reveal("a", ("b",)), Reveal("a", ("c",)))),
        st.sampled_from(("One", "Two")),
    )
)


@given(st.lists(ASKED, min_size=2, max_size=6), st.sampled_from(("Title", "One")), st.sampled_from(("", "Text")))
@settings(max_examples=examples(50), deadline=None)
def test_what_is_kept_of_a_field_shows_in_nobody_else_s_page(asked: list[PromptField], title: str, text: str) -> None:
    """Fields' HTML is kept between pages. A page must be what it is on a server that has shown nothing before."""
    for each in asked:
        page = step(each, title=title, text=text)
        assert PAGES.html(page) == Pages(ASSETS).html(page)


def test_kept_html_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels can hold data, so there is no end of different ones; memory has one."""
    monkeypatch.setattr(module, "MAX_DRAWN", 2_000)
    pages = Pages(ASSETS)
    for at in range(50):
        page = checked(pages.html(step(field("text", label=f"Label {at % 7}", value=str(at)))))
        assert page.named("text_")[0].get("value") == str(at)
        assert f"Label {at % 7}" in page.one("label").text


# -- fields -----------------------------------------------------------------------------------------------


def test_a_conditional_field_says_what_brings_it_up() -> None:
    """For the script; without it, the field is simply there."""
    lost = field("text", when=Reveal("reason", ("lost", 'the "other"')))
    page = read(step(field("choice"), lost))
    around = page.of_class("wz-conditional")[0]
    assert (around.get("data-shown-by"), around.get("data-shown-for")) == ("reason", '["lost", "the \\"other\\""]')
    assert page.named("text_")[0] in list(around)


def test_possible_fields_are_shown_instead() -> None:
    """A page shows what another answer on it would bring up."""
    page = read(step(field("text"), possible=(field("text"), field("email"))))
    assert page.named("email_")


def test_a_page_with_one_question_has_it_as_its_heading() -> None:
    """GOV.UK: one thing a page; the same words twice would be read out twice."""
    for kind in ("text", "boolean", "date", "country", "textarea", "file"):
        page = read(step(field(kind), field("hidden"), title=""))
        assert page.one("h1").text == f"The {kind}"
        assert page.one("title").text == f"The {kind} – Service"
        assert page.one("h1").within("fieldset") or page.one("h1").children[0].tag == "label"


def test_a_heading_above_a_text_is_no_label_of_a_field_below() -> None:
    """The text stands between them: the label is there for who can't see that they belong together."""
    page = read(step(field("text"), title="the text", text="Some text"))
    assert page.one("h1").text == "The text"
    assert page.one("label").text == "The text"
    assert "govuk-visually-hidden" in page.one("label").classes


def test_a_title_of_its_own_stays_the_heading() -> None:
    """And the question is asked below it."""
    page = read(step(field("boolean"), title="Who lives with you?"))
    assert page.one("h1").text == "Who lives with you?"
    assert page.one("legend").text == "The boolean"


def test_the_error_summary_leads_to_the_inputs() -> None:
    """In the page's order, to the part of a date that is wrong; the title says that there is an error."""
    birth = field("date", value={"day": "3", "month": "13", "year": "1985"}, error="Enter a real month")
    secret = field("hidden", error="Start again")
    page = read(step(field("text", error="Enter your name"), birth, secret, error="Something else.\n\nAnd more."))
    assert page.one("title").text.startswith("Error: ")
    summary = page.of_class("govuk-error-summary")[0]
    assert summary.get("role") == "alert"
    assert [(each.get("href"), each.text) for each in summary if each.tag == "a"] == [
        ("#text_", "Enter your name"),
        ("#date_-month", "Enter a real month"),
    ]
    assert [each.text for each in summary if each.tag == "li"][2:] == ["Start again", "Something else.", "And more."]
    main = page.one("main")
    assert main.children[0] is summary
    wrong = [each.get("id") for each in page.root if "govuk-input--error" in each.classes]
    assert wrong == ["text_", "date_-month"]


def test_a_kept_file_can_be_looked_at_and_removed() -> None:
    """By name and size; removed only where it may be missing."""
    page = read(step(field("file", value=FILE, required=False)))
    link = page.one("a", href="/forms/r/1/-/files/f%2F1")
    assert link.text == "me.png"
    assert "(123.5 KB)" in page.by_id["file_-kept"].text
    assert page.one("input", name="file_-remove").get("value") == "yes"
    assert not read(step(field("file", value=FILE))).named("file_-remove")
    start = read(StartPage("/", prompt=Prompt("", "start", fields=(field("file", value=FILE),)), key="k"))
    assert "me.png" in start.by_id["file_-kept"].text
    assert not start.all("a", href="-/files/f%2F1")


def test_a_password_is_never_shown() -> None:
    """Not even where a node type puts it into its prompt."""
    assert "s3cret" not in html_of(step(field("password", value="s3cret", error="Too short")))


def test_a_date_fills_its_three_inputs() -> None:
    """However it was given."""
    for value in (
        date(1985, 3, 27),
        datetime(1985, 3, 27, 5),
        "27.3.1985",
        "1985-3-27",
        {"day": 27, "month": "3", "year": "1985"},
    ):
        page = read(step(field("date", value=value)))
        assert [page.named(f"date_-{part}")[0].get("value") for part in ("day", "month", "year")] == ["27", "3", "1985"]


def test_typed_values_are_shown_as_people_type_them() -> None:
    """No exponent, no seconds that nobody gave, no Python."""
    shown = {
        "decimal": (Decimal("1E+3"), "1000"),
        "time": (time(9, 5), "09:05"),
        "integer": (17, "17"),
        "text": (0.5, "0.5"),
    }
    for kind, (value, text) in shown.items():
        assert read(step(field(kind, value=value))).named(f"{kind}_")[0].get("value") == text
