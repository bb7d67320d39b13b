"""How many visits work at once: of a node, as its definition says, or of a node type, as the settings say.

All processes that share a store share the places. Who finds none waits in line and comes again as a job, the
sooner the fewer are before it. A place is a lease as the work itself is: that of a process that died ends by itself.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

from wizard.engine.leases import held
from wizard.errors import WizardError
from wizard.model.path import Place
from wizard.node import NodeType
from wizard.settings import Settings, concurrency_of
from wizard.stores.contract import Store

T = TypeVar("T")

log = logging.getLogger("wizard.jobs")

EACH = 0.25  # seconds for each who is in line before, until somebody asks again


class Slots:
    """The places of the visits that one process does. A visit's `key` is that of its job."""

    def __init__(self, store: Store, clock: Callable[[], datetime], settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._of_types = concurrency_of(settings.concurrency)
        self._lease = timedelta(seconds=settings.lease)

    def limits(self, place: Place) -> Mapping[str, int]:
        """Under which names a visit there needs a place, and how many there are."""
        node = place.node
        limits: dict[str, int] = {}
        if node.concurrency is not None:
            limits[f"node {place.frame.workflow.id}/{node.id}"] = node.concurrency
        if self._of_types:
            handler: NodeType[Any] = node.handler
            part = handler.part(node.config)
            for name in (node.type, f"{node.type}:{part}"):
                if name in self._of_types:
                    limits[f"type {name}"] = self._of_types[name]
        return limits

    async def ask(self, key: str, limits: Mapping[str, int], since: datetime) -> timedelta | None:
        """None where there are places for the visit; else how long to wait. Who asks first, by `since`, comes first."""
        before = await self._store.occupy(key, limits, self._clock(), self._lease, since)
        if not before:
            return None
        seconds = min(EACH * before, self._lease.total_seconds() / 3)
        return timedelta(seconds=seconds * (0.75 + 0.25 * random.random()))  # noqa: S311

    async def during(self, key: str, limits: Mapping[str, int], work: Coroutine[Any, Any, T]) -> T:
        """What the work gives, for which there are places; they are given back with its end."""

        async def renew() -> bool:
            await self._store.occupy(key, limits, self._clock(), self._lease, self._clock())
            return True  # where they were lost, the work goes on: it can't be taken back

        try:
            return await held(asyncio.ensure_future(work), renew, self._lease.total_seconds() / 3)
        finally:
            await self.leave(key)

    async def leave(self, key: str) -> None:
        """Gives back what the visit has, at work or in line. What can't be given back now ends with its lease."""
        with suppress(WizardError):
            await self._store.vacate(key)
