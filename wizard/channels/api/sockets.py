"""`GET /conversations/{id}/ws`: the same messages over a WebSocket (RFC 6455), both ways.

Each text frame is one message, as `POST …/messages` takes it and as it answers; what is wrong with one comes back as a
problem document, with the message's `id` where it had one. Everything that is said in the conversation is sent,
whoever says it, once and in order: who comes back names the last message that they have (`?after=`). Frames with a
member `work` tell how far work is that the run waits for, and one with `taken` names a message of the client's that was
dealt with; they are no messages, and aren't kept. A frame has no room for files of some size: these are posted.

A browser can't send a header here. It brings the token as a subprotocol: `wizard.conversation, bearer.TOKEN`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from wizard.channels.api.admission import Admission
from wizard.channels.api.parameters import RICH
from wizard.channels.conversation.conversations import LOOK, Conversations
from wizard.channels.conversation.meanings import MAX_ID, MOST_TEXT
from wizard.channels.conversation.message_json import SAY, incoming_of, message_json
from wizard.channels.http.bodies import ROOM, Crowded, Room
from wizard.channels.http.cross_origin import CrossOrigin
from wizard.channels.http.json_answers import encode
from wizard.channels.http.json_bodies import parse_object
from wizard.channels.http.languages import language_of
from wizard.channels.http.places import Places, TooMany
from wizard.channels.http.problems import (
    INTERNAL,
    INVALID_REQUEST,
    NOT_ALLOWED,
    TOO_MANY_FOLLOWERS,
    UNAVAILABLE,
    UPGRADE_REQUIRED,
    WAIT,
    ProblemType,
    Refused,
    language_for,
    log_failure,
    problem_body,
    type_of,
    unreadable,
)
from wizard.channels.http.quotas import Quota
from wizard.engine import Engine
from wizard.engine.work import Work, work_of
from wizard.errors import CallerError, RunNotFound
from wizard.locale.sentences import Sentence, sentence
from wizard.settings import Settings

PROTOCOL = "wizard.conversation"
BEARER = "bearer."
HEARTBEAT = 20.0  # seconds between two pings; who doesn't answer one is gone
MOST, MOST_OF_ONE = 5_000, 10  # sockets of a server, and of one conversation
IN_HAND = 20  # messages of one socket that are taken in and wait for their turn
FRAME = 12 * MOST_TEXT + 64_000  # bytes: the longest text, however it is written as JSON, and names. Files are posted
VALUES = 1_000  # JSON values in a frame, many times those of any message


class Sockets:
    """The sockets of one server."""

    def __init__(
        self, engine: Engine, talks: Conversations, quota: Quota, admission: Admission, settings: Settings
    ) -> None:
        self._engine = engine
        self._talks = talks
        self._quota = quota
        self._admission = admission
        self.largest = min(FRAME, settings.body_limit)  # bytes of a message
        self._cross_origin = CrossOrigin(settings)
        self._places = Places(MOST, MOST_OF_ONE)
        self._stopping = asyncio.Event()  # each closes its own: from outside, nobody would hear the answer to that

    async def stop(self, app: web.Application) -> None:
        """Closes them all: for an application's `on_shutdown`. Who was connected comes back elsewhere."""
        self._stopping.set()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self._check_origin(request)
        run_id = await self._admission.run_id(request)
        after = request.query.get("after", "")
        if len(after) > MAX_ID:
            raise unreadable("`after` must be the id of a message of this conversation.")
        last = await self._talks.number_of(run_id, after)
        _check_protocols(request.headers.get("Sec-WebSocket-Protocol", ""))
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,),
            heartbeat=HEARTBEAT,
            max_msg_size=self.largest,  # what has come of a frame is held until the rest is there, and takes no ROOM
            compress=False,  # a thousandth of a frame's bytes would do to keep the server busy with it
        )
        line = _Line(self, socket, request, run_id, last)
        if not socket.can_prepare(request):
            only = sentence("This address takes WebSocket connections only.")
            raise Refused(UPGRADE_REQUIRED, only, {"Upgrade": "websocket"})  # RFC 9110, 15.5.22
        try:
            with self._places.taken(run_id):
                await socket.prepare(request)
                await line.hold()
        except TooMany:
            detail = sentence("Too many clients are following this conversation. Ask for its messages instead.")
            raise Refused(TOO_MANY_FOLLOWERS, detail, WAIT) from None
        return socket

    def _check_origin(self, request: web.Request) -> None:
        """Only pages of this site, and of those that the settings name, may open a socket by somebody's browser.
        Programs send no Origin. Raises Refused (403)."""
        if self._cross_origin.is_allowed(request):
            return
        raise Refused(NOT_ALLOWED, sentence("Pages of this site can't open conversations here."))


