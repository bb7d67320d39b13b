"""A world in which everything that may go wrong does so where the test says: processes that stop or hang, a storage
that fails, time that passes at once.

What a process does to the world outside goes through a *point*: one before and one after each call of the store, its
queue, and each effect and undo. Between two points nothing can be seen from outside, so that whoever has stopped a
process at each of them has stopped it everywhere. Time is the event loop's own, and passes where all wait.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import zip_longest
from typing import Any, ClassVar, TypeVar

from tests.workflows import START, AskNode, Book
from wizard.definitions.catalog import Catalog
from wizard.engine import Definitions, Engine
from wizard.engine.visits import idempotency_key
from wizard.engine.worker import Worker
from wizard.errors import CallerError, StoreError
from wizard.model import EMPTY, Arrival, Outcome, Proceed, Run, RunStatus, Step, Undo, Workflow
from wizard.node import Background, NodeConfig, Registry, Services, Visit
from wizard.nodes.flow.condition import ConditionNode
from wizard.nodes.flow.end import EndNode
from wizard.nodes.flow.wait import WaitNode
from wizard.nodes.flow.workflow import WorkflowNode
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore
from wizard.stores.memory.queue import MemoryQueue

LEASE = timedelta(seconds=30)
SOON = timedelta(minutes=10)  # jobs that are due by then belong to what was cut off; others to the workflow's own time


# -- time ------------------------------------------------------------------------------------------


class _Idle(selectors.DefaultSelector):
    """Doesn't wait for time to pass, but has it pass."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        found: list[Any] = super().select(0)
        if not found and timeout is None:
            raise RuntimeError("All wait for what will never come.")
        if not found and timeout:
            self.passed += timeout
        return found


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes where all wait, and not otherwise; it begins at `since`."""

    def __init__(self, since: float = 0.0) -> None:
        self._idle = _Idle()
        self._idle.passed = since
        super().__init__(self._idle)

    def time(self) -> float:
        return self._idle.passed


T = TypeVar("T")


def simulate(main: Callable[[], Awaitable[T]], since: float = 0.0) -> T:
    """Runs a coroutine in a loop and a time of its own."""
    with asyncio.Runner(loop_factory=lambda: SimulatedLoop(since)) as runner:
        return runner.run(_as_coroutine(main))


async def _as_coroutine(main: Callable[[], Awaitable[T]]) -> T:
    return await main()


def now() -> datetime:
    return START + timedelta(seconds=asyncio.get_running_loop().time())


# -- what goes wrong ---------------------------------------------------------------------------------


class Kind(StrEnum):
    STOP = "stop"  # the process is gone
    FAIL = "fail"  # the call fails: before a commit nothing is stored, after it the outcome is unknown
    HANG = "hang"  # the process stands still, others take over, and then it goes on


@dataclass(frozen=True)
class Plan:
    """What goes wrong at the point of that number, from 1; and at which points something `arrives` through another
    process before this one goes on (or before it goes wrong there)."""

    kind: Kind = Kind.STOP
    at: int = 0
    arrives: Callable[[Engine], Awaitable[Any]] | None = None
    arrives_at: range = range(0)


@dataclass(frozen=True)
class Deed:
    """An effect that was done, or undone, outside."""

    what: str  # do or undo
    step: str
    key: str
    inputs: str
    run: str = "run"


@dataclass
class World:
    """What stays when processes go: the storage, and what they did outside. `states` are all that were committed,
    `balked` the keys of the undos that failed at first."""

    store: MemoryStore = field(default_factory=MemoryStore)
    deeds: list[Deed] = field(default_factory=list)
    states: list[Any] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)  # keys of messages
    balked: list[str] = field(default_factory=list)
    over: bool = False

    def keys(self, what: str) -> list[str]:
        return [each.key for each in self.deeds if each.what == what]

    def copied(self) -> World:
        """The same world once more, from which another story may go on."""
        lists = {name: list(value) for name, value in vars(self).items() if isinstance(value, list)}
        return replace(self, store=_copied(self.store), **lists)


def _copied(store: MemoryStore) -> MemoryStore:
    """What is in it can't be changed, so that the shelves are enough."""
    made, queue = MemoryStore(), MemoryQueue()
    for name, shelf in vars(store).items():
        if isinstance(shelf, dict | set):
            setattr(made, name, shelf.copy())
    made._traces = {name: copy(trace) for name, trace in store._traces.items()}
    for trace in made._traces.values():
        trace.firsts, trace.turns = list(trace.firsts), list(trace.turns)
    made._files = {name: dict(files) for name, files in store._files.items()}
    for key, waiting in store._jobs._jobs.items():
        queue._jobs[key] = replace(waiting)
        queue._place(queue._jobs[key], waiting.due)
    made._jobs = made.queue = queue
    return made


