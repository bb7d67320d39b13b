"""How far slow work is, from the node that does it to whoever waits: kept in the store, a few times a second at most.

A report is no part of its run: it may be lost, and costs no turn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from wizard.model import Report
from wizard.stores.contract import Store

log = logging.getLogger("wizard.nodes")

PAUSE = 0.5  # seconds between two writes for one step


class Reporter:
    """What a node's reports of one visit go through. Any thread may report."""

    def __init__(self, store: Store, run_id: str, visit: int) -> None:
        self._store = store
        self._run_id = run_id
        self._visit = visit
        self._latest: Report | None = None
        self._writing: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    def __call__(self, percent: float | None, text: str) -> None:
        with suppress(RuntimeError):  # the loop is closed: whoever reports was left behind
            self._loop.call_soon_threadsafe(self._take, Report(self._visit, percent, text))

    def _take(self, report: Report) -> None:
        self._latest = report
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        while (report := self._latest) is not None:
            self._latest = None
            try:
                await self._store.report(self._run_id, report)
            except Exception as error:  # whatever it is, it costs no more than a report
                log.info("a report of run %s is lost: %s", self._run_id, type(error).__name__)
            await asyncio.sleep(PAUSE)


def reporter(store: Store) -> Callable[[str, int], Reporter]:
    """Makes what hears the reports of a run's visit."""
    return lambda run_id, visit: Reporter(store, run_id, visit)
