"""Threads for synchronous functions of others, which may never come back.

A thread can't be stopped. One whose call nobody waits for any more is written off and replaced; when the function
comes back after all, its thread ends. So those that hang take nobody's place, until they are too many: then calls
fail at once, since each would cost a thread for good.

All threads are daemons: a process that ends waits for none of them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any

from wizard.errors import Excuse, NodeFailed
from wizard.process.unstoppable import Unstoppable, job_at_hand

AT_ONCE = 50
MOST_LOST = 50
IDLE = 5.0  # seconds after which a thread without work ends

TOO_MANY = (
    "Too many functions haven't come back, so that no more are called. Restart the process, and give the clients in "
    "them time limits of their own."
)


class Threads:
    """Calls functions in threads: at most `at_once` that somebody waits for, and no more while `most_lost` are
    written off. `unstoppable` is told what they are at."""

    def __init__(
        self, at_once: int = AT_ONCE, most_lost: int = MOST_LOST, unstoppable: Unstoppable | None = None
    ) -> None:
        self.most_lost = most_lost
        self.lost = 0  # threads at work for nobody
        self._at_once = at_once
        self._unstoppable = unstoppable or Unstoppable()
        self._calls: SimpleQueue[_Call] = SimpleQueue()
        self._lock = threading.Lock()
        self._wanted = 0  # calls that somebody waits for, begun or not
        self._threads = 0  # those that aren't written off

    @property
    def exhausted(self) -> bool:
        """Whether calls fail at once."""
        return self.lost >= self.most_lost

    async def call(
        self, function: Callable[..., Any], arguments: Mapping[str, Any]
    ) -> tuple[Any, BaseException | None]:
        """What the function gave and what it raised. Who stops waiting leaves its thread behind. Raises NodeFailed
        where too many were left behind already."""
        if self.exhausted:
            raise NodeFailed(TOO_MANY, people=Excuse.BUSY)
        call = _Call(function, arguments)
        try:
            with self._lock:
                self._wanted += 1
                self._calls.put(call)
                self._provide()
            return await call.outcome
        except BaseException:
            self._give_up(call)
            raise

    def _provide(self) -> None:
        """Starts a thread where one is missing. Raises RuntimeError where the system has none left and nobody else does
        what is wanted."""
        if self._wanted > self._threads and self._threads < self._at_once:
            try:
                threading.Thread(target=self._work, name="wizard-function", daemon=True).start()
            except RuntimeError:
                if not self._threads:
                    raise
            else:
                self._threads += 1

    def _give_up(self, call: _Call) -> None:
        with self._lock:
            if call.done:
                return
            call.given_up = True
            self._wanted -= 1
            if call.begun:
                self._threads -= 1
                self.lost += 1
            with suppress(RuntimeError):  # whoever calls next is told
                self._provide()

    def _work(self) -> None:
        while (call := self._next()) is not None:
            outcome = call.perform()
            self._unstoppable.ended(call.job, call)
            with self._lock:
                call.done = True
                if call.given_up:  # somebody else has this thread's place
                    self.lost -= 1
                    return
                self._wanted -= 1
            call.answer(outcome)

    def _next(self) -> _Call | None:
        """The next call that somebody waits for; None where there was none for a while."""
        while True:
            try:
                call = self._calls.get(timeout=IDLE)
            except Empty:
                with self._lock:
                    if not self._calls.empty():
                        continue
                    self._threads -= 1
                    return None
            with self._lock:
                call.begun = not call.given_up
                if call.begun:
                    self._unstoppable.begun(call.job, call)
            if call.begun:
                return call


class _Call:
    __slots__ = ("_arguments", "_context", "_function", "_loop", "begun", "done", "given_up", "job", "outcome")

    def __init__(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        self._function = function
        self._arguments = arguments
        self.job = job_at_hand()
        self._context = copy_context()
        self._loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[tuple[Any, BaseException | None]] = self._loop.create_future()
        self.begun = self.done = self.given_up = False

    def perform(self) -> tuple[Any, BaseException | None]:
        """An error is a part of the outcome: a future can't be given a StopIteration, and SystemExit would end the
        event loop."""
        try:
            return self._context.run(self._function, **self._arguments), None
        except BaseException as error:
            return None, error

    def answer(self, outcome: tuple[Any, BaseException | None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._settle, outcome)

    def _settle(self, outcome: tuple[Any, BaseException | None]) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)