class Process:
    """One process and what goes wrong in it. `halted` is set when it stops or hangs."""

    def __init__(
        self,
        world: World,
        definitions: Definitions,
        plan: Plan | None = None,
        pause: Callable[[], float] | None = None,
    ) -> None:
        self.world = world
        self._definitions = definitions
        self._pause = pause  # at each point
        self.points: list[str] = []
        self.halted, self._resumed = asyncio.Event(), asyncio.Event()
        self._plan = plan
        store: Any = FaultyStore(self, world.store)
        self.engine = Engine(
            definitions,
            store,
            services=Services(
                functions={"send": self._send},
                settings=Settings(slow_after=5, lease=LEASE.total_seconds()),
                shared={"book": Book(), "process": self},
            ),
            clock=now,
            ids=lambda: "run",
        )

    def another(self) -> Process:
        """A process beside it in the same world, in which nothing goes wrong."""
        return Process(self.world, self._definitions)

    async def point(self, name: str) -> None:
        if self.world.over:
            raise asyncio.CancelledError
        if self.halted.is_set():
            await self._resumed.wait()
            return
        if self._pause is not None:
            await asyncio.sleep(self._pause())
        if self._plan is None:
            return
        self.points.append(name)
        number = len(self.points)
        if self._plan.arrives is not None and number in self._plan.arrives_at:
            # Another's request: nothing of what is at work here is around it.
            await asyncio.create_task(
                _as_coroutine(partial(self._plan.arrives, self.another().engine)), context=Context()
            )
        if number != self._plan.at:
            return
        if self._plan.kind is Kind.FAIL:
            raise StoreError("The disk is full.") if "store" in name else ConnectionError("The line is cut.")
        self.halted.set()
        await self._resumed.wait()

    def calm(self) -> None:
        """Nothing goes wrong any more, nor arrives."""
        self._plan = None

    def resume(self) -> None:
        """A process that hung goes on."""
        self._resumed.set()

    async def _send(self, *, key: str, **given: str) -> None:
        await self.point("send <")
        self.world.sent.append(key)
        await self.point("send >")


class FaultyStore:
    """A store as a process sees it: each call has a point before and one after it."""

    def __init__(self, process: Process, store: Any) -> None:
        self._process = process
        self._store = store

    @property
    def queue(self) -> FaultyStore:
        return FaultyStore(self._process, self._store.queue)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*given: Any, **named: Any) -> Any:
            await self._process.point(f"store.{name} <")
            result = await getattr(self._store, name)(*given, **named)
            if name == "commit":
                self._process.world.states.append(outline(given[0].run))
            await self._process.point(f"store.{name} >")
            return result

        return call


# -- nodes -----------------------------------------------------------------------------------------


class DeedConfig(NodeConfig):
    """`reads` are the names that it reads; it `takes` so many seconds, its undo `undo_takes`. It `calls_back` with
    an event of that name before it is done, and its undo `balks` the first time."""

    reads: tuple[str, ...] = ()
    takes: float = 0.0
    undo_takes: float = 0.0
    calls_back: str | None = None
    balks: bool = False


class DeedNode(Background[DeedConfig]):
    """Does something outside, and undoes it."""

    type: ClassVar[str] = "deed"
    Config = DeedConfig

    async def execute(self, visit: Visit[DeedConfig]) -> Outcome:
        inputs = repr([visit.read(name) for name in visit.config.reads])
        await self._touch("do", visit, inputs)
        await self._call_back(visit)
        await asyncio.sleep(visit.config.takes)
        return Proceed({"v": inputs})

    async def remove(self, visit: Visit[DeedConfig]) -> None:
        process: Process = visit.services.shared["process"]
        if visit.config.balks and visit.key not in process.world.balked:
            process.world.balked.append(visit.key)
            raise ConnectionError("The other side is away.")
        await self._touch("undo", visit, "")
        await asyncio.sleep(visit.config.undo_takes)

    @staticmethod
    async def _touch(what: str, visit: Visit[DeedConfig], inputs: str) -> None:
        process: Process = visit.services.shared["process"]
        await process.point(f"{what} {visit.step} <")
        process.world.deeds.append(Deed(what, visit.step, visit.key, inputs))
        await process.point(f"{what} {visit.step} >")

    @staticmethod
    async def _call_back(visit: Visit[DeedConfig]) -> None:
        """Each time the other side is asked, it calls back, with the key that it was given."""
        process: Process = visit.services.shared["process"]
        if visit.config.calls_back is not None:
            with suppress(CallerError):  # the run has ended meanwhile
                await process.another().engine.event(visit.run, visit.config.calls_back, {"n": 1}, key=visit.key)
            await process.point(f"called back {visit.step} >")


