"""S23: what doesn't move a run doesn't disturb its work. Only Previous, change, cancel, expiry and a lost lease do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.faults.simulated import Process, World, definitions, polling, simulate
from tests.patience import LONG, until
from tests.stores import Open, clocked, stores
from tests.workflows import Book, Clock, ask, branch, engine, flow, work
from wizard.engine import Engine, utc_now
from wizard.engine.view import RunView
from wizard.engine.worker import Worker, working
from wizard.model import Change, Outcome, Proceed, Prompt, PromptField, Reply, RunStatus
from wizard.node import Foreground, NodeConfig, Visit
from wizard.settings import Settings

__all__ = ["clocked", "stores"]  # fixtures

WAIT = {"id": "w", "type": "wait", "event": "ready"}
ORDER = flow("main", ask("a"), work("t", "a.x"), WAIT, ask("b"), ask("c"))
SLOW = flow("main", ask("a"), work("t", "a.x", slow=True), WAIT, ask("b"), ask("c"))

Arrival = Callable[[Engine, str, int], Awaitable[Any]]


def event(made: Engine, run: str, number: int) -> Awaitable[Any]:
    return made.event(run, "ready", {"number": number})


def document(made: Engine, run: str, number: int) -> Awaitable[Any]:
    return made.amend(run, session={"seen": number})


def draft(made: Engine, run: str, number: int) -> Awaitable[Any]:
    return made.keep(run, "a", {"x": f"typed {number}"})


ARRIVALS = pytest.mark.parametrize("arrival", [event, document, draft])


async def trace_of(made: Engine, run: str) -> list[str]:
    return [f"{line.entry.kind} {line.entry.step}".strip() for line in await made.trace(run)]


async def when_done(made: Engine, run: str) -> RunView:
    """The run when the work at step t is over."""

    async def is_over() -> bool:
        return (await made.load(run)).step != "t"

    await until(is_over)
    return await made.load(run)


@ARRIVALS
async def test_what_arrives_during_work_within_a_turn_has_nothing_done_again(stores: Open, arrival: Arrival) -> None:
    """The service calls back before it answers, seven times, through another process. The order is made once, and the
    person who waits for the answer gets the page that follows it."""
    book = Book()
    one, two = engine(ORDER, store=await stores(), book=book), engine(ORDER, store=await stores(), book=book)
    run = await one.start("main")
    gate = book.gate("t")
    waiting = asyncio.create_task(one.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    for number in range(7):
        await arrival(two, run.id, number)
    gate.set()
    view = await waiting
    assert (view.late, len(book.keys("t"))) == (False, 1)
    if arrival is not event:
        view = await two.event(run.id, "ready")
    assert (view.step, view.status) == ("b", RunStatus.WAITING)
    assert (await trace_of(two, run.id)).count("ran t") == 1


@ARRIVALS
async def test_what_arrives_during_work_that_outlasts_its_turn(stores: Open, arrival: Arrival) -> None:
    """The turn has answered, the work goes on, and then things arrive: its result is taken all the same."""
    book = Book()
    one = engine(ORDER, store=await stores(), book=book, settings=Settings(slow_after=0.02))
    two = engine(ORDER, store=await stores(), book=book)
    run = await one.start("main")
    gate = book.gate("t")
    assert (await one.next(run.id, {"x": "1"})).status is RunStatus.WORKING
    for number in range(7):
        await arrival(two, run.id, number)
    gate.set()
    view = await when_done(two, run.id)
    assert view.step == ("b" if arrival is event else "w")
    assert len(book.keys("t")) == 1
    await one.close()


@ARRIVALS
async def test_what_arrives_while_a_worker_works(stores: Open, arrival: Arrival) -> None:
    """The same for a node that is left to a worker from the start."""
    book = Book()
    one, two = [engine(SLOW, store=await stores(), book=book, clock=utc_now) for _ in range(2)]
    gate = book.gate("t")
    async with working(one):
        run = await one.start("main")
        await one.next(run.id, {"x": "1"})
        await asyncio.wait_for(book.at_gate["t"].wait(), LONG)
        for number in range(7):
            await arrival(two, run.id, number)
        gate.set()
        view = await when_done(two, run.id)
    assert view.step == ("b" if arrival is event else "w")
    assert (len(book.keys("t")), book.keys("t", "remove")) == (1, [])


async def test_what_was_set_meanwhile_is_read_by_later_steps() -> None:
    """A result on top of what arrived: neither is lost. What the work read and what changed meanwhile is looked at
    when the path is gone over again (S10)."""
    book = Book()
    made = engine(flow("main", ask("a"), work("t", "session.k"), ask("b")), book=book)
    run = await made.start("main")
    gate = book.gate("t")
    waiting = asyncio.create_task(made.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    await made.amend(run.id, session={"k": "new"})
    gate.set()
    view = await waiting
    assert (view.step, dict(view.run.session), view.run.by_path["t"].output) == ("b", {"k": "new"}, {"v": "[None]"})
    del book.gates["t"]
    await made.previous(run.id)
    view = await made.next(run.id, {"x": "1"})
    assert view.run.by_path["t"].output == {"v": "['new']"}
    assert len(book.keys("t")) == 2


async def test_two_effects_in_one_turn_with_arrivals_at_both(stores: Open) -> None:
    """The first one's result isn't stored yet when something arrives, and the second is about to begin."""
    book = Book()
    chain = flow("main", ask("a"), work("s"), work("t"), ask("b"))
    one, two = engine(chain, store=await stores(), book=book), engine(chain, store=await stores(), book=book)
    run = await one.start("main")
    gates = {name: book.gate(name) for name in ("s", "t")}
    waiting = asyncio.create_task(one.next(run.id, {"x": "1"}))
    for name, gate in gates.items():
        await book.at_gate[name].wait()
        await two.amend(run.id, session={name: True})
        gate.set()
    assert (await waiting).step == "b"
    assert (len(book.keys("s")), len(book.keys("t"))) == (1, 1)
    assert dict((await two.load(run.id)).run.session) == {"s": True, "t": True}


async def test_many_arrivals_never_have_the_run_fail() -> None:
    """Forty callbacks in a row, each while the same work is under way: it was begun once, so nothing gives it up."""
    book = Book()
    made = engine(ORDER, book=book)
    run = await made.start("main")
    gate = book.gate("t")
    waiting = asyncio.create_task(made.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    for number in range(40):
        await document(made, run.id, number)
    gate.set()
    view = await waiting
    assert (view.step, view.status, view.run.fault) == ("w", RunStatus.WORKING, None)
    assert view.run.by_path["t"].begun == 0


async def test_arrivals_that_race_with_the_result_lose_nothing(stores: Open) -> None:
    """Arrivals are committed as fast as they can be, exactly while the result is stored: each tries again until both
    are there."""
    book = Book()
    one, two = engine(ORDER, store=await stores(), book=book), engine(ORDER, store=await stores(), book=book)
    run = await one.start("main")
    gate = book.gate("t")
    waiting = asyncio.create_task(one.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()

    async def hurry() -> None:
        for number in range(25):
            await two.amend(run.id, session={f"k{number}": number})

    hurrying = asyncio.create_task(hurry())
    gate.set()
    view = await waiting
    await hurrying
    view = await one.load(run.id)
    assert (view.step, len(view.run.session), len(book.keys("t"))) == ("w", 25, 1)


LASTING = {"type": "deed", "takes": 40, "timeout": "1m"}  # seconds; a lease is 30
FOLLOWED = {
    "a job": flow("main", ask("a"), {"id": "t", "type": "slow_deed", "takes": 8}, {"id": "u", **LASTING}, ask("b")),
    "lasting work": flow("main", ask("a"), {"id": "t", **LASTING}, {"id": "u", **LASTING}, ask("b")),
    "a reminder": flow("main", ask("a", remind_after={"after": "2s", "goto": "u"}), {"id": "u", **LASTING}, ask("b")),
}


@pytest.mark.parametrize("first", FOLLOWED)
def test_what_follows_has_a_lease_of_its_own(first: str) -> None:
    """A worker does a job, or the work of a turn is done at last, or a deadline leads the run on: the effect that comes
    next takes longer than a lease. It was cut off when the lease of what came before was to be renewed, or another
    worker took it over as if nobody were at it, and it was made twice."""
    world, made = World(), definitions(FOLLOWED[first])

    async def main() -> RunView:
        processes = [Process(world, made) for _ in range(2)]
        await processes[0].engine.start("main")
        if first != "a reminder":
            await processes[0].engine.next("run", {"x": "1"})
        async with polling(*processes):
            await asyncio.sleep(200)
        return await processes[0].engine.load("run")

    view = simulate(main)
    assert (view.step, view.status) == ("b", RunStatus.WAITING)
    assert [each.step for each in world.deeds] == [step.path for step in view.run.path if not step.is_foreground]


def test_many_slow_undos_keep_nobody_waiting_and_are_done_once() -> None:
    """Ten bookings are cancelled, each in four seconds. The person waits for two of them; the others are left to a
    worker. They were all done within the turn, and when its lease was over another worker did them as well."""
    names = [f"t{number}" for number in range(10)]
    deeds = [{"id": name, "type": "deed", "undo_takes": 4} for name in names]
    world = World()
    made = definitions(flow("main", ask("a"), branch("c", ("a.x == '1'", "t0"), "b"), *deeds, ask("b")))

    async def main() -> float:
        processes = [Process(world, made) for _ in range(2)]
        await processes[0].engine.start("main")
        await processes[0].engine.next("run", {"x": "1"})
        async with polling(*processes):
            since = asyncio.get_running_loop().time()
            view = await processes[0].engine.change("run", "a", {"x": "2"})
            waited = asyncio.get_running_loop().time() - since
            assert (view.step, view.status) == ("b", RunStatus.WAITING)
            await asyncio.sleep(300)
        assert (await processes[0].engine.load("run")).run.undos == ()
        return waited

    assert simulate(main) <= 10
    assert sorted(each.step for each in world.deeds if each.what == "undo") == names


async def test_a_changed_answer_has_its_new_work_done_once(clocked: Open) -> None:
    """A person changes the answer during slow work. The old work is undone, and once more by a job when its lease is
    over; that job commits while the new work is under way, and doesn't have it begun again."""
    clock, books = Clock(), [Book() for _ in range(3)]
    one, two, three = [engine(SLOW, store=await clocked(), book=book, clock=clock) for book in books]
    run = await one.start("main")
    await one.next(run.id, {"x": "old"})
    gates = [book.gate("t") for book in books[:2]]
    tasks = [asyncio.create_task(Worker(one).perform_due())]
    await books[0].at_gate["t"].wait()
    await three.change(run.id, "a", {"x": "new"})
    clock.move(seconds=20)
    tasks.append(asyncio.create_task(Worker(two).perform_due()))
    await books[1].at_gate["t"].wait()
    clock.move(seconds=11)  # the old work's lease is over, the new one's isn't
    assert await Worker(three).perform_due() >= 1
    assert len(books[2].keys("t", "remove")) == 2
    for gate in gates:
        gate.set()
    await asyncio.gather(*tasks)
    view = await three.load(run.id)
    assert (view.step, view.run.by_path["t"].output) == ("w", {"v": "['new']"})
    assert [len(book.keys("t")) for book in books] == [1, 1, 0]


