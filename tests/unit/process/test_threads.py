"""Threads for functions of others: as few as serve, and never fewer because some hang."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from wizard.process import threads
from wizard.process.threads import Threads


async def test_a_thread_serves_one_after_another() -> None:
    """A thread a call would cost more than most functions take."""
    pool, seen = Threads(), set()
    for _ in range(5):
        ident, error = await pool.call(threading.get_ident, {})
        assert error is None
        seen.add(ident)
    assert len(seen) == 1


async def test_those_that_are_too_many_wait_their_turn() -> None:
    """A thousand people at once must not be a thousand threads."""
    pool, at_work, most = Threads(at_once=2), 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        threading.Event().wait(0.01)
        with lock:
            at_work -= 1

    await asyncio.gather(*(pool.call(work, {}) for _ in range(8)))
    assert most == 2


async def test_who_stops_waiting_in_the_queue_takes_no_thread() -> None:
    """A call that was never begun can't hang, and isn't made any more."""
    pool, over, called = Threads(at_once=1), threading.Event(), []
    first = asyncio.ensure_future(pool.call(over.wait, {}))
    second = asyncio.ensure_future(pool.call(lambda: called.append(1), {}))
    await asyncio.sleep(0.01)
    second.cancel()
    await asyncio.wait({second})
    assert pool.lost == 0
    over.set()
    await first
    await pool.call(lambda: None, {})
    assert not called


async def test_whatever_is_raised_is_a_result() -> None:
    """A StopIteration that is put into a future would never arrive."""

    def stops() -> Any:
        return next(iter([]))

    _, error = await Threads().call(stops, {})
    assert isinstance(error, StopIteration)


async def test_threads_that_have_nothing_to_do_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peak of an hour ago must not keep fifty threads."""
    monkeypatch.setattr(threads, "IDLE", 0.01)
    pool = Threads()
    thread, _ = await pool.call(threading.current_thread, {})
    thread.join(5)
    assert not thread.is_alive()
    assert (await pool.call(lambda: 1, {}))[0] == 1


async def test_a_system_without_threads_fails_one_call_and_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process may start no thread for a while: the call says so, and when it may again, all places are there."""
    pool = Threads(at_once=1)

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError, match="new thread"):
            await pool.call(int, {})
    assert (await pool.call(lambda: "fine", {}))[0] == "fine"
    assert pool.lost == 0
