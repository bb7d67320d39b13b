"""Who opens connections and makes no use of them shuts nobody out: as many as there may be, each for as long as it may
take, and what the system refuses is a line a minute."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from aiohttp import web

from tests.acceptance.processes import process
from tests.acceptance.raw import Answer, Line, NoAnswer, Sent, line_to, once
from tests.patience import until
from wizard.app import wizard_app
from wizard.channels.http.connections import LEAST, LIMITS, RESERVE, Connections, Limits
from wizard.channels.web.connection import LARGEST_HEAD
from wizard.server import listening
from wizard.settings import Settings

PAGE = Sent("GET", "/")
BEGUN = b"GET / HTTP/1.1\r\nHost: x\r\n"
ESTABLISHED = "01"
FORM = "id: f\ntitle: F\nnodes:\n  - {id: a, type: form, fields: [{name: x, required: false}]}\n"


class Port(int):
    """A server's port, and what goes on behind it."""

    connections: Connections
    at_work = 0  # requests of the page that takes long

    async def comes_to(self, *, lines: int = 0, at_work: int = 0) -> None:
        """Until so many are open, or at work: to arrive takes a moment."""
        await until(lambda: len(self.connections) >= lines and self.at_work >= at_work)

    def looks(self, later: float) -> None:
        """The look at all connections that would come so many seconds later."""
        now = asyncio.get_running_loop().time() + later
        for line in (*self.connections._lines(), *self.connections._leaving):
            line.look(now)


@asynccontextmanager
async def served(**limits: Any) -> AsyncIterator[Port]:
    """The port of a server with these limits. Its page `/slow` takes until `/go` is asked for."""
    go, port = asyncio.Event(), Port()

    class Noted(Connections):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            made.append(self)

    made: list[Connections] = []
    app = web.Application()
    app[LIMITS] = Limits(**limits)

    async def page(request: web.Request) -> web.Response:
        return web.Response(text="here")

    async def slow(request: web.Request) -> web.Response:
        port.at_work += 1
        await go.wait()
        return web.Response(text="done")

    async def let_go(request: web.Request) -> web.Response:
        go.set()
        return web.Response(text="go")

    async def large(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 30_000_000)

    app.add_routes([web.get("/", page), web.get("/slow", slow), web.get("/go", let_go), web.get("/large", large)])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("wizard.server.Connections", Noted)
        patched.setattr("wizard.channels.http.connections.FRESH", 3600.0)
        async with listening(app, "127.0.0.1", 0, grace=0.1) as addresses:
            port = Port(addresses[0][1])
            (port.connections,) = made
            yield port


async def ended(line: Line) -> bool:
    """Whether the server closes the connection without a word."""
    with pytest.raises(NoAnswer, match="closed"):
        await line.answer()
    return True


async def test_silence_makes_room() -> None:
    """As many as there may be say nothing: each who comes then is answered, in place of the one that came first."""
    async with served(most_of_one=5) as port, AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(line_to(port)) for _ in range(5)]
        for line in silent[1:]:
            await line.send(BEGUN)
        await port.comes_to(lines=5)
        assert (await once(port, PAGE)).status == 200
        assert await ended(silent[0])
        await silent[4].send(b"\r\n")
        assert (await silent[4].answer()).status == 200


async def test_who_is_at_work_is_not_sent_away() -> None:
    """A turn under way ends as it should, and a newcomer reads that there is no room."""
    async with served(most=4, most_of_one=None) as port, AsyncExitStack() as stack:
        busy = [await stack.enter_async_context(line_to(port)) for _ in range(3)]
        for line in busy:
            await line.send(Sent("GET", "/slow").raw)
        other = await stack.enter_async_context(line_to(port))
        await other.send(Sent("GET", "/slow").raw)
        await port.comes_to(at_work=4)
        async with line_to(port) as late:
            turned_away = await late.answer()
        assert (turned_away.status, turned_away.header("retry-after")) == (503, "60")
        assert "frame-ancestors 'none'" in turned_away.header("content-security-policy")


async def test_one_address_takes_no_room_from_others() -> None:
    """An address has as many as one may have, however many there may be in all."""
    async with served(most=100, most_of_one=3) as port, AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(line_to(port)) for _ in range(3)]
        for line in lines:
            await line.send(Sent("GET", "/slow").raw)
        await port.comes_to(at_work=3)
        async with line_to(port) as late:
            assert (await late.answer()).status == 503
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        assert (await Line(reader, writer).ask(PAGE.raw)).status == 200
        assert (await Line(reader, writer).ask(Sent("GET", "/go").raw)).status == 200
        writer.close()
        assert {(await line.answer()).body for line in lines} == {b"done"}


