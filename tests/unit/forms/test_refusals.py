"""The wording of errors."""

from __future__ import annotations

import pytest

from wizard.forms.refusals import missing, refused


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("Full name", "Enter your full name"),
        ("Your name", "Enter your name"),
        ("Your", "Enter your answer"),
        ("IBAN", "Enter your IBAN"),
        ("UK postcode", "Enter your UK postcode"),
        ("E-mail:", "Enter your e-mail"),
        ("Where did you lose it?", "Answer the question “Where did you lose it?”"),
        ("Their full name", "Enter their full name"),
        ("The address", "Enter the address"),
        ("A", "Enter your A"),
        ("Tell us in your own words", "Tell us in your own words"),
        ("Description", "Enter your description"),
        ("Say", "Enter your say"),
        ("", "Answer this question"),
        (" :", "Answer this question"),
    ],
)
def test_missing_answers(label: str, message: str) -> None:
    """The error at the top of a page has to say which question it is about, in good English."""
    assert missing(label, "Enter") == message


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("Date of birth", "Date of birth must be a real date"),
        ("Age:", "Age must be a real date"),
        ("When?", "Your answer to “When?” must be a real date"),
        ("Tell us when", "Your answer to “Tell us when” must be a real date"),
        ("", "This answer must be a real date"),
    ],
)
def test_wrong_answers(label: str, message: str) -> None:
    """The same for answers that can't be taken."""
    assert refused(label, "must be a real date") == message
