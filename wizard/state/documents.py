"""The internal state of a run: event, profile and session as its path has changed them.

Each step stores what it set as a patch, so that leaving the path takes it back by itself; what is
left is merged into the stored documents at the end of the run, or with each step where the workflow says `save: step`.
Then each commit brings what is stored from what the path set before to what it sets now, also one in the middle of a
turn: nothing depends on whether a turn that was cut off is gone on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from wizard.model import DocumentSave, Run, Step, Value
from wizard.model.documents import Origin, SaveAction, TakenBack
from wizard.model.run import Field, Visible
from wizard.model.values import pack
from wizard.state.patches import fields_set, last_set

DOCUMENTS = ("event", "profile", "session")
CLOCKS_APART = timedelta(hours=1)


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


def document_saves(turn: Visible, run: Run, *, reopens: bool = False) -> tuple[DocumentSave, ...]:
    """What a completed run has to save: the fields that its path set in its profile and session. Where it `reopens`,
    it may have been completed before: what it saved then and doesn't set now is taken back."""
    saves = []
    for kind, document_id in (("profile", run.profile_id), ("session", run.session_id)):
        if document_id is None:
            continue
        setters = _setters(turn, kind)
        if setters or reopens:
            fields = {name: step.patch[kind, name] for name, step in setters.items()}
            steps = {name: step.path for name, step in setters.items()}
            origin = Origin(SaveAction.END, run.id, run.workflow)
            back = TakenBack(_since(run), rest=True) if reopens else None
            saves.append(DocumentSave(kind, document_id, fields, (), steps, origin, back))
    return tuple(saves)


def step_saves(before: Run, after: Run, *, undone: bool = False) -> tuple[DocumentSave, ...]:
    """What a run that saves as it goes (`save: step`) has to save when it is stored: what its path sets now and didn't
    set before. What it doesn't set any more is taken back, all of it where what the run did is `undone`."""
    saves: list[DocumentSave] = []
    for kind, document_id in (("profile", after.profile_id), ("session", after.session_id)):
        if document_id is not None:
            was, now = _setters(before, kind), {} if undone else _setters(after, kind)
            saves += _kept_up(kind, document_id, before, after, was, now)
    return tuple(saves)


def migrated_saves(
    before: Run, after: Run, *, was_saved: bool, is_saved: bool, returns: bool = False
) -> tuple[DocumentSave, ...]:
    """What a run has to save that is on another version now. With `was_saved` what its path set before is stored, with
    `is_saved` what it sets now is to be: a version saves as it goes, or at the end. Steps may have other paths, so it
    goes by values. What the run has stored already changes only as far as nobody else has set it since; of one that
    `returns` to where it was, all was stored already."""
    saves: list[DocumentSave] = []
    for kind, document_id in (("profile", after.profile_id), ("session", after.session_id)):
        if document_id is None:
            continue
        was = dict(fields_set(before, kind)) if was_saved else {}
        now = _setters(after, kind) if is_saved else {}
        values = {name: step.patch[kind, name] for name, step in now.items()}
        gone = tuple(name for name in was if name not in values)
        changed = {name: values[name] for name in was if name in values and pack(values[name]) != pack(was[name])}
        new = {name: value for name, value in values.items() if name not in was}
        if returns:
            changed, new = {**changed, **new}, {}
        if gone or changed:
            back = TakenBack(_since(after), gone, changed)
            origin = Origin(SaveAction.BACK, after.id, after.workflow)
            saves.append(DocumentSave(kind, document_id, {}, origin=origin, taken_back=back))
        if new:
            steps = {name: now[name].path for name in new}
            origin = Origin(SaveAction.STEP, after.id, after.workflow)
            saves.append(DocumentSave(kind, document_id, new, steps=steps, origin=origin))
    return tuple(saves)


def _since(run: Run) -> datetime:
    """No save of the run is older, also where the clocks of the processes that moved it differ (S25)."""
    return run.created_at - CLOCKS_APART


def _kept_up(
    kind: str, document_id: str, before: Run, after: Run, was: Mapping[str, Step], now: Mapping[str, Step]
) -> Iterator[DocumentSave]:
    """`was` and `now` are the steps that set each field last on the path."""
    fields: dict[str, Value] = {}
    earlier: dict[str, Value] = {}
    for name, step in now.items():
        value, setter = step.patch[kind, name], was.get(name)
        if setter is None or not _sets(before, step.path, (kind, name), value):
            fields[name] = value
        elif setter.path != step.path:  # what a later step set over it is gone, unless they have changed places
            stays = after.by_path.get(setter.path)
            hidden = stays is not None and _counts(after, stays, (kind, name))
            (fields if hidden else earlier)[name] = value
    gone = tuple(name for name in was if name not in now)
    if gone or earlier:
        back = TakenBack(_since(after), gone, earlier)
        origin = Origin(SaveAction.BACK, after.id, after.workflow)
        yield DocumentSave(kind, document_id, {}, origin=origin, taken_back=back)
    if fields:
        steps = {name: now[name].path for name in fields}
        origin = Origin(SaveAction.STEP, after.id, after.workflow)
        yield DocumentSave(kind, document_id, fields, steps=steps, origin=origin)


def _sets(run: Run, path: str, field: Field, value: Value) -> bool:
    """Whether the step at `path` sets the field to that on the run's path."""
    step = run.by_path.get(path)
    return step is not None and _counts(run, step, field) and pack(step.patch[field]) == pack(value)


def _counts(run: Run, step: Step, field: Field) -> bool:
    return step.is_done and field in step.patch and run.current is not None and step.seq <= run.current.seq


def _setters(run: Visible, kind: str) -> dict[str, Step]:
    """The step that set each field of a document last on the path, in the order in which they were set first."""
    setters = {name: last_set(run, (kind, name)) for name, _ in fields_set(run, kind)}
    return {name: step for name, step in setters.items() if step is not None}
