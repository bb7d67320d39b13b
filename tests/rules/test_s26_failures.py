"""S26: what a function raises, or never returns, is a failure of its step and of nothing else."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any, ClassVar

import pytest

from tests.patience import LONG, until
from wizard.engine.visits import UNLISTED
from wizard.engine.worker import Worker, working
from wizard.errors import DefinitionError, InvalidInput, NodeFailed
from wizard.model import Item, Later, Outcome, Proceed, Prompt, PromptField, RunStatus, Wait
from wizard.node import Background, Foreground, NodeConfig, Services, Visit
from wizard.settings import Settings
from wizard.telemetry.watching import Nobody, WatchedTurn
from wizard.testing import MovableClock, Person, make_test_engine

JOB = """
id: job
nodes:
  - {id: f, type: form, fields: [{name: x}]}
  - {id: p, type: python, function: fn}
  - {id: m, type: message, title: "Over: {{ p.value }}"}
"""
QUICK = Settings(step_timeout=0.5, slow_after=1)  # what doesn't hang comes to its end in that


def stops() -> Any:
    return next(iter([]))


async def stops_async() -> Any:
    return next(iter([]))


def leaves() -> None:
    raise SystemExit("no such file")


async def leaves_async() -> None:
    raise SystemExit(3)


async def is_cancelled() -> None:
    task = asyncio.ensure_future(asyncio.sleep(9))
    await asyncio.sleep(0)
    task.cancel()
    await task


async def says_cancelled() -> None:
    raise asyncio.CancelledError


def interrupts() -> None:
    raise KeyboardInterrupt


async def interrupts_async() -> None:
    raise KeyboardInterrupt


async def closes() -> None:
    raise GeneratorExit


def recurs() -> Any:
    return recurs()


class WordlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


def without_words() -> None:
    raise WordlessError


LEAVING = [
    stops,
    stops_async,
    leaves,
    leaves_async,
    is_cancelled,
    says_cancelled,
    interrupts,
    interrupts_async,
    closes,
    recurs,
    without_words,
]


@pytest.mark.parametrize("function", LEAVING, ids=lambda each: each.__name__)
async def test_what_ends_things_ends_its_step_alone(function: Callable[[], Any]) -> None:
    """A host's function that calls sys.exit would end the server for all people, again at each start."""
    engine = await make_test_engine(JOB, functions={"fn": function})
    person = await Person.starts(engine, "job")
    await person.says("1")
    assert person.run.status is RunStatus.FAILED
    person.sees(error="Something went wrong here. Try again")
    await person.reloads()
    assert person.run.status is RunStatus.FAILED


async def test_a_job_whose_function_leaves_is_a_failed_step_and_the_worker_works_on() -> None:
    """One bad function would stop the jobs of everybody."""
    slow = JOB.replace("function: fn", "function: fn, slow: true")
    engine = await make_test_engine(slow, functions={"fn": leaves_async})
    person = await Person.starts(engine, "job")
    await person.says("1")
    async with asyncio.timeout(LONG), working(engine):
        while person.run.status is RunStatus.WORKING:
            await asyncio.sleep(0.01)
            await engine.load(person.run)
    assert person.run.status is RunStatus.FAILED


async def test_a_cancellation_that_was_asked_for_goes_on() -> None:
    """A server that stops must not be kept by a turn that takes its end for a failure."""
    begun = asyncio.Event()

    async def works() -> None:
        begun.set()
        await asyncio.sleep(3600)

    engine = await make_test_engine(JOB, functions={"fn": works})
    person = await Person.starts(engine, "job")
    turn = asyncio.ensure_future(person.says("1"))
    await begun.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn


# -- what doesn't come back ----------------------------------------------------------------------------


@contextmanager
def hanging() -> Iterator[Callable[[], None]]:
    """A function that hangs until the end of the test."""
    over = threading.Event()

    def hang() -> None:
        over.wait(60)

    try:
        yield hang
    finally:
        over.set()


BOTH = JOB.replace("id: job", "id: hangs").replace("fn", "hang") + "---" + JOB


