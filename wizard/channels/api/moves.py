"""The calls of the JSON interface that change a run: each is one turn of the engine, taken once for each idempotency
key, and answered with the run state or with a problem that has it in it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from aiohttp import web

from wizard.channels.api.admission import Admission
from wizard.channels.api.idempotency import CREATION, Answer, Recorder, Replies, identify
from wizard.channels.api.preferences import APPLIED, MINIMAL, wants_minimal
from wizard.channels.api.preferences import HEADER as PREFER
from wizard.channels.api.requests import (
    CANCEL,
    CHANGE,
    EVENT,
    NEXT,
    PREVIOUS,
    REMOVE,
    START,
    check_together,
    check_unconditional,
)
from wizard.channels.api.responses import RunOutline
from wizard.channels.api.run_json import bounded_state, field_errors, minimal_state
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import (
    REJECTED,
    SECURITY_HEADERS,
    language_for,
    problem_body,
    type_of,
)
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import CallerError, RunBusy, RunNotFound
from wizard.locale.sentences import sentence
from wizard.model import Reply
from wizard.model.values import check_value

STRANGER = "events"  # who sends events with the host's key: another sender of keys than those whom the run opens to

Respond = Callable[[RunView], Reply] | None
Turn = Callable[[Respond], Awaitable[RunView]]
Show = Callable[[RunView], Mapping[str, Any]]


class Moves:
    """The handlers."""

    def __init__(self, engine: Engine, admission: Admission) -> None:
        self._engine = engine
        self._admission = admission
        self._replies = Replies(engine.store)

    async def start(self, request: web.Request) -> web.Response:
        self._admission.check_starts(request)
        body = await self._admission.body(request, START)
        starter = await self._admission.starter(request, body)

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._engine.start(
                body["workflow"],
                body.get("input"),
                profile_id=starter.profile_id,
                session_id=starter.session_id,
                respond=respond,
            )

        answer = await self.answered(
            request, CREATION, body, turn, sender=starter.name, needs_random=starter.is_stranger
        )
        return created(answer, request.rel_url.raw_path)

    async def next(self, request: web.Request) -> web.Response:
        run_id, body, seen = await self._admission.move(request, NEXT)
        check_together(body)

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._engine.next(
                run_id,
                body.get("answers"),
                step=body.get("step"),
                revision=seen,
                partial=body.get("partial", False),
                keep=body.get("keep", False),
                respond=respond,
            )

        return _moved(await self.answered(request, run_id, body, turn))

    async def previous(self, request: web.Request) -> web.Response:
        run_id, body, seen = await self._admission.move(request, PREVIOUS)
        to, draft = body.get("to"), body.get("draft")

        async def turn(respond: Respond) -> RunView:
            check_value(draft, "The draft")
            return await self._engine.previous(run_id, to=to, draft=draft, revision=seen, respond=respond)

        return _moved(await self.answered(request, run_id, body, turn))

    async def change(self, request: web.Request) -> web.Response:
        run_id, body, seen = await self._admission.move(request, CHANGE)

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._engine.change(
                run_id,
                body["step"],
                body.get("answers"),
                keep=body.get("keep", False),
                revision=seen,
                respond=respond,
            )

        return _moved(await self.answered(request, run_id, body, turn))

    async def remove(self, request: web.Request) -> web.Response:
        run_id, body, seen = await self._admission.move(request, REMOVE)

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._engine.remove_item(run_id, body["item"], revision=seen, respond=respond)

        return _moved(await self.answered(request, run_id, body, turn))

    async def event(self, request: web.Request) -> web.Response:
        run_id, stranger = await self._admission.sender(request)
        check_unconditional(request)
        body = await self._admission.body(request, EVENT)

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._engine.event(run_id, body["name"], body.get("data"), key=body.get("key"), respond=respond)

        if not stranger:
            return _moved(await self.answered(request, run_id, body, turn))
        return _moved(await self.answered(request, run_id, body, turn, _outline, sender=STRANGER))

    async def cancel(self, request: web.Request) -> web.Response:
        run_id = await self._admission.run_id(request)
        check_unconditional(request)
        body = await self._admission.body(request, CANCEL)

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._engine.cancel(run_id, undo=body.get("undo", False), respond=respond)

        return _moved(await self.answered(request, run_id, body, turn))

    async def delete(self, request: web.Request) -> web.Response:
        """All that is stored of the run goes, its replies as well: asked again, there is no such run."""
        run_id = await self._admission.run_id(request)
        check_unconditional(request)
        self._admission.check_deletion()
        if not await self._engine.delete(run_id):
            raise RunNotFound
        return web.Response(status=204, headers=SECURITY_HEADERS)

    # -- what they share ---------------------------------------------------------------------------

    async def answered(
        self,
        request: web.Request,
        scope: str,
        body: Mapping[str, Any],
        turn: Turn,
        show: Show | None = None,
        *,
        sender: str = "",
        needs_random: bool = False,
    ) -> Answer:
        """Takes the turn, once for each idempotency key of its `sender`, which `needs_random` wants to be hard to
        guess. `scope` is the run's id, `show` what its caller may see of the run: by default the state, as much of it
        as they prefer."""
        show = show or (minimal_state if wants_minimal(request.headers.getall(PREFER, ())) else bounded_state)

        def render(view: RunView) -> Answer:
            return _render(view, show)

        identity = identify(request, scope, body, sender, needs_random=needs_random)
        try:
            if identity is None:
                return render(await turn(None))
            async with self._replies.one_at_a_time(identity):
                if (earlier := await self._replies.find(identity)) is not None:
                    return earlier
                recorder = Recorder(identity, render)
                try:
                    view = await turn(recorder.respond)
                except CallerError:
                    # Another process may have done this very request meanwhile.
                    if (earlier := await self._replies.find(identity)) is not None:
                        return earlier
                    raise
                if (stored := recorder.stored(view) or await self._replies.find(identity)) is not None:
                    return stored
                answer = render(view)
                if answer.status >= HTTPStatus.BAD_REQUEST:  # what is refused may be taken later
                    return answer
                return await self._replies.keep(identity, view.id, answer, self._engine.clock())
        except CallerError as error:
            return await self._refusal(scope, error, show)

    async def _refusal(self, run_id: str, error: CallerError, show: Show) -> Answer:
        """The problem, with the run as it is now."""
        if run_id == CREATION or isinstance(error, RunNotFound | RunBusy):
            raise error
        view = await self._engine.load(run_id)
        type_ = type_of(error)
        language = language_for(error.people, view.workflow.language)
        body = problem_body(type_, error.people, language, run=show(view))
        return Answer(type_.status, encode(body), view.id, view.revision, minimal=show is minimal_state)


def _outline(view: RunView) -> RunOutline:
    """What somebody is told who has no right to a person's answers."""
    return {"id": view.id, "status": view.status, "revision": view.revision}


