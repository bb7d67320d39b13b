"""What a store keeps of profiles and sessions beside what they are now: the record of each save, and which sessions are
a person's. `tests/contract/test_documents.py` holds the suite that every store passes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from wizard.model import DocumentSave, Value
from wizard.model.documents import SaveRecord
from wizard.state.merging import Document


class DocumentLine(NamedTuple):
    """A line of a list of profiles or sessions; it holds no fields."""

    id: str
    revision: int
    saved_at: datetime


class FoundProfile(NamedTuple):
    """A profile that was looked for by what is in it."""

    id: str
    saved_at: datetime
    document: Document


class Documents(Protocol):
    """Every method may be called concurrently, from any process. `kind` is profile or session."""

    async def save(self, save: DocumentSave, at: datetime, expected: int | None = None) -> Document:
        """Saves outside of any run, by the rules of those that a Change has, and with a record as well: the document
        after it. Raises StaleDocument where it isn't at the revision `expected`, and InvalidInput."""

    async def list(self, kind: str, limit: int = 100, after: str = "") -> Sequence[DocumentLine]:
        """By id, in the order of their UTF-8; those after an id."""

    async def find(self, field: str, value: Value, among: Collection[str], limit: int = 100) -> Sequence[FoundProfile]:
        """The profiles whose field has that value, those first that were saved last. `among` are all fields that
        profiles are to be found by, this one included: who asks first for others makes an index of theirs, which takes
        as long as there are profiles. Only texts of up to 500 characters, numbers, dates, times, true and false are
        found, numbers by their value and all else exactly."""

    async def history(
        self, kind: str, document_id: str, limit: int = 100, below: int | None = None
    ) -> Sequence[SaveRecord]:
        """The records of its saves, newest first; with `below`, those with a lower revision."""

    async def delete(self, kind: str, document_id: str) -> bool:
        """Deletes the document, its history, and what says whose it is. False where there was no document."""

    async def sessions_of(self, profile_id: str) -> Sequence[str]:
        """The sessions that runs of this profile were created on, whether something is stored of them or not."""

    async def prune(self, kind: str, before: datetime, limit: int = 1000) -> int:
        """Deletes at most so many that were saved last before that, with their history; how many they were."""

    async def prune_history(self, before: datetime, limit: int = 1000) -> int:
        """Deletes at most so many records that are older; how many they were. What they led to stays."""