async def test_back_and_cancel_still_win_over_work(stores: Open) -> None:
    """S21 beside S23: who moves the run makes the result late, however many things arrived meanwhile."""
    book = Book()
    one, two = engine(ORDER, store=await stores(), book=book), engine(ORDER, store=await stores(), book=book)
    for way in ("previous", "cancel"):
        run = await one.start("main")
        gate = book.gate("t")
        waiting = asyncio.create_task(one.next(run.id, {"x": "1"}))
        await book.at_gate["t"].wait()
        await two.amend(run.id, session={"k": 1})
        moved = await getattr(two, way)(run.id)
        await two.amend(run.id, session={"k": 2}) if way == "previous" else None
        gate.set()
        late = await waiting
        assert (late.step, late.status, late.late) == (moved.step, moved.status, True)
        assert "ran t" not in await trace_of(two, run.id)


class Sender(Foreground[NodeConfig]):
    """Sends a letter when it is answered."""

    type = "sender"
    Config = NodeConfig

    def prompt(self, visit: Visit[NodeConfig]) -> Prompt:
        return Prompt(visit.step, self.type, "Send", fields=(PromptField("to", "text", "To"),))

    async def submit(self, visit: Visit[NodeConfig]) -> Outcome:
        send: Callable[[], Awaitable[None]] = visit.services.functions["send"]
        await send()
        return Proceed({"to": "Ann"})


