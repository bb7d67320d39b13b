"""Of several who do the same at once, the others wait for the first: on one event loop, and not across loops."""

from __future__ import annotations

import asyncio
from threading import Thread

import pytest

from wizard.process.one_at_a_time import OneAtATime


async def test_others_wait_for_the_first_of_a_name() -> None:
    """Two deliveries of one event would both begin what it does; another event waits for neither."""
    each, told = OneAtATime(), list[str]()

    async def at_it(name: str, what: str) -> None:
        async with each.under(name):
            told.append(f"{what} begins")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            told.append(f"{what} ends")

    await asyncio.gather(at_it("a", "first"), at_it("a", "second"), at_it("b", "other"))
    assert told.index("first ends") < told.index("second begins")
    assert told.index("other begins") < told.index("first ends")


async def test_nobody_overtakes_those_who_wait() -> None:
    """A person's messages would be taken in another order than they were sent in: one that arrives just when an answer
    is there would come before those that wait for it."""
    each, told = OneAtATime(), list[str]()

    async def at_it(what: str) -> None:
        async with each.under("a"):
            told.append(what)
            await asyncio.sleep(0)

    async with each.under("a"):
        tasks = [asyncio.ensure_future(at_it(what)) for what in ("first", "given up", "second")]
        await asyncio.sleep(0)
        tasks[1].cancel()
    await at_it("late")  # nobody else had time to notice that it may go on
    assert told == ["first", "second", "late"]


async def test_who_fails_keeps_nobody_waiting() -> None:
    """An event that can't be taken now is sent again, and has to be taken then."""
    each = OneAtATime()
    with pytest.raises(RuntimeError):
        async with each.under("a"):
            raise RuntimeError
    async with asyncio.timeout(60), each.under("a"):
        pass


async def test_another_event_loop_waits_for_nothing_that_it_cant_hear() -> None:
    """A host with a loop in each thread would hang: what one loop sets wakes nobody on another."""
    each, ended = OneAtATime(), list[bool]()

    async def elsewhere() -> None:
        async with each.under("a"):
            ended.append(True)

    async with each.under("a"):
        thread = Thread(target=lambda: asyncio.run(asyncio.wait_for(elsewhere(), 0.2)), daemon=True)
        thread.start()
        await asyncio.to_thread(thread.join)
    assert ended == [True]