def _render(view: RunView, show: Show) -> Answer:
    """The run state, or why the answers weren't taken."""
    rejected = view.rejected
    if rejected is None:
        status = 200 if view.token is None else 201
        minimal = show is minimal_state
        return Answer(status, encode(show(view)), view.id, view.revision, view.token, minimal=minimal)
    errors = field_errors(rejected)
    correct = sentence("Correct the answers that `errors` names, and send them all again.")
    detail = correct if errors else rejected.error or REJECTED.title
    language, more = view.workflow.language, {"errors": errors, "error": rejected.error, "run": show(view)}
    body = problem_body(REJECTED, detail, language, **more)
    return Answer(REJECTED.status, encode(body), view.id, view.revision, minimal=show is minimal_state)


def created(answer: Answer, runs: str) -> web.Response:
    """`runs` is the address at which it was created: wherever the interface is mounted, the run's is below it."""
    body = answer.body[:-1] + b',"token":' + encode(answer.token) + b"}"
    return _moved(answer, body, {"Location": f"{runs}/{quote(answer.run_id)}"})


def _moved(answer: Answer, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> web.Response:
    sent = {**(headers or {}), "ETag": f'"{answer.revision}"'} if answer.status < 400 else {}
    if answer.replayed:
        sent["Idempotent-Replay"] = "true"
    if answer.minimal:
        sent[APPLIED] = MINIMAL
    return as_json(answer.status, answer.body if body is None else body, sent)
