"""What a person is told when an answer isn't taken: each message names the label and says what to do.

The wording follows the GOV.UK Design System's error messages: "Enter your full name", "Date of birth
must be a real date".
"""

from __future__ import annotations

from typing import Literal

_OWNERS = frozenset(("a", "an", "her", "his", "its", "our", "the", "their", "these", "this"))
_DEMANDS = frozenset(
    ("add", "choose", "describe", "enter", "explain", "give", "pick", "say", "select", "tell", "upload", "write")
)

Code = Literal["required", "invalid", "limit", "pattern"]


class Refusal(Exception):
    """An answer can't be taken. `predicate` follows the label: "must be a whole number".

    `code` is the key under which an author can put a message of their own.
    """

    def __init__(self, predicate: str, code: Code = "invalid") -> None:
        super().__init__(predicate)
        self.predicate = predicate
        self.code: Code = code


def either(*readings: str) -> Refusal:
    """An answer that can be read in more than one way, with each way spelled out, so that it can be typed like that."""
    *others, last = dict.fromkeys(readings)
    if len(others) == 1:
        return Refusal(f"can be read in two ways. Write {others[0]} or {last}")
    return Refusal(f"can be read in several ways. Write {', '.join(others)} or {last}")


def refused(label: str, predicate: str) -> str:
    """The label and what is wrong, as one sentence."""
    return f"{_subject(label)} {predicate}"


def missing(label: str, verb: str) -> str:
    """What to say where a needed answer is missing; `verb` is Enter, Choose or Upload."""
    if label.endswith("?"):
        return f"Answer the question “{label}”"
    thing = label.rstrip(":").rstrip()
    if not thing:
        return "Answer this question"
    first, _, rest = thing.partition(" ")
    word = first.lower()
    if _is_demand(thing):
        return thing
    if word in _OWNERS and rest:
        return f"{verb} {word} {rest}"
    if word == "your":
        thing = rest.lstrip() or "answer"
    elif first[1:] == first[1:].lower() and len(first) > 1:  # an IBAN stays an IBAN
        thing = thing[0].lower() + thing[1:]
    return f"{verb} your {thing}"


def _subject(label: str) -> str:
    if label.endswith("?") or _is_demand(label):
        return f"Your answer to “{label}”"
    return label.rstrip(":").rstrip() or "This answer"


def _is_demand(label: str) -> bool:
    """Whether it is a sentence like “Tell us in your own words”."""
    first, _, rest = label.partition(" ")
    return bool(rest) and first.lower() in _DEMANDS
