"""Encryption at rest: what seals a blob before it is stored, and opens it again.

A sealed blob is 0xC1 (with which no msgpack begins), the number of this layout, the length of the key's id, the
id, a nonce of 12 bytes, and what AES-256-GCM makes of the plain blob. Its owner, a run's id or "kind/id" of a
document, is the associated data, so that a blob that was moved to another run doesn't open. Each owner has a key of
its own, derived from the ring's: a random nonce is safe for 2^32 blobs of one key (NIST SP 800-38D, section 8.3),
and that is to be a bound of a run and not of the whole database.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
from collections.abc import Mapping
from typing import Any, Protocol

from wizard.errors import SettingsError, StoreError

SEALED = 0xC1
LAYOUT = 1
NONCE_BYTES, KEY_BYTES = 12, 32
MAX_KEYS, MAX_RING = 20, 4_000  # keys and characters of the setting
ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
MAX_CIPHERS = 1_000  # of owners, kept ready
CHECK = "Check the setting WIZARD_KEYS"


class Vault(Protocol):
    """What is stored passes through one. `owner` is a run's id, or "kind/id" of a document."""

    def seal(self, owner: str, blob: bytes) -> bytes: ...

    def open(self, owner: str, blob: bytes) -> bytes:
        """The blob that was sealed; one that isn't sealed comes back as it is. Raises StoreError where it can't
        be opened, saying why."""

    def is_current(self, blob: bytes) -> bool:
        """Whether `seal` would use the same key, or none."""


class _Plain:
    """Stores what is given as it is."""

    def seal(self, owner: str, blob: bytes) -> bytes:
        return blob

    def open(self, owner: str, blob: bytes) -> bytes:
        if blob[:1] == b"\xc1":
            raise StoreError(f"it is encrypted with the key {_key_id(blob)}. {CHECK}: the key has to be in it.")
        return blob

    def is_current(self, blob: bytes) -> bool:
        return blob[:1] != b"\xc1"


PLAIN: Vault = _Plain()


class KeyRing:
    """A Vault that seals with its first key, and opens what any of its keys has sealed."""

    __slots__ = ("_cipher", "_ciphers", "_keys", "_opening", "_refused")

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """`keys` by their ids, each of 32 bytes. Raises SettingsError where the library for it isn't installed."""
        try:
            from cryptography.exceptions import InvalidTag
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError as error:
            raise SettingsError(f"Encryption needs a library ({error}). Run: pip install wizard[encryption]") from error
        self._cipher: Any = AESGCM
        self._refused = InvalidTag
        self._ciphers: dict[tuple[bytes, bytes], Any] = {}  # a load opens many blobs of one owner
        self._keys = dict(keys)
        key_id = next(iter(keys)).encode()
        self._opening = bytes([SEALED, LAYOUT, len(key_id)]) + key_id

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """The ring of a setting "ID:BASE64KEY, ID:BASE64KEY". Raises SettingsError, in which no key is quoted."""
        if len(text) > MAX_RING:
            raise SettingsError(f"WIZARD_KEYS: longer than {MAX_RING:,} characters. Take out keys that aren't needed.")
        keys: dict[str, bytes] = {}
        for number, part in enumerate(filter(None, map(str.strip, text.split(","))), 1):
            key_id, colon, key = part.partition(":")
            if not colon or not ID.fullmatch(key_id):
                raise SettingsError(
                    f"WIZARD_KEYS: entry {number} isn't ID:KEY, with an ID of at most 32 letters, digits, - and _."
                    " `wizard keys new ID` makes one."
                )
            if key_id in keys:
                raise SettingsError(f"WIZARD_KEYS: there are two keys {key_id}. Give each an id of its own.")
            keys[key_id] = _key(key_id, key.strip())
        if not 1 <= len(keys) <= MAX_KEYS:
            raise SettingsError(
                f"WIZARD_KEYS: {len(keys)} keys; there have to be 1 to {MAX_KEYS}. `wizard keys new ID` makes one."
            )
        return cls(keys)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    @property
    def ids(self) -> tuple[str, ...]:
        """Of its keys; the first is the one that seals."""
        return tuple(self._keys)

    def seal(self, owner: str, blob: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        name = owner.encode()
        sealed: bytes = self._of(next(iter(self._keys.values())), name).encrypt(nonce, blob, name)
        return self._opening + nonce + sealed

    def open(self, owner: str, blob: bytes) -> bytes:
        if blob[:1] != b"\xc1":
            return blob  # stored before encryption was switched on
        if blob[1:2] != bytes([LAYOUT]):
            raise StoreError("it is encrypted in a way that this version doesn't know. Update the program.")
        key_id = _key_id(blob)
        key = self._keys.get(key_id)
        if key is None:
            raise StoreError(f"it is encrypted with the key {key_id}, which isn't there. {CHECK}.")
        start = 3 + blob[2]
        name = owner.encode()
        try:
            opened: bytes = self._of(key, name).decrypt(
                blob[start : start + NONCE_BYTES], blob[start + NONCE_BYTES :], name
            )
        except (self._refused, ValueError) as error:
            raise StoreError(
                f"the key {key_id} doesn't open it: another key has this id now, or the data was changed. {CHECK},"
                " or restore it from a backup."
            ) from error
        return opened

    def is_current(self, blob: bytes) -> bool:
        return blob.startswith(self._opening)

    def _of(self, key: bytes, owner: bytes) -> Any:
        cipher = self._ciphers.get((key, owner))
        if cipher is None:
            if len(self._ciphers) >= MAX_CIPHERS:
                self._ciphers.clear()
            cipher = self._cipher(hmac.digest(key, b"wizard/1/" + owner, "sha256"))
            self._ciphers[key, owner] = cipher
        return cipher


def _key(key_id: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(
            f"WIZARD_KEYS: the key {key_id} isn't {KEY_BYTES} bytes in base64. `wizard keys new {key_id}` makes one."
        )
    return key


def _key_id(blob: bytes) -> str:
    length = blob[2] if len(blob) > 2 else 0
    text = blob[3 : 3 + length].decode("ascii", "replace")
    return text if ID.fullmatch(text) else "(its id is damaged)"


def new_key(key_id: str) -> str:
    """A new random key, as the setting `keys` takes it. Raises SettingsError where that can't be a key's id."""
    if not ID.fullmatch(key_id):
        raise SettingsError("A key's id is at most 32 letters, digits, - and _, such as 2026-11.")
    return f"{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"
