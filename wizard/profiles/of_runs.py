"""What nodes of a run may do with stored profiles beside their own run's: find one, and merge another into theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from wizard.errors import (
    DocumentNotFound,
    Excuse,
    ExpressionError,
    FieldsRefused,
    InvalidInput,
    NodeFailed,
    SaveNotFound,
    StaleDocument,
    WizardError,
)
from wizard.model import DocumentSave, Value
from wizard.model.documents import Origin, SaveAction, SaveRecord
from wizard.model.instants import instant
from wizard.node.contract import KnownProfile, MergedProfile
from wizard.profiles.keeping import OnConflict, StoredDocuments
from wizard.profiles.merging import MERGED_FROM, MERGED_INTO, MOST_MERGED, merged
from wizard.profiles.schema import ProfileSchema
from wizard.state.merging import Document
from wizard.stores.contract import Store

TRIES = 20
BY = "merge_profiles"  # in the history


class RunProfiles:
    """See wizard.node.contract.Profiles for what each method promises."""

    def __init__(self, store: Store, clock: Callable[[], datetime], schema: ProfileSchema | None) -> None:
        self._store = store
        self._clock = clock
        self._schema = schema
        self._saved = StoredDocuments(store, "profile", clock)

    async def find(self, field: str, value: Value, most: int) -> Sequence[KnownProfile]:
        findable = frozenset[str]() if self._schema is None else self._schema.find_by
        if field not in findable:
            listed = ", ".join(sorted(findable)) or "none yet"
            raise _failed(
                f"Profiles aren't found by {field}. Add it to `find_by` of the schema of profiles, the file that"
                f" WIZARD_PROFILE_SCHEMA names; there is {listed}",
                people=Excuse.BROKEN,
            )
        found: list[KnownProfile] = []
        for profile in await self._store.documents.find(field, value, findable, 2 * most + MOST_MERGED):
            if profile.document.fields.get(MERGED_INTO) is None and len(found) < most:
                found.append(KnownProfile(profile.id, profile.document.fields))
        return found

    async def merge(
        self, own_id: str, other_id: str, rules: Mapping[str, str], otherwise: str, run: str
    ) -> MergedProfile:
        origin = Origin(SaveAction.MERGE, run)
        for _ in range(TRIES):
            own, other = await self._store.document("profile", own_id), await self._store.document("profile", other_id)
            if (why := await self._obstacle(own_id, own, other_id, other)) is not None:
                return MergedProfile(why, {})
            listed = _merged_from(own)
            if other_id in listed:
                return MergedProfile("merged", own.fields)
            try:
                fields = await self._fields(own_id, own, other_id, other, rules, otherwise)
                fields[MERGED_FROM] = [*listed, other_id]
                if other.fields.get(MERGED_INTO) is None:
                    await self._save(other_id, {MERGED_INTO: own_id}, origin, other.revision)
                saved = await self._save(own_id, fields, origin, own.revision)
            except StaleDocument:
                continue
            return MergedProfile("merged", saved.fields)
        raise NodeFailed("The profiles were changed again and again while they were merged.", people=Excuse.BROKEN)

    async def _obstacle(self, own_id: str, own: Document, other_id: str, other: Document) -> str | None:
        """Why it can't be merged, None where it can."""
        into = other.fields.get(MERGED_INTO)
        if not other.revision or other_id == own_id:
            return "not_found"
        if own.fields.get(MERGED_INTO) is not None or into not in (None, own_id):
            return "elsewhere"
        if into is None and await self._store.list_runs(profile=other_id, live=True, limit=1):
            return "under_way"
        if len(_merged_from(own)) >= MOST_MERGED:
            raise _failed(f"{MOST_MERGED} profiles were merged into this one, which is the limit")
        return None

    async def _fields(
        self,
        own_id: str,
        own: Document,
        other_id: str,
        other: Document,
        rules: Mapping[str, str],
        otherwise: str,
    ) -> dict[str, Value]:
        """What is to be set. Raises NodeFailed."""
        newer = {name for name in other.fields if rules.get(name, otherwise) == "newest"}
        newer = {name for name in newer if await self._set_at(other_id, name) > await self._set_at(own_id, name)}
        try:
            fields = merged(own.fields, other.fields, rules, otherwise, newer.__contains__)
            return fields if self._schema is None else dict(self._schema.checked(fields, self._clock()))
        except FieldsRefused as error:
            what = f"The schema of profiles doesn't take what comes of it: {', '.join(sorted(error.errors))}"
            raise _failed(what) from error
        except (InvalidInput, ExpressionError) as error:
            raise _failed((error.message or "The fields can't be merged").rstrip(".")) from error

    async def _set_at(self, profile_id: str, field: str) -> float:
        """When a field was set last, as far as the history is kept."""
        records = await self._history(profile_id, field, 1)
        return records[0].at.timestamp() if records else float("-inf")

    async def _history(self, profile_id: str, field: str, limit: int) -> Sequence[SaveRecord]:
        try:
            return (await self._saved.history(profile_id, field=field, limit=limit)).records
        except DocumentNotFound:
            return ()

    async def _save(self, profile_id: str, fields: Mapping[str, Value], origin: Origin, expected: int) -> Document:
        save = DocumentSave("profile", profile_id, fields, origin=origin)
        try:
            return await self._store.documents.save(save, instant(self._clock()), expected)
        except StaleDocument:
            raise
        except InvalidInput as error:  # it would be too large
            raise _failed(error.message.rstrip(".")) from error

    async def unmerge(self, own_id: str, other_id: str) -> None:
        if other_id in _merged_from(await self._store.document("profile", own_id)):
            await self._undo(own_id, MERGED_FROM, other_id)
            own = await self._store.document("profile", own_id)
            if other_id in (listed := _merged_from(own)):  # another one was merged since
                left = {MERGED_FROM: [name for name in listed if name != other_id]}
                await self._save(own_id, left, Origin(SaveAction.UNDO, by=BY), own.revision)
        if (await self._store.document("profile", other_id)).fields.get(MERGED_INTO) == own_id:
            await self._undo(other_id, MERGED_INTO, own_id)

    async def _undo(self, profile_id: str, field: str, value: str) -> None:
        """Undoes the save that gave the field this value; what was set since stays."""
        for record in await self._history(profile_id, field, MOST_MERGED):
            change = next(change for change in record.changes if change.field == field)
            if value in (change.after or ()) and value not in (change.before or ()):
                with suppress(SaveNotFound):
                    await self._saved.undo(profile_id, record.revision, on_conflict=OnConflict.SKIP, by=BY)
                return


def _merged_from(document: Document) -> list[str]:
    held = document.fields.get(MERGED_FROM)
    return [name for name in held if isinstance(name, str)] if isinstance(held, list | tuple) else []


def _failed(what: str, people: object = Excuse.CHECK) -> WizardError:
    return NodeFailed(f"{what}.", people=people, lasting=True)  # type: ignore[arg-type]
