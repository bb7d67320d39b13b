"""What this server lets itself be made to connect to."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.errors import NodeFailed
from wizard.node import Services
from wizard.node.outgoing import check_url, is_public, open_session, shared_session, was_refused
from wizard.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """A server on a free port of all loopback addresses."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    try:
        yield site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    finally:
        await runner.cleanup()


async def hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "239.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::8.8.8.8",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:808:808::1",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "localhost",
        "",
    ],
)
def test_addresses_that_are_not_for_everybody_are_refused(address: str) -> None:
    """Each one of these reaches something behind a firewall: metadata services, printers, databases."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_allowed(address: str) -> None:
    """A guard that refuses the internet makes http nodes useless."""
    assert is_public(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=6, network="::ffff:0:0/96"))
def test_no_private_address_gets_through_in_any_form(address: object) -> None:
    """One hole in a range is enough for whoever looks for it."""
    assert not is_public(str(address))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/", "must start with http"),
        ("file:///etc/passwd", "must start with http"),
        ("/relative", "must start with http"),
        ("http://", "must start with http"),
        ("", "must start with http"),
        ("http://user:secret@example.com/", "user name"),
        ("http://@example.com/", "user name"),
        ("http://example.com\\@evil.example/", "characters"),
        ("http://example.com/a b", "characters"),
        ("http://example.com/\r\nX-Evil: 1", "characters"),
        ("http://example.com/\x00", "characters"),
        ("http://bücher.example/", "characters"),
        ("http://example.com:99999/", "valid URL"),
        ("http://example.com:port/", "valid URL"),
        ("http://[::1/", "valid URL"),
        ("http://xn--/", "valid URL"),
        ("http://xn--a.example/", "valid URL"),
        ("http://example.xn--/", "valid URL"),
        ("http://example.com/" + "a" * 8000, "longer"),
    ],
)
def test_urls_that_hide_something_are_refused(url: str, why: str) -> None:
    """What parsers disagree about is what gets past a guard; and a refusal must not repeat a password."""
    with pytest.raises(NodeFailed, match=why) as caught:
        check_url(url)
    assert "secret" not in str(caught.value)


def test_a_url_is_sent_as_it_was_written() -> None:
    """Re-quoting would turn %2E%2E into dots that walk up the service's folders."""
    assert str(check_url("https://example.com/a%2E%2E%2Fb?x=%26")) == "https://example.com/a%2E%2E%2Fb?x=%26"


@example("[]@")
@given(st.text(max_size=60) | st.text("xn-a0.:@%[]/?#", max_size=20))
def test_whatever_text_comes_it_is_a_url_or_a_refusal(text: str) -> None:
    """Templates can produce anything; an unexpected exception would take the turn down."""
    try:
        url = check_url("http://" + text)
    except NodeFailed:
        return
    assert url.host
    assert url.scheme == "http"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_private_host_is_not_connected_to(host: str) -> None:
    """Neither written as an address nor behind a name may the server's own network be reached."""
    seen = []

    async def count(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response()

    async with serving(count) as port, open_session(Settings()) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get(f"http://{host}:{port}/")
    assert was_refused(caught.value)
    assert seen == []


async def test_a_name_that_changes_its_address_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when it is checked, private when it is connected to."""

    def resolve(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]

    async with open_session(Settings()) as session:
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get("http://rebind.example/")
    assert was_refused(caught.value)


async def test_every_hop_of_a_redirect_is_judged() -> None:
    """A public service that redirects to a private address is the usual way around such a guard."""
    visited = []

    async def redirect(request: web.Request) -> web.Response:
        visited.append(request.host)
        return web.Response(status=302, headers={"Location": f"http://127.0.0.2:{request.url.port}/inside"})

    async with serving(redirect) as port, open_session(Settings(), lambda each: each == "127.0.0.1") as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get(f"http://127.0.0.1:{port}/")
    assert was_refused(caught.value)
    assert visited == [f"127.0.0.1:{port}"]


async def test_the_settings_can_allow_private_addresses() -> None:
    """Services in the same data centre, and everybody's tests, live on private addresses."""
    settings = Settings(allow_private_addresses=True)
    async with serving(hello) as port, open_session(settings) as session:
        response = await session.get(f"http://localhost:{port}/")
        assert await response.text() == "hello"


async def test_a_refused_connection_is_not_mistaken_for_a_refused_address() -> None:
    """Somebody whose service is down would look for the mistake in the settings."""
    async with serving(hello) as port:
        pass
    async with open_session(Settings(allow_private_addresses=True)) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get(f"http://127.0.0.1:{port}/")
    assert not was_refused(caught.value)


async def test_the_environment_sets_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would make every connection go to the proxy's address, past the guard."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    async with serving(hello) as port, open_session(Settings(allow_private_addresses=True)) as session:
        response = await session.get(f"http://127.0.0.1:{port}/")
        assert response.status == 200


async def test_no_cookie_goes_from_one_run_to_the_next() -> None:
    """The session is shared: a service's cookie for one person would be sent for another."""

    async def cookies(request: web.Request) -> web.Response:
        response = web.Response(text=str(len(request.cookies)))
        response.set_cookie("who", "somebody")
        return response

    async with serving(cookies) as port, open_session(Settings(allow_private_addresses=True)) as session:
        for _ in range(2):
            assert await (await session.get(f"http://127.0.0.1:{port}/")).text() == "0"


async def test_nodes_share_one_session_until_it_is_closed() -> None:
    """A session per request would cost a connection per request, and leak them."""
    services = Services()
    first = await shared_session(services)
    assert await shared_session(services) is first
    await services.shared["http"].close()
    second = await shared_session(services)
    assert second is not first
    await second.close()
