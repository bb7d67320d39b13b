"""Turns from outside: who wins, and what is repeated (S19); tokens and versions (S18, S22)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.stores import Open, stores
from tests.workflows import Book, Document, ask, book_of, counted, embed, engine, flow, work
from wizard.engine import Engine
from wizard.errors import (
    CallerError,
    InvalidInput,
    NotAStep,
    NotYours,
    RunBusy,
    RunCompleted,
    RunNotFound,
    StaleInput,
    StaleRevision,
    WorkflowNotFound,
    WorkflowUnavailable,
)
from wizard.model import Change, Reply, RunStatus
from wizard.stores.memory import MemoryStore

__all__ = ["stores"]  # a fixture

AB = flow("main", ask("a"), work("t", "a.x"), ask("b"), ask("c"))


async def test_s19_answers_for_a_step_that_is_no_longer_current_are_a_conflict() -> None:
    """S19: two tabs; the second one answers a page that the first one has left."""
    made = engine(AB)
    first = await made.start("main")
    second = await made.load(first.id)
    await made.next(first, {"x": "1"})
    with pytest.raises(StaleInput) as caught:
        await made.next(second, {"x": "2"})
    assert caught.value.run == first.id
    assert (await made.load(second)).answers == {"a": {"x": "1"}}


async def test_s19_the_same_answers_again_change_nothing_and_get_the_same_result() -> None:
    """S19: a double click, or a form that is sent once more because the network was slow."""
    made = engine(AB)
    run = await made.start("main")
    again = await made.load(run.id)
    await made.next(run, {"x": "1", "y": "2"})
    book_of(made).take()
    await made.next(again, {"y": "2", "x": "1"})
    assert (again.step, again.revision, book_of(made).take()) == ("b", run.revision, [])
    await made.next(run, {"x": "b"})
    late = await made.next(run.id, {"x": "1", "y": "2"}, step="a")
    assert late.step == "c", "it sees what there is now"


async def test_a_page_s_unknown_button_moves_nothing() -> None:
    """A host that hands over what its form sent would send people back with whatever else stands there."""
    made = engine(AB)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    with pytest.raises(InvalidInput, match="`action` is one of next, previous, save"):
        await made.submit(run, "b", "Back")  # type: ignore[arg-type]
    assert (await made.load(run.id)).step == "b"


async def test_s19_on_a_completed_run() -> None:
    """S19: the last page sent twice is no error; another answer to it is."""
    made = engine(flow("main", ask("a")))
    run = await made.start("main")
    old = await made.load(run.id)
    await made.next(run, {"x": "1"})
    assert (await made.next(old.id, {"x": "1"}, step="a")).status is RunStatus.COMPLETED
    with pytest.raises(StaleInput, match="completed"):
        await made.next(run.id, {"x": "2"}, step="a")
    assert (await made.next(run, {"x": "2"})).answers == {"a": {"x": "1"}}, "S5: Next changes nothing"


@pytest.mark.parametrize("step", ["nowhere", "", "a/b", "b", "t", "a~2", "a\x00", "x" * 10_000])
async def test_s19_a_forged_step_is_a_conflict(step: str) -> None:
    """S19: whatever a client makes up, it is told to look at the current step."""
    made = engine(AB)
    run = await made.start("main")
    with pytest.raises(StaleInput):
        await made.next(run.id, {"x": "1"}, step=step)
    assert (await made.load(run.id)).revision == run.revision


async def test_s19_nobody_answers_for_work_that_was_done() -> None:
    """S19: a client that takes a look-up for a question is told so, and not that its answer was taken."""
    made = engine(AB)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    assert [line.step for line in run.path] == ["a", "t", "b"]
    for answers in ({"x": "1"}, {}):
        with pytest.raises(StaleInput):
            await made.next(run.id, answers, step="t")


async def test_s19_a_kept_step_can_not_be_answered() -> None:
    """S19: a page above the one that the person went back to isn't on the path."""
    made = engine(AB)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    await made.previous(run)
    with pytest.raises(StaleInput):
        await made.next(run.id, {"x": "b"}, step="b")
    assert (await made.next(run.id, {"x": "1"}, step="a")).step == "b", "the step waits again, so this is an answer"


async def test_s19_a_revision_that_is_named_must_be_the_current_one() -> None:
    """S19: a program that read the run, thought, and answers, learns that it was changed meanwhile."""
    made = engine(AB)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    calls: list[Any] = [
        made.next(run.id, {"x": "2"}, revision=1),
        made.previous(run, revision=1),
        made.change(run, "a", {"x": "2"}, revision=1),
        made.remove_item(run, "hh/1", revision=1),
    ]
    for call in calls:
        with pytest.raises(StaleInput):
            await call
    await made.previous(run, revision=run.revision)
    assert run.step == "a"