async def test_a_foreground_node_isnt_asked_twice_to_take_one_answer() -> None:
    """A node that sends a code sends it while an event comes: the person gets one code, not two of which the first
    doesn't count."""
    sent, arrived = [], asyncio.Event()

    async def send() -> None:
        sent.append("letter")
        await made.amend(run.id, session={"seen": len(sent)})
        arrived.set()

    made = engine(flow("main", {"id": "s", "type": "sender"}, ask("b")), types=[Sender], functions={"send": send})
    run = await made.start("main")
    view = await made.next(run.id, {"to": "Ann"})
    assert (view.step, sent, dict(view.run.session)) == ("b", ["letter"], {"seen": 1})
    assert arrived.is_set()


async def test_an_undo_isnt_done_again_for_what_arrives_meanwhile() -> None:
    """What left the path is being undone when an event comes: it was undone once, nobody waits for a lease, and the
    person is where their answer led."""
    book = Book()
    branches = branch("c", ("a.x == '1'", "t"), "b")
    made = engine(flow("main", ask("a"), branches, work("t"), ask("b")), book=book)
    run = await made.start("main")
    await made.next(run.id, {"x": "1"})
    commit, store = made.store.commit, made.store

    async def late(change: Change) -> None:
        if book.keys("t", "remove"):  # the commit after the undo
            store.commit = commit  # type: ignore[method-assign]
            await made.amend(run.id, session={"k": 1})
        await commit(change)

    store.commit = late  # type: ignore[method-assign]
    view = await made.change(run.id, "a", {"x": "2"})
    assert (view.step, view.status, dict(view.run.session)) == ("b", RunStatus.WAITING, {"k": 1})
    assert (len(book.keys("t", "remove")), view.run.undos) == (1, ())


