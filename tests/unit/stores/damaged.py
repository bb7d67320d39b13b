"""What is left of a database of which some was damaged before it was sealed."""

from __future__ import annotations

import pytest

from tests.contract.runs import exactly, full_run
from wizard.errors import StoreError
from wizard.stores.contract import Store


async def check_only_one_was_whole(store: Store) -> None:
    """Of three runs the first two were damaged: the third is as it was, and the others can be deleted and hold up no
    sealing. Closes the store."""
    assert exactly(await store.load("run-3")) == exactly(full_run("run-3"))
    for run_id in ("run-1", "run-2"):
        with pytest.raises(StoreError):
            await store.load(run_id)
        assert await store.delete_run(run_id)
    assert await store.reseal() == 0
    await store.close()
