"""Profiles and sessions in this process, with the record of each save."""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import islice

from wizard.errors import StaleDocument
from wizard.model import DocumentSave, Run, Value
from wizard.model.documents import SaveRecord
from wizard.state.merging import NEVER_SAVED, Document, merge
from wizard.stores.blobs.profile_marks import plain
from wizard.stores.documents import DocumentLine, FoundProfile

Name = tuple[str, str]


class MemoryDocuments:
    """See wizard.stores.documents.Documents."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._documents: dict[Name, Document] = {}
        self._saved_at: dict[Name, datetime] = {}
        self._records: dict[Name, list[SaveRecord]] = {}  # the oldest first
        self._sessions: dict[str, set[str]] = {}

    def document(self, kind: str, document_id: str) -> Document:
        """As it is now."""
        return self._documents.get((kind, document_id), NEVER_SAVED)

    def save_all(self, saves: Sequence[DocumentSave], at: datetime) -> None:
        """All of them, or none. Raises InvalidInput."""
        merged: dict[Name, Document] = {}
        added: dict[Name, list[SaveRecord]] = {}
        for save in saves:
            name = (save.kind, save.id)
            stored = merged.get(name) or self.document(*name)
            known = [*self._records.get(name, ()), *added.get(name, ())] if save.taken_back is not None else []
            since = [known for known in reversed(known) if save.taken_back and known.at >= save.taken_back.since]
            merged[name], record = merge(stored, save, at, since)
            if record is not None:
                added.setdefault(name, []).append(record)
        for name, records in added.items():
            self._documents[name], self._saved_at[name] = merged[name], at
            self._records.setdefault(name, []).extend(records)

    def add_session(self, run: Run) -> None:
        """Notes that the session that a run is created on is that of its profile, where it has both."""
        if run.profile_id is not None and run.session_id is not None:
            self._sessions.setdefault(run.profile_id, set()).add(run.session_id)

    async def save(self, save: DocumentSave, at: datetime, expected: int | None = None) -> Document:
        with self._lock:
            if expected not in (None, self.document(save.kind, save.id).revision):
                raise StaleDocument
            self.save_all([save], at)
            return self.document(save.kind, save.id)

    async def list(self, kind: str, limit: int = 100, after: str = "") -> Sequence[DocumentLine]:
        with self._lock:
            ids = [of for each, of in self._documents if each == kind and of.encode() > after.encode()]
            ids.sort(key=str.encode)
            return [
                DocumentLine(each, self._documents[kind, each].revision, self._saved_at[kind, each])
                for each in ids[: max(limit, 0)]
            ]

    async def find(self, field: str, value: Value, among: Collection[str], limit: int = 100) -> Sequence[FoundProfile]:
        wanted = plain(value)
        with self._lock:
            found = [
                FoundProfile(name[1], self._saved_at[name], document)
                for name, document in self._documents.items()
                if name[0] == "profile" and wanted is not None and plain(document.fields.get(field)) == wanted
            ]
        found.sort(key=lambda profile: (profile.saved_at, profile.id), reverse=True)
        return found[: max(limit, 0)]

    async def history(
        self, kind: str, document_id: str, limit: int = 100, below: int | None = None
    ) -> Sequence[SaveRecord]:
        with self._lock:
            newest = reversed(self._records.get((kind, document_id), []))
            listed = (record for record in newest if below is None or record.revision < below)
            return list(islice(listed, max(0, min(limit, sys.maxsize))))

    async def delete(self, kind: str, document_id: str) -> bool:
        with self._lock:
            return self._delete(kind, document_id)

    def _delete(self, kind: str, document_id: str) -> bool:
        name = (kind, document_id)
        there = self._documents.pop(name, None) is not None
        self._saved_at.pop(name, None)
        self._records.pop(name, None)
        if kind == "profile":
            self._sessions.pop(document_id, None)
        else:
            for sessions in self._sessions.values():
                sessions.discard(document_id)
        return there

    async def sessions_of(self, profile_id: str) -> Sequence[str]:
        with self._lock:
            return sorted(self._sessions.get(profile_id, ()))

    async def prune(self, kind: str, before: datetime, limit: int = 1000) -> int:
        with self._lock:
            old = [of for (each, of), at in self._saved_at.items() if each == kind and at < before]
            for document_id in old[: max(limit, 0)]:
                self._delete(kind, document_id)
            return len(old[: max(limit, 0)])

    async def prune_history(self, before: datetime, limit: int = 1000) -> int:
        pruned = 0
        with self._lock:
            for name, records in self._records.items():
                old = sum(record.at < before for record in records)
                old = min(old, max(limit, 0) - pruned)
                self._records[name] = records[old:]
                pruned += old
        return pruned
