"""What every store promises (wizard.stores.contract.Store), asked of each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from immutables import Map

from tests.contract.kinds import KINDS
from tests.contract.runs import (
    EVERY_VALUE,
    NOW,
    a_job,
    a_run,
    a_step,
    answers,
    creating,
    exactly,
    full_run,
    full_step,
    full_undo,
    full_utterance,
    texts,
    turn,
)
from tests.drawing import examples
from wizard.errors import InvalidInput, KeyReused, StaleRevision
from wizard.model import Change, DocumentSave, Entry, Refused, Reply, Report, Run, RunStatus, StoredFile
from wizard.model.job import Backlog, JobKind
from wizard.model.values import MAX_VALUE_BYTES
from wizard.state.merging import Document
from wizard.stores.contract import RunPlace, RunSummary, Store


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with KINDS[request.param](tmp_path) as opened:
        yield opened


async def loaded(store: Store, run_id: str = "run-1") -> Run:
    run = await store.load(run_id)
    assert run is not None
    return run


def a_reply(scope: str = "run-1", key: str = "key-1", **changes: Any) -> Reply:
    return replace(Reply(scope, key, b"digest", 200, b'{"body": "\xc3\xab"}'), **changes)


# -- conversations -----------------------------------------------------------------------------


async def test_what_was_said_is_kept_in_order_and_goes_with_the_run(store: Store) -> None:
    """A message that is lost or out of order answers another question; one that stays after its run is deleted is a
    person's data that nobody can delete."""
    run = full_run()
    first, second = full_utterance(1, "m-1"), full_utterance()
    await store.commit(creating(run, said=(first, second)))
    following = turn(run, said=(full_utterance(3, "w-3", choices=(), expects=None, details={}),))
    await store.commit(following)
    assert exactly(list(await store.said("run-1"))) == exactly([first, second, *following.said])
    assert [said.number for said in await store.said("run-1", after=1, limit=1)] == [2]
    assert exactly(await store.utterance("run-1", "m-1")) == exactly(first)
    assert await store.utterance("run-1", "m-2") is None
    assert list(await store.said("run-2")) == []
    await store.delete_run("run-1")
    assert list(await store.said("run-1")) == []


async def test_an_id_that_was_said_before_undoes_the_whole_turn(store: Store) -> None:
    """A message that is delivered twice at once must not be answered twice, nor leave half a turn behind."""
    run, other = a_run(), a_run("run-2")
    await store.commit(creating(run, said=(full_utterance(1, "m-1"),)))
    await store.commit(creating(other, said=(full_utterance(1, "m-1"),)))
    with pytest.raises(KeyReused):
        await store.commit(turn(run, said=(full_utterance(2, "m-1"),), entries=(Entry("accepted", "name"),)))
    assert (await loaded(store)).revision == run.revision
    assert [said.number for said in await store.said("run-1")] == [1]
    assert await store.trace("run-1") == []


# -- runs --------------------------------------------------------------------------------------


def test_the_examples_leave_no_field_at_its_default() -> None:
    """A field added to Run or Step and forgotten by a store would go unseen if no example filled it."""
    for example in (full_run(), full_step(), full_undo()):
        defaults = example._field_defaults.items()
        assert [name for name, default in defaults if getattr(example, name) == default] == []


@pytest.mark.parametrize("run", [a_run(), a_run("run-1", a_step()), full_run()], ids=["created", "one step", "full"])
async def test_a_loaded_run_is_the_committed_one(store: Store, run: Run) -> None:
    """Anything that a store loses or retypes is an answer lost or misread by the next turn."""
    await store.commit(creating(run))
    assert exactly(await loaded(store)) == exactly(run)


async def test_every_status_is_kept(store: Store) -> None:
    """A run that comes back with another status would be asked or closed wrongly."""
    for status in RunStatus:
        await store.commit(creating(a_run(f"run-{status}", status=status)))
        assert (await loaded(store, f"run-{status}")).status is status


async def test_an_unknown_run_is_none(store: Store) -> None:
    """The engine tells a person that there is no such run; a store must not raise for it."""
    assert await store.load("nobody") is None
    assert await store.revision("nobody") is None


async def test_a_turn_replaces_what_it_wrote_and_nothing_else(store: Store) -> None:
    """A turn writes only rows that it changed; the others have to be there still."""
    run = a_run("run-1", a_step("a", 1), a_step("b", 2), a_step("c", 3))
    await store.commit(creating(run))
    change = turn(
        run, write=(a_step("b", 2, output={"answer": "new"}), a_step("d", 4)), drop=("c",), visits=4, cursor=1
    )
    await store.commit(change)
    after = await loaded(store)
    assert exactly(after) == exactly(change.run)
    assert [step.path for step in after.steps] == ["a", "b", "d"]
    assert await store.revision("run-1") == 2


async def test_steps_come_in_the_order_of_their_seq(store: Store) -> None:
    """Paths sort otherwise than steps: a stack in the order of its paths would send people astray."""
    run = a_run("run-1", a_step("z", 1), a_step("m", 20), a_step("a", 300))
    await store.commit(creating(run))
    change = turn(run, write=(a_step("b", 10),), cursor=1)
    await store.commit(change)
    assert [step.path for step in (await loaded(store)).steps] == ["z", "b", "m", "a"]
    assert (await loaded(store)).current == a_step("b", 10)


