"""A sealed run: its rows checked against what its header says of them, and a run's rows sealed for the first time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wizard.errors import NotGenuine, StoreError
from wizard.model import Run
from wizard.stores.blobs import rows
from wizard.stores.blobs.formats import MISSHAPEN, Part, resealed, unreadable, wrap
from wizard.stores.blobs.inventory import Inventory, StoredRows, of_rows
from wizard.stores.blobs.vault import RESTORE, Vault, stamp_of
from wizard.stores.contract import TraceEntry


def open_run(vault: Vault, stored: rows.StoredRun) -> tuple[Run, Inventory | None]:
    """The run, and the inventory of its rows where it is sealed in the present way. Raises StoreError naming the run,
    NotGenuine where its header speaks of other rows."""
    inventory = _read_inventory(vault, stored)
    row, head, steps, parked, undos = stored
    return rows.read_run(vault, row, steps, parked, undos, head=head), inventory


def _read_inventory(vault: Vault, stored: rows.StoredRun) -> Inventory | None:
    row, head, steps, parked, undos = stored
    if stamp_of(row.header) is None or not vault.seals:
        return None
    data: list[tuple[str, bytes]] = [(Part.BIRTH, row.birth)]
    if head.get("context") and row.context is not None:
        data.append((Part.CONTEXT, row.context))
    try:
        of_steps = [(path, body) for path, _, body in steps]
        of_undos = [(str(visit), body) for visit, _, body in undos] if head.get("undos") else []
        of_parked = list(parked) if head.get("parked") else []
        inventory = of_rows(vault, StoredRows(data, of_steps, of_parked, of_undos), head["entries"])
        if not inventory.agrees(head):
            raise NotGenuine(f"its rows aren't those that were stored together. {RESTORE}.")
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable("The run", error, row.id) from error
    return inventory


def check_numbers(head: rows.Head, run_id: str, entries: Sequence[TraceEntry], after: int, limit: int) -> None:
    """Raises NotGenuine where these aren't all entries after a number, up to a limit, that a sealed run has."""
    total = head.get("entries")
    if total is None:
        return
    first = max(after, 0) + 1
    expected = range(first, min(first - 1 + limit, total) + 1)
    if [entry.number for entry in entries] != list(expected):
        error = NotGenuine(f"there are entries missing or too many. {RESTORE}.")
        raise unreadable("The trace of the run", error, run_id)


class SealedRun(NamedTuple):
    """The blobs of a run that is sealed anew; its header comes last, since it speaks of the others."""

    birth: bytes
    context: bytes | None
    steps: list[tuple[str, bytes]]
    parked: list[tuple[str, bytes]]
    undos: list[tuple[int, bytes]]
    stamp: bytes

    def header(self, vault: Vault, row: rows.RunRow, head: rows.Head, entries: int) -> bytes:
        data: list[tuple[str, bytes]] = [(Part.BIRTH, self.birth)]
        if self.context is not None:
            data.append((Part.CONTEXT, self.context))
        undos = [(str(visit), body) for visit, body in self.undos]
        inventory = of_rows(vault, StoredRows(data, self.steps, self.parked, undos), entries)
        return wrap(vault, Part.HEADER, row.id, {**head, **rows.counted(inventory)}, row.about, self.stamp)


def sealed_run(vault: Vault, stored: rows.StoredRun) -> SealedRun:
    """A run whose rows aren't sealed in the present way. Raises StoreError where one can't be opened."""
    row, head, steps, parked, undos = stored
    stamp = vault.stamp()

    def anew(part: Part, blob: bytes, *about: str | int) -> bytes:
        return resealed(vault, part, row.id, blob, about, stamp)

    return SealedRun(
        anew(Part.BIRTH, row.birth),
        anew(Part.CONTEXT, row.context) if head.get("context") and row.context is not None else None,
        [(path, anew(Part.STEP, body, path, seq)) for path, seq, body in steps],
        [(path, anew(Part.ANSWERS, body, path)) for path, body in parked] if head.get("parked") else [],
        [(visit, anew(Part.UNDO, body, visit, int(failed))) for visit, failed, body in undos]
        if head.get("undos")
        else [],
        stamp,
    )
