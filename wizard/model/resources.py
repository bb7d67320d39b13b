"""Resources as a store keeps them: what they hold is data to it, which only goes in and out sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from wizard.model.staging import Deed

MOST_RESOURCES = 500  # of a store
OF_NO_WORKFLOW = ""  # what deeds on resources have in the place of a workflow


@dataclass(frozen=True, slots=True)
class StoredResource:
    """A resource. `revision` counts how often it was saved: from 1, or on from the one of that name that was deleted
    before. `values` are in it by their use, with all that is secret in them, and in no repr."""

    name: str
    revision: int
    kind: str
    values: Mapping[str, Mapping[str, Any]] = field(repr=False)
    saved_at: datetime
    saved_by: str


class StoredResources(Protocol):
    """Keeps resources; every method may be called concurrently, from any process."""

    async def get(self, name: str) -> StoredResource | None: ...

    async def list(self) -> tuple[StoredResource, ...]:
        """All of them, by name."""

    async def save(self, resource: StoredResource, deed: Deed, *, first: bool) -> None:
        """In the place of the revision before it; with `first`, where there is none of that name.

        Raises StaleResource where that isn't so, and ResourceRefused where the store doesn't seal what it keeps.
        """

    async def delete(self, name: str, revision: int, deed: Deed) -> None:
        """Raises StaleResource where another revision is stored, or none."""
