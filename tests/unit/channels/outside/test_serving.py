"""What a channel's application takes, and which channels there can be."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.talks import TWO
from wizard.channels.http.plugged import ChannelHost
from wizard.channels.outside.contract import Channel, Inbound, Limits, Outbound
from wizard.channels.outside.serving import MOST_CONVERSATION, MOST_ID, MOST_LANGUAGE, MOST_MESSAGES, serve
from wizard.errors import HostError
from wizard.settings import Settings
from wizard.testing import make_test_engine


class Plain(Channel):
    name = "plain"

    def verify(self, request: web.BaseRequest, body: bytes) -> None: ...

    def parse(self, body: bytes) -> Sequence[Inbound]:
        return [Inbound(**message) for message in json.loads(body)]

    async def send(self, message: Outbound) -> None: ...


class Mute(Plain):
    limits = Limits(text=0)


class Fewer(Plain):
    limits = Limits(buttons=-1)


class Slashed(Plain):
    name = "a/b"


@pytest.mark.parametrize("channel", [Mute, Fewer, Slashed])
async def test_a_channel_that_cant_work_is_told_at_the_start(channel: type[Plain]) -> None:
    """A text would be divided into parts of nothing for ever, which stops the whole process; or two channels would
    share the conversations of one."""
    engine = await make_test_engine(TWO)
    with pytest.raises(HostError, match=f"limits|{Slashed.name}"):
        serve(channel(), ChannelHost(engine, Settings()), workflow="two")


async def test_what_is_taken_has_bounds() -> None:
    """A service that sends megabytes where a name stands would have them in the run for good, and be read with every
    message."""
    engine = await make_test_engine(TWO)
    app = serve(Plain(), ChannelHost(engine, Settings(message_rate=0)), workflow="two")
    whole = {"conversation": "c" * MOST_CONVERSATION, "message": "m" * MOST_ID, "language": "x" * MOST_LANGUAGE}
    wrong = [
        [{**whole, name: value}]
        for name in whole
        for value in (f"{whole[name]}x", *([] if name == "language" else ["", "a\nb"]))
    ]
    async with TestClient(TestServer(app)) as client:
        for messages in (*wrong, [whole] * (MOST_MESSAGES + 1)):
            async with client.post("/", json=messages) as answer:
                assert answer.status == 400, messages[0]
        assert await engine.store.list_runs() == []
        async with client.post("/", json=[whole]) as answer:
            assert (answer.status, await answer.json()) == (200, {"taken": 1})
    assert len(await engine.store.list_runs()) == 1
