"""How a prompt becomes a conversation on paper: the lines that ask a question, what a typed line
means, and in which order a step's fields are asked. Nothing here reads, writes or waits.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from wizard.channels.conversation.commands import COMMANDS as SAID
from wizard.channels.conversation.commands import command_in
from wizard.engine.view import Progress, RunView
from wizard.expressions.prose import Prose, spelled
from wizard.forms.fields import may_be_draft, type_of
from wizard.forms.locales import REMEMBERED, spellings
from wizard.forms.readable import plain
from wizard.forms.rendering import optional
from wizard.forms.types.choices import labelled
from wizard.forms.types.text import DOTS
from wizard.locale.catalogs import SOURCE
from wizard.locale.sentences import Sentence, counted, sentence, sentence_for
from wizard.locale.words import Words, words_in
from wizard.model import Item, Prompt, PromptField, Value
from wizard.model.prompt import THERE
from wizard.telemetry.logs import broke

log = logging.getLogger("wizard.fields")

LISTED = 20  # choices; where there are more, they are listed on request only
ENGLISH = words_in(SOURCE)

# What is typed after a colon, by what it is called here: people can type both, and all that a chat knows (SAID).
# Translators: the texts of this file that name commands, :back and so on, name them as they are translated here.
COMMANDS: Mapping[str, Sentence] = {
    "back": sentence_for("command", "back"),
    "change": sentence_for("command", "change"),
    "review": sentence_for("command", "review"),
    "remove": sentence_for("command", "remove"),
    "again": sentence_for("command", "again"),
    "clear": sentence_for("command", "clear"),
    "skip": sentence_for("command", "skip"),
    "restart": sentence_for("command", "restart"),
    "elsewhere": sentence_for("command", "elsewhere"),
    "list": sentence_for("command", "list"),
    "cancel": sentence_for("command", "cancel"),
    "quit": sentence_for("command", "quit"),
    "help": sentence_for("command", "help"),
}
UNDO = sentence_for("after :cancel", "undo")
HELP: Mapping[str, Sentence] = {
    "back": sentence("go back to the previous page; what you typed here is kept"),
    "change": sentence("list the pages you have answered; :change 2 opens the second"),
    "review": sentence("show your answers so far"),
    "remove": sentence(":remove 2 removes the second item of a list"),
    "again": sentence("start this page again from its first question"),
    "clear": sentence("leave this answer empty"),
    "skip": sentence("leave an optional question without an answer"),
    "restart": sentence("begin again with the first question, without your answers"),
    "elsewhere": sentence("get a code with which you can go on elsewhere"),
    "list": sentence("list all choices of this question"),
    "cancel": sentence("end this for good; :cancel undo also undoes what was done so far"),
    "quit": sentence("leave; everything is saved, and you can continue later"),
    "help": sentence("show this help"),
}
MOVING = frozenset({"back", "change", "quit"})  # commands after which another page may be shown
# What moves or hides a terminal's text: controls but for the line break, and direction overrides; and what LOOKS uses.
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef]")
# What begins and ends bold and emphasis in a line for a console: noncharacters, which nothing that is clean holds.
LOOKS: Mapping[str, str] = {"strong": "\ufdd2", "/strong": "\ufdd3", "em": "\ufdd4", "/em": "\ufdd5"}


def clean(text: str) -> str:
    """The text without anything that a terminal would obey instead of showing: definitions and answers
    come from anybody. Line breaks stay."""
    return _UNSAFE.sub(_harmless, text.replace("\r\n", "\n"))


def shown(text: str) -> str:
    """The same of a text that may have markup: bold and emphasis are between LOOKS, all else in plain characters."""
    if isinstance(text, Prose) and any(piece.kind in LOOKS for piece in text.blocks):
        return spelled(text.blocks, text.values, LOOKS, clean)
    return clean(text)


def _harmless(match: re.Match[str]) -> str:
    return " " if match[0] in "\t\u2028\u2029" else "\ufffd" if match[0] == "\x1b" else ""


# -- what was typed ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    """A line that begins with a colon. `name` may be one that there isn't."""

    name: str
    argument: str = ""

    @property
    def known(self) -> bool:
        return self.name in COMMANDS or self.name in SAID


@lru_cache(REMEMBERED)
def _commands(language: str) -> Mapping[str, str]:
    """Commands by what can be typed for them: their names here, and in that language, with and without accents."""
    called = {name: name for name in COMMANDS}
    for name, words in COMMANDS.items():
        said = words.in_language(language).lower()
        for spelling in (said, *spellings(said)):
            called.setdefault(spelling, name)
    return called


