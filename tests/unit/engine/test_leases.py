"""Work under a lease: what goes on under it, and what is given up."""

from __future__ import annotations

import asyncio

import pytest

from tests.patience import LONG, until
from wizard.engine.leases import LeaseLost, held
from wizard.errors import StoreError


class Leases:
    """Says this of each renewal, the last word again and again."""

    def __init__(self, *said: bool | Exception) -> None:
        self.said = list(said)
        self.asked = 0

    async def __call__(self) -> bool:
        self.asked += 1
        word = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(word, Exception):
            raise word
        return word


async def for_ever(stopped: list[str]) -> None:
    try:
        await asyncio.sleep(3600)
    finally:
        stopped.append("stopped")


async def test_work_that_lost_its_lease_is_stopped() -> None:
    """Somebody else does it now: going on would only do it twice."""
    stopped: list[str] = []
    with pytest.raises(LeaseLost):
        await asyncio.wait_for(held(asyncio.ensure_future(for_ever(stopped)), Leases(True, False), 0.001), LONG)
    assert stopped == ["stopped"]


async def test_work_that_nobody_waits_for_any_more_is_stopped() -> None:
    """A server that shuts down leaves no task behind that works without a lease."""
    stopped: list[str] = []
    waiting = asyncio.ensure_future(held(asyncio.ensure_future(for_ever(stopped)), Leases(True), 60))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, LONG)
    assert stopped == ["stopped"]


async def test_a_storage_that_cant_be_reached_loses_no_lease() -> None:
    """A database that restarts would have every piece of work under way begun again."""
    leases = Leases(StoreError("no line"), StoreError("no line"), True)

    async def works() -> str:
        await until(lambda: leases.asked > 3)
        return "done"

    assert await held(asyncio.ensure_future(works()), leases, 0.001) == "done"


async def test_what_the_work_raises_is_what_its_waiter_gets() -> None:
    """A failure is told as what it was."""

    async def fail() -> None:
        raise OSError("busy")

    with pytest.raises(OSError, match="busy"):
        await held(asyncio.ensure_future(fail()), Leases(True), 60)
