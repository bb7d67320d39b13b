"""What stands at the other end of a channel from outside, for tests of it (wizard.testing.channels): the author of the
channel describes it, and it is told here when to take a message and when not.

    class Loft(Counterpart):
        def make(self, host, url, workflow):
            return serve(Pigeon(host, url, "a secret"), host, workflow=workflow)

        def posts(self, message, ago=0.0): ...      # a message as the service brings it
        async def receives(self, request): ...      # a message as the channel sends it
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

from aiohttp import web
from aiohttp.test_utils import TestServer

from wizard.channels.http.plugged import ChannelHost
from wizard.channels.outside.contract import Inbound


@dataclass(frozen=True, slots=True)
class Posted:
    """A request of the service's."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Button(NamedTuple):
    """One that a message has; `choice` is what comes back when it is pressed."""

    choice: str
    label: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it came to the service. `text` is what a person reads, with all that stands for something else taken
    back (`&lt;` is <); `id` is that of the Outbound, where the channel hands it on."""

    conversation: str
    text: str
    buttons: tuple[Button, ...] = ()
    id: str = ""


class Verdict(Enum):
    """What the service does with a message: takes it; is busy for `Answer.seconds`; fails, and nobody knows of it;
    takes no more in this conversation; or takes it, and is cut off before it can say so."""

    TAKES = "takes"
    BUSY = "busy"
    FAILS = "fails"
    REFUSES = "refuses"
    HANGS = "hangs"


class Answer(NamedTuple):
    """How the service answers one message."""

    verdict: Verdict
    seconds: int = 0


TAKES = Answer(Verdict.TAKES)


class Counterpart(ABC):
    """The service. The attributes say what it is able to do; what it isn't isn't tried.

    `people` are two conversations as the service calls them. `signs_body` says that a request whose body was changed is
    found out, `signs_time` that one of ten minutes ago is, `hands_on_ids` that `Sent.id` is filled in, and `edits` that
    people may change what they have sent. `longest` is how many characters a message may have."""

    people: tuple[str, str] = ("ann", "bob")
    signs_body = True
    signs_time = True
    hands_on_ids = True
    edits = True
    longest = 4_000

    def __init__(self) -> None:
        self.got: list[Sent] = []  # what was taken, in order
        self.tried: list[Sent] = []  # what came at all
        self.answers: list[Answer] = []  # of the next ones; all others are taken
        self.hangs = asyncio.Event()  # one hangs now
        self.released = asyncio.Event()  # those that hang may end

    @abstractmethod
    def make(self, host: ChannelHost, url: str, workflow: str) -> web.Application:
        """The channel's application, as its entry point gives it: its messages go below `url`, and who writes for the
        first time begins `workflow`."""

    @abstractmethod
    def posts(self, message: Inbound, ago: float = 0.0) -> Posted:
        """The request with that message, as the service sends it, signed so many seconds `ago`."""

    @abstractmethod
    async def receives(self, request: web.Request) -> web.Response:
        """Reads what the channel sends, hands it to `takes`, and answers as the service does then. What isn't signed as
        it has to be is an AssertionError."""

    def message_id(self, number: int) -> str:
        """An id as the service gives them."""
        return f"m-{number}"

    def unknown(self) -> Iterable[Posted]:
        """Events of other kinds, signed: nothing comes of them."""
        return ()

    def unreadable(self) -> Iterable[Posted]:
        """Bodies that the service never sends, signed: they are refused."""
        return ()

    def forged(self, posted: Posted) -> Iterable[Posted]:
        """Requests like that one which aren't the service's."""
        yield Posted(posted.body)
        for name in posted.headers:
            for wrong in ("", "nonsense", "é", "t=1,v1=00", "sha256="):
                yield replace(posted, headers={**posted.headers, name: wrong})
        if self.signs_body:
            yield replace(posted, body=posted.body + b" ")

    async def takes(self, sent: Sent) -> Answer:
        """What the service does with a message."""
        self.tried.append(sent)
        answer = self.answers.pop(0) if self.answers else TAKES
        if answer.verdict in (Verdict.TAKES, Verdict.HANGS):
            self.got.append(sent)
        if answer.verdict is Verdict.HANGS:
            self.hangs.set()
            await self.released.wait()
        return answer

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Has the service run while it is needed; its address. Override it where messages don't go out by HTTP."""
        app: Any = web.Application()
        app.router.add_route("*", "/{rest:.*}", self.receives)
        async with TestServer(app) as server:
            try:
                yield str(server.make_url("/"))
            finally:
                self.released.set()
