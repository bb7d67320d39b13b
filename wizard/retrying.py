"""Trying again: work that failed is done once more after a pause, and no try lasts for ever (S16, S26).

What is tried again is what may pass by itself: an exception of any kind, a NodeFailed unless it is
`lasting`, a try that took too long. Other errors of the engine (an expression that fails, a broken
contract) follow from the definition and the data, and would come again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from wizard.copies import copied
from wizard.errors import NodeFailed, WizardError
from wizard.node import Visit
from wizard.settings import Settings

log = logging.getLogger("wizard.nodes")

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[object]]


def _nobody() -> None:
    """Is told what nobody counts."""


def _unheard(percent: float | None, text: str) -> None:
    """Hears what a function reports that came back too late."""


async def persevere(
    work: Callable[[Visit[Any]], Awaitable[T]],
    visit: Visit[Any],
    *,
    sleep: Sleep = asyncio.sleep,
    jitter: Callable[[], float] = random.random,
    again: Callable[[], None] = _nobody,
) -> T:
    """What `work` gives, tried as often and for as long as the visit's node says (`retry`, `timeout`).

    `work` is handed a visit of its own each time: a function that hangs and comes back after all reaches no later try
    and no run. Each try begins without what the failed one set or took; what it put into `visit.state` stays, so that
    a node can go on where it was. `again` is told of each further try. Raises what the last try raised;
    NodeFailed where it took too long.
    """
    retry = visit.node.retry
    tried = 0
    while True:
        tried += 1
        own = replace(visit, state=copied(visit.state), changes=dict(visit.changes), files=list(visit.files))
        try:
            result = await visit.services.calls.within(seconds_for(visit), partial(work, own), visit)
        except Exception as error:
            visit.state = copied(own.state)
            if tried >= retry.attempts or _is_lasting(error):
                raise
            log.info("try %d of step %s of run %s failed: %s", tried, visit.step, visit.run, type(error).__name__)
        else:
            visit.state, visit.draft, visit.changes, visit.files = own.state, own.draft, own.changes, own.files
            return result
        finally:
            own.tell = _unheard
        again()
        await sleep(retry.wait(tried, jitter()))


def seconds_for(visit: Visit[Any]) -> float:
    """How long one try may take: what the node says, else the setting `step_timeout`."""
    if visit.node.timeout is not None:
        return visit.node.timeout.total_seconds()
    settings: Settings = visit.services.settings or _SETTINGS
    return settings.step_timeout


def seconds_in_all(visit: Visit[Any]) -> float:
    """How long a call may take that tries by itself: all its tries and the pauses between them. None of its own limits
    is cut short by that."""
    once = seconds_for(visit)
    if visit.node.handler.own_retries and visit.node.timeout is None:
        settings: Settings = visit.services.settings or _SETTINGS
        once = max(once, settings.http_timeout)
    attempts = visit.node.retry.attempts
    return attempts * once + (attempts - 1) * LONGEST_PAUSE + SLACK


_SETTINGS = Settings()
LONGEST_PAUSE = 60.0  # seconds between two tries
SLACK = 1.0  # seconds for what a try does besides


def _is_lasting(error: Exception) -> bool:
    return error.lasting if isinstance(error, NodeFailed) else isinstance(error, WizardError)
