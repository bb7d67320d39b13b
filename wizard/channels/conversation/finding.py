"""Which of the answers so far somebody means: by its number in the list, by what its question is called, or nearly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import shorten

from wizard.channels.conversation import wording
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.manners import asks_name, called
from wizard.channels.conversation.matching import MOST_OFFERED, nearest
from wizard.channels.conversation.questions import LISTED, grouped, numbered
from wizard.channels.conversation.which import Place
from wizard.engine.view import RunView
from wizard.forms.characters import alike
from wizard.model import Item, PromptField

SHOWN = 40  # characters of an answer on a button
_WORD = re.compile(r"\w+")


class Answers:
    """Those of a run, as a conversation lists them."""

    def __init__(self, view: RunView, dialogue: Dialogue) -> None:
        self._view, self._dialogue = view, dialogue
        self._words = wording.words_of(view, dialogue)

    def called(self, name: str) -> Sequence[Place]:
        """The question that somebody calls so; several where it may be one of these, none where there is none."""
        items = self._items
        at = numbered(name.rstrip("."), [str(at) for at in range(len(items))])
        if at is not None and items[int(at)].step is not None:
            return (self._place_of(items[int(at)]),)
        places = self._places()
        words = alike(name)
        if not any(words == alike(place.label) for place in places):
            words = alike(called(name, self._words.language))
        if labelled := [place for place in places if words == alike(place.label)]:
            return labelled[:1]
        named = [place for place in places if words == alike(place.name.replace("_", " "))]
        if found := _by_label([*named, *(place for place in places if _has_word(words, place))]):
            return found
        if held := _by_label([place for place in places if words and words in alike(place.label)]):
            return held
        near = nearest(words, [place.label for place in places])
        return _by_label([places[at] for at in near.among])

    def name(self) -> Sequence[Place]:
        """The question that was for a name."""
        return _by_label([place for place in self._places() if asks_name(place.label, self._words.language)])

    def listed(self) -> Sequence[Place]:
        """All of the list, in its order, where each can have a button: none where there are too many of them, or one
        that can't be changed. Those that are called the same say their answers as well."""
        items = self._items
        if len(items) > LISTED or any(item.step is None for item in items):
            return ()
        names = [wording.line_name(item) for item in items]
        places = []
        for name, item in zip(names, items, strict=True):
            answer = "" if names.count(name) == 1 else shorten(item.value, SHOWN, placeholder="…")
            places.append(self._place_of(item)._replace(label=wording.answer_line(name, answer)))
        return places

    def fields_of(self, step: str) -> Sequence[PromptField]:
        """What a step asks, as far as that can be changed."""
        if step == self._view.step:
            return self._view.current.fields
        prompt = self._view.prompt_of_page(step)
        return () if prompt is None else prompt.fields

    @property
    def _items(self) -> Sequence[Item]:
        return self._view.current.items or wording.answers_so_far(self._view, self._words, self._dialogue.given)

    def _place_of(self, item: Item) -> Place:
        step = item.step or ""
        names = [field.name for field in self.fields_of(step) if alike(field.label) == alike(item.label)]
        return Place(step, names[0] if len(names) == 1 else "", item.label)

    def _places(self) -> list[Place]:
        """What is asked or was answered and can be named, the latest first: the present page, and those before it. All
        that a review lists can be."""
        current = self._view.current
        answers = wording.answers_so_far(self._view, self._words, self._dialogue.given)
        listed = {alike(item.label) for item in answers if item.step == self._view.step}
        asked = wording.field_asked(self._view, self._dialogue)
        open_now = () if asked is None else (asked.name,)
        known = {*self._dialogue.asked, *open_now}
        given = [
            field for field in current.fields if field.name in known or field.answered or alike(field.label) in listed
        ]
        places = [Place(self._view.step, field.name, field.label) for field in given]
        for page in reversed(grouped(self._view.summary(), self._view)):
            labels = {alike(item.label) for item in page.items}
            fields = self.fields_of(page.step)
            places += [Place(page.step, field.name, field.label) for field in fields if alike(field.label) in labels]
        return places


def _has_word(words: str, place: Place) -> bool:
    """Whether a question has whole words in it: “name” is none of “nickname”."""
    return bool(words) and f" {words} " in f" {' '.join(_WORD.findall(alike(place.label)))} "


def _by_label(places: Sequence[Place]) -> Sequence[Place]:
    """Of those that are called the same, the latest: of a repeat, that of its last item."""
    first: dict[str, Place] = {}
    for place in places:
        first.setdefault(alike(place.label), place)
    return tuple(first.values())[:MOST_OFFERED]