async def test_the_cursor_moves_without_a_step_being_written(store: Store) -> None:
    """Previous writes no step; where the person stands has to be kept all the same."""
    run = a_run("run-1", a_step("a", 1), a_step("b", 2))
    await store.commit(creating(run))
    for cursor in (0, 1, -1):
        change = turn(run, cursor=cursor)
        await store.commit(change)
        run = await loaded(store)
        assert exactly(run) == exactly(change.run)


async def test_a_step_dropped_and_entered_again_in_one_turn_is_kept(store: Store) -> None:
    """A changed answer can drop a step and come to it anew before anybody is asked."""
    run = a_run("run-1", a_step("a", 1), a_step("b", 2))
    await store.commit(creating(run))
    change = turn(run, write=(a_step("b", 9, visit=5),))._replace(dropped=("b",))
    await store.commit(change)
    assert exactly(await loaded(store)) == exactly(change.run)


async def test_what_a_run_holds_can_become_empty_again(store: Store) -> None:
    """A default that isn't stored mustn't let an older value shine through."""
    run = full_run()
    await store.commit(creating(run))
    emptied = turn(
        run,
        drop=tuple(run.by_path),
        unparked=None,
        status=RunStatus.COMPLETED,
        parked={},
        expires_at=None,
        returning=None,
        fault=None,
        removed=frozenset(),
        undone=tuple(undo.step.visit for undo in run.undos),
        visits=0,
        event={},
        profile={},
        session={},
    )
    emptied = emptied._replace(run=emptied.run._replace(parked=Map()))
    await store.commit(emptied)
    assert exactly(await loaded(store)) == exactly(emptied.run)


async def test_documents_of_a_run_follow_its_turns(store: Store) -> None:
    """Event, profile and session change seldom, and must be right when they do."""
    run = a_run(profile={"email": "old"})
    await store.commit(creating(run))
    for profile in ({"email": "new"}, {"email": "new"}, {}, {"email": "last"}):
        change = turn(run, profile=profile, removed=frozenset({"people/1"}))
        await store.commit(change)
        run = await loaded(store)
        assert exactly(run) == exactly(change.run)


async def test_runs_do_not_share_rows(store: Store) -> None:
    """Two people at the same step mustn't see each other's answers."""
    first, second = a_run("run-1", a_step(output={"who": "Ada"})), a_run("run-2", a_step(output={"who": "Bo"}))
    await store.commit(creating(first))
    await store.commit(creating(second))
    await store.commit(turn(second, drop=("name",)))
    assert (await loaded(store, "run-1")).steps == first.steps
    assert (await loaded(store, "run-2")).steps == ()


