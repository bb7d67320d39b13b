"""Encryption at rest: what seals a blob before it is stored, and opens it again.

A sealed blob is 0xC1 (with which no msgpack begins), the number of this layout, the length of the key's id, the
id, a stamp of 8 bytes, a nonce of 12 bytes, and what AES-256-GCM makes of the plain blob. Where the blob belongs is
the associated data: its part, its owner (a run's id or "kind/id" of a document), what names and describes its row, and
the stamp. So a blob opens nowhere but in its own place. The stamp tells all writes of a row apart: a run's header
says under which stamps its rows were written last (wizard.stores.blobs.inventory). Each owner has a key of its own,
derived from the ring's and the database's: a random nonce is safe for 2^32 blobs of one key (NIST SP 800-38D, section
8.3), and that is to be a bound of a run and not of the whole database.

Layout 1 had no stamp, and the owner alone as associated data. It is opened by a ring that takes what is old.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Protocol

from wizard.errors import NotGenuine, SettingsError, StoreError

SEALED = 0xC1
LAYOUT, OLD_LAYOUT = 2, 1
STAMP_BYTES, NONCE_BYTES, KEY_BYTES = 8, 12, 32
DIGEST_BYTES = 16  # of one row of a run
NO_STAMP = bytes(STAMP_BYTES)  # of what no header speaks of
MAX_KEYS, MAX_RING = 20, 4_000  # keys and characters of the setting
ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
MAX_CIPHERS = 1_000  # of owners, kept ready
CHECK = "Check the setting WIZARD_KEYS"
RESTORE = "Restore it from a backup, and find out who can write to the database"
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

About = tuple[str | int | None, ...]  # what names and describes a row


class Vault(Protocol):
    """What is stored passes through one. `part` says what a blob is, `owner` is a run's id, or "kind/id" of a
    document, and `about` holds what else its row says of it."""

    @property
    def seals(self) -> bool:
        """Whether what is stored is sealed."""

    @property
    def takes_old(self) -> bool:
        """Whether `open` takes what isn't sealed, or is in an earlier layout."""

    @property
    def strict(self) -> Vault:
        """The same without taking what is old."""

    def stamp(self) -> bytes:
        """A new stamp for the rows of one commit."""

    def seal(self, part: str, owner: str, about: About, blob: bytes, stamp: bytes = NO_STAMP) -> bytes: ...

    def open(self, part: str, owner: str, about: About, blob: bytes) -> bytes:
        """The blob that was sealed in this place. Raises StoreError where it can't be opened, saying why."""

    def is_current(self, blob: bytes) -> bool:
        """Whether `seal` would use the same layout and key, or none."""

    def digest(self, part: str, name: str, stamp: bytes) -> int:
        """A number for a row of a run that was written under a stamp, which nobody without the keys can tell."""


def stamp_of(blob: bytes) -> bytes | None:
    """The stamp of a sealed blob, None where it is none of the present layout."""
    if blob[:2] != bytes([SEALED, LAYOUT]) or len(blob) < 3 + blob[2] + STAMP_BYTES:
        return None
    return blob[3 + blob[2] : 3 + blob[2] + STAMP_BYTES]


class _Plain:
    """Stores what is given as it is."""

    seals, takes_old = False, True

    @property
    def strict(self) -> Vault:
        return self

    def stamp(self) -> bytes:
        return NO_STAMP

    def seal(self, part: str, owner: str, about: About, blob: bytes, stamp: bytes = NO_STAMP) -> bytes:
        return blob

    def open(self, part: str, owner: str, about: About, blob: bytes) -> bytes:
        if blob[:1] == b"\xc1":
            raise StoreError(f"it is encrypted with the key {key_id_of(blob)}. {CHECK}: the key has to be in it.")
        return blob

    def is_current(self, blob: bytes) -> bool:
        return blob[:1] != b"\xc1"

    def digest(self, part: str, name: str, stamp: bytes) -> int:
        return 0


PLAIN: Vault = _Plain()


