"""What is told of a run: outcomes for the figures, lines of its trace, the step that a fault names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.conversations import Conversation, talk
from tests.patience import until
from tests.stores import Open, clocked
from tests.workflows import REGISTRY, Book, Clock, Document, ask, branch, embed, engine, flow, work
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import StaleInput
from wizard.model import RunStatus
from wizard.node import Services
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.telemetry.watching import Nobody, WatchedTurn, ended
from wizard.testing import MovableClock, Person, make_test_engine

__all__ = ["clocked"]  # a fixture


class Told(Nobody):
    """What was told of turns ("next rejected") and of nodes ("work late")."""

    def __init__(self) -> None:
        self.turns: list[str] = []
        self.nodes: list[str] = []

    def turn(self, name: str, run_id: str) -> WatchedTurn:
        return _Turn(self, name)

    def node(self, type: str, seconds: float, outcome: str) -> None:  # noqa: A002
        self.nodes.append(f"{type} {outcome}")

    @property
    def last(self) -> str:
        return self.turns[-1]


class _Turn:
    def __init__(self, told: Told, name: str) -> None:
        self.told, self.name, self.outcome = told, name, "accepted"

    def __enter__(self) -> _Turn:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.told.turns.append(f"{self.name} {ended(self.outcome, error)}")


def watched(
    told: Told,
    *documents: Document,
    store: Store | None = None,
    book: Book | None = None,
    settings: Settings | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Engine:
    services = Services(settings=settings, shared={"book": book or Book()})
    catalog = Catalog.from_documents(documents, REGISTRY)
    return Engine(catalog, store or MemoryStore(), services=services, clock=clock or Clock(), watch=told)


# -- outcomes ------------------------------------------------------------------------------------------------


FORMS = {
    "id": "forms",
    "nodes": [
        {
            "id": "age",
            "type": "form",
            "fields": [{"name": "years", "type": "integer"}, {"name": "note", "required": False}],
        },
        {"id": "name", "type": "form", "fields": [{"name": "full"}]},
        {"id": "last", "type": "form", "fields": [{"name": "x"}]},
    ],
}


async def forms(told: Told) -> Person:
    made = await make_test_engine(FORMS)
    watching = Engine(made.definitions, made.store, services=made.services, clock=made.clock, watch=told)
    return await Person.starts(watching, "forms")


async def test_a_refused_answer_is_counted_as_rejected() -> None:
    """Whoever watches a form that nobody gets past sees it by this figure. Forms store nothing of what they refuse, so
    it must not depend on that."""
    told = Told()
    person = await forms(told)
    await person.wrongly.says(years="seven")
    assert told.last == "next rejected"
    await person.wrongly.says_in_part(years="seven")
    assert told.last == "next rejected"
    await person.says_in_part(note="hm")
    assert told.last == "next accepted"
    await person.says(years="7")
    assert told.last == "next accepted"
    await person.wrongly.changes("age", years="eight")
    assert told.last == "change rejected"
    await person.engine.next(person.run, {"years": "nine"}, step="age", revisit=True)
    assert told.last == "next rejected"


async def test_a_node_that_notes_what_it_refuses_is_counted_the_same() -> None:
    """A node that counts tries stores something of a refusal; it is a refusal all the same."""
    told = Told()
    made = watched(told, flow("main", ask("a", refuses=["no"]), ask("b")))
    run = await made.start("main")
    await made.next(run, {"x": "no"})
    assert (run.revision, told.last) == (2, "next rejected")


async def test_what_came_to_nothing_and_what_came_twice_are_no_answers() -> None:
    """Replays tell of clients that hear nothing, and turns without effect of buttons that lead nowhere: neither may
    pass for an answer."""
    told = Told()
    made = watched(told, flow("main", ask("a"), ask("b")))
    run = await made.start("main")
    assert told.last == "start accepted"
    await made.previous(run)
    assert told.last == "previous unchanged"
    await made.next(run, {"x": "1"}, step="a")
    await made.next(run, {"x": "1"}, step="a")
    assert told.turns[-2:] == ["next accepted", "next replayed"]
    with pytest.raises(StaleInput):
        await made.next(run, {"x": "2"}, step="a")
    assert told.last == "next stale"
    await made.next(run, {"x": "2"})
    await made.next(run, {"x": "3"})
    assert told.turns[-2:] == ["next accepted", "next unchanged"]


async def test_a_turn_that_was_tried_again_is_counted_as_it_ended(clocked: Open) -> None:
    """A process whose copy of a run is old decides twice; only what it decided last came to something."""
    told, document = Told(), flow("main", ask("a"), ask("b", refuses=["no"]), ask("c"))
    here, there = watched(told, document, store=await clocked()), watched(Told(), document, store=await clocked())
    run = await here.start("main")
    await there.next(run.id, {"x": "1"})
    await there.next(run.id, {"x": "2"})
    await here.previous(run)  # where this process saw the run last there is nothing to go back to
    assert (run.step, told.last) == ("b", "previous accepted")


# -- the trace -----------------------------------------------------------------------------------------------


async def lines(person: Conversation | Person) -> list[str]:
    """What the trace says since the last entry into a step, as "rejected a"."""
    told = [f"{each.entry.kind} {each.entry.step}" for each in await person.engine.trace(person.run.id)]
    return told[max(number for number, line in enumerate(told) if line.startswith("presented")) + 1 :]


async def test_the_trace_tells_what_was_refused_and_what_was_kept() -> None:
    """Support reads there why somebody is where they are: three wrong codes, or a form that is half filled in."""
    person = await talk(ask("a", refuses=["no"]), ask("b"))
    await person.says("no")
    await person.engine.next(person.run, {"x": "1"}, partial=True)
    await person.engine.save(person.run, "a", {"x": "2"})
    await person.engine.keep(person.run, "a", {"x": "3"})
    assert await lines(person) == ["rejected a", "kept a", "kept a", "kept a"]


async def test_the_trace_tells_of_an_old_page_whose_answer_was_refused() -> None:
    """The same from the page of an earlier step, which doesn't move the run."""
    person = await talk(ask("a", refuses=["no"]), ask("b"), ask("c"))
    await person.says("1")
    await person.engine.next(person.run, {"x": "no"}, step="a", revisit=True)
    assert await lines(person) == ["rejected a"]
    await person.engine.keep(person.run, "a", {"x": "3"})
    assert await lines(person) == ["rejected a", "kept a"]


