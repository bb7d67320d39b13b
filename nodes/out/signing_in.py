"""Signing in at a service that a resource names: by a bearer token, a user name and password, or an access token of
OAuth 2.0 (client credentials, RFC 6749, 4.4).

Access tokens are kept in the process as long as they hold, for all nodes, and asked for anew once where the service
refuses one. What is secret is put into headers right before they are sent, and no error has any of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import quote_plus
from weakref import WeakKeyDictionary

from wizard.errors import Excuse, NodeFailed
from wizard.model.nesting import load_json
from wizard.node import HttpResource, Services, Visit
from wizard.node.outgoing import check_url, shared_session
from wizard.node.signing import signed_headers
from wizard.nodes.out.exchange import RETRIED, TryAgainError, failures_told, read_body, retry_after, seconds_for
from wizard.resources.kinds import OAuth2Client, signing_bytes

SHARED = "wizard.oauth2"  # the tokens' name in Services.shared
MOST_KEPT = 1_000  # access tokens of a process
MAX_ANSWER = 100_000  # bytes
MAX_TOKEN = 8_000  # characters
USUALLY = 300.0  # seconds that a token holds of which that isn't said
EARLY = 30.0  # seconds before its end that it counts as over: a request takes its time


@dataclass(slots=True)
class SignedIn:
    """What a request is sent with besides, for one node's work."""

    resource: HttpResource

    async def headers(self, visit: Visit[Any]) -> dict[str, str]:
        """The headers that say who we are. Raises NodeFailed, TryAgainError."""
        resource, headers = self.resource, {}
        if resource.bearer_token is not None:
            headers["Authorization"] = f"Bearer {resource.bearer_token.get_secret_value()}"
        elif resource.user is not None and resource.password is not None:
            headers["Authorization"] = _basic(resource.user, resource.password.get_secret_value())
        elif resource.oauth2 is not None:
            headers["Authorization"] = f"Bearer {await _tokens(visit.services).get(visit, resource.oauth2)}"
        return headers | {name: secret.get_secret_value() for name, secret in resource.headers.items()}

    def renews(self, visit: Visit[Any], sent: Mapping[str, str]) -> bool:
        """Whether another try may be signed in better than the one with these headers, which was refused."""
        if self.resource.oauth2 is None:
            return False
        _tokens(visit.services).forget(self.resource.oauth2, sent["Authorization"].removeprefix("Bearer "))
        return True

    def signature(self, visit: Visit[Any], body: bytes | None) -> dict[str, str]:
        """The headers that sign a body, where the resource has what to sign it with."""
        secret = self.resource.signing_secret
        if secret is None:
            return {}
        return signed_headers(
            [signing_bytes(secret.get_secret_value())], visit.key, int(visit.now.timestamp()), body or b""
        )


async def signed_in(visit: Visit[Any], name: str | None) -> SignedIn | None:
    """For the resource of that name, where there is a name. Raises NodeFailed."""
    return None if name is None else SignedIn(await visit.resource(name, HttpResource))


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


# -- access tokens -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    until: float


class Tokens:
    """The access tokens of a process, by the client that they are for."""

    def __init__(self) -> None:
        self._tokens: dict[bytes, _Token] = {}
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bytes, asyncio.Lock]] = WeakKeyDictionary()

    async def get(self, visit: Visit[Any], client: OAuth2Client) -> str:
        """One that holds; many who need one at once ask for it once. Raises NodeFailed, TryAgainError."""
        key = _key(client)
        locks = self._locks.setdefault(asyncio.get_running_loop(), {})
        async with locks.setdefault(key, asyncio.Lock()):
            token = self._tokens.get(key)
            if token is None or token.until <= monotonic():
                if len(self._tokens) >= MOST_KEPT:
                    self._tokens.clear()
                token = self._tokens[key] = await _asked_for(visit, client)
        return token.text

    def forget(self, client: OAuth2Client, refused: str) -> None:
        """Forgets the token that was refused, unless another one has come meanwhile."""
        key = _key(client)
        if (token := self._tokens.get(key)) is not None and token.text == refused:
            del self._tokens[key]


def _tokens(services: Services) -> Tokens:
    return services.share(SHARED, Tokens)


def _key(client: OAuth2Client) -> bytes:
    """Of two clients that differ in anything, none gets the other's token."""
    said = [client.token_url, client.client_id, client.client_secret.get_secret_value(), client.scope, client.audience]
    return hashlib.blake2b(repr(said).encode(), digest_size=16).digest()


async def _asked_for(visit: Visit[Any], client: OAuth2Client) -> _Token:
    import aiohttp

    url, seconds = check_url(client.token_url), seconds_for(visit)
    asked = {"grant_type": "client_credentials", "scope": client.scope, "audience": client.audience}
    name, secret = quote_plus(client.client_id), quote_plus(client.client_secret.get_secret_value())
    session, begun = await shared_session(visit.services), monotonic()
    with failures_told(str(url.host), seconds):
        async with session.post(
            url,
            data={key: value for key, value in asked.items() if value},
            headers={"Authorization": _basic(name, secret), "Accept": "application/json"},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=seconds),
        ) as response:
            status, body = response.status, await read_body(response, MAX_ANSWER)
            wait = retry_after(response.headers.get("Retry-After", ""), visit.now)
    if status in RETRIED:
        raise TryAgainError(f"The service {url.host} gives out no access token for now (status {status}).", wait)
    if status != 200:
        what = (
            f"The service {url.host} gave out no access token (status {status}). Check the resource's OAuth 2.0 client."
        )
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
    token, seconds_left = _read(body)
    if not token:
        what = f"The service {url.host} answered with something else than an access token."
        raise NodeFailed(what, people=Excuse.SERVICE)
    return _Token(token, begun + max(seconds_left - EARLY, 0.0))


def _read(body: bytes) -> tuple[str, float]:
    """The token and the seconds for which it holds; "" where the answer has none that can be sent."""
    try:
        answer = load_json(body, 10, values=1_000)
    except ValueError:
        return "", 0.0
    match answer:
        case {"access_token": str(token)} if token.isascii() and token.isprintable() and 0 < len(token) <= MAX_TOKEN:
            said = answer.get("expires_in")
            holds = float(said) if isinstance(said, int | float) and 0 <= said < 10**9 else USUALLY
            return token, holds
    return "", 0.0
