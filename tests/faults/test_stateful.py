"""The same moves at random on all stores and their queues, side by side: runs, traces and jobs are the same after each.

`TORTURE=N` tries N times a hundred longer runs.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.contract.kinds import KINDS
from tests.moved import moved_database, tell
from tests.postgres import connect
from tests.workflows import Book, Clock, WorkConfig, WorkNode, ask, branch, catalog, counted, flow
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import CallerError
from wizard.model import EMPTY, Outcome, Run
from wizard.node import Services, Visit
from wizard.nodes.flow.wait import WaitNode
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.stores.postgres import PostgresStore
from wizard.stores.postgres.queue import TABLE

TORTURE = int(os.environ.get("TORTURE", "0"))
SETTINGS = settings(
    max_examples=100 * TORTURE or 12,
    stateful_step_count=40 if TORTURE else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
# Longer than any time that the clock is moved by, on any clock: a claim is done with before the next move.
LEASE = timedelta(days=20_000)


class DeedNode(WorkNode):
    """Fails to undo as often as the book says. While it is done, what is to arrive does so."""

    type: ClassVar[str] = "deed"
    Config = WorkConfig

    async def execute(self, visit: Visit[WorkConfig]) -> Outcome:
        await visit.services.shared["half"].has_arrive()
        return await super().execute(visit)

    async def remove(self, visit: Visit[WorkConfig]) -> None:
        book: Book = visit.services.shared["book"]
        if book.failing["undo"] > 0:
            book.failing["undo"] -= 1
            raise ConnectionError
        await super().remove(visit)


class SlowNode(DeedNode):
    type: ClassVar[str] = "slow_deed"
    slow: ClassVar[bool] = True


async def _send(**given: str) -> None:
    """Messages go nowhere."""


MESSAGE = {"send": "send", "to": "{{ a.x }}", "subject": "Still there?", "text": "We wait."}
DEFINITIONS = catalog(
    flow(
        "main",
        ask("a", remind_after={"after": "1d", "message": MESSAGE}),
        branch("c", ("a.x == '1'", "t"), ("a.x == '2'", "s"), "b"),
        {"id": "t", "type": "deed", "reads": ["a.x"]},
        {"id": "s", "type": "slow_deed", "reads": ["a.x", "b.x"]},
        ask("b", depends_on=["a.x"], remind_after={"after": "2h", "goto": "u"}),
        {"id": "w", "type": "wait", "event": "paid", "for": "3h"},
        {"id": "u", "type": "deed", "reads": ["b.x", "session.k"], "on_error": "back"},
        ask("d", expires_after="9d"),
        branch("again", ("d.x == '3'", "b"), "z"),
        ask("z", final=True),
        expires_after="60d",
        delete_after="30d",
        reopen=True,
    ),
    types=[DeedNode, SlowNode, WaitNode],
)

Move = Callable[[Engine, RunView], Awaitable[RunView]]


class _Half:
    """One of the stores, and an engine over it."""

    def __init__(self, store: Store, rows: asyncpg.Connection | None) -> None:
        self.store, self._rows = store, rows
        self.book, self.clock = Book(), Clock()
        self.arriving: list[Move] = []
        self.restart()
        self.view: RunView

    def restart(self) -> None:
        self.engine = Engine(
            DEFINITIONS,
            self.store,
            services=Services(
                functions={"send": _send},
                settings=Settings(slow_after=3600),
                shared={"book": self.book, "half": self},
            ),
            clock=self.clock,
            ids=_All.ids,
        )

    async def has_arrive(self) -> None:
        """Another process commits what was to arrive during the next work."""
        arriving, self.arriving = self.arriving, []
        for each in arriving:
            other = Engine(DEFINITIONS, self.store, clock=self.clock)
            with suppress(CallerError):
                await each(other, self.view)

    async def do(self, move: Move) -> str:
        """What came of it: ok, rejected, or the refusal."""
        self.clock.move(seconds=1)
        await self.is_the_time()
        try:
            self.view = await move(self.engine, self.view)
        except CallerError as error:
            return f"{type(error).__name__}: {error}"
        return "ok" if self.view.rejected is None else "rejected"

    async def perform_due(self) -> list[str]:
        """Does what is due by this half's clock, in the same order everywhere; what it was."""
        done: list[str] = []
        for _ in range(20):
            await self.is_the_time(timedelta(microseconds=1))  # PgQueuer hands out what was due before now
            claims = await self.store.queue.claim(self.clock(), 1000, LEASE, 0)
            await self.is_the_time()
            if not claims:
                return done
            for claim in sorted(claims, key=lambda claim: claim.job.key):
                due = await self.engine.perform(claim)
                done.append(f"{claim.job.key} {due}")
                if due is None:
                    await self.store.queue.done(claim)
                else:
                    await self.store.queue.put_off(claim, self.clock(), due)
        raise AssertionError(f"there is always a job due: {done[-5:]}")

    async def is_the_time(self, later: timedelta = timedelta(0)) -> None:
        """PostgreSQL goes by its own clock."""
        if self._rows is not None:
            await tell(self._rows, self.clock() + later)

    async def jobs(self) -> dict[str, datetime]:
        """What is to be done, and when."""
        if self._rows is not None:
            found = await self._rows.fetch(f"SELECT dedupe_key, execute_after FROM {TABLE}")
            return {row["dedupe_key"]: row["execute_after"] for row in found}
        queue: Any = self.store.queue
        if hasattr(queue, "_jobs"):
            return {key: each.due for key, each in queue._jobs.items()}
        rows = queue._read(lambda connection: connection.execute("SELECT key, due FROM jobs").fetchall())
        epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        return {key: epoch + timedelta(microseconds=due) for key, due in rows}


