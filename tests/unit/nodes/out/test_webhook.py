"""`webhook` nodes against a real server on a loopback port: the signature, and who can't forge one."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr, ValidationError

from tests.unit.nodes.handing import NOW, Pauses, visit_of
from wizard.errors import NodeFailed
from wizard.model import Proceed, Retry
from wizard.node import Services
from wizard.node.signing import signature
from wizard.nodes.out.webhook import WebhookNode
from wizard.settings import Settings, webhook_secrets_of

KEY, OTHER = b"k" * 32, b"o" * 24
SECRETS = f"crm:whsec_{b64encode(KEY).decode()}, shop:whsec_{b64encode(OTHER).decode()}"


class Receiver:
    """A service that keeps what it is told, and answers with the statuses that it has, one by one."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.statuses = [200]
        self.url = ""
        self.services = Services(settings=Settings(allow_private_addresses=True, webhook_secrets=SecretStr(SECRETS)))

    async def answer(self, request: web.Request) -> web.Response:
        self.came.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.json_response({"seen": True}, status=status)

    async def told(self, data: Any = None, **config: Any) -> Proceed:
        node = WebhookNode(Pauses())
        given = {"url": self.url, "secret": "crm", "body": {"type": "booked"}, **config}
        visit = visit_of(node, given, data, services=self.services, retry=Retry(attempts=2))
        outcome = await node.execute(visit)
        assert isinstance(outcome, Proceed)
        return outcome


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/hook", made.answer)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/hook"))
        yield made
    for shared in made.services.shared.values():
        await shared.close()


def test_the_signature_is_the_standards() -> None:
    """Receivers check it with a library: this is the example of standardwebhooks.com."""
    secret = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_what_is_told_is_signed(receiver: Receiver) -> None:
    """The service has to know who says so, and when it was said."""
    outcome = await receiver.told({"x": {"n": "Zoë"}}, body={"name": "{{ x.n }}"}, headers={"X-Kind": "booked"})
    assert outcome.output["body"] == {"seen": True}
    ((headers, body),) = receiver.came
    assert json.loads(body) == {"name": "Zoë"}
    assert headers["x-kind"] == "booked"
    assert headers["content-type"] == "application/json"
    message_id, at = headers["webhook-id"], headers["webhook-timestamp"]
    assert (message_id, at) == ("0123456789abcdef", str(int(NOW.timestamp())))
    expected = hmac.digest(KEY, f"{message_id}.{at}.".encode() + body, "sha256")
    assert headers["webhook-signature"] == f"v1,{b64encode(expected).decode()}"


async def test_each_try_has_the_same_id(receiver: Receiver) -> None:
    """A service that has had the message leaves the second one out."""
    receiver.statuses = [503, 200]
    await receiver.told()
    assert [headers["webhook-id"] for headers, _ in receiver.came] == ["0123456789abcdef"] * 2


async def test_a_secret_that_is_being_changed_signs_twice() -> None:
    """Between two settings of two machines, no message must be lost."""
    keys = webhook_secrets_of(f"{SECRETS},crm:whsec_{b64encode(OTHER).decode()}")["crm"]
    assert keys == (KEY, OTHER)
    both = signature(keys, "a", 1, b"{}").split(" ")
    assert both == [signature([key], "a", 1, b"{}") for key in keys]


async def test_without_its_secret_nothing_is_told(receiver: Receiver) -> None:
    """An unsigned message would teach the service to take any."""
    with pytest.raises(NodeFailed, match=r"no secret 'bank'.*WIZARD_WEBHOOK_SECRETS"):
        await receiver.told(secret="bank")
    receiver.services = replace(receiver.services, settings=Settings(allow_private_addresses=True))
    with pytest.raises(NodeFailed, match="no secret 'crm'"):
        await receiver.told()
    receiver.services = replace(receiver.services, settings=Settings(webhook_secrets=SecretStr(SECRETS)))
    with pytest.raises(NodeFailed, match="1,000,000 bytes"):
        await receiver.told({"x": "é" * 99_999}, body=["{{ x }}"] * 6)
    assert receiver.came == []


async def test_private_addresses_are_not_called(receiver: Receiver) -> None:
    """As with `http`: what is inside stays there."""
    receiver.services = replace(receiver.services, settings=Settings(webhook_secrets=SecretStr(SECRETS)))
    with pytest.raises(NodeFailed, match="private or reserved address"):
        await receiver.told()
    assert receiver.came == []


@pytest.mark.parametrize("name", ["webhook-signature", "Webhook-Id", "Host", "Idempotency-Key", "a b"])
def test_headers_that_are_signed_are_not_the_authors(name: str) -> None:
    """Two signatures would be none."""
    given = {"url": "https://a.example", "secret": "crm", "body": 1, "headers": {name: "x", "X-Fine": "y"}}
    problems = list(WebhookNode().check(WebhookNode.Config.model_validate(given)))
    assert [place for place, _ in problems] == [("headers", name)]


@pytest.mark.parametrize("written", ["crm", "crm:abc", "crm:whsec_abcd", "crm:whsec_!!!", "1:whsec_" + "a" * 32, ""])
def test_what_is_no_secret_is_refused_unseen(written: str) -> None:
    """Short secrets are guessed; what was mistyped may be nearly the secret."""
    with pytest.raises(ValidationError) as caught:
        Settings(webhook_secrets=SecretStr(written))
    assert "NAME:whsec_BASE64" in caught.value.errors(include_input=False)[0]["msg"]
