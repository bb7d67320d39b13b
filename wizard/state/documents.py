"""The internal state of a run: event, profile and session as its path has changed them.

Each step stores what it set as a patch, so that leaving the path takes it back by itself; what is
left at the end is merged into the stored documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wizard.model import DocumentSave, Run, Value
from wizard.model.run import Visible

DOCUMENTS = ("event", "profile", "session")


def document(run: Visible, name: str) -> Mapping[str, Value]:
    """The event, profile or session as it is at the cursor."""
    base: Mapping[str, Value] = getattr(run, name)
    fields = dict(_set_on_path(run, name))
    return {**base, **fields} if fields else base


def document_saves(turn: Visible, run: Run) -> tuple[DocumentSave, ...]:
    """What a completed run has to save: the fields that its path set in its profile and session."""
    saves = []
    for kind, document_id in (("profile", run.profile_id), ("session", run.session_id)):
        fields = dict(_set_on_path(turn, kind))
        if document_id is not None and fields:
            saves.append(DocumentSave(kind, document_id, fields))
    return tuple(saves)


def _set_on_path(run: Visible, name: str) -> Iterator[tuple[str, Value]]:
    for step in run.steps[: run.cursor + 1]:
        if step.patch and step.is_done:
            for (kind, key), value in step.patch.items():
                if kind == name:
                    yield key, value
