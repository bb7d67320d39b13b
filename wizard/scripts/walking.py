"""One walk through a workflow: from its start, by moves that a chooser picks, until it ends or nothing leads on.

A walk is played on the engine itself, in a world of its own, and remembers what was done and what came of it, so that a
script can be written of it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Protocol

from wizard.app import Functions
from wizard.debugging.recording import listening
from wizard.definitions.catalog import Catalog
from wizard.engine.view import RunView
from wizard.errors import WizardError
from wizard.model import Node, RunStatus
from wizard.model.trial import Trial
from wizard.scripts.coverage import Covered
from wizard.scripts.nameless import Nameless
from wizard.scripts.world import RUN, World
from wizard.settings import Settings

FAILS = "The service is not available."  # what services are made to fail with
MOST_MOVES = 120  # of one walk, and MORE_MOVES for each node
MORE_MOVES, MOST_OF_ALL = 3, 450  # no script has more than a thousand steps
GIVES_UP = "gives_up"
MOST_ROUNDS = 8  # that it goes by the same place
_NUMBERS = re.compile(r"~[0-9]+")
_ITEM = re.compile(r"(?<=/)[0-9]+(?=/)|(?<=/after-)[0-9]+$")


def place_of(step: str) -> str:
    """A step without visits and numbers of items: what is asked again in a loop is at the same place."""
    return _ITEM.sub("N", _NUMBERS.sub("", step))


@dataclass(frozen=True, slots=True)
class Move:
    """What is done at a step: `answers`, `goes_on`, `waits` or `event`, and what it says; `gives_up` is a wrong answer
    in a conversation, as often as it takes for `after_tries` to lead on (see `wrong_answers`)."""

    word: str
    said: Any = None

    @property
    def wrong_answers(self) -> list[dict[str, Any]]:
        """What is answered by who is misunderstood until the definition leads on: all of the step, then the one
        question that is asked again."""
        again = {self.said["wrong"]: self.said["answers"][self.said["wrong"]]}
        return [self.said["answers"], *[again] * (self.said["tries"] - 1)]

    @property
    def key(self) -> str:
        """What tells moves apart."""
        return f"{self.word} {json.dumps(self.said, sort_keys=True, default=str)[:2000]}"


LOOK_FOR = timedelta(seconds=1)
LOOK = Move("waits", LOOK_FOR)


@dataclass(frozen=True, slots=True)
class Done:
    """A move that was made at `step`, and what came of it: where the run stood then, and what was wrong."""

    step: str
    move: Move
    then: str
    status: RunStatus
    errors: Mapping[str, str]  # by field, "" for the step as a whole
    fault: str  # of the run, "" for none
    accepted: Mapping[str, Any] | None = None  # what the step took

    @property
    def is_refused(self) -> bool:
        return bool(self.errors) and not self.fault

    @property
    def fails_unmeant(self) -> bool:
        """Whether something failed that wasn't made to."""
        return _is_unmeant(self.fault)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a walk begins with, besides its moves."""

    input: Mapping[str, Any] = field(default_factory=dict)
    event: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    """What came of it. `stuck` says why it went no further, "" where the run ended."""

    workflow: str
    setting: Setting
    at: datetime
    first: str = ""
    done: list[Done] = field(default_factory=list)
    status: RunStatus = RunStatus.CREATED
    last: str = ""
    stuck: str = ""
    fault: str = ""
    failed_at: str = ""
    covered: Covered = field(default_factory=Covered)
    nameless: Mapping[Nameless, str] = field(default_factory=dict)
    services: Mapping[str, Node] = field(default_factory=dict)
    visited: frozenset[str] = frozenset()  # the steps, without visits
    seconds: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether it came to an end that the definition has, and nothing failed on the way but what was made to."""
        return not self.stuck and not self.fails_unmeant

    @property
    def fails_unmeant(self) -> bool:
        return _is_unmeant(self.fault)


def _is_unmeant(fault: str) -> bool:
    return bool(fault) and FAILS not in fault


class Chooser(Protocol):
    """Picks moves."""

    def choose(self, view: RunView, walk: Walk, due: timedelta | None) -> Move | None:
        """The next move; None where there is none, or none that is worth it."""

    def learn(self, done: Done) -> None:
        """Takes notice of what came of a move."""


