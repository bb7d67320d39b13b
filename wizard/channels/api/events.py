"""`POST /events`: events that concern no run in particular (wizard.events)."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from wizard.channels.api.idempotency import idempotency_key
from wizard.channels.api.requests import NEW_EVENT, check_unconditional
from wizard.channels.api.responses import Emitted
from wizard.channels.http.bearer import WANTED, bearer_of
from wizard.channels.http.clients import client_of
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.json_bodies import read_object
from wizard.channels.http.problems import EVENT_KEY_WANTED, Refused, unreadable
from wizard.channels.http.quotas import quota_of_events
from wizard.engine import Engine
from wizard.engine.run_token import is_same
from wizard.locale.sentences import sentence
from wizard.model import events as taken
from wizard.settings import Settings


class Events:
    """The handler."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._quota = quota_of_events(settings.event_rate)

    async def take(self, request: web.Request) -> web.Response:
        """202 for an event that is taken now, 200 for one that was taken before."""
        self._check_key(request)
        self._quota.check(client_of(request, self._settings.proxies))
        check_unconditional(request)
        limit = min(self._settings.text_limit, self._settings.body_limit)
        body = NEW_EVENT.check(await read_object(request, limit, self._settings.body_timeout))
        emitted = await self._engine.emit(
            body["type"],
            body.get("properties"),
            id=body.get("id") or _id_by_key(request),
            profile_id=body.get("profile_id"),
            session_id=body.get("session_id"),
            at=_moment(body.get("at")),
        )
        return as_json(200 if emitted.again else 202, encode(_emitted(emitted)))

    def _check_key(self, request: web.Request) -> None:
        """Raises Refused (401)."""
        brought = bearer_of(request) or ""
        if not (_is_key(brought, self._settings.event_key) or _is_key(brought, self._settings.admin_key)):
            what = sentence("Send the key for events (WIZARD_EVENT_KEY), as Authorization: Bearer KEY.")
            raise Refused(EVENT_KEY_WANTED, what, WANTED)


def _is_key(brought: str, key: SecretStr | None) -> bool:
    return key is not None and is_same(brought, key.get_secret_value())


def _id_by_key(request: web.Request) -> str | None:
    """The id of an event that was sent without one, and with an Idempotency-Key. Raises Refused (400)."""
    key = idempotency_key(request)
    return None if key is None else f"key-{blake2b(key.encode(), digest_size=32).hexdigest()}"


def _moment(text: str | None) -> datetime | None:
    """Raises Refused (400)."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise unreadable("`at` must be a time that there is, as 2026-03-27T10:00:00Z.") from None


def _emitted(emitted: taken.Emitted) -> Emitted:
    runs: list[Any] = [run._asdict() for run in emitted.runs]
    return {
        "event": emitted.event,
        "profile_id": emitted.profile_id,
        "session_id": emitted.session_id,
        "runs": runs,
    }
