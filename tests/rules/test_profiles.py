"""Runs change profiles: what they set is theirs until they end or finish a step, and goes with the step that set it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.runs import exactly
from tests.drawing import examples
from tests.stores import Open, stores
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import FieldsRefused, RunCancelled, RunExpired, StoreError
from wizard.model import Change, Outcome, Proceed, Prompt, Run, RunStatus, Value
from wizard.model.documents import SaveAction, SaveRecord
from wizard.node import Background, Foreground, NodeConfig, Registry, Visit
from wizard.profiles.schema import ProfileSchema
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.testing import MovableClock

__all__ = ["stores"]  # a fixture

Document = dict[str, Any]
REGISTRY = Registry.installed()


def a_set(node_id: str, **values: Any) -> Document:
    return {"id": node_id, "type": "set", "values": {name.replace("__", "."): value for name, value in values.items()}}


def a_form(node_id: str, **more: Any) -> Document:
    return {"id": node_id, "type": "form", "fields": [{"name": "x"}], **more}


def moving(save: Any = True, **more: Any) -> Document:
    """Sets what was answered, twice, with a form in between."""
    nodes = [
        a_form("ask"),
        a_set("first", profile__town="{{ ask.x }}", profile__moves="{{ (profile.moves or 0) + 1 }}", event__seen=True),
        a_form("sure"),
        a_set("second", profile__town="{{ sure.x }}", session__done=True),
        a_form("last"),
        {"id": "done", "type": "end"},
    ]
    return {"id": "moving", "save": save, "reopen": True, "nodes": nodes, **more}


def an_engine(store: Store, *documents: Document, registry: Registry = REGISTRY, **more: Any) -> Engine:
    return Engine(Catalog.from_documents(documents, registry), store, **({"clock": MovableClock()} | more))


async def profile(engine: Engine, document_id: str = "ann", kind: str = "profile") -> Mapping[str, Value]:
    return (await engine.store.document(kind, document_id)).fields


async def history(engine: Engine, document_id: str = "ann") -> list[SaveRecord]:
    """The oldest first."""
    return [*reversed(await engine.store.documents.history("profile", document_id, 1000))]


async def answered(engine: Engine, *answers: str, workflow: str = "moving", person: str = "ann") -> RunView:
    run = await engine.start(workflow, profile_id=person, session_id="s")
    for answer in answers:
        await engine.next(run, {"x": answer})
    return run


# -- what every node can do ---------------------------------------------------------------------


class NoteConfig(NodeConfig):
    """Nothing."""


class Note(Background[NoteConfig]):
    """A plug-in node that reads and changes all three documents."""

    type = "note"
    Config = NoteConfig

    async def execute(self, visit: Visit[NoteConfig]) -> Outcome:
        read = {name: visit.read(f"{name}.before") for name in ("event", "profile", "session")}
        for name, value in read.items():
            visit.set(name, "before", f"{value}!")
        return Proceed(read)


class Ask(Foreground[NoteConfig]):
    """A plug-in node that asks, and sets a field."""

    type = "ask"
    Config = NoteConfig

    def prompt(self, visit: Visit[NoteConfig]) -> Prompt:
        return Prompt(visit.step, self.type, "Who?", "")

    async def submit(self, visit: Visit[NoteConfig]) -> Outcome:
        visit.set("profile", "asked", visit.read("profile.before"))
        return Proceed({})


async def test_every_node_reads_and_changes_all_three_documents(stores: Open) -> None:
    """Whoever writes a node type has the profile, session and event at hand; the event is the run's own."""
    registry = Registry.installed()
    registry.add(Note)
    registry.add(Ask)
    nodes = [
        {"id": "note", "type": "note"},
        {"id": "ask", "type": "ask"},
        a_set("set", profile__set="{{ event.before }}"),
    ]
    engine = an_engine(await stores(), {"id": "w", "nodes": nodes}, registry=registry)
    await engine.profiles.create("ann", {"before": "p"}, by="host")
    await engine.sessions.create("s", {"before": "s"}, by="host")
    run = await engine.start("w", profile_id="ann", session_id="s", event={"before": "e"})
    await engine.next(run, {})
    assert run.status is RunStatus.COMPLETED
    assert await profile(engine) == {"before": "p!", "asked": "p!", "set": "e!"}
    assert await profile(engine, "s", "session") == {"before": "s!"}
    created, ended = await history(engine)
    assert (created.origin.action, created.origin.by) == (SaveAction.CREATE, "host")
    assert (ended.origin.action, ended.origin.run, ended.origin.workflow) == (SaveAction.END, run.id, "w")
    told = [(change.field, change.before, change.after, change.step) for change in ended.changes]
    assert told == [("before", "p", "p!", "note"), ("asked", None, "p!", "ask"), ("set", None, "e!", "set")]


