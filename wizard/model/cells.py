"""Small maps under keys, beside runs: what a channel knows of a conversation, a code that opens one, who waits for
somebody. Each has a version and is changed by compare and swap, so that of two who change it at once one wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from wizard.model.job import NOTHING


@dataclass(frozen=True, slots=True)
class Cell:
    """`version` is 1 for a new one, and one more with each change. It goes with its `run`, "" for none, and may be
    pruned after `until`."""

    key: str
    version: int
    body: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    run: str = ""
    until: datetime | None = None


class Cells(Protocol):
    """Those of a store. `tests/contract/test_cells.py` holds the suite that every store passes. Errors of the storage
    are StoreError."""

    async def get(self, key: str) -> Cell | None:
        """The cell of that key."""

    async def put(self, cell: Cell) -> bool:
        """Stores the cell if the one that is there has the version before it, or, for version 1, if there is none;
        whether it was stored."""

    async def drop(self, cell: Cell) -> bool:
        """Takes the cell out if it is there in that version; whether it was. Of several who do so at once, one is told
        that it was."""

    async def list(self, prefix: str, limit: int = 100, after: str = "") -> Sequence[Cell]:
        """Those whose keys begin so and come after `after`, in the order of their keys."""
