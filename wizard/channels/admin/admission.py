"""Who may make which call, and what they send: checked before anything is looked up.

The key is compared in a time that says nothing of how much of it was right, and is never logged.
"""

from __future__ import annotations

import hmac
import re

from aiohttp import web

from wizard.channels.admin.people import KEY, Admin, Person, Role, person_said
from wizard.channels.http.bearer import WANTED, bearer_of
from wizard.channels.http.clients import client_of
from wizard.channels.http.identities import asked
from wizard.channels.http.json_bodies import read_object
from wizard.channels.http.members import Body, Members
from wizard.channels.http.problems import (
    NOT_SIGNED_IN,
    PRECONDITION_REQUIRED,
    ROLE_MISSING,
    TOO_MANY_CHANGES,
    UNSUPPORTED_MEDIA_TYPE,
    Refused,
    unreadable,
)
from wizard.channels.http.rate_limit import Rate
from wizard.definitions.reading.document import is_text
from wizard.model.staging import Sharing
from wizard.process.calls import Calls
from wizard.settings import Settings
from wizard.stores.contract import Store

REVISION_TAG = '"[1-9][0-9]{0,14}"'


class Admission:
    """Checks requests. `store` knows whose a workflow is. `admin` says who sends one, as the host knows it; None where
    only the key counts. `calls` has a bound around what the host does."""

    def __init__(self, store: Store, settings: Settings, admin: Admin | None, calls: Calls) -> None:
        self._store = store
        self._settings = settings
        self._admin = admin
        self._calls = calls
        self._rate = Rate(settings.api_start_rate)

    async def person(self, request: web.Request, role: Role) -> Person:
        """Who sends the request, and has the role. Raises Refused: 401, and 403 with the role that is missing."""
        person = await self._who(request)
        if person is None:
            what = "Send the admin key, as Authorization: Bearer KEY"
            what += "." if self._admin is None else ", or sign in where this is a part of."
            raise Refused(NOT_SIGNED_IN, what, WANTED)
        check_role(person, role)
        return person

    async def check_shared(self, person: Person, role: Role, workflow: str) -> None:
        """Raises Refused (403) where they don't have the role in this workflow."""
        if not person.everywhere and not person.may(role, sharing := await self._store.stages.sharing(workflow)):
            raise not_shared(role, workflow, sharing)

    async def _who(self, request: web.Request) -> Person | None:
        key, brought = self._settings.admin_key, bearer_of(request)
        if key and brought and hmac.compare_digest(brought.encode(), key.get_secret_value().encode()):
            return KEY
        if self._admin is None:
            return None
        return person_said(await asked(self._admin, request, self._calls, self._settings.step_timeout, "admin"))

    def check_rate(self, request: web.Request) -> None:
        """Counts a request that changes something. Raises Refused (429)."""
        if wait := self._rate.wait(client_of(request, self._settings.proxies)):
            what = f"Too much was changed from this address. Try again in {wait} second{'s' if wait > 1 else ''}."
            raise Refused(TOO_MANY_CHANGES, what, {"Retry-After": str(wait)}, closes=True)

    async def body(self, request: web.Request, person: Person, kind: Body[Members]) -> Members:
        """What is sent. Whoever is known by a cookie must say that it is JSON: a page of somebody else's can make a
        browser send anything but that. Raises Refused."""
        if person is not KEY and request.content_type != "application/json":
            what = "Send a body, `{}` at least, with Content-Type: application/json."
            raise Refused(UNSUPPORTED_MEDIA_TYPE, what)
        limit = min(self._settings.text_limit, self._settings.body_limit)
        return kind.check(await read_object(request, limit, self._settings.body_timeout))


def check_role(person: Person, role: Role) -> None:
    """Raises Refused (403) where they haven't the role."""
    if not person.has(role):
        what = f"This needs the role `{role}`, which you don't have. Ask whoever gives out roles."
        raise Refused(ROLE_MISSING, what, more={"role": role})


def revision_of(request: web.Request, what: str = "draft", *, new: bool = True) -> int:
    """Which revision is to be saved over: that of If-Match, 0 with `If-None-Match: *` (RFC 9110, 13.1). `new` says
    whether there can be a first one. Raises Refused: 428 where there is neither, 400 for anything else."""
    match, none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if match is None and none_match is None:
        told = f"Send If-Match with the ETag of the {what} as you saw it"
        told += ", or `If-None-Match: *` for a new one." if new else "."
        raise Refused(PRECONDITION_REQUIRED, told)
    if match is None and (none_match or "").strip() == "*":
        return 0
    if match is None or none_match is not None or not re.fullmatch(REVISION_TAG, match.strip()):
        raise unreadable('Send either If-Match with one ETag, as "3" with its quotation marks, or If-None-Match: *.')
    return int(match.strip().strip('"'))


def not_shared(role: Role, workflow: str, sharing: Sharing | None) -> Refused:
    """What somebody is told whose workflow it isn't."""
    asked = "the operator" if sharing is None or sharing.owner is None else f"its owner, {sharing.owner}"
    what = f"You aren't the owner of the workflow `{workflow}`, and don't have the role `{role}` in it. Ask {asked}."
    return Refused(ROLE_MISSING, what, more={"role": role})


def check_everywhere(person: Person, role: Role) -> None:
    """Raises Refused (403) for somebody who works on some workflows only, where a call is about all of them."""
    if not person.everywhere:
        what = "This is about all workflows, and you work on your own and on those that are shared with you. It needs"
        raise Refused(ROLE_MISSING, f"{what} the role `{role}` for every workflow.", more={"role": role})


def check_unconditional(request: web.Request) -> None:
    """Raises Refused (400) for a condition that the call doesn't go by: to do it all the same could be to do what was
    ruled out."""
    for header in ("If-Match", "If-None-Match"):
        if header in request.headers:
            raise unreadable(f"This call doesn't go by {header}. Leave it out; `revision` says what is to be deployed.")


def check_text(name: str, text: str) -> None:
    """Raises Refused (400) for what can't be shown."""
    if not is_text(text):
        raise unreadable(f"`{name}` holds a control character. Leave it out.")
