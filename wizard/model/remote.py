"""Node types that services offer over HTTP: what is kept of each, for every process that shares a store.

A registration has a type, the address of the service, the secret that both sign with, and what the service said of
itself. `revision` counts from 1 how often it was changed, and on from a registration that takes the place of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from wizard.model.prompt import Value
from wizard.model.staging import Deed


@dataclass(frozen=True, slots=True)
class RemoteNode:
    """A node type that a service offers. `description` is what is told of it (wizard.remote.description)."""

    type: str
    revision: int
    url: str
    secret: str = field(repr=False)
    description: Mapping[str, Value]
    at: datetime
    by: str


class RemoteNodes(Protocol):
    """Keeps registrations; every method may be called concurrently, from any process. Each change is one transaction
    with its deed, and with another Stages.stamp."""

    async def all(self) -> tuple[RemoteNode, ...]:
        """By type. What can't be read is left out, and the log says so: it takes nothing from the others."""

    async def save(self, node: RemoteNode, deed: Deed) -> None:
        """In the place of the revision before it; 1 is a new one.

        Raises StaleRemoteNode where the revision before isn't the one that is stored, and SettingsError where the
        store is kept somewhere and isn't encrypted: a secret isn't written down for others to read.
        """

    async def remove(self, node_type: str, deed: Deed) -> bool:
        """False where there is none; then there is no deed either."""
