"""The HTML of fields: whose template draws one, and what of it is kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.unit.channels.web.samples import ASSETS, step
from wizard.channels.web.pages import Pages
from wizard.errors import PageFailed
from wizard.forms.field_type import BaseField, FieldType
from wizard.forms.parsing import Parser
from wizard.model import Choice, PromptField
from wizard.telemetry.logs import kind_and_place


def made(template: str = "", **settings: Any) -> FieldType:
    """A field type of others that is drawn by this template."""

    class StampField(BaseField):
        type: Literal["stamp"]

    def parser(field: StampField) -> Parser:
        return lambda raw, context: raw

    return FieldType(model=StampField, parser=parser, template=template, **settings)


STAMP = made("<p class='stamp'>{{ w.label }}:{{ w.value }}:{{ w.error }}:{{ w.settings.size }}</p>")


def html(pages: Pages, of: FieldType | None, **more: Any) -> str:
    more.setdefault("options", {"size": 3})
    return pages.html(step(PromptField("it", "stamp", "Stamp", field_type=of, **more)))


def test_a_type_of_others_brings_its_template() -> None:
    """It gets what was typed, what is wrong with it, and its settings; all of it escaped."""
    pages = Pages(ASSETS)
    assert "<p class='stamp'>Stamp:::3</p>" in html(pages, STAMP)
    assert "<p class='stamp'>Stamp:&lt;b&gt;:Wrong:3</p>" in html(pages, STAMP, value="<b>", error="Wrong")


def test_what_was_typed_into_it_is_in_nobody_else_s_page() -> None:
    """A template may do anything with a text, so that nothing with one is kept."""
    pages = Pages(ASSETS)
    assert "Ann" in html(pages, STAMP, value="Ann")
    assert "Ann" not in html(pages, STAMP, value="Eve")
    assert "Ann" not in html(pages, STAMP)


def test_types_of_one_name_are_told_apart() -> None:
    """Of two versions of a package, as a host may have them in one process, each draws its own."""
    pages, other = Pages(ASSETS), made("<p>another</p>")
    assert "class='stamp'" in html(pages, STAMP)
    assert "<p>another</p>" in html(pages, other)
    assert 'type="text"' in html(pages, None), "of a type that nobody has heard of"


def test_a_host_s_own_template_stands_before_it(tmp_path: Path) -> None:
    """Whoever designs the pages has the last word."""
    (tmp_path / "fields").mkdir()
    (tmp_path / "fields" / "stamp.html").write_text("<p>the host's</p>")
    assert "<p>the host's</p>" in html(Pages(ASSETS, templates=tmp_path), STAMP)


def test_a_template_that_fails_is_an_error_of_the_page(tmp_path: Path) -> None:
    """An operator reads in the log which page failed and at which type, and nothing that a person typed."""
    (tmp_path / "fields").mkdir()
    (tmp_path / "fields" / "input.html").write_text("{{ w.nothing.at_all }}")
    told = r"The template step\.html failed with UndefinedError, drawing a field of the type text\."
    with pytest.raises(PageFailed, match=told) as caught:
        Pages(ASSETS, templates=tmp_path).html(step(PromptField("it", "text", "Stamp", value="secret")))
    logged = kind_and_place(caught.value)
    assert caught.value.message in logged
    assert "secret" not in logged


def fails(*given: object) -> Any:
    raise RuntimeError("secret")


@pytest.mark.parametrize(
    "settings",
    [
        {"template": "{{ w.nothing.at_all }}"},
        {"control": fails},
        {"control": "no such"},
        {"control": "date", "parts": ("sum", "coin"), "part_texts": fails},
        {"control": "date", "parts": ("sum", "coin"), "part_inputs": fails},
    ],
    ids=["template", "control", "no control", "part_texts", "part_inputs"],
)
def test_what_a_type_of_others_can_not_draw_is_a_line_of_text(
    settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody would get past the page, which failed each time, nor see again what was typed there. The author reads in
    the log which type it was, and nothing that a person typed."""
    of, value = made(**settings), {"sum": "20 secret", "coin": "chf"}
    name = PromptField("name", "text", "Name", value="Ann")
    drawn = Pages(ASSETS).html(step(PromptField("it", "stamp", "Stamp", field_type=of, value=value, error="No"), name))
    assert re.search(r'<input [^>]*name="it"[^>]* value="20 secret chf"', drawn)
    assert 'href="#it"' in drawn
    assert 'value="Ann"' in drawn
    assert "the field type stamp can't draw the field it" in caplog.text
    assert "secret" not in caplog.text


def test_parts_that_nothing_draws_are_one_line() -> None:
    """The line was empty after each refusal: what stood in it was looked for in inputs that aren't there."""
    value = {"sum": "20", "coin": "chf"}
    assert 'value="20 chf"' in html(Pages(ASSETS), made(parts=("sum", "coin")), value=value, error="No")


def test_what_cannot_be_drawn_and_is_secret_stays_so() -> None:
    """A line of text would show a password, or one of many choices would be all that can be picked."""
    secret = made("{{ w.nothing.at_all }}", is_secret=True)
    assert 'type="password"' in html(Pages(ASSETS), secret)
    several = made("{{ w.nothing.at_all }}", is_list=True)
    choices = (Choice("a", "A"), Choice("b", "B"))
    assert html(Pages(ASSETS), several, choices=choices, value=["a", "b"]).count(" checked") == 2


def test_a_template_of_its_own_stands_in_what_brings_it_up() -> None:
    """Without that, a page's script couldn't hide it."""
    from wizard.model import Reveal

    drawn = html(Pages(ASSETS), STAMP, when=Reveal("other", ("yes",)))
    assert 'data-shown-by="other"' in drawn
    assert "class='stamp'" in drawn
