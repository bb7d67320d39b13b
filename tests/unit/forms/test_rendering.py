"""Fields as the controls of a page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.forms.asking import Around, form
from wizard.forms.fields import FIELD_TYPES
from wizard.forms.prompts import prompt_fields
from wizard.forms.rendering import (
    KINDS,
    KeptFile,
    Widget,
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

ABC = tuple(Choice(each, each.upper()) for each in "abc")


def asked(**written: Any) -> PromptField:
    """The field as a form asks it."""
    (field,) = prompt_fields(form({"name": "it", **written}), Around())
    return field


def of(kind: str, value: Any = None, *, error: str | None = None, **more: Any) -> Widget:
    choices = more.pop("choices", ())
    known = {key: more.pop(key) for key in ("required", "hint", "label", "when") if key in more}
    known.setdefault("label", "It")
    return widget(PromptField("it", kind, value=value, error=error, choices=choices, options=more, **known))


def attributes(shown: Widget) -> dict[str, str]:
    return dict(shown.attributes)


def checked(shown: Widget) -> list[str]:
    return [option.value for option in shown.options if option.checked]


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


def test_inputs_bring_up_the_right_keyboard() -> None:
    """Numbers are text inputs: the browser's number input changes what was typed. No keypad without a minus where one
    may be needed."""
    assert attributes(of("integer")) == {"type": "text", "inputmode": "numeric", "spellcheck": "false"}
    assert "inputmode" not in attributes(of("integer", min=Decimal(-5)))
    assert attributes(of("integer", min=Decimal(0)))["inputmode"] == "numeric"
    assert attributes(of("integer", min="?"))["inputmode"] == "numeric"
    assert attributes(of("decimal"))["inputmode"] == "decimal"
    assert "inputmode" not in attributes(of("decimal", min=Decimal("-0.5")))
    assert [attributes(of(kind))["type"] for kind in ("email", "phone", "url", "time", "text")] == [
        "email",
        "tel",
        "url",
        "text",
        "text",
    ]
    assert attributes(of("text", autocomplete="one-time-code", inputmode="numeric")) == {
        "type": "text",
        "inputmode": "numeric",
        "spellcheck": "false",
        "autocomplete": "one-time-code",
    }
    assert attributes(of("text")) == {"type": "text"}


def test_the_browser_is_told_what_it_may_fill_in() -> None:
    """WCAG 1.3.5: as the author says, else what the type is surely about."""
    assert attributes(of("email"))["autocomplete"] == "email"
    assert attributes(of("phone"))["autocomplete"] == "tel"
    assert attributes(of("email", autocomplete="off"))["autocomplete"] == "off"
    assert attributes(of("password", autocomplete="new-password")) == {"autocomplete": "new-password"}
    assert attributes(of("select", autocomplete="x", choices=ABC)) == {}
    assert attributes(of("country", autocomplete="country"))["autocomplete"] == "country"
    assert attributes(of("textarea", autocomplete="street-address", rows=3)) == {
        "rows": "3",
        "autocomplete": "street-address",
    }
    assert [part.autocomplete for part in of("date", autocomplete="bday").parts] == [
        "bday-day",
        "bday-month",
        "bday-year",
    ]
    assert [part.autocomplete for part in of("date", autocomplete="cc-exp").parts] == ["", "", ""]


@pytest.mark.parametrize(
    ("kind", "options", "width"),
    [
        ("text", {"max_length": 500}, ""),
        ("text", {}, ""),
        ("text", {"max_length": 4}, "4"),
        ("text", {"max_length": 12}, "20"),
        ("integer", {"max": Decimal(99)}, "2"),
        ("integer", {}, "10"),
        ("postcode", {}, "10"),
        ("phone", {}, "20"),
        ("time", {}, "5"),
        ("email", {}, ""),
    ],
)
def test_the_width_tells_how_long_an_answer_is(kind: str, options: dict[str, Any], width: str) -> None:
    """A postcode in an input as wide as the page looks wrong to whoever typed it."""
    assert of(kind, **options).classes == (f"govuk-input--width-{width}" if width else "")


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


def test_the_choice_that_is_picked() -> None:
    """By value; in another channel's words by label; one at most."""
    assert checked(of("choice", "b", choices=ABC)) == ["b"]
    assert checked(of("choice", "C", choices=ABC)) == ["c"]
    assert checked(of("choice", "d", choices=ABC)) == []
    assert checked(of("choice", ["b", "a"], choices=ABC)) == ["a"]
    assert checked(of("choices", ["b", "a", "x"], choices=ABC)) == ["a", "b"]
    assert checked(of("choices", "a, C", choices=ABC)) == ["a"]
    assert checked(of("choices", "B, C", choices=ABC)) == ["b", "c"]
    assert checked(of("choices", "", choices=ABC)) == []
    alike = (Choice("a", "Other"), Choice("b", "other"))
    assert checked(of("choice", "Other", choices=alike)) == ["a"]
    assert checked(of("choices", "Other", choices=alike)) == ["a", "b"]
    assert checked(of("choice", 3, choices=(Choice("3", "Three"),))) == ["3"]


