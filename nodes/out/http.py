"""`http` nodes: call a service and read its answer.

The request is put together once, before the first try, out of what the run knows: an answer can fill a
place in the address, a header or the body, and never breaks out of it. Then it is sent, with the same
`Idempotency-Key` each time, until there is an answer that counts (wizard.nodes.out.exchange).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wizard import __version__
from wizard.errors import Excuse, NodeFailed
from wizard.expressions.expression import Names
from wizard.expressions.template import Dynamic, Template
from wizard.model import Chain, Outcome, Proceed, Value
from wizard.model.values import write_json
from wizard.node import Background, FormHint, HttpResource, NodeConfig, ResourceOf, Visit
from wizard.node.signing import SIGNED
from wizard.nodes.out.addresses import UrlParts, base_problems, encoded, url_of
from wizard.nodes.out.exchange import Expect, MaxResponse, Messages, Request, Sleep, exchange
from wizard.nodes.out.places import as_text
from wizard.nodes.out.signing_in import SignedIn, signed_in

MAX_HEADER = 8000  # characters
OWN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "idempotency-key", "te", "trailer", "upgrade"}
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_SENDS = 'method not in ["GET", "HEAD"]'  # in the form


class HttpConfig(NodeConfig):
    """What is sent where, and what of the answer counts."""

    url: Annotated[UrlParts, FormHint(label="Address", group="Request")] = Field(
        description="The address. What {{ expressions }} put into it is percent-encoded. With a `resource`, what comes "
        "behind its address: it begins with `/`."
    )
    resource: Annotated[str | None, ResourceOf(HttpResource), FormHint(group="Request")] = Field(
        None, description="The service that is called: its address, and how to sign in there."
    )
    method: Annotated[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], FormHint(group="Request")] = Field(
        "GET", description="What is done there."
    )
    headers: Annotated[dict[str, Dynamic], FormHint(group="Request")] = Field(
        default_factory=dict, max_length=50, description="Headers by name."
    )
    query: Annotated[dict[str, Dynamic], FormHint(group="Request")] = Field(
        default_factory=dict,
        max_length=100,
        description="What is added behind `?`, by name. A list gives its name several times, null leaves it out.",
    )
    body: Annotated[Dynamic | None, FormHint(group="Request", show_if=_SENDS, rows=6)] = Field(
        None, description="Sent as JSON."
    )
    form: Annotated[dict[str, Dynamic] | None, FormHint(group="Request", show_if=_SENDS)] = Field(
        None, max_length=100, description="Sent as form fields instead, by name."
    )
    text: Annotated[Template | None, FormHint(group="Request", show_if=_SENDS, rows=6)] = Field(
        None, description="Sent as plain text instead."
    )
    expect: Expect = ()
    max_response: MaxResponse = None
    messages: Messages = Field(default_factory=dict)


class HttpNode(Background[HttpConfig]):
    """Calls a service over HTTP.

    Outputs: `status`, `body` (what the JSON says, or text; null where there is none) and `headers` (a few,
    in lower case), or `error` where it failed and `on_error` goes on.

    What an expression puts into `url` is percent-encoded, so that it fills one place of it; only where
    the address begins with an expression, that is taken as it is. The common keys `timeout` (for one try;
    10 seconds unless the settings say otherwise) and `retry` apply: no answer, and the statuses 429, 502,
    503 and 504 are tried again; a service that says how long it is to be left alone (`Retry-After`) is, unless that is
    longer than `max_backoff`. Redirects aren't followed.

    A `resource` of the kind `http` says where the service is and how to sign in there, so that no definition holds a
    password: by a bearer token, a user name and password, or OAuth 2.0 client credentials, whose access tokens are kept
    and renewed by themselves. Where it has a signing secret, requests are signed as those of `webhook` are.
    """

    type = "http"
    title = "Call a service"
    group = "out"
    icon = "globe"
    example: ClassVar[Mapping[str, Any]] = {
        "url": "https://calendar.example/appointments",
        "method": "POST",
        "headers": {"X-Reference": "{{ run.id }}"},
        "body": {"day": "{{ today() }}", "people": 2},
        "expect": [200, 201],
        "messages": {"409": "That time has been taken meanwhile. Choose another one."},
    }
    own_retries = True  # a service says itself how long it is to be left alone
    Config = HttpConfig

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep

    def outputs(self, config: HttpConfig) -> frozenset[str]:
        return frozenset({"status", "body", "headers", "error"})

    def example_output(self, config: HttpConfig) -> Mapping[str, Value]:
        return {"status": config.expect[0] if config.expect else 200, "body": None, "headers": {}}

    def check(self, config: HttpConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        yield from base_problems(config.url, config.resource)
        yield from header_problems(config.headers, OWN_HEADERS if config.resource is None else OWN_HEADERS | SIGNED)
        given = [name for name in ("body", "form", "text") if getattr(config, name) is not None]
        for name in given[1:]:
            yield (name,), f"{name} can't be sent as well as {given[0]}"
        if given and config.method in ("GET", "HEAD"):
            yield (given[0],), f"{config.method} sends no {given[0]}. Say `method: POST`, or another one that does"

    def hosts(self, config: HttpConfig) -> frozenset[Chain]:
        return frozenset() if config.url[0].source else config.url[1].chains

    async def execute(self, visit: Visit[HttpConfig]) -> Outcome:
        service = await signed_in(visit, visit.config.resource)
        request = _build(visit, service)
        return Proceed(await exchange(visit, request, service, sleep=self._sleep))


def _build(visit: Visit[HttpConfig], service: SignedIn | None) -> Request:
    """Raises NodeFailed where what the run knows doesn't fit into a request."""
    config, names = visit.config, visit.names
    headers = {"User-Agent": f"wizard/{__version__}"}
    body: bytes | None = None
    if config.body is not None:
        headers["Content-Type"] = "application/json"
        body = write_json(config.body.evaluate(names)).encode()
    elif config.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = encoded(config.form, names).encode()
    elif config.text is not None:
        headers["Content-Type"] = "text/plain; charset=utf-8"
        body = config.text.render(names).encode()
    headers = with_headers(headers, config.headers, names)
    headers["Idempotency-Key"] = visit.key
    if service is not None:
        headers |= service.signature(visit, body)
    base = "" if service is None else service.resource.base_url
    return Request(config.method, url_of(config.url, config.query, names, base), headers, body)


def header_problems(
    given: Mapping[str, Dynamic], own: Collection[str] = OWN_HEADERS
) -> Iterable[tuple[tuple[str, str], str]]:
    """What is wrong with an author's headers, by their places."""
    for name in given:
        if not _HEADER_NAME.fullmatch(name):
            yield ("headers", name), f"{name!r} can't be the name of a header"
        elif name.lower() in own:
            yield ("headers", name), f"{name} is set by the engine"


def with_headers(headers: Mapping[str, str], given: Mapping[str, Dynamic], names: Names) -> dict[str, str]:
    """The headers, with an author's in the place of those of the same name. Raises NodeFailed where one would be more
    than one line."""
    made = dict(headers)
    for name, dynamic in given.items():
        value = as_text(dynamic.evaluate(names), f"the header {name}").strip()
        if not value.isprintable() or len(value) > MAX_HEADER:
            raise NodeFailed(f"What is to be sent as the header {name} isn't one line of text.", people=Excuse.CHECK)
        made = {header: text for header, text in made.items() if header.lower() != name.lower()}
        made[name] = value
    return made
