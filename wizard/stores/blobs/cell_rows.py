"""Cells as blobs: all that they hold, and again their run and end, which have columns for finding them."""

from __future__ import annotations

from wizard.errors import StoreError
from wizard.model.cells import Cell
from wizard.stores.blobs.formats import MISSHAPEN, Part, a_map, unreadable, unwrap, wrap
from wizard.stores.blobs.vault import Vault

LAST = "\U0010ffff"  # stands for no character, and behind them all: where a list by its prefix ends


def cell_body(vault: Vault, cell: Cell) -> bytes:
    """Raises InvalidInput for what can't be stored."""
    return wrap(vault, Part.CELL, cell.key, [dict(cell.body), cell.run, cell.until], (cell.key, cell.version))


def read_cell(vault: Vault, key: str, version: int, blob: bytes) -> Cell:
    """Raises StoreError."""
    try:
        body, run, until = unwrap(vault, Part.CELL, key, blob, (key, version))
        return Cell(key, version, a_map(body), run, until)
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable(f"What is kept as {key}", error, "") from error
