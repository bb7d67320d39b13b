"""Encrypts what is in a PostgreSQL database under the key in use, table by table, while everything else goes on.

Where it stands is kept in the process, so that a million rows aren't looked at again for each thousand. A
pass that found anything is followed by another: processes that have the old key first may have written meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from wizard.errors import StoreError
from wizard.stores.formats import resealed
from wizard.stores.pgpool import Pool
from wizard.stores.pgqueue import TABLE, decoded
from wizard.stores.records import document_owner
from wizard.stores.vault import SEALED, Vault

OTHER = (
    "CASE WHEN length($2::bytea) = 0 THEN substring({0} FOR 1) = '\\xc1' ELSE substring({0} FOR length($2)) <> $2 END"
)
AT_ONCE = 50  # rows that are read into memory: each may be a large upload


def _run_of(key: str) -> str:
    return decoded(key).rsplit("/", 2)[0]


class _Place(NamedTuple):
    """A column of blobs: the columns of the table's key, and whose each blob is, from these columns."""

    table: str
    keys: tuple[str, ...]
    body: str
    owners: tuple[str, ...]
    owner: Callable[..., str] = decoded


PLACES = (
    _Place("wizard.runs", ("id",), "header", ("id",)),
    _Place("wizard.run_data", ("run_id",), "birth", ("run_id",)),
    _Place("wizard.run_data", ("run_id",), "context", ("run_id",)),
    _Place("wizard.steps", ("run_id", "path"), "body", ("run_id",)),
    _Place("wizard.parked", ("run_id", "path"), "body", ("run_id",)),
    _Place("wizard.undos", ("run_id", "visit"), "body", ("run_id",)),
    _Place("wizard.trace", ("run_id", "first"), "body", ("run_id",)),
    _Place("wizard.replies", ("scope", "key"), "body", ("run_id",)),
    _Place("wizard.files", ("run_id", "id"), "body", ("run_id",)),
    _Place("wizard.reports", ("run_id",), "body", ("run_id",)),
    _Place(
        "wizard.documents",
        ("kind", "id"),
        "body",
        ("kind", "id"),
        lambda kind, document_id: document_owner(decoded(kind), decoded(document_id)),
    ),
    _Place(TABLE, ("id",), "payload", ("dedupe_key",), _run_of),
)


class Resealer:
    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault
        self._place = 0
        self._after: tuple[Any, ...] = ()
        self._found = False  # anything in this pass

    async def reseal(self, limit: int) -> int:
        """See wizard.stores.Store. Raises StoreError where a row can't be opened, naming its run."""
        done = 0
        while done < limit:
            count = await self._next(min(limit - done, AT_ONCE))
            done += count
            if count:
                self._found = True
            elif not self._advance() and not done:
                return 0
            elif self._place == 0 and done:
                return done
        return done

    def _advance(self) -> bool:
        """To the next place. False where that ends a pass which found nothing."""
        self._place, self._after = (self._place + 1) % len(PLACES), ()
        if self._place:
            return True
        found, self._found = self._found, False
        return found

    async def _next(self, most: int) -> int:
        place = PLACES[self._place]
        found = await self._pool.read(self._text(place), most, self._opening(), *self._after)
        if not found:
            return 0
        width = len(place.keys)
        bodies = [self._sealed(place, row) for row in found]
        keys = [list(column) for column in zip(*(tuple(row)[:width] for row in found), strict=True)]
        await self._pool.write(_update(place), [row["old"] for row in found], bodies, *keys)
        self._after = tuple(found[-1])[:width]
        return len(found)

    def _sealed(self, place: _Place, row: Any) -> bytes:
        owner = place.owner(*(row[f"of_{column}"] for column in place.owners))
        try:
            return resealed(self._vault, owner, row["old"])
        except StoreError as error:
            raise StoreError(f"A row of {place.table} can't be encrypted anew: {error.message}", run=owner) from error

    def _opening(self) -> bytes:
        """With what all blobs under the key in use begin; empty where the vault has none."""
        sealed = self._vault.seal("", b"")
        return sealed[: 3 + sealed[2]] if sealed[:1] == bytes([SEALED]) else b""

    def _text(self, place: _Place) -> str:
        keys, owners = ", ".join(place.keys), ", ".join(f"{column} AS of_{column}" for column in place.owners)
        after = ", ".join(f"${number}" for number in range(3, 3 + len(self._after)))
        beyond = f"AND ({keys}) > ({after})" if self._after else ""
        # Without a key, what is sealed is what can't stay.
        other = OTHER.format(place.body)
        return (
            f"SELECT {keys}, {owners}, {place.body} AS old FROM {place.table}"  # noqa: S608 - our own names
            f" WHERE length({place.body}) > 0 AND {other} {beyond} ORDER BY {keys} LIMIT $1"
        )


def _update(place: _Place) -> str:
    """Only where the row is as it was read: a turn that was committed meanwhile stays."""
    types = {"visit": "bigint", "first": "bigint"} | ({"id": "bigint"} if place.table == TABLE else {})
    arrays = ", ".join(f"${number}::{types.get(key, 'text')}[]" for number, key in enumerate(place.keys, 3))
    same = " AND ".join(f"t.{key} = s.{key}" for key in place.keys)
    return (
        f"UPDATE {place.table} AS t SET {place.body} = s.new"  # noqa: S608 - our own names
        f" FROM unnest($1::bytea[], $2::bytea[], {arrays}) AS s(old, new, {', '.join(place.keys)})"
        f" WHERE {same} AND t.{place.body} = s.old"
    )
