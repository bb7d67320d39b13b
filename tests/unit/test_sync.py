"""The door for hosts that don't await."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.patience import LONG
from tests.postgres import fresh_database
from tests.workflows import registers
from wizard.app import make_engine, open_store
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.exporting import exported_run
from wizard.engine.view import RunView
from wizard.errors import DoorCutOff, DoorMisused, DoorTimeout, HostError, MoveFromWithin, StaleInput, StoreError
from wizard.model import RunStatus
from wizard.node import Registry, Visit
from wizard.settings import Settings
from wizard.sync import Door

DOUBLED = {
    "id": "doubled",
    "nodes": [
        {"id": "ask", "type": "form", "fields": [{"name": "n", "type": "integer"}]},
        {"id": "slow", "type": "python", "function": "double", "arguments": {"n": "{{ ask.n }}"}, "slow": True},
        {"id": "told", "type": "message", "title": "{{ slow.value }}"},
    ],
}


def maker(folder: Path, **settings: Any) -> Any:
    def make() -> Engine:
        catalog = Catalog.from_documents([DOUBLED], Registry.installed())
        store = open_store(f"sqlite:///{folder / 'runs.db'}")
        return make_engine(catalog, store, Settings(**settings), {"double": lambda n: 2 * n})

    return make


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with Door(maker(tmp_path)) as opened:
        yield opened


def until_done(door: Door, run: RunView) -> None:
    end = time.monotonic() + LONG
    while is_working(door, run):
        assert time.monotonic() < end
        time.sleep(0.01)


def is_working(door: Door, run: RunView) -> bool:
    try:
        return door(Engine.load, run).status is RunStatus.WORKING
    except DoorCutOff:  # by the job of a rude run, which cancels everything once more: it is asked again
        return True


def test_a_run_is_gone_through_without_awaiting(door: Door) -> None:
    """What a Flask view does; slow work is done behind the door meanwhile."""
    run = door(Engine.start, "doubled")
    assert run.token
    door(Engine.next, run, {"n": "many"})
    assert run.rejected is not None
    door(Engine.next, run, {"n": "4"})
    until_done(door, run)
    assert run.current is not None
    assert run.current.title == "8"
    door(Engine.previous, run, to="ask")
    assert run.step == "ask"


def test_a_database_of_connections_can_be_behind_it() -> None:
    """PostgreSQL's connections belong to an event loop: the door's, from the beginning to the end."""
    with fresh_database() as url:

        def make() -> Engine:
            catalog = Catalog.from_documents([DOUBLED], Registry.installed())
            return make_engine(catalog, open_store(url), None, {"double": lambda n: 2 * n})

        with Door(make) as door:
            run = door(Engine.start, "doubled")
            door(Engine.next, run, {"n": 8})
            until_done(door, run)
            assert run.current.title == "16"


def test_any_function_that_takes_an_engine_can_be_called(door: Door) -> None:
    """Several calls in one go, or a function of another module: no method has a twin."""

    async def begun(engine: Engine, answer: int) -> RunView:
        run = await engine.start("doubled")
        return await engine.next(run, {"n": answer})

    run = door(begun, answer=3)
    assert run.status is RunStatus.WORKING
    assert run.id in str(door(exported_run, run.id))


def test_errors_come_through_as_they_are(door: Door) -> None:
    """A host catches what the engine raises, and its own; an order to end something ends neither loop nor door."""
    run = door(Engine.start, "doubled")
    stale = door(Engine.load, run.id)
    door(Engine.next, run, {"n": 1})
    with pytest.raises(StaleInput):
        door(Engine.next, stale, {"n": 2})

    async def leaves(engine: Engine) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        door(leaves)
    assert door(Engine.load, run.id).id == run.id


def test_a_call_takes_no_longer_than_it_may(door: Door) -> None:
    """A request doesn't hang for ever: the caller is told, and the work is stopped."""
    ended: list[str] = []

    async def hangs(engine: Engine) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("stopped")

    with pytest.raises(DoorTimeout, match=r"longer than 0\.05 seconds"):
        door.within(0.05, hangs)
    with pytest.raises(TimeoutError):  # hosts know it by this name
        door.within(0.05, hangs)
    door(Engine.start, "doubled")
    assert ended == ["stopped", "stopped"]


def test_a_timeout_of_the_callers_own_function_is_no_timeout_of_the_door(door: Door) -> None:
    """What a function raises comes through, also where the door raises something of that name itself."""

    async def late(engine: Engine) -> None:
        raise TimeoutError("the bank")

    with pytest.raises(TimeoutError, match="the bank") as raised:
        door(late)
    assert not isinstance(raised.value, DoorTimeout)


async def stops() -> None:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0)


async def leaves_in_a_callback() -> None:
    asyncio.get_running_loop().call_soon(sys.exit)
    await asyncio.sleep(0.01)