class KeyRing:
    """A Vault that seals with its first key, and opens what any of its keys has sealed.

    `of_database` gives the ring of one database: what is sealed there opens in no other.
    """

    __slots__ = (
        "_cipher",
        "_ciphers",
        "_database",
        "_digest",
        "_first",
        "_keys",
        "_opening",
        "_refused",
        "takes_old",
    )

    seals = True

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """`keys` by their ids, each of 32 bytes. Raises SettingsError where the library for it isn't installed."""
        try:
            from cryptography.exceptions import InvalidTag
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError as error:
            raise SettingsError(f"Encryption needs a library ({error}). Run: pip install wizard[encryption]") from error
        self._cipher: Any = AESGCM
        self._refused = InvalidTag
        self._ciphers: dict[tuple[bytes, int, str], Any] = {}  # a load opens many blobs of one owner
        self._keys = dict(keys)
        self._first = next(iter(keys.values()))
        key_id = next(iter(keys)).encode()
        self._opening = bytes([SEALED, LAYOUT, len(key_id)]) + key_id
        self._database = b""
        self._digest = blake2b(digest_size=DIGEST_BYTES, key=bytes(KEY_BYTES))
        self.takes_old = False

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

    @property
    def strict(self) -> KeyRing:
        return self._with(takes_old=False) if self.takes_old else self

    def taking_old(self) -> KeyRing:
        """The same, which takes what isn't sealed or is in an earlier layout: to seal a database once."""
        return self._with(takes_old=True)

    def of_database(self, database: bytes, secret: bytes) -> KeyRing:
        """The ring of the database with this id, whose runs' inventories are made with this secret."""
        ring = self._with(takes_old=self.takes_old)
        ring._database, ring._ciphers = database, {}
        ring._digest = blake2b(digest_size=DIGEST_BYTES, key=secret)
        return ring

    def _with(self, *, takes_old: bool) -> KeyRing:
        ring = KeyRing.__new__(KeyRing)
        for name in KeyRing.__slots__:
            setattr(ring, name, getattr(self, name))
        ring.takes_old = takes_old
        return ring

    def stamp(self) -> bytes:
        return os.urandom(STAMP_BYTES)

    def seal(self, part: str, owner: str, about: About, blob: bytes, stamp: bytes = NO_STAMP) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._of(self._first, LAYOUT, owner)
        sealed: bytes = cipher.encrypt(nonce, blob, _associated(part, owner, about, stamp))
        return self._opening + stamp + nonce + sealed

    def open(self, part: str, owner: str, about: About, blob: bytes) -> bytes:
        if blob[:1] != b"\xc1":
            if self.takes_old:
                return blob
            raise NotGenuine(f"it isn't sealed, as all that is stored here is. {RESTORE}.")
        if len(blob) < 3 or blob[1] not in (LAYOUT, OLD_LAYOUT):
            raise StoreError("it is encrypted in a way that this version doesn't know. Update the program.")
        if blob[1] == OLD_LAYOUT and not self.takes_old:
            raise NotGenuine(f"it is sealed in an earlier way, which nothing that is stored here is. {RESTORE}.")
        key_id = key_id_of(blob)
        key = self._keys.get(key_id)
        if key is None:
            raise StoreError(f"it is encrypted with the key {key_id}, which isn't there. {CHECK}.")
        try:
            return self._opened(part, owner, about, blob, key)
        except (self._refused, ValueError) as error:
            raise NotGenuine(
                f"the key {key_id} doesn't open it: another key has this id now, or the data was changed, or it belongs"
                f" elsewhere. {CHECK}. {RESTORE}."
            ) from error

    def _opened(self, part: str, owner: str, about: About, blob: bytes, key: bytes) -> bytes:
        start = 3 + blob[2]
        if blob[1] == OLD_LAYOUT:
            cipher, associated = self._of(key, OLD_LAYOUT, owner), owner.encode()
        else:
            cipher = self._of(key, LAYOUT, owner)
            associated = _associated(part, owner, about, blob[start : start + STAMP_BYTES])
            start += STAMP_BYTES
        opened: bytes = cipher.decrypt(blob[start : start + NONCE_BYTES], blob[start + NONCE_BYTES :], associated)
        return opened

    def is_current(self, blob: bytes) -> bool:
        return blob.startswith(self._opening)

    def digest(self, part: str, name: str, stamp: bytes) -> int:
        digest = self._digest.copy()
        digest.update(stamp + f"{part}/{name}".encode())
        return int.from_bytes(digest.digest())

    def _of(self, key: bytes, layout: int, owner: str) -> Any:
        cipher = self._ciphers.get((key, layout, owner))
        if cipher is None:
            if len(self._ciphers) >= MAX_CIPHERS:
                self._ciphers.clear()
            database = b"" if layout == OLD_LAYOUT else self._database
            cipher = self._cipher(hmac.digest(key, b"wizard/%d/" % layout + database + owner.encode(), "sha256"))
            self._ciphers[key, layout, owner] = cipher
        return cipher


def _associated(part: str, owner: str, about: About, stamp: bytes) -> bytes:
    """No two places have the same: texts are quoted, and a part has no quotes. In ASCII, since which other characters a
    text is quoted with depends on the version of Python."""
    return stamp + f"{part}{owner!a}{about!a}".encode()


def microseconds(at: datetime | None) -> int | None:
    """A time as it is bound: both databases keep it to the microsecond."""
    return None if at is None else (at - EPOCH) // MICROSECOND


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


def key_id_of(blob: bytes) -> str:
    """The id of the key that a sealed blob was sealed with."""
    length = blob[2] if len(blob) > 2 else 0
    text = blob[3 : 3 + length].decode("ascii", "replace")
    return text if ID.fullmatch(text) else "(its id is damaged)"


def new_key(key_id: str) -> str:
    """A new random key, as the setting `keys` takes it. Raises SettingsError where that can't be a key's id."""
    if not ID.fullmatch(key_id):
        raise SettingsError("A key's id is at most 32 letters, digits, - and _, such as 2026-11.")
    return f"{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"
