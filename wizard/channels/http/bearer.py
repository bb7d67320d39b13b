"""Tokens and keys that come as `Authorization: Bearer TOKEN` (RFC 6750), or to a WebSocket as a subprotocol."""

from __future__ import annotations

import re

from aiohttp import web

WANTED = {"WWW-Authenticate": 'Bearer realm="wizard"'}  # of an answer to who brings none

# What a browser can send of its own with a WebSocket is the name of a subprotocol alone.
_PROTOCOL = re.compile(r"(?:^|,)\s*bearer\.([\w.~+/-]{1,200})\s*(?:,|$)", re.ASCII)
_BEARER = re.compile(r"bearer +([\w.~+/-]{1,200}=*)", re.ASCII | re.IGNORECASE)


def bearer_of(request: web.Request) -> str | None:
    """What a request brings, None where it brings none that can be read."""
    match = _BEARER.fullmatch(request.headers.get("Authorization", "")) or _PROTOCOL.search(
        request.headers.get("Sec-WebSocket-Protocol", "")
    )
    return None if match is None else match[1]
