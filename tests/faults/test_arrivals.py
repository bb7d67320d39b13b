"""Something arrives at every point of every turn: another process commits what doesn't move the run, and the turn goes
on (S23). In the end all is as if it had arrived before the turn, or after it: each effect was begun once.

Then in pairs: something arrives, and there or at the next point the process stops, a call fails, or the process hangs.
`TORTURE=1` and more takes all of them; without it some are drawn, by the seed that the tests tell.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from tests.faults.simulated import Kind, Plan, Process, World, check_effects, differences, perform_due, settle
from tests.faults.stories import (
    CASES,
    NAMES,
    STORIES,
    End,
    Move,
    Story,
    before,
    check_inputs,
    check_sound,
    drawn,
    end,
    end_of,
    go_on,
    put_right,
    run_of,
    told,
)
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import CallerError, StaleInput
from wizard.model import Reply
from wizard.model.job import Claim, JobKind

TORTURE = int(os.environ.get("TORTURE", "0"))
SHARE = 1.0 if TORTURE else 0.04  # of the arrivals
PAIRED = 1.0 if TORTURE else 0.004  # of the pairs

ONCE_WRONG = (
    "everything 17: another worker at 8",  # all that a cancelled run's turn had undone was undone again
    "everything 17: another worker at 10",
    "owing 2: a document, eight times at 8",  # an undo that failed was tried again at once
    "owing 2: a document, eight times at 9",  # and one that didn't was done again
)

Arrives = Callable[[Engine], Awaitable[Any]]


# -- what arrives ----------------------------------------------------------------------------------------


def _event(name: str) -> Arrives:
    return lambda engine: engine.event("run", name, {"n": 1})


async def _delivered(engine: Engine) -> None:
    await engine.event("run", "other", {"n": 2}, key="sender's")


async def _amended(engine: Engine) -> None:
    await engine.amend("run", session={"arrived": True})


async def _draft(engine: Engine) -> None:
    await engine.keep("run", "a", {"x": "typed"})


async def _undo(engine: Engine) -> None:
    """What couldn't be undone at first is tried again, where nobody is at it."""
    process: Process = engine.services.shared["process"]
    owed = {each.step.visit for each in (await engine.load("run")).run.undos if each.error is not None}
    for waiting in list(process.world.store._jobs._jobs.values()):
        job = waiting.job
        if job.kind is JobKind.UNDO and job.visit in owed and not waiting.tries:
            await engine.perform(Claim(job._replace(due=engine.clock()), 1))


async def _all(engine: Engine, *arrivals: Arrives) -> None:
    for each in arrivals:
        await _quietly(each)(engine)


def _quietly(arrives: Arrives) -> Arrives:
    """A refusal is an answer as well."""

    async def arrive(engine: Engine) -> None:
        with suppress(CallerError):
            await arrives(engine)

    return arrive


@dataclass(frozen=True)
class Arrival:
    """What arrives, at how many points one after another."""

    name: str
    arrives: Arrives
    times: int = 1


def arrivals_at(story: Story, move: Move) -> list[Arrival]:
    """What may arrive while the move is made."""
    found = [
        Arrival("an event", _event("other")),
        Arrival("a delivery, three times", _delivered, 3),
        Arrival("a document", _amended),
        Arrival("a document, eight times", _amended, 8),
        Arrival("a draft", _draft),
        Arrival("many", lambda engine: _all(engine, _amended, _event("other"), _draft, _undo)),
    ]
    if story.owes:
        found.append(Arrival("an undo", _undo))
    if story.event:
        found.append(Arrival("its event", _event(story.event)))
    if move.answers:
        found.append(Arrival("the same again", lambda engine: move.make(engine, _by_another_key)))
    if not move.hurries:
        found.append(Arrival("another worker", perform_due))
    return [Arrival(each.name, _quietly(each.arrives), each.times) for each in found]


def _by_another_key(view: RunView) -> Reply:
    return Reply("run", "another", b"digest", 200, told(view))


# -- before the turn, and after it -----------------------------------------------------------------------


@cache
def _ends(story: str, number: int, arrival: Arrival | None) -> tuple[End, ...]:
    """How the move ends where that arrives before it, and where it arrives after it."""
    definitions, move, key = STORIES[story].definitions, STORIES[story].moves[number], f"key-{number}"

    async def play(world: World, first: bool) -> End:
        process = Process(world, definitions)
        for _ in range(arrival.times if arrival and first else 0):
            await arrival.arrives(process.another().engine)
        with suppress(CallerError):  # what arrived was the same, and was faster
            await move.send(process, key)
        for _ in range(arrival.times if arrival and not first else 0):
            await arrival.arrives(process.another().engine)
        await settle(process)
        found = await end_of(world, key)
        await end(world)
        return found

    middle = before(story, number)
    made: list[End] = [middle.simulate(lambda world: play(world, first)) for first in (True, False)]  # noqa: B023
    return tuple(made)


@cache
def _points(story: str, number: int) -> int:
    async def count(world: World) -> int:
        process = Process(world, STORIES[story].definitions, Plan())
        await STORIES[story].moves[number].send(process, f"key-{number}")
        return len(process.points)

    found: int = before(story, number).simulate(count)
    return found


