"""What every node type keeps that reaches out: it calls nothing that isn't reachable from everywhere, whatever its
address looks like and however often that changes, and what somebody answered breaks out of no place.

A type that reaches out has a line in WAYS, for each way on which it comes to its address.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, repeat
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from tests.chats import SLACK_TOKEN, TELEGRAM_TOKEN
from tests.unit.nodes.handing import Pauses, visit_of
from wizard.errors import Excuse, NodeFailed
from wizard.node import NodeType, Registry, Services
from wizard.resources.handing import Resources, given
from wizard.resources.kinds import KINDS
from wizard.settings import Settings

Json = dict[str, Any]
REGISTRY = Registry.built_in()
SECRET = f"whsec_{'a' * 32}"
FILE = {"name": "a", "type": "text/plain", "text": "a"}
PRIVATE = (
    *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "127.0.0.2"),
    *(
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
    ),
    *("10.0.0.1", "169.254.169.254", "100.64.0.1", "[fd00::1]", "[2001:0:7f00:1::]"),
)


@dataclass(frozen=True)
class Way:
    """How a node type comes to an address, which stands for ADDRESS in its resource or configuration."""

    type: str
    config: Json
    kind: str = ""
    resource: Json = field(default_factory=dict)
    speaks_http: bool = True

    async def go(self, address: str, settings: Settings, data: Any = None, **config: Any) -> None:
        """Executes the node. Raises NodeFailed, or ValidationError for an address that no resource can have."""
        node = _filled_type(self.type)
        written = _filled({**self.config, **config}, address)
        resources = {}
        if self.kind:
            written = {"resource": "it", **written}
            resources["it"] = KINDS[self.kind].model_validate(_filled(self.resource, address))
        services = Services(settings=settings, resources=Resources((given(resources),)))
        try:
            await node.execute(visit_of(node, written, data, services=services, timeout=timedelta(seconds=5)))
        finally:
            for shared in services.shared.values():
                if hasattr(shared, "close"):
                    await shared.close()


def _filled_type(name: str) -> NodeType[Any]:
    node = REGISTRY.get(name)
    assert node is not None
    return type(node)() if name == "sql" else type(node)(Pauses())  # type: ignore[call-arg]


def _filled(written: Any, address: str) -> Any:
    return json.loads(json.dumps(written).replace("ADDRESS", address))


BUCKET = {"endpoint": "http://ADDRESS", "bucket": "letters", "access_key": "a", "secret_key": "s3cret"}
OAUTH = {"token_url": "http://ADDRESS/token", "client_id": "a", "client_secret": "s3cret"}
MAIL = {"to": "a@example.org", "from": "b@example.org", "subject": "a", "text": "a"}
WAYS = {
    "http": Way("http", {"url": "http://ADDRESS/"}),
    "http, by an answer": Way("http", {"url": "{{ 'http://ADDRESS/' }}"}),
    "http, by a resource": Way("http", {"url": "/a"}, "http", {"base_url": "http://ADDRESS"}),
    "http, for a token": Way("http", {"url": "/a"}, "http", {"base_url": "https://crm.example", "oauth2": OAUTH}),
    "webhook": Way("webhook", {"url": "http://ADDRESS/", "body": 1, "secret": "crm"}),
    "webhook, by a resource": Way(
        "webhook", {"url": "/a", "body": 1}, "http", {"base_url": "http://ADDRESS", "signing_secret": SECRET}
    ),
    "send_mail": Way("send_mail", MAIL, "smtp", {"url": "smtp://ADDRESS"}, speaks_http=False),
    "sql": Way(
        "sql", {"statement": "SELECT 1"}, "sql", {"url": "postgresql://u:s3cret@ADDRESS/crm"}, speaks_http=False
    ),
    "publish": Way("publish", {"subject": "a", "body": 1}, "broker", {"url": "nats://ADDRESS"}, speaks_http=False),
    "put_file": Way("put_file", {"key": "a", "file": FILE}, "s3", BUCKET),
    "get_file": Way("get_file", {"key": "a"}, "s3", BUCKET),
    "slack_message": Way(
        "slack_message", {"channel": "#a", "text": "a"}, "token", {"token": SLACK_TOKEN, "base_url": "http://ADDRESS"}
    ),
    "slack_message, by a webhook": Way(
        "slack_message",
        {"text": "a"},
        "token",
        {"token": "http://ADDRESS/services/s3cret", "base_url": "http://ADDRESS"},
    ),
    "telegram_message": Way(
        "telegram_message", {"chat": 1, "text": "a"}, "token", {"token": TELEGRAM_TOKEN, "base_url": "http://ADDRESS"}
    ),
}
WEB = [name for name, way in WAYS.items() if way.speaks_http]
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def settings(**more: Any) -> Settings:
    return Settings(webhook_secrets=SecretStr(f"crm:{SECRET}"), **more)


@dataclass
class Trap:
    """A server on all addresses of this machine, which answers nothing, or what `says` is. `reached` are the addresses
    that somebody connected to."""

    port: int = 0
    says: bytes = b""
    reached: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached.append(writer.get_extra_info("sockname")[0])
        try:
            if self.says:
                writer.write(self.says)
                await writer.drain()
                await asyncio.wait_for(reader.read(10_000), 0.2)
        except (ConnectionError, TimeoutError):
            pass
        writer.close()


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    async with _trap() as made:
        yield made


@asynccontextmanager
async def _trap() -> AsyncIterator[Trap]:
    made = Trap()
    first = await asyncio.start_server(made.serve, "0.0.0.0", 0)
    made.port = first.sockets[0].getsockname()[1]
    servers = [first]
    if socket.has_ipv6:
        servers.append(await asyncio.start_server(made.serve, "::1", made.port))
    yield made
    for server in servers:
        server.close()
        await server.wait_closed()


def test_every_type_that_reaches_out_is_here() -> None:
    """A new one that isn't tried here is one that may not be guarded."""
    out = {node.type for node in REGISTRY if node.group == "out"}
    assert {way.type for way in WAYS.values()} == out - {"python", "calendar_file"}


