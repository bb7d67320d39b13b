"""Bells that wake those in this process who wait for what is said in a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from wizard.engine import Engine


class Bells:
    """Those of the conversations of one engine, by run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._bells: dict[str, set[asyncio.Event]] = {}
        self._listens = False

    def __contains__(self, run_id: str) -> bool:
        """Whether somebody waits there."""
        return run_id in self._bells

    @contextmanager
    def hung_up(self, run_id: str) -> Iterator[asyncio.Event]:
        """One that rings as soon as something may have been said."""
        if not self._listens:  # most conversations are waited for by nobody, and an engine has a listener for good
            self._listens = True
            self._engine.listen(self._ring)
        bell = asyncio.Event()
        self._bells.setdefault(run_id, set()).add(bell)
        try:
            yield bell
        finally:
            bells = self._bells[run_id]
            bells.discard(bell)
            if not bells:
                del self._bells[run_id]

    def ring_all(self) -> None:
        """Wakes everybody."""
        for run_id in self._bells:
            self._ring(run_id)

    def _ring(self, run_id: str) -> None:
        for bell in self._bells.get(run_id, ()):
            bell.set()
