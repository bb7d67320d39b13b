"""What every channel from outside promises (wizard.testing.channels): with each kind of store, and that a channel which
doesn't keep it is found out. tests/acceptance/test_example_channel.py tries all of it with the example's channel."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from tests.counterpart import example, example_tests
from tests.stores import Open, clocked, stores
from wizard.channels.http.plugged import ChannelHost
from wizard.channels.outside.contract import Inbound, Limits, Outbound, Unreadable
from wizard.channels.outside.serving import serve
from wizard.testing.channels import PROMISES, Promise

__all__ = ["clocked", "stores"]  # fixtures

Hooks: Any = example_tests().Hooks
HookChannel: Any = example().HookChannel  # type: ignore[attr-defined]
NAMED = {promise.name: promise for promise in PROMISES}


@pytest.mark.parametrize("promise", PROMISES, ids=str)
async def test_each_is_kept_on_a_store(promise: Promise, clocked: Open) -> None:
    """A channel would work in memory, and lose or double messages in a database."""
    await promise.kept_by(Hooks, await clocked())


@pytest.mark.parametrize(
    "name", ["A run is answered", "A burst is answered in order", "A code takes a run there and on"]
)
async def test_those_that_take_no_time_are_kept_on_every_store(name: str, stores: Open) -> None:
    """The same with the clock of a database."""
    await NAMED[name].kept_by(Hooks, await stores())


class Unsigned(HookChannel):
    def verify(self, request: web.BaseRequest, body: bytes) -> None: ...


class ForEver(HookChannel):
    def verify(self, request: web.BaseRequest, body: bytes) -> None:
        self._now = lambda: int(request.headers["Hook-Signature"][2:].partition(",")[0])
        super().verify(request, body)


class Strict(HookChannel):
    def parse(self, body: bytes) -> Sequence[Inbound]:
        if not (messages := super().parse(body)):
            raise Unreadable("What is this?")
        return list(messages)


class Broken(HookChannel):
    def parse(self, body: bytes) -> Sequence[Inbound]:
        return list(super().parse(json.dumps(json.loads(body)).encode()))


class OneId(HookChannel):
    def parse(self, body: bytes) -> Sequence[Inbound]:
        return [replace(came, message="m-1") for came in super().parse(body)]


class Counted(HookChannel):
    def parse(self, body: bytes) -> Sequence[Inbound]:
        self.count = getattr(self, "count", 0) + 1
        return [replace(came, message=f"{came.message}.{self.count}") for came in super().parse(body)]


class OneRoom(HookChannel):
    def parse(self, body: bytes) -> Sequence[Inbound]:
        return [replace(came, conversation="ann") for came in super().parse(body)]


class Deaf(HookChannel):
    def parse(self, body: bytes) -> Sequence[Inbound]:
        return [replace(came, edits="") for came in super().parse(body)]


class Html(HookChannel):
    async def send(self, message: Outbound) -> None:
        await super().send(replace(message, text=html.escape(message.text)))


class Renamed(HookChannel):
    async def send(self, message: Outbound) -> None:
        await super().send(replace(message, id=f"{message.id}-{id(message)}"))


class Careless(HookChannel):
    async def send(self, message: Outbound) -> None:
        try:
            await super().send(message)
        except Exception:
            return


class Hasty(HookChannel):
    async def send(self, message: Outbound) -> None:
        try:
            await super().send(message)
        except Exception as error:
            raise OSError("something went wrong") from error


class Wordy(HookChannel):
    limits = Limits(text=50_000)


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        (Unsigned, "Forged requests are refused"),
        (ForEver, "Recorded requests are worth nothing"),
        (Strict, "Unknown events are told from unreadable ones"),
        (Broken, "Unknown events are told from unreadable ones"),
        (OneId, "A run is answered"),
        (Counted, "What comes twice is taken once"),
        (OneRoom, "People are apart"),
        (Deaf, "A message that was changed corrects its answer"),
        (Html, "Markup is shown as it was typed"),
        (Renamed, "Who dies after sending has it sent again"),
        (Careless, "What fails is tried again"),
        (Careless, "A busy service is left alone"),
        (Hasty, "A busy service is left alone"),
        (Hasty, "Who refuses is left alone and told to operators"),
        (Wordy, "Long texts come in parts"),
    ],
)
async def test_a_channel_that_doesnt_keep_one_is_found_out(channel: type[Any], name: str) -> None:
    """Its author would see green, and people would be written to twice, or never."""

    class Service(Hooks):  # type: ignore[misc]
        def make(self, host: ChannelHost, url: str, workflow: str) -> web.Application:
            return serve(channel(host, f"{url}answers", "a secret of both sides"), host, workflow=workflow)

    with pytest.raises(AssertionError) as raised:
        await NAMED[name].kept_by(Service)
    assert any(note.startswith(name) for note in raised.value.__notes__)
