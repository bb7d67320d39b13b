"""Stories: moves that are made one after another on one run, with effects, undo, slow work, pauses and deadlines. A
test takes one of the moves and has something go wrong, or arrive, while it is made."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, TypeVar

from tests import invariants
from tests.faults.simulated import (
    ENDED,
    Process,
    World,
    definitions,
    outline,
    perform_due,
    settle,
    simulate,
)
from tests.workflows import ask, branch, embed, flow
from wizard.engine import Definitions, Engine
from wizard.engine.view import RunView
from wizard.errors import CallerError, StaleInput
from wizard.model import Fault, Reply, Run, RunStatus

Respond = Callable[[RunView], Reply]
Made = Callable[[Engine, Respond], Awaitable[Any]]


T = TypeVar("T")


def told(view: RunView) -> bytes:
    """What a client is told of a run."""
    return f"{view.step} {view.status}".encode()


@dataclass(frozen=True)
class Move:
    """What a client asks for, or that time passes."""

    name: str
    make: Made
    hurries: bool = False  # what is due meanwhile would make it another move
    asked: bool = True  # by a client, who is told when it is stored
    answers: bool = False  # a question: the same answer again changes nothing

    async def send(self, process: Process, key: str) -> None:
        """As a channel does it: a request that was answered is known by its key, also one that another process has
        answered meanwhile."""
        engine = process.engine
        if await engine.store.reply("run", key) is not None:
            return
        try:
            await self.make(engine, lambda view: Reply("run", key, b"digest", 200, told(view)))
        except CallerError:
            if await engine.store.reply("run", key) is None:
                raise


def says(step: str, x: str, then: float = 0.0) -> Move:
    """`then` are seconds that the process goes on for, to do what outlasts the turn."""

    async def say(engine: Engine, respond: Respond) -> None:
        await engine.next("run", {"x": x}, step=step, respond=respond)
        await asyncio.sleep(then)

    return Move(f"next {step}={x}", say, answers=True)


def more(step: str, yes: bool) -> Move:
    return Move(f"{step}: {yes}", lambda e, r: e.next("run", {"add_another": yes}, step=step, respond=r), answers=True)


def changes(step: str, x: str) -> Move:
    return Move(f"change {step}={x}", lambda e, r: e.change("run", step, {"x": x}, respond=r))


def goes_back(to: str | None = None) -> Move:
    return Move(f"previous {to or ''}", lambda e, r: e.previous("run", to=to, respond=r), hurries=True)


def passes(seconds: float, then: float = 0.0) -> Move:
    """Time passes; a worker does what is due then, and what follows from it."""

    async def wait(engine: Engine, _: object) -> None:
        await asyncio.sleep(seconds)
        await perform_due(engine)
        await asyncio.sleep(then)

    return Move(f"{seconds:g} seconds pass", wait, asked=False)


def arrives(name: str, then: float = 0.0) -> Move:
    async def arrive(engine: Engine, respond: Respond) -> None:
        await engine.event("run", name, respond=respond)
        await asyncio.sleep(then)  # in the same process, which does what outlasts the turn

    return Move(f"event {name}", arrive)


ENTERS = Move("enter", lambda e, r: e.next("run", respond=r))
AMENDS = Move("amend", lambda e, _: e.amend("run", session={"k": "new"}))
UNDOES_ALL = Move("cancel", lambda e, r: e.cancel("run", undo=True, respond=r))
TAKES_OUT = Move("remove item", lambda e, r: e.remove_item("run", "list/1", respond=r))

ASKS_LAST = ask("z", text="{{ event.other }}")  # an event that no step takes
HARDY = {"retry": {"attempts": 3, "backoff": "1s"}}


def deed(node: str, *reads: str, **keys: Any) -> dict[str, Any]:
    return {"id": node, "type": "deed", "reads": list(reads), **HARDY, **keys}


def slow(node: str, *reads: str, **keys: Any) -> dict[str, Any]:
    return {"id": node, "type": "slow_deed", "reads": list(reads), **HARDY, **keys}


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
        ASKS_LAST,
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
        ASKS_LAST,
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
        {**ASKS_LAST, "expires_after": "3d"},
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

CALLBACKS = (
    flow(
        "main",
        ask("a"),
        deed("t", "a.x", calls_back="paid"),
        {"id": "w", "type": "wait", "event": "paid", "for": "1h"},
        ask("b"),
        slow("s", "b.x", takes=15, calls_back="sent"),
        {"id": "y", "type": "wait", "event": "sent", "for": "1h"},
        deed("l", "b.x", takes=20, calls_back="told"),
        ask("d"),
        {"id": "v", "type": "wait", "event": "told", "for": "1h"},
        ASKS_LAST,
    ),
)
CALLING_BACK = (
    ENTERS,
    says("a", "1"),  # the other side calls back before it answers
    says("b", "1"),
    passes(1, then=30),  # and calls back a worker
    goes_back(),
    says("b", "2"),
    passes(1, then=30),
    changes("a", "2"),
    says("d", "1"),
    says("z", "1"),
)

OWING = (
    flow(
        "main",
        ask("a"),
        branch("c", ("a.x == '1'", "t"), "u"),
        deed("t", "a.x", balks=True),
        deed("u", "a.x"),
        ask("b"),
        slow("s", "b.x", takes=15),
        deed("l", "b.x", takes=20),
        ASKS_LAST,
    ),
)
OWED = (
    ENTERS,
    says("a", "1"),
    changes("a", "2"),  # what left the path can't be undone at once
    says("b", "1"),
    passes(1, then=30),
    changes("a", "1"),
    changes("a", "3"),
    says("z", "1"),
)


@dataclass(frozen=True)
class Story:
    """Moves on the workflow "main". A wait of it takes `event`; it `owes` what couldn't be undone at once."""

    definitions: Definitions
    moves: tuple[Move, ...]
    event: str = ""
    owes: bool = False


