"""How runs begin and end, and what they hand on (section 6)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conversations import Conversation
from tests.stores import Open, stores
from tests.workflows import Book, Clock, ask, branch, catalog, engine, flow, work
from wizard.engine import Engine
from wizard.errors import (
    InvalidInput,
    RunCompleted,
    RunExpired,
    WorkflowNotFound,
)
from wizard.model import RunStatus
from wizard.node import Services
from wizard.stores.memory import MemoryStore

__all__ = ["stores"]  # a fixture


async def test_a_run_expires() -> None:
    """expires_after: a run that nobody finished can be looked at, and no longer be moved."""
    clock = Clock()
    made = engine(flow("main", ask("a"), ask("b"), expires_after="28d"), clock=clock)
    run = await made.start("main")
    clock.move(days=27)
    await made.next(run, {"x": "1"})
    clock.move(days=1)
    calls: list[Any] = [
        made.next(run.id, {"x": "2"}),
        made.previous(run.id),
        made.change(run.id, "a", {"x": "2"}),
        made.remove_item(run.id, "hh/1"),
        made.amend(run.id, session={"k": 1}),
    ]
    for call in calls:
        with pytest.raises(RunExpired):
            await call
    view = await made.load(run.id)
    assert (view.status, view.has_next, view.has_previous) == (RunStatus.EXPIRED, False, False)
    assert view.answers == {"a": {"x": "1"}}


async def test_a_completed_run_doesnt_expire() -> None:
    """expires_after: what is done stays done."""
    clock = Clock()
    made = engine(flow("main", ask("a"), expires_after="1d"), clock=clock)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    clock.move(days=2)
    assert (await made.load(run)).status is RunStatus.COMPLETED


async def test_input_is_checked_before_a_run_exists() -> None:
    """create and start: a caller's mistake leaves no half-born run behind."""
    declared = {"country": {"type": "text", "default": "CH"}, "count": {"type": "integer", "required": False}}
    made = engine(flow("main", ask("a", title="For {{ input.country }}"), work("t", "input.count"), input=declared))
    run = await made.start("main", {"count": 2})
    assert run.current.title == "For CH"
    await made.next(run, {"x": "1"})
    assert run.run.by_path["t"].output == {"v": "[2]"}
    for wrong in ({"count": "many"}, {"nothing": 1}, {"country": ["CH"]}):
        for begin in (made.create, made.start):
            with pytest.raises(InvalidInput, match="input of workflow main"):
                await begin("main", wrong)
    with pytest.raises(InvalidInput, match=r"There is no field “contry” here\. Did you mean “country”"):
        await made.start("main", {"contry": "CH"})
    free = engine(flow("main", ask("a")))
    assert (await free.create("main", {"anything": [1, {"b": None}]})).run.input == {"anything": [1, {"b": None}]}
    refused: list[dict[str, Any]] = [
        {"input": {"x": object()}}, {"event": {"x": object()}}, {"session": {"x": float("nan")}}
    ]  # fmt: skip
    for wrong_keys in refused:
        with pytest.raises(InvalidInput):
            await free.start("main", **wrong_keys)
    with pytest.raises(WorkflowNotFound):
        await free.create("mian")


async def test_a_run_sees_what_it_was_handed() -> None:
    """Section 6: the event that triggered it, the profile, the session, and itself."""
    made = engine(flow("main", work("t", "event.kind", "profile.name", "session.k", "run.id", "run.started"), ask("a")))
    run = await made.start("main", event={"kind": "call"}, session={"k": 1})
    assert run.run.by_path["t"].output == {"v": "['call', None, 1, 'run-1', datetime.date(2030, 1, 1)]"}


async def test_what_steps_set_is_taken_back_when_they_leave_the_path() -> None:
    """Section 6: a patch is a part of its step; going another way undoes it by itself."""
    nodes = (ask("a"), branch("c", ("a.x == 'set'", "s"), "t"), work("s", "a.x", sets="session.k"))
    made = engine(flow("main", *nodes, work("t", "session.k"), ask("z")))
    person = Conversation(made, await made.start("main", session={"k": "before"}))
    await person.says("set")
    assert person.output("t") == {"v": "['set']"}
    await person.changes("a", "not")
    assert person.output("t") == {"v": "['before']"}


