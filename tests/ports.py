"""A port for a server that is told its port, and can be told the same again when it was killed."""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from pathlib import Path

ASKED_FOR_ANY = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 10_000


def free_port() -> int:
    """One that nobody listens at, and that the system gives to nobody who asks for any: what it gives, the server of
    another test may have got before this one listens."""
    highest = 32_000
    with suppress(OSError, ValueError):
        highest = max(int(ASKED_FOR_ANY.read_text().split()[0]), LOWEST + 1_000)
    while True:
        port = random.SystemRandom().randrange(LOWEST, highest)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
