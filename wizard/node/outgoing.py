"""The guard for outgoing HTTP: what a definition or a person's answer may make this server connect to.

Rules (OWASP, server-side request forgery; address ranges: IANA special-purpose registries)
- Only http and https, no user or password in the URL, nothing but printable ASCII in it.
- Only addresses that are reachable from everywhere. The address is judged when the socket for it is
  made: after the name was resolved, so that a name that changes its address gains nothing, and for
  addresses written into the URL and for every hop of a redirect alike.
- IPv6 addresses that carry an IPv4 one (mapped, 6to4, NAT64, Teredo) are refused: where they lead is
  decided by a gateway.
- No proxy, `.netrc` or certificate setting of the environment, and no cookies kept.

WIZARD_ALLOW_PRIVATE_ADDRESSES=1 lifts the second and third rule.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any, TypeAlias

from yarl import URL

from wizard.errors import Excuse, NodeFailed
from wizard.node.contract import Services
from wizard.process.loops import done_on
from wizard.settings import Settings

if TYPE_CHECKING:
    import aiohttp

MAX_URL = 8000  # characters: what common servers take
SHARED = "http"  # the sessions' name in Services.shared

AddrInfo: TypeAlias = tuple[Any, ...]  # family, type, protocol, canonical name, (host, port, …)

_UNICAST6 = ip_network("2000::/3")  # all that IANA has given out
_REFUSED6 = tuple(
    ip_network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking …
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_REFUSED4 = tuple(
    ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT
        "168.63.129.16/32",  # a cloud's host, behind a public address
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarking
    )
)


class AddressRefused(OSError):
    """The address isn't one that outgoing requests may go to.

    An OSError, since it goes through aiohttp's connector. Its text is always the same: the connector
    reports the failures of several addresses as one only where their texts are equal.
    """

    def __init__(self) -> None:
        super().__init__("the address is private or reserved")


def is_public(address: str) -> bool:
    """Whether requests may go to this numeric address; False for what is no address at all."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if parsed.is_multicast or parsed.is_reserved or not parsed.is_global:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _REFUSED4)
    return parsed in _UNICAST6 and not any(parsed in network for network in _REFUSED6)


def check_url(text: str) -> URL:
    """The URL of a request, its form checked; its host is judged when it is connected to.

    Raises NodeFailed, whose message never shows the URL: it may hold what is nobody's business.
    """
    if len(text) > MAX_URL:
        raise _unfit(f"The address of the service is longer than {MAX_URL:,} characters.")
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise _unfit("The address of the service holds characters that an address can't have.")
    try:
        url = URL(text, encoded=True)
        # Each part is parsed when it is asked for: a host that begins with xn-- may be no encoded name.
        host, _, somebody = url.host, url.port, (url.user, url.password)
    except (ValueError, IndexError) as error:  # the second is a slip of yarl, for "[]@"
        raise _unfit("The address of the service isn't a valid URL.") from error
    if url.scheme not in ("http", "https") or not host:
        raise _unfit("The address of the service must start with http:// or https:// and name a host.")
    if somebody != (None, None) or "@" in url.raw_authority:
        raise _unfit("The address of the service must not hold a user name or password. Send them as a header.")
    return url


def _unfit(what: str) -> NodeFailed:
    return NodeFailed(what, people=Excuse.CHECK)


def judge_of(settings: Settings) -> Callable[[str], bool]:
    """What judges numeric addresses, such as those with a scope as well."""
    return lambda address: settings.allow_private_addresses or is_public(address.partition("%")[0])


def open_session(settings: Settings, allowed: Callable[[str], bool] | None = None) -> aiohttp.ClientSession:
    """A client session that keeps the rules above; to be called in a running event loop.

    `allowed` judges numeric addresses, in the place of `judge_of` these settings.
    """
    import aiohttp  # a heavy one, and most commands call nobody

    judge = allowed or judge_of(settings)

    def open_socket(info: AddrInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if not judge(address[0]):
            raise AddressRefused
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=open_socket, limit=100, limit_per_host=20),
        cookie_jar=aiohttp.DummyCookieJar(),  # one session serves all runs, and a cookie is one person's
        timeout=aiohttp.ClientTimeout(total=settings.http_timeout),
        trust_env=False,
    )


class Sessions:
    """The sessions that all nodes of a process share: one for each event loop that asks, since connections belong to
    one. `close` is awaited at the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sessions: dict[asyncio.AbstractEventLoop, aiohttp.ClientSession] = {}

    def here(self) -> aiohttp.ClientSession:
        """That of the running loop, opened when it is first needed."""
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            session = self._sessions[loop] = open_session(self._settings)
        return session

    async def forget_ended(self) -> None:
        """Lets those go whose loop was closed: `asyncio.run` for each call would leave one behind each time."""
        for loop in [session for session in list(self._sessions) if session.is_closed()]:
            if (session := self._sessions.pop(loop, None)) is not None:
                await session.close()

    async def close(self) -> None:
        for loop, session in list(self._sessions.items()):
            if loop.is_running() and loop is not asyncio.get_running_loop():
                await done_on(loop, session.close)
            else:
                await session.close()
        self._sessions.clear()


async def shared_session(services: Services) -> aiohttp.ClientSession:
    """The session for outgoing requests, which lives in `services.shared` and is closed with what is in there."""
    sessions: Sessions = services.share(SHARED, lambda: Sessions(services.settings or Settings()))
    await sessions.forget_ended()
    return sessions.here()


def was_refused(error: BaseException) -> bool:
    """Whether a request failed because its address isn't allowed."""
    return isinstance(error, AddressRefused) or isinstance(getattr(error, "os_error", None), AddressRefused)
