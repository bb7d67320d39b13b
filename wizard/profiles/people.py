"""All that is stored of a person: exported in one, and deleted in one. A person's sessions are those that runs of their
profile were created on.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from wizard.errors import DataUnreadable, DocumentNotFound, InvalidInput
from wizard.model import ENDED
from wizard.model.documents import SaveRecord
from wizard.model.events import TakenEvent
from wizard.profiles.merging import MERGED_FROM, MERGED_INTO
from wizard.stores.asides import delete_whole_run
from wizard.stores.contract import RunSummary, Store

FORMAT = 2  # of what is exported; 1 had the fields alone
MAX_ID = 500  # characters
PAGE = 1000  # records and runs that are read at once


def check_document_id(document_id: object) -> None:
    """Raises InvalidInput for what can't be the id of a profile or session."""
    if not isinstance(document_id, str) or not 0 < len(document_id) <= MAX_ID:
        raise InvalidInput(f"The id of a profile or session is a text of 1 to {MAX_ID} characters.")


class Deleted(NamedTuple):
    """What was deleted of a person: whether there was a profile, which sessions, how many runs and events; `runs_left`
    are runs that are stored still, `under_way` those of them that may save something of the person when they end."""

    profile: bool = False
    sessions: tuple[str, ...] = ()
    runs: int = 0
    events: int = 0
    runs_left: int = 0
    under_way: int = 0


async def delete_person(store: Store, profile_id: str, *, runs: bool = False) -> Deleted:
    """Deletes a profile, its sessions and their history, the events about it and, if asked, its `runs`: these first, so
    that none of them saves anything afterwards. Profiles that were merged into it go with it. An event that is sent
    again is taken as a new one then. Raises
    DocumentNotFound where nothing of it is stored."""
    check_document_id(profile_id)
    for other in await _merged_into(store, profile_id):
        with suppress(DocumentNotFound):
            await delete_person(store, other, runs=runs)
    sessions = await _sessions_of(store, profile_id, await _runs_of(store, profile_id))
    deleted_runs = await _delete_runs(store, profile_id) if runs else 0
    gone = [session for session in sessions if await store.documents.delete("session", session)]
    profile = await store.documents.delete("profile", profile_id)
    events = await store.events.forget(profile_id)
    left = await _runs_of(store, profile_id)
    if not (profile or gone or deleted_runs or events or left):
        raise DocumentNotFound
    under_way = sum(run.status not in ENDED for run in left)
    return Deleted(profile, tuple(gone), deleted_runs, events, len(left), under_way)


async def delete_session(store: Store, session_id: str) -> None:
    """Deletes a session and its history. Raises DocumentNotFound where nothing is stored under this id."""
    check_document_id(session_id)
    if not await store.documents.delete("session", session_id):
        raise DocumentNotFound


async def _merged_into(store: Store, profile_id: str) -> list[str]:
    """The profiles that became a part of this one."""
    listed = (await store.document("profile", profile_id)).fields.get(MERGED_FROM)
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list | tuple) else []
    others = [(name, await store.document("profile", name)) for name in names]
    return [name for name, other in others if other.fields.get(MERGED_INTO) == profile_id != name]


async def _delete_runs(store: Store, profile_id: str) -> int:
    deleted = 0
    for run in await _runs_of(store, profile_id):
        deleted += await delete_whole_run(store, run.id)
    return deleted


async def _runs_of(store: Store, profile_id: str) -> list[RunSummary]:
    runs: list[RunSummary] = []
    while page := await store.list_runs(profile=profile_id, limit=PAGE, before=runs[-1].place if runs else None):
        runs += page
    return runs


async def _sessions_of(store: Store, profile_id: str, runs: Sequence[RunSummary]) -> list[str]:
    """A store knows those of runs that were created since it has kept them; of earlier ones the run itself does."""
    sessions = {*await store.documents.sessions_of(profile_id)}
    for summary in runs:
        with suppress(DataUnreadable):  # nobody can tell any more
            run = await store.load(summary.id)
            if run is not None and run.session_id is not None:
                sessions.add(run.session_id)
    return sorted(sessions)


# -- exporting -------------------------------------------------------------------------------------


async def exported_person(store: Store, profile_id: str, now: datetime) -> dict[str, Any]:
    """The profile and its history, its sessions, the events about it, and a line for each of its runs, of which none
    holds an answer: what is in a run is exported run by run. Raises DocumentNotFound where nothing of it is stored."""
    check_document_id(profile_id)
    profile = await _exported(store, "profile", profile_id)
    runs = await _runs_of(store, profile_id)
    own = await _sessions_of(store, profile_id, runs)
    sessions = [await _exported(store, "session", session) for session in own]
    events = await _events_of(store, profile_id)
    if not (profile["revision"] or sessions or events or runs):
        raise DocumentNotFound
    others = [await exported_person(store, other, now) for other in await _merged_into(store, profile_id)]
    return {
        "format": FORMAT,
        "exported_at": now,
        **profile,
        **({"merged": others} if others else {}),
        "sessions": sessions,
        "events": [_event(event) for event in events],
        "runs": [_run(run, now) for run in runs],
    }


async def exported_session(store: Store, session_id: str, now: datetime) -> dict[str, Any]:
    """A session and its history. Raises DocumentNotFound where nothing is stored under this id."""
    check_document_id(session_id)
    session = await _exported(store, "session", session_id)
    if not session["revision"]:
        raise DocumentNotFound
    return {"format": FORMAT, "exported_at": now, **session}


async def _events_of(store: Store, profile_id: str) -> list[TakenEvent]:
    events: list[TakenEvent] = []
    while page := await store.events.newest(
        profile=profile_id, limit=PAGE, below=events[-1].number if events else None
    ):
        events += page
    return events


async def _exported(store: Store, kind: str, document_id: str) -> dict[str, Any]:
    document = await store.document(kind, document_id)
    records: list[SaveRecord] = []
    below: int | None = None
    while page := await store.documents.history(kind, document_id, PAGE, below):
        records += page
        below = page[-1].revision
    return {
        kind: document_id,
        "revision": document.revision,
        "fields": dict(document.fields),
        "history": history_json(records),
    }


def history_json(records: Sequence[SaveRecord]) -> list[dict[str, Any]]:
    """Records as they are told: a field that wasn't there before, or isn't after, has no value of that time."""
    return [
        {
            "revision": record.revision,
            "at": record.at,
            "action": record.origin.action.value,
            "by": record.origin.by or None,
            "note": record.origin.note,
            "run": record.origin.run or None,
            "workflow": record.origin.workflow or None,
            "changes": [
                {
                    "field": change.field,
                    **({"before": change.before} if change.had else {}),
                    **({"after": change.after} if change.has else {}),
                    "step": change.step or None,
                    "node": node_of(change.step) or None,
                }
                for change in record.changes
            ],
        }
        for record in records
    ]


def node_of(step: str) -> str:
    """The id of the node that a step's path ends at."""
    return step.rpartition("/")[2].partition("~")[0]


def _event(event: TakenEvent) -> dict[str, Any]:
    return {
        "event": event.id,
        "type": event.type,
        "at": event.at,
        "taken_at": event.taken_at,
        "session_id": event.session_id,
        "properties": dict(event.properties),
    }


def _run(run: RunSummary, now: datetime) -> dict[str, Any]:
    return {
        "run": run.id,
        "workflow": run.workflow,
        "version": run.version,
        "status": run.status_at(now).value,
        "created_at": run.created_at,
        "updated_at": run.updated_at,
    }
