"""Work under a lease: renewed while the work goes on, and given up where it can't be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from wizard.errors import WizardError

T = TypeVar("T")

log = logging.getLogger("wizard.jobs")


class LeaseLost(Exception):
    """The work is somebody else's now, or nobody's: its run was moved."""


async def held(work: asyncio.Task[T], renew: Callable[[], Coroutine[Any, Any, bool]], every: float) -> T:
    """What `work` gives, while its lease is renewed each `every` seconds. Where it isn't awaited to the end, the work
    is cancelled. Raises LeaseLost, and what `work` raises. A storage that can't be reached loses no lease by itself:
    the commit that follows tells who was faster."""
    try:
        while True:
            done, _ = await asyncio.wait({work}, timeout=every)
            if done:
                return work.result()
            try:
                if not await renew():
                    raise LeaseLost
            except WizardError as error:
                log.warning("a lease can't be renewed: %s", type(error).__name__)
    finally:
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