# -- at the end ----------------------------------------------------------------------------------


async def test_twenty_runs_of_one_profile_lose_nothing(stores: Open) -> None:
    """Twenty at once set a field each and one all of them: all there, and the last one to save has the last word."""
    fields = [{f"profile__f{n}": n, "profile__same": n} for n in range(20)]
    documents = [{"id": f"w{n}", "nodes": [a_set("set", **values)]} for n, values in enumerate(fields)]
    engines = [an_engine(await stores(), *documents) for _ in range(2)]
    runs = await asyncio.gather(*(engines[n % 2].start(f"w{n}", profile_id="ann") for n in range(20)))
    stored = await profile(engines[0])
    assert {name: value for name, value in stored.items() if name != "same"} == {f"f{n}": n for n in range(20)}
    records = await history(engines[0])
    assert [record.revision for record in records] == [*range(1, 21)]
    assert {record.origin.run for record in records} == {run.id for run in runs}
    same = [change for record in records for change in record.changes if change.field == "same"]
    assert sorted(change.after for change in same) == [*range(20)]
    assert stored["same"] == same[-1].after
    assert [change.before for change in same] == [None, *(change.after for change in same[:-1])]


async def test_going_back_takes_a_change_back(stores: Open) -> None:
    """A person who goes back before the end, and answers otherwise, leaves nothing of what they said first."""
    engine = an_engine(await stores(), moving())
    run = await answered(engine, "Bern", "Basel")
    assert await profile(engine) == {}
    await engine.previous(run)
    await engine.previous(run)
    await engine.next(run, {"x": "Chur"})
    await engine.change(run, "ask", {"x": "Brig"})
    await engine.next(run, {"x": "Thun"})
    await engine.next(run, {"x": "yes"})
    assert run.status is RunStatus.COMPLETED
    assert await profile(engine) == {"town": "Thun", "moves": 1}
    (record,) = await history(engine)
    assert [(change.field, change.step) for change in record.changes] == [("town", "second"), ("moves", "first")]


@pytest.mark.parametrize("how", ["cancelled", "expired", "left"])
async def test_nothing_is_saved_of_a_run_that_does_not_end(stores: Open, how: str) -> None:
    """What somebody began and gave up isn't said of them for ever."""
    clock = MovableClock()
    engine = an_engine(await stores(), moving(expires_after="1d"), clock=clock)
    run = await answered(engine, "Bern", "Basel")
    if how == "cancelled":
        await engine.cancel(run, undo=True)
        with pytest.raises(RunCancelled):
            await engine.next(run, {"x": "yes"})
    elif how == "expired":
        clock.move(days=2)
        with pytest.raises(RunExpired):
            await engine.next(run, {"x": "yes"})
    assert await profile(engine) == {}
    assert await history(engine) == []


async def test_a_run_that_is_reopened_takes_back_what_it_does_not_set_any_more(stores: Open) -> None:
    """A person corrects an application: what only the first version said is no more in their profile."""
    nodes = [
        a_form("ask"),
        {"id": "way", "type": "condition", "cases": [{"when": "ask.x == 'pet'", "goto": "pet"}, {"goto": "name"}]},
        a_set("pet", profile__pet=True, profile__town="Bern"),
        a_set("name", profile__name="{{ ask.x }}"),
    ]
    engine = an_engine(await stores(), {"id": "w", "reopen": True, "nodes": nodes})
    await engine.profiles.create("ann", {"town": "Chur"}, by="host")
    run = await answered(engine, "pet", workflow="w")
    assert await profile(engine) == {"town": "Bern", "pet": True, "name": "pet"}
    await engine.change(run, "ask", {"x": "Ann"})
    assert run.status is RunStatus.COMPLETED
    assert await profile(engine) == {"town": "Chur", "name": "Ann"}
    await engine.profiles.patch("ann", {"name": "Anna"}, by="clerk")
    await engine.change(run, "ask", {"x": "Ann"})
    assert await profile(engine) == {"town": "Chur", "name": "Anna"}


# -- save: step ----------------------------------------------------------------------------------