class _Line:
    """One socket, while it is open."""

    def __init__(
        self, of: Sockets, socket: web.WebSocketResponse, request: web.Request, run_id: str, last: int
    ) -> None:
        self._of, self._socket, self._request = of, socket, request
        self._run_id, self._last = run_id, last  # the number of the last message that was sent
        self._rich, self._token = bool(RICH.of(request)), of._admission.token(request)
        self._came: asyncio.Queue[str | None] = asyncio.Queue(IN_HAND)  # None at the end
        self._room = request.config_dict.get(ROOM) or Room(IN_HAND * of.largest)
        self._held = 0  # bytes of room that what waits has
        self._told: Work | None = None

    async def hold(self) -> None:
        """Until one end closes it. The turn that is under way then comes to its end, as that of a request does whose
        sender has gone: one that is broken off does its work a second time."""
        stopping = self._of._stopping
        taking = asyncio.create_task(self._take())
        others = [asyncio.create_task(work) for work in (self._read(), self._send(), stopping.wait())]
        try:
            await asyncio.wait((taking, *others), return_when=asyncio.FIRST_COMPLETED)
            code = WSCloseCode.GOING_AWAY if stopping.is_set() else self._code_after(others)
            await _ended(others)
            self._hear_no_more()
            await self._socket.close(code=code)
            await asyncio.wait((taking,))
        finally:
            await _ended([taking, *others])
            self._room.give_back(self._held)

    def _code_after(self, tasks: Sequence[asyncio.Task[Any]]) -> WSCloseCode:
        """What is told who is connected: that something broke, where it did, which is logged."""
        broken = [task.exception() for task in tasks if task.done() and not task.cancelled()]
        for error in broken:
            if isinstance(error, Exception) and not isinstance(error, CallerError):
                log_failure(self._request, error)
                return WSCloseCode.INTERNAL_ERROR
        return WSCloseCode.OK

    async def _read(self) -> None:
        """Frames wait for their turn: where many wait, or there are more than a conversation may have, no more are
        read, and the sender is slowed, whatever they hold. They take room, as bodies of requests do."""
        async for frame in self._socket:
            await self._of._quota.turn(self._run_id)
            if frame.type is WSMsgType.TEXT:
                if self._has_room(len(frame.data)):
                    await self._came.put(frame.data)
                else:
                    await self._turn_away(frame.data)
            elif frame.type is WSMsgType.BINARY:
                await self._problem(INVALID_REQUEST, "Send each message as a text frame with JSON in it.")

    async def _turn_away(self, frame: str) -> None:
        said: dict[str, Any] = {}
        with suppress(Refused):
            said = _read_frame(frame)
        detail = sentence("The server is receiving too much at the moment. Send it again in a minute.")
        await self._problem(UNAVAILABLE, detail, said)

    def _has_room(self, size: int) -> bool:
        try:
            self._room.take(size)
        except Crowded:
            return False
        self._held += size
        return True

    def _hear_no_more(self) -> None:
        """What waits still was told to nobody as taken: it comes again."""
        while not self._came.empty():
            self._came.get_nowait()
        self._came.put_nowait(None)

    async def _take(self) -> None:
        """One after another, in the order in which they came."""
        while (frame := await self._came.get()) is not None:
            self._room.give_back(len(frame))
            self._held -= len(frame)
            await self._hear(frame)

    async def _hear(self, frame: str) -> None:
        said: dict[str, Any] = {}
        try:
            said = _read_frame(frame)
            body = SAY.check(said)
            if "id" not in body:
                raise unreadable("`id` is missing: give each message an id of its own, such as a UUID.")
            await self._of._talks.hear(self._run_id, incoming_of(body, body["id"]), self._token)
            await self._put({"taken": body["id"]})
        except Refused as refused:
            await self._problem(refused.type, refused.detail, said)
        except CallerError as error:
            await self._problem(type_of(error), error.people, said)
        except Exception as error:
            reference = log_failure(self._request, error)
            detail = sentence(
                "Something went wrong. Try again; if this keeps happening, report it with reference {reference}.",
                reference=reference,
            )
            await self._problem(INTERNAL, detail, said)

    async def _send(self) -> None:
        """What is said after the last, as long as the socket is open. Most are silent nearly always: while nothing is
        said and nothing worked, only that is asked each time, and the run itself is looked at now and then."""
        talks, time = self._of._talks, asyncio.get_running_loop().time
        while not self._socket.closed:
            for one in await talks.said_beyond(self._run_id, self._last):
                await self._put(message_json(one, rich=self._rich))
                self._last = one.number
            await self._tell_of_work()
            looked = time()
            while not self._socket.closed and not await talks.wait(self._run_id, LOOK, self._last):
                if self._told is not None or time() - looked > HEARTBEAT:
                    await self._tell_of_work()
                    looked = time()

    async def _tell_of_work(self) -> None:
        try:
            work = work_of(await self._of._engine.load(self._run_id))
        except RunNotFound:  # it was deleted
            await self._socket.close()
            return
        if work is not None and work != self._told and self._told is not None:
            await self._put({"work": {"percent": work.percent, "text": work.text}})
        self._told = work

    async def _problem(self, type_: ProblemType, detail: Sentence | str, said: dict[str, Any] | None = None) -> None:
        sent = (said or {}).get("id")
        more = {"id": sent[:MAX_ID]} if isinstance(sent, str) else {}
        language = language_for(detail, language_of(self._request))
        await self._put(problem_body(type_, detail, language, **more))

    async def _put(self, value: Any) -> None:
        with suppress(ConnectionError):
            await self._socket.send_str(encode(value).decode())


def _check_protocols(offered: str) -> None:
    """Raises Refused (400) for a token that comes alone: aiohttp would choose no protocol, and log what was offered."""
    if BEARER in offered and PROTOCOL not in (each.strip() for each in offered.split(",")):
        raise unreadable(f"Bring the token as `{PROTOCOL}, {BEARER}TOKEN`: the server answers with the first.")


def _read_frame(frame: str) -> dict[str, Any]:
    """Raises Refused."""
    return parse_object(frame.encode("utf-8", "surrogatepass"), VALUES)


async def _ended(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Ends them, and has waited for it."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
