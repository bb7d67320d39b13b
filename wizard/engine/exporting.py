"""All that is stored of one run, as JSON: for a person who asks for their data, and for whoever moves a run's
answers elsewhere.

What isn't in it: passwords, which are never shown again; the token, of which only a hash is stored; and the replies
to earlier requests, which repeat what is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wizard.definitions.outlines import STAND_IN
from wizard.engine.engine import Engine
from wizard.errors import StaleRevision
from wizard.machine.failures import said_to_people
from wizard.machine.items import is_numbers_entry
from wizard.model import Fault, Run, Step, StoredFile, Undo, Value, Workflow
from wizard.model.path import locate
from wizard.model.talk import LINKS, channels_of
from wizard.profiles.people import exported_person
from wizard.stores.asides import asides_of
from wizard.stores.contract import Store, TraceEntry

FORMAT = 1  # of what is exported
WITHHELD = "(a password, which is never shown)"
UNKNOWN = "(withheld: its node type can't be used here, and only that can tell whether it is a password)"
PAGE = 1000  # trace entries that are read at once
TRIES = 20


async def exported_run(engine: Engine, run_id: str) -> dict[str, Any]:
    """The run as it is at one moment, in JSON's types and the engine's typed values (wizard.model.values.to_json).

    Raises RunNotFound; StaleRevision where the run is moved all the time.
    """
    for _ in range(TRIES):
        engine.forget(run_id)
        view = await engine.load(run_id)
        entries = await _whole_trace(engine, run_id)
        files, former = await engine.store.files(run_id), await engine.former(run_id)
        if await engine.store.revision(run_id) == view.revision:
            before = None if former is None else _given(former.workflow, former.run) | {"version": former.run.version}
            said = await _whole_talk(engine, run_id)
            content = _content(view.workflow, view.run, entries, files) | {"before_migration": before}
            content |= {"messages": said, **await _beside(engine.store, view.run)} if said else {}
            return {"format": FORMAT, "exported_at": engine.clock()} | content
    raise StaleRevision(run=run_id)


async def exported_profile(engine: Engine, profile_id: str) -> dict[str, Any]:
    """All that is stored of a person. Raises DocumentNotFound where nothing is stored under this id."""
    return await exported_person(engine.store, profile_id, engine.clock())


async def _whole_trace(engine: Engine, run_id: str) -> list[TraceEntry]:
    entries: list[TraceEntry] = []
    while page := await engine.trace(run_id, after=entries[-1].number if entries else 0, limit=PAGE):
        entries += page
    return entries


async def _whole_talk(engine: Engine, run_id: str) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    while page := await engine.said(run_id, after=len(said), limit=PAGE):
        said += [{"id": one.id, "from": one.speaker.value, "text": one.text, "at": one.at} for one in page]
    return said


async def _beside(store: Store, run: Run) -> dict[str, Any]:
    """Where a conversation is delivered to, as each channel from outside calls it, and the runs that helped in it."""
    cells = {key: await store.cells.get(f"{LINKS}{key}") for key in channels_of(run.conversation)}
    delivered = [
        {"channel": key.partition("/")[0], "to": cell.body.get("to")}
        for key, cell in cells.items()
        if cell is not None and cell.run == run.id
    ]
    return {"delivered_to": delivered, "helped_by": list(await asides_of(store, run.id))}


def _content(
    workflow: Workflow, run: Run, entries: Sequence[TraceEntry], files: Sequence[StoredFile]
) -> dict[str, Any]:
    return {
        "run": {
            "id": run.id,
            "workflow": run.workflow,
            "version": run.version,
            "title": workflow.title,
            "status": run.status.value,
            "revision": run.revision,
            "created_at": run.created_at,
            "updated_at": run.updated_at,
            "expires_at": run.expires_at,
            "profile_id": run.profile_id,
            "session_id": run.session_id,
            "current": None if run.current is None else run.current.path,
            "fault": fault_json(run.fault),
            "removed": sorted(run.removed),
            **({} if workflow.unavailable is None else {"unavailable": workflow.unavailable.message}),
        },
        **_given(workflow, run),
        "undos": [_undo(workflow, undo) for undo in run.undos],
        "arrivals": [
            {
                "number": arrival.number,
                "event": arrival.name,
                "data": arrival.data,
                "key": arrival.key or None,
                "at": arrival.at,
            }
            for arrival in run.arrivals
        ],
        "trace": trace_json(entries),
        "files": [_file(file) for file in files],
    }


def _given(workflow: Workflow, run: Run) -> dict[str, Any]:
    """What was handed to the run, and what was answered and set in it."""
    return {
        "input": dict(run.input),
        "steps": [_step(workflow, step, kept=n > run.cursor) for n, step in enumerate(run.steps)],
        "parked": {
            path: _without_secrets(workflow, path, answers)
            for path, answers in run.parked.items()
            if not is_numbers_entry(path)
        },
        "event": dict(run.event),
        "profile": dict(run.profile),
        "session": dict(run.session),
    }


def fault_json(fault: Fault | None) -> dict[str, str] | None:
    """What stopped a run, for whoever runs the service: with what people read of it, and the reference in the log."""
    if fault is None:
        return None
    told = {"people": said_to_people(fault), "reference": fault.reference}
    return {"message": fault.message, "step": fault.node, "kind": fault.kind, **told}


def _step(workflow: Workflow, step: Step, *, kept: bool) -> dict[str, Any]:
    return {
        "step": step.path,
        "type": step.type,
        "status": step.status.value,
        "kept": kept,
        "answers": _without_secrets(workflow, step.path, step.output),
        "draft": _without_secrets(workflow, step.path, step.draft),
        "state": None if step.state is None else dict(step.state),
        "set": {f"{document}.{name}": value for (document, name), value in step.patch.items()},
        "took": None if step.took is None else {"number": step.took.number, "event": step.took.name},
        "error": step.error,
    }


def _undo(workflow: Workflow, undo: Undo) -> dict[str, Any]:
    owed = {"tries": undo.tries, "error": undo.error, "given_up": undo.failed}
    return _step(workflow, undo.step, kept=False) | owed


def _without_secrets(workflow: Workflow, path: str, answers: Mapping[str, Value] | None) -> dict[str, Value] | None:
    if answers is None:
        return None
    node = locate(workflow, path).node
    secret = node.secrets
    instead = UNKNOWN if node.handler is STAND_IN else WITHHELD
    return {name: instead if name in secret and value else value for name, value in answers.items()}


def _file(file: StoredFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.name,
        "media_type": file.media_type,
        "bytes": len(file.content),
        "content": file.content,
    }


def trace_json(entries: Iterable[TraceEntry]) -> list[dict[str, Any]]:
    """The trace, in order."""
    return [
        {
            "number": entry.number,
            "revision": entry.revision,
            "at": entry.at,
            "kind": entry.entry.kind,
            "step": entry.entry.step,
            "detail": entry.entry.detail,
        }
        for entry in entries
    ]
