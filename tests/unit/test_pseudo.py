"""The language that tests tell catalogues' words by."""

from __future__ import annotations

from tests.pseudo import pseudo
from wizard.locale.sentences import sentence_for


def test_the_pseudo_language_keeps_what_is_filled_in() -> None:
    """Tests with it would fail where nothing is wrong."""
    text = "Step {number} of %(total)s <strong>now</strong>"
    said = pseudo(text)
    assert (said[0], said[-1]) == ("⟦", "⟧")
    for part in ("{number}", "%(total)s", "<strong>", "</strong>"):
        assert said.count(part) == 1
    assert len(pseudo("Continue")) > 2 * len("Continue")


def test_what_is_in_a_catalogue_is_said_in_it(pseudo_language: str) -> None:
    """A word from no catalogue couldn't be told from others."""
    assert sentence_for("button", "Back").in_language(pseudo_language).startswith("⟦")
    assert sentence_for("button", "No such button").in_language(pseudo_language) == "No such button"
    assert sentence_for("button", "Back").in_language("de") == "Zurück"
