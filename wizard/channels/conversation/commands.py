"""What people say in a conversation that is no answer: commands, by the words of their language, and corrections of an
earlier answer. A message is a command only as a whole, so that "back pain" is an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from wizard.channels.conversation.manners import LONGEST, patterns, ways, without_manners
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
    "skip": sentence_for("said in a chat", "skip | skip this | skip it | pass | no answer | prefer not to say"),
    "keep": sentence_for("said in a chat", "keep | keep it | same | as before"),
    "repeat": sentence_for(
        "said in a chat",
        "repeat | say it again | what was the question | what? | huh? | pardon? | sorry? | what do you mean?",
    ),
    "help": sentence_for("said in a chat", "help | ? | what can I do | commands"),
    "restart": sentence_for("said in a chat", "restart | start over | start again"),
    "elsewhere": sentence_for("said in a chat", "continue elsewhere | go on elsewhere | switch device"),
    "cancel": sentence_for("said in a chat", "cancel | stop | quit"),
    "agent": sentence_for(
        "said in a chat",
        "agent | human | operator | talk to a person | talk to a human | speak to a person | speak to a human | "
        "I want to talk to a person | I want to talk to a human | I want to speak to a person | "
        "I want to speak to a human",
    ),
    "go on": sentence_for("said in a chat", "continue | go on | next | ok | okay | yes | done | send | submit"),
    "retry": sentence_for("said in a chat", "try again | retry"),
}
# Translators: how people correct an earlier answer, with bars between the ways. {field} stands for what they call the
# question, {value} for the new answer. A way without {field} is about a person's name.
CORRECTIONS = sentence_for(
    "said in a chat",
    "change {field} to {value} | no, my {field} is {value} | no, the {field} is {value} | "
    "sorry, my {field} is {value} | my {field} should be {value} | correct {field} to {value} | "
    "no, I am called {value} | no, I’m called {value}",
)
TAKE_ARGUMENTS = ("change", "remove", "help")

_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'"}


class Command(NamedTuple):
    """What is wanted, and what of."""

    name: str
    argument: str = ""


class Correction(NamedTuple):
    """What somebody calls a question, "" for the one for a name, and its new answer."""

    field: str
    value: str


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
    if (name := spoken.get(said) or spoken.get(said.rstrip("? "))) is not None:
        return Command(name)
    if (bare := without_manners(text, language)) != text.strip():
        return command_in(bare, language)
    first, _, rest = said.partition(" ")
    name = spoken.get(first)
    if name in TAKE_ARGUMENTS and rest and (slashed or len(rest) <= 100):
        return Command(name, text.strip().removeprefix("/").partition(" ")[2].strip())
    return Command("") if slashed and re.fullmatch(r"[a-zäöüß_]{2,20}", said) else None


def correction_in(text: str, language: str) -> Correction | None:
    """The correction that a message is as a whole, as "change email to ann@example.org" is."""
    if len(text) > LONGEST:
        return None
    bare = without_manners(text, language)
    ways_to_say = (text.strip(), bare, *([f"no, {bare}"] if bare != text.strip() else []))  # “actually, my name is …”
    for said in dict.fromkeys(ways_to_say):
        for pattern in patterns(CORRECTIONS, words_in(language).language):
            if (match := pattern.fullmatch(said)) is not None:
                value = without_manners(match["value"], language)
                return Correction((match.groupdict().get("field") or "").strip(), value)
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
