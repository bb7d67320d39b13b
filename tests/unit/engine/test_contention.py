"""Turns on one run that get in each other's way: each has its turn, and nobody holds the others up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import pytest

from tests.patience import LONG
from tests.stores import Open, stores
from wizard.engine.contention import Contention, Place
from wizard.errors import RunBusy
from wizard.model import Outcome, Proceed, Prompt
from wizard.node import Foreground, NodeConfig, Visit
from wizard.testing import Person, make_test_engine

__all__ = ["stores"]  # a fixture

ASK = {"id": "ask", "type": "form", "fields": [{"name": "x"}]}
GATE = {"id": "gate", "nodes": [ASK, {"id": "paid", "type": "wait", "event": "paid"}]}


async def test_of_sixty_events_at_once_none_is_refused(stores: Open) -> None:
    """A bank that delivers sixty notices over forty connections has said nothing of a revision, so it can't be told
    that it was behind: each notice is taken, once."""
    engine = await make_test_engine(GATE, store=await stores())
    person = await Person.starts(engine, "gate")
    wide = asyncio.Semaphore(40)

    async def tells(number: int) -> None:
        async with wide:
            await engine.event(person.run.id, "paid", {"number": number}, key=f"n{number}")

    await asyncio.gather(*(tells(number) for number in range(60)))
    await person.reloads()
    assert person.run.run.arrived == 60
    assert sorted(each.data["number"] for each in person.run.run.arrivals) == list(range(60))


async def test_drafts_at_once_are_all_kept_one_after_another(stores: Open) -> None:
    """Tabs that keep what is typed, each second and all at once, don't refuse each other."""
    engine = await make_test_engine(GATE, store=await stores())
    person = await Person.starts(engine, "gate")
    await asyncio.gather(*(engine.keep(person.run.id, "ask", {"x": str(number)}) for number in range(40)))
    trace = await engine.trace(person.run.id)
    assert sum(entry.entry.kind == "kept" for entry in trace) == 40


async def test_places_are_taken_in_the_order_in_which_they_were_asked_for() -> None:
    """First come, first served: nobody starves."""
    contention, order = Contention(), list[int]()

    async def takes(number: int) -> None:
        place = Place(contention, "run")
        assert await place.take(lost=True)
        order.append(number)
        await asyncio.sleep(0)
        place.leave()

    await asyncio.gather(*(takes(number) for number in range(20)))
    assert order == list(range(20))
    assert not contention.is_there("run"), "nothing is left in memory of a line that is over"


async def test_who_comes_while_others_wait_stands_behind_them() -> None:
    """Newcomers would win against those who wait, again and again; without a line nobody waits."""
    contention = Contention()
    first, newcomer, other = (Place(contention, name) for name in ("run", "run", "another"))
    assert await other.take(lost=False)
    assert not contention.is_there("another")
    assert await first.take(lost=True)
    waiting = asyncio.create_task(newcomer.take(lost=False))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    first.leave()
    assert await waiting
    newcomer.leave()


async def test_who_takes_too_long_is_passed_by() -> None:
    """A turn that hangs in a function holds up nobody else's event for longer than a moment."""
    contention = Contention(hold=0.01)
    hanging, next_one = Place(contention, "run"), Place(contention, "run")
    assert await hanging.take(lost=True)
    async with asyncio.timeout(LONG):
        assert await next_one.take(lost=True)
    hanging.leave()
    assert contention.is_there("run"), "whoever was passed by lets nobody go by leaving"
    next_one.leave()


async def test_who_gives_up_waiting_leaves_the_line_whole() -> None:
    """A client that hangs up, or waited for too long, is no gap at which all others get stuck."""
    contention = Contention(patience=0.02)
    first, late, gone, last = (Place(contention, "run") for _ in range(4))
    assert await first.take(lost=True)
    hung_up = asyncio.create_task(gone.take(lost=True))
    assert not await late.take(lost=True)
    hung_up.cancel()
    await asyncio.wait([hung_up])
    first.leave()
    assert await last.take(lost=True)
    last.leave()
    assert not contention.is_there("run")


async def test_a_turn_that_finds_no_place_in_time_says_so() -> None:
    """The caller is told to send it again; that isn't the word for who was behind."""
    engine = await make_test_engine(GATE)
    person = await Person.starts(engine, "gate")
    contention = engine._turns._contention  # the time that it takes otherwise is ten seconds
    contention.patience = 0.01
    first = Place(contention, person.run.id)
    assert await first.take(lost=True)
    with pytest.raises(RunBusy, match="send it again"):
        await engine.event(person.run.id, "paid", 1)
    first.leave()
    await engine.event(person.run.id, "paid", 1)


async def test_the_code_of_a_node_does_not_wait_for_its_own_turn() -> None:
    """A node that tells its own run something, while its turn is the first in line, would wait for itself."""
    told = list[str]()

    class Teller(Foreground[NodeConfig]):
        """Tells its run what it is asked."""

        type: ClassVar[str] = "teller"
        Config = NodeConfig

        async def submit(self, visit: Visit[NodeConfig]) -> Outcome:
            if visit.input and visit.input["x"] not in told:
                told.append(str(visit.input["x"]))
                async with asyncio.timeout(LONG):
                    await engine.amend(visit.run, session={"seen": True})
            return Proceed({})

        def prompt(self, visit: Visit[NodeConfig]) -> Prompt:
            return Prompt(visit.step, visit.node.type, "Tell")

    engine = await make_test_engine(
        {"id": "main", "nodes": [{"id": "tell", "type": "teller"}, ASK]}, node_types=[Teller]
    )
    person = await Person.starts(engine, "main")
    engine._turns._contention.hold = engine._turns._contention.patience = 3600.0
    first = Place(engine._turns._contention, person.run.id)
    assert await first.take(lost=True)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(person.says(x="1"))
        await asyncio.sleep(0.01)
        first.leave()
    assert (person.asked, told) == ("ask", ["1"])


def test_event_loops_of_several_threads_share_a_line() -> None:
    """An engine may be called from several loops: who leaves in one calls who waits in another, and a loop that has
    ended stops nobody."""
    contention, order = Contention(hold=30.0), list[str]()
    first_in, go_on = threading.Event(), threading.Event()

    async def holds() -> None:
        place = Place(contention, "run")
        assert await place.take(lost=True)
        first_in.set()
        await asyncio.to_thread(go_on.wait, 10)
        order.append("first")
        place.leave()

    async def follows() -> None:
        place = Place(contention, "run")
        assert await place.take(lost=True)
        order.append("second")
        place.leave()

    def in_a_thread(work: Callable[[], Awaitable[Any]]) -> threading.Thread:
        thread = threading.Thread(target=lambda: asyncio.run(work()))  # type: ignore[arg-type]
        thread.start()
        return thread

    one = in_a_thread(holds)
    assert first_in.wait(10)
    loop = asyncio.new_event_loop()
    left = loop.create_task(Place(contention, "run").take(lost=True))
    loop.run_until_complete(asyncio.sleep(0))
    two = in_a_thread(follows)
    left._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    go_on.set()
    one.join(10)
    two.join(10)
    assert order == ["first", "second"]
