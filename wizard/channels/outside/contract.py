"""The contract for channels from outside: what the author of one writes, and what it is handed.

A channel says how a request is verified and read, and how one message is sent. Which run it is about, what is known
already, what is said to it, in which order and how often that is tried: that is all done for it.

    class Pigeon(Channel):
        name = "pigeon"
        limits = Limits(text=2_000, buttons=3)

        def verify(self, request, body): ...
        def parse(self, body): ...
        async def send(self, message): ...

    def make(host: ChannelHost) -> web.Application:      # the entry point `wizard.channels`
        return serve(Pigeon(), host, workflow="passport")
"""

from __future__ import annotations

import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar

from aiohttp import web

from wizard.model.talk import Offer, Speaker

__all__ = ["Channel", "Forged", "Inbound", "Limits", "Outbound", "Unreadable", "is_signed"]


class Forged(Exception):
    """A request doesn't come from where it says, or not now. It is refused (403), and nothing in it is read."""


class Unreadable(Exception):
    """A body isn't what the channel sends. It is refused (400). Events of a kind that isn't known are no such thing:
    `parse` gives nothing for them, else they would be sent again for days."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may have: `text` characters, and `buttons`. Longer texts are sent in parts; of more buttons all
    are told in the text, since what they say can be typed."""

    text: int = 4_000
    buttons: int = 10


@dataclass(frozen=True, slots=True)
class Inbound:
    """What somebody sent. `conversation` is where an answer goes, `message` its id there, unique in the conversation;
    `choice` is that of a button as it was sent, `edits` the id of an earlier message that this one corrects,
    `replies` the `id` of the Outbound that it quotes. `files` have `name`, `type` and `content` (base64).
    `workflow` is begun where the conversation has none yet, in place of the channel's; with `anew` also where
    it has one, which is left as it is."""

    conversation: str
    message: str
    text: str = ""
    choice: str = ""
    files: tuple[Mapping[str, Any], ...] = ()
    edits: str = ""
    language: str = ""
    workflow: str = ""
    anew: bool = False
    replies: str = ""


@dataclass(frozen=True, slots=True)
class Outbound:
    """What is to be sent. `id` is the same each time that it is tried: hand it on where the channel can tell by one
    that it has a message already. A person's own messages come where they said them elsewhere (`echoes`)."""

    id: str
    conversation: str
    text: str
    choices: tuple[Offer, ...] = ()
    speaker: Speaker = Speaker.ENGINE


class Channel(ABC):
    """One channel. `name` is that of its entry point. `echoes` says that what the person says elsewhere about the same
    run is sent here as well."""

    name: ClassVar[str]
    limits: ClassVar[Limits] = Limits()
    echoes: ClassVar[bool] = False

    @abstractmethod
    def verify(self, request: web.BaseRequest, body: bytes) -> None:
        """Checks where a request comes from, by its signature over the bytes or a secret in a header, before anything
        is read. Raises Forged."""

    @abstractmethod
    def parse(self, body: bytes) -> Sequence[Inbound]:
        """The messages in a verified body, in order; none for what isn't one. Raises Unreadable."""

    @abstractmethod
    async def send(self, message: Outbound) -> None:
        """Sends one message, within the limits. Raises ChannelBusy where it is to be tried later, ChannelRefused where
        trying is in vain; anything else is tried again, less and less often."""

    def challenge(self, request: web.Request) -> web.Response:
        """What a GET is answered with, by which some senders make sure that the address is one of theirs."""
        raise web.HTTPMethodNotAllowed("GET", ["POST"])


def is_signed(secret: str | bytes, body: bytes, signature: str) -> bool:
    """Whether the hexadecimal signature is the body's HMAC-SHA256 under the secret, compared in constant time."""
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.compare_digest(hmac.new(key, body, sha256).hexdigest().encode(), signature.encode("utf-8", "replace"))
