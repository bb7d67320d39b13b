"""Fields as the controls of a page."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.unit.forms.drawn import ABC, asked, attributes, of
from wizard.forms.fields import FIELD_TYPES
from wizard.forms.rendering import (
    KINDS,
    KeptFile,
    blocks,
    error_lines,
    fields_of,
    heading_of,
    kind_of,
    typed_texts,
    widget,
    with_typed,
)
from wizard.model import Choice, Item, Prompt, PromptField, Reveal


@pytest.mark.parametrize("kind", [each for each in FIELD_TYPES if each != "computed"])
def test_every_type_of_field_has_a_control(kind: str) -> None:
    """A type without one couldn't be answered on a page."""
    more = {"choices": ["a", "b"]} if kind.startswith("choice") else {}
    shown = widget(asked(type=kind, **more))
    assert shown.kind in KINDS
    assert shown.label == ("It" if kind != "hidden" else "It (optional)")


def test_few_choices_are_radios_and_many_a_select() -> None:
    """GOV.UK: a select hides what there is; a page of radios is too long."""
    numbers = tuple(Choice(str(at), str(at)) for at in range(8))
    assert of("choice", choices=numbers[:7]).kind == "radios"
    assert of("choice", choices=numbers).kind == "select"
    assert of("choices", choices=numbers).kind == "checkboxes"
    assert of("country", choices=numbers[:2]).kind == "select"


def test_types_that_node_types_bring_along() -> None:
    """They are typed as text, or picked where they have choices."""
    assert kind_of(PromptField("it", "colour", "It")) == "input"
    assert kind_of(PromptField("it", "colour", "It", choices=ABC)) == "radios"
    assert kind_of(PromptField("it", "colour", "It", choices=ABC * 3)) == "select"
    assert of("colour", "b", choices=ABC).options[1].checked


def test_only_a_small_limit_is_counted_down() -> None:
    """Nobody comes near the 5,000 characters that a textarea has by itself."""
    shown = of("textarea", max_length=1_000)
    assert (shown.limit, shown.note) == (1_000, "You can enter up to 1,000 characters")
    assert shown.described_by == "it-info"
    assert (of("textarea", max_length=5_000).limit, of("textarea").note) == (0, "")


def test_what_describes_a_control() -> None:
    """Hint, limit, kept file and error, each by its id."""
    file = {"id": "x", "name": "a.pdf", "size": 2_000}
    shown = of("file", file, error="Wrong", hint="Hint", max_size=5_000_000, accept=[".pdf", "image/*"])
    assert shown.described_by == "it-hint it-info it-kept it-error"
    assert shown.note == "The file can have up to 5 MB"
    assert attributes(shown) == {"accept": ".pdf,image/*"}
    assert attributes(of("file")) == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "a.pdf", "size": 2_000, "id": "x/y"}, KeptFile("a.pdf", "2 KB", "/f/x%2Fy")),
        ({"name": "a.pdf"}, KeptFile("a.pdf", "", "")),
        ({"name": "a.pdf", "size": True, "id": 3}, KeptFile("a.pdf", "", "")),
        ({"name": "a.pdf", "size": 0}, KeptFile("a.pdf", "0 bytes", "")),
        ({"name": "a.pdf", "size": -1}, KeptFile("a.pdf", "", "")),
        ({"name": ""}, None),
        ("a.pdf", None),
        (None, None),
    ],
)
def test_a_kept_file(value: Any, expected: KeptFile | None) -> None:
    """By name, size and address, as far as they are known."""
    shown = widget(PromptField("it", "file", "It", required=False, value=value), files="/f/")
    assert shown.file == expected
    assert shown.removable == (expected is not None)


def test_a_kept_file_without_an_address() -> None:
    """Before the run is there, nobody can look at it; a needed one can't be removed."""
    shown = of("file", {"name": "a", "id": "x"})
    assert shown.file == KeptFile("a", "", "")
    assert not shown.removable


def test_a_secret_has_no_value() -> None:
    """It would stand in the page."""
    assert of("password", "s3cret").value == ""


def test_what_brings_a_field_up() -> None:
    """For the page's script, as JSON."""
    shown = of("text", when=Reveal("other", ("a", '"')))
    assert (shown.shown_by, shown.shown_for) == ("other", '["a", "\\""]')
    assert (of("text").shown_by, of("text").shown_for) == ("", "")


