"""Trying again: work that failed is done once more after a pause, and no try lasts for ever (S16).

What is tried again is what may pass by itself: an exception of any kind, a NodeFailed unless it is
`lasting`, a try that took too long. Other errors of the engine (an expression that fails, a broken
contract) follow from the definition and the data, and would come again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from wizard.errors import NodeFailed, WizardError
from wizard.node import Visit
from wizard.settings import Settings

log = logging.getLogger("wizard.nodes")

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[object]]


def _nobody() -> None:
    """Is told what nobody counts."""


async def persevere(
    work: Callable[[], Awaitable[T]],
    visit: Visit[Any],
    *,
    sleep: Sleep = asyncio.sleep,
    jitter: Callable[[], float] = random.random,
    again: Callable[[], None] = _nobody,
) -> T:
    """What `work` gives, tried as often and for as long as the visit's node says (`retry`, `timeout`).

    Each try begins without what the failed one set or took; what it put into `visit.state` stays, so that
    a node can go on where it was. `again` is told of each further try. Raises what the last try raised;
    NodeFailed where it took too long.
    """
    retry = visit.node.retry
    changes, files = dict(visit.changes), list(visit.files)
    tried = 0
    while True:
        tried += 1
        try:
            return await _in_time(work, seconds_for(visit))
        except Exception as error:
            if tried >= retry.attempts or _is_lasting(error):
                raise
            log.info("try %d of step %s of run %s failed: %s", tried, visit.step, visit.run, type(error).__name__)
        visit.changes, visit.files = dict(changes), list(files)
        again()
        await sleep(retry.wait(tried, jitter()))


def seconds_for(visit: Visit[Any]) -> float:
    """How long one try may take: what the node says, else the setting `step_timeout`."""
    if visit.node.timeout is not None:
        return visit.node.timeout.total_seconds()
    settings: Settings = visit.services.settings or _SETTINGS
    return settings.step_timeout


_SETTINGS = Settings()


async def _in_time(work: Callable[[], Awaitable[T]], seconds: float) -> T:
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await work()
    except TimeoutError as error:
        if not limit.expired():  # the work's own
            raise
        raise NodeFailed(f"This took longer than {seconds:g} seconds and was stopped. Try again later.") from error


def _is_lasting(error: Exception) -> bool:
    return error.lasting if isinstance(error, NodeFailed) else isinstance(error, WizardError)
