"""What is kept of a message, whatever its channel hands in."""

from __future__ import annotations

from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.meanings import MAX_ID, MOST_CHOICE, MOST_FILES, MOST_TEXT, Aside, Heard, Incoming
from wizard.forms.types.text import DOTS


def test_what_is_kept_is_bounded_and_no_password() -> None:
    """A messenger's author forgets a bound, and megabytes stand in the run for good, and are shown again each time."""
    much = "x" * 1_000_000
    came = Incoming("m-1", much, much, ({"name": much, "content": much},) * 99, much)
    assert {name: len(value) for name, value in came.details.items()} == {
        "choice": MOST_CHOICE,
        "edits": MAX_ID,
        "files": MOST_FILES,
    }
    assert {len(name) for name in came.details["files"]} == {MAX_ID}
    aside = Aside((), Dialogue())
    assert len(Heard(aside, came).kept_text) == MOST_TEXT
    assert Heard(aside, came, secret=True).kept_text == DOTS
    assert Incoming("m-2", "Ann").details == {}
