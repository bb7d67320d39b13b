"""What clients get that make their own connections: addresses that were judged, and TLS that asks for the name."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest

from tests.certificates import Certified, certified
from wizard.node.connecting import addresses_of, context_for, is_here
from wizard.node.outgoing import AddressRefused
from wizard.settings import Settings

__all__ = ["certified"]

ALL = Settings(allow_private_addresses=True)


async def test_only_addresses_that_are_for_everybody_are_given() -> None:
    """A client that gets a name would resolve it once more, to whatever it leads to then."""
    assert await addresses_of("8.8.8.8", 1, Settings()) == ("8.8.8.8",)
    assert await addresses_of("127.1", 1, ALL) == ("127.0.0.1",)
    for host in ("127.0.0.1", "localhost", "::1", "::ffff:8.8.8.8"):
        with pytest.raises(AddressRefused):
            await addresses_of(host, 1, Settings())
    for host in ("", "a" * 64 + ".example", "\udcff", "a..b"):
        with pytest.raises(OSError):  # noqa: PT011 - whichever the system's is
            await addresses_of(host, 1, Settings())


def test_this_machine_is_known() -> None:
    """Only here nobody is in between who could read a password."""
    assert is_here("127.0.0.9")
    assert is_here("::1")
    assert not is_here("10.0.0.1")
    assert not is_here("fe80::1%eth0")


@pytest.fixture
async def port(certified: Certified) -> AsyncIterator[int]:
    """That of a server whose certificate is for 127.0.0.1."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certified.shown)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("name", "trusted", "verified", "fine"),
    [
        ("127.0.0.1", True, True, True),
        ("db.example", True, True, False),
        ("127.0.0.1", False, True, False),
        ("db.example", False, False, True),
    ],
)
async def test_a_certificate_is_for_the_name(
    certified: Certified,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    trusted: bool,
    verified: bool,
    fine: bool,
) -> None:
    """The client knows the address alone; a server at that address that isn't the one that is meant gets nothing."""
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certified.file))
    connecting = asyncio.open_connection("127.0.0.1", port, ssl=context_for(name, verified=verified))
    if not fine:
        with pytest.raises(ssl.SSLCertVerificationError):
            await connecting
        return
    _, writer = await connecting
    writer.write(b"a")
    writer.close()
    await writer.wait_closed()