async def test_a_run_that_saves_as_it_goes_saves_each_step(stores: Open) -> None:
    """Somebody who leaves in the middle has said something already; going back takes it back."""
    engine = an_engine(await stores(), moving("step"))
    await engine.profiles.create("ann", {"town": "Aarau"}, by="host")
    run = await answered(engine, "Bern")
    assert await profile(engine) == {"town": "Bern", "moves": 1}
    await engine.next(run, {"x": "Basel"})
    assert await profile(engine) == {"town": "Basel", "moves": 1}
    assert await profile(engine, "s", "session") == {"done": True}
    await engine.previous(run)
    assert await profile(engine) == {"town": "Bern", "moves": 1}
    assert await profile(engine, "s", "session") == {}
    await engine.previous(run)
    assert await profile(engine) == {"town": "Aarau"}
    await engine.change(run, "ask", {"x": "Brig"})
    await engine.next(run, {"x": "Basel"})
    await engine.next(run, {"x": "yes"})
    assert run.status is RunStatus.COMPLETED
    assert await profile(engine) == {"town": "Basel", "moves": 1}
    records = await history(engine)
    steps = [(record.origin.action.value, *(change.after for change in record.changes)) for record in records]
    assert steps == [
        ("create", "Aarau"),
        ("step", "Bern", 1),
        ("step", "Basel"),
        ("back", "Bern"),
        ("back", "Aarau", None),
        ("step", "Brig", 1),
        ("step", "Basel"),
    ]
    assert {record.origin.run for record in records[1:]} == {run.id}


async def test_what_is_saved_is_taken_back_where_clocks_differ(stores: Open) -> None:
    """One server has created the run, and another one, whose clock is behind, has moved it (S25)."""
    store = await stores()
    run = await answered(an_engine(store, moving("step")))
    behind = MovableClock(MovableClock()() - timedelta(seconds=5))
    engine = an_engine(store, moving("step"), clock=behind)
    view = await engine.load(run.id)
    await engine.next(view, {"x": "Bern"})
    assert await profile(engine) == {"town": "Bern", "moves": 1}
    await engine.previous(view)
    assert await profile(engine) == {}


async def test_what_others_changed_meanwhile_is_not_taken_back(stores: Open) -> None:
    """A clerk corrects an address while the person's form is open: Back in the form leaves it corrected."""
    engine = an_engine(await stores(), moving("step"))
    run = await answered(engine, "Bern", "Basel")
    await engine.profiles.patch("ann", {"town": "Genève"}, by="clerk")
    for _ in range(2):
        await engine.previous(run)
    assert await profile(engine) == {"town": "Genève"}
    await engine.next(run, {"x": "Chur"})
    assert await profile(engine) == {"town": "Chur", "moves": 1}


@pytest.mark.parametrize("undo", [False, True])
async def test_what_was_saved_on_the_way_stays_when_a_run_is_cancelled_unless_it_is_undone(
    stores: Open, undo: bool
) -> None:
    """Whoever cancels decides whether what was done so far counts."""
    engine = an_engine(await stores(), moving("step"))
    run = await answered(engine, "Bern", "Basel")
    await engine.cancel(run, undo=undo)
    assert await profile(engine) == ({} if undo else {"town": "Basel", "moves": 1})


TOWNS = st.sampled_from(["Bern", "Basel"])
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("next"), TOWNS),
        st.tuples(st.just("back"), TOWNS),
        st.tuples(st.sampled_from(["change ask", "change sure"]), TOWNS),
    ),
    max_size=12,
)


@given(MOVES)
@settings(max_examples=examples(40), deadline=None)
async def test_what_is_stored_is_always_what_the_path_sets(moves: list[tuple[str, str]]) -> None:
    """With `save: step` and nobody else about, the stored profile is the run's own after every move."""
    engine = an_engine(MemoryStore(), moving("step"))
    await engine.profiles.create("ann", {"town": "Aarau"}, by="host")
    run = await answered(engine)
    for move, town in moves:
        if move == "next":
            await engine.next(run, {"x": town})
        elif move == "back":
            await engine.previous(run)
        elif move.removeprefix("change ") in {step.path for step in run.run.path if step.is_done}:
            await engine.change(run, move.removeprefix("change "), {"x": town})
        seen = (await engine.load(run.id)).run
        assert exactly(dict(await profile(engine))) == exactly({"town": "Aarau"} | set_by(seen))


def set_by(run: Run) -> dict[str, Value]:
    """What the run's path sets in the profile."""
    return {
        name: step.patch["profile", name]
        for step in run.path
        if step.is_done
        for document, name in step.patch
        if document == "profile"
    }


# -- faults --------------------------------------------------------------------------------------


class FailingStore(MemoryStore):
    """Fails at one commit, before or after it is stored."""

    def __init__(self, at: int, *, stored: bool) -> None:
        super().__init__()
        self._left, self._stored = at, stored

    async def commit(self, change: Change) -> None:
        self._left -= 1
        if self._left == 0 and not self._stored:
            raise StoreError("The disk is full.")
        await super().commit(change)
        if self._left == 0:
            raise StoreError("The connection is lost.")


