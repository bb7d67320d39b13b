"""Who may call the JSON interface for which run, and what they send: checked before the engine sees any of it.

A run's token is checked before anything else is read of a request, and is never logged.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from wizard.channels.api.requests import Open, Start, revision_of
from wizard.channels.http.bearer import WANTED, bearer_of
from wizard.channels.http.clients import client_of
from wizard.channels.http.identities import Identify, identity_of
from wizard.channels.http.json_bodies import read_object
from wizard.channels.http.languages import remember, remember_to_ask
from wizard.channels.http.members import Body, Members
from wizard.channels.http.problems import NOT_ALLOWED, UNAUTHORIZED, WRONG_TOKEN, Refused
from wizard.channels.http.quotas import quota_of_runs
from wizard.channels.http.run_ids import is_id, run_id_of
from wizard.engine import Engine
from wizard.engine.access import Caller, Identity, check_own
from wizard.engine.run_token import is_same
from wizard.engine.view import RunView
from wizard.errors import RunNotFound, WorkflowNotFound
from wizard.locale.sentences import Sentence, sentence
from wizard.settings import Settings


def _bearer(request: web.Request, what: Sentence) -> str:
    token = bearer_of(request)
    if token is None:
        raise Refused(UNAUTHORIZED, what, WANTED)
    return token


@dataclass(frozen=True, slots=True)
class Starter:
    """Who starts a run: the profile and session that it works on. `name` tells one person from another, "" where
    nobody is signed in; `is_stranger` where the host signs people in, and this is nobody of them."""

    profile_id: str | None
    session_id: str | None
    name: str = ""
    is_stranger: bool = False


class Admission:
    """Checks requests to the JSON interface. `who` says who sends a request, as the host knows it."""

    def __init__(self, engine: Engine, settings: Settings, who: Identify | None) -> None:
        self._engine = engine
        self._settings = settings
        self._who = who
        self._starts = quota_of_runs(settings.api_start_rate)

    async def run_id(self, request: web.Request) -> str:
        """The run's id, for whoever may open it and holds its token (wizard.engine.access). It has 128 random bits, so
        that saying there is no such run tells nobody anything. Raises Refused (401), NotYours, NotYourProfile and
        RunNotFound."""
        return await self.opened(request, run_id_of(request))

    def token(self, request: web.Request) -> str:
        """The token that a request brings. Raises Refused (401)."""
        return _bearer(request, sentence("Send the run's token, as Authorization: Bearer TOKEN."))

    async def opened(self, request: web.Request, run_id: str) -> str:
        """The same of a run that is named elsewhere than in the address. Raises what `run_id` raises."""
        token = self.token(request)
        if not is_id(run_id):
            raise RunNotFound

        async def person() -> Identity:
            remember_to_ask(request, lambda: self._language_of(run_id))  # who has its token may know its language
            return await self._person(request)

        await self._engine.check_access(run_id, Caller(token, None if self._who is None else person))
        remember_to_ask(request, lambda: self._language_of(run_id))
        return run_id

    async def _language_of(self, run_id: str) -> str:
        return (await self._engine.load(run_id)).workflow.language

    async def _person(self, request: web.Request) -> Identity:
        engine = self._engine
        return await identity_of(self._who, request, engine.services.calls, engine.settings.step_timeout)

    async def profile(self, request: web.Request) -> str:
        """The profile of whoever is signed in. Raises Refused (403) where nobody is."""
        profile_id = (await self._person(request)).profile_id
        if profile_id is None:
            what = sentence("Only people who are signed in can list their runs. Sign in first.")
            raise Refused(NOT_ALLOWED, what)
        return profile_id

    async def sender(self, request: web.Request) -> tuple[str, bool]:
        """The run's id, for whoever may tell it of events, and whether that is the host's own key: what people say
        with a run's token, a bank mustn't be taken to have said. Raises what `run_id` raises."""
        key = self._settings.event_key
        if key is None:
            return await self.run_id(request), False
        wanted = sentence("Send the key for events, as Authorization: Bearer TOKEN.")
        if not is_same(_bearer(request, wanted), key.get_secret_value()):
            what = sentence("Sending events takes the key for events (WIZARD_EVENT_KEY); a run's token is not enough.")
            raise Refused(WRONG_TOKEN, what)
        return run_id_of(request), True

    def check_deletion(self) -> None:
        """Raises Refused (403) where the host keeps what was handed in."""
        if not self._settings.allow_deletion:
            what = sentence("Runs can't be deleted here. Ask whoever runs this service to do it.")
            raise Refused(NOT_ALLOWED, what)

    async def run(self, request: web.Request) -> RunView:
        """The run, for whoever holds its token."""
        view = await self._engine.load(await self.run_id(request))
        remember(request, view.workflow.language)
        return view

    async def move(self, request: web.Request, asked: Body[Members]) -> tuple[str, Members, int | None]:
        """The run's id, what is asked, and the revision that the caller saw."""
        run_id = await self.run_id(request)
        body = await self.body(request, asked)
        return run_id, body, revision_of(request, body.get("revision"))

    async def body(self, request: web.Request, asked: Body[Members]) -> Members:
        """What is asked. Only answers have files in them, and may be as large as these. Raises Refused."""
        settings = self._settings
        may_have_files = not {"answers", "files"}.isdisjoint(asked.names)
        limit = settings.body_limit if may_have_files else min(settings.text_limit, settings.body_limit)
        return asked.check(await read_object(request, limit, settings.body_timeout))

    def check_starts(self, request: web.Request) -> None:
        """Raises Refused (429) where too many runs are started from the address of a request."""
        self._starts.check(client_of(request, self._settings.proxies))

    async def starter(self, request: web.Request, body: Start | Open) -> Starter:
        """Who starts a run. Raises NotYourProfile where its profile or session would be somebody else's."""
        with suppress(WorkflowNotFound):  # the engine says so
            remember(request, self._engine.definitions.get(body["workflow"]).language)
        if self._who is None:  # what the body names is what is asked, and shows nothing of who asks
            return Starter(body.get("profile_id"), body.get("session_id"))
        identity = await self._person(request)
        check_own(identity, profile_id=body.get("profile_id"), session_id=body.get("session_id"))
        return Starter(identity.profile_id, identity.session_id, identity.key, is_stranger=not identity.key)
