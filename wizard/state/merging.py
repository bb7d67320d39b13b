"""How a save changes a stored profile or session: field by field, so that two runs of one profile lose nothing, with a
record of what each field was before.

What a run takes back (`save: step`, and a run that is reopened) goes back to what it was before the run's own saves,
unless somebody else has set it since: then it isn't the run's any more, and stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from wizard.errors import InvalidInput
from wizard.locale.sentences import sentence
from wizard.model import DocumentSave, Value
from wizard.model.documents import OF_RUNS, FieldChange, SaveRecord, TakenBack
from wizard.model.values import MAX_VALUE_BYTES, pack


@dataclass(frozen=True, slots=True)
class Document:
    """A stored profile or session; revision 0 and no fields where it was never saved."""

    revision: int
    fields: Mapping[str, Value]


NEVER_SAVED = Document(0, {})


def merge(
    stored: Document, save: DocumentSave, at: datetime, since: Sequence[SaveRecord] = ()
) -> tuple[Document, SaveRecord | None]:
    """The document after a save, and its record; None where there is nothing to save. `since` are the document's
    records from `save.taken_back.since` on, the newest first.

    Raises InvalidInput where the document would be larger than one value may be.
    """
    fields = dict(stored.fields)
    changes: list[FieldChange] = []

    def change(name: str, after: Value, *, has: bool, step: str = "") -> None:
        changes.append(FieldChange(name, fields.get(name), after, name in fields, has, step))
        if has:
            fields[name] = after
        else:
            fields.pop(name, None)

    if save.taken_back is not None:
        for name, (has, value) in _taken_back(save, save.taken_back, since).items():
            if has != (name in fields) or pack(value) != pack(fields.get(name)):
                change(name, value, has=has)
    for name, value in _newly_set(save, since).items():
        change(name, value, has=True, step=save.steps.get(name, ""))
    for name in save.removed:
        if name in fields:
            change(name, None, has=False)
    if not changes:
        return stored, None
    if len(pack(fields)) > MAX_VALUE_BYTES:
        most = sentence(
            "The {document} would be larger than {most} bytes. Store less in it.",
            document=save.kind,
            most=MAX_VALUE_BYTES,
        )
        raise InvalidInput(most)
    merged = Document(stored.revision + 1, fields)
    return merged, SaveRecord(save.kind, save.id, merged.revision, at, save.origin, tuple(changes))


# -- what a run takes back -------------------------------------------------------------------------


class Base(NamedTuple):
    """What a field was before a run's own saves of it."""

    had: bool
    value: Value


def base_of(field: str, run: str, records: Iterable[SaveRecord]) -> Base | None:
    """What the field was before the run saved it, None where it was set last by somebody else. `records` are the
    newest first."""
    base: Base | None = None
    for record in records:
        change = next((change for change in record.changes if change.field == field), None)
        if change is None:
            continue
        if record.origin.run != run or record.origin.action not in OF_RUNS:
            break
        base = Base(change.had, change.before)
    return base


def _newly_set(save: DocumentSave, records: Sequence[SaveRecord]) -> Mapping[str, Value]:
    """The fields that are to be saved. What a run that ends again saved when it ended before isn't saved again: whoever
    has set it since has the last word."""
    if save.taken_back is None or not save.taken_back.rest:
        return save.fields
    known: dict[str, bytes] = {}
    for record in records:
        if record.origin.run == save.origin.run and record.origin.action in OF_RUNS:
            for change in record.changes:
                known.setdefault(change.field, pack(change.after) if change.has else b"")
    return {name: value for name, value in save.fields.items() if known.get(name) != pack(value)}


def _taken_back(save: DocumentSave, wanted: TakenBack, records: Sequence[SaveRecord]) -> dict[str, Base]:
    """What fields go back to, as far as they are the run's still."""
    run = save.origin.run
    names = [*wanted.fields, *wanted.earlier]
    if wanted.rest:
        saved = (change.field for record in records if record.origin.run == run for change in record.changes)
        names += sorted({*saved} - {*names, *save.fields})
    goes_back: dict[str, Base] = {}
    for name in names:
        base = base_of(name, run, records)
        if base is not None:
            goes_back[name] = Base(True, wanted.earlier[name]) if name in wanted.earlier else base
    return goes_back
