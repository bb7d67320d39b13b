"""The internal state of a run: event, profile and session as its path has changed them.

Each step stores what it set as a patch, so that leaving the path takes it back by itself; what is
left at the end is merged into the stored documents.
"""

from __future__ import annotations

from collections.abc import Mapping

from wizard.model import DocumentSave, Run, Value
from wizard.model.run import Visible
from wizard.state.patches import fields_set, last_set

DOCUMENTS = ("event", "profile", "session")


def document(run: Visible, name: str) -> Mapping[str, Value]:
    """The event, profile or session as it is at the cursor."""
    base, fields = _base(run, name), dict(fields_set(run, name))
    return {**base, **fields} if fields else base


def document_field(run: Visible, name: str, field: str) -> Value:
    """A field of `document`, None where there is none. The `id` of a profile or session is what it is stored under."""
    if field == "id" and (known := _id(run, name)) is not None:
        return known
    step = last_set(run, (name, field))
    return _base(run, name).get(field) if step is None else step.patch[name, field]


def _id(run: Visible, name: str) -> str | None:
    match name:
        case "profile":
            return run.profile_id
        case "session":
            return run.session_id
        case _:
            return None


def _base(run: Visible, name: str) -> Mapping[str, Value]:
    """What the run was started with, and what was changed from outside since."""
    match name:
        case "event":
            return run.event
        case "profile":
            return run.profile
        case _:
            return run.session


def document_saves(turn: Visible, run: Run) -> tuple[DocumentSave, ...]:
    """What a completed run has to save: the fields that its path set in its profile and session."""
    saves = []
    for kind, document_id in (("profile", run.profile_id), ("session", run.session_id)):
        fields = dict(fields_set(turn, kind))
        if document_id is not None and fields:
            saves.append(DocumentSave(kind, document_id, fields))
    return tuple(saves)
