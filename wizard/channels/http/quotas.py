"""How much one sender may ask for in a minute, and what is said to whoever asks for more: 429, with the time to wait
(RFC 6585, 4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wizard.channels.http.problems import TOO_MANY_MESSAGES, TOO_MANY_RUNS, TOO_MANY_SENT, ProblemType, Refused
from wizard.channels.http.rate_limit import Rate
from wizard.locale.sentences import Sentence, counted


class Quota:
    """`told` says what is too much, and after how many seconds there may be more. `closes` ends the connection of
    whoever is refused, so that a body isn't read."""

    def __init__(
        self, a_minute: int, type_: ProblemType, told: Callable[[int], Sentence], *, closes: bool = False
    ) -> None:
        self._rate = Rate(a_minute)
        self._type, self._told, self._closes = type_, told, closes

    def check(self, sender: str) -> None:
        """Counts a request of that sender. Raises Refused (429)."""
        if wait := self._rate.wait(sender):
            raise Refused(self._type, self._told(wait), {"Retry-After": str(wait)}, closes=self._closes)

    async def turn(self, sender: str) -> None:
        """Counts one, as soon as there may be one: who sends over a line of their own is slowed instead of refused."""
        wait = self._rate.wait(sender)
        while wait:
            await asyncio.sleep(wait)
            wait = self._rate.wait(sender)


def quota_of_runs(a_minute: int) -> Quota:
    """Of runs that are started from one address."""

    def told(wait: int) -> Sentence:
        return counted(
            "Too many runs were started from this address. Try again in {count} second.",
            "Too many runs were started from this address. Try again in {count} seconds.",
            wait,
        )

    return Quota(a_minute, TOO_MANY_RUNS, told, closes=True)


def quota_of_events(a_minute: int) -> Quota:
    """Of events that are sent from one address."""

    def told(wait: int) -> Sentence:
        return counted(
            "Too many events were sent from this address. Send this one again in {count} second.",
            "Too many events were sent from this address. Send this one again in {count} seconds.",
            wait,
        )

    return Quota(a_minute, TOO_MANY_SENT, told, closes=True)


def quota_of_messages(a_minute: int) -> Quota:
    """Of messages in one conversation."""

    def told(wait: int) -> Sentence:
        return counted(
            "Too many messages were sent. Send this one again in {count} second.",
            "Too many messages were sent. Send this one again in {count} seconds.",
            wait,
        )

    return Quota(a_minute, TOO_MANY_MESSAGES, told)


def too_many_codes(wait: int) -> Sentence:
    return counted(
        "Too many codes were made or tried. Try again in {count} second.",
        "Too many codes were made or tried. Try again in {count} seconds.",
        wait,
    )


def quota_of_codes(a_minute: int) -> Quota:
    """Of codes that are made for one conversation, or tried from one address."""
    return Quota(a_minute, TOO_MANY_MESSAGES, too_many_codes)