async def test_functions_that_hang_take_nobodys_thread() -> None:
    """A service without a time limit would stop the functions of all other runs, and every name look-up."""
    with hanging() as hang:
        few = Settings(function_threads=2, hung_threads=9, step_timeout=0.5)
        engine = await make_test_engine(BOTH, functions={"hang": hang, "fn": lambda: "fine"}, settings=few)
        for _ in range(6):
            stuck = await Person.starts(engine, "hangs")
            await stuck.says("1")
            stuck.sees(error="This took too long", fault="took longer than")
            person = await Person.starts(engine, "job")
            await person.says("1")
            person.sees(title="Over: fine")
        assert engine.services.calls.lost == 6


async def test_too_many_that_hang_are_no_more_called_until_one_comes_back() -> None:
    """Each costs a thread for good: the bound keeps the process alive, and people aren't made to wait for nothing."""
    over = threading.Event()
    bound = Settings(hung_threads=1, step_timeout=0.5)
    engine = await make_test_engine(BOTH, functions={"hang": over.wait, "fn": lambda: "fine"}, settings=bound)
    await (await Person.starts(engine, "hangs")).says("1")
    assert engine.services.calls.trouble == "1 functions haven't come back, so that no more are called."
    person = await Person.starts(engine, "job")
    await person.says("1")
    person.sees(error="This service is too busy", fault="haven't come back")
    over.set()
    while engine.services.calls.lost:
        await asyncio.sleep(0.01)
    assert engine.services.calls.trouble is None
    await person.says()
    person.sees(title="Over: fine")


async def test_who_ignores_being_stopped_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """`except BaseException` around an await would keep a person's turn for ever."""
    monkeypatch.setattr("wizard.process.calls.LINGER", 0.05)
    over = asyncio.Event()

    async def stubborn() -> None:
        while not over.is_set():
            try:
                await over.wait()
            except BaseException:
                continue

    engine = await make_test_engine(JOB, functions={"fn": stubborn}, settings=QUICK)
    person = await Person.starts(engine, "job")
    async with asyncio.timeout(LONG):
        await person.says("1")
    person.sees(error="This took too long", fault="took longer than")
    assert engine.services.calls.lost == 1
    over.set()
    await until(lambda: not engine.services.calls.lost)


async def test_a_function_that_comes_back_too_late_changes_nothing() -> None:
    """Its next try is under way, or done: what it writes into its visit must not be stored with that one's result."""
    over, tries, done = threading.Event(), [], threading.Event()

    def late(visit: Visit[Any]) -> str:
        tries.append(visit)
        if len(tries) == 1:
            over.wait(60)
            visit.set("session", "late", True)
            visit.state["late"] = True
            done.set()
            return "late"
        over.set()
        assert done.wait(60)
        return "in time"

    retried = JOB.replace("function: fn", "function: fn, timeout: 1s, retry: {attempts: 2, backoff: 0s}")
    engine = await make_test_engine(retried, functions={"fn": late})
    person = await Person.starts(engine, "job")
    await person.says("1")
    person.sees(title="Over: in time")
    step = person.run.run.by_path["p"]
    assert not step.patch
    assert not step.state


class Stuck(Background[NodeConfig]):
    """Hangs where it is told to."""

    type = "stuck"
    Config = NodeConfig
    where = ""

    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        return Proceed({})

    async def remove(self, visit: Visit[NodeConfig]) -> None:
        if self.where == "remove":
            await asyncio.sleep(3600)

    async def close(self, visit: Visit[NodeConfig]) -> None:
        if self.where == "close":
            await asyncio.sleep(3600)


FORK = """
id: fork
nodes:
  - {id: f, type: form, fields: [{name: x}]}
  - {id: c, type: condition, cases: [{when: f.x == "a", goto: n}, {goto: m}]}
  - {id: n, type: stuck}
  - {id: m, type: message, title: over}
"""


