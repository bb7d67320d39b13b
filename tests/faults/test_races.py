"""Many at once: one wins each move, the person wins against the machine, and nobody overwrites anybody (S19, S21)."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.kinds import KINDS
from tests.faults.histories import Sent, check_nobody_was_pushed, check_trace, lines
from tests.faults.simulated import (
    Process,
    World,
    check_effects,
    definitions,
    polling,
    settle,
    simulate,
)
from tests.workflows import Book, ask, branch, catalog, engine, flow, work
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.errors import CallerError, StaleInput
from wizard.model import Outcome, Proceed, RunStatus
from wizard.node import Background, NodeConfig, Services, Visit
from wizard.settings import Settings
from wizard.stores.contract import Store

TORTURE = int(os.environ.get("TORTURE", "0"))
CROWD = 50
STORES = ["memory", "sqlite", "postgres"]

FLOW = flow("main", ask("a"), work("t", "a.x"), ask("b"))


async def _outcome(move: Awaitable[RunView]) -> tuple[str, str]:
    """Whether a move was taken, and at which step its caller is then."""
    try:
        return "taken", (await move).step
    except StaleInput as stale:
        return type(stale).__name__, ""


# -- fifty at once ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("engines", [1, 2])
async def test_s19_of_fifty_different_answers_one_is_taken(kind: str, engines: int, tmp_path: Path) -> None:
    """S19: an impatient crowd answers one step: one answer counts, the others are told that they came too late, and
    the effect that follows runs for that answer alone."""
    async with KINDS[kind](tmp_path) as store:
        book = Book()
        made = [engine(FLOW, store=store, book=book) for _ in range(engines)]
        run = await made[0].start("main")
        moves = (made[n % engines].next(run.id, {"x": str(n)}, step="a") for n in range(CROWD))
        outcomes = Counter([await each for each in map(asyncio.ensure_future, map(_outcome, moves))])
        view = await made[0].load(run.id)
        assert outcomes[("StaleInput", "")] == CROWD - 1, outcomes
        assert outcomes[("taken", "b")] == 1, outcomes
        trace = await made[0].trace(run.id)
        assert [each.number for each in trace] == list(range(1, len(trace) + 1))
        assert [each.entry.step for each in trace if each.entry.kind == "accepted"] == ["a"]
        taken = view.answers["a"]["x"]
        assert view.run.by_path["t"].output == {"v": f"['{taken}']"}
        assert len(set(book.keys("t"))) == 1


@pytest.mark.parametrize("kind", STORES)
async def test_s19_of_fifty_equal_answers_one_is_taken_and_all_hear_the_same(kind: str, tmp_path: Path) -> None:
    """S19: a client that sends the same fifty times (it heard nothing) gets a result each time, and one answer."""
    async with KINDS[kind](tmp_path) as store:
        book = Book()
        made = engine(FLOW, store=store, book=book)
        run = await made.start("main")
        moves = [asyncio.ensure_future(_outcome(made.next(run.id, {"x": "1"}, step="a"))) for _ in range(CROWD)]
        outcomes = Counter([(await each)[0] for each in moves])
        assert outcomes == {"taken": CROWD}
        trace = await made.trace(run.id)
        assert [each.entry.kind for each in trace].count("accepted") == 1
        assert len(book.keys("t")) == 1
        assert (await made.load(run.id)).step == "b"


# -- a person and late work ----------------------------------------------------------------------------------


RACING = definitions(
    flow(
        "main",
        ask("a"),
        branch("c", ("a.x == '0'", "b"), "t"),
        {"id": "t", "type": "deed", "reads": ["a.x"], "takes": 3},
        {"id": "s", "type": "slow_deed", "reads": ["a.x"], "takes": 3},
        {"id": "l", "type": "deed", "reads": ["a.x"], "takes": 9},
        ask("b"),
        ask("z", text="{{ event.other }}"),
    )
)
MOVES = ["next", "next", "next", "previous", "change", "change", "event", "amend", "keep", "cancel"]


class _Person:
    """Somebody who does as they like, and remembers what was acknowledged."""

    def __init__(self, name: str, process: Process) -> None:
        self.name, self.engine = name, process.engine
        self.sent: list[Sent] = []
        self._count = 0

    async def does(self, move: str) -> None:
        self._count += 1
        x = "0" if self._count % 4 == 3 else f"{self.name}{self._count}"
        view = await self.engine.load("run")
        step = view.step if move == "next" else "a"
        try:
            if move == "next":
                at = view.run.current
                answers = {"x": x} if at is not None and at.is_foreground and not at.is_done else None
                after = await self.engine.next("run", answers, step=step if answers else None)
                if answers and after.run.by_path[step].output == answers:
                    self.sent.append(Sent(step, x, after.revision))
            elif move == "previous":
                await self.engine.previous("run")
            elif move == "change":
                after = await self.engine.change("run", "a", {"x": x})
                self.sent.append(Sent("a", x, after.revision))
            elif move == "event":  # no step takes it
                await self.engine.event("run", "other", {"by": self.name}, key=f"{self.name}{self._count // 2}")
            elif move == "amend":
                await self.engine.amend("run", session={"by": self.name})
            elif move == "keep":
                await self.engine.keep("run", "a", {"x": "typed"})
            else:
                await self.engine.cancel("run", undo=True)
        except CallerError:
            pass


async def _race(seed: int, moves: list[tuple[int, str, float]]) -> None:
    world = World()
    chance = random.Random(seed)
    processes = [Process(world, RACING, pause=lambda: chance.random() * chance.choice((0, 0.1, 2))) for _ in range(2)]
    people = [_Person(name, process) for name, process in zip("pq", processes, strict=True)]
    await processes[0].engine.start("main")

    async def acts(number: int) -> None:
        for who, move, pause in moves:
            await asyncio.sleep(pause)
            if who == number:
                await people[number].does(move)

    async with polling(*processes):
        await asyncio.gather(*map(acts, range(2)))
        await asyncio.sleep(120)
    last = Process(world, RACING)
    await settle(last)
    await _check_race(world, last.engine)


async def _check_race(world: World, engine: Engine) -> None:
    view = await engine.load("run")
    told = lines(await engine.trace("run"))
    check_trace(told, view.revision)
    check_nobody_was_pushed(told)
    check_effects(view.run, world.deeds)
    assert view.run.undos == ()
    a = view.answers.get("a", {}).get("x")
    done = [step for step in view.run.path if not step.is_foreground and step.is_done]
    assert all(step.output == {"v": repr([a])} for step in done), "work that was done with an older answer"
    inputs = {(each.key, each.inputs) for each in world.deeds if each.what == "do"}
    assert len(inputs) == len({key for key, _ in inputs}), "one key, other inputs"
    assert len(set(world.keys("do"))) == len(world.keys("do")), "begun twice, and no lease was lost"
    arrived = [line.number for line in told if line.kind == "arrived"]
    assert len(arrived) == len({each.key for each in view.run.deliveries}), "a delivery was taken in twice"


@settings(max_examples=200 * TORTURE or 25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    moves=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(MOVES), st.sampled_from([0.0, 0.5, 1.5, 4.0, 12.0])),
        min_size=3,
        max_size=14,
    ),
)
def test_s21_the_person_always_wins(seed: int, moves: list[tuple[int, str, float]]) -> None:
    """S21: two tabs, two processes and their workers, with work that ends at any moment: whoever goes back, changes or
    cancels must not be put forward again, and no late result may stand where an answer has changed."""
    simulate(lambda: _race(seed, moves))


# -- a process that was thought dead ---------------------------------------------------------------------------


class WhoNode(Background[NodeConfig]):
    """Outputs which process did it."""

    type: ClassVar[str] = "who"
    Config = NodeConfig

    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        shared = visit.services.shared
        if "gate" in shared:
            shared["at_gate"].set()
            await shared["gate"].wait()
        return Proceed({"who": shared["who"]})


def _process(store: Store, who: str) -> Engine:
    shared = {"book": Book(), "who": who}
    services = Services(shared=shared, settings=Settings(lease=1, slow_after=60))
    return Engine(
        catalog(flow("main", ask("a"), {"id": "t", "type": "who"}, ask("b")), types=[WhoNode]), store, services=services
    )


class StandingStill:
    """A store whose leases nobody renews until the gate is open: a process on a machine that is paused."""

    def __init__(self, inner: Any, gate: asyncio.Event) -> None:
        self._inner = inner
        self._gate = gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def queue(self) -> Any:
        return StandingStill(self._inner.queue, self._gate)

    async def put_off(self, claim: Any, now: Any, until: Any) -> bool:
        await self._gate.wait()
        held: bool = await self._inner.put_off(claim, now, until)
        return held


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_s21_a_process_that_stood_still_past_its_lease_writes_nothing(kind: str, tmp_path: Path) -> None:
    """S21: a process hangs for longer than its lease (a paused machine), another does its work, and then it goes on:
    what it comes up with is thrown away."""
    async with KINDS[kind](tmp_path) as store:
        gate, at_gate = asyncio.Event(), asyncio.Event()
        still: Any = StandingStill(store, gate)
        first, second = _process(still, "first"), _process(store, "second")
        first.services.shared.update(gate=gate, at_gate=at_gate)
        await first.start("main")
        (run,) = await store.list_runs()
        hanging = asyncio.ensure_future(first.next(run.id, {"x": "1"}))
        await at_gate.wait()
        assert await Worker(second).perform_due() == 0, "before the lease is over it is nobody else's"
        await asyncio.sleep(1.1)
        assert await Worker(second).perform_due() == 1
        done = await second.load(run.id)
        gate.set()
        assert (await hanging).status is RunStatus.WORKING, "nobody was kept waiting for longer than the lease allows"
        await first.close()
        late = await second.load(run.id)
        assert (late.step, late.revision) == ("b", done.revision)
        assert late.run.by_path["t"].output == {"who": "second"}
        assert [line.kind for line in lines(await second.trace(run.id))].count("ran") == 1
        assert await Worker(first).perform_due() == 0
