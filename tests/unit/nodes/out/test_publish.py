"""`publish` nodes against a real NATS server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import nats
import pytest
from nats.js.client import JetStreamContext
from pydantic import SecretStr

from tests.broker import BrokerServer, broker
from tests.certificates import Certified, certified
from tests.nkeys import Accounts
from tests.unit.nodes.handing import Pauses, visit_of
from wizard.errors import Excuse, NodeFailed
from wizard.model import Proceed
from wizard.node import BrokerResource, Services
from wizard.nodes.out.publish import PublishNode
from wizard.resources.handing import Resources, given
from wizard.settings import Settings

__all__ = ["certified"]

HERE = Settings(allow_private_addresses=True)


async def published(resource: BrokerResource, data: Any = None, **config: Any) -> dict[str, Any]:
    node = PublishNode(Pauses())
    services = Services(settings=HERE, resources=Resources((given({"events": resource}),)))
    written = {"resource": "events", "body": {"n": 1}, **config}
    outcome = await node.execute(visit_of(node, written, data, services=services))
    assert isinstance(outcome, Proceed)
    return dict(outcome.output)


@dataclass
class Stream:
    """A stream, with a subject of its own and the broker that it is on."""

    resource: BrokerResource
    subject: str
    name: str
    context: JetStreamContext

    async def messages(self) -> list[Any]:
        state = (await self.context.stream_info(self.name)).state
        return [await self.context.get_msg(self.name, number) for number in range(1, state.messages + 1)]


@pytest.fixture
async def stream() -> AsyncIterator[Stream]:
    client = await nats.connect(broker().url)
    context, name = client.jetstream(), uuid4().hex
    await context.add_stream(name=name, subjects=[f"{name}.>"])
    yield Stream(BrokerResource(url=broker().url), name, name, context)
    await context.delete_stream(name)
    await client.close()


async def test_a_stream_keeps_a_message_once(stream: Stream) -> None:
    """A try after a connection that broke off must not book twice: the stream knows the message by its id."""
    config = {"subject": f"{stream.subject}.made", "body": {"who": "{{ x }}"}, "headers": {"X-Kind": "booked"}}
    first, again = [await published(stream.resource, {"x": "Zoë"}, **config) for _ in range(2)]
    assert first == {"stream": stream.name, "sequence": 1, "duplicate": False}
    assert again == {"stream": stream.name, "sequence": 1, "duplicate": True}
    (message,) = await stream.messages()
    assert json.loads(message.data) == {"who": "Zoë"}
    assert message.subject == f"{stream.subject}.made"
    assert message.headers["Nats-Msg-Id"] == "0123456789abcdef"
    assert message.headers["X-Kind"] == "booked"


async def test_without_a_stream_subscribers_get_it() -> None:
    """Not every subject is kept: who listens just then has the message."""
    subject = uuid4().hex
    client = await nats.connect(broker().url)
    subscription = await client.subscribe(subject)
    await client.flush()
    output = await published(BrokerResource(url=broker().url), subject=subject)
    assert output == {"stream": None, "sequence": None, "duplicate": False}
    assert json.loads((await subscription.next_msg(5)).data) == {"n": 1}
    await client.close()


async def test_a_message_that_has_to_be_kept_fails_where_it_is_not(stream: Stream) -> None:
    """A booking that nobody has kept must not look done."""
    for subject, told in ((uuid4().hex, "no stream that keeps"), (f"{stream.subject}.x", "refused the message")):
        with pytest.raises(NodeFailed, match=told):
            await published(stream.resource, subject=subject, stream="elsewhere")
    assert await stream.messages() == []


@pytest.mark.parametrize("value", ["*", ">", "a.b", "a b", "a\r\nPUB x 1", "", "\u2028", None, ["a"], "x" * 300])
async def test_an_answer_is_one_part_of_a_subject(stream: Stream, value: Any) -> None:
    """An answer must not choose whom a message goes to, nor write commands to the broker."""
    with pytest.raises(NodeFailed) as failed:
        await published(stream.resource, {"x": value}, subject=f"{stream.subject}.{{{{ x }}}}.made")
    assert failed.value.people is Excuse.CHECK
    assert await stream.messages() == []


@pytest.mark.parametrize("value", ["a.*", "a.>", "a..b", ".a", "$JS.API.STREAM.DELETE.x", "a b"])
async def test_a_subject_that_is_one_value_is_judged_as_well(stream: Stream, value: str) -> None:
    """A subject that comes from elsewhere may have parts, and is none that stands for several, or the broker's own."""
    with pytest.raises(NodeFailed, match="doesn't fit there"):
        await published(stream.resource, {"x": value}, subject="{{ x }}")
    output = await published(stream.resource, {"x": f"{stream.subject}.a.b"}, subject="{{ x }}")
    assert output["sequence"] == 1


