"""The wording of errors."""

from __future__ import annotations

import pytest

from wizard.errors import NodeContractError
from wizard.forms.refusals import Refusal, about, either
from wizard.locale.sentences import sentence

LABELS = (
    "I have a lease",
    "How many",
    "Are you over 18",
    "When did you move in",
    "Please enter your name",
    "1. Name",
    "Where did you lose it?",
    "IBAN",
    "the address",
)


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_quoted_as_it_is(label: str) -> None:
    """People read “Enter your i have a lease”: a label is no noun that a sentence can be built around."""
    assert str(about(sentence("Answer “{label}”"), label)) == f"Answer “{label}”"


@pytest.mark.parametrize("label", ["Date of birth:", " Date  of\nbirth : ", "Date of birth"])
def test_what_only_sets_a_label_is_left_out_of_the_quotation(label: str) -> None:
    """A colon or a line break would stand in the middle of a sentence."""
    assert str(about(sentence("Answer “{label}”"), label)) == "Answer “Date of birth”"


def test_readings_are_spelled_out_once_each() -> None:
    """Somebody would be told to choose between a reading and itself."""
    assert str(either("1", "2", "1")) == "Your answer to “…” can be read in two ways. Write 1 or 2"
    assert str(either("1", "2", "3")) == "Your answer to “…” can be read in several ways. Write 1, 2 or 3"


def test_a_refusal_says_a_sentence() -> None:
    """Who writes a field type is told what to write, and not that a text has no attribute."""
    with pytest.raises(NodeContractError, match=r"A Refusal was given str, not a sentence\."):
        Refusal("Three stars at most")  # type: ignore[arg-type]
