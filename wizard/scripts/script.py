"""What a script says: a person and what they do and see, a step after another, in the words of docs/testing.md.

The models are what an author may write; whatever else is there is a mistake with a place (wizard.scripts.reading).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from wizard.definitions.reading.document import Document
from wizard.errors import Problem
from wizard.model.decimals import written
from wizard.model.trial import Trial
from wizard.node.types import Duration
from wizard.scripts.lasting import told

MOST_STEPS = 1_000
MOST_TEXT = 100_000
BEFORE_ANSWERING = "before_answering"
RELEASES = "releases"
MOVES = ("takes_over", RELEASES)  # of an operator
ChannelName = Literal["web", "terminal", "json", "chat", "websocket"]
CHANNELS: tuple[ChannelName, ...] = get_args(ChannelName)


def _as_typed(value: object) -> object:
    """A number is what somebody types, digit by digit."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return written(Decimal(value))
    return value


def _instant(text: object) -> datetime:
    if not isinstance(text, str):
        raise ValueError("must be a moment such as 2026-03-27T10:00:00Z")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a moment such as 2026-03-27T10:00:00Z") from None
    if at.tzinfo is None:
        raise ValueError("must say its offset from UTC, as 2026-03-27T10:00:00Z does")
    return at


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_texts(value: object) -> object:
    if not isinstance(value, str | list | tuple):
        raise ValueError("must be a text, or a list of texts; put a number into quotation marks")
    return _listed(value)


def _must_be_true(value: bool) -> bool:
    if not value:
        raise ValueError("must be true; leave out the step where it isn't to happen")
    return value


Typed = Annotated[str, BeforeValidator(_as_typed), Field(max_length=MOST_TEXT)]
Text = Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_texts), Field(min_length=1, max_length=100)]
Yes = Annotated[bool, AfterValidator(_must_be_true)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Answers = Annotated[dict[str, Any], Field(max_length=200)]


def _restarts(value: object) -> object:
    if value not in (True, BEFORE_ANSWERING):
        raise ValueError(f"must be true or {BEFORE_ANSWERING}")
    return value


def _moves(value: str) -> str:
    if value not in MOVES:
        raise ValueError(f"must be {', '.join(MOVES)} or {{says: TEXT}}")
    return value


Restarts = Annotated[bool | str, BeforeValidator(_restarts)]
Moves = Annotated[str, AfterValidator(_moves)]


def _told(results: dict[str, Any]) -> dict[str, Any]:
    told(results)  # raises ValueError
    return results


Results = Annotated[Answers, AfterValidator(_told)]


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Sees(_Words):
    """What is shown. Texts count as parts of what there is, whatever their case and line breaks; `values` are as
    JSON has them. Of what isn't named nothing is asked."""

    step: Text | None = None
    title: Text | None = None
    text: Texts | None = None
    hides: Texts | None = None
    error: Text | bool | None = None
    fields: tuple[Text, ...] | None = None
    choices: tuple[Text, ...] | None = None
    values: Answers | None = None
    status: Literal["waiting", "working", "failed", "completed", "cancelled", "expired"] | None = None


class Completed(_Words):
    """The run is completed, at that step, with these answers: those that are named, whatever else there is."""

    step: Text | None = None
    text: Texts | None = None
    answers: Answers | None = None


class Changes(_Words):
    """An earlier step is answered anew, or opened for that; fields that are left out stay."""

    step: Text
    answers: Answers | None = None


class Event(_Words):
    """Something that happens outside."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    data: Any = None
    key: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class Operator(_Words):
    """What somebody of the staff writes to the person."""

    says: Text


class Step(_Words):
    """One step: exactly one word."""

    says: Typed | None = None
    presses: Typed | None = None
    presses_earlier: Typed | None = None
    answers: Answers | None = None
    sees: Sees | Text | None = None
    goes_on: Yes | None = None
    goes_back: Yes | Text | None = None
    changes: Changes | None = None
    repeats: Typed | None = None
    reorders: Literal["two"] | None = None
    restarts: Restarts | None = None
    deploys: Text | None = None
    waits: Duration | None = None
    event: Event | None = None
    operator: Operator | Moves | None = None
    switches_to: ChannelName | None = None
    completed: Completed | Yes | None = None

    @property
    def word(self) -> str:
        """The word that is said."""
        return next(iter(self.model_fields_set))

    @property
    def said(self) -> Any:
        return getattr(self, self.word)


WORDS = tuple(Step.model_fields)
FLAGS = ("goes_on", "goes_back", "restarts", "completed")  # those that may say no more than `true`
ASKING = ("sees", "completed")  # the words that look, and do nothing
ANSWERING = ("says", "presses", "answers", "goes_on", "changes")  # those whose answers may be refused
HAPPENING = ("waits", "event", "operator", "restarts", "deploys")  # what the person doesn't do
SENDING = (*ANSWERING, "goes_back")  # the words by which something is sent
DOING = (*SENDING, "reorders")  # those by which the person would get on, or back


class Written(_Words):
    """A script as its author wrote it."""

    workflow: Text
    title: Text | None = None
    clock: Instant | None = None
    language: Annotated[str, Field(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    input: Answers = Field(default_factory=dict)
    event: Answers = Field(default_factory=dict)
    profile: Answers = Field(default_factory=dict)
    session: Answers = Field(default_factory=dict)
    results: Results = Field(default_factory=dict)
    channels: Annotated[tuple[ChannelName, ...], BeforeValidator(_listed), Field(min_length=1)] = CHANNELS
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MOST_STEPS)]


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and where each part of it stands."""

    written: Written
    document: Document
    number: int = 1  # in its file

    @property
    def file(self) -> str:
        return self.document.file

    @property
    def line(self) -> int:
        return self.document.problem((), "").line

    @property
    def channels(self) -> tuple[ChannelName, ...]:
        """Those over which it is meant to be played: what is for a chat is so however its messages travel."""
        meant = self.written.channels
        return (*meant, "websocket") if "chat" in meant and "websocket" not in meant else meant

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.written.steps

    @property
    def title(self) -> str:
        """What it is called, where it says nothing by its place in the file."""
        return self.written.title or f"{self.written.workflow} {self.number}"

    def trial(self, at: datetime) -> Trial:
        """What its workflow is tried with (wizard.model.trial)."""
        wrote = self.written
        return Trial(
            input=wrote.input,
            event=wrote.event,
            profile=wrote.profile,
            session=wrote.session,
            results=wrote.results,
            at=wrote.clock or at,
        )

    def problem(self, number: int, message: str, *below: str | int) -> Problem:
        """What is wrong at a step, the first is 0."""
        word = self.steps[number].word
        return self.document.problem(("steps", number, word, *below), message, key=not below)
