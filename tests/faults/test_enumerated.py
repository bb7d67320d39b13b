"""A turn is cut off at every point, one after another: none is left out and none is drawn by lot (S19-S21).

The same moves are made once without a fault, then again for each point of each move: there the process stops, or the
call fails, or the process hangs while others take over and goes on then. Whoever loads the run afterwards finds it as
it was before or after the turn, or as it was recorded on the way; and when the jobs are done that are due, and the
client has sent its request once more, everything is as if nothing had happened.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests import invariants
from tests.faults.simulated import (
    ENDED,
    Kind,
    Plan,
    Process,
    World,
    check_effects,
    definitions,
    differences,
    outline,
    perform_due,
    settle,
    simulate,
)
from tests.workflows import ask, branch, embed, flow
from wizard.catalog import Catalog
from wizard.engine import Engine
from wizard.errors import CallerError, StaleInput, StoreError
from wizard.model import Fault, Reply, Run, RunStatus
from wizard.state import RunView

TORTURE = int(os.environ.get("TORTURE", "0"))

Made = Callable[[Engine, Callable[[RunView], Reply]], Awaitable[Any]]


@dataclass(frozen=True)
class Move:
    """What a client asks for, or that time passes."""

    name: str
    make: Made
    hurries: bool = False  # what is due meanwhile would make it another move
    asked: bool = True  # by a client, who is told when it is stored

    async def send(self, process: Process, key: str) -> None:
        """As a channel does it: a request that was answered is known by its key, also one that another process has
        answered meanwhile."""
        engine = process.engine
        if await engine.store.reply("run", key) is not None:
            return
        try:
            await self.make(engine, lambda view: Reply("run", key, b"digest", 200, b"{}"))
        except CallerError:
            if await engine.store.reply("run", key) is None:
                raise


def says(step: str, x: str) -> Move:
    return Move(f"next {step}={x}", lambda e, r: e.next("run", {"x": x}, step=step, respond=r))


def more(step: str, yes: bool) -> Move:
    return Move(f"{step}: {yes}", lambda e, r: e.next("run", {"add_another": yes}, step=step, respond=r))


def changes(step: str, x: str) -> Move:
    return Move(f"change {step}={x}", lambda e, r: e.change("run", step, {"x": x}, respond=r))


def goes_back(to: str | None = None) -> Move:
    return Move(f"previous {to or ''}", lambda e, r: e.previous("run", to=to, respond=r), hurries=True)


def passes(seconds: float) -> Move:
    """Time passes; a worker does what is due then."""

    async def wait(engine: Engine, _: object) -> None:
        await asyncio.sleep(seconds)
        await perform_due(engine)

    return Move(f"{seconds:g} seconds pass", wait, asked=False)


def arrives(name: str, then: float = 0.0) -> Move:
    async def arrive(engine: Engine, respond: Callable[[RunView], Reply]) -> None:
        await engine.event("run", name, respond=respond)
        await asyncio.sleep(then)  # in the same process, which does what outlasts the turn

    return Move(f"event {name}", arrive)


ENTERS = Move("enter", lambda e, r: e.next("run", respond=r))
AMENDS = Move("amend", lambda e, _: e.amend("run", session={"k": "new"}))
UNDOES_ALL = Move("cancel", lambda e, r: e.cancel("run", undo=True, respond=r))
TAKES_OUT = Move("remove item", lambda e, r: e.remove_item("run", "list/1", respond=r))

HARDY = {"retry": {"attempts": 3, "backoff": "1s"}}


def deed(node: str, *reads: str, **keys: Any) -> dict[str, Any]:
    return {"id": node, "type": "deed", "reads": list(reads), **HARDY, **keys}


def slow(node: str, *reads: str) -> dict[str, Any]:
    return {"id": node, "type": "slow_deed", "reads": list(reads), **HARDY}


EVERYTHING = (
    flow(
        "main",
        ask("a"),
        branch("c", ("a.x == '1'", "t"), "b"),
        deed("t", "a.x"),
        deed("u", "a.x"),
        ask("b"),
        slow("s", "b.x"),
        ask("d"),
        {"id": "w", "type": "wait", "event": "paid", "for": "1h"},
        deed("v", "d.x"),
        deed("l", "d.x", takes=20),
        ask("e"),
        ask("z"),
    ),
)
LIFE = (
    ENTERS,
    says("a", "1"),
    says("b", "5"),  # a slow step: its job is ordered
    passes(1),  # and done
    changes("a", "2"),  # a branch is left, and undone
    changes("a", "1"),  # and entered again
    goes_back("a"),
    says("a", "3"),
    says("b", "6"),  # the slow step is undone, and is to be done anew
    goes_back(),  # the person doesn't wait for it
    says("b", "7"),
    passes(1),
    says("d", "1"),  # a pause begins
    arrives("paid", then=60),  # and ends; what comes takes longer than anybody waits
    AMENDS,
    says("e", "1"),
    goes_back(),
    UNDOES_ALL,
)

REPEATS = (
    flow(
        "main",
        ask("a"),
        embed("list", "item", repeat={"min": 0, "max": 3}),
        {"id": "w", "type": "wait", "for": "30m"},
        deed("v", "a.x"),
        ask("z"),
        expires_after="28d",
    ),
    flow("item", ask("i"), deed("t", "i.x")),
)
COLLECTING = (
    ENTERS,
    says("a", "1"),
    more("list/after-0", True),
    says("list/1/i", "1"),
    more("list/after-1", True),
    says("list/2/i", "2"),
    TAKES_OUT,
    changes("list/2/i", "3"),
    more("list/after-2", False),
    passes(3600),
    says("z", "1"),
)

MESSAGE = {"send": "send", "to": "{{ a.x }}", "subject": "Still there?", "text": "We wait for you."}
DEADLINES = (
    flow(
        "main",
        ask("a"),
        deed("t", "a.x"),
        ask("b", remind_after={"after": "1d", "message": MESSAGE}),
        ask("d", remind_after={"after": "2h", "goto": "late"}, next="z"),
        deed("late", "d.x"),
        ask("z", expires_after="3d"),
        delete_after="30d",
    ),
)
WAITING = (
    ENTERS,
    says("a", "1"),
    passes(90_000),  # a message is sent
    says("b", "1"),
    passes(7300),  # the run goes on without an answer
    goes_back("b"),
    says("b", "2"),
    says("d", "1"),  # in time: the job for it does nothing
    passes(7300),
    passes(300_000),  # the run expires
)

STORIES: dict[str, tuple[Catalog, tuple[Move, ...]]] = {
    "everything": (definitions(*EVERYTHING), LIFE),
    "repeats": (definitions(*REPEATS), COLLECTING),
    "deadlines": (definitions(*DEADLINES), WAITING),
}


# -- once without a fault ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """A move as it is without a fault: what was stored on the way, the end of it, and how many points it has. `rested`
    is how the run is when it isn't made: what was owed before is undone for good."""

    before: Any
    rested: Any
    states: tuple[Any, ...]
    after: Any
    points: int
    done: Counter[tuple[str, str]]
    jobs: tuple[Any, ...]
    told: Counter[tuple[str, str]]