def test_words_that_came_out_empty_are_replaced() -> None:
    """A template can give nothing for this person's data; a control without a name can't be used by ear."""
    assert of("text", label=" ").label == "It"
    assert widget(PromptField("_", "text", "")).label == "Your answer"
    assert of("text", error=" ").error == "Check this answer"
    assert of("choice", choices=(Choice("a", " "),)).options[0].label == "a"
    assert error_lines(Prompt("s", "form", fields=(PromptField("it", "text", "It", error=""),))) == (
        ("#it", "Check this answer"),
    )


def test_errors_of_the_whole_page_come_last() -> None:
    """They lead nowhere; nor do those of fields that nobody sees."""
    fields = (PromptField("a", "hidden", "A", error="Hidden"), PromptField("b", "text", "B", error="Typed"))
    prompt = Prompt("s", "form", fields=fields, error="One.\n\nTwo.")
    assert error_lines(prompt) == (("", "Hidden"), ("#b", "Typed"), ("", "One."), ("", "Two."))
    assert error_lines(Prompt("s", "form", fields=(PromptField("a", "text", "A"),))) == ()


NAME, MAIL, SECRET = (
    PromptField(*each) for each in (("n", "text", "Name"), ("m", "email", "Mail"), ("h", "hidden", "H"))
)


@pytest.mark.parametrize(
    ("prompt", "heading"),
    [
        (Prompt("s", "form", "", fields=(NAME,)), ("Name", "page")),
        (Prompt("s", "form", " name ", fields=(SECRET, NAME)), ("Name", "page")),
        (Prompt("s", "form", "About you", fields=(NAME,)), ("About you", "")),
        (Prompt("s", "form", "Name", "Text", fields=(NAME,)), ("Name", "hidden")),
        (Prompt("s", "form", "Name", fields=(NAME,), items=(Item("a", "b"),)), ("Name", "hidden")),
        (Prompt("s", "review", "", fields=(NAME,), items=(Item("a", "b"),)), ("", "")),
        (Prompt("s", "form", "", fields=(NAME, MAIL)), ("", "")),
        (Prompt("s", "form", "", fields=(NAME,), possible=(NAME, MAIL)), ("", "")),
        (Prompt("s", "message", "Hello"), ("Hello", "")),
    ],
)
def test_the_heading_of_a_page(prompt: Prompt, heading: tuple[str, str]) -> None:
    """The only question is the heading, unless the title says something else."""
    assert heading_of(prompt) == heading


def test_a_page_shows_what_another_answer_would_bring_up() -> None:
    """Without a further request for each answer."""
    assert fields_of(Prompt("s", "form", fields=(NAME,), possible=(NAME, MAIL))) == (NAME, MAIL)
    assert fields_of(Prompt("s", "form", fields=(NAME,))) == (NAME,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" ", []),
        ("One <line>", [(False, ("One <line>",))]),
        ("One\ntwo\n\n\nThree\r\n\r\nFour", [(False, ("One", "two")), (False, ("Three",)), (False, ("Four",))]),
        ("- a", [(True, ("a",))]),
        ("You need:\n- a\n- b\nand c", [(False, ("You need:",)), (True, ("a", "b")), (False, ("and c",))]),
    ],
)
def test_a_text_becomes_paragraphs_and_lists(text: str, expected: list[Any]) -> None:
    """Authors write plain text; a page without paragraphs is hard to read."""
    assert list(blocks(text)) == expected


def test_what_was_typed_is_told_from_what_everybody_sees() -> None:
    """Only the first is anybody's own, and stands in no other page."""
    assert typed_texts(PromptField("it", "text", "It")) == ()
    assert typed_texts(PromptField("it", "text", "It", value="Ada")) == ("Ada",)
    assert typed_texts(PromptField("it", "date", "It", value=date(1985, 3, 27))) == ("27", "3", "1985")
    assert typed_texts(PromptField("it", "choice", "It", value="a", choices=ABC)) == ()
    assert typed_texts(PromptField("it", "choices", "It", value=["a", "b"], choices=ABC)) == ()
    assert typed_texts(PromptField("it", "boolean", "It", value=False)) == ()
    for value in ("own words", ["a", "own"], ["a", {}], {}):
        assert typed_texts(PromptField("it", "choices", "It", value=value, choices=ABC)) is None
    assert typed_texts(PromptField("it", "password", "It", value="x")) is None
    assert typed_texts(PromptField("it", "file", "It", value={"name": "x"})) is None


def test_typed_texts_can_be_put_in() -> None:
    """As if the person had typed them there."""
    assert widget(with_typed(PromptField("it", "text", "It"), ("Ada",))).value == "Ada"
    parts = widget(with_typed(PromptField("it", "date", "It"), ("1", "", "3"))).parts
    assert [part.value for part in parts] == ["1", "", "3"]