def read_line(line: str, words: Words = ENGLISH) -> Command | str:
    """A command, or the text that was typed: `::text` is a text that begins with a colon."""
    text = line.strip()
    if text.startswith("::"):
        return text[1:]
    if text.startswith(":"):
        typed, _, argument = text[1:].partition(" ")
        name = typed.lower()
        if (own := _commands(words.language).get(name)) is not None:
            return Command(own, argument.strip())
        said = command_in(f"/{text[1:]}", words.language)
        return Command(name, argument.strip()) if said is None or not said.name else Command(*said)
    return line


def meaning(asked: PromptField, text: str) -> Value:
    """What a typed text stands for: a choice by its number, any other text itself; the form checks it.
    Nothing typed means the answer that is shown, if there is one."""
    if not text.strip():
        return "" if asked.value is None else asked.value
    if type_of(asked).is_list:
        parts = text.split(",") if labelled(text, asked.choices) is None else [text]
        picked = [_choice(asked, part) for part in parts]
        return text if picked == parts else picked
    return _choice(asked, text)


def _choice(asked: PromptField, text: str) -> str:
    """The value of a choice that is typed by its number, or else by what is read of it."""
    digits = text.strip().rstrip(".")
    if not is_numbered(asked):
        digits = ""
    elif digits.isascii() and digits.isdigit() and len(digits) < 6 and 1 <= int(digits) <= len(asked.choices):
        return asked.choices[int(digits) - 1].value
    choice = labelled(text, asked.choices)
    return text if choice is None else choice.value


def is_numbered(asked: PromptField) -> bool:
    """Whether choices have numbers: not where they are numbers themselves, so that 2 means one thing."""
    return bool(asked.choices) and not any(
        text.strip().isdigit() for choice in asked.choices for text in (choice.value, choice.label)
    )


def numbered(text: str, among: list[str]) -> str | None:
    """What the number stands for, None where it stands for nothing."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 6):
        return None
    return among[int(digits) - 1] if 1 <= int(digits) <= len(among) else None


# -- what is shown -------------------------------------------------------------------------------


def heading(asked: PromptField, words: Words = ENGLISH) -> str:
    """The line that names the question."""
    label = asked.label or asked.name
    return clean(label if asked.required else words.say(optional(label)))


def notes(asked: PromptField, words: Words = ENGLISH) -> list[str]:
    """What helps to answer: the hint, and how this type is typed where it isn't obvious."""
    lines = [shown(asked.hint)] if asked.hint else []
    if isinstance(typed := asked.options.get("typed_hint"), str):
        lines.append(clean(typed))
    of = type_of(asked)
    if of.note is not None:
        try:
            lines.append(words.say(of.note(asked)))
        except Exception as error:  # a type of others can fail in any way, and the question can do without it
            broke(log, error, "the field type %s has no note for the field %s", of.name, asked.name)
    if len(asked.choices) > LISTED:
        many = counted(
            "{count} choice: type its value or its name, or :list to see it",
            "{count} choices: type the value or the name of one, or :list to see them all",
            len(asked.choices),
        )
        lines.append(words.say(many))
    return lines


def choice_lines(asked: PromptField) -> list[str]:
    """The choices, one a line, with their numbers."""
    width = len(str(len(asked.choices)))
    numbered = is_numbered(asked)
    lines = []
    for number, choice in enumerate(asked.choices, start=1):
        mark = f"{number:>{width}}" if numbered else "-"
        other = f" ({choice.value})" if not numbered and choice.label != choice.value else ""
        hint = f": {choice.hint}" if choice.hint else ""
        lines.append(clean(f"  {mark}  {choice.label}{other}{hint}"))
    return lines


def offered(asked: PromptField, words: Words = ENGLISH) -> str:
    """The answer that Enter takes, on one line; "" where there is none."""
    text = answer_text(asked, words)
    return text.lower() if isinstance(asked.value, bool) else text


def answer_text(asked: PromptField, words: Words = ENGLISH) -> str:
    """The answer as it stands in a list of answers, on one line; "" where there is none."""
    value = asked.value
    if type_of(asked).is_secret:
        return DOTS if value or asked.options.get(THERE) else ""
    if value is None or value in ("", []):
        return ""
    if type_of(asked).holds_files and isinstance(value, Mapping):
        return clean(str(value.get("name", "")))
    labels = {choice.value: choice.label for choice in asked.choices}
    text = ", ".join(labels[item] if item in labels else plain(item, words.language) for item in _listed(value))
    return clean(" ".join(text.split()))


