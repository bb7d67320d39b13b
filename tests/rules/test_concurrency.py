"""So many visits of a node, or of a node type, work at once, whoever does them and wherever."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.patience import LONG
from tests.stores import Open, stores
from tests.workflows import registers
from wizard.engine import Engine, utc_now
from wizard.engine.worker import Worker, working
from wizard.environment import settings_from
from wizard.errors import DefinitionError, SettingsError, StaleInput
from wizard.model import RunStatus
from wizard.settings import Settings
from wizard.testing import Person, make_test_engine

__all__ = ["stores"]  # a fixture

ASK = {"id": "ask", "type": "form", "fields": [{"name": "x"}]}
LAST = {"id": "last", "type": "message", "title": "Done"}


def flow(name: str = "main", function: str = "call", **keys: Any) -> dict[str, Any]:
    given = {"of": "{{ ask.x }}"}
    return {
        "id": name,
        "nodes": [ASK, {"id": "call", "type": "python", "function": function, "arguments": given, **keys}, LAST],
    }


class Bank:
    """Counts who calls it at once. A call lasts until `gate` is open, or for `seconds`."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.gate = asyncio.Event()
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.order: list[str] = []

    def function(self, name: str) -> Any:
        async def call(of: str) -> None:
            self.now[name] += 1
            self.most[name] = max(self.most[name], self.now[name])
            self.order.append(of)
            try:
                await (asyncio.sleep(self.seconds) if self.seconds else self.gate.wait())
            finally:
                self.now[name] -= 1

        return call


@asynccontextmanager
async def engines(
    open_store: Open, bank: Bank, *definitions: dict[str, Any], count: int = 1, **settings: Any
) -> AsyncIterator[list[Engine]]:
    """As many processes on one store; none does jobs yet."""
    made = [
        await make_test_engine(
            *definitions,
            store=await open_store(),
            settings=Settings(**{"slow_after": 0.1, **settings}),
            functions={name: bank.function(name) for name in ("call", "report")},
            clock=utc_now,
        )
        for _ in range(count)
    ]
    yield made
    bank.gate.set()
    for each in made:
        await each.close()


async def starts(engine: Engine, name: str, workflow: str = "main") -> Person:
    person = await Person.starts(engine, workflow)
    return await person.says(name)


async def until_done(people: list[Person], seconds: float = LONG) -> None:
    async with asyncio.timeout(seconds):
        for person in people:
            while person.run.status is RunStatus.WORKING:
                await asyncio.sleep(0.02)
                await person.engine.load(person.run)


async def test_no_more_than_so_many_work_at_once_in_all_processes(stores: Open) -> None:
    """A licence for two connections: twelve runs in three processes that do jobs never make a third one, and all of
    them come to their end. Turns of people count as jobs do. Six come while nothing ends, and six while jobs get on
    with those who stand in line."""
    bank = Bank()
    async with engines(stores, bank, flow(concurrency=2), count=3) as made, AsyncExitStack() as workers:
        for each in made:
            await workers.enter_async_context(working(each))
        people = list(await asyncio.gather(*(starts(made[number % 3], str(number)) for number in range(6))))
        async with asyncio.timeout(LONG):
            while bank.now["call"] < 2:
                await asyncio.sleep(0.01)
        bank.seconds = 0.03
        bank.gate.set()
        people += await asyncio.gather(*(starts(made[number % 3], str(number)) for number in range(6, 12)))
        await until_done(people)
    assert [person.run.step for person in people] == ["last"] * 12
    assert bank.most["call"] == 2
    assert len(bank.order) == 12


async def test_who_finds_no_place_sees_that_it_is_being_worked_on(stores: Open) -> None:
    """The second person gets an answer at once, and a page that waits; what they can do is go back."""
    bank = Bank()
    async with engines(stores, bank, flow(concurrency=1)) as (engine,):
        await starts(engine, "first")
        second = await starts(engine, "second")
        assert (second.run.status, second.run.step, bank.order) == (RunStatus.WORKING, "call", ["first"])
        with pytest.raises(StaleInput, match="worked on"):
            await second.says()
        await second.goes_back()
        assert second.asked == "ask"


async def test_who_waits_for_longest_is_next(stores: Open) -> None:
    """Newcomers don't get in front: five wait, a place is free, a sixth comes with a page, and is the sixth."""
    bank = Bank()
    async with engines(stores, bank, flow(concurrency=1), slow_after=0.02) as (engine,):
        people = [await starts(engine, str(number)) for number in range(6)]
        bank.seconds = 0.01
        bank.gate.set()
        await asyncio.sleep(0.05)
        people.append(await starts(engine, "6"))
        async with working(engine):
            await until_done(people)
    assert bank.order == [str(number) for number in range(7)]


async def test_who_goes_back_keeps_nobody_waiting(stores: Open) -> None:
    """The first in line leaves it: the next one has the place as soon as it is free."""
    bank = Bank()
    async with engines(stores, bank, flow(concurrency=1), slow_after=0.02) as (engine,):
        people = [await starts(engine, str(number)) for number in range(3)]
        await people[1].goes_back()
        bank.gate.set()
        async with working(engine):
            await until_done([people[0], people[2]], seconds=5)
    assert bank.order == ["0", "2"]


async def test_a_process_that_died_leaves_its_place_with_its_lease(stores: Open) -> None:
    """It was at work in the only place. When its lease is over, the place is another's."""
    async with engines(stores, Bank(), flow(concurrency=1), lease=1) as (engine,):
        lost = "dead/work/1"
        assert not await engine.store.occupy(lost, {"node main/call": 1}, utc_now(), timedelta(seconds=0.6), utc_now())
        bank = Bank(seconds=0.01)
        registers(engine, {"call": bank.function("call")})
        person = await starts(engine, "waits")
        assert bank.order == []
        async with working(engine):
            await until_done([person], seconds=5)
    assert bank.order == ["waits"]


