"""Encrypts what is in a PostgreSQL database under the key in use, table by table, while everything else goes on.

Where it stands is kept in the process, so that a million rows aren't looked at again for each thousand. A
pass that found anything is followed by another: processes that have the old key first may have written meanwhile.

A run that isn't sealed in the present way yet is sealed whole, in one transaction, since its header speaks of its rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from wizard.errors import StoreError
from wizard.stores.blobs.formats import Part, resealed, unreadable
from wizard.stores.blobs.marks import Prepared, prepared
from wizard.stores.blobs.records import document_owner
from wizard.stores.blobs.resource_rows import OWNER
from wizard.stores.blobs.sealing import sealed_run
from wizard.stores.blobs.vault import LAYOUT, SEALED, Vault, microseconds, stamp_of
from wizard.stores.postgres.migrations import LOCK
from wizard.stores.postgres.pool import Connection, Pool
from wizard.stores.postgres.queue import TABLE
from wizard.stores.postgres.reading import READ_RUN, stored_run
from wizard.stores.postgres.values import decoded, encoded

log = logging.getLogger("wizard.stores")

OTHER = (
    "CASE WHEN length($2::bytea) = 0 THEN substring({0} FOR 1) = '\\xc1' ELSE substring({0} FOR length($2)) <> $2 END"
)
AT_ONCE = 50  # rows that are read into memory: each may be a large upload
OPENING = bytes([SEALED, LAYOUT])  # of what is sealed in the present way


def _run_of(key: str) -> str:
    return decoded(key).rsplit("/", 2)[0]


class _Place(NamedTuple):
    """A column of blobs: the columns of the table's key, whose each blob is, from these columns, and the columns that
    are bound to it. Whether they are `counted` by a run's header."""

    table: str
    part: Part
    keys: tuple[str, ...]
    body: str
    owners: tuple[str, ...]
    about: tuple[str, ...] = ()
    owner: Callable[..., str] = decoded
    counted: bool = True


HEADER = ("workflow", "version", "status", "revision", "created_at", "updated_at", "expires_at")
RUN = ("run_id",)
PLACES = (
    _Place("wizard.runs", Part.HEADER, ("id",), "header", ("id",), HEADER),
    _Place("wizard.run_data", Part.BIRTH, RUN, "birth", RUN),
    _Place("wizard.run_data", Part.CONTEXT, RUN, "context", RUN),
    _Place("wizard.steps", Part.STEP, ("run_id", "path"), "body", RUN, ("path", "seq")),
    _Place("wizard.parked", Part.ANSWERS, ("run_id", "path"), "body", RUN, ("path",)),
    _Place("wizard.undos", Part.UNDO, ("run_id", "visit"), "body", RUN, ("visit", "failed")),
    _Place("wizard.trace", Part.ENTRIES, ("run_id", "first"), "body", RUN, ("first", "revision", "at")),
    _Place("wizard.replies", Part.REPLY, ("scope", "key"), "body", RUN, ("scope", "key"), counted=False),
    _Place("wizard.files", Part.FILE, ("run_id", "id"), "body", RUN, ("id",), counted=False),
    _Place("wizard.reports", Part.REPORT, RUN, "body", RUN, counted=False),
    _Place("wizard.events", Part.EVENT, ("id",), "body", ("id",), ("id", "at", "standing"), counted=False),
    _Place(
        "wizard.resources",
        Part.RESOURCE,
        ("name",),
        "body",
        ("name",),
        ("name", "kind", "revision", "saved_at"),
        lambda name: OWNER + decoded(name),
        counted=False,
    ),
    _Place("wizard.remote_nodes", Part.REMOTE, ("type",), "body", ("type",), ("type", "revision"), counted=False),
    _Place("wizard.formers", Part.FORMER, RUN, "body", RUN, ("revision",), counted=False),
    _Place("wizard.utterances", Part.UTTERANCE, ("run_id", "number"), "body", RUN, ("number", "id"), counted=False),
    _Place("wizard.cells", Part.CELL, ("key",), "body", ("key",), ("key", "version"), counted=False),
    _Place("wizard.refused", Part.REFUSED, ("scope", "key"), "body", ("scope",), ("scope", "key", "at"), counted=False),
    _Place(
        "wizard.documents",
        Part.DOCUMENT,
        ("kind", "id"),
        "body",
        ("kind", "id"),
        ("kind", "id", "revision"),
        lambda kind, document_id: document_owner(decoded(kind), decoded(document_id)),
        counted=False,
    ),
    _Place(
        "wizard.saves",
        Part.SAVE,
        ("kind", "id", "revision"),
        "body",
        ("kind", "id"),
        ("kind", "id", "revision", "at"),
        lambda kind, document_id: document_owner(decoded(kind), decoded(document_id)),
        counted=False,
    ),
    _Place(TABLE, Part.PAYLOAD, ("id",), "payload", ("dedupe_key",), ("dedupe_key",), _run_of, counted=False),
)


