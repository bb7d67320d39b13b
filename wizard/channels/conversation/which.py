"""Which of several earlier answers is meant, where a change fits more than one: what the conversation remembers of the
places that it asks back about, and which of them is picked in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.manners import without_manners
from wizard.channels.conversation.matching import plain_choice
from wizard.channels.conversation.questions import numbered
from wizard.channels.conversation.rewording import chosen
from wizard.model import Choice, PromptField


class Place(NamedTuple):
    """A question that was or is answered, and what it may be called."""

    step: str
    name: str
    label: str


def asking_which(dialogue: Dialogue, found: Sequence[Place], instead: str) -> Dialogue:
    """The same, asking which of these is to be changed, to `instead` where that isn't ""."""
    return replace(dialogue.without_doubt(), which=tuple("\n".join(place) for place in found), instead=instead)


def places_of(dialogue: Dialogue) -> Sequence[Place]:
    """Those that it asks back about."""
    return [Place(*place.split("\n", 2)) for place in dialogue.which]


def place_in(text: str, dialogue: Dialogue, language: str, *, nearly: bool = False) -> Place | None:
    """The one that somebody names by its number, its place or what its question is called, or `nearly` so."""
    places, text = places_of(dialogue), without_manners(text, language)
    if (at := numbered(text.strip().rstrip(".)"), [str(at) for at in range(len(places))])) is not None:
        return places[int(at)]
    labels = [place.label for place in places]
    offers = PromptField("", "choice", "", choices=tuple(Choice(label, label) for label in labels))
    choice = plain_choice(offers, text, nearly=nearly) or chosen(offers, text, language)
    return None if choice is None else places[labels.index(choice.value)]
