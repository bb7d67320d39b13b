"""The services of one store, at hand in this process: which there are, and the node types made of them.

Looking costs one small read. A service that somebody registers, changes or removes anywhere is known here within a
second; of one whose registration can't be used the log says why, and nothing else changes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from wizard.errors import WizardError
from wizard.model.remote import RemoteNode
from wizard.node import NodeType, Registry
from wizard.node.plugins import Unusable, reason_of
from wizard.node.registry import REMOTE
from wizard.remote.description import described
from wizard.stores.contract import Store
from wizard.stores.following import Follower, look
from wizard.stores.following import following as following_store
from wizard.telemetry.logs import broke

AWAY = "the store can't say which remote nodes are registered; those of before count"

log = logging.getLogger("wizard.remote")


class Directory:
    """Keeps a registry's remote types as a store has them. `refresh` is called every now and then, which `following`
    sees to."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self.store = store
        self.registry = registry
        self._nodes: Mapping[str, RemoteNode] = {}
        self._stamp: int | None = None
        self._looking = asyncio.Lock()

    async def refresh(self, stamp: int | None = None) -> bool:
        """Takes over what is registered now; whether anything else was before. `stamp` is the store's where its caller
        knows it. Raises StoreError, and then nothing has changed."""
        if stamp is not None and stamp == self._stamp:
            return False
        async with self._looking:  # of two looks at once, the one that saw less would have the last word
            return await self._refreshed(await self.store.stages.stamp())

    async def _refreshed(self, stamp: int) -> bool:
        if stamp == self._stamp:
            return False
        nodes = {node.type: node for node in await self.store.remote_nodes.all()}
        if nodes == self._nodes:
            self._stamp = stamp
            return False
        types: dict[str, NodeType[Any]] = {}
        unusable = []
        for name, node in nodes.items():
            try:
                types[name] = await asyncio.to_thread(self._made, node)
            except WizardError as error:
                broke(log, error, "the remote node type %s can't be used", name)
                unusable.append(Unusable(name, REMOTE, reason_of(error)))
        self.registry.offer_remote(types, nodes, unusable)
        self._nodes, self._stamp = nodes, stamp
        return True

    def _made(self, node: RemoteNode) -> NodeType[Any]:
        """The type; the same as before where nothing of it changed but its address and secret. Raises
        RemoteNodeRefused and NodeContractError."""
        before = self.registry.remote(node.type)
        if before is not None and before.description == node.description and self.registry.is_remote(node.type):
            known = self.registry.get(node.type)
            assert known is not None
            return known
        from wizard.remote.nodes import node_type_of  # most stores have none, and it brings the nodes that call out

        return node_type_of(node.type, described(node.description), self.registry.remote)


def follower(directory: Directory) -> Follower:
    """What has it know what is registered."""
    return Follower(directory.refresh, log, AWAY)


@asynccontextmanager
async def following(directory: Directory) -> AsyncIterator[None]:
    """Knows what is registered from the first moment of the context on, and follows each change until its end. A store
    that is away for a while is told once in the log; it may also be opened later."""
    own = follower(directory)
    await look(directory.store, own)
    async with following_store(directory.store, own):
        yield