def test_mistakes_are_told_by_their_keys() -> None:
    """A header of the broker's own would switch off what makes a message count once."""
    config = {"resource": "events", "subject": "a", "body": 1, "headers": {"nats-msg-id": "x", "a b": "y", "Fine": "z"}}
    problems = PublishNode().check(PublishNode.Config.model_validate(config))
    assert [place for place, _ in problems] == [("headers", "a b"), ("headers", "nats-msg-id")]
    for subject in ("a.*", "a b", "", "a..b", "{% if a %}x{% endif %}"):
        with pytest.raises(ValueError, match="subject"):
            PublishNode.Config.model_validate({**config, "subject": subject})


# -- signing in --------------------------------------------------------------------------------------


async def test_a_login_is_needed_and_may_be_refused() -> None:
    """Who corrects the resource has to know that it is the login; nobody reads it in a log."""
    options = 'authorization: {users: [{user: forms, password: s3cret, permissions: {publish: ["ok.>", "$JS.API.>"]}}]}'
    server = BrokerServer(options)
    try:
        right = BrokerResource(url=server.url, user="forms", password=SecretStr("s3cret"))
        assert (await published(right, subject="ok.a"))["stream"] is None
        with pytest.raises(NodeFailed, match="doesn't let this login publish there"):
            await published(right, subject="elsewhere")
        wrong = BrokerResource(url=server.url, user="forms", password=SecretStr("s3cret!"))
        for resource in (wrong, BrokerResource(url=server.url)):
            with pytest.raises(NodeFailed, match="refused the login") as failed:
                await published(resource, subject="ok.a")
            assert failed.value.lasting
            assert "s3cret" not in f"{failed.value!r} {failed.value.__context__!r}"
    finally:
        server.stop()


@dataclass
class Impostor:
    """A server that says what a broker says: `info` beside what is usual. It keeps what it hears."""

    info: dict[str, Any] = field(default_factory=dict)
    heard: bytes = b""
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        usual = {"server_id": "x", "version": "2.10.0", "max_payload": 1000, "headers": True}
        writer.write(b"INFO " + json.dumps({**usual, **self.info}).encode() + b"\r\n")
        try:
            while line := await reader.readline():
                self.heard += line
                if line.startswith(b"PING"):
                    writer.write(b"PONG\r\n")
        except ConnectionError:
            pass
        writer.close()


@pytest.fixture
async def impostor() -> AsyncIterator[Impostor]:
    made = Impostor()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("login", [{}, {"user": "forms", "password": "s3cret"}, {"token": "s3cret"}])
async def test_over_tls_nothing_is_said_in_the_clear(impostor: Impostor, login: dict[str, str]) -> None:
    """Somebody in between who leaves out that the broker encrypts must get neither a password nor a message."""
    resource = BrokerResource.model_validate({"url": f"tls://127.0.0.1:{impostor.port}", **login})
    with pytest.raises(NodeFailed, match="no encrypted connection"):
        await published(resource, subject="a")
    assert impostor.heard == b""


async def test_a_password_is_sent_in_the_clear_to_this_machine_alone(
    impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over nats:// everybody on the way would read it."""
    resource = BrokerResource(url=f"nats://127.0.0.1:{impostor.port}", user="forms", password=SecretStr("s3cret"))
    monkeypatch.setattr("wizard.nodes.out.nats.is_here", lambda address: False)
    with pytest.raises(NodeFailed, match="no encrypted connection"):
        await published(resource, subject="a")
    assert impostor.heard == b""


async def test_the_name_of_a_certificate_counts(certified: Certified, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is encrypted to somebody else is none: a certificate that nobody trusts, or of another name."""
    server = BrokerServer(f'tls: {{cert_file: "{certified.file}", key_file: "{certified.file}"}}')
    try:
        for scheme, host, fine in (
            ("tls", "127.0.0.1", False),
            ("nats", "127.0.0.1", False),
            ("tls", "127.0.0.1", True),
            ("tls", "localhost", False),
        ):
            if fine:
                monkeypatch.setenv("SSL_CERT_FILE", str(certified.file))
                assert (await published(BrokerResource(url=f"{scheme}://{host}:{server.port}"), subject="a"))[
                    "stream"
                ] is None
                continue
            with pytest.raises(NodeFailed, match="certificate"):
                await published(BrokerResource(url=f"{scheme}://{host}:{server.port}"), subject="a")
    finally:
        server.stop()


async def test_credentials_sign_what_the_broker_asks() -> None:
    """A broker with accounts takes no passwords: the key never leaves this process."""
    accounts = Accounts()
    server = BrokerServer(accounts.options, jetstream=False)
    try:
        right = BrokerResource(url=server.url, credentials=SecretStr(accounts.credentials()))
        assert (await published(right, subject="a"))["stream"] is None
        other = BrokerResource(url=server.url, credentials=SecretStr(Accounts().credentials()))
        with pytest.raises(NodeFailed, match="refused the login"):
            await published(other, subject="a")
        with pytest.raises(NodeFailed, match=r"aren't those of a \.creds file"):
            await published(BrokerResource(url=server.url, credentials=SecretStr("s3cret")), subject="a")
    finally:
        server.stop()
