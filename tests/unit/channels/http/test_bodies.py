"""Bodies that are slow, break off or never end: each is an error of its own, and none holds a server up."""

from __future__ import annotations

import asyncio
from unittest.mock import Mock

import pytest
from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from wizard.channels.http.bodies import BrokenOff, TooSlow, drain, pieces
from wizard.channels.http.json_bodies import read_object
from wizard.channels.http.problems import Refused
from wizard.channels.web.refusals import Refusal
from wizard.channels.web.upload_limits import read_posted


def arriving(*steps: bytes | Exception | None, kind: str = "application/x-www-form-urlencoded") -> web.Request:
    """A request whose body comes like this: bytes, an error of the connection, None for its end."""
    loop = asyncio.get_running_loop()
    protocol = BaseProtocol(loop)
    protocol.transport = Mock()
    stream = StreamReader(protocol, 2**16, loop=loop)
    for each in steps:
        if each is None:
            stream.feed_eof()
        elif isinstance(each, bytes):
            stream.feed_data(each)
        else:
            stream.set_exception(each)
    return make_mocked_request("POST", "/", {"Content-Type": kind, "Transfer-Encoding": "chunked"}, payload=stream)


async def read(request: web.Request, **more: float) -> bytes:
    return b"".join([piece async for piece in pieces(request, **more)])


async def test_a_body_comes_in_pieces() -> None:
    """All of it, and then it ends."""
    assert await read(arriving(b"a=", b"1", None)) == b"a=1"


async def test_silence_has_an_end() -> None:
    """A connection that says nothing is one that others don't get."""
    with pytest.raises(TooSlow):
        await read(arriving(b"a="), idle=0.05)


async def test_dripping_has_an_end_too() -> None:
    """A byte every few seconds is never idle, and never done."""
    request = arriving()

    async def drip() -> None:
        while True:
            request.content.feed_data(b"x")
            await asyncio.sleep(0.01)

    dripping = asyncio.ensure_future(drip())
    with pytest.raises(TooSlow):
        await read(request, idle=1, whole=0.1)
    dripping.cancel()


@pytest.mark.parametrize("error", [web.RequestPayloadError("bad chunk"), ConnectionResetError()])
async def test_a_body_that_breaks_off_is_none(error: Exception) -> None:
    """What came is not what was meant."""
    with pytest.raises(BrokenOff):
        await read(arriving(b"a=", error))


async def test_what_is_thrown_away_is_bounded_too() -> None:
    """In bytes and in seconds; how it ends doesn't matter to anybody."""
    request = arriving(b"x" * 100, b"y")
    await drain(request, 50)
    await drain(arriving(b"x"), 50, seconds=0.05)
    await drain(arriving(b"x", ConnectionResetError()), 50)
    await drain(arriving(b"x", None), 50)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("application/x-www-form-urlencoded", 400), ("text/plain", 400), ("multipart/form-data; boundary=XX", 400)],
)
async def test_a_form_that_breaks_off_is_refused(kind: str, status: int) -> None:
    """Half an answer is none."""
    with pytest.raises(Refusal) as refused:
        await read_posted(arriving(ConnectionResetError(), kind=kind), limit=100)
    assert refused.value.words.status == status
    assert refused.value.closes


@pytest.mark.parametrize(("steps", "status"), [((b"{",), 408), ((b"{", ConnectionResetError()), 400)])
async def test_programs_are_told_the_same(steps: tuple[bytes | Exception, ...], status: int) -> None:
    """The JSON interface reads its bodies the same way."""
    with pytest.raises(Refused) as refused:
        await read_object(arriving(*steps, kind="application/json"), 100, idle=0.05)
    assert refused.value.type.status == status
    assert refused.value.closes


async def test_an_empty_body_of_any_kind_is_an_empty_form() -> None:
    """A program that declares a body and sends none has answered nothing."""
    assert (await read_posted(arriving(None, kind="text/plain"), limit=100)).texts == {}