async def test_profile_and_session_are_saved_when_the_run_ends(stores: Open) -> None:
    """Section 6: what a person said once is known in the next run; before the end nothing is saved."""
    one = engine(
        flow(
            "main", ask("a", sets="profile.name"), work("t", "profile.name", "profile.old"), ask("b", sets="session.k")
        ),
        store=await stores(),
    )
    run = await one.start("main", profile_id="ada", session_id="s")
    await one.next(run, {"x": "Ada"})
    assert (await one.store.document("profile", "ada")).revision == 0
    await one.next(run, {"x": "1"})
    assert (await one.store.document("profile", "ada")).fields == {"name": "Ada"}
    assert (await one.store.document("session", "s")).fields == {"k": "1"}
    again = await one.start("main", profile_id="ada", session={"k": "2"}, session_id="s")
    assert (again.run.profile, again.run.session) == ({"name": "Ada"}, {"k": "2"})


async def test_two_runs_of_one_profile_lose_nothing(stores: Open) -> None:
    """Section 6: saved field by field: neither run overwrites what the other one has saved meanwhile."""
    made = engine(
        flow("main", ask("a", sets="profile.name")), flow("other", ask("a", sets="profile.phone")), store=await stores()
    )
    one, two = await made.start("main", profile_id="p"), await made.start("other", profile_id="p")
    await asyncio.gather(made.next(one, {"x": "Ada"}), made.next(two, {"x": "123"}))
    document = await made.store.document("profile", "p")
    assert (document.fields, document.revision) == ({"name": "Ada", "phone": "123"}, 2)


async def test_a_run_that_set_nothing_saves_nothing() -> None:
    """Section 6: whoever only reads a profile leaves its revision alone: a program that changes it under its revision
    mustn't get a conflict for that."""
    made = engine(flow("main", ask("a", sets="profile.name"), ask("b")))
    run = await made.start("main", profile_id="ada", session_id="s")
    await made.next(run, {"x": "Ada"})
    await made.next(run, {"x": "1"})
    assert (await made.store.document("profile", "ada")).revision == 1
    assert (await made.store.document("session", "s")).revision == 0


async def test_without_an_id_nothing_is_saved_anywhere() -> None:
    """Section 6: a run of nobody's profile changes nobody's."""
    made = engine(flow("main", ask("a", sets="profile.name")))
    await made.next(await made.start("main"), {"x": "Ada"})
    assert (await made.store.document("profile", "")).revision == 0


async def test_runs_have_ids_and_dates_of_their_own() -> None:
    """Without anything injected: ids and tokens that nobody guesses, and the time that it is."""
    made = Engine(catalog(flow("main", ask("a"))), MemoryStore(), services=Services(shared={"book": Book()}))
    one, two = await made.start("main"), await made.start("main")
    assert one.id != two.id
    assert one.token != two.token
    assert len(one.id) >= 22
    assert abs(datetime.now(UTC) - one.run.created_at) < timedelta(minutes=1)


async def test_what_an_event_set_in_the_profile_is_saved_as_well() -> None:
    """Section 6: a profile that was changed from outside while the run went on is saved with the rest."""
    made = engine(flow("main", ask("a")))
    run = await made.start("main", profile_id="ada")
    await made.amend(run, profile={"phone": "123"})
    await made.next(run, {"x": "1"})
    assert (await made.store.document("profile", "ada")).fields == {"phone": "123"}


async def test_a_completed_run_is_not_amended() -> None:
    """S5: what is done stays as it is; what would be set has no reader and would never be saved."""
    made = engine(flow("main", ask("a")))
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    with pytest.raises(RunCompleted):
        await made.amend(run, session={"k": 1})


async def test_amending() -> None:
    """An event from outside changes what is read from then on, and moves nothing."""
    made = engine(flow("main", ask("a"), work("t", "session.k", "event.e", "profile.p"), ask("b")))
    run = await made.start("main", session={"k": 1, "other": 2})
    await made.amend(run, session={"k": 3}, event={"e": 4}, profile={"p": 5})
    assert (run.step, run.run.session) == ("a", {"k": 3, "other": 2})
    await made.next(run, {"x": "1"})
    assert run.run.by_path["t"].output == {"v": "[3, 4, 5]"}
    with pytest.raises(InvalidInput, match="no document 'answers'"):
        await made.amend(run, answers={"a": 1})
    with pytest.raises(InvalidInput, match="session"):
        await made.amend(run, session={"k": object()})
