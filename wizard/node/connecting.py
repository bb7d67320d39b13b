"""The guard for clients that make their own connections (databases, brokers): they are handed numeric addresses that
were judged here (wizard.node.outgoing), and resolve nothing. So a name that changes its address between check and
connection gains nothing, and TLS still asks for the name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from ipaddress import ip_address
from typing import Any

from wizard.node.outgoing import AddressRefused, judge_of
from wizard.settings import Settings

MOST = 8  # addresses of one name that are tried


async def addresses_of(host: str, port: int, settings: Settings) -> tuple[str, ...]:
    """The numeric addresses of a host that may be connected to. Raises AddressRefused where none of them may be,
    OSError where there are none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a name with a part that is too long, or none
        raise OSError("the host isn't a name") from error
    admitted = list(filter(judge_of(settings), dict.fromkeys(str(info[4][0]) for info in found)))
    if not admitted:
        raise AddressRefused
    return tuple(admitted[:MOST])


def is_here(address: str) -> bool:
    """Whether a numeric address is this very machine, where nobody is in between."""
    return ip_address(address.partition("%")[0]).is_loopback


class NamedContext(ssl.SSLContext):
    """What TLS trusts, with the name that a certificate has to be for: the client knows the address alone."""

    name = ""

    def wrap_bio(self, *given: Any, **named: Any) -> ssl.SSLObject:
        return super().wrap_bio(*given, **{**named, "server_hostname": self.name})


def context_for(name: str, *, verified: bool = True) -> ssl.SSLContext:
    """A context that takes a valid certificate of this name alone; any, unless it is to be `verified`."""
    context = NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.name = name
    if verified:
        context.load_default_certs()
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
