"""Nodes that name a resource, against a real service that wants them to sign in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from tests.crm import Crm, crm_service
from tests.smtp import mail_server
from tests.unit.nodes.handing import Pauses, visit_of
from wizard.errors import Excuse, NodeFailed
from wizard.model import Proceed, Retry
from wizard.node import HttpResource, NodeType, Services, SmtpResource
from wizard.node.signing import signature
from wizard.nodes.out import signing_in
from wizard.nodes.out.http import HttpNode
from wizard.nodes.out.send_mail import SendMailNode
from wizard.nodes.out.webhook import WebhookNode
from wizard.resources.handing import Resources, given
from wizard.resources.kinds import signing_bytes
from wizard.settings import Settings

SIGNING = "whsec_" + "c2lnbmluZy1zZWNyZXQtb2YtMzItYnl0ZXMhISEhISE="


class Caller:
    """Nodes of one process, and the resource that they name."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        self.services = Services(settings=Settings(allow_private_addresses=True))
        self.node: NodeType[Any] = HttpNode(Pauses())

    def has(self, **resource: Any) -> None:
        made = HttpResource.model_validate({"base_url": f"{self.crm.url}/api", **resource})
        self.services = replace(self.services, resources=Resources((given({"crm": made}),)))

    def has_client(self, **client: Any) -> None:
        usual = {"token_url": f"{self.crm.url}/token", "client_id": "forms:1", "client_secret": "s3cr3t &"}
        self.has(oauth2={**usual, **client})

    async def call(self, retry: Retry | None = None, **config: Any) -> Any:
        visit = visit_of(
            self.node,
            {"resource": "crm", "url": "/contacts/{{ x }}", **config},
            {"x": "a/b"},
            services=self.services,
            retry=retry or Retry(),
        )
        assert not list(self.node.check(visit.config))
        outcome = await self.node.execute(visit)
        assert isinstance(outcome, Proceed)
        return outcome.output

    async def fail(self, **config: Any) -> NodeFailed:
        with pytest.raises(NodeFailed) as failed:
            await self.call(**config)
        assert "s3cr3t" not in f"{failed.value!r} {failed.value} {failed.value.__cause__!r}"
        return failed.value


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with crm_service() as crm:
        made = Caller(crm)
        yield made
        for shared in made.services.shared.values():
            if hasattr(shared, "close"):
                await shared.close()


@pytest.mark.parametrize(
    ("resource", "authorization"),
    [
        ({"bearer_token": "s3cr3t"}, "Bearer s3cr3t"),
        ({"user": "ann", "password": "s3cr3t ü"}, "Basic YW5uOnMzY3IzdCDDvA=="),
        ({}, "mine"),
    ],
)
async def test_a_request_goes_below_the_address_signed_in(
    resource: dict[str, Any], authorization: str, caller: Caller
) -> None:
    """A definition holds no password, and its credentials reach no other service."""
    caller.has(**resource, headers={"X-Key": "s3cr3t-key"})
    output = await caller.call(headers={"authorization": "mine", "x-key": "mine", "X-Other": "mine"})
    assert output["body"] == {"id": 7}
    ((method, path, headers, _),) = caller.crm.requests
    assert (method, path) == ("GET", "/api/contacts/a%2Fb")
    sent = {name.lower(): value for name, value in headers.items()}
    assert (sent["authorization"], sent["x-key"], sent["x-other"]) == (authorization, "s3cr3t-key", "mine")
    assert "webhook-signature" not in sent


@pytest.mark.parametrize("url", ["https://thief.example/", "{{ x }}", "contacts", "http://thief.example@127.0.0.1/"])
def test_an_address_of_its_own_is_refused_beside_a_resource(url: str) -> None:
    """Whoever writes definitions and must not read secrets has them sent to a server of their own."""
    node = HttpNode()
    try:
        config = node.Config.model_validate({"resource": "crm", "url": url})
    except ValidationError:
        return
    assert any("credentials go nowhere else" in why for _, why in node.check(config))


async def test_what_an_answer_puts_there_leads_nowhere_else(caller: Caller) -> None:
    """Neither out of the address of the resource, nor to another host."""
    caller.has(bearer_token="s3cr3t")
    for url in ("/../admin", "/{{ '../admin' }}/x/..", "//thief.example/", "/@thief.example/"):
        try:
            await caller.call(url=url)
        except NodeFailed:
            continue
    assert all(path.startswith("/api") and ".." not in path for _, path, _, _ in caller.crm.requests)


def test_a_path_without_a_resource_is_told_when_it_is_loaded() -> None:
    """An author who left out `resource` would find out from the first person."""
    node = HttpNode()
    config = node.Config.model_validate({"url": "/contacts"})
    assert [why for _, why in node.check(config)] == [
        "an address starts with http:// or https:// where there is no `resource`"
    ]


# -- access tokens ---------------------------------------------------------------------------------


