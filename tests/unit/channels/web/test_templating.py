"""A host's own templates: one by one, and told at the start where they can't be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.channels.web.markup import checked
from wizard.channels.web.assets import Assets
from wizard.channels.web.pages import EndPage, Pages, StepPage
from wizard.errors import PageFailed, SettingsError
from wizard.model import Prompt, PromptField

ASSETS = Assets("wizard-1.css", "wizard-2.js", "chat-4.js", "icon-3.svg", {})
NAME = PromptField("name", "text", "Name")
STEP = StepPage("/", prompt=Prompt("s", "form", fields=(NAME,)), run="/r/1/", key="k", seen="m")
END = EndPage("/", prompt=Prompt("e", "end", "Done"))


def test_a_host_replaces_templates_one_by_one(tmp_path: Path) -> None:
    """And builds on the built-in ones; all others stay."""
    (tmp_path / "step.html").write_text(
        '{% extends "wizard/step.html" %}{% block footer %}<footer>{{ page.run }}</footer>{% endblock %}'
    )
    (tmp_path / "_buttons.html").write_text('<button type="submit" name="action" value="next">{{ submit }}!</button>')
    (tmp_path / "logo.png").write_bytes(b"\xff\x00")
    pages = Pages(ASSETS, templates=tmp_path)
    page = checked(pages.html(STEP))
    assert page.one("footer").text == "/r/1/"
    assert page.one("button").text == "Continue!"
    assert checked(pages.html(END)).one("h1").text == "Done"


def test_a_host_s_field_may_do_anything_with_a_value(tmp_path: Path) -> None:
    """Its HTML isn't put together from kept pieces: it can look at the value."""
    (tmp_path / "fields").mkdir()
    (tmp_path / "fields" / "input.html").write_text(
        '<label for="{{ w.id }}">{{ w.label }}</label>'
        '<input type="text" id="{{ w.id }}" name="{{ w.name }}" value="{{ w.value|upper }}{{ w.value|length }}">'
    )
    pages = Pages(ASSETS, templates=tmp_path)
    for text, shown in (("ab", "AB2"), ("xyz", "XYZ3")):
        assert (
            checked(pages.html(replace(STEP, prompt=Prompt("s", "form", "Title", fields=(replace(NAME, value=text),)))))
            .named("name")[0]
            .get("value")
            == shown
        )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("line\n{% if %}", "step.html:2: "),
        ("{{ a|nosuch }}", "step.html:1: this template can't be used"),
        ('{% extends "gone.html" %}', "there is no template gone.html"),
        (b"\xff", "step.html can't be read"),
    ],
)
def test_a_host_s_template_that_can_t_be_used_is_told_at_the_start(
    tmp_path: Path, source: str | bytes, message: str
) -> None:
    """Not by the first person who opens the page."""
    (tmp_path / "step.html").write_bytes(source.encode() if isinstance(source, str) else source)
    with pytest.raises(SettingsError) as raised:
        Pages(ASSETS, templates=tmp_path)
    assert message in raised.value.message
    assert raised.value.message.endswith(".")


def test_a_misspelt_template_is_told_at_the_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its author would look for the mistake in the file, which nobody reads. What is used by another one is a host's
    own, and so is what is like none of ours."""
    (tmp_path / "fields").mkdir()
    own = ("Step.html", "input.html", "fields/radio.html", "_back_link.html", "letterhead.html", "fields/stars.html")
    for name in own:
        (tmp_path / name).write_text("")
    (tmp_path / "base.html").write_text('{% include "_back_link.html" %}')
    Pages(ASSETS, templates=tmp_path)
    told = [record.getMessage().removeprefix(f"no page has a template {tmp_path}/") for record in caplog.records]
    assert told == [
        "Step.html, so it isn't used; did you mean step.html?",
        "fields/radio.html, so it isn't used; did you mean fields/radios.html?",
        "input.html, so it isn't used; did you mean fields/input.html?",
    ]


def test_a_folder_that_isn_t_there_is_told_at_the_start(tmp_path: Path) -> None:
    """A misspelt setting would silently mean the built-in pages."""
    with pytest.raises(SettingsError, match="no folder"):
        Pages(ASSETS, templates=tmp_path / "gone")


@pytest.mark.parametrize("source", ["{{ page.nosuch }}", "{{ 1 // 0 }}", '{% include page.root ~ "x" %}'])
def test_a_template_that_fails_is_an_error_of_the_engine(tmp_path: Path, source: str) -> None:
    """So that the person gets an error page, and the log the template's name."""
    (tmp_path / "end.html").write_text(source)
    pages = Pages(ASSETS, templates=tmp_path)
    with pytest.raises(PageFailed, match=r"end\.html"):
        pages.html(EndPage("/"))


def test_a_page_without_a_template_is_told_too() -> None:
    """A host's own page type whose file is missing."""

    class Other(EndPage):
        template = "other.html"

    with pytest.raises(PageFailed, match=r"other\.html"):
        Pages(ASSETS).html(Other("/"))
