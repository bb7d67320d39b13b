"""The JSON interface: which call has which handler, and those that only look.

A handler reads the request, lets the engine take its turn, and answers with the run state. What can
go wrong is an exception that `wizard.channels.http.problems` turns into a problem document.
"""

from __future__ import annotations

from functools import cache, partial

from aiohttp import web

from wizard.channels.api import openapi
from wizard.channels.api.admission import Admission
from wizard.channels.api.conversations import Talks
from wizard.channels.api.events import Events
from wizard.channels.api.moves import Moves
from wizard.channels.api.parameters import AFTER, ENTRIES, RUNS
from wizard.channels.api.run_json import Window, after, around, before, line_json, run_state
from wizard.channels.api.sockets import Sockets
from wizard.channels.api.workflow_json import workflow_json
from wizard.channels.conversation.codes import Codes
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.http.attachments import as_attachment
from wizard.channels.http.bodies import go_on
from wizard.channels.http.cross_origin import CrossOrigin
from wizard.channels.http.identities import Identify
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.places import TooMany
from wizard.channels.http.problems import (
    DESCRIPTION,
    INVALID_REQUEST,
    NOT_FOUND,
    SECURITY_HEADERS,
    TOO_MANY_FOLLOWERS,
    WAIT,
    Refused,
    problem,
    problems,
    protect,
)
from wizard.channels.http.query import next_page
from wizard.channels.http.run_ids import is_id
from wizard.channels.http.streams import Followers
from wizard.definitions.listing import listed
from wizard.engine import Engine
from wizard.engine.exporting import trace_json
from wizard.errors import InvalidInput
from wizard.locale.sentences import sentence
from wizard.model import Run, RunStatus
from wizard.settings import Settings

__all__ = ["PREFIX", "api", "elsewhere"]

PREFIX = "/api/v1"


def api(
    engine: Engine,
    settings: Settings | None = None,
    who: Identify | None = None,
    followers: Followers | None = None,
) -> web.Application:
    """The application to mount at `/api/v1`:
    `app.add_subapp("/api/v1", api(engine, settings))`. Its bodies are bounded by
    `settings.body_limit`, whatever the `client_max_size` of the application it is mounted in. `who` says
    who sends a request: then nobody starts or opens a run on another's profile. `followers` are those of the
    whole server, where something else has streams as well."""
    settings = settings or Settings()
    admission, followers = Admission(engine, settings, who), followers or Followers(engine)
    looks, moves = _Looks(engine, admission, followers, who is not None), Moves(engine, admission)
    conversations = Conversations(engine)
    talks = Talks(conversations, Codes(engine), admission, moves, settings)
    sockets = Sockets(engine, conversations, talks, admission, settings)
    app = web.Application(middlewares=[problems])
    app.on_shutdown.append(followers.stop)
    app.on_shutdown.append(sockets.stop)
    app.on_shutdown.append(talks.stop)
    cross_origin = CrossOrigin(settings)
    app.on_response_prepare.append(protect)
    app.on_response_prepare.append(cross_origin.allow)
    app.add_routes(_of_runs(looks, moves))
    app.add_routes(_of_conversations(talks, sockets))
    app.add_routes([_post("/events", Events(engine, settings).take)])
    if settings.chat_origins:
        for address in ("/conversations", "/conversations/{id}/messages", "/runs/{id}"):  # what a chat elsewhere asks
            app.router.add_options(address, cross_origin.preflight)
    if who is not None:  # else nobody is ever signed in
        app.add_routes([_get("/runs", looks.own)])
    return app


_get = partial(web.get, expect_handler=go_on)
_post = partial(web.post, expect_handler=go_on)


def _of_runs(looks: _Looks, moves: Moves) -> list[web.RouteDef]:
    return [
        _get("/openapi.json", looks.openapi, name=DESCRIPTION),
        _get("/workflows", looks.workflows),
        _post("/runs", moves.start),
        _get("/runs/{id}", looks.show),
        web.delete("/runs/{id}", moves.delete, expect_handler=go_on),
        _post("/runs/{id}/next", moves.next),
        _post("/runs/{id}/previous", moves.previous),
        _post("/runs/{id}/change", moves.change),
        _post("/runs/{id}/remove", moves.remove),
        _post("/runs/{id}/events", moves.event),
        _post("/runs/{id}/cancel", moves.cancel),
        _get("/runs/{id}/progress", looks.progress),
        _get("/runs/{id}/trace", looks.trace),
        _get("/runs/{id}/files/{file}", looks.file),
    ]