async def test_a_token_is_asked_for_once_and_kept(caller: Caller) -> None:
    """A service that gives out tokens refuses a client that asks for one with each request."""
    caller.has_client(scope="contacts", audience="crm")
    await asyncio.gather(*(caller.call() for _ in range(5)))
    await caller.call()
    assert [headers["Authorization"] for _, _, headers, _ in caller.crm.requests] == ["Bearer access-1"] * 6
    ((_, form),) = caller.crm.asked
    assert form == {"grant_type": "client_credentials", "scope": "contacts", "audience": "crm"}
    assert caller.crm.secret_of_last() == "forms%3A1:s3cr3t+%26", "RFC 6749, 2.3.1"
    caller.has_client(scope="other")
    await caller.call()
    assert len(caller.crm.asked) == 2, "a token of one scope isn't used for another"


async def test_a_token_that_is_over_or_refused_is_renewed(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise runs fail each hour, or from when an operator revokes tokens until the server starts again."""
    caller.has_client()
    await caller.call()
    monkeypatch.setattr(signing_in, "monotonic", lambda: asyncio.get_running_loop().time() + 3571)
    await caller.call()
    assert len(caller.crm.asked) == 2
    caller.crm.takes = {"Bearer access-3"}  # it was revoked
    await caller.call()
    assert len(caller.crm.asked) == 3
    caller.crm.answers = [(200, {"access_token": "other"})]
    caller.crm.takes = {"Bearer nothing"}
    failed = await caller.fail()
    assert "status 401" in failed.message
    assert len(caller.crm.asked) == 4, "once, and not in a loop"


async def test_a_password_that_is_refused_is_not_tried_again(caller: Caller) -> None:
    """Many services lock an account after some wrong ones."""
    caller.has(bearer_token="s3cr3t")
    caller.crm.takes = {"Bearer other"}
    await caller.fail(retry=Retry(attempts=3))
    assert len(caller.crm.requests) == 1


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (401, {"error": "invalid_client s3cr3t"}, "gave out no access token (status 401)"),
        (302, {}, "gave out no access token (status 302)"),
        (200, {"access_token": ""}, "something else than an access token"),
        (200, {"access_token": "a\r\nX-Evil: s3cr3t"}, "something else than an access token"),
        (200, ["s3cr3t"], "something else than an access token"),
        (503, {}, "for now (status 503)"),
    ],
)
async def test_no_token_is_said_without_a_secret(status: int, answer: Any, told: str, caller: Caller) -> None:
    """The error is in the log and in the trace; the operator learns which service refused what."""
    caller.has_client()
    caller.crm.answers = [(status, answer)]
    failed = await caller.fail()
    assert told in failed.message
    assert caller.crm.requests == []


async def test_tokens_come_from_public_addresses_only(caller: Caller) -> None:
    """The address of a resource is as little trusted as that of a definition."""
    caller.has_client()
    caller.services = replace(caller.services, settings=Settings())
    failed = await caller.fail()
    assert "private or reserved address" in failed.message
    assert caller.crm.asked == []


# -- signatures and mail ---------------------------------------------------------------------------


async def test_requests_are_signed_with_the_secret_of_the_resource(caller: Caller) -> None:
    """The receiver refuses what it can't check."""
    caller.has(signing_secret=SIGNING)
    await caller.call(method="POST", body={"a": 1})
    caller.node = WebhookNode(Pauses())
    await caller.call(url="/", body={"a": 1})
    assert caller.crm.requests[1][1] == "/api"
    for _, _, headers, body in caller.crm.requests:
        expected = signature([signing_bytes(SIGNING)], headers["webhook-id"], int(headers["webhook-timestamp"]), body)
        assert headers["webhook-signature"] == expected
    caller.has()
    failed = await caller.fail(url="/", body={})
    assert "no signing secret" in failed.message
    assert failed.people is Excuse.BROKEN


def test_a_webhook_is_always_signed() -> None:
    """One without a secret would be taken for a forgery."""
    node = WebhookNode()
    config = node.Config.model_validate({"url": "https://x.example/", "body": {}})
    assert [place for place, _ in node.check(config)] == [("secret",)]


async def test_mail_goes_to_the_server_of_the_resource_from_its_sender() -> None:
    """One application has several senders, and the settings have one."""
    async with mail_server() as server:
        url = server.url.replace("smtp://", "smtp://ann:s3cr3t@")
        resource = SmtpResource.model_validate({"url": url, "sender": "Town <town@example.org>"})
        services = Services(settings=Settings(allow_private_addresses=True))
        services = replace(services, resources=Resources((given({"mail": resource}),)))
        config = {"resource": "mail", "to": "ann@example.org", "subject": "Hello", "text": "Dear Ann"}
        await SendMailNode(Pauses()).execute(visit_of(SendMailNode(), config, services=services))
        assert [taken.sender for taken in server.taken] == ["town@example.org"]
        assert len(server.logins) == 1
