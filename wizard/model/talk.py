"""What is said in a conversation about a run: the rows that a turn stores together with its move (S20).

The rows of a run are numbered without gaps, in the order in which they were said. So they are an outbox as well:
whoever delivers them needs to know one number, the last that was delivered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

OWN_ID = "w-"  # begins the ids of what the engine says; nobody else's do


class Speaker(StrEnum):
    """Who says something."""

    ENGINE = "engine"
    PERSON = "person"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Offer:
    """A button: `choice` is what is sent where it is pressed, and names the question that it belongs to. Of several
    that can be chosen together it is `picked` where it is part of the answer that is there."""

    choice: str
    label: str
    picked: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer is for: a field of a step, and the field's type; without a name, the step as a whole."""

    type: str
    name: str
    step: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message. `number` is its place among those of its run, from 1; `id` is unique among them.

    What the engine says may have `choices`, and names what it `expects` now; `about` is the number of the person's
    message that it answers, 0 where it answers none. Of what a person says `expects` is the question that it was taken
    to answer, and `details` hold what else came with it: `choice`, `edits`, `replies`, `files` (their names). Those of
    the engine's have the looks of its text (`rich`), where it has any.
    """

    number: int
    id: str
    speaker: Speaker
    text: str
    at: datetime
    choices: tuple[Offer, ...] = ()
    expects: Expected | None = None
    about: int = 0
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def own_id(number: int) -> str:
    """The id of what the engine says."""
    return f"{OWN_ID}{number}"


LINKS = "link/"  # begins the keys of the cells that say where conversations are delivered to


def channels_of(conversation: Mapping[str, Any]) -> list[str]:
    """What the keys of a run's own such cells end with: one for each channel from outside that it is delivered to."""
    return [str(key) for key in conversation.get("channels", ())]
