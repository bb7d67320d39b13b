"""Remote nodes, in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from wizard.errors import StaleRemoteNode
from wizard.model.remote import RemoteNode
from wizard.model.staging import Deed


class MemoryRemoteNodes:
    """See wizard.model.remote.RemoteNodes. `lock` is the store's; `changed` notes a deed and counts the stamp."""

    def __init__(self, lock: threading.RLock, changed: Callable[[Deed], None]) -> None:
        self._lock = lock
        self._changed = changed
        self._nodes: dict[str, RemoteNode] = {}

    async def all(self) -> tuple[RemoteNode, ...]:
        with self._lock:
            return tuple(node for _, node in sorted(self._nodes.items()))

    async def save(self, node: RemoteNode, deed: Deed) -> None:
        with self._lock:
            stored = self._nodes.get(node.type)
            if (0 if stored is None else stored.revision) != node.revision - 1:
                raise StaleRemoteNode
            self._nodes[node.type] = node
            self._changed(deed)

    async def remove(self, node_type: str, deed: Deed) -> bool:
        with self._lock:
            if self._nodes.pop(node_type, None) is None:
                return False
            self._changed(deed)
            return True
