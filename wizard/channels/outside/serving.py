"""A channel as an application: POST takes what people send, GET answers a sender who makes sure of the address.

A request is verified before anything in it is read. What was taken is stored before it is answered; what can't be taken
now is answered so that its sender brings it again.
"""

from __future__ import annotations

import logging

from aiohttp import web

from wizard.channels.conversation.conversations import Conversations
from wizard.channels.http.bodies import go_on
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.json_bodies import read_bytes
from wizard.channels.http.plugged import ChannelHost
from wizard.channels.http.problems import NOT_ALLOWED, Refused, problems, unreadable
from wizard.channels.outside.contract import Channel, Forged, Inbound, Unreadable
from wizard.channels.outside.inbox import Inbox
from wizard.channels.outside.outbox import Outbox
from wizard.errors import HostError

MOST_ID = 180  # characters of a message's id: the channel's name comes before it
MOST_CONVERSATION = 500
MOST_LANGUAGE = 35  # characters of a language's tag
MOST_MESSAGES = 100  # in one request

log = logging.getLogger("wizard.channels")


def serve(channel: Channel, host: ChannelHost, *, workflow: str, language: str = "") -> web.Application:
    """The application of a channel, for an entry point to give; from then on this process delivers to it. `workflow` is
    what somebody begins who writes for the first time. Raises HostError for a name that can't stand in a key, and for
    limits that nothing can be sent within."""
    if not channel.name.replace("-", "").replace("_", "").isalnum() or len(channel.name) > 16:
        raise HostError(f"The `name` of a channel has 1 to 16 letters, digits, - and _; {channel.name!r} hasn't.")
    if channel.limits.text < 1 or channel.limits.buttons < 0:
        raise HostError(f"The `limits` of the channel {channel.name} leave no room for a message: {channel.limits}.")
    engine = host.engine
    Outbox.of(engine).channels[channel.name] = channel
    inbox = Inbox(engine, channel, Conversations(engine), workflow, language)
    limit = host.settings.body_limit

    async def take(request: web.Request) -> web.Response:
        body = await read_bytes(request, limit, host.settings.body_timeout)
        try:
            channel.verify(request, body)
        except Forged as error:
            log.warning("the channel %s refused a request: %s", channel.name, error)
            raise Refused(NOT_ALLOWED, "The request isn't signed as it has to be.") from None
        try:
            came = list(channel.parse(body))
        except Unreadable as error:
            raise unreadable(str(error) or "The body can't be read.") from None
        if len(came) > MOST_MESSAGES or not all(map(_is_whole, came)):
            raise unreadable(
                "The body holds messages without ids, with ids or a language that are too long, or too many messages."
            )
        for one in came:
            await inbox.take(one)
        return as_json(200, encode({"taken": len(came)}))

    async def challenge(request: web.Request) -> web.Response:
        return channel.challenge(request)

    app = web.Application(middlewares=[problems])
    app.router.add_post("/", take, expect_handler=go_on)
    app.router.add_get("/", challenge)
    return app


def _is_whole(came: Inbound) -> bool:
    texts = ((came.message, MOST_ID), (came.conversation, MOST_CONVERSATION))
    return len(came.language) <= MOST_LANGUAGE and all(
        0 < len(text) <= most and text.isprintable() for text, most in texts
    )
