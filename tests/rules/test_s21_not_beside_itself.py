"""S21: what is under way is begun anew by nobody but who finds its lease over: not when its turn fails, is cancelled or
its worker stops, and not where it can't be stopped itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.patience import LONG, until
from tests.stores import Open, clocked, stores
from wizard.engine import Engine, utc_now
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.errors import StoreError
from wizard.model import Reply, RunStatus
from wizard.process import calls as process_calls
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.testing import MovableClock, make_test_engine

__all__ = ["clocked", "stores"]  # fixtures

SOON = 0.05  # seconds after which a turn waits for work no longer
PAYING: dict[str, Any] = {
    "id": "main",
    "nodes": [
        {"id": "a", "type": "form", "fields": [{"name": "x"}]},
        {"id": "p", "type": "python", "function": "pay"},
        {"id": "b", "type": "form", "fields": [{"name": "x"}]},
    ],
}
SLOWLY = {**PAYING, "nodes": [PAYING["nodes"][0], {**PAYING["nodes"][1], "slow": True}, PAYING["nodes"][2]]}
BOOKING: dict[str, Any] = {
    "id": "main",
    "nodes": [
        {"id": "a", "type": "form", "fields": [{"name": "x"}]},
        {"id": "c", "type": "condition", "cases": [{"when": "a.x == '1'", "goto": "p"}, {"goto": "b"}]},
        {"id": "p", "type": "python", "function": "pay", "undo": "repay"},
        {"id": "b", "type": "form", "fields": [{"name": "x"}]},
    ],
}


class Thread:
    """A function that isn't async, and ends when the gate is open. `most` is how many were at it at once."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.calls = self.now = self.most = 0
        self._lock = threading.Lock()

    def __call__(self) -> dict[str, Any]:
        with self._lock:
            self.calls, self.now = self.calls + 1, self.now + 1
            self.most = max(self.most, self.now)
        try:
            assert self.gate.wait(20)
        finally:
            with self._lock:
                self.now -= 1
        return {}

    def undo(self, output: object) -> None:
        self()

    async def is_at_it(self) -> None:
        await until(lambda: self.now == 1)


@pytest.fixture
def thread() -> Iterator[Thread]:
    made = Thread()
    yield made
    made.gate.set()


async def cancelled(turn: Coroutine[Any, Any, RunView], thread: Thread) -> None:
    """A host's time limit ends the turn while the thread is at it."""
    task = asyncio.create_task(turn)
    await thread.is_at_it()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def comes_to(made: Engine, run: RunView, step: str) -> None:
    async with asyncio.timeout(LONG):
        while (await made.load(run.id)).step != step:
            await asyncio.sleep(0.01)


@contextmanager
def failing(store: Store, commit: int, hangs: asyncio.Event | None = None) -> Iterator[None]:
    """Of what is committed in the context that one isn't: the disk is full, or it hangs and never comes back."""
    real, number = store.commit, 0

    async def one_fails(change: Any) -> None:
        nonlocal number
        number += 1
        if number != commit:
            return await real(change)
        if hangs is not None:
            hangs.set()
            await asyncio.Event().wait()
        raise StoreError("The disk is full.")

    store.commit = one_fails  # type: ignore[method-assign]
    try:
        yield
    finally:
        store.commit = real  # type: ignore[method-assign]


async def an_engine(store: Store, function: Any, definition: dict[str, Any] = PAYING, **settings: Any) -> Engine:
    functions = {"pay": function, "repay": function} if not isinstance(function, dict) else function
    return await make_test_engine(
        definition, store=store, functions=functions, settings=Settings(**settings), clock=utc_now
    )


def stored_reply(view: RunView) -> Reply:
    return Reply("run", "key", b"digest", 200, b"body")


