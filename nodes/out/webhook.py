"""`webhook` nodes: tell a service that something happened, signed so that it can tell who says so
(wizard.node.signing).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard import __version__
from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic
from wizard.model import Chain, Outcome, Proceed, Value
from wizard.model.values import write_json
from wizard.node import Background, FormHint, HttpResource, NodeConfig, ResourceOf, Visit
from wizard.node.signing import SIGNED, signed_headers
from wizard.nodes.out.addresses import UrlParts, base_problems, url_of
from wizard.nodes.out.exchange import Expect, MaxResponse, Messages, Request, Sleep, exchange
from wizard.nodes.out.http import OWN_HEADERS, header_problems, with_headers
from wizard.nodes.out.signing_in import SignedIn, signed_in
from wizard.settings import Settings, webhook_secrets_of

MAX_BODY = 1_000_000  # bytes


class WebhookConfig(NodeConfig):
    """What is told whom."""

    url: Annotated[UrlParts, FormHint(label="Address", group="Request")] = Field(
        description="The address. What {{ expressions }} put into it is percent-encoded. With a `resource`, what comes "
        "behind its address: it begins with `/`, and `/` alone is that address itself."
    )
    resource: Annotated[str | None, ResourceOf(HttpResource), FormHint(group="Request")] = Field(
        None, description="The service that is told: its address, how to sign in there, and its signing secret."
    )
    secret: Annotated[str | None, FormHint(group="Request")] = Field(
        None,
        pattern="^[A-Za-z][A-Za-z0-9_-]{0,63}$",
        description="The name of the secret that it is signed with, in the setting `WIZARD_WEBHOOK_SECRETS`; that of "
        "the `resource` unless given.",
    )
    body: Annotated[Dynamic, FormHint(group="Request", rows=6)] = Field(description="What is told, sent as JSON.")
    headers: Annotated[dict[str, Dynamic], FormHint(group="Request")] = Field(
        default_factory=dict, max_length=50, description="Further headers by name."
    )
    expect: Expect = ()
    max_response: MaxResponse = None
    messages: Messages = Field(default_factory=dict)


class WebhookNode(Background[WebhookConfig]):
    """Tells a service that something happened, with a signature.

    The body is sent by POST as JSON, with the headers of [Standard Webhooks](https://www.standardwebhooks.com):
    `webhook-id`, the same for each try, so that the service can leave out what it has had; `webhook-timestamp`, in
    seconds since 1970; and `webhook-signature`, which is made of these two and the body with the secret. The service
    should refuse what isn't signed or is older than five minutes.

    The secret never stands in a definition. A `resource` of the kind `http` has it, with the address and how to sign
    in; or whoever runs Wizard sets `WIZARD_WEBHOOK_SECRETS`, such as
    `crm:whsec_BASE64, shop:whsec_BASE64`: one for each service. Give a name twice while a secret is being changed, and
    messages are signed with both.

    A body has up to 1,000,000 bytes. The common keys `timeout` and `retry` apply, what is tried again and what comes
    back is as with `http`, and redirects aren't followed. What was told isn't taken back when somebody goes back.

    Outputs: `status`, `body`, `headers`, or `error` where it failed and `on_error` goes on.
    """

    type = "webhook"
    title = "Call a webhook"
    group = "out"
    icon = "webhook"
    example: ClassVar[Mapping[str, Any]] = {
        "url": "https://calendar.example/hooks",
        "secret": "calendar",
        "body": {"type": "booking.made", "data": {"run": "{{ run.id }}", "day": "{{ today() }}"}},
    }
    own_retries = True  # a service says itself how long it is to be left alone
    Config = WebhookConfig

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep

    def outputs(self, config: WebhookConfig) -> frozenset[str]:
        return frozenset({"status", "body", "headers", "error"})

    def example_output(self, config: WebhookConfig) -> Mapping[str, Value]:
        return {"status": config.expect[0] if config.expect else 200, "body": None, "headers": {}}

    def check(self, config: WebhookConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        yield from base_problems(config.url, config.resource)
        yield from header_problems(config.headers, OWN_HEADERS | SIGNED)
        if config.secret is None and config.resource is None:
            yield ("secret",), "say `secret` or `resource`: a webhook is signed"

    def hosts(self, config: WebhookConfig) -> frozenset[Chain]:
        return frozenset() if config.url[0].source else config.url[1].chains

    async def execute(self, visit: Visit[WebhookConfig]) -> Outcome:
        config = visit.config
        body = write_json(config.body.evaluate(visit.names)).encode()
        if len(body) > MAX_BODY:
            raise NodeFailed(f"`body` gives more than {MAX_BODY:,} bytes. Send less.", people=Excuse.CHECK)
        headers = {"User-Agent": f"wizard/{__version__}", "Content-Type": "application/json"}
        headers = with_headers(headers, config.headers, visit.names)
        service = await signed_in(visit, config.resource)
        headers |= {"Idempotency-Key": visit.key, **_signature(visit, service, body)}
        base = "" if service is None else service.resource.base_url
        request = Request("POST", url_of(config.url, {}, visit.names, base), headers, body)
        return Proceed(await exchange(visit, request, service, sleep=self._sleep))


def _signature(visit: Visit[WebhookConfig], service: SignedIn | None, body: bytes) -> Mapping[str, str]:
    """Raises NodeFailed where there is nothing to sign it with."""
    name = visit.config.secret
    if name is not None:
        return signed_headers(_secrets(visit, name), visit.key, int(visit.now.timestamp()), body)
    assert service is not None, "there is a secret or a resource"
    signature = service.signature(visit, body)
    if not signature:
        what = (
            f"The resource {visit.config.resource!r} has no signing secret to sign the webhook with. Whoever runs this "
            f"service has to set it: wizard resources set {visit.config.resource}"
        )
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
    return signature


def _secrets(visit: Visit[WebhookConfig], name: str) -> Sequence[bytes]:
    settings: Settings = visit.services.settings or Settings()
    written = settings.webhook_secrets
    secrets = {} if written is None else webhook_secrets_of(written.get_secret_value())
    if name not in secrets:
        what = (
            f"There is no secret {name!r} to sign the webhook with. Add {name}:whsec_BASE64 to WIZARD_WEBHOOK_SECRETS."
        )
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
    return secrets[name]
