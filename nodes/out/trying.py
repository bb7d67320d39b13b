"""Trying a resource out: connecting and signing in as the nodes do, and changing nothing there.

What is told of it names the service's host at most, and nothing that is secret.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from wizard.errors import Excuse, NodeFailed
from wizard.model import Kind, Node
from wizard.node import (
    BrokerResource,
    HttpResource,
    NodeConfig,
    Resource,
    S3Resource,
    Services,
    SmtpResource,
    SqlResource,
    TokenResource,
    Visit,
)
from wizard.node.outgoing import check_url, judge_of, shared_session
from wizard.nodes.out.exchange import failures_told, seconds_for
from wizard.nodes.out.nats import Broker
from wizard.nodes.out.s3 import Bucket
from wizard.nodes.out.signing_in import SignedIn
from wizard.nodes.out.smtp import Delivery
from wizard.nodes.out.sql_postgres import postgres_server_of, query
from wizard.nodes.out.sql_sqlite import SqliteQuery
from wizard.nodes.out.sql_text import statement_of
from wizard.resources.trying import Tried
from wizard.settings import Settings

SECONDS = 10.0  # for each answer
IN_ALL = 25.0
_EXTRAS = {"smtp": "", "http": "", "sql": "postgres", "s3": "s3", "broker": "broker"}


async def try_out(resource: Resource, services: Services, seconds: float = SECONDS, in_all: float = IN_ALL) -> Tried:
    """Whether the resource does, and what it is told by. It takes so many seconds at most for each answer, and in
    all."""
    visit = _visit(services, seconds)
    try:
        async with asyncio.timeout(in_all):
            return Tried(True, await _WAYS[type(resource)](resource, visit))
    except NodeFailed as error:
        return Tried(False, error.message)
    except TimeoutError:
        return Tried(False, f"It took longer than {in_all:g} seconds, and was stopped.")
    except ImportError:
        extra = _EXTRAS[resource.kind]
        return Tried(False, f"It needs a library that isn't installed: pip install wizard[{extra}]")


def _visit(services: Services, seconds: float) -> Visit[Any]:
    """A visit of no run, for clients that are handed one."""
    node = Node("try", "try", Kind.BACKGROUND, NodeConfig(), None, None, (), timeout=timedelta(seconds=seconds))
    now = datetime.now(UTC)
    return Visit(NodeConfig(), node, "try", "", _NoNames(now), services, now, "")


class _NoNames:
    """Nothing is known where there is no run."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def read(self, chain: tuple[str, ...]) -> None:
        return None


def _settings(visit: Visit[Any]) -> Settings:
    settings: Settings = visit.services.settings or Settings()
    return settings


async def _smtp(resource: SmtpResource, visit: Visit[Any]) -> str:
    server = resource.server
    delivery = Delivery(server, EmailMessage(), "", (), seconds_for(visit), judge_of(_settings(visit)))
    await delivery.sign_in(visit.services.calls)
    return f"The mail server {server.host} answers" + (", and takes the login." if server.user else ".")


async def _http(resource: HttpResource, visit: Visit[Any]) -> str:
    import aiohttp

    url, seconds = check_url(resource.base_url), seconds_for(visit)
    headers = await SignedIn(resource).headers(visit)
    session = await shared_session(visit.services)
    with failures_told(str(url.host), seconds):
        async with session.head(
            url, headers=headers, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=seconds)
        ) as response:
            status = response.status
    if status in (401, 403):
        raise NodeFailed(
            f"The service {url.host} refused to let us in (status {status}). Correct the credentials.",
            people=Excuse.SERVICE,
        )
    if status >= 500:
        raise NodeFailed(f"The service {url.host} answered with the status {status}.", people=Excuse.SERVICE)
    token = "An access token was given out. " if resource.oauth2 is not None else ""
    return f"{token}The service {url.host} answers (status {status})."


async def _sql(resource: SqlResource, visit: Visit[Any]) -> str:
    url, statement, seconds = resource.url.get_secret_value(), statement_of("SELECT 1"), seconds_for(visit)
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        await SqliteQuery(path, statement, {}, False, 1, seconds).rows(visit.services.calls)
        return "The database file is there, and answers."
    try:
        server = postgres_server_of(url)
    except ValueError as error:
        raise NodeFailed(f"The address can't be used: {error}.", people=Excuse.SERVICE) from None
    settings = _settings(visit)
    await query(server, statement, {}, writes=False, limit=1, seconds=seconds, settings=settings)
    return f"The database server {server.host} takes the login, and answers."


async def _s3(resource: S3Resource, visit: Visit[Any]) -> str:
    answer = await Bucket(resource, visit).list_one()
    if answer.status == 404:
        raise NodeFailed(f"There is no bucket {resource.bucket!r} in the file store.", people=Excuse.SERVICE)
    return f"The file store lists the bucket {resource.bucket!r}."


async def _broker(resource: BrokerResource, visit: Visit[Any]) -> str:
    await Broker(resource, _settings(visit), seconds_for(visit)).sign_in()
    return "The broker answers, and takes the login."


async def _token(resource: TokenResource, visit: Visit[Any]) -> str:
    return "A token by itself can't be tried: nodes that use it know which service it is for."


_WAYS: dict[type[Resource], Callable[[Any, Visit[Any]], Awaitable[str]]] = {
    SmtpResource: _smtp,
    HttpResource: _http,
    SqlResource: _sql,
    S3Resource: _s3,
    BrokerResource: _broker,
    TokenResource: _token,
}
