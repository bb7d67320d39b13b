"""Ctrl-C in work that has many parts: the part that is begun comes to its end, and what was done is told."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from wizard.cli.shared import say

INTERRUPTED = 130  # the exit code, as shells have it
STOPPING = "wizard: Stopping, and telling what came of it so far. Press Ctrl-C again to stop at once."


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Gives what says whether Ctrl-C was pressed. Pressed again it raises KeyboardInterrupt, as ever."""
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        say(STOPPING)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