async def _set_up(catalog: Catalog, moves: tuple[Move, ...], plan: Plan | None = None) -> tuple[World, Process]:
    """A run after those moves, and a process in which something will go wrong."""
    world = World()
    first = Process(world, catalog)
    await first.engine.create("main")
    for number, move in enumerate(moves):
        await move.send(first, f"key-{number}")
    return world, Process(world, catalog, plan)


async def _run_of(world: World) -> Run:
    run = await world.store.load("run")
    assert run is not None
    return run


async def _jobs(world: World) -> tuple[Any, ...]:
    """What is to be done later, apart from the times."""
    queue: Any = world.store.queue
    return tuple(sorted(queue._jobs))


async def _told(world: World) -> Counter[tuple[str, str]]:
    entries = await world.store.trace("run", 0, 10_000)
    assert [each.number for each in entries] == list(range(1, len(entries) + 1))
    return Counter((e.entry.kind, e.entry.step) for e in entries if e.entry.kind in ("accepted", "ran", "arrived"))


def _without_fault(story: str, number: int) -> Turn:
    catalog, moves = STORIES[story]
    found: list[Turn] = []
    rested: list[Any] = []

    async def rest() -> None:
        world, process = await _set_up(catalog, moves[:number])
        await settle(process)
        rested.append(outline(await _run_of(world)))

    async def main() -> None:
        world, process = await _set_up(catalog, moves[:number], Plan(Kind.STOP, 0))
        before, seen = outline(await _run_of(world)), len(world.states)
        await moves[number].send(process, f"key-{number}")
        points = len(process.points)
        await settle(process)
        after = outline(await _run_of(world))
        done = Counter((each.what, each.key) for each in world.deeds)
        states = (before, *world.states[seen:], after)
        found.append(Turn(before, rested[0], states, after, points, done, await _jobs(world), await _told(world)))

    simulate(rest)
    simulate(main)
    return found[0]


