"""An event loop in a thread of its own, and calls from one event loop to another."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

log = logging.getLogger("wizard.server")

T = TypeVar("T")


class LoopThread:
    """An event loop that runs in a thread from the beginning on, until it is stopped by `stop`: whatever else stops it,
    it is run again (S26).

    The thread is a daemon: a process that ends doesn't wait for it.
    """

    def __init__(self, name: str) -> None:
        self._told = False
        self._running: Future[asyncio.AbstractEventLoop] = Future()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._thread.start()
        self.loop = self._running.result()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Has the loop do it. Cancelling the future cancels the work."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def stop(self) -> None:
        """Ends the loop; what it does still is cancelled."""
        self._told = True
        self.loop.call_soon_threadsafe(self.loop.stop)

    def join(self, seconds: float) -> None:
        """Waits for the end of a loop that was stopped, for so many seconds at most."""
        self._thread.join(seconds)

    def _main(self) -> None:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            loop.call_soon(self._running.set_result, loop)
            run_until(loop, lambda: self._told)


def run_until(loop: asyncio.AbstractEventLoop, told: Callable[[], bool]) -> None:
    """Runs it until it is stopped by somebody who has `told` so."""
    while not told():
        reason = "stop"
        try:
            loop.run_forever()
        except BaseException as error:  # a SystemExit of a callback leaves the loop as it was
            reason = type(error).__name__
        if not told():
            log.critical("a function or node type stopped the event loop (%s), which is run again", reason)


async def done_on(loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What `work` gives, done on a loop that runs in another thread. Whoever cancels this cancels the work."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), loop))