@every_way
async def test_nothing_private_is_called(way: Way, trap: Trap) -> None:
    """Metadata services, printers, databases: what is behind the firewall is reached by no address, however written."""
    for host in PRIVATE:
        with pytest.raises((NodeFailed, ValidationError)) as refused:
            await way.go(f"{host}:{trap.port}", settings())
        if host in ("127.0.0.1", "localhost", "127.0.0.2", "10.0.0.1", "[::1]"):
            assert "private or reserved address" in str(refused.value), host
            assert "s3cret" not in str(refused.value)
    assert trap.reached == []
    with pytest.raises(NodeFailed):
        await way.go(f"127.0.0.1:{trap.port}", settings(allow_private_addresses=True))
    assert set(trap.reached) == {"127.0.0.1"}  # so it was the guard that held


@pytest.fixture
def changing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """What a name's addresses are, question by question; the last answer stays. 127.0.0.1 counts as public here."""
    answers: list[list[str]] = []
    asked: list[Iterator[list[str]]] = []
    original = socket.getaddrinfo

    def resolve(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host != "changing.example":
            return original(host, port, *more, **named)
        if not asked:
            asked.append(chain(answers, repeat(answers[-1])))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, int(port or 0))) for address in next(asked[0])]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("wizard.node.outgoing.is_public", lambda address: address == "127.0.0.1")
    yield answers
    assert asked


@every_way
@pytest.mark.parametrize(
    "answers",
    [
        [["127.0.0.1"], ["127.0.0.2"]],
        [["127.0.0.2"], ["127.0.0.1"]],
        [["127.0.0.2", "127.0.0.1"], ["127.0.0.2"]],
    ],
    ids=["public first", "private first", "both"],
)
async def test_a_name_that_changes_its_address_gains_nothing(
    way: Way, trap: Trap, changing: list[list[str]], answers: list[list[str]]
) -> None:
    """Public when it is checked, private when it is connected to (DNS rebinding): what is judged is what is called."""
    changing += answers
    with pytest.raises(NodeFailed):
        await way.go(f"changing.example:{trap.port}", settings())
    assert "127.0.0.2" not in trap.reached
    if "127.0.0.1" in answers[0]:
        assert set(trap.reached) == {"127.0.0.1"}


