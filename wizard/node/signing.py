"""Signatures of messages that go to services and come from them.

What is signed, and the headers, are those of Standard Webhooks (standardwebhooks.com, version 1): any library of that
checks them. The time is signed as well, so that a message which was overheard can't be sent again later.
"""

from __future__ import annotations

import hmac
import re
import secrets as randomness
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
SIGNED = frozenset({ID, TIMESTAMP, SIGNATURE})
TOLERANCE = 300  # seconds that two clocks may differ
NEW_BYTES = 32
MOST_SIGNATURES = 10  # that are looked at in one header
_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]{32,88}={0,2})")


class NotSigned(ValueError):
    """A message isn't signed as it has to be; the text says what is wrong with it, as "its signature is wrong"."""


def new_secret() -> str:
    """A secret as it is written, of 256 random bits."""
    return f"whsec_{b64encode(randomness.token_bytes(NEW_BYTES)).decode()}"


def secret_of(written: str) -> bytes:
    """Raises ValueError, which never shows it."""
    match = _SECRET.fullmatch(written)
    try:
        secret = b"" if match is None else b64decode(match[1], validate=True)
    except ValueError:
        secret = b""
    if not 24 <= len(secret) <= 64:
        raise ValueError("a secret is whsec_ and then 24 to 64 bytes in base64")
    return secret


def signature(secrets: Sequence[bytes], message_id: str, at: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret, with blanks between them."""
    signed = b".".join((message_id.encode(), str(at).encode(), body))
    return " ".join(f"v1,{b64encode(hmac.digest(secret, signed, 'sha256')).decode()}" for secret in secrets)


def signed_headers(secrets: Sequence[bytes], message_id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers that go with a body."""
    return {ID: message_id, TIMESTAMP: str(at), SIGNATURE: signature(secrets, message_id, at, body)}


def check_signed(secret: bytes, message_id: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Raises NotSigned unless the headers sign this body, under this id, with this secret, and not long ago. `headers`
    has its names in small letters, or finds them in any case."""
    given, at = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if not given or not at:
        raise NotSigned("it isn't signed")
    if headers.get(ID) != message_id:
        raise NotSigned("it is signed for another message")
    if not re.fullmatch(r"[0-9]{1,12}", at):
        raise NotSigned("its time isn't a number of seconds")
    wanted = signature([secret], message_id, int(at), body).encode()
    offered = given.encode(errors="replace").split()[:MOST_SIGNATURES]
    if not any(hmac.compare_digest(wanted, each) for each in offered):
        raise NotSigned("its signature is wrong: the other side has another secret, or the message was changed")
    if abs(now - int(at)) > TOLERANCE:
        raise NotSigned(f"it is more than {TOLERANCE // 60} minutes off: one of the two clocks is wrong")
