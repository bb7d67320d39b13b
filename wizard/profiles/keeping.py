"""Looking at stored profiles and sessions and changing them from outside of runs, with who did it and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from wizard.errors import DocumentNotFound, InvalidInput, SaveNotFound, StaleDocument, UndoConflict
from wizard.machine.arguments import id_problem
from wizard.model import DocumentSave, Value
from wizard.model.copies import copied
from wizard.model.documents import Origin, SaveAction, SaveRecord
from wizard.model.instants import instant
from wizard.model.values import check_value, pack
from wizard.profiles import people
from wizard.profiles.people import Deleted, check_document_id
from wizard.profiles.schema import ProfileSchema
from wizard.state.merging import Document
from wizard.state.undoing import UndoPlan, undo_of
from wizard.stores.contract import Store
from wizard.stores.documents import DocumentLine

MOST_LISTED = 100
MAX_NAME, MAX_NOTE, MAX_FIELDS = 200, 2000, 1000  # characters, and names in one change
PAGE = 100  # records that are read at once
MOST_READ = 1000  # of them for one page of a field's history
TRIES = 20


class OnConflict(StrEnum):
    """What becomes of fields that were set since the save that is undone."""

    REFUSE = "refuse"  # nothing is undone
    SKIP = "skip"  # they stay; the others are undone
    FORCE = "force"  # they are undone as well


class LinePage(NamedTuple):
    """A part of a list; the part behind it is that `after` the last id, where there is `more`."""

    lines: Sequence[DocumentLine]
    more: bool


class HistoryPage(NamedTuple):
    """A part of a history, newest first; what is behind it is `below` that revision, None where there is nothing."""

    records: Sequence[SaveRecord]
    below: int | None


class Undone(NamedTuple):
    """The document after an undo, the fields that have their earlier values again, and those that were left as they
    are because they were set since."""

    document: Document
    undone: tuple[str, ...]
    left: tuple[str, ...]


class StoredDocuments:
    """The stored profiles, or sessions, as `kind` says. `by` is who does it, `note` why, for the history.

    Every method raises InvalidInput for an id that nobody can have.
    """

    def __init__(
        self, store: Store, kind: str, clock: Callable[[], datetime], schema: ProfileSchema | None = None
    ) -> None:
        self._store = store
        self._kind = kind
        self._clock = clock
        self._schema = schema

    async def get(self, document_id: str) -> Document:
        """Raises DocumentNotFound where nothing is stored under this id."""
        document = await self._stored(document_id)
        if not document.revision:
            raise DocumentNotFound
        return _own(document)

    async def _stored(self, document_id: str) -> Document:
        check_document_id(document_id)
        return await self._store.document(self._kind, document_id)

    async def list(self, *, limit: int = MOST_LISTED, after: str = "") -> LinePage:
        """By id, MOST_LISTED at most; those `after` an id."""
        limit = max(1, min(limit, MOST_LISTED))
        lines = await self._store.documents.list(self._kind, limit + 1, after)
        return LinePage(lines[:limit], len(lines) > limit)

    async def history(
        self, document_id: str, *, field: str | None = None, limit: int = MOST_LISTED, below: int | None = None
    ) -> HistoryPage:
        """Who saved what and when, newest first: all saves, or those that set one `field`. Of a long history a page may
        hold fewer than `limit`, and there be more behind it all the same. Raises DocumentNotFound."""
        await self.get(document_id)
        limit, read = max(1, min(limit, MOST_LISTED)), 0
        listed: list[SaveRecord] = []
        while len(listed) < limit and read < MOST_READ:
            page = await self._store.documents.history(self._kind, document_id, PAGE, below)
            for record in page:
                below = record.revision
                if field is None or any(change.field == field for change in record.changes):
                    listed.append(record)
                if len(listed) == limit:
                    break
            read += len(page)
            if len(page) < PAGE and (not page or page[-1].revision == below):
                return HistoryPage(listed, None)
        return HistoryPage(listed, None if below == 1 else below)

    async def create(self, document_id: str, fields: Mapping[str, Value], *, by: str, note: str = "") -> Document:
        """Makes a document that isn't there yet; the same again, because the answer was lost, gives the same. Raises
        StaleDocument where there is another one, and InvalidInput (FieldsRefused, where the schema refuses it)."""
        if (problem := id_problem(document_id)) is not None:
            raise InvalidInput(f"The id of a {self._kind} {problem}.")
        own = self._checked(fields, whole=True)
        if not own:
            if (await self._stored(document_id)).revision:
                raise StaleDocument
            raise InvalidInput("A new one needs a field at least: without one there is nothing to store.")
        try:
            return await self._save(document_id, own, (), Origin(SaveAction.CREATE, by=by, note=note), expected=0)
        except StaleDocument:
            stored = await self._stored(document_id)
            if stored.revision != 1 or _changed(stored, own) or len(stored.fields) != len(own):
                raise
            return stored

    async def patch(
        self,
        document_id: str,
        fields: Mapping[str, Value],
        remove: Iterable[str] = (),
        *,
        revision: int | None = None,
        by: str,
        note: str = "",
    ) -> Document:
        """Sets fields, and takes others out; what is so already is no change, and the same again gives the same. Raises
        DocumentNotFound, StaleDocument where the document isn't at `revision`, and InvalidInput (FieldsRefused, where
        the schema refuses it)."""
        removed = tuple(remove)
        own = self._checked(fields, removed=removed)
        if both := own.keys() & set(removed):
            raise InvalidInput(f"Either set {', '.join(sorted(both))} or remove it.")
        for _ in range(TRIES):
            stored = await self.get(document_id)
            changed = _changed(stored, own)
            if revision not in (None, stored.revision):
                is_again = (own or removed) and not changed and stored.fields.keys().isdisjoint(removed)
                if is_again and stored.revision == (revision or 0) + 1:
                    return stored
                raise StaleDocument
            try:
                return await self._save(
                    document_id, changed, removed, Origin(SaveAction.PATCH, by=by, note=note), expected=stored.revision
                )
            except StaleDocument:
                continue
        raise StaleDocument

    async def undo(
        self,
        document_id: str,
        revision: int,
        *,
        on_conflict: OnConflict | str = OnConflict.REFUSE,
        by: str,
        note: str = "",
    ) -> Undone:
        """Gives the fields that a save set the values that they had before it. Raises DocumentNotFound, SaveNotFound,
        UndoConflict where some of them were set since (unless `on_conflict` says what to do: its words do as well),
        FieldsRefused where the schema doesn't take an earlier value any more, and InvalidInput for another word."""
        how = _on_conflict(on_conflict)
        origin = Origin(SaveAction.UNDO, by=by, note=note)
        for _ in range(TRIES):
            stored = await self.get(document_id)
            plan = await self._undo(document_id, revision, stored)
            if plan.conflicts and how is OnConflict.REFUSE:
                raise UndoConflict(plan.conflicts)
            left = plan.conflicts if how is OnConflict.SKIP else ()
            if left:
                plan = plan.without_conflicts()
            self._checked(plan.fields, removed=plan.removed)
            try:
                saved = await self._save(document_id, plan.fields, plan.removed, origin, expected=stored.revision)
            except StaleDocument:
                continue
            return Undone(saved, (*plan.fields, *plan.removed), left)
        raise StaleDocument

    async def _undo(self, document_id: str, revision: int, stored: Document) -> UndoPlan:
        """Raises SaveNotFound."""
        later: list[SaveRecord] = []
        below = stored.revision + 1
        while below > revision:
            page = await self._store.documents.history(self._kind, document_id, PAGE, below)
            for record in page:
                if record.revision == revision:
                    return undo_of(record, later, stored.fields)
                later.append(record)
            if not page:
                break
            below = page[-1].revision
        raise SaveNotFound

    async def export(self, document_id: str) -> dict[str, Any]:
        """All that is stored of it, with its history; of a profile also its sessions, the events about it, and a line
        for each of its runs (wizard.profiles.people). Raises DocumentNotFound."""
        exported = people.exported_person if self._kind == "profile" else people.exported_session
        return await exported(self._store, document_id, instant(self._clock()))

    async def delete(self, document_id: str, *, runs: bool = False) -> Deleted:
        """Deletes it and its history; with a profile also its sessions, the events about it and, if asked, its `runs`.
        Nothing brings it back. Raises DocumentNotFound."""
        if self._kind == "session":
            await people.delete_session(self._store, document_id)
            return Deleted(sessions=(document_id,))
        return await people.delete_person(self._store, document_id, runs=runs)

    async def _save(
        self,
        document_id: str,
        fields: Mapping[str, Value],
        removed: tuple[str, ...],
        origin: Origin,
        *,
        expected: int,
    ) -> Document:
        for name, text, most in (("by", origin.by, MAX_NAME), ("note", origin.note, MAX_NOTE)):
            if not isinstance(text, str) or len(text) > most or "\0" in text:
                raise InvalidInput(f"`{name}` is a text of at most {most} characters.")
        save = DocumentSave(self._kind, document_id, fields, removed, origin=origin)
        return _own(await self._store.documents.save(save, instant(self._clock()), expected))

    def _checked(
        self, fields: Mapping[str, Value], *, removed: tuple[str, ...] = (), whole: bool = False
    ) -> dict[str, Value]:
        """The fields as they are stored. Raises InvalidInput."""
        if not isinstance(fields, Mapping) or len(fields) + len(removed) > MAX_FIELDS:
            raise InvalidInput(f"`fields` is a mapping by name, of at most {MAX_FIELDS} names.")
        for name in (*fields, *removed):
            if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or "\0" in name:
                raise InvalidInput(f"The name of a field is a text of 1 to {MAX_NAME} characters.")
        check_value(dict(fields), f"What is to be set in the {self._kind}")
        own: dict[str, Value] = copied(dict(fields))
        if self._schema is None or self._kind != "profile":
            return own
        return dict(self._schema.checked(own, self._clock(), removed=removed, whole=whole))


def _own(document: Document) -> Document:
    """A copy: what the caller does with it changes nothing in the store."""
    return Document(document.revision, copied(dict(document.fields)))


def _changed(document: Document, fields: Mapping[str, Value]) -> dict[str, Value]:
    """What of these fields isn't so yet. 1 and True are two values."""
    stored = document.fields
    return {name: value for name, value in fields.items() if name not in stored or pack(stored[name]) != pack(value)}


def _on_conflict(given: OnConflict | str) -> OnConflict:
    try:
        return OnConflict(given)
    except ValueError as error:
        raise InvalidInput("`on_conflict` is refuse, skip or force.") from error