STORIES = {
    "everything": Story(definitions(*EVERYTHING), LIFE, "paid"),
    "repeats": Story(definitions(*REPEATS), COLLECTING),
    "deadlines": Story(definitions(*DEADLINES), WAITING),
    "callbacks": Story(definitions(*CALLBACKS), CALLING_BACK, "sent"),
    "owing": Story(definitions(*OWING), OWED, owes=True),
}
CASES = [(name, number) for name, story in STORIES.items() for number in range(len(story.moves))]
NAMES = [f"{name}-{number}-{STORIES[name].moves[number].name}" for name, number in CASES]


def drawn(cases: Sequence[T], share: float, seed: int) -> list[T]:
    """That share of the cases, two at the least; others with each seed."""
    return random.Random(seed).sample(cases, min(len(cases), max(2, round(len(cases) * share))))


# -- a world in the middle of a story ------------------------------------------------------------------


class Middle(NamedTuple):
    """The world before a move, and the seconds that have passed in it."""

    world: World
    seconds: float

    def simulate(self, main: Callable[[World], Awaitable[Any]]) -> Any:
        """Goes on from here, in a copy."""
        return simulate(lambda: main(self.world.copied()), self.seconds)


@cache
def before(story: str, number: int) -> Middle:
    """The world before the move of that number."""

    async def begin(world: World) -> Middle:
        await Process(world, STORIES[story].definitions).engine.create("main")
        return Middle(world, 0.0)

    async def go_on(world: World) -> Middle:
        await STORIES[story].moves[number - 1].send(Process(world, STORIES[story].definitions), f"key-{number - 1}")
        assert asyncio.all_tasks() == {asyncio.current_task()}, "what goes on would be cut off"
        return Middle(world, asyncio.get_running_loop().time())

    made: Middle = Middle(World(), 0.0).simulate(begin) if not number else before(story, number - 1).simulate(go_on)
    return made


# -- how a move ends -------------------------------------------------------------------------------------


class End(NamedTuple):
    """What is there in the end: the run, the jobs, what the trace tells, and what was done outside how often."""

    run: Any
    jobs: tuple[str, ...]
    told: Counter[tuple[str, str]]
    done: Counter[tuple[str, str]]
    reply: bytes


async def run_of(world: World) -> Run:
    run = await world.store.load("run")
    assert run is not None
    return run


async def end_of(world: World, key: str) -> End:
    entries = await world.store.trace("run", 0, 10_000)
    assert [each.number for each in entries] == list(range(1, len(entries) + 1))
    reply = await world.store.reply("run", key)
    return End(
        outline(await run_of(world)),
        tuple(sorted(world.store._jobs._jobs)),
        Counter((e.entry.kind, e.entry.step) for e in entries if e.entry.kind in ("accepted", "ran", "arrived")),
        Counter((each.what, each.key) for each in world.deeds),
        b"" if reply is None else reply.body,
    )


def check_sound(run: Run) -> None:
    """The invariants of a stack; a run that is cut off, or ended early, has a status that these don't know."""
    if run.status in ENDED or run.status is RunStatus.WORKING:
        run = run._replace(status=RunStatus.FAILED, fault=Fault("", "", ""))
    invariants.check_stack(run)


def check_inputs(world: World) -> None:
    """One key is for one input, and one message has one key."""
    inputs = {(each.key, each.inputs) for each in world.deeds if each.what == "do"}
    assert len(inputs) == len({key for key, _ in inputs}), "one key, other inputs"
    assert len(set(world.sent)) <= 1, "one message, one key"


# -- after something went wrong ------------------------------------------------------------------


async def put_right(move: Move, key: str, other: Process) -> None:
    """The client sends the same once more, and once more, and what is due is done."""
    for _ in range(2):
        try:
            await move.send(other, key)
        except StaleInput as refused:
            if "worked on" not in str(refused):
                raise
        await settle(other)


async def go_on(process: Process, sending: asyncio.Task[None], other: Process) -> None:
    """The process that hung wakes up, when others have done its work."""
    process.resume()
    await asyncio.sleep(300)
    await asyncio.wait({sending}, timeout=1_000_000)
    await settle(other)
    assert sending.done()


async def end(world: World, *tasks: asyncio.Task[Any]) -> None:
    world.over = True
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