@pytest.mark.parametrize(
    ("value", "picked"), [(True, ["yes"]), ("Y", ["yes"]), (False, ["no"]), ("off", ["no"]), ("maybe", []), (None, [])]
)
def test_yes_or_no(value: Any, picked: list[str]) -> None:
    """However it was said."""
    shown = of("boolean", value)
    assert [option.label for option in shown.options] == ["Yes", "No"]
    assert checked(shown) == picked


def test_what_was_picked_can_be_taken_back() -> None:
    """Radios can't be cleared: an optional question needs a way. Yes or no needs it only once it is answered."""
    assert [each.value for each in of("choice", required=False, choices=ABC).options] == ["a", "b", "c", ""]
    assert [each.value for each in of("boolean", required=False).options] == ["yes", "no"]
    assert [each.value for each in of("boolean", value=True, required=False).options] == ["yes", "no", ""]
    assert of("country", required=False, choices=ABC).options[0].label == "No answer"
    assert of("country", choices=ABC).options[0].label == "Choose one"
    assert of("choice", required=False).options == ()


def test_ids_are_the_field_s_name_and_a_number() -> None:
    """The error summary leads to the first."""
    shown = of("choice", choices=ABC)
    assert [option.id for option in shown.options] == ["it", "it-2", "it-3"]
    assert shown.id == "it"
    assert of("date").id == "it-day"


def test_two_short_choices_stand_side_by_side() -> None:
    """Three, long ones, or ones with hints don't."""
    assert of("boolean").inline
    assert not of("boolean", value=True, required=False).inline
    assert not of("choice", choices=(Choice("a", "A" * 20), Choice("b", "B" * 20))).inline
    assert not of("choice", choices=(Choice("a", "A", "Hint"), Choice("b", "B"))).inline
    assert not of("choices", choices=ABC[:2]).inline


def test_a_select_has_its_hints_in_its_lines() -> None:
    """There is no other place for them."""
    choices = (Choice("a", "A", "the first"), *(Choice(str(at), " ") for at in range(8)))
    assert [option.label for option in of("choice", choices=choices).options][1:3] == ["A – the first", "0"]


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


@pytest.mark.parametrize(
    ("value", "target", "wrong"),
    [
        ({"day": "31", "month": "2", "year": "1985"}, "day", "day month year"),
        ({"day": "32", "month": "2", "year": "1985"}, "day", "day"),
        ({"day": "3", "month": "13", "year": "1985"}, "month", "month"),
        ({"day": "3", "month": "Mar", "year": "85"}, "year", "year"),
        ({"day": "", "month": "3"}, "day", "day year"),
        ({"day": "x", "month": "y", "year": "z"}, "day", "day month year"),
        (date(2090, 1, 1), "day", "day month year"),
        (None, "day", "day month year"),
    ],
)
def test_an_error_leads_to_the_part_of_a_date_that_is_wrong(value: Any, target: str, wrong: str) -> None:
    """GOV.UK: highlight only what has to be changed, where that can be told."""
    field = PromptField("it", "date", "It", value=value, error="Wrong")
    assert error_lines(Prompt("s", "form", fields=(field,))) == ((f"#it-{target}", "Wrong"),)
    assert " ".join(part.label.lower() for part in widget(field).parts if part.wrong) == wrong
    assert not any(part.wrong for part in of("date", value).parts)


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
