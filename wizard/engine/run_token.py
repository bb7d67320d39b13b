"""A run's token: who holds it may open the run (wizard.engine.access). The store has only what it comes to."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from wizard.errors import NotYours
from wizard.model import Run


def new_token() -> str:
    """A run's key: 192 random bits."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> bytes:
    """What is stored of a token: it is random, so a plain hash gives nothing away."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def check_token(run: Run, token: str) -> None:
    """Raises NotYours where it isn't the run's."""
    if not is_same(token_hash(token), run.token_hash):
        raise NotYours(run=run.id)


def is_same(secret: str | bytes, other: str | bytes) -> bool:
    """Whether they are one secret, in a time that says nothing of how much of one was right."""
    one, two = (text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text for text in (secret, other))
    return hmac.compare_digest(one, two)