class Resealer:
    def __init__(self, pool: Pool, vault: Callable[[], Vault]) -> None:
        self._pool = pool
        self._vault = vault
        self._place = 0
        self._after: tuple[Any, ...] = ()
        self._found = False  # anything in this pass
        self._sealed_up_to: str | None = ""  # of the runs that aren't sealed in the present way; None is the end

    async def reseal(self, limit: int) -> int:
        """See wizard.stores.contract.Store. Raises StoreError where a row can't be opened, naming its run."""
        done = await self._seal_runs(limit) if self._vault().seals and self._vault().takes_old else 0
        while done < limit:
            looked, count = await self._next(min(limit - done, AT_ONCE))
            done += count
            if count:
                self._found = True
            if looked:
                continue
            if not self._advance() and not done:
                return 0
            if self._place == 0 and done:
                return done
        return done

    def _advance(self) -> bool:
        """To the next place. False where that ends a pass which found nothing."""
        self._place, self._after = (self._place + 1) % len(PLACES), ()
        if self._place:
            return True
        had_rows, self._found = self._found, False
        return had_rows

    async def _next(self, most: int) -> tuple[int, int]:
        """How many rows were looked at, and how many of them are under the key in use now."""
        place = PLACES[self._place]
        rows = await self._pool.read(self._text(place), most, self._opening(), *self._after)
        if not rows:
            return 0, 0
        width = len(place.keys)
        anew = [(tuple(row)[:width], row["old"], self._sealed(place, row)) for row in rows]
        written = [(key, old, new) for key, old, new in anew if new is not None]
        if written:
            keys = [list(column) for column in zip(*(key for key, _, _ in written), strict=True)]
            olds, news = [old for _, old, _ in written], [new for _, _, new in written]
            await self._pool.write(_update(place), olds, news, *keys)
        self._after = tuple(rows[-1])[:width]
        return len(rows), len(written)

    def _sealed(self, place: _Place, row: Any) -> bytes | None:
        vault = self._vault()
        owner = place.owner(*(row[f"of_{column}"] for column in place.owners))
        about = tuple(_bound(row[f"on_{column}"]) for column in place.about)
        try:
            return resealed(vault.strict if place.counted else vault, place.part, owner, row["old"], about)
        except StoreError as error:
            told = f"A row of {place.table} can't be encrypted anew: {error.message}"
            if not vault.takes_old:
                raise StoreError(told, run=owner) from error
            log.error("%s It stays as it is (%s).", told, owner)
            return None

    def _opening(self) -> bytes:
        """With what all blobs under the key in use begin; empty where the vault has none."""
        sealed = self._vault().seal(Part.MARK, "", (), b"")
        return sealed[: 3 + sealed[2]] if sealed[:1] == bytes([SEALED]) else b""

    def _text(self, place: _Place) -> str:
        owners = [f"{column} AS of_{column}" for column in place.owners]
        about = [f"{column} AS on_{column}" for column in place.about]
        keys, read = ", ".join(place.keys), ", ".join((*place.keys, *owners, *about))
        after = ", ".join(f"${number}" for number in range(3, 3 + len(self._after)))
        beyond = f"AND ({keys}) > ({after})" if self._after else ""
        # Without a key, what is sealed is what can't stay.
        other = OTHER.format(place.body)
        return (
            f"SELECT {read}, {place.body} AS old FROM {place.table}"  # noqa: S608 - our own names
            f" WHERE {place.body} IS NOT NULL AND {other} {beyond} ORDER BY {keys} LIMIT $1"
        )

    # -- runs that aren't sealed in the present way yet ------------------------------------------

    async def _seal_runs(self, limit: int) -> int:
        done = 0
        while not done and (after := self._sealed_up_to) is not None:
            rows = await self._pool.read(OLD_RUNS, OPENING, after, limit)
            for row in rows:
                try:
                    await self.seal_run(decoded(row["id"]))
                    done += 1
                except StoreError as error:
                    log.error("%s It stays as it is.", error)
            self._sealed_up_to = rows[-1]["id"] if rows else None
        return done

    async def seal_run(self, run_id: str) -> None:
        """Seals all rows of a run that isn't yet, in one transaction. Raises StoreError naming the run."""
        await self._pool.transact(lambda connection: _seal_run(connection, self._vault(), run_id), run_id)


