"""How requests are signed, so that a service can tell who sends them and that they are new.

What is signed, and the headers, are those of Standard Webhooks (standardwebhooks.com, version 1): any library of that
checks them. The time is signed as well, so that a message which was overheard can't be sent again later.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime

SIGNED = frozenset({"webhook-id", "webhook-timestamp", "webhook-signature"})


def signed_headers(secrets: Sequence[bytes], message_id: str, at: datetime, body: bytes | None) -> dict[str, str]:
    """The headers that say who sends a body, and when: signed with each of the secrets, of which there are several
    while one is being changed."""
    seconds = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(secrets, message_id, seconds, body or b""),
    }


def signature(secrets: Sequence[bytes], message_id: str, at: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret, with blanks between them."""
    signed = b".".join((message_id.encode(), str(at).encode(), body))
    return " ".join(f"v1,{b64encode(hmac.digest(secret, signed, 'sha256')).decode()}" for secret in secrets)
