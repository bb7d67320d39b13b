"""How a database finds profiles by what is in them, which may be encrypted: by a mark of a field and its value.

In a database that isn't encrypted, a mark is a hash. In one that is, it is a hash with the database's own secret, which
the ring of keys seals: nobody without the keys can try out an address until its mark fits, or tell whose it is. What
they can see is that two profiles have the same value in a field, so that fields are marked only where whoever runs the
service says so. The secret stays when keys change, and so do the marks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import blake2b

from wizard.expressions.arithmetic import to_decimal
from wizard.model import Value
from wizard.model.instants import instant
from wizard.stores.blobs.vault import DIGEST_BYTES, NO_STAMP, Vault

LONGEST = 500  # characters of a value that is marked


def kind_of(fields: Collection[str]) -> str:
    """Which fields are marked, as a short text."""
    return blake2b("\0".join(sorted(set(fields))).encode(), digest_size=12, person=b"marked fields").hexdigest()


def marks_of(vault: Vault, fields: Collection[str], profile: Mapping[str, Value]) -> set[bytes]:
    """The marks of a profile."""
    marks = (mark_of(vault, field, profile.get(field)) for field in fields)
    return {mark for mark in marks if mark is not None}


def mark_of(vault: Vault, field: str, value: Value) -> bytes | None:
    """The mark of a value; None for nothing, and for what profiles aren't found by: lists, groups, long texts."""
    text = plain(value)
    if text is None:
        return None
    name = f"{field}\0{text}"
    if vault.seals:
        return vault.digest("profile mark", name, NO_STAMP).to_bytes(DIGEST_BYTES)
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES, person=b"profile mark").digest()


def plain(value: Value) -> str | None:
    """A text that is the same for values which expressions hold for the same, and for no others."""
    match value:
        case bool():
            return f"bool {value}"
        case str():
            return f"text {value}" if len(value) <= LONGEST else None
        case int() | float() | Decimal():
            number = to_decimal(value).normalize()
            return f"number {number + 0:f}" if abs(number.adjusted()) < LONGEST else None
        case datetime():
            return f"moment {(instant(value) if value.tzinfo is not None else value).isoformat()}"
        case date() | time():
            return f"day {value.isoformat()}"
    return None
