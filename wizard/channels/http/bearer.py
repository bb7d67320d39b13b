"""Tokens and keys that come as `Authorization: Bearer TOKEN` (RFC 6750)."""

from __future__ import annotations

import re

from aiohttp import web

WANTED = {"WWW-Authenticate": 'Bearer realm="wizard"'}  # of an answer to who brings none

_BEARER = re.compile(r"bearer +([\w.~+/-]{1,200}=*)", re.ASCII | re.IGNORECASE)


def bearer_of(request: web.Request) -> str | None:
    """What a request brings, None where it brings none that can be read."""
    match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    return None if match is None else match[1]
