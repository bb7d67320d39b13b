"""Which rows a sealed run has, and as of which commit: so that none is put back, or taken away.

A run's header holds the sum of its rows' digests. A turn takes off those of the rows that it replaces and adds those of
the rows that it writes, so that what it costs doesn't grow with the run; a run that is loaded is added up anew. Every
commit has another stamp, and a digest is known to nobody without the keys: no other set of rows has the same sum. What
a turn replaces is known from memory, and never from the database, which may have been changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from immutables import Map

from wizard.errors import NotGenuine
from wizard.model import Change, Run
from wizard.model.recent import Recent
from wizard.stores.blobs.formats import Part
from wizard.stores.blobs.vault import DIGEST_BYTES, RESTORE, Vault, stamp_of

MODULUS = 1 << 8 * DIGEST_BYTES
MOST = 1024  # runs whose inventories are kept, as many as the engine keeps runs
ROW = 120  # bytes of memory that a row takes with its digest; its name is the step's
ROOM = 21_000_000  # bytes of memory for all of them: a run takes more than three times what its inventory does

Rows = Map[str, int]  # by name, the digest of the row as it was written last
NO_ROWS: Rows = Map()
Blobs = Sequence[tuple[str, bytes]]  # by name, as they are stored


class StoredRows(NamedTuple):
    """The rows of a run that its header speaks of."""

    data: Blobs
    steps: Blobs
    parked: Blobs
    undos: Blobs


class Inventory(NamedTuple):
    """The rows of a run by their parts; `data` are its birth and its context. `entries` counts its trace."""

    data: Rows = NO_ROWS
    steps: Rows = NO_ROWS
    parked: Rows = NO_ROWS
    undos: Rows = NO_ROWS
    total: int = 0
    entries: int = 0

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self.data) + len(self.steps) + len(self.parked) + len(self.undos)

    def agrees(self, head: Mapping[str, object]) -> bool:
        """Whether a run's header speaks of these rows."""
        return head.get("rows") == self.total.to_bytes(DIGEST_BYTES) and head.get("entries") == self.entries


NEW = Inventory()  # of a run that isn't stored yet


def holds_context(run: Run) -> bool:
    """Whether the run has what its context is for."""
    return bool(run.event or run.profile or run.session or run.removed or run.arrived or run.deliveries)


def inventory_after(vault: Vault, before: Inventory, change: Change, stamp: bytes) -> Inventory:
    """The inventory after a change whose rows are written under this stamp."""
    left, added = _parked(before, change)
    undone = {str(visit) for visit in change.undone}
    owed = [visit for undo in change.undos if (visit := str(undo.step.visit)) not in undone]
    data = _replaced(vault, Part.CONTEXT, before.data, *_data(change), stamp=stamp)
    steps = _replaced(
        vault, Part.STEP, before.steps, change.dropped, [step.path for step in change.written], stamp=stamp
    )
    parked = _replaced(vault, Part.ANSWERS, before.parked, left, added, stamp=stamp)
    undos = _replaced(vault, Part.UNDO, before.undos, undone, owed, stamp=stamp)
    total = (before.total + data[1] + steps[1] + parked[1] + undos[1]) % MODULUS
    return Inventory(data[0], steps[0], parked[0], undos[0], total, before.entries + len(change.entries))


def _replaced(
    vault: Vault, part: Part, rows: Rows, dropped: Collection[str], written: Sequence[str], *, stamp: bytes
) -> tuple[Rows, int]:
    """The rows of a part without those that are dropped and with those that are written, and what that adds to the
    sum. One that is both is written."""
    if not (dropped or written):
        return rows, 0
    added = 0
    for name in dropped:
        if name in rows:
            added -= rows[name]
            rows = rows.delete(name)
    for name in written:
        digest = vault.digest(part, name, stamp)
        added += digest - rows.get(name, 0)
        rows = rows.set(name, digest)
    return rows, added


def _data(change: Change) -> tuple[Sequence[str], Sequence[str]]:
    """Which of birth and context a change takes away, and which it writes."""
    born = [Part.BIRTH.value] if change.bears else []
    if not holds_context(change.run):
        return [Part.CONTEXT.value], born
    return [], [*born, Part.CONTEXT.value] if change.context or born else born


def _parked(before: Inventory, change: Change) -> tuple[Sequence[str], Sequence[str]]:
    """Whose parked answers a change takes away, and whose it writes."""
    kept = change.run.parked
    if change.unparked is None or not kept:
        left = list(before.parked)
    else:
        left = [path for path in change.unparked if path not in kept]
    return left, [path for path in change.parked if path in kept]


def of_rows(vault: Vault, stored: StoredRows, entries: int) -> Inventory:
    """The inventory of rows that are stored. Raises NotGenuine where one isn't sealed, or is there twice."""
    data, data_total = _counted(vault, Part.CONTEXT, stored.data)
    steps, steps_total = _counted(vault, Part.STEP, stored.steps)
    parked, parked_total = _counted(vault, Part.ANSWERS, stored.parked)
    undos, undos_total = _counted(vault, Part.UNDO, stored.undos)
    total = (data_total + steps_total + parked_total + undos_total) % MODULUS
    return Inventory(data, steps, parked, undos, total, entries)


def _counted(vault: Vault, part: Part, blobs: Blobs) -> tuple[Rows, int]:
    digests: dict[str, int] = {}
    for name, blob in blobs:
        stamp = stamp_of(blob)
        if stamp is None:
            raise NotGenuine(f"one of its rows isn't sealed, as all that is stored of it is. {RESTORE}.")
        if name in digests:
            raise NotGenuine(f"one of its rows is there twice. {RESTORE}.")
        digests[name] = vault.digest(part, name, stamp)
    return Map(digests), sum(digests.values())


class Inventories:
    """Those of the runs that were used last, by id, each at one revision; `room` is how many bytes of memory they may
    take together."""

    def __init__(self, room: int = ROOM) -> None:
        self._known: Recent[str, tuple[int, Inventory]] = Recent(MOST, room)

    def get(self, run_id: str, revision: int | None) -> Inventory | None:
        """None where the one of that revision isn't known. A run that isn't stored yet has no rows."""
        if revision is None:
            return NEW
        known = self._known.get(run_id)
        return known[1] if known is not None and known[0] == revision else None

    def put(self, run_id: str, revision: int, inventory: Inventory) -> None:
        self._known.put(run_id, (revision, inventory), ROW * (inventory.row_count + 4))

    def forget(self, run_id: str) -> None:
        self._known.forget(run_id)