# -- and with one ----------------------------------------------------------------------------------------------


async def _cut_off(story: str, number: int, plan: Plan, turn: Turn, *, jobs_first: bool) -> None:
    catalog, moves = STORIES[story]
    world, process = await _set_up(catalog, moves[:number], plan)
    move, key = moves[number], f"key-{number}"
    sending = asyncio.create_task(move.send(process, key))
    halted = asyncio.create_task(process.halted.wait())
    await asyncio.wait({sending, halted}, return_when=asyncio.FIRST_COMPLETED)
    other = process if plan.kind is Kind.FAIL else Process(world, catalog)
    acknowledged = sending.done() and sending.exception() is None
    if sending.done() and not acknowledged:
        assert isinstance(sending.exception(), StoreError | ConnectionError), sending.exception()
    found = outline((await other.engine.load("run")).run)
    check_sound(await _run_of(world))
    if plan.kind is not Kind.FAIL or "store" in process.points[plan.at - 1]:
        assert found in turn.states, "neither before nor after the turn, nor on the way"
    if acknowledged and move.asked:
        assert found != turn.before or turn.before == turn.after, "it was acknowledged and is lost"
    if jobs_first:
        await settle(other)
        recorded = outline(await _run_of(world))
        assert recorded in (turn.rested, turn.after) or plan.kind is Kind.FAIL, "what was recorded wasn't gone on with"
    await _put_right(move, key, other)
    if plan.kind is Kind.HANG:
        process.resume()
        await asyncio.sleep(300)
        await asyncio.wait({sending}, timeout=1_000_000)
        await settle(other)
        assert sending.done()
    await _check_end(world, turn, plan)
    world.over = True
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.gather(sending, halted, return_exceptions=True)


async def _put_right(move: Move, key: str, other: Process) -> None:
    """The client sends the same once more, and once more, and what is due is done."""
    for _ in range(2):
        try:
            await move.send(other, key)
        except StaleInput as refused:
            if "worked on" not in str(refused):
                raise
        await settle(other)


async def _check_end(world: World, turn: Turn, plan: Plan) -> None:
    run = await _run_of(world)
    check_sound(run)
    check_effects(run, world.deeds, hung=plan.kind is Kind.HANG)
    found, told = outline(run), await _told(world)
    inputs = {(each.key, each.inputs) for each in world.deeds if each.what == "do"}
    assert len(inputs) == len({key for key, _ in inputs}), "one key, other inputs"
    assert len(set(world.sent)) <= 1, "one message, one key"
    assert run.undos == ()
    assert found == turn.after, differences(found, turn.after)
    assert await _jobs(world) == turn.jobs
    assert told == turn.told, "an answer was taken twice"
    done = Counter((each.what, each.key) for each in world.deeds)
    assert set(done) == set(turn.done), "each effect and undo at least once, and none besides"
    assert max((done - turn.done).values(), default=0) <= 2, "what was cut off is done once more, not over and over"


def check_sound(run: Run) -> None:
    """The invariants of a stack; a run that is cut off, or ended early, has a status that these don't know."""
    if run.status in ENDED or run.status is RunStatus.WORKING:
        run = run._replace(status=RunStatus.FAILED, fault=Fault("", "", ""))
    invariants.check_stack(run)


CASES = [(story, number) for story, (_, moves) in STORIES.items() for number in range(len(moves))]
NAMES = [f"{story}-{number}-{STORIES[story][1][number].name}" for story, number in CASES]


@pytest.mark.parametrize(("story", "number"), CASES, ids=NAMES)
def test_s20_a_turn_that_is_cut_off_anywhere_is_before_or_after(story: str, number: int) -> None:
    """S19-S21: a process dies, hangs or can't store, at any point of any turn: an answer would be lost or count twice,
    a payment would be made twice or never taken back, a run would stand still for ever."""
    turn = _without_fault(story, number)
    assert turn.points
    failures = []
    for at in range(1, turn.points + 1):
        for kind in Kind:
            for jobs_first in (False,) if STORIES[story][1][number].hurries else (True, False):
                plan = Plan(kind, at)

                async def main() -> None:
                    await _cut_off(story, number, plan, turn, jobs_first=jobs_first)  # noqa: B023 - run at once

                try:
                    simulate(main)
                except Exception as error:
                    failures.append(f"{kind} at {at}, jobs first: {jobs_first}: {type(error).__name__} {error}"[:600])
    assert not failures, "\n".join([f"{len(failures)} failures", *failures[:6]])
