"""Which nodes are at work just now, and what their code may ask of the run that it works for.

A function may tell its own run what happened (S23), and end it. A move would be a part of the turn that it is made in:
`change` would call the function again from within itself, `next` would wait for what it is a part of.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import Any

from wizard.errors import MoveFromWithin
from wizard.node import Visit

MOVES_NOTHING = frozenset({"amend", "event", "keep", "cancel"})


class AtWork:
    """A node's code is called for this visit, for as long as the context lasts. What that code begins and leaves behind
    is free when the call is over."""

    __slots__ = ("_outer", "_over", "_visit")

    def __init__(self, visit: Visit[Any]) -> None:
        self._visit = visit
        self._over = False
        self._outer: AtWork | None = None

    def __enter__(self) -> None:
        self._outer = _AT_WORK.get()
        _AT_WORK.set(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over = True
        _AT_WORK.set(self._outer)

    def refuse(self, move: str, run_id: str) -> None:
        """Raises MoveFromWithin where this visit, or one that its turn is made within, is the run's."""
        visit = self._visit
        if visit.run == run_id and not self._over:
            if move not in MOVES_NOTHING:
                raise MoveFromWithin(
                    f"The node {visit.step} asks for `{move}` on its own run {run_id}, which is at that node. "
                    "Return from it, and let the definition say where the run goes on.",
                    node=visit.step,
                    run=run_id,
                )
            if visit.node.handler.pure:
                raise MoveFromWithin(
                    f"The node {visit.step} asks for `{move}` on its own run {run_id}, and its type "
                    f"{visit.node.type} is `pure`. What has effects isn't: leave that out.",
                    node=visit.step,
                    run=run_id,
                )
        if self._outer is not None:
            self._outer.refuse(move, run_id)

    def is_for(self, run_id: str) -> bool:
        """Whether this visit, or one that its turn is made within, is the run's."""
        own = self._visit.run == run_id and not self._over
        return own or (self._outer is not None and self._outer.is_for(run_id))


_AT_WORK: ContextVar[AtWork | None] = ContextVar("wizard.at_work", default=None)


def check_not_within(move: str, run_id: str) -> None:
    """Raises MoveFromWithin where the code of a node asks for the move that the run is at."""
    at_work = _AT_WORK.get()
    if at_work is not None:
        at_work.refuse(move, run_id)


def is_at_work(run_id: str) -> bool:
    """Whether the caller is the code of a node that is called for the run."""
    at_work = _AT_WORK.get()
    return at_work is not None and at_work.is_for(run_id)