async def test_work_of_a_few_addresses_shuts_nobody_out() -> None:
    """Some addresses hold all connections there may be, each within its own bound and all at work: whoever else comes
    is answered, at the cost of the address that has most; who has most gets no more by coming again."""
    async with served(most=6, most_of_one=3) as port, AsyncExitStack() as stack:
        busy = {}
        for address in ("127.0.0.2", "127.0.0.3"):
            busy[address] = [await stack.enter_async_context(_from(address, port)) for _ in range(3)]
            for line in busy[address]:
                await line.send(Sent("GET", "/slow").raw)
        await port.comes_to(at_work=6)
        async with _from("127.0.0.4", port) as visitor:
            assert (await visitor.ask(PAGE.raw)).status == 200
            await visitor.send(Sent("GET", "/slow").raw)
            await port.comes_to(at_work=7)
            async with _from("127.0.0.2", port) as again:
                assert (await again.answer()).status == 503
            async with _from("127.0.0.5", port) as another:
                assert (await another.ask(PAGE.raw)).status == 200
                assert (await another.ask(Sent("GET", "/go").raw)).status == 200
            assert (await visitor.answer()).body == b"done"
        answers = await asyncio.gather(
            *(line.answer() for lines in busy.values() for line in lines), return_exceptions=True
        )
        assert sum(isinstance(each, NoAnswer) for each in answers) == 2, "one for each who came"


async def test_who_has_just_come_is_not_ended_for_who_has_more() -> None:
    """An address whose connections are ended opens others at once: they mustn't push out visitors, whose first request
    is on its way."""
    async with served(most=4, most_of_one=3) as port, AsyncExitStack() as stack:
        for _ in range(3):
            line = await stack.enter_async_context(_from("127.0.0.2", port))
            await line.send(Sent("GET", "/slow").raw)
        await port.comes_to(at_work=3)
        first = await stack.enter_async_context(_from("127.0.0.3", port))
        await port.comes_to(lines=4)
        second = await stack.enter_async_context(_from("127.0.0.4", port))
        await until(lambda: "127.0.0.4" in port.connections._all)
        async with _from("127.0.0.2", port) as again:
            assert (await again.answer()).status == 503
        assert [(await line.ask(PAGE.raw)).status for line in (first, second)] == [200, 200]


async def test_silence_of_many_addresses_makes_room_too() -> None:
    """A connection from each of a thousand addresses shuts nobody out, however lately they came."""
    async with served(most=3, most_of_one=3) as port, AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(_from(f"127.0.0.{number}", port)) for number in (2, 3, 4)]
        await port.comes_to(lines=3)
        async with _from("127.0.0.9", port) as visitor:
            assert (await visitor.ask(PAGE.raw)).status == 200
        assert await ended(silent[0])


