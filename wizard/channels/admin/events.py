"""The events that were taken, for whoever looks why nothing came of one. What they brought isn't told."""

from __future__ import annotations

from aiohttp import web

from wizard.channels.admin.parameters import EVENTS, EVENTS_BELOW
from wizard.channels.admin.people import Person
from wizard.channels.admin.responses import EventLine
from wizard.channels.admin.workflows import older
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.members import MAX_TEXT
from wizard.channels.http.problems import unreadable
from wizard.model.events import TakenEvent
from wizard.stores.contract import Store


class Events:
    """The handler."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list(self, request: web.Request, person: Person) -> web.Response:
        limit, below = EVENTS.of(request), EVENTS_BELOW.of(request) or None
        profile, unmatched = request.query.get("profile"), _is_asked(request, "unmatched")
        if profile is not None and not 0 < len(profile) <= MAX_TEXT:
            raise unreadable(f"`profile` must be text of 1 to {MAX_TEXT} characters.")
        events = await self._store.events.newest(profile=profile, unmatched=unmatched, limit=limit + 1, below=below)
        lines = [_line(event) for event in events[:limit]]
        return as_json(200, encode(lines), older(request, [event.number for event in events], limit))


def _is_asked(request: web.Request, name: str) -> bool:
    """Raises Refused (400)."""
    said = request.query.get(name, "false")
    if said not in ("true", "false"):
        raise unreadable(f"`{name}` must be true or false.")
    return said == "true"


def _line(event: TakenEvent) -> EventLine:
    return {
        "number": event.number,
        "id": event.id,
        "type": event.type,
        "at": event.at,
        "taken_at": event.taken_at,
        "profile_id": event.profile_id,
        "session_id": event.session_id,
        "unmatched": event.is_unmatched,
        "runs": None if event.runs is None else [run._asdict() for run in event.runs],  # type: ignore[misc]
        "failed": list(event.failed),
    }
