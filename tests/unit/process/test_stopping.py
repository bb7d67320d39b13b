"""The end of a process that doesn't come to it by itself."""

from __future__ import annotations

import queue

import pytest

from tests.patience import LONG
from wizard.process.stopping import ABANDONED, LastExit


def test_the_process_ends_when_its_time_is_over(caplog: pytest.LogCaptureFixture) -> None:
    """A supervisor that waits in vain kills, and nobody learns what hung."""
    left: queue.SimpleQueue[int] = queue.SimpleQueue()
    last = LastExit(left.put)
    last.within(60)
    last.within(0.05)
    assert left.get(timeout=LONG) == ABANDONED
    assert "test_stopping.py" in caplog.text or "queue" in caplog.text or "it stands at" in caplog.text


def test_a_process_that_was_not_told_to_stop_is_not_ended() -> None:
    """A host that serves for a while and goes on would die two seconds later."""
    left: queue.SimpleQueue[int] = queue.SimpleQueue()
    last = LastExit(left.put)
    last.hasten()
    last.within(60)
    with pytest.raises(queue.Empty):
        left.get(timeout=0.2)
