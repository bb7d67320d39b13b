"""The internal state of a run: event, profile and session as its path has changed them.

Each step stores what it set as a patch, so that leaving the path takes it back by itself; what is
left is merged into the stored documents at the end of the run, or with each step where the workflow says `save: step`.
Then each commit brings what is stored from what the path set before to what it sets now, also one in the middle of a
turn: nothing depends on whether a turn that was cut off is gone on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wizard.model import DocumentSave, Run, Step, Value
from wizard.model.documents import Origin, SaveAction, TakenBack
from wizard.model.run import Field, Visible
from wizard.model.values import pack
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
            back = TakenBack(run.created_at, rest=True) if reopens else None
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
    back = TakenBack(after.created_at, gone, earlier)
    yield from _written(kind, document_id, after, back, {name: (now[name].path, fields[name]) for name in fields})


def _written(
    kind: str, document_id: str, after: Run, back: TakenBack, fields: Mapping[str, tuple[str, Value]]
) -> Iterator[DocumentSave]:
    """`fields` are what is to be saved, each with the step that set it."""
    if back.fields or back.earlier:
        origin = Origin(SaveAction.BACK, after.id, after.workflow)
        yield DocumentSave(kind, document_id, {}, origin=origin, taken_back=back)
    if fields:
        steps = {name: path for name, (path, _) in fields.items()}
        values = {name: value for name, (_, value) in fields.items()}
        origin = Origin(SaveAction.STEP, after.id, after.workflow)
        yield DocumentSave(kind, document_id, values, steps=steps, origin=origin)


def saves_on_moving(before: Run, after: Run, *, saved: bool, saves: bool) -> tuple[DocumentSave, ...]:
    """What a run has to save that goes from one version of its workflow to another: `before` is the run as it is
    stored, `saved` and `saves` tell whether the version that it leaves and the one that it goes to save as they go.
    Steps may have other paths in the other version, or no place there: they are the same by their visits. What was
    saved of steps that go along stays where the other version saves at the end alone."""
    moved: list[DocumentSave] = []
    for kind, document_id in (("profile", after.profile_id), ("session", after.session_id)):
        if document_id is None or not (saved or saves):
            continue
        was, now = _setters(before, kind), _setters(after, kind)
        if saved:
            gone = tuple(name for name in was if name not in now)
            earlier, fields = _set_otherwise(kind, before, was, now) if saves else ({}, {})
            moved += _written(kind, document_id, after, TakenBack(after.created_at, gone, earlier), fields)
        else:  # what it may have saved on a version before that is known by the history alone
            values = {name: step.patch[kind, name] for name, step in now.items()}
            steps = {name: step.path for name, step in now.items()}
            origin, back = Origin(SaveAction.STEP, after.id, after.workflow), TakenBack(after.created_at, rest=True)
            moved.append(DocumentSave(kind, document_id, values, (), steps, origin, back))
    return tuple(moved)


def _set_otherwise(
    kind: str, before: Run, was: Mapping[str, Step], now: Mapping[str, Step]
) -> tuple[dict[str, Value], dict[str, tuple[str, Value]]]:
    """The fields that have another value than what was stored of them: those that an earlier step had set so before
    another one set them over it, and those that are set anew."""
    stood = {step.visit: step for step in before.path}
    earlier: dict[str, Value] = {}
    fields: dict[str, tuple[str, Value]] = {}
    for name, step in now.items():
        field, setter, value = (kind, name), was.get(name), step.patch[kind, name]
        if setter is not None and pack(setter.patch[field]) == pack(value):
            continue
        known = stood.get(step.visit)
        hidden = known is not None and setter is not known and _counts(before, known, field)
        if setter is not None and known is not None and hidden and pack(known.patch[field]) == pack(value):
            earlier[name] = value
        else:
            fields[name] = step.path, value
    return earlier, fields


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