@pytest.mark.parametrize("size", [5_000, 900_000])
async def test_large_answers_are_kept(store: Store, size: int) -> None:
    """An answer over a page of a database, up to the largest that is taken."""
    run = a_run("run-1", a_step(output={"text": "é" * (size // 2)}), input={"bytes": b"\x00" * size})
    await store.commit(creating(run))
    assert exactly(await loaded(store)) == exactly(run)


async def test_names_of_any_script_are_kept(store: Store) -> None:
    """Ids, paths and keys are text; quotes, zero characters and emoji are no special case."""
    run = a_run("läuft'\"🧭\x00%_", a_step("höhe/2\x00/ß", 1), workflow="pässe", version="☃")
    await store.commit(creating(run, reply=a_reply(run.id, "schlüssel\x00")))
    assert exactly(await loaded(store, run.id)) == exactly(run)
    assert await store.reply(run.id, "schlüssel\x00") is not None
    assert await store.load("läuft'\"🧭") is None


# -- compare and swap --------------------------------------------------------------------------


async def test_a_change_from_an_older_revision_is_refused_whole(store: Store) -> None:
    """Of two answers given at once one wins, and the other leaves nothing behind (S19, S20)."""
    run = a_run("run-1", a_step("a", 1))
    await store.commit(creating(run, entries=(Entry("created"),)))
    won = turn(run, write=(a_step("b", 2),))
    await store.commit(won)
    lost = turn(
        run,
        write=(a_step("c", 3),),
        drop=("a",),
        parked={"c": {"x": 1}},
        entries=(Entry("lost"),),
        reply=a_reply(),
        files=(StoredFile("f", "f.txt", "text/plain", b"f"),),
        documents=(DocumentSave("profile", "p", {"x": 1}),),
    )
    with pytest.raises(StaleRevision) as caught:
        await store.commit(lost)
    assert caught.value.run == "run-1"
    assert exactly(await loaded(store)) == exactly(won.run)
    assert [each.entry.kind for each in await store.trace("run-1")] == ["created"]
    assert await store.reply("run-1", "key-1") is None
    assert await store.file("run-1", "f") is None
    assert await store.document("profile", "p") == Document(0, {})


async def test_a_change_of_a_run_that_is_not_there_is_refused(store: Store) -> None:
    """A turn on a run that was deleted must not bring half of it back."""
    with pytest.raises(StaleRevision):
        await store.commit(turn(a_run()))
    assert await store.load("run-1") is None


async def test_a_change_ahead_of_the_run_is_refused(store: Store) -> None:
    """After a restore from a backup a caller can hold a later revision than the stored one."""
    run = a_run()
    await store.commit(creating(run))
    with pytest.raises(StaleRevision):
        await store.commit(turn(run._replace(revision=9)))


async def test_a_run_is_created_once(store: Store) -> None:
    """Two creates with one id would let one person into the other's run."""
    await store.commit(creating(a_run("run-1", a_step("mine"))))
    with pytest.raises(StaleRevision):
        await store.commit(creating(a_run("run-1", a_step("yours"))))
    assert [step.path for step in (await loaded(store)).steps] == ["mine"]


async def test_of_fifty_answers_at_once_one_wins(store: Store) -> None:
    """A double click, or a bot: exactly one move is made, and the run is that one's."""
    run = a_run()
    await store.commit(creating(run))
    rivals = [turn(run, write=(a_step(f"step-{n}"),), entries=(Entry("accepted"),)) for n in range(50)]
    results = await asyncio.gather(*(store.commit(rival) for rival in rivals), return_exceptions=True)
    winners = [rival for rival, result in zip(rivals, results, strict=True) if result is None]
    assert len(winners) == 1
    assert sum(isinstance(result, StaleRevision) for result in results) == 49
    assert exactly(await loaded(store)) == exactly(winners[0].run)
    assert len(await store.trace("run-1")) == 1


async def test_many_runs_move_at_once(store: Store) -> None:
    """People don't wait for each other, and no turn gets lost in the crowd."""

    async def person(number: int) -> Run:
        run = a_run(f"run-{number}")
        await store.commit(creating(run))
        for seq in range(10):
            change = turn(
                run, write=(a_step(f"step-{seq}", seq, output={"who": number}),), entries=(Entry("accepted"),)
            )
            await store.commit(change)
            run = change.run
        return run

    for run in await asyncio.gather(*(person(number) for number in range(30))):
        assert exactly(await loaded(store, run.id)) == exactly(run)
        assert [each.number for each in await store.trace(run.id)] == list(range(1, 11))


# -- parked answers ----------------------------------------------------------------------------


def parking(run: Run, left: dict[str, Any], **rest: Any) -> Change:
    """A turn after which exactly `left` is parked."""
    change = turn(run, **rest)
    return change._replace(run=change.run._replace(parked=Map(left)))


async def test_parked_answers_are_kept_until_they_are_taken(store: Store) -> None:
    """Somebody who changes a mind twice finds the old answers again (S13)."""
    run = a_run("run-1", a_step("a", 1), a_step("b", 2))
    await store.commit(creating(run))
    both = parking(run, {"a": EVERY_VALUE, "b": {"x": 1}}, drop=("a", "b"), parked={"a": EVERY_VALUE, "b": {"x": 1}})
    await store.commit(both)
    assert exactly(await loaded(store)) == exactly(both.run)
    newer = parking(both.run, {"a": EVERY_VALUE, "b": {"x": 2}}, parked={"b": {"x": 2}})
    await store.commit(newer)
    assert exactly(await loaded(store)) == exactly(newer.run)
    one = parking(newer.run, {"a": EVERY_VALUE}, unparked=("b", "never-parked"))
    await store.commit(one)
    assert exactly(await loaded(store)) == exactly(one.run)
    none = parking(one.run, {}, unparked=None)
    await store.commit(none)
    assert exactly(await loaded(store)) == exactly(none.run)
    again = parking(none.run, {"c": {}}, parked={"c": {}})
    await store.commit(again)
    assert exactly(await loaded(store)) == exactly(again.run)


@pytest.mark.parametrize("stays", [True, False])
async def test_the_run_says_what_became_of_an_answer_parked_and_unparked_in_one_turn(store: Store, stays: bool) -> None:
    """A turn can drop a step and enter it again, or enter and drop it; what counts is where it ends."""
    run = a_run()
    await store.commit(creating(run))
    left = {"a": {"x": 1}} if stays else {}
    change = parking(run, left, parked={"a": {"x": 1}}, unparked=("a",))
    await store.commit(change)
    assert exactly(await loaded(store)) == exactly(change.run)
    cleared = parking(change.run, {}, parked={"b": {}}, unparked=None)
    await store.commit(cleared)
    other = parking(cleared.run, {"c": {}}, parked={"c": {}})
    await store.commit(other)
    assert exactly(await loaded(store)) == exactly(other.run)


# -- trace -------------------------------------------------------------------------------------


async def test_the_trace_numbers_entries_across_turns(store: Store) -> None:
    """An auditor reads a run's trace as one list, whichever turn wrote what."""
    run = a_run()
    entries = [Entry("entered", "a"), Entry("accepted", "a", EVERY_VALUE), Entry("completed", detail={"why": "ë"})]
    await store.commit(creating(run, entries=(entries[0],)))
    second = turn(run)
    await store.commit(second)
    third = turn(second.run, entries=tuple(entries[1:]))
    await store.commit(third)
    trace = await store.trace("run-1")
    assert [each.number for each in trace] == [1, 2, 3]
    assert [each.revision for each in trace] == [1, 3, 3]
    assert [each.at for each in trace] == [NOW, NOW + timedelta(seconds=2), NOW + timedelta(seconds=2)]
    assert exactly([each.entry for each in trace]) == exactly(entries)


async def test_the_trace_is_read_in_pages(store: Store) -> None:
    """A long trace comes in parts that neither overlap nor leave a gap, wherever they are cut."""
    run = a_run()
    await store.commit(creating(run, entries=(Entry("e1"), Entry("e2"), Entry("e3"))))
    await store.commit(turn(run, entries=tuple(Entry(f"e{n}") for n in range(4, 9))))
    kinds = [f"e{n}" for n in range(1, 9)]
    for after in range(10):
        for limit in (0, 1, 2, 5, 100):
            page = await store.trace("run-1", after, limit)
            assert [each.entry.kind for each in page] == kinds[after : after + limit]
    assert await store.trace("run-1", -3, 2) == await store.trace("run-1", 0, 2)
    assert list(await store.trace("run-1", 0, -1)) == []
    assert list(await store.trace("nobody")) == []


# -- dedupe records ----------------------------------------------------------------------------


async def test_a_reply_is_kept_without_a_change(store: Store) -> None:
    """A request that changed nothing gets the same answer again as well (S19). The first that is stored stays, and
    nothing is kept of a run that is gone."""
    await store.commit(creating(run := a_run(), reply=a_reply()))
    for body in (b"first", b"second"):
        await store.keep_reply(run.id, a_reply(run.id, "key-2", body=body), NOW)
    await store.keep_reply(run.id, a_reply(body=b"another"), NOW)
    assert await store.reply(run.id, "key-2") == a_reply(run.id, "key-2", body=b"first")
    assert await store.reply(run.id, "key-1") == a_reply()
    await store.keep_reply("gone", a_reply("gone"), NOW)
    assert await store.reply("gone", "key-1") is None
    with pytest.raises(KeyReused):
        await store.commit(turn(run, reply=a_reply(run.id, "key-2")))
    await store.delete_run(run.id)
    assert await store.reply(run.id, "key-2") is None


async def test_a_reply_is_found_by_its_scope_and_key(store: Store) -> None:
    """A repeated request gets what the first one got, to the byte (S19)."""
    reply = a_reply()
    await store.commit(creating(a_run(), reply=reply))
    assert await store.reply("run-1", "key-1") == reply
    assert await store.reply("", "key-1") is None
    assert await store.reply("run-1", "key-2") is None


async def test_a_key_is_stored_once_in_its_scope(store: Store) -> None:
    """A key that comes again with another request must not overwrite the first answer, nor move the run."""
    run = a_run()
    await store.commit(creating(run, reply=a_reply()))
    with pytest.raises(KeyReused):
        await store.commit(turn(run, reply=a_reply(digest=b"other"), entries=(Entry("lost"),)))
    assert exactly(await loaded(store)) == exactly(run)
    assert list(await store.trace("run-1")) == []
    assert await store.reply("run-1", "key-1") == a_reply()
    await store.commit(turn(run, reply=a_reply(key="key-2")))
    await store.commit(creating(a_run("run-2"), reply=a_reply("run-2", "key-1")))


async def test_a_turn_that_commits_again_answers_again(store: Store) -> None:
    """A turn with an effect answers in its first commit, in case that nobody comes to its end, and at its end in that
    answer's place; the caller gets the last one."""
    run = a_run()
    await store.commit(creating(run, reply=a_reply(body=b"working")))
    change = turn(run, reply=replace(a_reply(body=b"done"), again=True))
    await store.commit(change)
    assert await store.reply("run-1", "key-1") == a_reply(body=b"done")
    with pytest.raises(KeyReused):
        await store.commit(turn(change.run, reply=a_reply(body=b"another")))


async def test_one_key_creates_one_run(store: Store) -> None:
    """A form that was sent twice starts one run, although each request has drawn an id of its own."""
    changes = [creating(a_run(f"run-{n}"), reply=a_reply("", "key", body=str(n).encode())) for n in range(10)]
    results = await asyncio.gather(*(store.commit(change) for change in changes), return_exceptions=True)
    (winner,) = (n for n, result in enumerate(results) if result is None)
    assert sum(isinstance(result, KeyReused) for result in results) == 9
    assert [run.id for run in await store.list_runs()] == [f"run-{winner}"]
    assert await store.reply("", "key") == a_reply("", "key", body=str(winner).encode())


async def test_a_stale_change_is_stale_whatever_its_key(store: Store) -> None:
    """The caller learns first that the run has moved, and looks for the stored answer then."""
    run = a_run()
    await store.commit(creating(run, reply=a_reply()))
    with pytest.raises(StaleRevision):
        await store.commit(turn(run._replace(revision=5), reply=a_reply()))


# -- lists -------------------------------------------------------------------------------------


async def test_runs_are_listed_newest_first_and_in_pages(store: Store) -> None:
    """Somebody who looks after the runs pages through all of them, those of one moment included."""
    moments = [0, 5, 5, 5, 2, 9]
    for n, minute in enumerate(moments):
        await store.commit(creating(a_run(f"run-{n}", created_at=NOW + timedelta(minutes=minute))))
    wanted = ["run-5", "run-3", "run-2", "run-1", "run-4", "run-0"]
    assert [run.id for run in await store.list_runs()] == wanted
    listed: list[RunSummary] = []
    while page := await store.list_runs(limit=2, before=listed[-1].place if listed else None):
        listed += page
    assert [run.id for run in listed] == wanted
    assert list(await store.list_runs(limit=0)) == list(await store.list_runs(limit=-1)) == []


@pytest.mark.parametrize("profile", [None, "ann"])
async def test_a_page_goes_on_where_its_last_run_was_deleted(profile: str | None, store: Store) -> None:
    """Whoever deletes a run while somebody pages doesn't end their list there."""
    for n in range(6):
        created = NOW + timedelta(minutes=n // 2)
        await store.commit(creating(a_run(f"run-{n}", profile_id="ann", created_at=created)))
    page = await store.list_runs(profile=profile, limit=3)
    await store.delete_run(page[-1].id)
    before = RunPlace.of(str(page[-1].place))
    assert [run.id for run in await store.list_runs(profile=profile, before=before)] == ["run-2", "run-1", "run-0"]


async def test_runs_are_listed_by_workflow_and_status(store: Store) -> None:
    """The failed runs of one workflow are what somebody on call asks for."""
    for n, (workflow, status) in enumerate((("a", "failed"), ("b", "failed"), ("a", "waiting"), ("a", "failed"))):
        created = NOW + timedelta(minutes=n)
        await store.commit(creating(a_run(f"run-{n}", workflow=workflow, status=RunStatus(status), created_at=created)))
    listed = await store.list_runs(workflow="a", status=RunStatus.FAILED)
    assert [run.id for run in listed] == ["run-3", "run-0"]
    place = RunPlace(NOW + timedelta(minutes=2), "run-2")
    assert [run.id for run in await store.list_runs(workflow="a", status=RunStatus.FAILED, before=place)] == ["run-0"]
    assert [run.id for run in await store.list_runs(workflow="b")] == ["run-1"]
    assert [run.id for run in await store.list_runs(status=RunStatus.WAITING)] == ["run-2"]


async def test_runs_are_counted_by_workflow_and_status(store: Store) -> None:
    """Who is about to deploy sees how many people are at work; counting them all each time would take seconds."""
    assert await store.count_runs() == {}
    runs = [a_run("run-1"), a_run("run-2"), a_run("run-3")._replace(workflow="order")]
    for run in runs:
        await store.commit(creating(run))
    status = runs[0].status
    assert await store.count_runs() == {runs[0].workflow: {status: 2}, "order": {status: 1}}
    await store.commit(turn(runs[0], status=RunStatus.COMPLETED))
    assert await store.count_runs() == {
        runs[0].workflow: {status: 1, RunStatus.COMPLETED: 1},
        "order": {status: 1},
    }
    await store.delete_run("run-1")
    await store.delete_run("run-3")
    assert await store.count_runs() == {runs[0].workflow: {status: 1}}


async def test_a_persons_runs_are_listed_and_nobody_elses(store: Store) -> None:
    """Ann finds what she has begun, in pages; a line too many would be another person's."""
    owners = {"a0": "ann", "b0": "bob", "n0": None, "a1": "ann", "a2": "ann", "b1": "bob", "z0": "ann\0"}
    for n, (run_id, profile) in enumerate(owners.items()):
        moment = NOW + timedelta(minutes=min(n, 4))
        workflow = "b" if run_id == "a1" else "a"
        await store.commit(creating(a_run(run_id, profile_id=profile, created_at=moment, workflow=workflow)))
    assert [run.id for run in await store.list_runs(profile="ann")] == ["a2", "a1", "a0"]
    assert [run.id for run in await store.list_runs(profile="ann", workflow="a")] == ["a2", "a0"]
    assert [run.id for run in await store.list_runs(profile="ann", limit=2)] == ["a2", "a1"]
    assert [
        run.id for run in await store.list_runs(profile="ann", before=RunPlace(NOW + timedelta(minutes=3), "a1"))
    ] == ["a0"]
    assert [run.id for run in await store.list_runs(profile="ann\0")] == ["z0"]
    after_all = RunPlace(NOW + timedelta(days=1), "b1")
    assert [run.id for run in await store.list_runs(profile="ann", before=after_all)] == ["a2", "a1", "a0"]
    assert list(await store.list_runs(profile="nobody")) == list(await store.list_runs(profile="")) == []
    moved = a_run("a2", profile_id="ann", created_at=NOW + timedelta(minutes=4), workflow="a")
    await store.commit(turn(moved, status=RunStatus.COMPLETED))
    assert [run.status for run in await store.list_runs(profile="ann", limit=1)] == [RunStatus.COMPLETED]
    assert await store.delete_run("a1")
    assert [run.id for run in await store.list_runs(profile="ann")] == ["a2", "a0"]
    with pytest.raises(StaleRevision):
        await store.commit(creating(a_run("b0", profile_id="ann")))
    assert [run.id for run in await store.list_runs(profile="ann")] == ["a2", "a0"]


async def test_a_line_of_the_list_is_the_run_as_it_is_now(store: Store) -> None:
    """A list that lags behind sends whoever reads it to the wrong runs."""
    run = a_run()
    await store.commit(creating(run))
    after = turn(run, status=RunStatus.COMPLETED).run
    await store.commit(turn(run, status=RunStatus.COMPLETED))
    expected = RunSummary("run-1", "passport", "v1", RunStatus.COMPLETED, 2, NOW, after.updated_at, after.expires_at)
    assert exactly((await store.list_runs())[0]) == exactly(expected)


# -- definitions, documents, files -------------------------------------------------------------


async def test_a_definition_is_kept_as_it_was_saved_first(store: Store) -> None:
    """Runs are pinned to a content hash (S22): what it stands for never changes."""
    assert await store.definition("v1") is None
    await store.save_definition("v1", b"id: passport\n")
    await store.save_definition("v1", b"something else")
    assert await store.definition("v1") == b"id: passport\n"


async def test_documents_are_merged_field_by_field(store: Store) -> None:
    """Two runs of one person that end at the same time lose nothing of each other's."""
    assert await store.document("profile", "p") == Document(0, {})
    saves = [{"email": "a", "address": {"city": "Bern"}}, {"phone": "1"}, {"address": {"zip": "3000"}, "email": None}]
    changes = [
        creating(a_run(f"run-{n}"), documents=(DocumentSave("profile", "p", save),)) for n, save in enumerate(saves)
    ]
    await asyncio.gather(*(store.commit(change) for change in changes))
    merged = await store.document("profile", "p")
    assert (merged.revision, merged.fields["phone"]) == (3, "1")
    last = {name: merged.fields[name] for name in ("email", "address")}  # whichever of the two came last, whole
    assert last in ({"email": "a", "address": {"city": "Bern"}}, {"email": None, "address": {"zip": "3000"}})
    assert await store.document("session", "p") == Document(0, {})
    assert await store.document("profile", "q") == Document(0, {})


async def test_one_change_saves_several_documents(store: Store) -> None:
    """A run ends with its profile and its session, and may save one of them in two parts."""
    saves = (
        DocumentSave("profile", "p", EVERY_VALUE),
        DocumentSave("session", "s", {"cart": []}),
        DocumentSave("profile", "p", {"one": 2}),
    )
    await store.commit(creating(a_run(), documents=saves))
    assert exactly(await store.document("profile", "p")) == exactly(Document(2, {**EVERY_VALUE, "one": 2}))
    assert exactly(await store.document("session", "s")) == exactly(Document(1, {"cart": []}))


async def test_a_document_does_not_grow_without_bound(store: Store) -> None:
    """Every save may be small and the sum too large to be handed to nodes; the change is refused whole."""
    half = "x" * (MAX_VALUE_BYTES * 2 // 3)
    await store.commit(creating(a_run("run-1"), documents=(DocumentSave("profile", "p", {"a": half}),)))
    with pytest.raises(InvalidInput, match="profile would be larger"):
        await store.commit(creating(a_run("run-2"), documents=(DocumentSave("profile", "p", {"b": half}),)))
    assert await store.load("run-2") is None
    assert await store.document("profile", "p") == Document(1, {"a": half})


async def test_a_file_is_found_in_its_run_only(store: Store) -> None:
    """An upload is read with the run's key; another run's mustn't open it."""
    file = StoredFile("f-1", "père noël.pdf", "application/pdf", bytes(range(256)) * 1000)
    await store.commit(creating(a_run(), files=(file, replace(file, id="f-2", content=b""))))
    assert await store.file("run-1", "f-1") == file
    assert await store.file("run-1", "f-2") == replace(file, id="f-2", content=b"")
    assert await store.file("run-2", "f-1") is None


async def test_the_files_of_a_run_are_listed(store: Store) -> None:
    """What is handed to a person who asks for all that is stored of a run."""
    files = [StoredFile(f"f-{n}", f"{n}.txt", "text/plain", str(n).encode()) for n in (2, 1, 3)]
    await store.commit(creating(a_run(), files=tuple(files)))
    await store.commit(creating(a_run("run-2"), files=(StoredFile("other", "", "", b""),)))
    assert list(await store.files("run-1")) == sorted(files, key=lambda file: file.id)
    assert list(await store.files("nobody")) == []


# -- undos -------------------------------------------------------------------------------------


async def test_undos_are_owed_until_they_are_done(store: Store) -> None:
    """A booking that is to be cancelled must not be forgotten by a restart, nor be cancelled for ever."""
    run = a_run("run-1", a_step())
    await store.commit(creating(run))
    undos = tuple(full_undo(f"step-{n}", 100 * n, n, failed=n == 2) for n in (1, 2, 3))
    owing = turn(run, undos=undos)
    await store.commit(owing)
    stored = await loaded(store)
    assert exactly(stored) == exactly(owing.run)
    assert [undo.step.path for undo in stored.undos] == ["step-3", "step-2", "step-1"]
    again = turn(stored, undos=(undos[0]._replace(tries=9, error=None, failed=True),), undone=(3,))
    await store.commit(again)
    assert exactly(await loaded(store)) == exactly(again.run)
    assert [undo.tries for undo in (await loaded(store)).undos] == [2, 9]
    settled = turn(again.run, undone=(1, 2))
    await store.commit(settled)
    assert (await loaded(store)).undos == ()


async def test_an_undo_that_is_owed_and_done_in_one_turn_is_done(store: Store) -> None:
    """Most undos succeed at once, in the turn that drops the step."""
    run = a_run()
    await store.commit(creating(run))
    change = turn(run, undos=(full_undo(),), undone=(full_undo().step.visit,))
    await store.commit(change)
    assert exactly(await loaded(store)) == exactly(change.run)
    assert list(await store.failed_undos()) == []


async def test_undos_that_were_given_up_are_found(store: Store) -> None:
    """An operator asks which runs are left with something that nobody undid."""
    undos = (full_undo("a", 1, 1), full_undo("b", 2, 2), full_undo("c", 3, 3, failed=False))
    for name, owed in (("run-2", undos), ("run-1", undos[:1]), ("run-3", undos[2:]), ("run-4", ())):
        await store.commit(creating(a_run(name, undos=tuple(reversed(owed)))))
    assert list(await store.failed_undos()) == ["run-1", "run-2"]
    assert list(await store.failed_undos(limit=1)) == ["run-1"]
    assert (await store.backlog(NOW)).failed_undos == 3
    await store.commit(turn(await loaded(store, "run-1"), undone=(1,)))
    await store.commit(turn(await loaded(store, "run-2"), undos=(undos[0]._replace(failed=False),)))
    assert list(await store.failed_undos()) == ["run-2"]
    assert (await store.backlog(NOW)).failed_undos == 1


# -- reports -----------------------------------------------------------------------------------


async def test_the_last_report_is_kept(store: Store) -> None:
    """Somebody who waits sees how far the work is, whichever process does it."""
    run = a_run()
    await store.commit(creating(run))
    assert await store.reported("run-1") is None
    for report in (Report(3, 10.5, "läuft"), Report(3, None, ""), Report(4, 100.0, "done")):
        await store.report("run-1", report)
        assert exactly(await store.reported("run-1")) == exactly(report)
    assert await store.revision("run-1") == 1
    await store.commit(turn(run))


async def test_a_report_of_no_run_is_not_kept(store: Store) -> None:
    """Work that goes on after its run was deleted must not leave anything behind."""
    await store.report("run-1", Report(1, 50.0, "still at it"))
    assert await store.reported("run-1") is None


# -- refused pages -------------------------------------------------------------------------------


def a_refusal(scope: str = "run-1", key: str = "k", minutes: int = 0, typed: str = "Ann") -> Refused:
    return Refused(scope, key, NOW + timedelta(minutes=minutes), {"values": {"name": typed, "rent": Decimal("1.50")}})


async def test_what_was_refused_is_shown_again(store: Store) -> None:
    """The page that follows a wrong answer is asked for by another request, maybe of another process."""
    await store.commit(creating(a_run()))
    assert await store.refused("run-1", "k") is None
    for refusal in (a_refusal(), a_refusal(typed="Bo", minutes=1), a_refusal("", "start")):
        await store.keep_refused(refusal, 5, NOW)
        assert exactly(await store.refused(refusal.scope, refusal.key)) == exactly(refusal)
    assert await store.revision("run-1") == 1
    await store.forget_refused("run-1", "k")
    await store.forget_refused("run-1", "k")
    assert await store.refused("run-1", "k") is None
    assert await store.refused("", "k") is None
    assert await store.refused("", "start") is not None


async def test_a_refusal_of_no_run_is_not_kept(store: Store) -> None:
    """What is sent while the run is deleted must not stay behind."""
    await store.keep_refused(a_refusal(), 5, NOW)
    assert await store.refused("run-1", "k") is None


async def test_refusals_are_bounded_in_number_and_time(store: Store) -> None:
    """Whoever sends nonsense all day fills no disk, and takes no room from another run."""
    await store.commit(creating(a_run("run-1")))
    await store.commit(creating(a_run("run-2")))
    await store.keep_refused(a_refusal("run-2"), 3, NOW)
    for n in range(6):
        await store.keep_refused(a_refusal(key=f"k{n}", minutes=n), 3, NOW)
    kept = [await store.refused("run-1", f"k{n}") is not None for n in range(6)]
    assert kept == [False, False, False, True, True, True]
    assert await store.refused("run-2", "k") is not None
    await store.keep_refused(a_refusal(key="new", minutes=9), 3, NOW + timedelta(minutes=5))
    assert await store.refused("run-2", "k") is None
    assert await store.refused("run-1", "k5") is not None
    assert await store.refused("run-1", "k4") is None
    await store.prune(NOW + timedelta(hours=1))
    assert await store.refused("run-1", "new") is None


# -- what is kept and how long -----------------------------------------------------------------


async def test_a_deleted_run_leaves_nothing(store: Store) -> None:
    """Somebody who asks for deletion is owed all of it, the answer to the first request included."""
    for name in ("run-1", "run-10", "run"):
        run = full_run(name)
        await store.commit(
            creating(
                run,
                entries=(Entry("created"),),
                reply=a_reply("", f"start {name}"),
                files=(StoredFile("f", "f.txt", "text/plain", b"f"),),
                jobs=(a_job(name), a_job(name, JobKind.EXPIRE, 0, after=7200)),
                documents=(DocumentSave("profile", "p", {"x": 1}),),
            )
        )
        await store.commit(turn(run, reply=a_reply(name)))
        await store.report(name, Report(1, 1.0, "x"))
        await store.keep_refused(a_refusal(name), 5, NOW)
    assert await store.delete_run("run-1") is True
    assert await store.delete_run("run-1") is False
    assert await store.load("run-1") is None
    assert await store.revision("run-1") is None
    assert await store.reply("", "start run-1") is None
    assert await store.reply("run-1", "key-1") is None
    assert await store.reported("run-1") is None
    assert await store.refused("run-1", "k") is None
    assert await store.file("run-1", "f") is None
    assert [*await store.trace("run-1"), *await store.files("run-1")] == []
    assert [run.id for run in await store.list_runs()] == ["run-10", "run"]
    assert list(await store.failed_undos()) == ["run", "run-10"]
    assert await store.backlog(NOW) == Backlog(due=2, later=2, failed_undos=2)
    assert (await store.document("profile", "p")).fields == {"x": 1}
    for name in ("run-10", "run"):
        assert len((await loaded(store, name)).undos) == 2
        assert await store.reply("", f"start {name}") is not None
        assert await store.reply(name, "key-1") is not None
        assert len(await store.files(name)) == len(await store.trace(name)) == 1
        assert await store.reported(name) == Report(1, 1.0, "x")
        assert await store.refused(name, "k") == a_refusal(name)
    with pytest.raises(StaleRevision):
        await store.commit(turn(full_run("run-1")._replace(revision=2)))
    await store.commit(creating(a_run("run-1", a_step())))
    assert exactly(await loaded(store)) == exactly(a_run("run-1", a_step()))


async def test_old_replies_are_pruned(store: Store) -> None:
    """Dedupe records are kept as long as a request may come again, and not for ever."""
    for n in range(5):
        at = NOW + timedelta(hours=n)
        await store.commit(creating(a_run(f"run-{n}", updated_at=at), reply=a_reply("", f"key-{n}")))
    assert await store.prune(NOW + timedelta(hours=3), limit=2) == 2
    assert await store.prune(NOW + timedelta(hours=3)) == 1
    assert await store.prune(NOW + timedelta(hours=3)) == 0
    assert [n for n in range(5) if await store.reply("", f"key-{n}") is not None] == [3, 4]
    assert len(await store.list_runs()) == 5


async def test_the_backlog_is_counted(store: Store) -> None:
    """Whoever runs the service sees whether the workers keep up. What is due is reckoned from when it was ordered: a
    database goes by its own clock."""
    assert await store.backlog(NOW) == Backlog(0, 0, 0)
    jobs = tuple(a_job(visit=n, after=after) for n, after in enumerate((0, 0, 3600, 7200)))
    await store.commit(creating(a_run(), jobs=jobs))
    assert await store.backlog(NOW) == Backlog(due=2, later=2, failed_undos=0)


async def test_a_probe_leaves_nothing(store: Store) -> None:
    """It is asked for every few seconds for years."""
    for _ in range(3):
        await store.probe()
    assert not await store.list_runs()
    assert await store.definition("") is None


async def test_there_is_nothing_to_encrypt_anew(store: Store) -> None:
    """Rotation ends: what is under the key in use already isn't written again."""
    await store.commit(creating(full_run(), reply=a_reply(), jobs=(a_job(payload={"to": "Zoë"}),)))
    assert await store.reseal() == 0


# -- any sequence of turns ---------------------------------------------------------------------

paths = st.sampled_from(["a", "b", "c", "people/1/name", "people/after-1", "a~2"])
steps = st.builds(
    lambda path, example, output, state: (full_step if example else a_step)(path, 10 * hash_of(path))._replace(
        output=output, state=state
    ),
    paths,
    st.booleans(),
    st.none() | answers,
    st.none() | answers,
)


undos = st.builds(
    lambda visit, **rest: full_undo("old", 64 * visit, visit, **rest),
    st.integers(1, 4),
    failed=st.booleans(),
    tries=st.integers(0, 9),
)


def hash_of(path: str) -> int:
    return ["a", "people/after-1", "c", "a~2", "people/1/name", "b"].index(path)


@st.composite
def turns(draw: st.DrawFn, run: Run) -> Change:
    """A turn that an engine could make of `run`: its parts agree with each other."""
    write = {step.path: step for step in draw(st.lists(steps, max_size=3))}
    drop = tuple(path for path in draw(st.sets(paths, max_size=2)) if path in run.by_path and path not in write)
    parked = draw(st.dictionaries(paths, answers, max_size=2))
    unparked = draw(st.none() | st.sets(paths, max_size=2).map(tuple))
    left = {path: kept for path, kept in run.parked.items() if unparked is not None and path not in unparked}
    change = turn(
        run,
        write=tuple(write.values()),
        drop=drop,
        parked=parked,
        unparked=unparked,
        status=draw(st.sampled_from(RunStatus)),
        visits=draw(st.integers(0, 2**70)),
        returning=draw(st.none() | texts),
        removed=frozenset(draw(st.sets(texts, max_size=2))),
        event=draw(answers),
        session=draw(answers),
        undos=tuple(draw(st.lists(undos, max_size=2, unique_by=lambda undo: undo.step.visit))),
        undone=tuple(draw(st.sets(st.integers(1, 4), max_size=1))),
        entries=tuple(draw(st.lists(st.builds(Entry, texts, texts, answers), max_size=3))),
    )
    cursor = draw(st.integers(-1, len(change.run.steps) - 1))
    return change._replace(run=change.run._replace(cursor=cursor, parked=Map({**left, **parked})))


@pytest.fixture(scope="module")
def all_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, dict[str, Store]]]:
    """One of each kind, open as long as the loop that they belong to: making a database anew takes long."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def opened() -> dict[str, Store]:
            folder = tmp_path_factory.mktemp("stores")
            return {kind: await stack.enter_async_context(make(folder)) for kind, make in KINDS.items()}

        yield runner, runner.run(opened())
        runner.run(stack.aclose())


run_ids = (f"run-{number}" for number in count())


@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_all_stores_hold_the_same_run_after_any_turns(
    all_stores: tuple[asyncio.Runner, dict[str, Store]], data: st.DataObject
) -> None:
    """A flow that was tried out in memory behaves the same in production, whatever it does."""
    runner, stores = all_stores

    async def story() -> None:
        run_id = next(run_ids)
        change = creating(a_run(run_id, input=data.draw(answers)))
        for _ in range(data.draw(st.integers(1, 6))):
            wanted = exactly(change.run)
            for kind, store in stores.items():
                await store.commit(change)
                assert exactly(await loaded(store, run_id)) == wanted, kind
            change = data.draw(turns(change.run))
        first, *others = [exactly(list(await store.trace(run_id))) for store in stores.values()]
        assert all(other == first for other in others)

    runner.run(story())


async def test_what_a_turn_left_alone_stays(store: Store) -> None:
    """A turn that says that it changed no document and no event writes none, and loses none."""
    run = full_run()
    await store.commit(creating(run))
    await store.commit(turn(run, context=False))
    after = await loaded(store)
    assert (after.revision, exactly(after.arrivals)) == (run.revision + 1, exactly(run.arrivals))
    assert exactly((after.event, after.deliveries, after.removed)) == exactly((run.event, run.deliveries, run.removed))


async def test_events_come_and_go(store: Store) -> None:
    """What a step took out of the queue isn't there again after the next load; its step has it."""
    run = full_run()
    await store.commit(creating(run))
    took = a_step("w", 9500, took=run.arrivals[0]._replace(packed=b""), output={"data": run.arrivals[0].data})
    await store.commit(turn(run, write=(took,), arrivals=run.arrivals[1:]))
    after = await loaded(store)
    assert exactly(after.arrivals) == exactly(run.arrivals[1:])
    assert exactly(after.by_path["w"]) == exactly(took)
