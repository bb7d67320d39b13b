"""The calls of operators about conversations: which wait for somebody, what was said, taking over, saying something,
giving back. What an operator does stands in the run's trace and in the audit, under their name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from wizard.channels.admin import responses
from wizard.channels.admin.admission import Admission, check_text
from wizard.channels.admin.parameters import AFTER_CONVERSATION, AFTER_MESSAGE, CONVERSATIONS, MESSAGES
from wizard.channels.admin.people import Person
from wizard.channels.admin.requests import HAND, WRITE
from wizard.channels.conversation.attention import STATES, Attention, Waiting
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.channels.conversation.message_json import message_json
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import unreadable
from wizard.channels.http.query import next_page

Resume = Callable[[str, str, str], Awaitable[None]]


class Office:
    """The handlers. `resume` has delivered again what a channel had refused, for whoever says so and why."""

    def __init__(self, talks: Conversations, attention: Attention, resume: Resume, admission: Admission) -> None:
        self._talks = talks
        self._attention = attention
        self._resume = resume
        self._admission = admission

    @property
    def by_name(self) -> dict[str, Any]:
        return {
            "listConversations": self.list,
            "readConversation": self.read,
            "takeOver": self.take_over,
            "write": self.write,
            "release": self.release,
            "deliver": self.deliver,
        }

    async def list(self, request: web.Request, person: Person) -> web.Response:
        limit = CONVERSATIONS.of(request)
        after = request.query.get("after", "")
        if len(after) > AFTER_CONVERSATION:
            raise unreadable("`after` must be what the `Link` of the page before names.")
        state = request.query.get("state")
        if state is not None and state not in STATES:
            raise unreadable(f"`state` is one of {', '.join(STATES)}.")
        waiting = await self._attention.listed(limit, after, state or "")
        headers = next_page(request, after=waiting[-1].place, limit=limit) if len(waiting) == limit else None
        return as_json(200, encode([_line(each) for each in waiting]), headers)

    async def read(self, request: web.Request, person: Person) -> web.Response:
        return await self._answer(request)

    async def take_over(self, request: web.Request, person: Person) -> web.Response:
        note = await self._note(request, person)
        await self._talks.take_over(_run(request), person.name, note)
        return await self._answer(request)

    async def write(self, request: web.Request, person: Person) -> web.Response:
        body = await self._admission.body(request, person, WRITE)
        said = await self._talks.pass_on(_run(request), Incoming(body["id"], body["text"]), person.name)
        return as_json(200, encode(message_json(said)))

    async def release(self, request: web.Request, person: Person) -> web.Response:
        note = await self._note(request, person)
        await self._talks.release(_run(request), person.name, note)
        return await self._answer(request)

    async def deliver(self, request: web.Request, person: Person) -> web.Response:
        note = await self._note(request, person)
        await self._resume(_run(request), person.name, note)
        return await self._answer(request)

    async def _note(self, request: web.Request, person: Person) -> str:
        """Of a body, which has to be there for whoever is known by a cookie (Admission.body)."""
        body = await self._admission.body(request, person, HAND)
        note = body.get("note", "")
        check_text("note", note)
        return note

    async def _answer(self, request: web.Request) -> web.Response:
        run, limit, after = _run(request), MESSAGES.of(request), request.query.get("after", "")
        if len(after) > AFTER_MESSAGE:
            raise unreadable("`after` must be the id of a message of this conversation.")
        await self._talks.check_there(run)
        said = await self._talks.said(run, after, limit)
        headers = next_page(request, after=said[-1].id, limit=limit) if len(said) == limit else None
        return as_json(200, encode({"id": run, "messages": [message_json(one) for one in said]}), headers)


def _run(request: web.Request) -> str:
    return request.match_info["run"]


def _line(waiting: Waiting) -> responses.WaitingLine:
    return {
        "id": waiting.run,
        "workflow": waiting.workflow,
        "state": waiting.state,
        "since": waiting.since,
        "by": waiting.by,
        "channel": waiting.channel,
        "reason": waiting.reason,
        "age": waiting.age,
        "last": None if waiting.last is None else {"from": waiting.last.speaker.value, "at": waiting.last.at},
    }
