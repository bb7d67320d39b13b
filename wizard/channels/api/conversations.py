"""`/conversations`: runs as conversations, over JSON. A conversation's id and token are its run's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from wizard.channels.api.admission import Admission
from wizard.channels.api.idempotency import CREATION, Answer, idempotency_key
from wizard.channels.api.moves import Moves, Respond, created
from wizard.channels.api.parameters import MESSAGES, RICH, WAITING
from wizard.channels.api.requests import OPEN, check_one_of
from wizard.channels.conversation.codes import TRIES, Codes
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import MAX_ID
from wizard.channels.conversation.message_json import SAY, incoming_of, message_json
from wizard.channels.http.clients import client_of
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import unreadable
from wizard.channels.http.query import next_page
from wizard.channels.http.quotas import quota_of_codes, quota_of_messages
from wizard.engine.view import RunView
from wizard.model.talk import Utterance
from wizard.settings import Settings

Turned = Callable[[Respond], Awaitable[RunView]]


class Talks:
    """The handlers."""

    def __init__(
        self, talks: Conversations, codes: Codes, admission: Admission, moves: Moves, settings: Settings
    ) -> None:
        self._talks = talks
        self._admission = admission
        self._moves = moves
        self._settings = settings
        self.quota = quota_of_messages(settings.message_rate)
        self._codes, self._code_quota = codes, quota_of_codes(TRIES)

    async def stop(self, app: web.Application) -> None:
        """Answers those who wait for a message: for an application's `on_shutdown`."""
        self._talks.stop()

    async def open(self, request: web.Request) -> web.Response:
        """A new run that is a conversation, or one that there is and becomes one: 201."""
        self._admission.check_starts(request)
        body = await self._admission.body(request, OPEN)
        check_one_of(body)
        if "run" in body:
            run_id = await self._admission.opened(request, body["run"])
            said = await self._talks.join(run_id, body.get("language", ""))
            token = self._admission.token(request)
            return as_json(201, encode({"id": run_id, "token": token, "messages": _listed(request, said)}))
        if "code" in body:
            return await self._continue(request, body["code"], body.get("language", ""))
        starter = await self._admission.starter(request, body)

        def turn(respond: Respond) -> Awaitable[RunView]:
            return self._talks.begin(
                body["workflow"],
                body.get("input"),
                language=body.get("language", ""),
                profile_id=starter.profile_id,
                session_id=starter.session_id,
                respond=respond,
            )

        def opening(view: RunView) -> Mapping[str, Any]:
            return {"id": view.id, "messages": _listed(request, view.said)}

        answer: Answer = await self._moves.answered(
            request, CREATION, body, turn, opening, sender=starter.name, needs_random=starter.is_stranger
        )
        return created(answer, request.rel_url.raw_path)

    async def _continue(self, request: web.Request, code: str, language: str) -> web.Response:
        """Goes on here with what a code opens. Raises CodeUnknown, Refused (429)."""
        self._code_quota.check(client_of(request, self._settings.proxies))
        opened = await self._codes.use(code, idempotency_key(request) or "")
        said = await self._talks.join(opened.run, language)
        answer = {"id": opened.run, "token": opened.token, "messages": _listed(request, said)}
        return as_json(201, encode(answer))

    async def code(self, request: web.Request) -> web.Response:
        """Makes a code that takes the conversation elsewhere: 201."""
        run_id = await self._admission.run_id(request)
        self._code_quota.check(run_id)
        made = await self._codes.make(run_id, self._admission.token(request))
        return as_json(201, encode({"code": made.text, "until": made.until}))

    async def say(self, request: web.Request) -> web.Response:
        """Takes a message; the same id again is answered the same."""
        run_id = await self._admission.run_id(request)
        self.quota.check(run_id)
        if not request.body_exists:
            raise unreadable("The message is missing: send one as JSON.")
        body = await self._admission.body(request, SAY)
        key = idempotency_key(request)
        incoming = incoming_of(body, body.get("id") or _id_of(key))
        said = await self._talks.hear(run_id, incoming, self._admission.token(request))
        return as_json(200, encode({"messages": _listed(request, said)}))

    async def said(self, request: web.Request) -> web.Response:
        """What was said after a message, in order; with `wait`, as soon as there is something."""
        run_id = await self._admission.run_id(request)
        after, limit, seconds = request.query.get("after", ""), MESSAGES.of(request), WAITING.of(request)
        if len(after) > MAX_ID:
            raise unreadable("`after` must be the id of a message of this conversation.")
        said = await self._talks.said(run_id, after, limit)
        if not said and seconds:
            said = await self._talks.said_within(run_id, after, seconds, limit)
        headers = next_page(request, after=said[-1].id, limit=limit) if len(said) == limit else None
        return as_json(200, encode({"messages": _listed(request, said)}), headers)


def _listed(request: web.Request, said: Sequence[Utterance]) -> list[dict[str, Any]]:
    rich = bool(RICH.of(request))
    return [message_json(one, rich=rich) for one in said]


def _id_of(key: str | None) -> str:
    """The id of a message that came without one, and with an Idempotency-Key. Raises Refused (400)."""
    if key is None:
        raise unreadable("`id` is missing: give each message an id of its own, such as a UUID.")
    return f"key {key}"[:MAX_ID]
