"""Trying again: work that failed is done once more after a pause, and no try lasts for ever (S16, S26).

What is tried again is what may pass by itself: an exception of any kind, a NodeFailed unless it is
`lasting`, a try that took too long. Other errors of the engine (an expression that fails, a broken
contract) follow from the definition and the data, and would come again.

A short pause is waited for here. A longer one keeps nobody: the tries are counted at the step, and a job goes on with
them, in any process.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from wizard.errors import NodeFailed, WizardError
from wizard.model.copies import copied
from wizard.node.contract import Visit
from wizard.settings import Settings

log = logging.getLogger("wizard.nodes")

SHORT = 5.0  # seconds: the longest pause that is waited for in place
AT_ONCE = 30.0  # seconds that tries with short pauses go on for in one place
LONGEST = 60.0  # seconds that work may ask to be left alone for, where the definition allows no more

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[object]]


class TryLater(Exception):
    """Work failed `tried` times, and is to be tried again in so many `seconds`: not here, but as a job."""

    def __init__(self, seconds: float, tried: int) -> None:
        super().__init__(f"try {tried} failed; the next one is in {seconds:g} seconds")
        self.seconds = seconds
        self.tried = tried


def _nobody() -> None:
    """Is told what nobody counts."""


def _unheard(percent: float | None, text: str) -> None:
    """Hears what a function reports that came back too late."""


def pause_asked(error: Exception) -> float | None:
    """How many seconds work is to be left alone for after this error, at least; None where trying again doesn't
    help."""
    lasting = error.lasting if isinstance(error, NodeFailed) else isinstance(error, WizardError)
    return None if lasting else 0.0


async def persevere(
    work: Callable[[Visit[Any]], Awaitable[T]],
    visit: Visit[Any],
    *,
    sleep: Sleep = asyncio.sleep,
    jitter: Callable[[], float] = random.random,
    again: Callable[[], None] = _nobody,
    asked: Callable[[Exception], float | None] = pause_asked,
    seconds: float | None = None,
) -> T:
    """What `work` gives, tried as often and for as long as the visit's node says (`retry`, `timeout`).

    `work` is handed a visit of its own each time: a function that hangs and comes back after all reaches no later try
    and no run. Each try begins without what the failed one set or took; what it put into `visit.state` stays, so that
    a node can go on where it was. `again` is told of each further try, `asked` says what an error asks for, `seconds`
    what a try may take where that isn't the node's `timeout`. Raises what the last try raised; NodeFailed where it took
    too long; TryLater where the next try is too far off to be waited for and the visit `resumes`.
    """
    limit = seconds_for(visit) if seconds is None else seconds
    tried, until = visit.tried, asyncio.get_running_loop().time() + AT_ONCE
    while True:
        tried += 1
        own = replace(visit, state=copied(visit.state), changes=dict(visit.changes), files=list(visit.files))
        try:
            result = await visit.services.calls.within(limit, partial(work, own), visit)
        except TryLater:  # the work perseveres itself, in a part
            visit.state = copied(own.state)
            raise
        except Exception as error:
            visit.state = copied(own.state)
            pause = _pause_before_next(visit, tried, asked(error), jitter)
            long = pause is not None and (pause > SHORT or asyncio.get_running_loop().time() > until)
            if pause is None or (long and not visit.resumes):
                raise
            log.info("try %d of step %s of run %s failed: %s", tried, visit.step, visit.run, type(error).__name__)
            if long:
                raise TryLater(pause, tried) from error
        else:
            visit.state, visit.draft, visit.changes, visit.files = own.state, own.draft, own.changes, own.files
            return result
        finally:
            own.tell = _unheard
        again()
        await sleep(pause)


def _pause_before_next(visit: Visit[Any], tried: int, least: float | None, jitter: Callable[[], float]) -> float | None:
    """Seconds until the try after number `tried`, where the error asks for `least`; None where there is no other."""
    retry = visit.node.retry
    longest = max(retry.max_backoff.total_seconds(), LONGEST)
    if least is None or least > longest or tried >= retry.attempts:
        return None
    return max(retry.wait(tried, jitter()), least)


def seconds_for(visit: Visit[Any]) -> float:
    """How long one try may take: what the node says, else the setting `step_timeout`."""
    if visit.node.timeout is not None:
        return visit.node.timeout.total_seconds()
    settings: Settings = visit.services.settings or _SETTINGS
    return settings.step_timeout


def seconds_in_all(visit: Visit[Any]) -> float:
    """How long a call may take that tries by itself: tries and the pauses between them, those of ten where the node
    allows more. None of its own limits is cut short by that."""
    once = seconds_for(visit)
    if visit.node.handler.own_retries and visit.node.timeout is None:
        settings: Settings = visit.services.settings or _SETTINGS
        once = max(once, settings.http_timeout)
    attempts = min(visit.node.retry.attempts, MOST_IN_PLACE)
    return attempts * once + (attempts - 1) * LONGEST + SLACK


_SETTINGS = Settings()
MOST_IN_PLACE = 10  # tries that one call makes by itself
SLACK = 1.0  # seconds for what a try does besides
