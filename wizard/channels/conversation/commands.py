"""What people say in a conversation that is no answer: commands, by the words of their language, and corrections of an
earlier answer. A message is a command only as a whole, so that "back pain" is an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from wizard.forms.characters import alike
from wizard.forms.locales import REMEMBERED
from wizard.locale.sentences import Sentence, sentence_for
from wizard.locale.words import words_in

# Translators: all that people may type for the same thing in a chat, with bars between; help names the first.
COMMANDS: Mapping[str, Sentence] = {
    "back": sentence_for("said in a chat", "back | go back | previous | previous question"),
    "change": sentence_for("said in a chat", "change | edit | correct"),
    "review": sentence_for("said in a chat", "review | my answers | show my answers | summary"),
    "remove": sentence_for("said in a chat", "remove | delete"),
    "skip": sentence_for("said in a chat", "skip | skip this | pass | no answer"),
    "keep": sentence_for("said in a chat", "keep | keep it | same | as before"),
    "repeat": sentence_for("said in a chat", "repeat | say it again | what was the question"),
    "help": sentence_for("said in a chat", "help | ? | what can I do | commands"),
    "restart": sentence_for("said in a chat", "restart | start over | start again"),
    "cancel": sentence_for("said in a chat", "cancel | stop | quit"),
    "agent": sentence_for("said in a chat", "agent | human | talk to a person | operator"),
    "go on": sentence_for("said in a chat", "continue | go on | next | ok | okay | yes | done | send | submit"),
    "retry": sentence_for("said in a chat", "try again | retry"),
}
# Translators: how people correct an earlier answer, with bars between the ways. {field} stands for what they call the
# question, {value} for the new answer; both have to be in each way.
CORRECTIONS = sentence_for(
    "said in a chat",
    "change {field} to {value} | no, my {field} is {value} | no, the {field} is {value} | "
    "sorry, my {field} is {value} | my {field} should be {value} | correct {field} to {value}",
)
TAKE_ARGUMENTS = ("change", "remove", "help")
LONGEST = 2_000  # characters of a message that may be a correction

_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'"}


class Command(NamedTuple):
    """What is wanted, and what of."""

    name: str
    argument: str = ""


class Correction(NamedTuple):
    """What somebody calls a question, and its new answer."""

    field: str
    value: str


def ways(words: Sentence, language: str) -> list[str]:
    """The words for one thing in a language, as they are written."""
    return [way.strip() for way in words.in_language(language).split("|") if way.strip()]


def first_way(name: str, language: str) -> str:
    """What help calls a command."""
    return ways(COMMANDS[name], language)[0]


@lru_cache(REMEMBERED)
def _spoken(language: str) -> Mapping[str, str]:
    """Commands by what can be said for them: in English and in that language."""
    spoken: dict[str, str] = {}
    for spoken_in in (language, "en"):
        for name, words in COMMANDS.items():
            for way in ways(words, spoken_in):
                spoken.setdefault(alike(way), name)
    return spoken


def command_in(text: str, language: str) -> Command | None:
    """The command that a message is, None where it is none. With a slash before it, it is nothing else."""
    said = alike(text).rstrip("!.").strip()
    slashed = said.startswith("/")
    said = said.removeprefix("/")
    spoken = _spoken(words_in(language).language)
    if (name := spoken.get(said)) is not None:
        return Command(name)
    first, _, rest = said.partition(" ")
    name = spoken.get(first)
    if name in TAKE_ARGUMENTS and rest and (slashed or len(rest) <= 100):
        return Command(name, text.strip().removeprefix("/").partition(" ")[2].strip())
    return Command("") if slashed and re.fullmatch(r"[a-zäöüß_]{2,20}", said) else None


@lru_cache(REMEMBERED)
def _patterns(language: str) -> list[re.Pattern[str]]:
    spoken = [way for spoken_in in dict.fromkeys((language, "en")) for way in ways(CORRECTIONS, spoken_in)]
    return [re.compile(_pattern(way), re.IGNORECASE | re.DOTALL) for way in spoken if "{field}" in way]


def _pattern(way: str) -> str:
    escaped = r"\s+".join(re.escape(word) for word in way.replace(",", " ").split())
    escaped = re.sub(r"^(\w+)\\s\+", r"\1,?\\s+", escaped)
    return escaped.replace(re.escape("{field}"), "(?P<field>.{1,80}?)").replace(
        re.escape("{value}"), "(?P<value>.{1,2000})"
    )


def correction_in(text: str, language: str) -> Correction | None:
    """The correction that a message is as a whole, as "change email to ann@example.org" is."""
    said = text.strip()
    if len(said) > LONGEST:
        return None
    for pattern in _patterns(words_in(language).language):
        if (match := pattern.fullmatch(said)) is not None:
            return Correction(match["field"].strip(), match["value"].strip())
    return None


def change_in(argument: str, language: str) -> Correction | None:
    """The correction that the command `change` is with what stands behind it, whichever of its words was said."""
    words = dict.fromkeys((*ways(COMMANDS["change"], words_in(language).language), "change"))
    corrections = (correction_in(f"{word} {argument}", language) for word in words)
    return next((correction for correction in corrections if correction is not None), None)


def quoted(text: str) -> str | None:
    """What stands in quotation marks, where that is the whole message: it is an answer, whatever it says."""
    said = text.strip()
    if len(said) > 2 and _QUOTES.get(said[0]) == said[-1]:
        return said[1:-1]
    return None
