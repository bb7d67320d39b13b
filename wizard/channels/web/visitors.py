"""Who sends a request, as far as pages know: their cookies, their connection, whether the host has signed them
in; and which run that opens to them.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from wizard.channels.http.clients import host_of, is_secure
from wizard.channels.http.identities import Identify, identity_of
from wizard.channels.http.languages import remember
from wizard.channels.http.run_ids import run_id_of
from wizard.channels.web import refusals
from wizard.channels.web.csrf import (
    ANSWERED_COOKIE,
    RUN_COOKIE,
    STARTED_COOKIE,
    VISITOR_COOKIE,
    CookieWriter,
    cookies,
    form_key,
    is_foreign,
    is_key,
    is_token,
    new_visitor,
)
from wizard.channels.web.posted import KEY, Posted
from wizard.engine import Engine
from wizard.engine.access import Caller, Identity, check_access, is_personal
from wizard.engine.view import RunView
from wizard.errors import NotYours
from wizard.model import RunStatus
from wizard.settings import Settings


@dataclass(slots=True)
class Guest:
    """One request's sender. `token` is a run's, "" for none. `visitor` is the secret under which their forms have
    keys; a new one is `unknown` to the browser until it gets a cookie."""

    token: str
    visitor: str
    unknown: bool
    identity: Identity
    host: str
    cookies: CookieWriter
    answered: str = ""  # which of their pages answered which steps of the run
    started: str = ""  # the run that they started last at this start page

    def key(self, purpose: str, subject: str) -> str:
        """The key of a form that they get."""
        return form_key(self.visitor, purpose, subject)

    def check(self, posted: Posted, purpose: str, subject: str) -> None:
        """Raises Refusal (403) where the form that was posted isn't one that they got for this."""
        if self.unknown or not is_key(posted.text(KEY), self.visitor, purpose, subject):
            raise refusals.not_from_here()

    @property
    def origin(self) -> str:
        """The address of the server as they see it: https://forms.example.org"""
        return f"{'https' if self.cookies.secure else 'http'}://{self.host}"


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that is open to a guest. `subject` is what its forms' keys are bound to; `token` is "" where it is the
    guest's identity that opens it."""

    view: RunView
    subject: str
    token: str


class Visitors:
    """Says who sends a request, and opens the run of its address to them."""

    def __init__(self, engine: Engine, settings: Settings, identify: Identify | None) -> None:
        self._engine = engine
        self._settings = settings
        self._identify = identify

    async def guest_of(self, request: web.Request) -> Guest:
        """Who sends the request. Raises what the host's function raises, and Refusal (403) for a form that another
        site's page sends."""
        proxies = self._settings.proxies
        host = host_of(request, proxies)
        if request.method == "POST" and is_foreign(request.headers, host):
            raise refusals.from_elsewhere()
        identity = await identity_of(
            self._identify, request, self._engine.services.calls, self._engine.settings.step_timeout
        )
        sent = cookies(request.headers.getall("Cookie", ()))
        visitor = sent.get(VISITOR_COOKIE, "")
        return Guest(
            token=sent.get(RUN_COOKIE, ""),
            visitor=visitor or new_visitor(),
            unknown=not visitor,
            identity=identity,
            host=host,
            cookies=CookieWriter(is_secure(request, proxies), bool(self._settings.frame_ancestors)),
            answered=sent.get(ANSWERED_COOKIE, ""),
            started=sent.get(STARTED_COOKIE, ""),
        )

    async def open_run(self, request: web.Request, guest: Guest) -> OpenRun:
        """Opens the run of the address by the rule for everybody (wizard.engine.access): whoever is signed in needs no
        token of their own runs. Raises RunNotFound, NotYours, NotYourProfile, and WorkflowUnavailable where its pages
        can't be made."""
        opened = await self._open(request, guest)
        view = opened.view
        if view.workflow.unavailable is not None and view.status not in (RunStatus.EXPIRED, RunStatus.CANCELLED):
            raise view.workflow.unavailable
        return opened

    async def _open(self, request: web.Request, guest: Guest) -> OpenRun:
        run_id = run_id_of(request)
        view = await self._engine.load(run_id)
        remember(request, view.workflow.language)

        async def person() -> Identity:
            return guest.identity

        caller = Caller(guest.token, None if self._identify is None else person, needs_token=False)
        await check_access(view.run, caller)
        if is_personal(view.run, caller):
            return OpenRun(view, f"{run_id}\0{view.run.profile_id}", "")
        return OpenRun(view, guest.token, guest.token)

    async def check_link(self, request: web.Request, token: str) -> None:
        """Checks a token that came in a link. Raises RunNotFound, NotYours."""
        if not is_token(token):
            raise NotYours
        await self._engine.check_token(run_id_of(request), token)
