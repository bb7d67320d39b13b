"""Ending a process that is told to: by a signal, in an order, and in the end whatever hangs.

Threads can't be stopped, and neither can a function that blocks the event loop. So the end doesn't wait for the loop:
signals are heard by the interpreter itself, and a thread of its own ends the process when its time is over.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from types import FrameType

log = logging.getLogger("wizard.server")

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ABANDONED = 70  # the exit code of a process that left something behind: a function that hung (EX_SOFTWARE)
LAST_WORDS = 2.0  # seconds between the orderly end and the process's


class LastExit:
    """Ends the process at the latest when the time that it was given is over. `leave` does it."""

    def __init__(self, leave: Callable[[int], object] = os._exit) -> None:
        self._leave = leave
        self._limits: SimpleQueue[float] = SimpleQueue()
        self._begun = False
        threading.Thread(target=self._wait, name="wizard-exit", daemon=True).start()

    def within(self, seconds: float) -> None:
        """The process has no longer than that from now on. May be called by a signal's handler."""
        self._begun = True
        self._limits.put(seconds)

    def hasten(self) -> None:
        """The orderly end is over: what the process was given is cut to LAST_WORDS."""
        if self._begun:
            self._limits.put(LAST_WORDS)

    def _wait(self) -> None:
        end: float | None = None
        while True:
            try:
                seconds = self._limits.get(timeout=None if end is None else max(0.0, end - monotonic()))
            except Empty:
                break
            end = monotonic() + seconds if end is None else min(end, monotonic() + seconds)
        said = threading.Thread(target=_say_what_hangs, daemon=True)
        said.start()
        said.join(LAST_WORDS)  # whoever hangs may hold what a line needs
        self._leave(ABANDONED)


def _say_what_hangs() -> None:
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    places = [f"{Path(place.filename).name}:{place.lineno}" for place in traceback.extract_stack(frame)[-3:]]
    log.critical("the process didn't come to its end in time and is ended; it stands at %s", " > ".join(places))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def longest_stop(grace: float) -> float:
    """Seconds that an orderly stop may take: for requests, for jobs, for what outlasted its turn, and what is closed
    then."""
    return 3 * grace + 5.0


@contextmanager
def hearing(begun: asyncio.Event, told_first: Callable[[], object] = lambda: None) -> Iterator[list[signal.Signals]]:
    """Sets the event at the first SIGINT or SIGTERM, which the list then has, and calls `told_first`, even while the
    event loop stands still; the second one ends the process. For workers too. At the end signals do what they did
    before."""
    loop = asyncio.get_running_loop()
    told: list[signal.Signals] = []
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def tell(number: int, frame: FrameType | None) -> None:
        told.append(signal.Signals(number))
        for other in SIGNALS:
            signal.signal(other, signal.SIG_DFL)  # the system's own doing, which nothing can keep waiting
        told_first()
        loop.call_soon_threadsafe(begun.set)

    for number in SIGNALS:
        signal.signal(number, tell)
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
