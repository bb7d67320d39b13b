"""How questions are put on paper, and what a typed line means."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wizard.channels.conversation.questions import (
    Command,
    Filling,
    choice_lines,
    clean,
    item_lines,
    meaning,
    notes,
    offered,
    place_of,
    read_line,
)
from wizard.engine.view import Progress
from wizard.forms.types.text import DOTS
from wizard.model import Choice, Item, Prompt, PromptField


@given(st.text())
def test_clean_text_has_no_controls(text: str) -> None:
    """The one thing that stands between anybody's text and the terminal."""
    cleaned = clean(text)
    assert all(char == "\n" or char.isprintable() or ord(char) > 0x9F for char in cleaned)
    assert clean(cleaned) == cleaned


@given(st.text())
def test_every_line_is_a_command_or_a_text(line: str) -> None:
    """Two colons always get a text through that begins with one."""
    read = read_line(line)
    assert isinstance(read, Command) == (line.strip().startswith(":") and not line.strip().startswith("::"))
    if not line.strip().startswith(":"):
        assert read == line


def test_the_place_of_a_page_is_said_as_far_as_it_is_known() -> None:
    """`Step 2 of 5` is a promise; where the way may be longer it must not be made."""
    assert place_of(Progress(1, 4, 4)) == "Step 2 of 5"
    assert place_of(Progress(1, 4, 7)) == "Step 2"
    assert place_of(Progress(1, 4, None)) == "Step 2"
    assert place_of(Progress(5, 0, 0)) == ""


def test_offered_answers_are_one_readable_line() -> None:
    """What stands in brackets is what Enter takes."""
    choices = (Choice("a", "Apple"), Choice("b", "Bread"))
    assert offered(PromptField("x", "choices", "X", choices=choices, value=["a", "b"])) == "Apple, Bread"
    assert offered(PromptField("x", "boolean", "X", value=False)) == "no"
    assert offered(PromptField("x", "text", "X", value="")) == ""
    assert offered(PromptField("x", "password", "X", value="hunter22")) == DOTS
    assert offered(PromptField("x", "text", "X", value="a\n b")) == "a b"


def test_notes_say_how_an_answer_is_typed() -> None:
    """What a form shows by its looks has to be said in words here."""
    assert notes(PromptField("x", "choices", "X")) == ["Separated by commas"]
    assert "path" in notes(PromptField("x", "file", "X"))[0]


def test_choices_line_up_and_show_their_hints() -> None:
    """Ten choices are read in a column."""
    choices = (*(Choice(chr(97 + n), f"Choice {chr(65 + n)}") for n in range(9)), Choice("j", "Last", "rare"))
    lines = choice_lines(PromptField("x", "choice", "X", choices=choices))
    assert lines[0] == "   1  Choice A"
    assert lines[-1] == "  10  Last: rare"


def test_an_answer_of_several_lines_stays_in_its_column() -> None:
    """A review of an address is still an address."""
    assert item_lines((Item("Address", "1 Road\nTown"), Item("Note", ""))) == [
        "  Address: 1 Road", "           Town", "  Note:",
    ]  # fmt: skip


def test_a_number_beyond_the_choices_is_a_text() -> None:
    """The form says that it is no choice; it must not become the last one."""
    asked = PromptField("x", "choice", "X", choices=(Choice("a", "A"),))
    assert meaning(asked, "0") == "0"
    assert meaning(asked, "2") == "2"
    assert meaning(asked, "999999999") == "999999999"


def test_a_filling_goes_on_at_the_first_open_question() -> None:
    """Where all questions have answers, the page was opened to be changed."""
    one, two = PromptField("one", "text", "One", answered=True), PromptField("two", "text", "Two")
    assert Filling.begun(Prompt("s", "form", fields=(one, two))).asked == {"one"}
    assert Filling.begun(Prompt("s", "form", fields=(one,))).asked == set()


def test_a_label_that_is_typed_wins_over_another_choice_s_value() -> None:
    """A page sends values, a person types what is there to read: 2 rooms, of which the value is 1."""
    rooms = (Choice("2", "1"), Choice("1", "2"))
    assert meaning(PromptField("x", "choice", "X", choices=rooms), "2") == "1"
    assert meaning(PromptField("x", "choices", "X", choices=rooms), "2, 1") == ["1", "2"]
    breads = (Choice("a", "Bread, butter"), Choice("b", "butter"))
    assert meaning(PromptField("x", "choices", "X", choices=breads), "bread, butter") == ["a"]
    assert meaning(PromptField("x", "choices", "X", choices=breads), "2") == ["b"]
    assert meaning(PromptField("x", "choice", "X", choices=breads), "cake") == "cake"
