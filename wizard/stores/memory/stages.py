"""Drafts, versions and deeds of workflows, in this process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from wizard.errors import StaleDeployment, StaleDraft, StaleSharing
from wizard.model.staging import FROM_ONE, Deed, Deployed, Draft, Sharing, Version


class MemoryStages:
    """See wizard.model.staging.Stages. `save_definition` keeps what runs of a version go by."""

    def __init__(self, lock: threading.RLock, save_definition: Callable[[str, bytes], object]) -> None:
        self._lock = lock
        self._save_definition = save_definition
        self._drafts: dict[str, Draft] = {}
        self._sharings: dict[str, Sharing] = {}
        self._versions: dict[str, dict[int, Version]] = {}
        self._deployed: dict[str, int] = {}
        self._deeds: list[Deed] = []
        self._stamp = 0

    async def draft(self, workflow: str) -> Draft | None:
        return self._drafts.get(workflow)

    async def drafts(self) -> tuple[Draft, ...]:
        with self._lock:
            return tuple(draft for _, draft in sorted(self._drafts.items()))

    async def save_draft(self, draft: Draft, first: int = 1) -> None:
        await self.save_drafts((draft,), {draft.workflow: first})

    async def save_drafts(self, drafts: Sequence[Draft], first: Mapping[str, int] = FROM_ONE) -> None:
        with self._lock:
            for draft in drafts:
                begins = draft.revision == first.get(draft.workflow, 1)
                self._check_draft(draft.workflow, 0 if begins else draft.revision - 1)
            for draft in drafts:
                self._drafts[draft.workflow] = draft
                self._sharings.setdefault(draft.workflow, Sharing(draft.workflow, 1, draft.saved_by, {}))

    async def delete_draft(self, workflow: str, revision: int, deed: Deed) -> None:
        with self._lock:
            self._check_draft(workflow, revision)
            del self._drafts[workflow]
            if workflow not in self._versions:
                self._sharings.pop(workflow, None)
            self.add_deed(deed)

    def _check_draft(self, workflow: str, revision: int) -> None:
        stored = self._drafts.get(workflow)
        if (stored.revision if stored else 0) != revision:
            raise StaleDraft

    async def sharing(self, workflow: str) -> Sharing | None:
        return self._sharings.get(workflow)

    async def sharings(self) -> tuple[Sharing, ...]:
        with self._lock:
            return tuple(sharing for _, sharing in sorted(self._sharings.items()))

    async def save_sharing(self, sharing: Sharing, deed: Deed) -> None:
        with self._lock:
            stored = self._sharings.get(sharing.workflow)
            if stored is None or stored.revision != sharing.revision - 1:
                raise StaleSharing
            self._sharings[sharing.workflow] = sharing
            self.add_deed(deed)

    async def versions(self, workflow: str, limit: int = 100, below: int | None = None) -> tuple[Version, ...]:
        with self._lock:
            newest = reversed(self._versions.get(workflow, {}).values())
            listed = (each for each in newest if below is None or each.number < below)
            return tuple(islice(listed, _bounded(limit)))

    async def version(self, workflow: str, number: int) -> Version | None:
        return self._versions.get(workflow, {}).get(number)

    async def deployed(self) -> tuple[Deployed, ...]:
        with self._lock:
            return tuple(
                Deployed(workflow, number, self._versions[workflow][number].version)
                for workflow, number in sorted(self._deployed.items())
            )

    async def add_version(self, version: Version, body: bytes, deed: Deed) -> None:
        with self._lock:
            versions = self._versions.get(version.workflow, {})
            if version.number in versions or version.number != len(versions) + 1:
                raise StaleDeployment
            self._check_deployed(version.workflow, version.before)
            self._save_definition(version.version, body)
            self._versions.setdefault(version.workflow, {})[version.number] = version
            self._sharings.setdefault(version.workflow, Sharing(version.workflow, 1, version.by, {}))
            self._put(version.workflow, version.number, deed)

    async def deploy(self, workflow: str, number: int | None, instead_of: int, deed: Deed) -> None:
        with self._lock:
            self._check_deployed(workflow, instead_of)
            if number is not None and number not in self._versions[workflow]:
                raise StaleDeployment
            self._put(workflow, number, deed)

    def _check_deployed(self, workflow: str, number: int | None) -> None:
        if self._deployed.get(workflow) != number:
            raise StaleDeployment

    def _put(self, workflow: str, number: int | None, deed: Deed) -> None:
        if number is None:
            self._deployed.pop(workflow, None)
        else:
            self._deployed[workflow] = number
        self._stamp += 1
        self.add_deed(deed)

    def add_deed(self, deed: Deed) -> None:
        """See wizard.model.staging.Stages.note; under the lock."""
        self._deeds.append(deed._replace(number=len(self._deeds) + 1))

    def changed(self, deed: Deed) -> None:
        """Something else than a version is there for definitions to use, or isn't any more."""
        with self._lock:
            self._stamp += 1
            self.add_deed(deed)

    async def stamp(self) -> int:
        return self._stamp

    async def note(self, deed: Deed) -> None:
        with self._lock:
            self.add_deed(deed)

    async def deeds(self, workflow: str | None = None, limit: int = 100, below: int | None = None) -> tuple[Deed, ...]:
        with self._lock:
            listed = (
                deed
                for deed in reversed(self._deeds)
                if workflow in (None, deed.workflow) and (below is None or deed.number < below)
            )
            return tuple(islice(listed, _bounded(limit)))


def _bounded(limit: int) -> int:
    return max(0, min(limit, sys.maxsize))
