"""A turn is cut off at every point, one after another (S19-S21). `make torture` takes all of them; without TORTURE a
fifth is drawn, by the seed that the tests tell.

The same moves are made once without a fault, then again for each point of each move: there the process stops, or the
call fails, or the process hangs while others take over and goes on then. Whoever loads the run afterwards finds it as
it was before or after the turn, or as it was recorded on the way; and when the jobs are done that are due, and the
client has sent its request once more, everything is as if nothing had happened.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults.simulated import Kind, Plan, Process, World, check_effects, differences, outline, settle
from tests.faults.stories import (
    CASES,
    NAMES,
    STORIES,
    End,
    Move,
    before,
    check_inputs,
    check_sound,
    drawn,
    end,
    end_of,
    go_on,
    put_right,
    run_of,
)
from wizard.errors import StoreError

SHARE = 1.0 if "TORTURE" in os.environ else 0.2  # of the cases


@dataclass(frozen=True)
class Turn:
    """A move as it is without a fault: what was stored on the way, the end of it, and how many points it has. `rested`
    is how the run is when it isn't made: what was owed before is undone for good."""

    before: Any
    rested: Any
    states: tuple[Any, ...]
    end: End
    points: int


def _without_fault(story: str, number: int) -> Turn:
    definitions, move, middle = STORIES[story].definitions, STORIES[story].moves[number], before(story, number)

    async def rest(world: World) -> Any:
        await settle(Process(world, definitions))
        return outline(await run_of(world))

    rested = middle.simulate(rest)

    async def main(world: World) -> Turn:
        process = Process(world, definitions, Plan())
        was, seen = outline(await run_of(world)), len(world.states)
        await move.send(process, f"key-{number}")
        points = len(process.points)
        await settle(process)
        end = await end_of(world, f"key-{number}")
        return Turn(was, rested, (was, *world.states[seen:], end.run), end, points)

    turn: Turn = middle.simulate(main)
    return turn


# -- and with one ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One move and what goes wrong in it; then what is due is done first (`jobs_first`), or the client sends the same
    once more."""

    story: str
    number: int
    plan: Plan
    jobs_first: bool

    async def play(self, world: World, turn: Turn) -> None:
        definitions, move, key = STORIES[self.story].definitions, self.move, f"key-{self.number}"
        process, plan = Process(world, definitions, self.plan), self.plan
        sending = asyncio.create_task(move.send(process, key))
        halted = asyncio.create_task(process.halted.wait())
        await asyncio.wait({sending, halted}, return_when=asyncio.FIRST_COMPLETED)
        other = process if plan.kind is Kind.FAIL else process.another()
        acknowledged = sending.done() and sending.exception() is None
        if sending.done() and not acknowledged:
            assert isinstance(sending.exception(), StoreError | ConnectionError), sending.exception()
        found = outline((await other.engine.load("run")).run)
        check_sound(await run_of(world))
        if plan.kind is not Kind.FAIL or "store" in process.points[plan.at - 1]:
            assert found in turn.states, "neither before nor after the turn, nor on the way"
        if acknowledged and move.asked:
            assert found != turn.before or turn.before == turn.end.run, "it was acknowledged and is lost"
        if self.jobs_first:
            await settle(other)
            recorded = outline(await run_of(world))
            assert recorded in (turn.rested, turn.end.run) or plan.kind is Kind.FAIL, "what was recorded stands still"
        await put_right(move, key, other)
        if plan.kind is Kind.HANG:
            await go_on(process, sending, other)
        await _check_end(world, turn, plan, key)
        await end(world, sending, halted)

    @property
    def move(self) -> Move:
        return STORIES[self.story].moves[self.number]


async def _check_end(world: World, turn: Turn, plan: Plan, key: str) -> None:
    run = await run_of(world)
    check_sound(run)
    check_effects(run, world.deeds, hung=plan.kind is Kind.HANG)
    check_inputs(world)
    found = await end_of(world, key)
    assert run.undos == ()
    assert found.run == turn.end.run, differences(found.run, turn.end.run)
    assert found.jobs == turn.end.jobs
    assert found.told == turn.end.told, "an answer was taken twice"
    assert set(found.done) == set(turn.end.done), "each effect and undo at least once, and none besides"
    assert max((found.done - turn.end.done).values(), default=0) <= 2, (
        "what was cut off is done once more, not over and over"
    )


def cases_of(story: str, number: int, points: int) -> list[Case]:
    orders = (False,) if STORIES[story].moves[number].hurries else (True, False)
    return [
        Case(story, number, Plan(kind, at), first) for at in range(1, points + 1) for kind in Kind for first in orders
    ]


@pytest.mark.parametrize(("story", "number"), CASES, ids=NAMES)
def test_s20_a_turn_that_is_cut_off_anywhere_is_before_or_after(story: str, number: int, fuzz_seed: int) -> None:
    """S19-S21: a process dies, hangs or can't store, at any point of any turn: an answer would be lost or count twice,
    a payment would be made twice or never taken back, a run would stand still for ever."""
    turn = _without_fault(story, number)
    assert turn.points
    failures = []
    for case in drawn(cases_of(story, number, turn.points), SHARE, fuzz_seed):
        try:
            before(story, number).simulate(lambda world: case.play(world, turn))  # noqa: B023 - run at once
        except Exception as error:
            failures.append(f"{case.plan}, jobs first: {case.jobs_first}: {type(error).__name__} {error}"[:600])
    assert not failures, "\n".join([f"{len(failures)} failures", *failures[:6]])