async def test_nothing_is_told_where_nothing_was_kept() -> None:
    """A form that refuses an answer forgets it: the history must not grow with every mistyped date."""
    person = await forms(Told())
    before = await lines(person)
    await person.wrongly.says(years="seven")
    await person.goes_back()
    assert await lines(person) == before


# -- the step that a fault names -----------------------------------------------------------------------------


async def test_a_fault_names_the_step_where_the_turn_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that is too long is no single node's fault: the person is told at the step that they answered, and so is
    whoever reads the run."""
    monkeypatch.setattr("wizard.machine.stack.MAX_NODES", 5)
    many = [work(f"t{number}", "a.x") for number in range(8)]
    person = await talk(ask("a"), *many, ask("b"))
    await person.says("1")
    assert person.run.fault is not None
    assert (person.at, person.run.fault.node, person.run.fault.kind) == ("a", "a", "TurnTooLong")


async def test_a_fault_before_the_first_step_names_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no step yet, and a fault without a place would be one that nobody can look for."""
    monkeypatch.setattr("wizard.machine.stack.MAX_NODES", 5)
    many = [work(f"t{number}") for number in range(8)]
    person = await talk(*many, ask("b"))
    assert person.run.fault is not None
    assert (person.run.status, person.run.fault.node) == (RunStatus.FAILED, "t0")


async def test_a_fault_that_names_its_node_keeps_it() -> None:
    """The condition that no case fits is what its author has to mend, not the form before it."""
    inner = flow("inner", branch("way", ("input.p == 'x'", "end")))
    person = await talk(ask("a"), embed("w", "inner", **{"with": {"p": "{{ a.x }}"}}), ask("b"), inside=(inner,))
    await person.says("1")
    assert person.run.fault is not None
    assert (person.at, person.run.fault.node) == ("a", "w/way")