@pytest.mark.parametrize("how", ["fails", "is cancelled"])
async def test_work_that_outlasts_its_turn_is_its_own_when_that_fails(stores: Open, how: str) -> None:
    """The disk is full, or the caller goes away, when the answer to a request with an idempotency key is stored: the
    payment that goes on meanwhile was made a second time."""
    paid, gate, hangs = [], asyncio.Event(), asyncio.Event()

    async def pay() -> None:
        paid.append("begun")
        await gate.wait()
        paid.append("ended")

    store = await stores()
    made = await an_engine(store, pay, slow_after=SOON)
    run = await made.start("main")
    with failing(store, 2, hangs if how == "is cancelled" else None):
        turn = asyncio.create_task(made.next(run.id, {"x": "1"}, respond=stored_reply))
        if how == "is cancelled":
            await hangs.wait()
            turn.cancel()
        with pytest.raises(StoreError if how == "fails" else asyncio.CancelledError):
            await turn
    other = await an_engine(await stores(), pay, slow_after=SOON)
    assert await Worker(other).perform_due() == 0
    gate.set()
    await comes_to(other, run, "b")
    assert paid == ["begun", "ended"]
    await made.close()


async def test_a_thread_goes_on_when_its_turn_is_cancelled(stores: Open, thread: Thread) -> None:
    """The host's own time limit ends `next`; the function that pays can't be stopped, and was called a second time
    while the first call was still at it. What comes of it is the run's."""
    made = await an_engine(await stores(), thread)
    run = await made.start("main")
    await cancelled(made.next(run.id, {"x": "1"}), thread)
    other = await an_engine(await stores(), thread)
    assert await Worker(other).perform_due() == 0
    assert (await made.load(run.id)).status is RunStatus.WORKING
    thread.gate.set()
    await comes_to(other, run, "b")
    assert (thread.calls, thread.most) == (1, 1)
    await made.close()


async def test_its_lease_is_renewed_meanwhile(stores: Open, thread: Thread) -> None:
    """A call that takes longer than a lease isn't another worker's for that."""
    made = await an_engine(await stores(), thread, lease=1)
    run = await made.start("main")
    await cancelled(made.next(run.id, {"x": "1"}), thread)
    await asyncio.sleep(1.4)
    assert await Worker(await an_engine(await stores(), thread)).perform_due() == 0
    thread.gate.set()
    await comes_to(made, run, "b")
    assert thread.calls == 1
    await made.close()


async def test_a_worker_that_stops_hands_back_what_has_ended(stores: Open, thread: Thread) -> None:
    """A process stops its worker and lives on, as a host does that closes its door: what a thread is still at becomes
    another worker's when that has come to its end, and no sooner."""
    made, other = [await an_engine(await stores(), thread, SLOWLY) for _ in range(2)]
    run = await made.start("main")
    await made.next(run.id, {"x": "1"})
    worker = Worker(made)
    worker.start()
    await thread.is_at_it()
    await worker.stop(0)
    assert await Worker(other).perform_due() == 0
    thread.gate.set()
    async with asyncio.timeout(LONG):
        while not await Worker(other).perform_due():
            await asyncio.sleep(0.01)
    assert ((await other.load(run.id)).step, thread.calls, thread.most) == ("b", 2, 1)
    await made.close()


async def test_an_engine_that_is_closed_leaves_what_goes_on_to_its_lease(stores: Open, thread: Thread) -> None:
    """Work that outlasted its turn and can't be stopped: the next process begins it when the lease is over, by which
    this one has ended."""
    made = await an_engine(await stores(), thread, slow_after=SOON, grace=0.01)
    run = await made.start("main")
    assert (await made.next(run.id, {"x": "1"})).status is RunStatus.WORKING
    await made.close()
    assert thread.now == 1
    assert await Worker(await an_engine(await stores(), thread)).perform_due() == 0


