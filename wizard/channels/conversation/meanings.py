"""What a message comes to, once it is understood: a move of the run, or something to be said aside. A closed union."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.channels.conversation.dialogue import Dialogue
from wizard.forms.types.text import DOTS
from wizard.model import Value
from wizard.model.talk import Utterance

MOST_TEXT = 100_000  # characters of a message; what a field takes is its own limit
MAX_ID = 200  # characters of a message's id
MOST_CHOICE, MOST_FILES = 64, 10  # characters of a button that is pressed; files of a message


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message of a person's: text, a pressed button (`choice`), or files (name, type, content); `edits` is the id of
    an earlier one that it stands for now, and `replies` that of the question that it was written to."""

    id: str
    text: str = ""
    choice: str = ""
    files: tuple[Mapping[str, Any], ...] = ()
    edits: str = ""
    replies: str = ""

    @property
    def details(self) -> dict[str, Any]:
        """What is kept of it beside the text; of files their names."""
        named = {"choice": self.choice[:MOST_CHOICE], "edits": self.edits[:MAX_ID], "replies": self.replies[:MAX_ID]}
        names = [str(file.get("name", ""))[:MAX_ID] for file in self.files[:MOST_FILES]]
        return {name: value for name, value in (*named.items(), ("files", names)) if value}


@dataclass(frozen=True, slots=True)
class Answer:
    """The question that is asked gets this answer; None takes back the one that is there."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class GoOn:
    """What asks nothing is gone on from, or what failed is tried again."""


@dataclass(frozen=True, slots=True)
class Back:
    """To the page before."""


@dataclass(frozen=True, slots=True)
class Restart:
    """To the first question, without any answer."""


@dataclass(frozen=True, slots=True)
class Change:
    """An earlier step is answered anew: the field `name` with `value`, where `gives` says so, else it is asked. With
    `opens` the step is shown for it, since it asks more then."""

    step: str
    name: str = ""
    value: Value = None
    gives: bool = False
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A code is asked for that takes the run elsewhere."""


@dataclass(frozen=True, slots=True)
class Remove:
    """An item of a repeat is taken out."""

    item: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """The run ends for good."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Nothing moves: these are said, and then what is `relayed` of a run that helps aside. The conversation goes on at
    the question of `dialogue`, unless it is aside still; `silent` says that not even that is said."""

    texts: tuple[str, ...]
    dialogue: Dialogue
    silent: bool = False
    relayed: tuple[Utterance, ...] = ()


@dataclass(frozen=True, slots=True)
class Digress:
    """A workflow helps aside."""

    workflow: str


@dataclass(frozen=True, slots=True)
class Begin:
    """A run becomes a conversation, or is come back to; by a `channel` from outside, what is said is delivered there
    from now on. One that is `within` another helps there."""

    language: str = ""
    channel: str = ""
    within: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A message and what it comes to. `by` an operator it is only passed on; of a `secret` one nothing is kept."""

    meaning: Meaning
    incoming: Incoming | None = None
    by_operator: bool = False
    secret: bool = False

    @property
    def kept_text(self) -> str:
        """What is kept of what was said: of a password that there was one."""
        said = "" if self.incoming is None else self.incoming.text
        return DOTS if self.secret else said[:MOST_TEXT]


Meaning = Answer | GoOn | Back | Restart | Change | Elsewhere | Remove | Cancel | Aside | Digress | Begin