@pytest.mark.parametrize("save", [True, "step"])
@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
async def test_a_commit_that_fails_saves_all_or_nothing(save: Any, stored: bool, at: int) -> None:
    """Whoever sends an answer again after a failure has it saved once: the count that a node makes is 1."""
    engine = an_engine(FailingStore(at, stored=stored), moving(save))
    run: RunView | None = None
    answers = ["", "Bern", "Basel", "yes"]
    for number, answer in enumerate(answers, 1):
        for _ in range(2):
            try:
                if run is None:
                    run = await engine.start("moving", profile_id="ann", session_id="s")
                else:
                    run = await engine.next(run.id, {"x": answer}, step=("", "ask", "sure", "last")[number - 1])
                break
            except StoreError:
                continue
    assert run is not None
    assert (await engine.load(run.id)).status is RunStatus.COMPLETED
    assert await profile(engine) == {"town": "Basel", "moves": 1}
    assert len(await history(engine)) == (2 if save == "step" else 1)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("at", range(1, 13))
async def test_a_turn_that_is_cut_off_in_the_middle_leaves_what_its_path_sets(at: int, stored: bool) -> None:
    """A server dies while a slow step works, in a change that goes through several: whatever was stored of the run is
    what is stored in the profile, and the end is the same."""
    registry = Registry.installed()
    registry.add(Note)
    nodes = [
        a_form("ask"),
        a_set("first", profile__town="{{ ask.x }}"),
        {"id": "note", "type": "note"},
        a_set("second", profile__seen="{{ ask.x }}"),
        a_form("last"),
    ]
    document = {"id": "moving", "save": "step", "nodes": nodes}
    store = FailingStore(at, stored=stored)
    engine = an_engine(store, document, registry=registry)
    run_id = ""
    for move in ("start", "ask", "change", "last"):
        for _ in range(3):
            try:
                if move == "start":
                    run_id = run_id or (await engine.start("moving", profile_id="ann", session_id="s")).id
                elif move == "change":
                    await engine.change(run_id, "ask", {"x": "Chur"})
                else:
                    await engine.next(run_id, {"x": "Bern"}, step=move)
                break
            except StoreError:
                engine = an_engine(store, document, registry=registry)
                kept = await store.load(run_id) if run_id else None
                assert kept is None or exactly(dict(await profile(engine))) == exactly(set_by(kept))
    final = await store.load(run_id)
    assert final is not None
    assert exactly(dict(await profile(engine))) == exactly(set_by(final))
    assert {"town": "Chur", "seen": "Chur"}.items() <= (await profile(engine)).items()


# -- the schema ----------------------------------------------------------------------------------

SCHEMA = """
fields:
  town: {max_length: 5}
  moves: {type: integer, required: false}
  born: {type: date, max: today(), required: false}
"""


def a_schema(text: str = SCHEMA) -> ProfileSchema:
    return ProfileSchema.read(text, "schema.yaml", REGISTRY)


async def test_a_step_that_sets_what_the_schema_refuses_fails_there_and_then(stores: Open) -> None:
    """The person is at the step that can be mended, and what is wrong names node and field."""
    engine = an_engine(await stores(), moving(), profile_schema=a_schema())
    run = await answered(engine, "Winterthur")
    assert run.status is RunStatus.FAILED
    fault = run.run.fault
    assert fault is not None
    assert (fault.node, "profile.town" in fault.message) == ("first", True)
    await engine.previous(run)
    for town in ("Bern", "Basel", "yes"):
        await engine.next(run, {"x": town})
    assert await profile(engine) == {"town": "Basel", "moves": 1}


async def test_what_a_step_sets_is_stored_as_its_type(stores: Open) -> None:
    """A date that came as text is a date for all who read the profile later."""
    nodes = [a_set("set", profile__born="1985-03-27", profile__town="Bern")]
    engine = an_engine(await stores(), {"id": "w", "nodes": nodes}, profile_schema=a_schema())
    await engine.start("w", profile_id="ann")
    born = (await profile(engine))["born"]
    assert f"{born:%d.%m.%Y}" == "27.03.1985"


async def test_amending_goes_by_the_schema_as_well(stores: Open) -> None:
    """An event from outside can't put into a profile what no step could."""
    engine = an_engine(await stores(), moving(), profile_schema=a_schema())
    run = await answered(engine)
    with pytest.raises(FieldsRefused) as refused:
        await engine.amend(run, profile={"town": "Winterthur", "pet": True})
    assert sorted(refused.value.errors) == ["pet", "town"]
    await engine.amend(run, profile={"moves": "3"})
    assert await profile(engine) == {"moves": 3}
    assert (await history(engine))[0].origin.action is SaveAction.AMEND
