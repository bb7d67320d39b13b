"""The internal state of a run: event, profile and session as its path has changed them.

Each step stores what it set as a patch, so that leaving the path takes it back by itself; what is
left at the end is merged into the stored documents.
"""

from __future__ import annotations

from collections.abc import Mapping

from wizard.model import DocumentSave, Run, Value
from wizard.model.documents import Origin, SaveAction, TakenBack
from wizard.model.run import Visible
from wizard.state.patches import fields_set, last_set

DOCUMENTS = ("event", "profile", "session")


def document(run: Visible, name: str) -> Mapping[str, Value]:
    """The event, profile or session as it is at the cursor."""
    base, fields = _base(run, name), dict(fields_set(run, name))
    return {**base, **fields} if fields else base


def document_field(run: Visible, name: str, field: str) -> Value:
    """A field of `document`, None where there is none."""
    step = last_set(run, (name, field))
    return _base(run, name).get(field) if step is None else step.patch[name, field]


def _base(run: Visible, name: str) -> Mapping[str, Value]:
    """What the run was started with, and what was changed from outside since."""
    match name:
        case "event":
            return run.event
        case "profile":
            return run.profile
        case _:
            return run.session


def document_saves(turn: Visible, run: Run, *, reopens: bool = False) -> tuple[DocumentSave, ...]:
    """What a completed run has to save: the fields that its path set in its profile and session. Where it `reopens`,
    it may have been completed before: what it saved then and doesn't set now is taken back."""
    saves = []
    for kind, document_id in (("profile", run.profile_id), ("session", run.session_id)):
        fields, steps = _set_on_path(turn, kind)
        if document_id is not None and (fields or reopens):
            origin = Origin(SaveAction.END, run.id, run.workflow)
            back = TakenBack(run.created_at, rest=True) if reopens else None
            saves.append(DocumentSave(kind, document_id, fields, (), steps, origin, back))
    return tuple(saves)


def _set_on_path(run: Visible, kind: str) -> tuple[dict[str, Value], dict[str, str]]:
    """What the path set in a document, and the step that set each field last."""
    fields: dict[str, Value] = {}
    steps: dict[str, str] = {}
    for name, value in fields_set(run, kind):
        fields[name] = value
        step = last_set(run, (kind, name))
        assert step is not None
        steps[name] = step.path
    return fields, steps