OLD_RUNS = """SELECT id FROM wizard.runs WHERE substring(header FOR length($1::bytea)) <> $1 AND id > $2
    ORDER BY id LIMIT $3"""
LOCK_RUN = "SELECT entries FROM wizard.runs WHERE id = $1 FOR UPDATE"
ALL_TRACE = "SELECT first, revision, at, body FROM wizard.trace WHERE run_id = $1"
WRITE_HEADER = "UPDATE wizard.runs SET header = $2 WHERE id = $1"
WRITE_DATA = "UPDATE wizard.run_data SET birth = $2, context = $3 WHERE run_id = $1"
WRITE_STEP = "UPDATE wizard.steps SET body = $3 WHERE run_id = $1 AND path = $2"
WRITE_PARKED = "UPDATE wizard.parked SET body = $3 WHERE run_id = $1 AND path = $2"
WRITE_UNDO = "UPDATE wizard.undos SET body = $3 WHERE run_id = $1 AND visit = $2"
WRITE_TRACE = "UPDATE wizard.trace SET body = $3 WHERE run_id = $1 AND first = $2"
FORGET_PARKED = "DELETE FROM wizard.parked WHERE run_id = $1"
FORGET_UNDOS = "DELETE FROM wizard.undos WHERE run_id = $1"


async def _seal_run(connection: Connection, vault: Vault, run_id: str) -> None:
    stored = encoded(run_id)
    entries = await connection.fetchval(LOCK_RUN, stored)
    row = await connection.fetchrow(READ_RUN, stored)
    if row is None:
        return
    turns = await connection.fetch(ALL_TRACE, stored)
    whole = stored_run(vault, row)
    if stamp_of(whole.row.header) is not None:
        return
    try:
        sealed = sealed_run(vault, whole)
        trace = [
            (stored, first, resealed(vault, Part.ENTRIES, run_id, body, (first, revision, microseconds(at))))
            for first, revision, at, body in turns
        ]
    except StoreError as error:
        raise unreadable("The run", error, run_id) from error
    await connection.execute(WRITE_HEADER, stored, sealed.header(vault, whole.row, whole.head, entries))
    await connection.execute(WRITE_DATA, stored, sealed.birth, sealed.context)
    await connection.executemany(WRITE_STEP, [(stored, encoded(path), body) for path, body in sealed.steps])
    await connection.executemany(WRITE_PARKED, [(stored, encoded(path), body) for path, body in sealed.parked])
    await connection.executemany(WRITE_UNDO, [(stored, visit, body) for visit, body in sealed.undos])
    await connection.executemany(WRITE_TRACE, trace)
    if not sealed.parked:
        await connection.execute(FORGET_PARKED, stored)
    if not sealed.undos:
        await connection.execute(FORGET_UNDOS, stored)


# -- the mark ------------------------------------------------------------------------------------

READ_MARK = "SELECT body FROM wizard.seal"
WRITE_MARK = "INSERT INTO wizard.seal VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
HAS_ROWS = "EXISTS (SELECT FROM {})"
IS_EMPTY = "SELECT NOT (" + " OR ".join(HAS_ROWS.format(place.table) for place in PLACES) + ")"


async def prepare_seal(connection: Connection, ring: Vault) -> Prepared:
    """Raises StoreError where the database isn't sealed as the ring asks."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        is_empty = await connection.fetchval(IS_EMPTY)
        made = prepared(ring, await connection.fetchval(READ_MARK), is_empty=is_empty)
        if made.body is not None:
            await connection.execute(WRITE_MARK, made.body)
    return made


def _bound(value: Any) -> Any:
    if isinstance(value, str):
        return decoded(value)
    if isinstance(value, datetime):
        return microseconds(value)
    return int(value) if isinstance(value, bool) else value


def _update(place: _Place) -> str:
    """Only where the row is as it was read: a turn that was committed meanwhile stays."""
    types = {"visit": "bigint", "first": "bigint", "revision": "bigint"} | (
        {"id": "bigint"} if place.table == TABLE else {}
    )
    arrays = ", ".join(f"${number}::{types.get(key, 'text')}[]" for number, key in enumerate(place.keys, 3))
    same = " AND ".join(f"t.{key} = s.{key}" for key in place.keys)
    return (
        f"UPDATE {place.table} AS t SET {place.body} = s.new"  # noqa: S608 - our own names
        f" FROM unnest($1::bytea[], $2::bytea[], {arrays}) AS s(old, new, {', '.join(place.keys)})"
        f" WHERE {same} AND t.{place.body} = s.old"
    )
