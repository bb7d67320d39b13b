"""Accounts of a NATS server and the credentials of their users (JWT, signed with Ed25519), as `nsc` makes them."""

from __future__ import annotations

import json
from base64 import b32encode, urlsafe_b64encode
from binascii import crc_hqx
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

OPERATOR, ACCOUNT, USER, SEED = 14 << 3, 0, 20 << 3, 18 << 3


class Key:
    """A key of one kind, with its public name and its seed."""

    def __init__(self, kind: int) -> None:
        self._key = Ed25519PrivateKey.generate()
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        private = self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        self.name = _written(bytes((kind,)) + public)
        self.seed = _written(bytes((SEED | (kind >> 5), (kind & 31) << 3)) + private)

    def token(self, subject: Key, kind: str, more: dict[str, Any]) -> str:
        """What this key says of another."""
        claims = {
            "iss": self.name,
            "sub": subject.name,
            "name": kind,
            "iat": 1,
            "nats": {"type": kind, "version": 2, **more},
        }
        parts = [_encoded(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ed25519-nkey"}, claims)]
        signed = ".".join(parts)
        return f"{signed}.{_encoded(self._key.sign(signed.encode()))}"


class Accounts:
    """An operator with one account."""

    def __init__(self) -> None:
        self._operator, self._account = Key(OPERATOR), Key(ACCOUNT)

    @property
    def options(self) -> str:
        """What a server has to be told to take its users."""
        unlimited = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)
        account = self._operator.token(self._account, "account", {"limits": {**unlimited, "wildcards": True}})
        operator = self._operator.token(self._operator, "operator", {})
        return f"operator: {operator}\nresolver: MEMORY\nresolver_preload: {{{self._account.name}: {account}}}"

    def credentials(self) -> str:
        """Those of a new user, as in a .creds file."""
        user = Key(USER)
        token = self._account.token(user, "user", {"subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {}})
        return (
            f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n"
        )


def _written(raw: bytes) -> str:
    return b32encode(raw + crc_hqx(raw, 0).to_bytes(2, "little")).decode().rstrip("=")


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
