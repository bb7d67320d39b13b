"""Text answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.forms.asking import refuse, take


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Ada ", "Ada"),
        ("Zoë", "Zoë"),
        ("Zoe\u0308", "Zoë"),  # composed: one name, one spelling
        ("\u2000Ada\u2000", "Ada"),
        ("Ada\n", "Ada"),
    ],
)
def test_a_line_is_stripped_and_composed(typed: str, stored: str) -> None:
    """Otherwise the same name is two names to whoever searches for it."""
    assert take(typed) == stored


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("A\x00da", "Your answer to “Thing” must not contain characters that can't be shown"),
        ("A\ud800da", "Your answer to “Thing” must not contain characters that can't be shown"),
        ("A\x9bda", "Your answer to “Thing” must not contain characters that can't be shown"),
        ("Ada\nKing", "Your answer to “Thing” must not contain line breaks"),
        (["Ada"], "Your answer to “Thing” must be text"),
        ({"a": 1}, "Your answer to “Thing” must be text"),
        (17, "Your answer to “Thing” must be text"),
        (True, "Your answer to “Thing” must be text"),
        (float("nan"), "Your answer to “Thing” must be text"),
        ("x" * 501, "Your answer to “Thing” must be 500 characters or fewer"),
        ("x" * 10_000_000, "Your answer to “Thing” must be 500 characters or fewer"),
    ],
)
def test_what_is_no_line_of_text_is_refused(raw: Any, message: str) -> None:
    """Control characters break terminals and stores; a wrong type must be an error, never a crash."""
    assert refuse(raw) == message


@pytest.mark.parametrize("empty", ["", "   ", None, "\n"])
@pytest.mark.parametrize("kind", ["text", "textarea", "hidden"])
def test_nothing_but_space_is_no_answer(empty: str | None, kind: str) -> None:
    """A required name of one space would be accepted."""
    assert refuse(empty, type=kind, required=True) == "Answer “Thing”"
    assert take(empty, type=kind, required=False) is None


def test_lengths_count_characters() -> None:
    """Limits are what the author wrote, whatever an alphabet takes in bytes."""
    assert take("äöü", min_length=3, max_length=3) == "äöü"
    assert refuse("ä", min_length=2) == "Your answer to “Thing” must be 2 characters or more"
    assert refuse("äöü", max_length=2) == "Your answer to “Thing” must be 2 characters or fewer"
    assert refuse("äöü", min_length=2, max_length=2) == "Your answer to “Thing” must be 2 characters long"


def test_a_textarea_keeps_its_lines() -> None:
    """Browsers send \\r\\n; what is stored doesn't depend on where it was typed."""
    assert take("one\r\ntwo\rthree\tend\n", type="textarea") == "one\ntwo\nthree\tend"
    assert (
        refuse("one\x0btwo", type="textarea")
        == "Your answer to “Thing” must not contain characters that can't be shown"
    )
    assert refuse(["one"], type="textarea") == "Your answer to “Thing” must be text"
    assert refuse("x" * 5_001, type="textarea") == "Your answer to “Thing” must be 5,000 characters or fewer"


def test_a_password_keeps_its_spaces() -> None:
    """A person whose password ends in a space could never log in again."""
    assert take(" secret ", type="password") == " secret "
    assert refuse("", type="password") == "Answer “Thing”"
    assert refuse("a\x00b", type="password") == "Your answer to “Thing” must not contain characters that can't be shown"
    assert refuse(1234, type="password") == "Your answer to “Thing” must be text"


def test_a_code_with_typographic_signs_is_that_code() -> None:
    """Programs for letters put long dashes into what people copy, and some keyboards write full-width letters."""
    assert take("AB\u201312", pattern="[A-Z]+-[0-9]+") == "AB-12"
    assert take("\uff21\uff22-\uff11\uff12", pattern="[A-Z]+-[0-9]+") == "AB-12"
    assert take("AB\u201312", pattern="[A-Z]+.[0-9]+") == "AB\u201312"


def test_a_password_has_to_have_something_to_see_or_a_space() -> None:
    """A mark that came along with a copied text is no secret."""
    assert refuse("\u200b", type="password") == "Answer “Thing”"
    assert take("a\u200b", type="password") == "a\u200b"
    assert take("  ", type="password") == "  "


def test_a_line_holds_no_other_spaces_and_no_tabs() -> None:
    """Two names that look the same are the same."""
    assert take("Ann\u202fLee\tKing") == "Ann Lee King"
    assert take("a\u2028b", type="textarea") == "a\nb"
    assert refuse("a\u2028b") == "Your answer to “Thing” must not contain line breaks"
    assert refuse("\u0301\u200d\ufe0f") == "Answer “Thing”"
    assert take("\u2764\ufe0f") == "\u2764\ufe0f"
    assert take("\U0001f3f4\U000e0067\U000e007f") == "\U0001f3f4\U000e0067\U000e007f"
    assert take("x\U000e0067") == "x"


def test_a_pattern_has_to_match_all_of_the_text() -> None:
    """Half a customer number would pass."""
    assert take("AB-12", pattern="[A-Z]+-[0-9]+") == "AB-12"
    assert refuse("AB-12x", pattern="[A-Z]+-[0-9]+") == "Your answer to “Thing” is not in the required format"
    assert refuse("x", pattern="[0-9]", messages={"pattern": "Write {{ 'digits' }}"}) == "Write digits"
