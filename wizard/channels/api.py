"""The JSON interface (DESIGN, section 7): aiohttp handlers between HTTP and the engine.

A handler reads the request, lets the engine take its turn, and answers with the run state. What can
go wrong is an exception that `wizard.channels.problems` turns into a problem document. A run's token is
checked before anything else is read of a request, and is never logged.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from wizard.channels import openapi
from wizard.channels.bodies import (
    CHANGE,
    NEXT,
    PREVIOUS,
    REMOVE,
    START,
    Members,
    check_members,
    read_object,
    revision_of,
)
from wizard.channels.dedupe import BIRTHS, Answer, Recorder, Replies, identify
from wizard.channels.handing_out import as_attachment
from wizard.channels.identities import Identify, identity_of
from wizard.channels.origins import client_of
from wizard.channels.problems import (
    INVALID_REQUEST,
    MEDIA_TYPE,
    NOT_FOUND,
    NOT_YOUR_PROFILE,
    REJECTED,
    SECURITY_HEADERS,
    TOO_MANY_RUNS,
    UNAUTHORIZED,
    WRONG_TOKEN,
    Refused,
    problem_body,
    problems,
    type_of,
)
from wizard.channels.rates import Rate
from wizard.channels.state_json import encode, field_errors, run_state, trace_json
from wizard.channels.workflow_json import workflow_json
from wizard.codec import check_value
from wizard.engine import Engine
from wizard.errors import CallerError, NotYours, RunNotFound
from wizard.model import Reply, RunStatus
from wizard.settings import Settings
from wizard.state import RunView

PREFIX = "/api/v1"
TRACE_LIMIT = 1000  # entries in one answer

_BEARER = re.compile(r"bearer +([\w.~+/-]{1,200}=*)", re.ASCII | re.IGNORECASE)
_RUN_ID = re.compile(r"[\x21-\x7e]{1,200}")
_WANTED = {"WWW-Authenticate": 'Bearer realm="wizard"'}

Respond = Callable[[RunView], Reply] | None
Turn = Callable[[Respond], Awaitable[RunView]]


def api(engine: Engine, settings: Settings | None = None, who: Identify | None = None) -> web.Application:
    """The application to mount at `/api/v1`:
    `app.add_subapp("/api/v1", api(engine, settings))`. Its bodies are bounded by
    `settings.body_limit`, whatever the `client_max_size` of the application it is mounted in. `who` says
    who sends a request: then nobody starts or opens a run on another's profile."""
    handlers = _Handlers(engine, settings or Settings(), who)
    app = web.Application(middlewares=[problems])
    app.add_routes(
        [
            web.get("/openapi.json", handlers.openapi),
            web.get("/workflows", handlers.workflows),
            web.post("/runs", handlers.start),
            web.get("/runs/{id}", handlers.show),
            web.post("/runs/{id}/next", handlers.next),
            web.post("/runs/{id}/previous", handlers.previous),
            web.post("/runs/{id}/change", handlers.change),
            web.post("/runs/{id}/remove", handlers.remove),
            web.get("/runs/{id}/trace", handlers.trace),
            web.get("/runs/{id}/files/{file}", handlers.file),
        ]
    )
    return app