@pytest.mark.parametrize("engines", [1, 2])
async def test_s19_of_fifty_at_once_one_is_accepted(stores: Open, engines: int) -> None:
    """S19 and S20: a crowd of requests for one step, over one or several processes; one counts."""
    makers = [engine(AB, store=await stores(), book=Book()) for _ in range(engines)]
    run = await makers[0].start("main")

    async def submit(number: int) -> str:
        try:
            view = await makers[number % engines].next(run.id, {"x": str(number)}, step="a")
        except StaleInput:
            return "conflict"
        return str(view.answers["a"]["x"])

    came = await asyncio.gather(*(submit(number) for number in range(50)))
    winners = [each for each in came if each != "conflict"]
    assert len(winners) == 1
    for made in makers:
        view = await made.load(run.id)
        assert (view.step, view.answers) == ("b", {"a": {"x": winners[0]}})
    trace = [each.entry for each in await makers[0].trace(run.id)]
    assert [each.kind for each in trace if each.step == "a"].count("accepted") == 1
    assert sum(len(book_of(made).keys("t")) for made in makers) == 1


async def test_s19_of_fifty_equal_ones_all_get_the_same_result(stores: Open) -> None:
    """S19: the same answer fifty times at once counts once, and nobody is told that it went wrong."""
    makers = [engine(AB, store=await stores(), book=Book()) for _ in range(2)]
    run = await makers[0].start("main")
    views = await asyncio.gather(*(makers[n % 2].next(run.id, {"x": "1"}, step="a") for n in range(50)))
    assert {(view.answers["a"]["x"], view.id) for view in views} == {("1", run.id)}
    entries = [each.entry.kind for each in await makers[0].trace(run.id) if each.entry.step == "a"]
    assert entries.count("accepted") == 1


async def test_two_processes_on_one_store_overwrite_nothing(stores: Open) -> None:
    """S19: two processes that both have the run in memory see each other's moves at once."""
    one, two = [engine(AB, store=await stores(), book=Book()) for _ in range(2)]
    run = await one.start("main")
    await two.load(run.id)
    await one.next(run.id, {"x": "1"})
    assert (await two.load(run.id)).step == "b"
    await two.next(run.id, {"x": "b"})
    assert (await one.previous(run.id)).step == "b", "decided on what there is now, not on what was in memory"
    assert (await two.change(run.id, "a", {"x": "2"})).answers["a"] == {"x": "2"}
    assert (await one.load(run.id)).run.by_path["t"].output == {"v": "['2']"}
    await one.next(run.id, {"x": "b"})
    await one.next(run.id, {"x": "c"})
    with pytest.raises(RunCompleted):
        await two.previous(run.id)
    assert (await two.next(run.id)).status is RunStatus.COMPLETED


async def test_refusals_are_never_given_from_an_old_copy(stores: Open) -> None:
    """S19: what this process has in memory would refuse the move, what is stored allows it."""
    one, two = [engine(AB, store=await stores(), book=Book()) for _ in range(2)]
    run = await one.start("main")
    await two.load(run.id)
    await one.next(run.id, {"x": "1"})
    assert (await two.previous(run.id, to="a")).step == "a"
    await one.next(run.id, {"x": "1"})
    assert (await two.change(run.id, "a")).step == "a"
    await one.next(run.id, {"x": "1"})
    assert (await two.next(run.id, {"x": "b"}, step="b")).step == "c"
    with pytest.raises(NotAStep):
        await one.previous(run.id, to="nowhere")


async def test_a_store_that_always_says_stale_is_given_up() -> None:
    """A run that others move all the time: the caller is told to try again, after a bounded number of tries."""

    class Busy(MemoryStore):
        async def commit(self, change: Change) -> None:
            if change.expected is not None:
                raise StaleRevision
            await super().commit(change)

    made = engine(flow("main", ask("a"), ask("b")), store=Busy())
    run = await made.start("main")
    with pytest.raises(RunBusy) as caught:
        await made.next(run, {"x": "1"})
    assert caught.value.run == run.id


# -- S18, S22 ----------------------------------------------------------------------------------------


async def test_s18_loading_executes_nothing(stores: Open) -> None:
    """S18: looking at a run is free, as often as it is done."""
    one = engine(AB, store=await stores(), book=Book())
    run = await one.start("main")
    await one.next(run, {"x": "1"})
    two = engine(AB, store=await stores(), book=Book())
    for _ in range(3):
        view = await two.load(run.id)
    assert (view.step, view.revision) == ("b", run.revision)
    assert (view.path, view.kept, view.answers, view.current) == (run.path, run.kept, run.answers, run.current)
    assert book_of(two).calls == []


def versions() -> tuple[Document, Document]:
    old = flow("main", ask("a", title="Old"), embed("s", "inner"), ask("z"))
    new = flow("main", ask("a", title="New"), ask("more"), embed("s", "inner"), ask("z"))
    return old, new


