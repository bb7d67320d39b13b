"""Who goes through a script's run: somebody at a channel, who does what the script says by what the channel offers.

What isn't offered there can't be done: that is the author's news (`CantBeDone`), and no error of this program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from wizard.channels.conversation.questions import Filling, meaning
from wizard.forms.characters import alike
from wizard.forms.fields import type_of
from wizard.forms.types.choices import NO, YES, yes_and_no
from wizard.locale.words import words_in
from wizard.model import Prompt, PromptField, Value
from wizard.scripts.world import World


class CantBeDone(Exception):
    """The script says something that there is no way to do here; the message says why, and what there is."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Seen:
    """What a channel shows. `step` is the one that is asked, `shown` all steps that were shown since the last look;
    `text` is everything there is to read, `error` all that is wrong, "" for nothing; `said` is what is new of it, for
    the conversation in a report; `passed` are texts that the channel doesn't stop at, and whose button the script has
    yet to press."""

    step: str
    title: str | None = ""  # None where it is a part of the text
    text: str = ""
    error: str = ""
    fields: tuple[str, ...] | None = None  # None where the channel asks one at a time
    choices: tuple[str, ...] | None = None  # None where they are a part of the text
    values: Mapping[str, Value] | None = None  # None where the channel shows none
    said: str = ""
    shown: tuple[str, ...] = field(default=())
    passed: tuple[str, ...] = ()


class Person(Protocol):
    """Somebody at a channel. Each method may raise CantBeDone."""

    seen: Seen
    last: Any  # what was sent last, as it can be sent again; None where nothing was

    async def comes(self) -> None:
        """Opens the run here, also after it was left or the server has crashed."""

    async def begins(self, workflow: str) -> None:
        """Starts the run of a workflow: at the channel, where anybody can do that there. Raises InvalidInput,
        WorkflowNotFound."""

    async def leaves(self) -> None:
        """Closes what is open."""

    async def looks(self) -> None:
        """Looks at the run as it is now."""

    async def says(self, text: str) -> None:
        """Answers the question that is asked next."""

    async def presses(self, label: str) -> None:
        """Presses a button: a choice, or what leads on."""

    async def answers(self, answers: Mapping[str, Any]) -> None:
        """Answers all questions of the step, by field."""

    async def goes_on(self) -> None:
        """Presses the button of a step that asks nothing more."""

    async def goes_back(self, to: str | None) -> None:
        """Goes back, to that step or the one before."""

    async def changes(self, step: str, answers: Mapping[str, Any] | None) -> None:
        """Answers an earlier step anew, or opens it."""

    async def presses_earlier(self, label: str) -> None:
        """Presses a button of an earlier question, where such are in sight still."""

    async def repeats(self, sent: Any) -> None:
        """Sends once more what was the `last` thing that was sent, now or earlier."""

    async def in_wrong_order(self, first: str, second: str) -> None:
        """Says two things, of which the second one arrives first."""


class AtQuestions:
    """How far somebody is with the questions of a step, for channels that don't ask one at a time by themselves."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.visit = -1
        self.given: dict[str, Value] = {}
        self.step: str | None = None  # whose questions these are, where it isn't the one that the run stands at
        self._filling = Filling()

    async def prompt(self) -> Prompt:
        """What the run asks, with what was said so far."""
        view = await self._world.view()
        step = self.step or view.step
        visit = view.visit if step == view.step or step not in view.run.by_path else view.run.by_path[step].visit
        page = view.prompt_of_page(step) or view.current
        if visit != self.visit:
            self.begins_anew()
            self.visit, self._filling = visit, Filling.begun(page)
        if not self.given or not view.is_asked(step):
            return page
        return view.prompt_at(step, {**(view.run.by_path[step].draft or {}), **self.given})

    def begins_anew(self) -> None:
        self.visit, self.given = -1, {}

    async def asked(self) -> PromptField | None:
        """The question that comes next; None where none is left."""
        return self._filling.next(await self.prompt())

    async def needs(self) -> PromptField:
        """The same, where there has to be one."""
        asked = await self.asked()
        if asked is None:
            prompt = await self.prompt()
            raise CantBeDone(f"{prompt.step} asks nothing (more) here; write `goes_on: true` to press its button")
        return asked

    def take(self, asked: PromptField, value: Value) -> None:
        """The question was answered."""
        self.given[asked.name] = value
        self._filling.asked.add(asked.name)

    async def refused(self, errors: Mapping[str, str]) -> None:
        """The answers weren't taken: those that have errors are asked again."""
        prompt = await self.prompt()
        fields = tuple(replace(field, error=errors.get(field.name)) for field in prompt.fields)
        self._filling.refused(replace(prompt, fields=fields))
        for name in [name for name in self.given if name not in self._filling.asked]:
            del self.given[name]


def value_of(asked: PromptField, text: str, language: str) -> Value:
    """What a text stands for, said or pressed."""
    if type_of(asked).is_yes_or_no:
        for value, words in zip((True, False), yes_and_no(language), strict=True):
            if alike(text) in words:
                return value
    return meaning(asked, text)


def choice_of(asked: PromptField, label: str, language: str) -> Value:
    """The value of the choice that is called so. Raises CantBeDone where there is none."""
    labels = labels_of(asked, language)
    if type_of(asked).is_yes_or_no and isinstance(value := value_of(asked, label, language), bool):
        return value
    for value, called in labels:
        if alike(label) in (alike(called), alike(str(value))):
            return value
    there = ", ".join(called for _, called in labels) or "nothing to press"
    raise CantBeDone(f"{asked.name} has no {label!r}; there is {there}")


def labels_of(asked: PromptField, language: str) -> list[tuple[Value, str]]:
    """What can be pressed to answer a question, with its value."""
    if type_of(asked).is_yes_or_no:
        words = words_in(language)
        return [(True, words.say(YES)), (False, words.say(NO))]
    return [(choice.value, choice.label) for choice in asked.choices]


def is_button(prompt: Prompt, label: str) -> bool:
    """Whether a step's own button is called so."""
    return bool(prompt.submit) and alike(prompt.submit) == alike(label)
