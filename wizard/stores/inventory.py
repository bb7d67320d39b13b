"""Which rows a sealed run has, and under which stamp each was written last: so that none is put back, or taken away.

A run's header holds the sum of its rows' digests. A turn takes off those of the rows that it replaces and adds those of
the rows that it writes, so that what it costs doesn't grow with the run; a run that is loaded is added up anew. Every
commit has another stamp, and a digest is known to nobody without the keys: no other set of rows has the same sum. What
a turn replaces is known from memory, and never from the database, which may have been changed meanwhile.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from immutables import Map

from wizard.errors import NotGenuine
from wizard.model import Change, Run
from wizard.stores.formats import Part
from wizard.stores.vault import DIGEST_BYTES, RESTORE, Vault, stamp_of

MODULUS = 1 << 8 * DIGEST_BYTES
MOST = 1024  # runs whose inventories are kept, as many as the engine keeps runs
NO_ROWS: Map[str, bytes] = Map()

Rows = Map[str, bytes]  # by name, the stamp
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

    def agrees(self, head: Mapping[str, object]) -> bool:
        """Whether a run's header speaks of these rows."""
        return head.get("rows") == self.total.to_bytes(DIGEST_BYTES) and head.get("entries") == self.entries


NEW = Inventory()  # of a run that isn't stored yet


class _Counting:
    """One part's rows, being changed, and what that adds to the sum."""

    def __init__(self, vault: Vault, part: Part, rows: Rows) -> None:
        self._vault = vault
        self._part = part
        self._rows = rows
        self.added = 0

    def put(self, names: Iterable[str], stamp: bytes) -> None:
        for name in names:
            self.drop((name,))
            self._rows = self._rows.set(name, stamp)
            self.added += self._vault.digest(self._part, name, stamp)

    def drop(self, names: Iterable[str]) -> None:
        for name in names:
            stamp = self._rows.get(name)
            if stamp is not None:
                self._rows = self._rows.delete(name)
                self.added -= self._vault.digest(self._part, name, stamp)

    def drop_all(self) -> None:
        self.drop(tuple(self._rows))

    @property
    def rows(self) -> Rows:
        return self._rows


def holds_context(run: Run) -> bool:
    """Whether the run has what its context is for."""
    return bool(run.event or run.profile or run.session or run.removed or run.arrived or run.deliveries)


def inventory_after(vault: Vault, before: Inventory, change: Change, stamp: bytes) -> Inventory:
    """The inventory after a change whose rows are written under this stamp."""
    run = change.run
    data = _Counting(vault, Part.CONTEXT, before.data)
    steps = _Counting(vault, Part.STEP, before.steps)
    parked = _Counting(vault, Part.ANSWERS, before.parked)
    undos = _Counting(vault, Part.UNDO, before.undos)
    if change.expected is None:
        data.put((Part.BIRTH,), stamp)
    if not holds_context(run):
        data.drop((Part.CONTEXT,))
    elif change.context or change.expected is None:
        data.put((Part.CONTEXT,), stamp)
    steps.drop(change.dropped)
    steps.put((step.path for step in change.written), stamp)
    if change.unparked is None or not run.parked:
        parked.drop_all()
    else:
        parked.drop(path for path in change.unparked if path not in run.parked)
    parked.put((path for path in change.parked if path in run.parked), stamp)
    undos.put((str(undo.step.visit) for undo in change.undos if undo.step.visit not in change.undone), stamp)
    undos.drop(map(str, change.undone))
    added = data.added + steps.added + parked.added + undos.added
    total = (before.total + added) % MODULUS
    return Inventory(data.rows, steps.rows, parked.rows, undos.rows, total, before.entries + len(change.entries))


def of_rows(vault: Vault, stored: StoredRows, entries: int) -> Inventory:
    """The inventory of rows that are stored. Raises NotGenuine where one isn't sealed, or is there twice."""
    data, data_total = _counted(vault, Part.CONTEXT, stored.data)
    steps, steps_total = _counted(vault, Part.STEP, stored.steps)
    parked, parked_total = _counted(vault, Part.ANSWERS, stored.parked)
    undos, undos_total = _counted(vault, Part.UNDO, stored.undos)
    total = (data_total + steps_total + parked_total + undos_total) % MODULUS
    return Inventory(data, steps, parked, undos, total, entries)


def _counted(vault: Vault, part: Part, blobs: Blobs) -> tuple[Rows, int]:
    total, stamps = 0, {}
    for name, blob in blobs:
        stamp = stamp_of(blob)
        if stamp is None:
            raise NotGenuine(f"one of its rows isn't sealed, as all that is stored of it is. {RESTORE}.")
        if name in stamps:
            raise NotGenuine(f"one of its rows is there twice. {RESTORE}.")
        stamps[name] = stamp
        total += vault.digest(part, name, stamp)
    return Map(stamps), total


class Inventories:
    """Those of the runs that were used last, by id, each at one revision."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, Inventory]] = OrderedDict()

    def get(self, run_id: str, revision: int | None) -> Inventory | None:
        """None where the one of that revision isn't known. A run that isn't stored yet has no rows."""
        if revision is None:
            return NEW
        known = self._known.get(run_id)
        return known[1] if known is not None and known[0] == revision else None

    def put(self, run_id: str, revision: int, inventory: Inventory) -> None:
        self._known[run_id] = revision, inventory
        self._known.move_to_end(run_id)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def forget(self, run_id: str) -> None:
        self._known.pop(run_id, None)
