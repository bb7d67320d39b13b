"""Runs that helped aside in the conversation of another one, which alone knows them: they are deleted with it."""

from __future__ import annotations

from collections.abc import Sequence

from wizard.model.cells import Cell
from wizard.stores.contract import Store

PLACE = "aside/"
PAGE = 100


async def note_aside(store: Store, run_id: str, aside: str) -> None:
    """Keeps that the run `aside` helps in this one, before it is there."""
    await store.cells.put(Cell(f"{_place(run_id)}{aside}", 1, run=run_id))


async def asides_of(store: Store, run_id: str) -> Sequence[str]:
    """Their ids, also of those that were deleted themselves."""
    found: list[str] = []
    while page := await store.cells.list(_place(run_id), PAGE, f"{_place(run_id)}{found[-1]}" if found else ""):
        found += [cell.key.removeprefix(_place(run_id)) for cell in page]
    return found


async def delete_whole_run(store: Store, run_id: str) -> bool:
    """Deletes all that is stored of a run, and of those that helped in it: these first, since it alone knows them.
    False where there is no such run."""
    for aside in await asides_of(store, run_id):
        await store.delete_run(aside)
    return await store.delete_run(run_id)


def _place(run_id: str) -> str:
    return f"{PLACE}{run_id}/"