async def cancels_all() -> None:
    for each in asyncio.all_tasks():
        each.cancel()
    await asyncio.sleep(0)


def rude(function: Any, folder: Path) -> Door:
    """A door behind which a function does that to the event loop."""
    ask = {"id": "ask", "type": "form", "fields": [{"name": "n"}]}
    work = {"id": "work", "type": "python", "function": "rude"}
    definition = {"id": "rude", "nodes": [ask, work, {"id": "after", "type": "message", "title": "After"}]}

    def make() -> Engine:
        catalog = Catalog.from_documents([definition, DOUBLED], Registry.installed())
        functions = {"rude": function, "double": lambda n: 2 * n}
        return make_engine(catalog, open_store(f"sqlite:///{folder / 'runs.db'}"), functions=functions)

    return Door(make, timeout=LONG)


@pytest.mark.parametrize("function", [stops, leaves_in_a_callback])
def test_an_event_loop_that_a_function_stops_is_run_again(
    function: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is everybody's: all later calls of the process would be told that the door is closed."""
    with rude(function, tmp_path) as door:
        for _ in range(2):
            run = door(Engine.start, "rude")
            assert door(Engine.next, run, {"n": "1"}).step == "after"
        doubled = door(Engine.start, "doubled")
        door(Engine.next, doubled, {"n": "2"})
        until_done(door, doubled)
    assert "which is run again" in caplog.text


def test_a_function_that_cancels_everything_cuts_its_callers_off_and_closes_nothing(tmp_path: Path) -> None:
    """Whoever called then is told what happened, and not that the door is closed; the next one is served, and jobs
    are done."""
    with rude(cancels_all, tmp_path) as door:
        run = door(Engine.start, "rude")
        with pytest.raises(DoorCutOff, match="send it again"):
            door(Engine.next, run, {"n": "1"})
        assert door(Engine.load, run.id).step == "work"
        doubled = door(Engine.start, "doubled")
        door(Engine.next, doubled, {"n": "2"})
        until_done(door, doubled)


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), -1, 1e300, "5", True])
def test_a_time_limit_that_is_none_is_refused_by_name(seconds: Any, door: Door) -> None:
    """An OverflowError from inside, or a call that is over before it begins, tells nobody what is wrong."""
    with pytest.raises(DoorMisused, match="time limit is a number of seconds"):
        door.within(seconds, Engine.start, "doubled")
    with pytest.raises(DoorMisused, match="None where there is none"):
        Door(lambda: pytest.fail("nothing is made"), timeout=seconds)


def test_what_makes_no_engine_is_named() -> None:
    """`async def make()` is easily written, and gives a coroutine."""

    async def make() -> Any: ...

    door: Any = Door
    with pytest.raises(HostError, match="gave a coroutine"):
        door(make)(Engine.start, "doubled")


def test_many_threads_call_at_once(door: Door) -> None:
    """A server with threads has one door."""
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(door(Engine.start, "doubled").id)) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert len(set(ids)) == 20


async def test_on_an_event_loop_it_says_what_to_do_instead(tmp_path: Path) -> None:
    """An async view would stop its own server, and what is called behind the door would wait for itself."""
    door = Door(maker(tmp_path))
    with pytest.raises(DoorMisused, match=r"await asyncio\.to_thread\(door, "):
        door(Engine.start, "doubled")
    run = await asyncio.to_thread(door, Engine.start, "doubled")

    async def again(engine: Engine) -> None:
        door(Engine.load, run.id)

    with pytest.raises(DoorMisused):
        await asyncio.to_thread(door, again)
    with pytest.raises(DoorMisused):
        door.stop()
    await asyncio.to_thread(door.stop)


def test_a_function_that_moves_its_own_run_is_told_so(tmp_path: Path) -> None:
    """It would wait for the turn that it is a part of: through the door no less than without it."""
    told: list[Exception] = []

    def double(n: int, visit: Visit[Any]) -> int:
        try:
            door(Engine.next, visit.run, {"n": 3})
        except Exception as error:
            told.append(error)
        return door(Engine.load, visit.run).revision

    make = maker(tmp_path)

    def with_own_function() -> Engine:
        engine: Engine = make()
        registers(engine, {"double": double})
        return engine

    with Door(with_own_function, timeout=LONG) as door:
        run = door(Engine.start, "doubled")
        door(Engine.next, run, {"n": 1})
        until_done(door, run)
        assert [type(each) for each in told] == [MoveFromWithin]


def test_nothing_begins_before_the_first_call(tmp_path: Path) -> None:
    """A server that loads the application before it forks has no thread then, and no open file."""
    made: list[Engine] = []

    def make() -> Engine:
        made.append(maker(tmp_path)())
        return made[-1]

    door = Door(make)
    assert not made
    assert not (tmp_path / "runs.db").exists()
    door(Engine.start, "doubled")
    door(Engine.start, "doubled")
    assert len(made) == 1
    door.stop()


