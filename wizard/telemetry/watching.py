"""How the engine, workers and stores are watched: what they tell, and nothing of who listens (metrics, spans, logs).

Watching never changes what is watched and costs next to nothing. What is told holds no answers: names of moves and
node types, ids of runs, seconds, and outcomes, of which there is a fixed number.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol

from wizard.errors import CallerError, StaleInput, WorkflowUnavailable

log = logging.getLogger("wizard.engine")

ACCEPTED = "accepted"


class WatchedTurn(Protocol):
    """A turn while it goes on, as a context manager. `outcome` is accepted, rejected, replayed or unchanged, as the
    engine says before the end; `ended` tells what an exception makes of it."""

    outcome: str

    def __enter__(self) -> WatchedTurn: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Watch(Protocol):
    """What the engine and workers tell. No method raises or waits."""

    def turn(self, name: str, run_id: str) -> WatchedTurn:
        """A turn of a run begins: start, next, previous, change, save, keep, remove, amend, cancel, event or job."""

    def retried(self) -> None:
        """A turn is tried again: somebody else's commit was faster."""

    def node(self, type: str, seconds: float, outcome: str) -> None:  # noqa: A002 - the word of the definition format
        """A background node was executed: done, failed, late (the run had moved on) or deferred."""

    def tried_again(self, type: str) -> None:  # noqa: A002
        """A background node failed and is tried again."""

    def job(self, kind: str, outcome: str, seconds: float) -> None:
        """A job was worked on: done, put_off, failed, put aside for an operator (aside), or lost to another worker."""

    def event(self, outcome: str) -> None:
        """An event came that concerns no run in particular: matched, unmatched, again (it was taken before) or
        refused."""

    def undo_failed(self, run_id: str) -> None:
        """An effect of a dropped step couldn't be undone and was given up: an operator's now."""


class StoreWatch(Protocol):
    """What is told of a store's calls."""

    def store(self, call: str, seconds: float | None, failed: bool) -> None:
        """A call ended; `seconds` is None where it may wait for something to happen."""


class Unheard:
    """A turn that nobody watches."""

    __slots__ = ("outcome",)

    def __init__(self) -> None:
        self.outcome = ACCEPTED

    def __enter__(self) -> Unheard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


_UNHEARD = Unheard()  # one for all turns: nobody reads what is written to it


class Nobody:
    """A Watch that hears nothing, and the base of those that hear some of it."""

    def turn(self, name: str, run_id: str) -> WatchedTurn:
        return _UNHEARD

    def retried(self) -> None:
        pass

    def node(self, type: str, seconds: float, outcome: str) -> None:  # noqa: A002
        pass

    def tried_again(self, type: str) -> None:  # noqa: A002
        pass

    def job(self, kind: str, outcome: str, seconds: float) -> None:
        pass

    def event(self, outcome: str) -> None:
        pass

    def undo_failed(self, run_id: str) -> None:
        pass


NOBODY: Watch = Nobody()


def _tell(listener: Callable[..., object], *said: object) -> None:
    try:
        listener(*said)
    except Exception as error:
        log.warning("a listener failed: %s", type(error).__name__)


class All:
    """A Watch that tells several. A turn is begun for the first of them first, and ended for it last. Where one
    of several fails, that is logged: nobody's turn is lost by being watched."""

    def __init__(self, *watches: Watch) -> None:
        self._watches = watches

    def turn(self, name: str, run_id: str) -> WatchedTurn:
        if len(self._watches) == 1:
            return self._watches[0].turn(name, run_id)
        return _Turns(list(self._begun(name, run_id)))

    def _begun(self, name: str, run_id: str) -> Iterator[WatchedTurn]:
        for watch in self._watches:
            try:
                yield watch.turn(name, run_id)
            except Exception as error:
                log.warning("a listener failed: %s", type(error).__name__)

    def retried(self) -> None:
        for watch in self._watches:
            _tell(watch.retried)

    def node(self, type: str, seconds: float, outcome: str) -> None:  # noqa: A002
        for watch in self._watches:
            _tell(watch.node, type, seconds, outcome)

    def tried_again(self, type: str) -> None:  # noqa: A002
        for watch in self._watches:
            _tell(watch.tried_again, type)

    def job(self, kind: str, outcome: str, seconds: float) -> None:
        for watch in self._watches:
            _tell(watch.job, kind, outcome, seconds)

    def event(self, outcome: str) -> None:
        for watch in self._watches:
            _tell(watch.event, outcome)

    def undo_failed(self, run_id: str) -> None:
        for watch in self._watches:
            _tell(watch.undo_failed, run_id)


class _Turns:
    """One turn, for several watches."""

    __slots__ = ("_turns", "outcome")

    def __init__(self, turns: list[WatchedTurn]) -> None:
        self.outcome = ACCEPTED
        self._turns = turns

    def __enter__(self) -> _Turns:
        begun = []
        for turn in self._turns:
            try:
                turn.__enter__()
                begun.append(turn)
            except Exception as failure:
                log.warning("a listener failed: %s", type(failure).__name__)
        self._turns = begun
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for turn in reversed(self._turns):
            turn.outcome = self.outcome
            _tell(turn.__exit__, kind, error, trace)


def ended(outcome: str, error: BaseException | None) -> str:
    """How a turn ended: what the engine said, or stale, refused, unavailable (its workflow is), stopped (with its
    request or process) or failed."""
    match error:
        case None:
            return outcome
        case StaleInput():
            return "stale"
        case CallerError():
            return "refused"
        case WorkflowUnavailable():
            return "unavailable"
        case Exception():
            return "failed"
        case _:  # asyncio.CancelledError, KeyboardInterrupt
            return "stopped"
