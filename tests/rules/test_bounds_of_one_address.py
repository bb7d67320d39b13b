"""What one address sends in vain takes little from others: each refusal beyond a few dozen waits for its turn, and the
bodies of all requests together have no more room than there is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter

import pytest

from tests.acceptance.processes import Process, process
from tests.acceptance.raw import URLENCODED, Answer, Line, Sent, line_to, once
from tests.forkserver import command
from tests.pairs import times_as_long
from tests.patience import LONG, until
from wizard.app import wizard_app
from wizard.channels.http.bodies import ROOM, Crowded, Room
from wizard.channels.http.connections import LATEST, Connections, Limits
from wizard.channels.web.csrf import VISITOR_COOKIE, new_visitor
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading import source
from wizard.node import Registry
from wizard.server import listening
from wizard.settings import Settings

FORM = "id: f\ntitle: F\nnodes:\n  - {id: a, type: form, fields: [{name: x, required: false}]}\n"
CATALOG = Catalog.from_documents([each.data for each in source.read(FORM.encode(), "f.yaml")], Registry.installed())
JSON = ("Content-Type", "application/json")
START = Sent("POST", "/api/v1/runs", (JSON,), b'{"workflow": "f"}').raw
NOTHING = Sent("GET", "/nowhere").raw


@asynccontextmanager
async def served(**settings: object) -> AsyncIterator[int]:
    app = wizard_app(CATALOG, settings=Settings.model_validate(settings))
    async with listening(app, "127.0.0.1", 0, grace=0.1) as addresses:
        yield addresses[0][1]


@pytest.fixture
def long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is kept back goes before a test ends, however busy the machine is: with one a minute, the second
    refusal waits for a minute, the third for two."""
    monkeypatch.setattr("wizard.channels.http.connections.LATEST", 3600.0)


@asynccontextmanager
async def unanswered(line: Line, sent: bytes) -> AsyncIterator[None]:
    """Sends it, and it isn't answered before the block ends."""
    asking = asyncio.ensure_future(line.ask(sent))
    try:
        yield
        assert not asking.done()
    finally:
        asking.cancel()
        await asyncio.wait([asking])


async def status_of(line: Line, sent: bytes) -> int:
    return (await line.ask(sent)).status


@pytest.mark.usefixtures("long_waits")
async def test_who_is_refused_often_waits_and_nobody_else_does() -> None:
    """An address that tries out thousands of things gets its answers one by one; what it asks rightly is answered
    meanwhile, and so is what others ask."""
    async with served(refusal_rate=1) as port, line_to(port) as line, line_to(port) as own:
        assert await status_of(line, NOTHING) == 404
        async with unanswered(line, NOTHING):
            assert await status_of(own, START) == 201
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.3", 0))
            assert await status_of(Line(reader, writer), NOTHING) == 404
            async with unanswered(own, NOTHING):
                assert await status_of(Line(reader, writer), START) == 201
            writer.close()


@pytest.mark.usefixtures("long_waits")
async def test_a_fifth_of_a_minute_is_answered_at_once() -> None:
    """A page whose icons are all gone is refused a dozen times: its person doesn't wait."""
    async with served(refusal_rate=60) as port, line_to(port) as line:
        for _ in range(12):
            await line.send(NOTHING)
        for _ in range(12):
            assert (await line.answer()).status == 404


@pytest.mark.usefixtures("long_waits")
async def test_behind_a_proxy_the_proxy_says_who_it_is() -> None:
    """All connections come from its address: one who is refused often mustn't make all others wait."""
    async with served(refusal_rate=1, proxies=1) as port, line_to(port) as line, line_to(port) as other_line:
        one = Sent("GET", "/nowhere", (("X-Forwarded-For", "192.0.2.1"),)).raw
        other = Sent("GET", "/nowhere", (("X-Forwarded-For", "192.0.2.2"),)).raw
        assert await status_of(line, one) == 404
        async with unanswered(line, one):
            assert await status_of(other_line, other) == 404
            assert (await other_line.ask(b"\x16\x03\r\n\r\n")).status == 400


async def test_no_limit_is_none() -> None:
    """0 is what says so, as with every rate."""
    connections = Connections(Limits(refusals=0), asyncio.get_running_loop())
    assert not any(connections.seconds_until_turn("192.0.2.1") for _ in range(1_000))


async def test_a_refusal_that_waits_makes_room() -> None:
    """Somebody who opens all the connections there may be, and is refused on each, keeps nobody out."""
    async with served(refusal_rate=5, max_connections=16) as port, AsyncExitStack() as stack:
        for _ in range(16):
            line = await stack.enter_async_context(line_to(port))
            await line.send(NOTHING)
        assert (await once(port, Sent("POST", "/api/v1/runs", (JSON,), b'{"workflow": "f"}'))).status == 201