def _of_conversations(talks: Talks, sockets: Sockets) -> list[web.RouteDef]:
    return [
        _post("/conversations", talks.open),
        _post("/conversations/{id}/messages", talks.say),
        _post("/conversations/{id}/codes", talks.code),
        _get("/conversations/{id}/messages", talks.said),
        _get("/conversations/{id}/ws", sockets.serve),
    ]


async def elsewhere(request: web.Request) -> web.Response:
    """What is asked for below `/api/` and isn't of this version: programs are told so as they are told everything."""
    return problem(request, NOT_FOUND, NOT_FOUND.title)


@cache
def _document(server: str, people: bool) -> bytes:
    return encode(openapi.document(server, people=people))


class _Looks:
    """The handlers that change nothing."""

    def __init__(self, engine: Engine, admission: Admission, followers: Followers, people: bool) -> None:
        self._engine = engine
        self._admission = admission
        self._followers = followers
        self._people = people

    async def openapi(self, request: web.Request) -> web.Response:
        address = request.rel_url.raw_path.removesuffix("/openapi.json")
        return as_json(200, _document(address, self._people))

    async def workflows(self, request: web.Request) -> web.Response:
        shown = listed(self._engine.definitions.all_workflows())
        return as_json(200, encode([workflow_json(workflow) for workflow in shown]))

    async def own(self, request: web.Request) -> web.Response:
        profile_id = await self._admission.profile(request)
        limit = RUNS.of(request)
        try:
            page = await self._engine.runs_of(profile_id, limit=limit, before=request.query.get("before"))
        except InvalidInput as error:
            raise Refused(INVALID_REQUEST, error.people) from None
        headers = next_page(request, before=page.older, limit=limit) if page.older else None
        return as_json(200, encode([line_json(line) for line in page.lines]), headers)

    async def show(self, request: web.Request) -> web.Response:
        view = await self._admission.run(request)
        window = _window(request, view.run)
        tag = f'"{view.revision}"'
        # A run expires, and its work gets on, without a new revision: what a caller holds may say something else.
        changing = view.status in (RunStatus.EXPIRED, RunStatus.WORKING)
        if not changing and _matches(request.headers.get("If-None-Match"), tag):
            return web.Response(status=304, headers={**SECURITY_HEADERS, "ETag": tag})
        return as_json(200, encode(run_state(view, window)), {"ETag": tag})

    async def progress(self, request: web.Request) -> web.StreamResponse:
        view = await self._admission.run(request)
        try:
            return await self._followers.follow(request, view, SECURITY_HEADERS)
        except TooMany:
            detail = sentence("Too many clients are following runs on this server. Poll the run's state instead.")
            raise Refused(TOO_MANY_FOLLOWERS, detail, WAIT) from None

    async def trace(self, request: web.Request) -> web.Response:
        view = await self._admission.run(request)
        after, limit = AFTER.of(request), ENTRIES.of(request)
        entries = await self._engine.trace(view.id, after, limit)
        is_full = len(entries) == limit
        headers = next_page(request, after=entries[-1].number, limit=limit) if is_full else None
        return as_json(200, encode(trace_json(entries)), headers)

    async def file(self, request: web.Request) -> web.Response:
        view = await self._admission.run(request)
        file_id = request.match_info["file"]
        file = await self._engine.file(view.id, file_id) if is_id(file_id) else None
        if file is None:
            raise Refused(NOT_FOUND, sentence("This run has no such file."))
        return as_attachment(file, SECURITY_HEADERS)


def _matches(condition: str | None, tag: str) -> bool:
    """If-None-Match, by weak comparison (RFC 9110, 13.1.2)."""
    if condition is None:
        return False
    return any(known.strip().removeprefix("W/") in (tag, "*") for known in condition.split(","))


def _window(request: web.Request, run: Run) -> Window:
    """The steps around the current one, or those before or after another that the caller names."""
    asked = [(name, select) for name, select in (("before", before), ("after", after)) if name in request.query]
    if not asked:
        return around(run)
    (name, select), *more = asked
    step = run.by_path.get(request.query[name])
    if more or step is None:
        what = sentence("Use either `before` or `after`, with a step that the run's state lists.")
        raise Refused(INVALID_REQUEST, what)
    return select(run, step)