def without_unfit(asked: PromptField, view: RunView) -> PromptField:
    """The question without the answer that it has, where that can't be taken any more: nobody is offered what is
    refused then."""
    if asked.value is None or asked.answered or type_of(asked).holds_files or asked.name not in view.unfit:
        return asked
    return replace(asked, value=None, typed=None)


def _listed(value: Value) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def place_of(progress: Progress, words: Words = ENGLISH) -> str:
    """Where in the run a page is: of how many only where that is sure; "" on the last page."""
    if progress.min < 1:
        return ""
    total = progress.done + progress.min if progress.min == progress.max else None
    return words.say(step_words(progress.done + 1, total))


def step_words(number: int, total: int | None) -> Sentence:
    """Which step somebody is at, of how many where that is known."""
    if total is None:
        return sentence("Step {number}", number=number)
    return sentence("Step {number} of {total}", number=number, total=total)


def item_lines(items: tuple[Item, ...]) -> list[str]:
    """The lines of a list of answers: `Label: value`, the values below each other."""
    width = min(max((len(item.label) for item in items), default=0), 32)
    lines = []
    for item in items:
        first, *more = clean(item.value).split("\n") or [""]
        lines.append(f"  {clean(item.label) + ':':<{width + 1}} {first}".rstrip())
        lines += [f"  {'':<{width + 1}} {line}".rstrip() for line in more]
    return lines


# -- the order of questions ------------------------------------------------------------------------


@dataclass(slots=True)
class Filling:
    """How far the questions of one step are.

    `asked` are the fields that need no asking now, `given` what was answered and isn't stored yet,
    `errors` what is wrong with answers, to be said beside their questions, `doubted` the fields whose
    answers were refused once, and `lines` the text of several lines that is being typed.
    """

    asked: set[str] = field(default_factory=set)
    given: dict[str, Value] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)

    @classmethod
    def begun(cls, prompt: Prompt) -> Filling:
        """Goes on at the first question without an answer; where all have one, at the first."""
        answered = {field.name for field in prompt.fields if field.answered}
        return cls(answered if len(answered) < len(prompt.fields) else set())

    def fields(self, prompt: Prompt) -> list[PromptField]:
        """The fields to ask. An optional yes or no of a step that isn't a form is a button elsewhere: not to
        press it is no answer, and it isn't asked."""
        return [
            field
            for field in prompt.fields
            if prompt.in_parts or field.required or not type_of(field).is_yes_or_no or field.name in self.doubted
        ]

    def next(self, prompt: Prompt) -> PromptField | None:
        """The question to ask now; None where none is left."""
        for asked in self.fields(prompt):
            if asked.name not in self.asked:
                return replace(asked, value=self.given[asked.name]) if asked.name in self.given else asked
        return None

    def silent(self, asked: PromptField) -> bool:
        """Whether the answer goes along without being asked: a field that nobody sees, unless it can't be taken."""
        hidden = not type_of(asked).is_seen and asked.name not in self.doubted
        return hidden and (asked.value is not None or not asked.required)

    def refused(self, prompt: Prompt) -> None:
        """Asks again: the fields that have errors, or all of them where the step as a whole has one."""
        self.errors = {field.name: field.error for field in prompt.fields if field.error is not None}
        if not self.errors:
            self.asked.clear()
        for name in self.errors:
            self.asked.discard(name)
            self.given.pop(name, None)
            self.doubted.add(name)


def may_be_kept(prompt: Prompt, name: str) -> bool:
    """Secrets and files are no draft."""
    return all(may_be_draft(field) for field in prompt.fields if field.name == name)


# -- where one can go ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """A step that was answered, as `:change` and `:review` list it."""

    step: str
    title: str
    items: tuple[Item, ...]


def grouped(items: Iterable[Item], view: RunView) -> list[Answered]:
    """Lines of answers by the step that they are from, in order."""
    by_step: dict[str, list[Item]] = {}
    for item in items:
        if item.step is not None:
            by_step.setdefault(item.step, []).append(item)
    titles = {line.step: line.title for line in view.path}
    return [
        Answered(step, _page_title(step, titles.get(step, step), lines), tuple(lines))
        for step, lines in by_step.items()
    ]


def _page_title(step: str, title: str, lines: list[Item]) -> str:
    """A page with one question and no title of its own has its question for a heading, as on the web."""
    return clean(lines[0].label if is_own_name(title, step) and len(lines) == 1 else title)


def is_own_name(title: str, step: str) -> bool:
    """Whether a title is what the definition calls the step's node, which stands for one that isn't there."""
    return title == step.rpartition("/")[2].partition("~")[0]
