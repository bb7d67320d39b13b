"""Calls that can't be stopped: a thread can't be, and neither can a coroutine that heeds no cancellation.

A job is handed back when nobody goes on with it. Whoever stopped waiting asks here first whether something of it goes
on all the same: begun anew, it would be done twice at once (S21). What outlasted its own time limit is written off, and
counts no more: it is a failure (S26), and a step that hangs for ever keeps nobody waiting for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar

_DOING: ContextVar[str] = ContextVar("wizard.doing", default="")


@contextmanager
def doing(key: str) -> Iterator[None]:
    """What is called within the context is called for the job of that key."""
    token = _DOING.set(key)
    try:
        yield
    finally:
        _DOING.reset(token)


def job_at_hand() -> str:
    """The key of the job that something is called for just now, "" where it is called for none."""
    return _DOING.get()


class Unstoppable:
    """What goes on of the jobs of one process, by their keys. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, set[object]] = {}
        self._waiting: dict[str, list[Future[None]]] = {}

    def begun(self, key: str, call: object) -> None:
        """A call is under way that can't be stopped."""
        if key:
            with self._lock:
                self._calls.setdefault(key, set()).add(call)

    def ended(self, key: str, call: object) -> None:
        with self._lock:
            calls = self._calls.get(key)
            if calls is None:
                return
            calls.discard(call)
            waiting = [] if calls else self._forget(key)
        _tell(waiting)

    def write_off(self, key: str) -> None:
        """What goes on of the job has had its time, and isn't waited for any more."""
        with self._lock:
            waiting = self._forget(key)
        _tell(waiting)

    def _forget(self, key: str) -> list[Future[None]]:
        self._calls.pop(key, None)
        return self._waiting.pop(key, [])

    def goes_on(self, key: str) -> bool:
        return key in self._calls

    def keys(self, run_id: str) -> list[str]:
        """The jobs of a run of which something goes on."""
        with self._lock:
            return [key for key in self._calls if key.startswith(f"{run_id}/")]

    def end_of(self, key: str) -> Future[None]:
        """Done when nothing of the job goes on any more."""
        future: Future[None] = Future()
        with self._lock:
            if key in self._calls:
                self._waiting.setdefault(key, []).append(future)
                return future
        future.set_result(None)
        return future


def _tell(waiting: list[Future[None]]) -> None:
    for future in waiting:
        if future.set_running_or_notify_cancel():
            future.set_result(None)