async def walk(
    catalog: Catalog,
    workflow: str,
    setting: Setting,
    chooser: Chooser,
    at: datetime,
    settings: Settings,
    functions: Functions | None = None,
) -> Walk:
    """Walks until the run ends, or the chooser knows nothing more."""
    trial = Trial(input=setting.input, event=setting.event, profile=setting.profile, results=setting.results, at=at)
    made = Walk(workflow, setting, at)
    world = World(catalog, trial, settings, functions)
    world.covers(made.covered)
    begun = perf_counter()
    with listening():
        try:
            view = await world.starts(workflow)
            made.first = view.step
            await _go_on(world, view, made, chooser)
        except WizardError as error:
            made.stuck = made.fault = error.message
        finally:
            await world.ends()
    made.nameless, made.services = world.witness.nameless, world.witness.services
    made.seconds = perf_counter() - begun
    made.visited = frozenset(_NUMBERS.sub("", line.step) for line in world.recorder.lines)
    return made


async def _go_on(world: World, view: RunView, made: Walk, chooser: Chooser) -> None:
    gone: Counter[str] = Counter()
    most = min(MOST_MOVES + MORE_MOVES * len(view.workflow.nodes), MOST_OF_ALL)
    for _ in range(most):
        if max(gone.values(), default=0) > MOST_ROUNDS:
            made.stuck = f"it came to {place_of(view.step)} again and again"
            break
        if view.status not in (RunStatus.WAITING, RunStatus.WORKING):
            break
        move = chooser.choose(view, made, _until_next(world, view, made))
        if move is None:
            made.stuck = f"nothing leads on from {view.step}"
            break
        done = await _make(world, view, move)
        made.done.append(done)
        gone[place_of(done.step)] += not done.is_refused
        chooser.learn(done)
        if done.fault:
            made.fault, made.failed_at = done.fault, view.fault.node if view.fault is not None else done.then
            if done.fails_unmeant:
                break  # nobody meant that to happen; what else is to be tried there is another walk's
    else:
        made.stuck = f"it isn't at its end after {most} moves"
    if view.fault is not None and not made.fault:
        made.fault, made.failed_at = view.fault.message, view.fault.node or view.step
    made.status, made.last = view.status, view.step
    await world.note_coverage()


def _until_next(world: World, view: RunView, made: Walk) -> timedelta | None:
    """How long it is until something happens by itself. What takes its time may be done already, once anybody looks."""
    has_looked = bool(made.done) and made.done[-1].move == LOOK and made.done[-1].step == view.step
    if view.status is RunStatus.WORKING and not has_looked and world.next_due(with_due=True) == timedelta():
        return LOOK_FOR
    return world.next_due()


async def _make(world: World, view: RunView, move: Move) -> Done:
    step, before = view.step, view.fault
    try:
        match move.word:
            case "waits":
                await world.waits(move.said)
            case "event":
                await world.happens(move.said["name"], move.said.get("data"), None)
            case "goes_on":
                await world.engine.next(view, {}, step=step)
            case "gives_up":
                await world.engine.next(view, move.said["answers"], step=step)
                if view.rejected is None:
                    move = Move("answers", move.said["answers"])
                else:
                    await world.engine.give_up(view, step)
            case _:
                await world.engine.next(view, move.said, step=step)
    except WizardError as error:
        return Done(step, move, step, view.status, {"": error.message}, "")
    if move.word in ("waits", "event", GIVES_UP):
        await world.engine.load(view)  # what was refused before is no refusal of this
    rejected = view.rejected
    errors = {} if rejected is None else _errors(rejected)
    fault = "" if view.fault is None or view.fault is before else view.fault.message.replace(f", run {RUN}", "")
    taken = view.run.by_path.get(step)
    accepted = None if rejected is not None or taken is None or taken.answer is None else dict(taken.answer)
    return Done(step, move, view.step, view.status, errors, fault, accepted)


def _errors(prompt: Any) -> dict[str, str]:
    errors = {field.name: field.error for field in prompt.fields if field.error is not None}
    return errors if prompt.error is None else {"": prompt.error, **errors}
