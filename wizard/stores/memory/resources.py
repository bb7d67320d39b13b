"""Resources, in this process, where nothing is written anywhere."""

from __future__ import annotations

import threading
from collections.abc import Callable

from wizard.errors import StaleResource
from wizard.model.resources import StoredResource
from wizard.model.staging import Deed


class MemoryResources:
    """See wizard.model.resources.StoredResources for what each method promises."""

    def __init__(self, lock: threading.RLock, note: Callable[[Deed], None]) -> None:
        self._lock = lock
        self._note = note
        self._resources: dict[str, StoredResource] = {}

    async def get(self, name: str) -> StoredResource | None:
        return self._resources.get(name)

    async def list(self) -> tuple[StoredResource, ...]:
        with self._lock:
            return tuple(resource for _, resource in sorted(self._resources.items()))

    async def save(self, resource: StoredResource, deed: Deed, *, first: bool) -> None:
        with self._lock:
            self._check(resource.name, None if first else resource.revision - 1)
            self._resources[resource.name] = resource
            self._note(deed)

    async def delete(self, name: str, revision: int, deed: Deed) -> None:
        with self._lock:
            self._check(name, revision)
            del self._resources[name]
            self._note(deed)

    def _check(self, name: str, revision: int | None) -> None:
        stored = self._resources.get(name)
        if (None if stored is None else stored.revision) != revision:
            raise StaleResource
