"""Secrets that messages are signed with, as they are written (standardwebhooks.com): in settings, in resources and by
services that register."""

from __future__ import annotations

import re
from base64 import b64decode

LEAST, MOST = 24, 64  # bytes
_WRITTEN = re.compile(r"whsec_([A-Za-z0-9+/]{32,88}={0,2})")


def secret_of(written: str) -> bytes:
    """The secret itself. Raises ValueError, which never shows it."""
    match = _WRITTEN.fullmatch(written)
    try:
        secret = b"" if match is None else b64decode(match[1], validate=True)
    except ValueError:
        secret = b""
    if not LEAST <= len(secret) <= MOST:
        raise ValueError(f"must be whsec_ and then {LEAST} to {MOST} random bytes in base64")
    return secret