async def test_work_that_is_given_up_names_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that took its process down too often failed without saying anything: the engine says where that was."""
    monkeypatch.setattr("wizard.machine.background.MAX_BEGUN", 1)
    book = Book()
    made = watched(Told(), SLOW, book=book)
    run = await made.start("main")
    book.gate("t")
    cut_off = asyncio.create_task(made.next(run.id, {"x": "1"}))
    await book.at_gate["t"].wait()
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    view = await made.next(run.id)
    assert view.fault is not None
    assert (view.status, view.fault.node, view.fault.kind) == (RunStatus.FAILED, "t", "NodeFailed")


async def test_a_form_that_cant_be_shown_names_itself() -> None:
    """The person stays at the step before; the fault names the one that is broken, so that it can be found."""
    person = await talk(ask("a"), {"id": "r", "type": "rude_form", "does": "fail", "on": "show"}, ask("b"))
    await person.says("1")
    assert person.run.fault is not None
    assert (person.at, person.run.fault.node) == ("a", "r")
    person = await talk({"id": "r", "type": "rude_form", "does": "fail", "on": "answer"}, ask("b"))
    await person.says("1")
    assert person.run.fault is not None
    assert (person.at, person.run.fault.node) == ("r", "r")


# -- work that outlasts its turn -------------------------------------------------------------------------------


SLOW = flow("main", ask("a"), work("t", "a.x"), ask("b"), work("u", "b.x"), ask("c"))
IMPATIENT = Settings(slow_after=0.02, lease=1.0)


async def outlasting(told: Told, store: Store | None = None) -> tuple[Engine, RunView, asyncio.Event]:
    """A run whose work `t` goes on, its turn having ended, until the event is set."""
    book = Book()
    made = watched(told, SLOW, store=store, book=book, settings=IMPATIENT)
    run = await made.start("main")
    gate = book.gate("t")
    await made.next(run, {"x": "1"})
    assert run.status is RunStatus.WORKING
    return made, run, gate


async def test_work_that_went_on_by_itself_is_counted_as_done_and_signed_off(clocked: Open) -> None:
    """While this process works on a run, it refuses another Next; when its work is over it must not go on doing so:
    what another process has begun and not ended can be taken up here."""
    told = Told()
    made, run, gate = await outlasting(told, await clocked())
    with pytest.raises(StaleInput, match="being worked on"):
        await made.next(run.id)
    gate.set()
    await until(lambda: _told(told, "job accepted"))  # those who listen hear of it after its commit
    assert told.nodes == ["work done"]
    assert (await made.load(run.id)).step == "b"
    dying_book = Book()
    dying = engine(SLOW, store=await clocked(), book=dying_book)
    dying_book.gate("u")
    cut_off = asyncio.create_task(dying.next(run.id, {"x": "2"}))
    await dying_book.at_gate["u"].wait()
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    assert (await made.load(run.id)).status is RunStatus.WORKING
    assert (await made.next(run.id)).step == "c"
    await made.close()


async def test_work_that_went_on_by_itself_and_failed_is_signed_off() -> None:
    """The same where the work failed: the person tries it again at once, and isn't told to wait for it."""
    told = Told()
    made, run, gate = await outlasting(told)
    made.services.shared["book"].failing["t"] = 1
    gate.set()
    await until(lambda: _is(made, run.id, RunStatus.FAILED))
    assert (await made.next(run.id)).step == "b"
    assert told.nodes == ["work failed", "work done"]
    await made.close()


async def test_work_that_is_tried_again_later_is_counted_as_deferred() -> None:
    """A service that is down for an hour fails nobody's run: the figure by which operators are woken must not count
    tries that are followed by others, and the last one must be in it."""
    told, book, clock = Told(), Book(), MovableClock()
    book.failing["t"] = 9
    patient = work("t", "a.x", retry={"attempts": 3, "backoff": "10m"})
    made = watched(told, flow("main", ask("a"), patient, ask("b")), book=book, clock=clock)
    person = await Person.starts(made, "main")
    await person.says(x="1")
    assert (person.run.status, told.nodes) == (RunStatus.WORKING, ["work deferred"])
    await person.waits(hours=1)
    assert (person.run.status, told.nodes) == (RunStatus.WORKING, ["work deferred"] * 2)
    await person.waits(hours=1)
    assert (person.run.status, told.nodes) == (RunStatus.FAILED, ["work deferred", "work deferred", "work failed"])


async def test_work_whose_lease_is_lost_is_counted_as_late() -> None:
    """Somebody goes back while a service takes its time: the figure shows how much is done in vain."""
    told = Told()
    made, run, _ = await outlasting(told)
    assert (await made.previous(run)).step == "a"
    await until(lambda: _told(told, "work late"))
    assert told.nodes == ["work late"]
    made.services.shared["book"].gates.clear()
    assert (await made.next(run.id, {"x": "2"})).step == "b"
    assert made.services.shared["book"].lives()
    await made.close()


async def _is(made: Engine, run_id: str, status: RunStatus) -> bool:
    return (await made.load(run_id)).status is status


async def _told(told: Told, line: str) -> bool:
    return line in (*told.turns, *told.nodes)