class _All:
    """The stores and the event loop of this module."""

    runner: asyncio.Runner
    stores: ClassVar[list[tuple[Store, asyncpg.Connection | None]]] = []
    ids = counted()


@pytest.fixture(autouse=True, scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder: Path = tmp_path_factory.mktemp("stateful")
    exits = AsyncExitStack()

    async def open_all() -> None:
        _All.stores = []
        for kind in ("memory", "sqlite"):
            _All.stores.append((await exits.enter_async_context(KINDS[kind](folder)), None))
        url = exits.enter_context(moved_database())
        store, rows = PostgresStore(url), await connect(url)
        await store.open()
        exits.push_async_callback(store.close)
        exits.push_async_callback(rows.close)
        _All.stores.append((store, rows))

    with asyncio.Runner() as _All.runner:
        _All.runner.run(open_all())
        yield
        _All.runner.run(exits.aclose())


def _comparable(run: Run) -> Run:
    return run._replace(token_hash=b"", by_path=EMPTY)


letters = st.sampled_from("1234")


class Stores(RuleBasedStateMachine):
    """See the module docstring."""

    @initialize(x=letters)
    def begin(self, x: str) -> None:
        self.run_id = _All.ids()
        self.halves = [_Half(*each) for each in _All.stores]
        self.seed = 0
        made = _All.ids
        _All.ids = lambda: self.run_id
        try:
            for half in self.halves:
                half.restart()
                _All.runner.run(half.is_the_time())
                half.view = _All.runner.run(half.engine.start("main", session={"k": x}))
        finally:
            _All.ids = made
        self.are_the_same()
        self.answer(x)

    def do(self, move: Move) -> None:
        self.seed += 1
        came = set()
        for half in self.halves:
            random.seed(self.seed)  # the engine's jitter
            came.add(_All.runner.run(half.do(move)))
        assert len(came) == 1, came
        self.are_the_same()

    def are_the_same(self) -> None:
        one, *others = [_All.runner.run(self._seen(half)) for half in self.halves]
        for other in others:
            for name, value in one.items():
                assert value == other[name], name

    async def _seen(self, half: _Half) -> dict[str, Any]:
        """All that can be seen of the run from outside."""
        stored = await half.store.load(self.run_id)
        if stored is None:
            return {"run": None, "jobs": await half.jobs()}
        view = await half.engine.load(self.run_id)
        return {
            "run": _comparable(stored),
            "engine's": _comparable(view.run),
            "shown": view.current,
            "answers": view.answers,
            "trace": list(await half.engine.trace(self.run_id)),
            "jobs": await half.jobs(),
            "backlog": await half.store.backlog(half.clock()),
            "given up": await half.store.failed_undos(),
            "done outside": half.book.noted,
        }

    @rule(x=letters)
    def answer(self, x: str) -> None:
        def move(engine: Engine, view: RunView) -> Awaitable[RunView]:
            current = view.run.current
            asks = current is not None and current.is_foreground and not current.is_done
            return engine.next(self.run_id, {"x": x} if asks else None)

        self.do(move)

    @rule(x=letters, y=letters)
    def answer_twice(self, x: str, y: str) -> None:
        self.answer(x)
        self.answer(y)

    @rule(skip=st.booleans())
    def go_back(self, skip: bool) -> None:
        self.do(lambda engine, view: engine.previous(self.run_id, skip_background=skip))

    @rule(step=st.sampled_from("abd"), x=st.none() | letters)
    def change(self, step: str, x: str | None) -> None:
        self.do(lambda engine, view: engine.change(self.run_id, step, None if x is None else {"x": x}))

    @rule(name=st.sampled_from(["paid", "other"]))
    def event(self, name: str) -> None:
        self.do(lambda engine, view: engine.event(self.run_id, name, {"n": 1}))

    @rule(x=letters)
    def amend(self, x: str) -> None:
        self.do(lambda engine, view: engine.amend(self.run_id, session={"k": x}))

    @rule(step=st.sampled_from("abd"), x=letters)
    def keep(self, step: str, x: str) -> None:
        self.do(lambda engine, view: engine.keep(self.run_id, step, {"x": x}))

    @rule(x=letters)
    def deliver(self, x: str) -> None:
        """Again and again with the same few keys."""
        self.do(lambda engine, view: engine.event(self.run_id, "paid", {"of": x}, key=x))

    @rule(what=st.sampled_from(["event", "amend", "keep", "all"]), x=letters)
    def arrives_during_work(self, what: str, x: str) -> None:
        """Whatever effect comes next, another process commits this while it is under way (S23)."""
        moves: dict[str, Move] = {
            "event": lambda engine, view: engine.event(self.run_id, "paid", {"n": x}),
            "amend": lambda engine, view: engine.amend(self.run_id, session={"seen": x}),
            "keep": lambda engine, view: engine.keep(self.run_id, "a", {"x": x}),
        }
        for half in self.halves:
            half.arriving = list(moves.values()) if what == "all" else [moves[what]]

    @rule(undo=st.booleans(), really=st.integers(0, 5))
    def cancel(self, undo: bool, really: int) -> None:
        if not really:
            self.do(lambda engine, view: engine.cancel(self.run_id, undo=undo))

    @rule(step=st.sampled_from(["t", "s", "u", "undo"]), times=st.integers(1, 12))
    def fail(self, step: str, times: int) -> None:
        """What is done next outside fails so often."""
        for half in self.halves:
            half.book.failing[step] = times

    @rule()
    def repair(self) -> None:
        self.do(lambda engine, view: engine.repair(self.run_id))

    @rule(by=st.sampled_from([timedelta(seconds=40), timedelta(hours=4), timedelta(days=2), timedelta(days=31)]))
    def time_passes(self, by: timedelta) -> None:
        """And what is due then is done."""
        for half in self.halves:
            half.clock.now += by
        self.seed += 1
        done = []
        for half in self.halves:
            random.seed(self.seed)
            done.append(_All.runner.run(half.perform_due()))
        assert done[0] == done[1] == done[2]
        self.are_the_same()

    @rule()
    def reload(self) -> None:
        """Other processes take over."""
        for half in self.halves:
            half.restart()
        self.are_the_same()

    def teardown(self) -> None:
        for half in getattr(self, "halves", ()):
            _All.runner.run(half.engine.delete(self.run_id))
            assert _All.runner.run(half.jobs()) == {}


TestStores = Stores.TestCase
TestStores.settings = SETTINGS