@pytest.mark.parametrize("where", ["remove", "close"])
async def test_the_person_goes_on_whatever_hangs_behind(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who changes an answer must not wait for the end of what isn't wanted any more."""
    monkeypatch.setattr(Stuck, "where", where)
    engine = await make_test_engine(FORK, node_types=[Stuck], settings=QUICK)
    person = await Person.starts(engine, "fork")
    await person.says("a")
    async with asyncio.timeout(LONG):
        await person.changes("f", "b")
    assert person.asked == "m"
    assert bool(person.run.run.undos) == (where == "remove")


async def test_undos_that_hang_give_their_jobs_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there are places would stop the jobs of all runs."""
    monkeypatch.setattr(Stuck, "where", "remove")
    clock = MovableClock()
    engine = await make_test_engine(FORK, node_types=[Stuck], settings=QUICK, clock=clock)
    person = await Person.starts(engine, "fork")
    await person.says("a")
    await engine.cancel(person.run, undo=True)
    clock.move(minutes=1)
    async with asyncio.timeout(LONG):
        await Worker(engine, at_once=1).perform_due()
    (owed,) = (await engine.load(person.run)).run.undos
    assert owed.tries == 2


REMIND = """
id: remind
nodes:
  - id: f
    type: form
    fields: [{name: x}]
    remind_after: {after: 1h, message: {send: mail, to: a@b.example, subject: s, text: t}}
"""


async def test_messages_are_sent_off_the_event_loop_and_within_a_limit() -> None:
    """A mail server that is slow would stop all pages; one that hangs, all jobs."""
    threads: list[threading.Thread] = []

    def mail(to: str, subject: str, text: str, key: str) -> None:
        threads.append(threading.current_thread())

    clock = MovableClock()
    engine = await make_test_engine(REMIND, functions={"mail": mail}, clock=clock)
    await (await Person.starts(engine, "remind")).waits(hours=2)
    assert [each is threading.main_thread() for each in threads] == [False]

    keys: list[str] = []

    async def hangs(to: str, subject: str, text: str, key: str) -> None:
        keys.append(key)
        await asyncio.sleep(3600)

    engine = await make_test_engine(REMIND, functions={"mail": hangs}, clock=clock, settings=QUICK)
    person = await Person.starts(engine, "remind")
    async with asyncio.timeout(LONG):
        await person.waits(hours=2)
        await person.waits(minutes=5)
    assert len(keys) > 1
    assert len(set(keys)) == 1


# -- node types that are wrongly written -----------------------------------------------------------------


class Rude(Foreground[NodeConfig]):
    """Each method does what `does` says of it, else what it should."""

    type = "rude"
    Config = NodeConfig
    does: ClassVar[dict[str, Callable[[], Any]]] = {}

    def _do(self, name: str, otherwise: Any) -> Any:
        return self.does[name]() if name in self.does else otherwise

    def prompt(self, visit: Visit[NodeConfig]) -> Prompt:
        prompt: Prompt = self._do("prompt", Prompt(visit.step, self.type, "t", fields=(PromptField("v", "text", "v"),)))
        return prompt

    async def submit(self, visit: Visit[NodeConfig]) -> Outcome:
        outcome: Outcome = self._do("submit", Proceed({"v": 1}))
        return outcome

    def accepts(self, visit: Visit[NodeConfig]) -> bool:
        holds: bool = self._do("accepts", True)
        return holds

    def summary(self, visit: Visit[NodeConfig]) -> tuple[Item, ...]:
        items: tuple[Item, ...] = self._do("summary", ())
        return items


RUDE = """
id: rude
nodes:
  - {id: f, type: form, fields: [{name: x}]}
  - {id: r, type: rude}
  - {id: k, type: form, fields: [{name: y}]}
  - {id: c, type: review}
"""


async def _nothing() -> None:
    """What an `async def` gives where none is expected."""


def leave() -> None:
    raise SystemExit(1)


@pytest.mark.parametrize("does", [leave, stops, _nothing, lambda: None, lambda: 7, lambda: Wait(None)])  # type: ignore[arg-type]
@pytest.mark.parametrize("method", ["prompt", "submit"])
async def test_nonsense_and_exits_of_a_node_type_stop_at_its_step(
    method: str, does: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plug-in's mistake is the run's at this step: the person reads that something is wrong, and can go back."""
    monkeypatch.setattr(Rude, "does", {method: does})
    engine = await make_test_engine(RUDE, node_types=[Rude])
    person = await Person.starts(engine, "rude")
    await person.says("1")
    if method == "submit":
        await person.says("2")
    assert person.run.fault is not None
    assert person.run.fault.node == "r"
    assert person.prompt.error


@pytest.mark.parametrize("does", [leave, stops, _nothing])
async def test_an_answer_that_cannot_be_judged_is_asked_again(
    does: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `async def accepts` would take every answer: what it gives counts as true."""
    engine = await make_test_engine(RUDE, node_types=[Rude])
    person = await Person.starts(engine, "rude")
    await person.says("1")
    await person.says("2")
    await person.says("3")
    monkeypatch.setattr(Rude, "does", {"accepts": does})
    await person.changes("f", "other")
    assert person.asked == "r"


@pytest.mark.parametrize("does", [leave, stops, _nothing, lambda: 7, lambda: [7]])
async def test_a_review_shows_the_others_where_one_cannot_be_listed(
    does: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The review is another step: it must not be lost with the summary of one plug-in."""
    monkeypatch.setattr(Rude, "does", {"summary": does})
    engine = await make_test_engine(RUDE, node_types=[Rude])
    person = await Person.starts(engine, "rude")
    for answer in "123":
        await person.says(answer)
    assert [each.value for each in person.prompt.items] == ["1", str(UNLISTED), "3"]


class Sync(Background[NodeConfig]):
    """Its execute isn't `async`, and its `later` is no Later."""

    type = "sync"
    Config = NodeConfig

    def execute(self, visit: Visit[NodeConfig]) -> Any:
        return Proceed({})


class Never(Sync):
    """Doesn't say when."""

    type = "never"

    def later(self, visit: Visit[NodeConfig]) -> Later | None:
        return timedelta(1)  # type: ignore[return-value]


@pytest.mark.parametrize(("node_type", "says"), [(Sync, "async def"), (Never, "neither Later nor None")])
async def test_who_wrote_a_node_type_wrongly_is_told_what_is_wrong(node_type: type[Sync], says: str) -> None:
    """`await None` tells nobody which method to look at."""
    engine = await make_test_engine({"id": "w", "nodes": [{"id": "n", "type": node_type.type}]}, node_types=[node_type])
    run = await engine.start("w")
    assert run.fault is not None
    assert says in run.fault.message


FULL = NodeFailed("This train is full.")


class Full(Background[NodeConfig]):
    """Raises one and the same error for everybody."""

    type = "full"
    Config = NodeConfig

    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        raise FULL


async def test_an_error_that_is_raised_again_names_each_runs_own_step() -> None:
    """An exception made once would carry the first run's place into all others."""
    engine = await make_test_engine(
        {"id": "one", "nodes": [{"id": "a", "type": "full"}]},
        {"id": "two", "nodes": [{"id": "b", "type": "full"}]},
        node_types=[Full],
    )
    faults = [(await engine.start(name)).fault for name in ("one", "two")]
    assert [fault and fault.node for fault in faults] == ["a", "b"]
    assert FULL.node == ""


async def test_what_a_function_says_can_always_be_stored() -> None:
    """A message with a broken character, or one of a megabyte, would break the turn that stores it."""

    def says() -> None:
        raise NodeFailed("\ud800" + "x" * 1_000_000)

    engine = await make_test_engine(JOB, functions={"fn": says})
    person = await Person.starts(engine, "job")
    await person.says("1")
    assert person.run.fault is not None
    assert len(person.run.fault.message.encode()) == 2000


# -- who watches and what is shared ------------------------------------------------------------------------


class Deaf(Nobody):
    """Fails whatever it is told."""

    def turn(self, name: str, run_id: str) -> WatchedTurn:
        raise OSError

    def node(self, type: str, seconds: float, outcome: str) -> None:  # noqa: A002
        raise OSError


async def test_who_watches_cannot_break_a_turn() -> None:
    """An exporter of spans that has lost its connection would cost people their answers."""
    from wizard.engine import Engine

    made = await make_test_engine(JOB, functions={"fn": lambda: "fine"})
    engine = Engine(made.definitions, made.store, services=made.services, watch=Deaf())
    person = await Person.starts(engine, "job")
    await person.says("1")
    person.sees(title="Over: fine")


async def test_what_hangs_or_fails_when_it_is_closed_keeps_nobody() -> None:
    """A server that stops closes its store after that: answers wait to be written."""
    closed: list[str] = []

    class Shared:
        def __init__(self, close: Callable[[], Any]) -> None:
            self.close = close

    async def hangs() -> None:
        await asyncio.sleep(3600)

    engine = await make_test_engine(JOB, settings=QUICK)
    engine.services.shared.update(a=Shared(hangs), b=Shared(leaves), c=Shared(lambda: closed.append("c")), d=object())
    async with asyncio.timeout(LONG):
        await engine.close()
    assert closed == ["c"]


async def test_a_function_that_blocks_everybody_is_named(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can't be stopped; whoever runs the service must learn which it is."""
    monkeypatch.setattr("wizard.process.isolation.STALL", 0.02)

    async def blocks() -> str:
        time.sleep(0.05)
        return "late"

    engine = await make_test_engine(JOB, functions={"fn": blocks})
    person = await Person.starts(engine, "job")
    with caplog.at_level(logging.WARNING):
        await person.says("1")
    assert f"p of run {person.run.id} kept everybody waiting" in caplog.text
    person.sees(title="Over: late")


async def test_a_services_own_calls_are_its_own() -> None:
    """Two engines in one process: what hangs in one takes no thread of the other."""
    assert Services().calls is not Services().calls


async def cancels_itself() -> str:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    return "never mind"


async def cancels_itself_and_waits() -> str:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)
    return "never"


async def test_a_function_that_cancels_its_own_task_ends_nothing_but_itself() -> None:
    """A time limit that is made by hand cancels the task that it runs in: that is a person's request, or a worker."""
    engine = await make_test_engine(JOB, functions={"fn": cancels_itself})
    person = await Person.starts(engine, "job")
    await person.says("1")
    person.sees(title="Over: never mind")
    engine = await make_test_engine(JOB, functions={"fn": cancels_itself_and_waits})
    person = await Person.starts(engine, "job")
    await person.says("1")
    assert (person.run.step, person.run.status) == ("p", RunStatus.FAILED)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


class Zone(tzinfo):
    """A zone of a host's own, which leaves."""

    def utcoffset(self, at: datetime | None) -> timedelta:
        raise SystemExit

    dst = utcoffset

    def tzname(self, at: datetime | None) -> str:
        return "nowhere"


class Bern(Zone):
    def utcoffset(self, at: datetime | None) -> timedelta:
        return timedelta(hours=1)


async def test_a_time_brings_no_code_of_its_zone_along() -> None:
    """A time in a zone of the host's own would call the host's code whenever the run is stored: where that fails, no
    step has failed, and the server ends."""
    at = datetime(2026, 1, 1, 12)
    engine = await make_test_engine(JOB, functions={"fn": lambda: at.replace(tzinfo=Zone())})
    person = await Person.starts(engine, "job")
    await person.says("1")
    assert (person.run.step, person.run.status) == ("p", RunStatus.FAILED)
    with pytest.raises(InvalidInput, match="zone"):
        await engine.amend(person.run, session={"at": at.replace(tzinfo=Zone())})
    engine = await make_test_engine(JOB, functions={"fn": lambda: at.replace(tzinfo=Bern())})
    person = await Person.starts(engine, "job")
    await person.says("1")
    kept = person.run.run.by_path["p"].output
    assert kept is not None
    assert type(kept["value"].tzinfo) is timezone
    await person.reloads()
    assert person.run.run.by_path["p"].output == kept


async def test_a_state_that_holds_itself_fails_its_step() -> None:
    """It can't be stored: the step fails, and the run can be gone on with."""

    class Circle(Background[NodeConfig]):
        """Puts its state into its state."""

        type = "circle"
        Config = NodeConfig

        async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
            visit.state["x"] = visit.state
            return Proceed({})

    nodes = [{"id": "f", "type": "form", "fields": [{"name": "x"}]}, {"id": "c", "type": "circle"}]
    engine = await make_test_engine({"id": "d", "nodes": nodes}, node_types=[Circle])
    person = await Person.starts(engine, "d")
    await person.says("1")
    assert (person.run.step, person.run.status) == ("c", RunStatus.FAILED)


@pytest.mark.parametrize("method", ["outputs", "check", "secrets", "own_names", "events"])
async def test_a_node_type_that_leaves_while_it_is_loaded_is_a_problem_of_its_definition(method: str) -> None:
    """A server that has a stored run of it would end within a second of its start, with exit code 0."""

    def leave(self: object, config: object) -> None:
        raise SystemExit

    async def execute(self: object, visit: Visit[NodeConfig]) -> Outcome:
        return Proceed({})

    kind = type("Leaving", (Background,), {"type": "leaving", "Config": NodeConfig, "execute": execute, method: leave})
    with pytest.raises(DefinitionError, match="leaving"):
        await make_test_engine({"id": "d", "nodes": [{"id": "x", "type": "leaving"}]}, node_types=[kind])