async def test_a_coroutine_that_heeds_no_cancellation_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that swallows what it is told to stop by works on, as a thread does."""
    monkeypatch.setattr(process_calls, "LINGER", 0.02)
    at_once, most, calls, begun, gate = 0, 0, 0, asyncio.Event(), asyncio.Event()

    async def pay() -> None:
        nonlocal at_once, most, calls
        at_once, calls = at_once + 1, calls + 1
        most = max(most, at_once)
        begun.set()
        while not gate.is_set():
            try:
                await gate.wait()
            except asyncio.CancelledError:
                continue
        at_once -= 1

    made = await make_test_engine(PAYING, functions={"pay": pay}, clock=utc_now)
    run = await made.start("main")
    turn = asyncio.create_task(made.next(run.id, {"x": "1"}))
    await begun.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert await Worker(made).perform_due() == 0
    gate.set()
    async with asyncio.timeout(LONG):
        while not await Worker(made).perform_due():
            await asyncio.sleep(0.01)
    assert ((await made.load(run.id)).step, calls, most) == ("b", 2, 1)
    await made.close()


async def test_an_undo_in_a_thread_is_tried_again_when_it_has_had_its_time(thread: Thread) -> None:
    """A turn waits for an undo as long as for work. One that takes longer was called again seconds later, beside
    itself, though it had all of `step_timeout`."""
    repays = {"pay": lambda: {}, "repay": thread.undo}
    made = await make_test_engine(
        BOOKING, functions=repays, settings=Settings(slow_after=SOON, step_timeout=40), clock=utc_now
    )
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    await made.next(run, {"x": "2"})
    assert (run.step, thread.now, len(run.run.undos)) == ("b", 1, 1)
    (claim,) = await made.store.queue.claim(utc_now().replace(year=9000), 1, made.clock() - made.clock(), 0)
    assert (claim.job.due - utc_now()).total_seconds() > 39


async def test_a_turn_cancelled_while_it_undoes_is_gone_on_with_after_that(stores: Open, thread: Thread) -> None:
    """Whoever goes on with the run undoes what is owed first: a booking was taken back twice at once."""
    calls = {"pay": lambda: {}, "repay": thread.undo}
    made, other = [await an_engine(await stores(), calls, BOOKING) for _ in range(2)]
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    await cancelled(made.next(run.id, {"x": "2"}), thread)
    assert await Worker(other).perform_due() == 0
    thread.gate.set()
    async with asyncio.timeout(LONG):
        while not await Worker(other).perform_due():
            await asyncio.sleep(0.01)
    assert ((await other.load(run.id)).step, thread.most) == ("b", 1)
    await made.close()


async def test_a_message_that_is_being_sent_is_sent_by_nobody_else(clocked: Open, thread: Thread) -> None:
    """A worker is stopped while a letter goes out in a thread; the next one sent it once more at the same time."""
    message = {"send": "mail", "to": "x", "subject": "y", "text": "z"}
    form = {**PAYING["nodes"][0], "remind_after": {"after": "1h", "message": message}}
    clock = MovableClock()

    def mail(**message: str) -> None:
        thread()

    made, other = [
        await make_test_engine(
            {"id": "main", "nodes": [form]}, store=await clocked(), functions={"mail": mail}, clock=clock
        )
        for _ in range(2)
    ]
    await made.start("main")
    clock.move(hours=1)
    worker = Worker(made)
    worker.start()
    await thread.is_at_it()
    await worker.stop(0)
    assert await Worker(other).perform_due() == 0
    thread.gate.set()
    async with asyncio.timeout(LONG):
        while not await Worker(other).perform_due():
            await asyncio.sleep(0.01)
    assert (thread.calls, thread.most) == (2, 1)
    await made.close()


async def test_what_nobody_foresaw_when_a_result_is_stored_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """An error of a library in the turn that takes the result of lasting work was an unretrieved exception of a task:
    told by nobody, or by an event loop at its end."""
    gate = asyncio.Event()
    made = await make_test_engine(
        PAYING, functions={"pay": gate.wait}, settings=Settings(slow_after=SOON), clock=utc_now
    )
    run = await made.start("main")
    await made.next(run.id, {"x": "1"})

    async def breaks(change: Any) -> None:
        raise RuntimeError

    made.store.commit = breaks  # type: ignore[method-assign]
    gate.set()
    await until(lambda: f"the result of run {run.id} can't be stored" in caplog.text)
    assert "RuntimeError" in caplog.text
    await made.close()
