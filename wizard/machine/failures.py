"""What is said of a failure (S16, S17): to people what to do, to operators what went wrong, to both one reference.

An error's message is an operator's: it names functions, types, hosts. People read what the author of the definition or
of the function meant for them (the message of a NodeFailed, or its `people`), or else one of `errors.Excuse`, in the
run's language.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from wizard.errors import Excuse, WizardError
from wizard.locale.catalogs import SOURCE
from wizard.locale.sentences import Sentence
from wizard.model import Fault

# Without letters and digits that are taken for one another when they are read out.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8


class Failure(NamedTuple):
    """A failure of a turn: what is stored of it, and the error, for the log."""

    fault: Fault
    step: str
    error: WizardError


def reference_of(run: str, revision: int, step: str) -> str:
    """What people and operators call a failure by: the same for whoever looks at the same revision again."""
    number = int.from_bytes(blake2b(f"{run}/{revision}/{step}".encode(), digest_size=8).digest())
    letters = []
    for _ in range(LENGTH):
        number, at = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[at])
    return "".join(letters)


def words_for_people(error: WizardError, reference: str, language: str) -> str:
    """What a person who reads that language is told of the error."""
    people = error.people
    if isinstance(people, Sentence):
        return people.with_arguments(reference=reference).in_language(language)
    return people


def said_to_people(fault: Fault, language: str = SOURCE) -> str:
    """What a person reads of a stored one. Those of earlier versions don't say what was meant for people."""
    return fault.people or Excuse.EARLIER.in_language(language)
