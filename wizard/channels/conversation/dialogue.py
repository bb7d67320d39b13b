"""What a conversation remembers between two messages, beside what its run is: the question that it asked last and how
that goes. It is stored in the run's header (wizard.engine.narration), as a map that leaves out what is usual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import blake2b
from typing import Any

from wizard.channels.conversation.questions import Filling
from wizard.channels.conversation.stored import read_as
from wizard.model import NOTHING, Value


@dataclass(frozen=True, slots=True)
class Dialogue:
    """`last` is the number of the last message. `visit` is the visit that is asked at, `name` the field that is asked,
    "" for the step as a whole; `asked` are the fields that need no asking any more, `given` the answers of a step that
    takes no parts, `doubted` the fields whose answers were refused, and `tries` how often, by field.

    `doubt` are the values that may have been meant by the last answer, `confirms` what the person is to confirm.
    `which` are the places of earlier answers of which one is to be changed, where it is asked which one, and `instead`
    the answer that it gets, "" where that is asked then (wizard.channels.conversation.which).
    `about` is the number of the person's message whose turn isn't at its end. `agent` says that a person is wanted
    ("wanted"), or speaks for the engine ("speaks"), and `operator` who that is; `spoke` is the number of the last
    message of theirs, or of the one that said that they are there. `channels` are those from outside that
    it is delivered to, by the keys of their links (wizard.channels.outside). `digression` is the run that helps aside
    now, and `relayed` the number of the last message there that was said here as well. The conversation of such a run
    is itself `within` another one. The choices of its question are `bound` to all that is asked there
    (wizard.channels.conversation.wording). `over` says that it was told that the run has expired or was cancelled."""

    last: int = 0
    language: str = ""
    visit: int = 0
    name: str = ""
    asked: tuple[str, ...] = ()
    given: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    doubted: tuple[str, ...] = ()
    tries: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    doubt: tuple[str, ...] = ()
    confirms: str = ""
    about: int = 0
    agent: str = ""
    operator: str = ""
    spoke: int = 0
    channels: tuple[str, ...] = ()
    digression: str = ""
    relayed: int = 0
    within: bool = False
    over: bool = False
    bound: bool = False
    which: tuple[str, ...] = ()
    instead: str = ""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Dialogue:
        """Of what a run has stored; what this build doesn't know is left out."""
        return read_as(cls, stored)

    @property
    def stored(self) -> dict[str, Any]:
        """It is never empty: that there is something tells a conversation from another run."""
        made: dict[str, Any] = {"last": self.last}
        for each in fields(self):
            if value := getattr(self, each.name):
                made[each.name] = list(value) if isinstance(value, tuple) else value
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in made.items()}

    @property
    def former_mark(self) -> str:
        """What the choices of the question begin with where it was asked by a build that didn't know of `bound`."""
        asked = f"{self.visit}/{self.name}/{self.confirms}/{'/'.join(self.doubt)}"
        return blake2b(asked.encode(), digest_size=5).hexdigest()

    @property
    def filling(self) -> Filling:
        """How far the questions of the step are."""
        return Filling(set(self.asked), dict(self.given), {}, set(self.doubted))

    def asks(self, name: str) -> Dialogue:
        """The same, asking that field, for whatever reason it wasn't to be asked."""
        asked = tuple(other for other in self.asked if other != name)
        return replace(self.without_doubt(), name=name, asked=asked)

    def returned(self) -> Dialogue:
        """The same, where nothing helps aside any more."""
        return replace(self, digression="", relayed=0)

    def without_doubt(self) -> Dialogue:
        return self.with_doubt_of(Dialogue())

    def with_doubt_of(self, other: Dialogue) -> Dialogue:
        """With what is asked back in the other one."""
        return replace(self, doubt=other.doubt, confirms=other.confirms, which=other.which, instead=other.instead)