@asynccontextmanager
async def _from(address: str, port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize("limits", [{"most_of_one": 20, "most": 1000}, {"most": 20, "most_of_one": None}])
async def test_a_burst_has_no_more_room_than_what_comes_one_by_one(limits: dict[str, Any]) -> None:
    """Two hundred connections at the same instant, with a request begun, would otherwise stay beyond what the operator
    allows one address, and take the files of the process."""
    async with served(**limits) as port, AsyncExitStack() as lines:
        for _ in range(3):
            await asyncio.gather(*(_opens(lines, port) for _ in range(100)))
            await until(lambda: len(_sockets_at(port)) == 20)
        assert (await once(port, PAGE)).status == 200


async def _opens(lines: AsyncExitStack, port: int) -> None:
    line = await lines.enter_async_context(line_to(port))
    await line.send(BEGUN)


def _sockets_at(port: int) -> list[str]:
    """The server's ends of connections that are open; the clients' have this port as the other end's."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ends = [line.split() for line in lines]
    return [end[1] for end in ends if end[1].endswith(f":{port:04X}") and end[3] == ESTABLISHED]


async def test_a_head_takes_no_longer_than_it_may() -> None:
    """A connection that says nothing is closed; one that has begun reads why, the second request's sender as well."""
    async with served(head=3600) as port, line_to(port) as silent, line_to(port) as slow, line_to(port) as second:
        await slow.send(BEGUN)
        assert (await second.ask(PAGE.raw)).status == 200
        await second.send(BEGUN)
        await until(lambda: sum(line._head == len(BEGUN) for line in port.connections._lines()) == 2)  # type: ignore[attr-defined]
        port.looks(later=3601)
        assert await ended(silent)
        assert (await slow.answer()).status == 408
        late = await second.answer()
        assert (late.status, late.closes) == (408, True)


async def test_a_request_under_way_may_take_longer() -> None:
    """What bounds a head bounds neither a turn nor what is said between two requests."""
    async with served(head=3600) as port, line_to(port) as line, line_to(port) as other:
        await line.send(Sent("GET", "/slow").raw)
        assert (await other.ask(PAGE.raw)).status == 200
        await port.comes_to(at_work=1)
        port.looks(later=3601)
        assert (await other.ask(Sent("GET", "/go").raw)).status == 200
        assert (await line.answer()).body == b"done"


async def test_nothing_between_two_requests_has_its_time() -> None:
    """A browser that was left open holds no connection for an hour."""
    async with served(idle=0.4) as port, line_to(port) as line:
        assert (await line.ask(PAGE.raw)).status == 200
        assert await ended(line)


async def test_an_answer_that_nobody_takes_is_given_up() -> None:
    """It would be kept in memory for as long as its reader likes."""
    async with served(stalled=0.5) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
        writer.write(Sent("GET", "/large").raw)
        await port.comes_to(lines=1)
        await until(lambda: not len(port.connections))
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(30_000_000)
        writer.close()


async def test_a_head_is_no_larger_than_it_may_be() -> None:
    """Each header may be as large as a cookie gets; together they are more than any browser sends."""
    headers = tuple((f"X-{number}", "y" * 8_000) for number in range(LARGEST_HEAD // 8_000 + 1))
    async with served() as port, line_to(port) as line:
        for name, value in headers:
            await line.send((BEGUN if name == "X-0" else b"") + f"{name}: {value}\r\n".encode())
            await asyncio.sleep(0.05)
        answer = await line.answer()
        assert (answer.status, answer.closes) == (431, True)
        assert (await once(port, PAGE)).status == 200


async def test_what_the_system_refuses_is_a_line_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asyncio logs a hundred lines, and tries a hundred times as often, each second: a disk full of log in an hour."""
    tried: list[float] = []

    def refuse(self: socket.socket) -> tuple[socket.socket, object]:
        tried.append(monotonic())
        raise OSError(errno.EMFILE, "Too many open files")

    async with served() as port:
        with caplog.at_level(logging.WARNING), monkeypatch.context() as patched:
            patched.setattr(socket.socket, "accept", refuse)
            async with line_to(port) as line:
                await until(lambda: len(tried) == 3)
                patched.undo()
                assert (await line.ask(PAGE.raw)).status == 200
    assert [record.getMessage()[:35] for record in caplog.records] == ["no connections can be taken (the sy"]
    assert tried[2] - tried[0] > 1.5


async def test_connections_leave_files_for_everything_else() -> None:
    """Without a file left, no answer can be stored either."""
    assert Limits(most=1000).fitted(256).most == 256 - RESERVE
    assert Limits(most=1000).fitted(30).most == LEAST
    assert Limits(most=1000).fitted(None).most == Limits(most=1000).fitted(65_536).most == 1000


def test_behind_a_proxy_all_come_from_one_address() -> None:
    """There the proxy is who counts addresses."""
    assert Limits.of(Settings(proxies=1)).most_of_one is None
    assert Limits.of(Settings(max_connections_of_one=7, head_timeout=3)).most_of_one == 7
    assert wizard_app((), settings=Settings(idle_timeout=3))[LIMITS].idle == 3


async def test_a_closed_acceptor_takes_nothing_more() -> None:
    """What comes while a server stops goes to the next one."""
    async with served() as port:
        pass
    with pytest.raises(ConnectionRefusedError):
        await once(port, PAGE)


async def test_thousands_that_say_nothing_shut_nobody_out(tmp_path: Path) -> None:
    """A process that may open 256 files, and connections that begin a request: everybody is answered, nothing is
    logged but a line, and it costs next to nothing."""
    (tmp_path / "f.yaml").write_text(FORM)
    with process(tmp_path, "f.yaml", "--store", "memory:", files=256) as server:
        memory = server.peak
        async with AsyncExitStack() as stack:
            for number in range(600):
                line = await stack.enter_async_context(line_to(server.port))
                await line.send(BEGUN)
                if number % 100 == 99:
                    answer: Answer = await once(server.port, Sent("GET", "/healthz"))
                    assert answer.status == 200
        assert server.peak - memory < 30
        assert server.log.stat().st_size < 1_000