async def test_a_place_is_held_for_as_long_as_the_work_takes(stores: Open) -> None:
    """Work that lasts longer than a lease renews it: nobody gets in meanwhile."""
    bank = Bank(seconds=1.6)
    async with engines(stores, bank, flow(concurrency=1), lease=1) as (engine,), working(engine):
        people = [await starts(engine, str(number)) for number in range(2)]
        await until_done(people)
    assert (bank.most["call"], bank.order) == (1, ["0", "1"])


async def test_operators_limit_types_and_functions(stores: Open) -> None:
    """WIZARD_CONCURRENCY: three visits of all python nodes at once, in all workflows, and one of a function."""
    bank = Bank(seconds=0.03)
    limits = "python=3, python:report=1"
    workflows = [flow(), flow("other"), flow("reports", "report")]
    async with engines(stores, bank, *workflows, concurrency=limits) as (engine,), working(engine):
        people = await asyncio.gather(
            *(starts(engine, str(number), ("main", "other", "reports")[number % 3]) for number in range(12))
        )
        await until_done(list(people))
    assert bank.most["report"] == 1
    assert 1 <= bank.most["call"] <= 3
    assert len(bank.order) == 12


async def test_work_that_fails_gives_its_place_back(stores: Open) -> None:
    """Whatever comes of it: an error, a pause until the next try."""

    async def call(of: str) -> None:
        raise OSError(of)

    async with engines(
        stores, Bank(), flow(concurrency=1, retry={"attempts": 2, "backoff": "1h", "max_backoff": "1h"})
    ) as (engine,):
        registers(engine, {"call": call})
        await starts(engine, "first")
        assert not await engine.store.occupy("other", {"node main/call": 1}, utc_now(), timedelta(seconds=9), utc_now())


async def test_a_line_is_asked_for_by_jobs_alone(stores: Open) -> None:
    """What waits doesn't count as begun, and isn't given up after five times."""
    bank = Bank()
    async with engines(stores, bank, flow(concurrency=1), lease=1, slow_after=0.02) as (engine,):
        await starts(engine, "first")
        second = await starts(engine, "second")
        worker = Worker(engine)
        for _ in range(8):
            await asyncio.sleep(0.35)
            await worker.perform_due()
        await engine.load(second.run)
        assert second.run.status is RunStatus.WORKING
        entries = [each.entry for each in await engine.trace(second.run.id)]
        assert len([each for each in entries if each.kind == "put off"]) == 1, "each look at the line isn't news"
        bank.gate.set()
        async with working(engine):
            await until_done([second])
        assert second.run.step == "last"


@pytest.mark.parametrize("concurrency", [0, -1, 1001, "2", True])
async def test_limits_of_a_node_have_bounds(concurrency: Any) -> None:
    """A node that nobody may enter would be a strange one."""
    with pytest.raises(DefinitionError, match="concurrency"):
        await make_test_engine(flow(concurrency=concurrency))


async def test_what_waits_for_people_has_no_limit() -> None:
    """A form isn't work."""
    with pytest.raises(DefinitionError, match="background"):
        await make_test_engine({"id": "main", "nodes": [{**ASK, "concurrency": 2}]})


@pytest.mark.parametrize(
    "written", ["http", "http=0", "http=-1", "http=x", "http=5;python=1", "=5", "http:=5", "http=99999"]
)
def test_limits_in_the_settings_are_read_strictly(written: str) -> None:
    """A slip must not leave a service without its limit."""
    with pytest.raises(SettingsError, match="WIZARD_CONCURRENCY"):
        settings_from({"WIZARD_CONCURRENCY": written})


CHAIN = {
    "id": "main",
    "nodes": [
        ASK,
        {"id": "first", "type": "python", "function": "report", "arguments": {"of": "{{ ask.x }}"}, "slow": True},
        {"id": "call", "type": "python", "function": "call", "arguments": {"of": "{{ ask.x }}"}},
        LAST,
    ],
}


async def test_a_worker_does_so_many_jobs_at_a_time_and_what_follows_from_them(stores: Open) -> None:
    """A long step behind a long step would go on beside the next job, and the one behind that beside both: a worker of
    one job at a time would do hundreds, and run out of memory."""
    bank = Bank()
    bank.seconds = 0.05  # with patience for a hundredth of a second
    async with engines(stores, bank, CHAIN, slow_after=0.01) as (engine,):
        people = [await starts(engine, str(number)) for number in range(4)]
        together: list[int] = []
        async with working(engine, 1):
            while any(each.run.status is RunStatus.WORKING for each in people):
                together.append(sum(bank.now.values()))
                await asyncio.sleep(0.005)
                for each in people:
                    await engine.load(each.run)
    assert sorted(bank.order) == sorted(2 * [str(number) for number in range(4)])
    assert max(together) == 1


async def test_jobs_that_are_done_for_a_test_are_no_more_at_a_time(stores: Open) -> None:
    """`perform_due` waits for a place as a worker does, and finds what came due meanwhile."""
    bank = Bank(seconds=0.05)
    async with engines(stores, bank, CHAIN, slow_after=0.01) as (engine,):
        for number in range(3):
            await starts(engine, str(number))
        assert await Worker(engine, at_once=1).perform_due() == 3
    assert bank.most == {"report": 1, "call": 1}