@pytest.mark.parametrize("way", WEB)
async def test_no_redirect_is_followed(way: str, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """A public service that sends on to a private address is the usual way around such a guard."""
    monkeypatch.setattr("wizard.node.outgoing.is_public", lambda address: address == "127.0.0.1")
    for status in (301, 302, 303, 307, 308):
        async with _trap() as sending:
            sending.says = (
                f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.2:{trap.port}/\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n"
            ).encode()
            with pytest.raises(NodeFailed):
                await WAYS[way].go(f"127.0.0.1:{sending.port}", settings())
            assert set(sending.reached) == {"127.0.0.1"}
    assert trap.reached == []


async def test_the_servers_that_a_broker_names_are_not_followed(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker tells its clients of others to go to; one that was taken over would lead them inside."""
    monkeypatch.setattr("wizard.node.outgoing.is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr("wizard.nodes.out.nats.LOOK", 0.1)
    others = [f"127.0.0.2:{trap.port}"]
    info = {"server_id": "x", "version": "2.10.0", "max_payload": 1000, "headers": True, "connect_urls": others}
    for then in (b"", b"PONG\r\n", b"PONG\r\n-ERR 'Stale Connection'\r\n", b"-ERR 'Authorization Violation'\r\n"):
        async with _trap() as naming:
            naming.says = b"INFO " + json.dumps(info).encode() + b"\r\n" + then
            with pytest.raises(NodeFailed):
                await WAYS["publish"].go(f"127.0.0.1:{naming.port}", settings())
            assert naming.reached == ["127.0.0.1"]
    assert trap.reached == []


@every_way
@pytest.mark.parametrize("scheme", ["file:///etc/passwd#", "gopher://", "ftp://", "unix:///run/x.sock?", "//"])
async def test_no_other_scheme_is_spoken(way: Way, trap: Trap, scheme: str) -> None:
    """A file of this machine is no service."""
    written = json.dumps({"config": way.config, "resource": way.resource})
    for usual in ("http://ADDRESS", "smtp://ADDRESS", "postgresql://u:s3cret@ADDRESS", "nats://ADDRESS"):
        written = written.replace(usual, f"{scheme}ADDRESS")
    other = Way(way.type, **{**json.loads(written), "kind": way.kind})
    with pytest.raises((NodeFailed, ValidationError)):
        await other.go(f"127.0.0.1:{trap.port}", settings(allow_private_addresses=True))
    assert trap.reached == []


LINES = ("a\r\nEvil: 1", "a\nEvil: 1", "a\0b", "a\x85b", "a\u2028b")
BREAKING: list[tuple[str, Mapping[str, Any], tuple[Any, ...]]] = [
    ("http", {"headers": {"X-Name": "{{ x }}"}}, LINES),
    ("http", {"url": "http://ADDRESS/{{ x }}/a"}, ("..", ".", "../..")),
    (
        "http",
        {"url": "{{ x }}"},
        ("http://a@ADDRESS/", "http://ADDRESS/ HTTP/1.1\r\nEvil: 1", "http://ADDRESS\\@b.example/"),
    ),
    ("http, by a resource", {"url": "/{{ x }}"}, ("..", "../../admin")),
    ("webhook", {"headers": {"X-Name": "{{ x }}"}}, LINES),
    (
        "send_mail",
        {"to": "{{ x }}"},
        ("a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "a@b.example>,<c@d.example"),
    ),
    ("send_mail", {"from": "{{ x }}"}, ("a@b.example\nBcc: c@d.example", "A\r\nBcc: c <a@b.example>")),
    ("send_mail", {"reply_to": "{{ x }}"}, ("a@b.example\nBcc: c@d.example",)),
    ("send_mail", {"subject": "{{ x }}"}, ("a\0b", "a\x1bb", "a" * 501)),
    ("publish", {"subject": "a.{{ x }}"}, ("*", ">", "a.b", "a b", "a\r\nPUB b 1", "\t")),
    ("publish", {"headers": {"X-Name": "{{ x }}"}}, LINES),
    ("put_file", {"key": "a/{{ x }}"}, ("..", "../b", "b/c", "a\nb", "\\..\\b", "%2e%2e", "")),
    ("get_file", {"key": "a/{{ x }}"}, ("..", "../b", "b/c", "a\nb", "\\..\\b", "%2e%2e", "")),
    ("slack_message", {"channel": "{{ x }}"}, ("#a,#b", "#a b", "<!channel>")),
    ("telegram_message", {"chat": "{{ x }}"}, ("@a b", "1&text=b", "<b>")),
]


@pytest.mark.parametrize(("way", "config", "answers"), BREAKING)
async def test_an_answer_breaks_out_of_no_place(
    way: str, config: Mapping[str, Any], answers: tuple[Any, ...], trap: Trap
) -> None:
    """A header, a recipient, a file or a subject that somebody adds by an answer: nothing is sent at all."""
    for answer in answers:
        address = f"127.0.0.1:{trap.port}"
        with pytest.raises(NodeFailed) as refused:
            await WAYS[way].go(
                address, settings(allow_private_addresses=True), {"x": answer.replace("ADDRESS", address)}, **config
            )
        assert refused.value.people is Excuse.CHECK, answer
        assert trap.reached == [], answer


BODIES: list[tuple[str, Mapping[str, Any]]] = [
    ("http", {"method": "POST", "text": "{{ x }}"}),
    ("webhook", {"body": "{{ x }}"}),
    ("put_file", {"file": {**FILE, "text": "{{ x }}"}}),
    ("slack_message", {"text": "{{ x }}"}),
    ("telegram_message", {"text": "{{ x }}", "format": "html"}),
]


@pytest.mark.parametrize(("way", "config"), BODIES)
async def test_an_answer_is_no_template(way: str, config: Mapping[str, Any], trap: Trap) -> None:
    """What somebody wrote in braces is sent as it was written, and never computed."""
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await asyncio.wait_for(reader.readuntil(b"}}"), 5))
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(NodeFailed):
        await WAYS[way].go(address, settings(allow_private_addresses=True), {"x": "{{ 7 * 191 }}"}, **config)
    server.close()
    await server.wait_closed()
    assert b"{{ 7 * 191 }}" in heard[0]
