"""A channel for Wizard over signed webhooks: small, whole, and a model for others.

People's messages come as POST requests, answers go out as such. Both are signed alike: the header Hook-Signature is
`t=SECONDS,v1=HEX`, the HMAC-SHA256 of `SECONDS.BODY` under a secret that both sides have.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from wizard.channels.http.plugged import ChannelHost
from wizard.channels.outside.contract import Channel, Forged, Inbound, Limits, Outbound, Unreadable, is_signed
from wizard.channels.outside.serving import serve
from wizard.errors import ChannelBusy, ChannelRefused, SettingsError
from wizard.node.outgoing import check_url, shared_session

FRESH = 300  # seconds that a signature holds: a request that somebody recorded is worth nothing later


class HookChannel(Channel):
    """`url` is where answers go to; `now` gives the time in seconds."""

    name = "hook"
    limits = Limits(text=2_000, buttons=10)

    def __init__(self, host: ChannelHost, url: str, secret: str, now: Any = time.time) -> None:
        self._services = host.engine.services
        self._url = check_url(url)
        self._secret = secret
        self._now = now

    def verify(self, request: web.BaseRequest, body: bytes) -> None:
        members = dict(part.partition("=")[::2] for part in request.headers.get("Hook-Signature", "").split(","))
        at, signature = members.get("t", ""), members.get("v1", "")
        if not (at.isascii() and at.isdigit() and len(at) < 12) or abs(self._now() - int(at)) > FRESH:
            raise Forged("the signature has no time, or is too old")
        if not is_signed(self._secret, at.encode() + b"." + body, signature):
            raise Forged("the signature isn't that of the body")

    def parse(self, body: bytes) -> Sequence[Inbound]:
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            raise Unreadable("The body isn't JSON.") from None
        message = event.get("message") if isinstance(event, dict) else None
        if not isinstance(message, dict):
            return []  # an event of a kind that isn't known here
        named = {name: message.get(name, "") for name in ("conversation", "id", "text", "choice", "edits", "replies")}
        if not all(isinstance(value, str) for value in named.values()):
            raise Unreadable("The members of a message are texts.")
        return [Inbound(message=named.pop("id"), **named)]

    async def send(self, message: Outbound) -> None:
        buttons = [{"choice": offer.choice, "label": offer.label} for offer in message.choices]
        sent = {
            "id": message.id,
            "conversation": message.conversation,
            "from": message.speaker.value,
            "text": message.text,
            "choices": buttons,
        }
        body = json.dumps(sent, ensure_ascii=False).encode()
        at = str(int(self._now()))
        signature = hmac.new(self._secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Hook-Signature": f"t={at},v1={signature}",
            "Idempotency-Key": f"{message.conversation} {message.id}",
        }
        session = await shared_session(self._services)
        async with session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
            if answer.status in (404, 410):
                raise ChannelRefused(f"the receiver answered {answer.status}: there is no such conversation")
            if answer.status >= 300:
                pause = answer.headers.get("Retry-After", "")
                raise ChannelBusy(f"it answered {answer.status}", seconds=float(pause) if pause.isdigit() else 0.0)


def make(host: ChannelHost) -> web.Application:
    """The entry point `wizard.channels`."""
    names = ("HOOK_URL", "HOOK_SECRET", "HOOK_WORKFLOW")
    url, secret, workflow = (os.environ.get(name, "") for name in names)
    if not (url and secret and workflow):
        raise SettingsError(f"The channel hook needs the settings {', '.join(names)} in the environment.")
    return serve(HookChannel(host, url, secret), host, workflow=workflow)