class _Handlers:
    def __init__(self, engine: Engine, settings: Settings, who: Identify | None) -> None:
        self._engine = engine
        self._settings = settings
        self._who = who
        self._rate = Rate(settings.api_start_rate)
        self._replies = Replies(engine.store)
        self._openapi = encode(openapi.document())

    # -- what needs no run -------------------------------------------------------------------------

    async def openapi(self, request: web.Request) -> web.Response:
        return _json(200, self._openapi)

    async def workflows(self, request: web.Request) -> web.Response:
        # The engine asks no more of its definitions than to give one by its id; a catalog has a list.
        known = getattr(self._engine.definitions, "workflows", {})
        return _json(200, encode([workflow_json(each) for each in known.values()]))

    async def start(self, request: web.Request) -> web.Response:
        if wait := self._rate.wait(client_of(request, self._settings.proxies)):
            detail = f"Too many runs were started from this address. Try again in {wait} seconds."
            raise Refused(TOO_MANY_RUNS, detail, {"Retry-After": str(wait)}, closes=True)
        body = await self._body(request, START)
        profile_id, session_id = await self._own_documents(request, body)

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._engine.start(
                body["workflow"],
                body.get("input"),
                profile_id=profile_id,
                session_id=session_id,
                respond=respond,
            )

        return _created(await self._answered(request, BIRTHS, body, turn))

    # -- one run -----------------------------------------------------------------------------------

    async def show(self, request: web.Request) -> web.Response:
        view = await self._open(request)
        tag = f'"{view.revision}"'
        # A run expires without a new revision, so what a caller holds of it may say something else.
        if view.status is not RunStatus.EXPIRED and _matches(request.headers.get("If-None-Match"), tag):
            return web.Response(status=304, headers={**SECURITY_HEADERS, "ETag": tag})
        return _json(200, encode(run_state(view)), {"ETag": tag})

    async def next(self, request: web.Request) -> web.Response:
        run_id, body, seen = await self._move(request, NEXT)
        answers, step, partial = body.get("answers", {}), body.get("step"), body.get("partial", False)
        if answers and step is None:
            raise Refused(INVALID_REQUEST, "`step` is missing: name the step that `answers` are for.")

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._engine.next(run_id, answers, step=step, revision=seen, partial=partial, respond=respond)

        return _moved(await self._answered(request, run_id, body, turn))

    async def previous(self, request: web.Request) -> web.Response:
        run_id, body, seen = await self._move(request, PREVIOUS)
        to, draft = body.get("to"), body.get("draft")

        async def turn(respond: Respond) -> RunView:
            check_value(draft, "The draft")
            return await self._engine.previous(run_id, to=to, draft=draft, revision=seen, respond=respond)

        return _moved(await self._answered(request, run_id, body, turn))

    async def change(self, request: web.Request) -> web.Response:
        run_id, body, seen = await self._move(request, CHANGE)

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._engine.change(run_id, body["step"], body.get("answers"), revision=seen, respond=respond)

        return _moved(await self._answered(request, run_id, body, turn))

    async def remove(self, request: web.Request) -> web.Response:
        run_id, body, seen = await self._move(request, REMOVE)

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._engine.remove_item(run_id, body["item"], revision=seen, respond=respond)

        return _moved(await self._answered(request, run_id, body, turn))

    async def trace(self, request: web.Request) -> web.Response:
        view = await self._open(request)
        after = _number(request, "after", 0, 0, 2**53)
        limit = _number(request, "limit", TRACE_LIMIT, 1, TRACE_LIMIT)
        entries = await self._engine.trace(view.id, after, limit)
        headers = {}
        if len(entries) == limit:
            following = request.rel_url.with_query(after=entries[-1].number, limit=limit)
            headers["Link"] = f'<{following}>; rel="next"'
        return _json(200, encode(trace_json(entries)), headers)

    async def file(self, request: web.Request) -> web.Response:
        view = await self._open(request)
        file_id = request.match_info["file"]
        file = await self._engine.file(view.id, file_id) if _RUN_ID.fullmatch(file_id) else None
        if file is None:
            raise Refused(NOT_FOUND, "This run has no such file.")
        return as_attachment(file, SECURITY_HEADERS)

    # -- what they share ---------------------------------------------------------------------------

    async def _open(self, request: web.Request) -> RunView:
        """The run, for whoever holds its token."""
        return await self._engine.load(await self._admitted(request))

    async def _admitted(self, request: web.Request) -> str:
        """The run's id, for whoever holds its token. It has 128 random bits, so that saying there is no
        such run tells nobody anything."""
        match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        if match is None:
            raise Refused(UNAUTHORIZED, "Send the run's token, as Authorization: Bearer TOKEN.", _WANTED)
        run_id = request.match_info["id"]
        if not _RUN_ID.fullmatch(run_id):
            raise RunNotFound
        try:
            await self._engine.check_token(run_id, match[1])
        except NotYours as error:
            raise Refused(WRONG_TOKEN, error.message) from None
        if self._who is not None:
            profile_id = (await self._engine.load(run_id)).run.profile_id
            if profile_id is not None and (await identity_of(self._who, request)).profile_id != profile_id:
                raise Refused(NOT_YOUR_PROFILE, "Sign in as the person whose run this is.")
        return run_id

    async def _own_documents(self, request: web.Request, body: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """The profile and session of the new run. Raises Refused (403) where they are somebody else's."""
        if self._who is None:
            return body.get("profile_id"), body.get("session_id")
        identity = await identity_of(self._who, request)
        own = {"profile_id": identity.profile_id, "session_id": identity.session_id}
        for name, known in own.items():
            if body.get(name, known) != known:
                raise Refused(NOT_YOUR_PROFILE, f"`{name}` isn't yours. Leave it out: it is known who you are.")
        return identity.profile_id, identity.session_id

    async def _move(self, request: web.Request, members: Members) -> tuple[str, dict[str, Any], int | None]:
        """The run's id, what is asked, and the revision that the caller saw."""
        run_id = await self._admitted(request)
        body = await self._body(request, members)
        return run_id, body, revision_of(request, body)

    async def _body(self, request: web.Request, members: Members) -> dict[str, Any]:
        body = await read_object(request, self._settings.body_limit, self._settings.body_timeout)
        check_members(body, members)
        return body

    async def _answered(self, request: web.Request, scope: str, body: Mapping[str, Any], turn: Turn) -> Answer:
        """Takes the turn, once for each idempotency key. `scope` is the run's id."""
        identity = identify(request, scope, body)
        try:
            if identity is None:
                return _render(await turn(None))
            async with self._replies.one_at_a_time(identity):
                if (earlier := await self._replies.find(identity)) is not None:
                    return earlier
                recorder = Recorder(identity, _render)
                try:
                    view = await turn(recorder.respond)
                except CallerError:
                    # Another process may have done this very request meanwhile.
                    if (earlier := await self._replies.find(identity)) is not None:
                        return earlier
                    raise
                stored = recorder.stored(view) or await self._replies.find(identity)
                return stored or _render(view)
        except CallerError as error:
            return await self._refusal(scope, error)

    async def _refusal(self, run_id: str, error: CallerError) -> Answer:
        """The problem, with the run as it is now."""
        if run_id == BIRTHS or isinstance(error, RunNotFound):
            raise error
        view = await self._engine.load(run_id)
        type_ = type_of(error)
        body = problem_body(type_, error.message, run=run_state(view))
        return Answer(type_.status, encode(body), view.id, view.revision)


def _render(view: RunView) -> Answer:
    """The run state, or why the answers weren't taken."""
    rejected = view.rejected
    if rejected is None:
        status = 200 if view.token is None else 201
        return Answer(status, encode(run_state(view)), view.id, view.revision, view.token)
    errors = field_errors(rejected)
    detail = "Correct the answers that `errors` names, and send them all again." if errors else rejected.error
    body = problem_body(REJECTED, detail or REJECTED.title, errors=errors, error=rejected.error, run=run_state(view))
    return Answer(REJECTED.status, encode(body), view.id, view.revision)


def _created(answer: Answer) -> web.Response:
    body = answer.body[:-1] + b',"token":' + encode(answer.token) + b"}"
    return _moved(answer, body, {"Location": f"{PREFIX}/runs/{quote(answer.run_id)}"})


def _moved(answer: Answer, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> web.Response:
    made = {**(headers or {}), "ETag": f'"{answer.revision}"'} if answer.status < 400 else {}
    if answer.replayed:
        made["Idempotent-Replay"] = "true"
    return _json(answer.status, answer.body if body is None else body, made)


def _json(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> web.Response:
    media_type = "application/json" if status < 400 else MEDIA_TYPE
    given = {**SECURITY_HEADERS, "Content-Type": media_type, **(headers or {})}
    return web.Response(status=status, body=body, headers=given)


def _matches(condition: str | None, tag: str) -> bool:
    """If-None-Match, by weak comparison (RFC 9110, 13.1.2)."""
    if condition is None:
        return False
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in condition.split(","))


def _number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    given = request.query.get(name)
    if given is None:
        return default
    if not re.fullmatch(r"\d{1,16}", given, re.ASCII) or not least <= int(given) <= most:
        raise Refused(INVALID_REQUEST, f"`{name}` must be a whole number between {least} and {most}.")
    return int(given)