# -- and in the middle of it -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A move, what arrives at which of its points, and what goes wrong there or thereafter. What goes wrong is put
    right by the jobs first (`jobs_first`) or by the client, who sends the same again."""

    story: str
    number: int
    arrival: Arrival
    plan: Plan
    jobs_first: bool = False

    @property
    def name(self) -> str:
        return f"{self.story} {self.number}: {self.arrival.name} at {self.plan.arrives_at.start}"

    async def play(self, world: World) -> None:
        move, key, plan = STORIES[self.story].moves[self.number], f"key-{self.number}", self.plan
        process = Process(world, STORIES[self.story].definitions, plan)
        sending = asyncio.create_task(move.send(process, key))
        halted = asyncio.create_task(process.halted.wait())
        await asyncio.wait({sending, halted}, return_when=asyncio.FIRST_COMPLETED)
        check_sound(await run_of(world))
        went_wrong = not sending.done() or sending.exception() is not None
        if not plan.at and not isinstance(sending.exception() if sending.done() else None, StaleInput):
            await sending
        other = process if plan.kind is Kind.FAIL else process.another()
        if sending.done():
            process.calm()  # it was over sooner than without what arrived
        if plan.at and self.jobs_first:
            await settle(other)
        if went_wrong or plan.at:
            await put_right(move, key, other)
        if plan.at and plan.kind is Kind.HANG:
            await go_on(process, sending, other)
        await settle(other)
        await self._check(world, key)
        await end(world, sending, halted)

    async def _check(self, world: World, key: str) -> None:
        run, found = await run_of(world), await end_of(world, key)
        check_sound(run)
        check_effects(run, world.deeds, hung=self.plan.kind is Kind.HANG and self.plan.at > 0)
        check_inputs(world)
        assert run.undos == ()
        ends = _ends(self.story, self.number, self.arrival)
        matching = [each for each in ends if each.run == found.run]
        assert matching, "\n".join(differences(found.run, each.run) for each in ends)
        assert found.jobs in [each.jobs for each in matching]
        assert found.told in [each.told for each in matching], (found.told, [each.told for each in matching])
        if not self.plan.at:
            done = [each.done for each in matching]
            assert found.done in done, f"begun twice, or not at all: {found.done - done[0]} {done[0] - found.done}"
            assert found.reply in [each.reply for each in ends], (found.reply, [each.reply for each in ends])
            return
        assert any(set(found.done) == set(each.done) for each in matching), (
            "an effect that is none of it, or is missing"
        )
        assert min(max((found.done - each.done).values(), default=0) for each in matching) <= 2


def _failures(cases: list[Case]) -> list[str]:
    failures = []
    for case in cases:
        _ends(case.story, case.number, case.arrival)  # a simulation of its own
        try:
            before(case.story, case.number).simulate(case.play)
        except Exception as error:
            plan = case.plan
            wrong = f", {plan.kind} at {plan.at}, jobs first: {case.jobs_first}" if plan.at else ""
            failures.append(f"{case.name}{wrong}: {type(error).__name__} {error}"[:800])
    return failures


def _drawn(cases: list[Case], share: float, seed: int) -> list[Case]:
    """Some of them, and those that went wrong once."""
    once_wrong = [each for each in cases if not each.plan.at and each.name in ONCE_WRONG]
    return drawn(cases, share, seed) + (once_wrong if share < 1 else [])


@cache
def _kinds(story: str, number: int) -> list[Arrival]:
    return arrivals_at(STORIES[story], STORIES[story].moves[number])


def _arrivals(story: str, number: int) -> list[Case]:
    return [
        Case(story, number, arrival, Plan(arrives=arrival.arrives, arrives_at=range(at, at + arrival.times)))
        for arrival in _kinds(story, number)
        for at in range(1, _points(story, number) + 1)
    ]


def _pairs(story: str, number: int) -> list[Case]:
    orders = (False,) if STORIES[story].moves[number].hurries else (True, False)
    return [
        Case(story, number, each.arrival, replace(each.plan, kind=kind, at=each.plan.arrives_at.start + later), first)
        for each in _arrivals(story, number)
        for kind in Kind
        for later in (0, 1)
        for first in orders
    ]


@pytest.mark.parametrize(("story", "number"), CASES, ids=NAMES)
def test_s23_what_arrives_at_any_point_has_nothing_begun_twice(story: str, number: int, fuzz_seed: int) -> None:
    """S23: a service calls back before it answers, a document is set, a draft is kept, somebody else sends the same:
    a payment would be made twice, an undo done twice, a person would be told of something that isn't so."""
    cases = _drawn(_arrivals(story, number), SHARE, fuzz_seed)
    failures = _failures(cases)
    assert not failures, "\n".join([f"{len(failures)} failures of {len(cases)}", *failures[:6]])


@pytest.mark.parametrize(("story", "number"), CASES, ids=NAMES)
def test_s23_what_arrives_before_something_goes_wrong_is_there_in_the_end(
    story: str, number: int, fuzz_seed: int
) -> None:
    """S20-S23: the same, and then the process dies, hangs or can't store: neither what arrived nor the turn is lost,
    and nothing is done more often than what went wrong accounts for."""
    cases = _drawn(_pairs(story, number), PAIRED, fuzz_seed)
    failures = _failures(cases)
    assert not failures, "\n".join([f"{len(failures)} failures of {len(cases)}", *failures[:6]])
