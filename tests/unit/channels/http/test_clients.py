"""Who is at the other end, behind reverse proxies or not: only what our own proxies say counts."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from wizard.channels.http.clients import client_of, host_of, is_secure


def request(*headers: tuple[str, str]):  # type: ignore[no-untyped-def]
    return make_mocked_request("GET", "/", CIMultiDict([("Host", "inner:8080"), *headers]))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, ["203.0.113.9"], None),
        (1, ["203.0.113.9"], "203.0.113.9"),
        (1, ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        (2, ["198.51.100.1, 203.0.113.9, 192.0.2.1"], "203.0.113.9"),
        (2, ["198.51.100.1", "203.0.113.9", "192.0.2.1"], "203.0.113.9"),
        (3, ["203.0.113.9"], "203.0.113.9"),
        (1, [], None),
        (1, [""], None),
    ],
)
def test_the_client_is_whom_our_outermost_proxy_saw(proxies: int, forwarded: list[str], client: str | None) -> None:
    """Otherwise whoever writes the header themselves has as many addresses as they like."""
    found = request(*(("X-Forwarded-For", each) for each in forwarded))
    assert client_of(found, proxies) == (client or found.remote or "")


def test_https_ends_at_a_trusted_proxy_or_here() -> None:
    """Secure cookies depend on it; a client that claims it must not be believed."""
    claimed = request(("X-Forwarded-Proto", "HTTPS"))
    assert is_secure(claimed, 1)
    assert not is_secure(claimed, 0)
    assert not is_secure(request(), 1)


@pytest.mark.parametrize(
    ("header", "proxies", "host"),
    [
        ("forms.example", 1, "forms.example"),
        ("forms.example", 0, "inner:8080"),
        ("[2001:db8::1]:8443", 1, "[2001:db8::1]:8443"),
        ("evil.example/path", 1, ""),
        ("a b", 1, ""),
        ('x"><script>', 1, ""),
        ("x" * 300, 1, ""),
    ],
)
def test_the_host_is_one_or_nothing(header: str, proxies: int, host: str) -> None:
    """It is written into links."""
    assert host_of(request(("X-Forwarded-Host", header)), proxies) == host
