"""Drafts, versions and deeds of workflows, in this process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from itertools import islice

from wizard.errors import StaleDeployment, StaleDraft
from wizard.model.staging import Deed, Deployed, Draft, Version


class MemoryStages:
    """See wizard.model.staging.Stages. `save_definition` keeps what runs of a version go by."""

    def __init__(self, lock: threading.RLock, save_definition: Callable[[str, bytes], object]) -> None:
        self._lock = lock
        self._save_definition = save_definition
        self._drafts: dict[str, Draft] = {}
        self._versions: dict[str, dict[int, Version]] = {}
        self._deployed: dict[str, int] = {}
        self._deeds: list[Deed] = []
        self._stamp = 0

    async def draft(self, workflow: str) -> Draft | None:
        return self._drafts.get(workflow)

    async def drafts(self) -> tuple[Draft, ...]:
        with self._lock:
            return tuple(draft for _, draft in sorted(self._drafts.items()))

    async def save_draft(self, draft: Draft) -> None:
        with self._lock:
            self._check_draft(draft.workflow, draft.revision - 1)
            self._drafts[draft.workflow] = draft

    async def save_drafts(self, drafts: Sequence[Draft]) -> None:
        with self._lock:
            for draft in drafts:
                self._check_draft(draft.workflow, draft.revision - 1)
            self._drafts.update({draft.workflow: draft for draft in drafts})

    async def delete_draft(self, workflow: str, revision: int, deed: Deed) -> None:
        with self._lock:
            self._check_draft(workflow, revision)
            del self._drafts[workflow]
            self._note(deed)

    def _check_draft(self, workflow: str, revision: int) -> None:
        stored = self._drafts.get(workflow)
        if (stored.revision if stored else 0) != revision:
            raise StaleDraft

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
        self._note(deed)

    def _note(self, deed: Deed) -> None:
        self._deeds.append(deed._replace(number=len(self._deeds) + 1))

    async def stamp(self) -> int:
        return self._stamp

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
