"""What is a command or a correction, and what is an answer; which of several things is meant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.channels.conversation.commands import Command, Correction, change_in, command_in, correction_in, quoted
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.matching import nearest
from wizard.forms.characters import alike


@pytest.mark.parametrize(
    ("said", "language", "command"),
    [
        ("back", "en", Command("back")),
        ("Go back!", "en", Command("back")),
        ("back pain", "en", None),
        ("/BACK", "en", Command("back")),
        ("zurück", "de", Command("back")),
        ("zurück", "en", None),
        ("help", "de", Command("help")),
        ("change 2", "en", Command("change", "2")),
        ("ändern 2", "de", Command("change", "2")),
        ("help opening hours", "en", Command("help", "opening hours")),
        ("/nonsense", "en", Command("")),
        ("/etc/passwd is a file", "en", None),
        ("I want to cancel my subscription", "en", None),
    ],
)
def test_a_message_is_a_command_as_a_whole(said: str, language: str, command: Command | None) -> None:
    """An answer that begins with a command's word is an answer."""
    assert command_in(said, language) == command


@pytest.mark.parametrize(
    ("said", "language", "correction"),
    [
        ("change email to a@b.ch", "en", Correction("email", "a@b.ch")),
        ("no, my name is Anna Maria", "en", Correction("name", "Anna Maria")),
        ("No my name is Anna", "en", Correction("name", "Anna")),
        ("ändere E-Mail in a@b.ch", "de", Correction("E-Mail", "a@b.ch")),
        ("nein, mein Name ist Änne", "de", Correction("Name", "Änne")),
        ("my name is Anna", "en", None),
        ("no", "en", None),
    ],
)
def test_a_correction_is_known_by_how_people_say_it(said: str, language: str, correction: Correction | None) -> None:
    """What isn't said so is an answer to the question: "my name is Anna" may well be one."""
    assert correction_in(said, language) == correction


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    """Nothing that anybody types fails, or takes long."""
    command_in(text, "en")
    correction_in(text, "de")
    quoted(text)
    nearest(text, ["Bern", "Basel", text[:50]])


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=8, unique=True), st.data())
def test_what_is_named_exactly_is_meant(names: list[str], data: st.DataObject) -> None:
    """However alike two names are, the one that is typed is taken."""
    name = data.draw(st.sampled_from(names))
    found = nearest(name, names)
    if alike(name):
        assert found.one is not None
        assert alike(names[found.one]) == alike(name)


@given(
    st.builds(
        Dialogue,
        last=st.integers(0, 1000),
        visit=st.integers(0, 99),
        name=st.text(max_size=9),
        asked=st.lists(st.text(max_size=5), max_size=3).map(tuple),
        given=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
        tries=st.dictionaries(st.text(max_size=5), st.integers(1, 9), max_size=2),
        doubt=st.lists(st.text(max_size=5), max_size=3).map(tuple),
        confirms=st.sampled_from(["", "cancel"]),
    )
)
def test_what_is_remembered_comes_back_from_the_store(dialogue: Dialogue) -> None:
    """What is lost between two messages asks the wrong question; what a newer version stored is passed over."""
    assert dialogue.stored
    assert Dialogue.of({**dialogue.stored, "of a newer version": 1}) == dialogue


def test_the_buttons_of_two_questions_differ() -> None:
    """One that is bound to nothing answers whatever is asked."""
    asked = Dialogue(visit=3, name="colour")
    others = [replace(asked, visit=4), replace(asked, name="size"), replace(asked, doubt=("a",))]
    assert asked.former_mark not in [other.former_mark for other in others]
    assert asked.former_mark == Dialogue(last=9, visit=3, name="colour", tries={"colour": 2}).former_mark


@pytest.mark.parametrize("said", ["ändere Name zu Anna", "ändern Name in Anna", "bearbeiten Name zu Anna"])
def test_a_german_command_to_change_may_say_to_what(said: str) -> None:
    """Whoever says “ändere Name zu Anna” was told that no answer is called “Name zu Anna”."""
    command = command_in(said, "de")
    assert command is not None
    assert change_in(command.argument, "de") == Correction("Name", "Anna")
    assert change_in("2", "de") is None