class SlowDeedNode(DeedNode):
    """The same, always as a job."""

    type: ClassVar[str] = "slow_deed"
    slow: ClassVar[bool] = True


REGISTRY = Registry([AskNode, DeedNode, SlowDeedNode, ConditionNode, WorkflowNode, WaitNode, EndNode])


class Compiled:
    """The workflow "main", compiled once, however many processes load runs of it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def get(self, workflow_id: str) -> Workflow:
        return self._catalog.get(workflow_id)

    def bundle(self, workflow_id: str) -> bytes:
        return self._catalog.bundle(workflow_id)

    def compile(self, bundle: bytes) -> Workflow:
        return self._catalog.get("main")


def definitions(*documents: Mapping[str, Any]) -> Definitions:
    return Compiled(Catalog.from_documents(documents, REGISTRY))


# -- what is compared --------------------------------------------------------------------------------


def outline(run: Run) -> Any:
    """A run without what differs between two ways to the same state: times, the revision and the token."""
    return run._replace(
        revision=0,
        created_at=START,
        updated_at=START,
        expires_at=None,
        token_hash=b"",
        steps=tuple(map(_timeless, run.steps)),
        by_path=EMPTY,
        undos=tuple(Undo(_timeless(each.step), failed=each.failed) for each in run.undos),
        arrivals=tuple(sorted(map(_unnumbered, run.arrivals), key=lambda each: each.name)),
        deliveries=tuple(sorted(run.deliveries)),
    )


def _timeless(step: Step) -> Step:
    """What the nodes of these tests keep are times, and how often they were called."""
    return step._replace(
        state=None,
        took=None if step.took is None else _unnumbered(step.took),
        put_off=None if step.put_off is None else step.put_off._replace(until=None),
    )


def _unnumbered(arrival: Arrival) -> Arrival:
    """Among those of other names an event may have come sooner or later."""
    return arrival._replace(number=0, at=START)


def differences(one: Run, other: Run) -> str:
    """Where two outlines differ, in a few lines."""
    lines = [
        f"{name}: {getattr(one, name)} / {getattr(other, name)}"
        for name in Run._fields
        if name != "steps" and getattr(one, name) != getattr(other, name)
    ]
    lines += [f"step {a} / {b}" for a, b in zip_longest(one.steps, other.steps) if a != b]
    return "\n".join(lines)


# -- those who put it right again ------------------------------------------------------------------------


async def perform_due(engine: Engine) -> int:
    """Has a worker do all jobs that are due; how many they were."""
    return await Worker(engine).perform_due()


@asynccontextmanager
async def polling(*processes: Process) -> AsyncIterator[None]:
    """Each process has a worker that looks for jobs each second."""

    async def work(process: Process) -> None:
        while True:
            await perform_due(process.engine)
            await asyncio.sleep(1)

    workers = [asyncio.ensure_future(work(process)) for process in processes]
    try:
        yield
    finally:
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def settle(process: Process) -> None:
    """Time passes, and a worker does what was left, until nothing is left of what was cut off."""
    for _ in range(30):
        if not (await process.world.store.backlog(now() + SOON)).due:
            return
        await asyncio.sleep(LEASE.total_seconds() + 1)
        await perform_due(process.engine)
    raise AssertionError("there is always a job left")


ENDED = (RunStatus.COMPLETED, RunStatus.CANCELLED, RunStatus.EXPIRED)


def check_effects(run: Run, deeds: Sequence[Deed], *, hung: bool = False) -> None:
    """What stands on the path was done; what is no part of the run any more was undone after it was done last. Only
    where a process `hung` past its lease, it may have done it once more since: with the same key, which is the other
    side's."""
    standing = {idempotency_key(run.id, step) for step in run.steps if step.is_done}
    open_ = {idempotency_key(run.id, step) for step in run.steps if not step.is_done}  # kept, and undone if it goes
    if run.status in (RunStatus.CANCELLED, RunStatus.EXPIRED):
        standing = open_ = set()
    for key in {each.key for each in deeds} - open_:
        done = [each.what for each in deeds if each.key == key]
        if key in standing:
            assert set(done) == {"do"}, done
        elif run.status is not RunStatus.EXPIRED:
            assert "undo" in done if hung else done[-1] == "undo", f"never undone: {done}"
