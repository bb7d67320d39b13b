"""A run that is talked about: what is said is decided and stored within the turn that it belongs to (S20).

The engine knows no words. It asks a Narrator, which a composition root sets (wizard.app.make_engine), at each turn on a
run that is a conversation, whoever takes the turn: whether the run goes on from where it stopped, since nothing is
asked there in a conversation; and at its end, what is to be said and what the conversation remembers from then on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from wizard.engine.view import RunView
from wizard.machine import interventions, machine
from wizard.machine.protocol import Move
from wizard.machine.stack import Turn
from wizard.model import NOTHING, Change, Prompt, Run, Value
from wizard.model.job import Job, JobKind
from wizard.model.talk import Utterance

MOST_FURTHER = 100  # places in one turn that a conversation doesn't stop at; one that has more stops there


class Said(NamedTuple):
    """What somebody says, with which a run becomes a conversation or goes on as one. `meant` is the narrator's own:
    the message, and how it was understood."""

    meant: Any


class Forward(NamedTuple):
    """The current step is answered with this, and the run goes on; or, with a `part` of its answers, waits."""

    answers: Mapping[str, Value] = NOTHING
    part: bool = False


class Backward(NamedTuple):
    """Previous: who goes back doesn't mean the place where the run came to."""


class GiveUp(NamedTuple):
    """The current step was answered wrongly too often, and its definition says where the run goes then."""


Further = Forward | Backward | GiveUp


class Order(NamedTuple):
    """A job that is to be done once the turn is stored; see wizard.model.job.Job."""

    kind: JobKind
    visit: int
    payload: Mapping[str, Value] = NOTHING


class Told(NamedTuple):
    """What is said, in order, what the conversation remembers, and what is to be done about it."""

    utterances: tuple[Utterance, ...]
    conversation: Mapping[str, Value]
    orders: tuple[Order, ...] = ()


class Narrator(Protocol):
    """Pure: the same views give the same words."""

    def goes_on(self, view: RunView, said: Said | None) -> Further | None:
        """What follows by itself where a turn has come to `view`; None where it stops there."""

    def tells(self, before: Run, after: RunView, said: Said | None, *, on_the_way: bool) -> Told:
        """What is said of a turn that began at `before`. `on_the_way` says that it isn't at its end: what was said is
        stored then, so that it is known again, with what is to be told of the way so far; the rest is told later."""

    def moved(self, before: RunView, after: RunView) -> Told:
        """What is said where a run was moved to another version, by nobody's turn: what it asks now, if that is
        another question."""


Drive = Callable[[Move], Awaitable[None]]


class Telling:
    """Has one turn told. `passes` says that the run goes on where nothing is asked in a conversation: not where a page
    moved it, which shows what it came to."""

    def __init__(self, narrator: Narrator, before: Run, said: Said | None, *, passes: bool) -> None:
        self._narrator = narrator
        self._before = before
        self._said = said
        self._passes = passes
        self.utterances: tuple[Utterance, ...] = ()  # of the whole turn

    async def go_on(self, turn: Turn, drive: Drive, shown: Callable[[], Prompt | None]) -> None:
        """Takes the run on; `drive` plays a move, and `shown` is what the current step asks, if it was looked at."""
        for _ in range(MOST_FURTHER if self._passes else 0):
            if turn.fault is not None:
                return
            match self._narrator.goes_on(_view(turn, shown()), self._said):
                case None:
                    return
                case Forward(answers, part):
                    move = machine.next_(turn, answers, partial=part)
                case Backward():
                    move = machine.previous(turn)
                case GiveUp():
                    move = interventions.give_up(turn)
            turn.rejected = False
            await drive(move)

    def tell(self, turn: Turn, prompt: Prompt | None, *, on_the_way: bool = False) -> None:
        """Puts into the turn what is said of it so far."""
        told = self._narrator.tells(self._before, _view(turn, prompt), self._said, on_the_way=on_the_way)
        turn.said, turn.conversation = told.utterances, told.conversation
        self.utterances += told.utterances
        for order in told.orders:
            turn.order(order.kind, order.visit, turn.now, **order.payload)
        self._said, self._before = None, turn.as_run()


def told_of_migration(
    narrator: Narrator | None, before: RunView, after: RunView, change: Change, now: datetime
) -> Change:
    """The change that makes `after` of `before`, with what is said of it where the run is a conversation."""
    if narrator is None or not before.run.conversation:
        return change
    told = narrator.moved(before, after)
    jobs = [Job(after.id, order.kind, order.visit, now, order.payload) for order in told.orders]
    run = change.run._replace(conversation=told.conversation)
    return change._replace(run=run, said=told.utterances, jobs=(*change.jobs, *jobs))


def _view(turn: Turn, prompt: Prompt | None) -> RunView:
    rejected = prompt if turn.rejected else None
    return RunView(turn.workflow, turn.as_run(), turn.local_now, prompt, rejected=rejected, remarks=tuple(turn.remarks))
