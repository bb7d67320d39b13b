"""An event that was taken, as a blob: all of it but what has a column."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

from wizard.errors import StoreError
from wizard.model.events import RunTold, RunToStart, TakenEvent
from wizard.stores.blobs.formats import MISSHAPEN, Part, a_map, unreadable, unwrap, wrap
from wizard.stores.blobs.vault import Vault, microseconds


class Standing(IntEnum):
    """How an event stands, as a column has it."""

    UNDONE = 0
    MATCHED = 1
    UNMATCHED = 2


def standing(event: TakenEvent) -> Standing:
    if not event.is_done:
        return Standing.UNDONE
    return Standing.UNMATCHED if event.is_unmatched else Standing.MATCHED


def event_body(vault: Vault, event: TakenEvent) -> bytes:
    content = {
        "type": event.type,
        "at": event.at,
        "properties": dict(event.properties),
        "profile_id": event.profile_id,
        "session_id": event.session_id,
        "asked": event.asked,
        "starts": [list(start) for start in event.starts],
        "reaches": list(event.reaches),
        "runs": None if event.runs is None else [list(run) for run in event.runs],
        "failed": list(event.failed),
    }
    about = (event.id, microseconds(event.taken_at), int(standing(event)))
    return wrap(vault, Part.EVENT, event.id, content, about)


def read_event(vault: Vault, number: int, event_id: str, taken_at: datetime, stands: int, blob: bytes) -> TakenEvent:
    """Raises StoreError."""
    try:
        content = a_map(unwrap(vault, Part.EVENT, event_id, blob, (event_id, microseconds(taken_at), stands)))
        runs = content["runs"]
        return TakenEvent(
            event_id,
            content["type"],
            content["at"],
            a_map(content["properties"]),
            content["profile_id"],
            content["session_id"],
            content["asked"],
            taken_at,
            tuple(RunToStart(*start) for start in content["starts"]),
            tuple(content["reaches"]),
            None if runs is None else tuple(RunTold(*run) for run in runs),
            tuple(content["failed"]),
            number,
        )
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable(f"The event {event_id}", error, "") from error
