"""A resource is tried out against what it is for: what works is told from what doesn't, and why, without a secret."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.broker import BrokerServer, broker
from tests.buckets import bucket
from tests.crm import crm_service
from tests.smtp import mail_server
from wizard.node import Resource, Services
from wizard.nodes.out.trying import try_out
from wizard.resources.kinds import KINDS
from wizard.resources.trying import Tried
from wizard.settings import Settings


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    made = Services(settings=Settings(allow_private_addresses=True))
    yield made
    for shared in made.shared.values():
        if hasattr(shared, "close"):
            await shared.close()


def of(kind: str, **value: Any) -> Resource:
    return KINDS[kind].model_validate(value)


async def tried(resource: Resource, services: Services, **more: Any) -> Tried:
    outcome = await try_out(resource, services, **more)
    assert "s3cr3t" not in outcome.told
    return outcome


async def test_a_mail_server_takes_the_login_or_says_no(services: Services) -> None:
    """And no mail is sent by trying."""
    async with mail_server() as server:
        resource = of("smtp", url=server.url.replace("//", "//ann:s3cr3t@"))
        assert await tried(resource, services) == (True, "The mail server 127.0.0.1 answers, and takes the login.")
        server.says = {"AUTH": ["535 no s3cr3t"]}
        works, told = await tried(resource, services)
        assert (works, "refused the login (status 535)" in told) == (False, True)
        server.silent = True
        assert not (await tried(resource, services, seconds=0.05)).works
        assert server.taken == []


async def test_a_web_service_gives_a_token_and_answers(services: Services) -> None:
    """The address alone would say nothing of the credentials."""
    async with crm_service() as crm:
        client = {"token_url": f"{crm.url}/token", "client_id": "forms", "client_secret": "s3cr3t"}
        resource = of("http", base_url=f"{crm.url}/api", oauth2=client)
        assert await tried(resource, services) == (
            True,
            "An access token was given out. The service 127.0.0.1 answers (status 200).",
        )
        assert [method for method, *_ in crm.requests] == ["HEAD"]
        crm.answers = [(401, {"error": "s3cr3t"})]
        other = of("http", base_url=crm.url, oauth2={**client, "client_secret": "s3cr3t-other"})
        assert "gave out no access token (status 401)" in (await tried(other, services)).told
        crm.takes = {"Bearer other"}
        assert "refused to let us in (status 401)" in (await tried(resource, services)).told


async def test_a_database_is_asked_for_1(services: Services, tmp_path: Path) -> None:
    """A file that isn't there isn't made by trying."""
    path = tmp_path / "s3cr3t.db"
    assert "no database file" in (await tried(of("sql", url=f"sqlite:///{path}"), services)).told
    assert not path.exists()
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE a (b)")
    assert (await tried(of("sql", url=f"sqlite:///{path}"), services)).works
    for url in ("postgresql://ann:s3cr3t@127.0.0.1:9/none", "postgresql://ann:s3cr3t@/"):
        assert not (await tried(of("sql", url=url), services)).works


async def test_a_bucket_is_listed(services: Services) -> None:
    """A key that is wrong, and a bucket that isn't there, are told apart."""
    async with bucket() as files:
        right = files.resource
        assert (await tried(right, services)).works
        assert files.calls == ["GET /letters/?list-type=2&max-keys=1"]
        missing = await tried(right.model_copy(update={"bucket": "other"}), services)
        assert missing == (False, "There is no bucket 'other' in the file store.")
        wrong = right.model_validate({**right.model_dump(), "secret_key": "s3cr3t"})
        assert "refused it (status 403)" in (await tried(wrong, services)).told


async def test_a_broker_takes_the_login(services: Services) -> None:
    """Nothing is published by trying."""
    assert (await tried(of("broker", url=broker().url), services)).works
    strict = BrokerServer('authorization {user: "ann", password: "right"}')
    try:
        assert (await tried(of("broker", url=strict.url, user="ann", password="right"), services)).works
        wrong = await tried(of("broker", url=strict.url, user="ann", password="s3cr3t"), services)
        assert (wrong.works, "refused the login" in wrong.told) == (False, True)
    finally:
        strict.stop()


async def test_private_addresses_are_tried_as_little_as_called() -> None:
    """Trying would tell which services there are in the network of the server."""
    services = Services(settings=Settings())
    for resource in (
        of("smtp", url="smtp://127.0.0.1:9"),
        of("http", base_url="http://127.0.0.1:9"),
        of("sql", url="postgresql://a:b@127.0.0.1:9/none"),
        of("s3", endpoint="http://127.0.0.1:9", bucket="letters", access_key="a", secret_key="b"),
        of("broker", url="nats://127.0.0.1:9"),
    ):
        outcome = await try_out(resource, services)
        assert (outcome.works, "private or reserved address" in outcome.told) == (False, True), outcome
    for shared in services.shared.values():
        await shared.close()


async def test_there_is_an_end_to_it(services: Services) -> None:
    """Somebody waits for the answer."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outcome = await tried(of("http", base_url=f"http://127.0.0.1:{port}"), services, in_all=0.05)
    assert outcome == (False, "It took longer than 0.05 seconds, and was stopped.")
    server.close()
