"""The mark of a sealed database: one row, sealed itself, without which a key ring doesn't work with what is there.

It holds the database's id, to which everything that is sealed in it is bound, and the secret of its runs' inventories.
A database gets its mark when a ring first comes to it empty, or when an operator has it sealed (`wizard keys seal`).
One that holds data and has no mark isn't opened: so nothing plain is taken for genuine because the mark was deleted.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from wizard.errors import StoreError
from wizard.stores.blobs.formats import MISSHAPEN, Part, unwrap, why, wrap
from wizard.stores.blobs.vault import CHECK, KEY_BYTES, KeyRing, Vault, key_id_of

ID_BYTES = 16
NOT_SEALED = (
    "The database isn't sealed, or not wholly: it holds what is stored in clear or in an earlier way, or somebody took"
    " its mark away. Stop what uses it and run `wizard keys seal` once; if that was done before, look first who can"
    " write to the database."
)


class Mark(NamedTuple):
    """`done` says that everything in the database is sealed."""

    database: bytes
    secret: bytes
    done: bool

    def body(self, ring: KeyRing) -> bytes:
        return wrap(ring, Part.MARK, "", [self.database, self.secret, self.done])


class Prepared(NamedTuple):
    """What a store works with: the vault of its database, the mark, and the row that is to be written first."""

    vault: Vault
    mark: Mark | None = None
    body: bytes | None = None


def prepared(vault: Vault, stored: bytes | None, *, is_empty: bool) -> Prepared:
    """`found` is the mark that is stored, `is_empty` whether nothing else is. Raises StoreError where the database
    can't be used with this vault."""
    if not isinstance(vault, KeyRing):
        if stored is not None:
            raise StoreError(
                f"The database is encrypted with the key {key_id_of(stored)}. {CHECK}: it has to be in it."
            )
        return Prepared(vault)
    if stored is None:
        if not is_empty and not vault.takes_old:
            raise StoreError(NOT_SEALED)
        mark = Mark(os.urandom(ID_BYTES), os.urandom(KEY_BYTES), is_empty)
        return Prepared(vault.of_database(mark.database, mark.secret), mark, mark.body(vault))
    mark = _read(vault, stored)
    if not mark.done and not vault.takes_old:
        raise StoreError(NOT_SEALED)
    ring = vault.strict if mark.done else vault  # once all is sealed, nobody takes what isn't
    return Prepared(ring.of_database(mark.database, mark.secret), mark)


def finished(ring: Vault, stored: Prepared) -> bytes | None:
    """The mark that says that all is sealed under the key in use; None where nothing is sealed here."""
    if stored.mark is None or not isinstance(ring, KeyRing):
        return None
    return stored.mark._replace(done=True).body(ring)


def _read(ring: KeyRing, stored: bytes) -> Mark:
    try:
        database, secret, done = unwrap(ring.strict, Part.MARK, "", stored)
        return Mark(database, secret, done)
    except (StoreError, *MISSHAPEN) as error:
        raise StoreError(
            f"What this database holds to tell that it is encrypted, and with what, can't be read: {why(error)}"
        ) from error
