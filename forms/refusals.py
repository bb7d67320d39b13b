"""What a person is told when an answer isn't taken: whole sentences, of which a translator has each in one piece.

A label is whatever an author wrote: a noun, a question, “I agree”. So it stands in a sentence as a quotation, which no
grammar reaches into: “Answer “How many””, “Your answer to “Date of birth” must be a real date”.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

from wizard.errors import NodeContractError
from wizard.locale.sentences import AnyOf, Sentence, sentence
from wizard.locale.words import Argument, words_in

# What is wrong with an answer: the key below which an author can have words of their own for it. Those of limits are
# the settings' own keys.
LimitCode: TypeAlias = Literal["min", "max", "min_length", "max_length", "places", "max_size"]
Code: TypeAlias = Literal["required", "invalid", "ambiguous", "pattern", "accept"] | LimitCode

LIMIT_CODES: Final[frozenset[str]] = frozenset(get_args(LimitCode))


class Refusal(Exception):
    """An answer can't be taken. `{label}` in the sentence stands for what the field is called. Raises
    NodeContractError for a text that is no sentence."""

    def __init__(self, sentence: Sentence, code: Code = "invalid") -> None:
        if not isinstance(sentence, Sentence):
            kind = type(sentence).__name__
            raise NodeContractError(f'A Refusal was given {kind}, not a sentence. Write Refusal(sentence("…")).')
        super().__init__(sentence)
        self.sentence = sentence
        self.code: Code = code

    def __str__(self) -> str:
        return str(about(self.sentence, "…"))


class Ambiguous(str):
    """What a person is told of an answer that can be read in several `ways`, each as it can be typed."""

    __slots__ = ("ways",)

    ways: tuple[str, ...]

    @classmethod
    def of(cls, told: str, refusal: Refusal, language: str) -> str:
        """Of what is told of a refusal; the text alone where that isn't for this."""
        ways = dict(refusal.sentence.arguments).get("ways")
        if refusal.code != "ambiguous" or not isinstance(ways, AnyOf):
            return told
        made = cls(told)
        made.ways = tuple(words_in(language).written(way) for way in ways.parts)
        return made


def about(sentence: Sentence, label: str) -> Sentence:
    """The sentence with the field's label in it."""
    return sentence.with_arguments(label=" ".join(label.split()).rstrip(":").rstrip() or "…")


def either(*readings: Argument) -> Refusal:
    """An answer that can be read in more than one way, with each way spelled out, so that it can be typed like that."""
    ways = tuple(dict.fromkeys(readings))
    if len(ways) == 2:
        two = sentence("Your answer to “{label}” can be read in two ways. Write {ways}", ways=AnyOf(ways))
        return Refusal(two, "ambiguous")
    several = sentence("Your answer to “{label}” can be read in several ways. Write {ways}", ways=AnyOf(ways))
    return Refusal(several, "ambiguous")


ANSWER_WANTED: Final = sentence("Answer “{label}”")
CHOICE_WANTED: Final = sentence("Choose an answer to “{label}”")
CONFIRMATION_WANTED: Final = sentence("Confirm “{label}” to continue")
FILE_WANTED: Final = sentence("Upload a file for “{label}”")