async def test_s22_a_run_keeps_the_version_that_it_was_started_with(stores: Open) -> None:
    """S22: an author publishes another version; who is in the middle of the old one finishes that."""
    old, new = versions()
    before = engine(old, flow("inner", ask("q")), store=await stores(), ids=counted("old"))
    run = await before.start("main")
    for store in [await stores() for _ in range(2)]:
        after = engine(new, flow("inner", ask("other"), ask("q")), store=store, ids=counted("new"))
        view = await after.load(run.id)
        assert (view.current.title, view.workflow.version) == ("Old", run.workflow.version)
    await after.next(view, {"x": "1"})
    assert view.step == "s/q", "the embedded one is the old one as well"
    fresh = await after.start("main")
    assert (fresh.current.title, fresh.workflow.version != run.workflow.version) == ("New", True)
    for x in ("q", "z"):
        await after.next(view, {"x": x})
    assert view.status is RunStatus.COMPLETED


async def test_s22_a_workflow_that_is_no_longer_offered_is_finished() -> None:
    """S22: even if its definition is gone, a started run goes on; new ones can't be started."""
    store = MemoryStore()
    run = await engine(AB, store=store).start("main")
    after = engine(flow("another", ask("a")), store=store)
    assert (await after.next(run.id, {"x": "1"})).step == "b"
    with pytest.raises(WorkflowNotFound):
        await after.start("main")


async def test_s22_a_definition_that_is_missing_from_the_store_is_named() -> None:
    """S22: a store restored in part says what is missing, instead of running something else; what there is of the run
    can be looked at."""
    store = MemoryStore()
    run = await engine(AB, store=store).start("main")
    store._definitions.clear()
    after = engine(AB, store=store)
    with pytest.raises(WorkflowUnavailable, match=r"definition isn't in the store") as caught:
        await after.next(run.id, {"x": "1"})
    assert caught.value.run == run.id
    assert (await after.load(run.id)).step == "a"


# -- keys, tokens, the rest --------------------------------------------------------------------------


async def test_a_runs_token_opens_it_and_no_other_does() -> None:
    """The token is handed out once, and stored as a hash; a wrong one learns nothing."""
    made = engine(AB)
    one, two = await made.start("main"), await made.create("main")
    assert one.token
    assert two.token
    assert one.token.encode() not in one.run.token_hash
    assert (await made.open(one.id, one.token)).step == "a"
    assert (await made.load(one.id)).token is None
    for token in (two.token, "", "\ud800"):
        with pytest.raises(NotYours):
            await made.open(one.id, token)
    with pytest.raises(RunNotFound):
        await made.open("nowhere", one.token)
    with pytest.raises(RunNotFound):
        await made.load("nowhere")
    with pytest.raises(RunNotFound):
        await made.next("nowhere", {"x": "1"})


async def test_s20_the_answer_to_a_request_is_stored_with_its_turn() -> None:
    """S19, S20: the dedupe record is there exactly if the turn is."""
    made = engine(AB)

    def respond(view: Any) -> Reply:
        return Reply(view.id, "key", b"asked", 200, view.step.encode())

    run = await made.start("main")
    await made.next(run, {"x": "1"}, respond=respond)
    stored = await made.store.reply(run.id, "key")
    assert stored is not None
    assert stored.body == b"b"
    with pytest.raises(CallerError):
        await made.next(run, {"x": "2"}, respond=respond)
    assert (await made.load(run)).step == "b"


async def test_too_many_fields_are_refused() -> None:
    """Every input has a bound, before anything looks at it."""
    made = engine(AB)
    run = await made.start("main")
    many = {str(number): "" for number in range(201)}
    for call in (made.next(run, many), made.previous(run, draft=many), made.change(run, "a", many)):
        with pytest.raises(InvalidInput, match="201 fields"):
            await call


@pytest.mark.parametrize("draft", [{"x": "x" * 2_000_000}, {"x": object()}])
async def test_a_draft_that_cant_be_stored_is_refused(draft: dict[str, Any]) -> None:
    """Every input has a bound: what is typed and not submitted is stored as well."""
    made = engine(AB)
    run = await made.start("main")
    await made.next(run, {"x": "1"})
    with pytest.raises(InvalidInput):
        await made.previous(run, draft=draft)


async def test_closing_closes_what_nodes_share() -> None:
    """A host that stops leaves no connection open."""
    closed: list[str] = []

    class Client:
        async def close(self) -> None:
            closed.append("client")

    made = engine(AB)
    made.services.shared["client"] = Client()
    await made.close()
    assert closed == ["client"]
    assert made.services.shared == {}


async def test_a_file_that_isnt_there() -> None:
    """A link to a file of another run finds nothing."""
    made = engine(AB)
    run = await made.start("main")
    assert await made.file(run.id, "nothing") is None
    made.forget(run.id)
    assert (await made.load(run)).step == "a"
    assert isinstance(made, Engine)