async def test_an_effect_and_an_undo_in_one_turn_with_an_arrival_behind_both() -> None:
    """A change has one thing done and another undone; something arrives before the end is stored. Neither is done
    again, and the effect's result, which was stored with the beginning of the undo, isn't taken twice."""
    book = Book()
    branches = branch("c", ("a.x == '1'", "u"), "b")
    made = engine(flow("main", ask("a"), work("t", "a.x"), branches, work("u"), ask("b")), book=book)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    store, commit = made.store, made.store.commit

    async def late(change: Change) -> None:
        if book.keys("u", "remove"):  # the last commit
            store.commit = commit  # type: ignore[method-assign]
            await made.amend(run.id, session={"k": 1})
        await commit(change)

    store.commit = late  # type: ignore[method-assign]
    view = await made.change(run.id, "a", {"x": "2"})
    assert (view.step, view.status, view.run.by_path["t"].output) == ("b", RunStatus.WAITING, {"v": "['2']"})
    assert (len(book.keys("t")), len(book.keys("u", "remove")), view.run.undos) == (2, 1, ())


async def test_the_request_whose_work_was_overtaken_gets_its_reply(stores: Open) -> None:
    """S19 beside S23: the reply that is kept for a request is the one of its end, though events came between."""
    book = Book()
    one, two = engine(ORDER, store=await stores(), book=book), engine(ORDER, store=await stores(), book=book)
    run = await one.start("main")
    gate = book.gate("t")

    def respond(view: RunView) -> Reply:
        return Reply(run.id, "key", b"digest", 200, str(view.step).encode())

    waiting = asyncio.create_task(one.next(run.id, {"x": "1"}, respond=respond))
    await book.at_gate["t"].wait()
    assert (await two.store.reply(run.id, "key")).body == b"t"  # type: ignore[union-attr]
    await two.amend(run.id, session={"k": 1})
    gate.set()
    await waiting
    assert (await two.store.reply(run.id, "key")).body == b"w"  # type: ignore[union-attr]


async def test_who_is_patient_for_longer_than_a_lease_has_work_done_once() -> None:
    """An operator has people wait longer than a lease lasts: no worker may begin the work once more meanwhile."""
    book = Book()
    made = engine(ORDER, book=book, clock=utc_now, settings=Settings(lease=1.0, slow_after=60.0))
    run = await made.start("main")
    gate = book.gate("t")
    async with working(made):
        assert (await made.next(run.id, {"x": "1"})).status is RunStatus.WORKING
        await asyncio.sleep(1.2)
        gate.set()
        async with asyncio.timeout(LONG):
            while (await made.load(run.id)).run.current.node != "w":  # type: ignore[union-attr]
                await asyncio.sleep(0.02)
    assert len(book.keys("t")) == 1