def test_what_is_wrong_is_told_to_who_calls_and_tried_again(tmp_path: Path) -> None:
    """A database that isn't there yet: each request says so until it is, and no thread is left of it."""
    folder = tmp_path / "later"
    door = Door(maker(folder))
    for _ in range(2):
        with pytest.raises(StoreError, match="can't be opened"):
            door(Engine.start, "doubled")
    folder.mkdir()
    assert door(Engine.start, "doubled").step == "ask"
    door.stop()


def test_a_door_that_was_stopped_is_closed(tmp_path: Path) -> None:
    """A call that comes too late begins no second engine that nobody stops; who wants one opens the door again."""
    door = Door(maker(tmp_path))
    with door:
        run = door(Engine.start, "doubled")
    with pytest.raises(DoorMisused, match="closed"):
        door(Engine.load, run.id)
    door.stop()
    door.start()
    assert door(Engine.load, run.id).step == "ask"
    door.stop()


def test_a_call_that_comes_while_the_door_is_closed_is_told_so(tmp_path: Path) -> None:
    """A request goes through the door in the moment in which another thread stops it: it gets the door's own error, as
    one that comes later does, at once, and nothing is begun that nobody awaits."""
    door = Door(maker(tmp_path), timeout=None)
    door(Engine.start, "doubled")
    inside = door._entered(None)
    calls: list[str] = []

    async def call(engine: Engine) -> None:
        calls.append("made")

    door._entered = lambda until: inside  # type: ignore[method-assign]
    door.stop()
    with pytest.raises(DoorMisused, match="closed"):
        door(call)
    assert calls == []


def test_a_call_under_way_ends_with_the_door_even_where_the_loop_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function blocks the event loop while the door is stopped: who waits without a limit would wait for ever."""
    monkeypatch.setattr("wizard.sync.longest_stop", lambda grace: 0.05)
    door, blocked, released = Door(maker(tmp_path), timeout=None), threading.Event(), threading.Event()
    told: list[BaseException] = []

    async def blocks(engine: Engine) -> None:
        blocked.set()
        released.wait(20)

    def call() -> None:
        try:
            door(blocks)
        except DoorMisused as error:
            told.append(error)

    calling = threading.Thread(target=call)
    calling.start()
    assert blocked.wait(10)
    door.stop()
    calling.join(10)
    released.set()
    assert [type(each) for each in told] == [DoorMisused]


def test_the_limit_counts_for_opening_as_well(tmp_path: Path) -> None:
    """A database that can't be reached takes its time to say so: the first call was as long in that, whatever it asked
    for. The opening goes on, so that the next call has less to wait for."""
    released, made = threading.Event(), 0

    def make() -> Engine:
        nonlocal made
        made += 1
        assert released.wait(20)
        engine: Engine = maker(tmp_path)()
        return engine

    door = Door(make)
    for _ in range(2):
        with pytest.raises(DoorTimeout, match=r"didn't open within 0\.05 seconds"):
            door.within(0.05, Engine.start, "doubled")
    released.set()
    assert (door(Engine.start, "doubled").step, made) == ("ask", 1)
    door.stop()


def test_jobs_can_be_left_to_other_processes(tmp_path: Path) -> None:
    """Where `wizard worker` does them, web processes need not."""
    with Door(maker(tmp_path, jobs=0)) as door:
        run = door(Engine.start, "doubled")
        door(Engine.next, run, {"n": 1})
        time.sleep(0.2)
        assert door(Engine.load, run).status is RunStatus.WORKING


FORKED = """
import os, sys, time
from pathlib import Path
from tests.unit.test_sync import Engine, Door, maker, until_done

door = Door(maker(Path(sys.argv[1])))
run = door(Engine.start, "doubled")
child = os.fork()
if not child:
    door(Engine.next, run, {"n": 5})
    until_done(door, run)
    print("child", run.current.title, flush=True)
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
print("parent", door(Engine.load, run).current.title, flush=True)

engine = maker(Path(sys.argv[1]))()
same = Door(lambda: engine)
same(Engine.load, run.id)
if not os.fork():
    try:
        same(Engine.load, run.id)
    except Exception as error:
        print(type(error).__name__, flush=True)
    sys.exit()
os.wait()
"""


def test_a_process_that_is_forked_has_an_engine_of_its_own(tmp_path: Path) -> None:
    """Threads don't survive a fork: the child of a server that had begun already would wait for ever. And a process
    that ends stops its door by itself."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKED, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        check=False,
    )
    assert done.stdout.split("\n") == ["child 10", "parent 10", "DoorMisused", ""], done.stderr
    assert not done.stderr
