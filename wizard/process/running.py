"""Running a process's main task to its end, whatever code of others does to the event loop (S26).

A function runs on the loop that all others run on, and Python gives it the loop and every task of it. What it may do
with them by mistake ends nothing here: a loop that was stopped is run again, and the main task goes on where it was
cancelled without an order. Other tasks that are cancelled do end: the requests under way, and jobs, which come again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any
from weakref import WeakSet

from wizard.process.isolation import is_ctrl_c
from wizard.process.stopping import ABANDONED

log = logging.getLogger("wizard.server")

_ENDURING: WeakSet[asyncio.Task[Any]] = WeakSet()


def run_to_its_end(main: Coroutine[Any, Any, int]) -> int:
    """The exit code that `main` gives; ABANDONED where something cancelled it that it can't go on after. Raises what
    `main` raises."""
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        task = loop.create_task(main)
        _ENDURING.add(task)
        try:
            while True:
                try:
                    return loop.run_until_complete(task)
                except asyncio.CancelledError:
                    log.critical("a function or node type cancelled the server while it started or stopped")
                    return ABANDONED
                except BaseException as error:
                    if task.done() or is_ctrl_c(error):
                        raise
                    log.critical(
                        "a function or node type stopped the event loop (%s), which is run again", type(error).__name__
                    )
        finally:
            _ENDURING.discard(task)


async def come_to(begun: asyncio.Event) -> None:
    """Waits for the event. The main task of `run_to_its_end` goes on waiting where it is cancelled meanwhile."""
    task = asyncio.current_task()
    while not begun.is_set():
        try:
            await begun.wait()
        except asyncio.CancelledError:
            if task is None or task not in _ENDURING:
                raise
            task.uncancel()
            log.critical("a function or node type cancelled the server, which goes on; requests under way were cut off")