@pytest.mark.usefixtures("long_waits")
async def test_stopping_does_not_wait_for_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is refused often would hold up a restart by as long as the server lets requests finish."""
    kept: list[float] = []
    turn_of = Connections.seconds_until_turn

    def noted(self: Connections, address: str) -> float:
        kept.append(turn_of(self, address))
        return kept[-1]

    monkeypatch.setattr(Connections, "seconds_until_turn", noted)
    app = wizard_app(CATALOG, settings=Settings(refusal_rate=1))
    async with (
        asyncio.timeout(LONG),
        AsyncExitStack() as stack,
        listening(app, "127.0.0.1", 0, grace=3600) as addresses,
    ):
        lines = [await stack.enter_async_context(line_to(addresses[0][1])) for _ in range(3)]
        for line in lines:
            await line.send(NOTHING)
        await until(lambda: len(kept) == 3)
        assert [bool(seconds) for seconds in kept] == [False, True, True]


@pytest.mark.parametrize(
    ("target", "kind", "status"), [("/api/v1/runs", "application/json", 503), ("/w/f", URLENCODED, 503)]
)
async def test_bodies_have_room_together(target: str, kind: str, status: int) -> None:
    """Each may be large, and there may be hundreds of connections: what counts is what they take at once. With room
    again, the same request is taken."""
    cookie = (("Cookie", f"{VISITOR_COOKIE}={new_visitor()}"),)
    half = (*cookie, ("Content-Type", kind), ("Content-Length", "700000"))
    async with served(bodies_limit=1_000_000) as port, AsyncExitStack() as stack:
        slow = await stack.enter_async_context(line_to(port))
        await slow.send(Sent("POST", target, half).raw + b"a" * 600_000)
        body = b'{"workflow": "f", "x": "' + b"y" * 600_000 + b'"}' if "json" in kind else b"x=" + b"y" * 600_000
        sent = Sent("POST", target, (*cookie, ("Content-Type", kind)), body)
        answers: list[Answer] = []

        async def asked(*statuses: int) -> bool:
            answers.append(await once(port, sent))
            return answers[-1].status in statuses

        await until(lambda: asked(status))
        assert answers[-1].header("retry-after")
        await slow.close()
        await until(lambda: asked(400, 403))


def test_room_is_given_back() -> None:
    """Room that is never given back would be gone after a day."""
    room = Room(10)
    room.take(6)
    with pytest.raises(Crowded):
        room.take(5)
    room.give_back(6)
    room.take(10)


async def test_room_is_given_back_however_a_request_ends() -> None:
    """Refused, broken off, taken: afterwards there is as much as before."""
    app = wizard_app(CATALOG, settings=Settings(bodies_limit=1_000_000, text_limit=1_000))

    def is_all_there() -> bool:
        try:
            app[ROOM].take(1_000_000)
        except Crowded:
            return False
        app[ROOM].give_back(1_000_000)
        return True

    async with listening(app, "127.0.0.1", 0, grace=0.1) as addresses:
        port = addresses[0][1]
        for body in (b'{"workflow": "f"}', b"{", b'{"a": "' + b"x" * 5_000 + b'"}'):
            await once(port, Sent("POST", "/api/v1/runs", (JSON,), body))
        async with line_to(port) as line:
            await line.send(Sent("POST", "/api/v1/runs", (JSON, ("Content-Length", "900"))).raw + b"x" * 500)
            await until(lambda: not is_all_there())
        await until(is_all_there)


HOSTILE = (
    NOTHING,
    Sent("GET", "/r/nowhere/a").raw,
    Sent("POST", "/api/v1/runs", (JSON,), b"{").raw,
    Sent("POST", "/w/f", (("Content-Type", URLENCODED),), b"a=%" * 50).raw,
    Sent("DELETE", "/api/v1/runs/x").raw,
)


async def ten_turns(line: Line) -> None:
    for _ in range(10):
        assert (await line.ask(START)).status == 201


def alone(folder: Path) -> AbstractContextManager[Process]:
    """A server of its own."""
    folder.mkdir()
    (folder / "f.yaml").write_text(FORM)
    return process(folder, "f.yaml", "--store", "memory:", by=command(), WIZARD_API_START_RATE="0")


async def hostile(stack: AsyncExitStack, port: int, number: int) -> asyncio.StreamReader:
    """Sends fifty requests at once, without waiting for answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000_000, local_addr=("127.0.0.9", 0))
    stack.push_async_callback(Line(reader, writer).close)
    writer.write(b"".join(HOSTILE[(number + more) % len(HOSTILE)] for more in range(50)))
    return reader


async def test_ten_thousand_hostile_requests_of_one_address_take_less_than_a_fifth_from_others(tmp_path: Path) -> None:
    """Sent all at once, over as many connections as one address may have: sixty are answered at once, then five a
    second, and each connection gets an answer in ten seconds, whatever the machine can do. Without the limit all ten
    thousand were answered first, and fifty turns took twelve seconds. Where others leave so little of the machine that
    five refusals a second are many beside a person's turns, each takes no more than a turn does."""
    with ExitStack() as servers:
        quiet, server = (servers.enter_context(alone(tmp_path / name)) for name in ("quiet", "besieged"))
        async with AsyncExitStack() as stack:
            somebody, person = [await stack.enter_async_context(line_to(each.port)) for each in (quiet, server)]
            await ten_turns(somebody)
            await ten_turns(person)
            turns = 0

            async def besieged() -> None:
                nonlocal turns
                turns += 10
                await ten_turns(person)

            began = perf_counter()
            readers = [await hostile(stack, server.port, number) for number in range(200)]
            ratio = await times_as_long(besieged, lambda: ten_turns(somebody), 1.2, pairs=60, seconds=20)
            seconds = perf_counter() - began
            answered = sum(bytes(reader._buffer).count(b"HTTP/1.1 ") for reader in readers)  # type: ignore[attr-defined]
            assert 60 <= answered < 60 + 5 * seconds + 200 * (seconds // LATEST) + 5, f"{answered} in {seconds:.1f} s"
            assert ratio < max(1.2, 1 + answered / turns), f"{ratio:.2f} with {answered} to {turns} turns"
