"""`start_workflow`: a run that a run starts, waits for, and ends again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stores import Open, stores
from tests.unit.nodes.handing import visit_of
from wizard.app import make_engine
from wizard.debugging.playing import Tried, play
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading import source
from wizard.engine import Engine
from wizard.engine.children import MOST_DEEP
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.errors import DefinitionError, NodeFailed
from wizard.model import RunStatus
from wizard.model.trial import Trial
from wizard.node import Registry
from wizard.nodes.flow.start_workflow import StartWorkflowNode
from wizard.stores.memory import MemoryStore
from wizard.testing import MovableClock, make_test_engine

__all__ = ["stores"]  # a fixture

CHILD: dict[str, Any] = {
    "id": "address",
    "input": {"name": {"type": "text"}, "strict": {"type": "boolean", "default": False}},
    "nodes": [
        {
            "id": "ask",
            "type": "form",
            "title": "Where does {{ input.name }} live?",
            "fields": [{"name": "town"}, {"name": "pin", "type": "password"}],
        },
        {"id": "check", "type": "fail", "when": "input.strict", "message": "Nobody lives there."},
        {"id": "thanks", "type": "end", "title": "Thanks"},
    ],
}


def parent(**node: Any) -> dict[str, Any]:
    start = {"id": "start", "type": "start_workflow", "workflow": "address", "input": {"name": "{{ who.name }}"}}
    return {
        "id": "order",
        "nodes": [
            {"id": "who", "type": "form", "fields": [{"name": "name"}]},
            {**start, **node},
            {"id": "on", "type": "form", "fields": [{"name": "x", "required": False}]},
            {"id": "other", "type": "end", "title": "It came otherwise"},
        ],
    }


WAITS = {
    "wait": True,
    "text": "Your address, please.",
    "next": {"failed": "other", "cancelled": "other", "expired": "other", "timed_out": "other"},
}


async def begun(engine: Engine) -> tuple[RunView, RunView]:
    """A run that has started another one, and that."""
    run = await engine.next(await engine.start("order", profile_id="ann"), {"name": "Ann"})
    (line,) = await engine.store.list_runs(workflow="address")
    return run, await engine.load(line.id)


def output(run: RunView) -> Any:
    return run.run.by_path["start"].output


async def test_it_goes_on_at_once_and_the_other_run_is_the_same_persons() -> None:
    """What was ordered is looked after by itself, and a person finds both of their runs."""
    engine = await make_test_engine(parent(), CHILD)
    run, child = await begun(engine)
    assert run.step == "on"
    assert output(run) == {"run": child.id, "status": "waiting", "answers": {}}
    assert (child.run.profile_id, child.current.title) == ("ann", "Where does Ann live?")
    await engine.previous(run)
    await engine.next(run, {"name": "Ann"})
    assert output(run)["run"] == child.id, "nothing has changed, so nothing is started anew"
    await engine.change(run, "who", {"name": "Ben"})
    assert output(run)["run"] != child.id
    assert (await engine.load(child.id)).status is RunStatus.WAITING, "the other one is kept"


async def test_it_waits_for_the_end_over_restarts(stores: Open) -> None:
    """The answers of a run that takes weeks come to the one that waits for them, whichever process does the work."""
    engine = await make_test_engine(parent(**WAITS), CHILD, store=await stores())
    run, child = await begun(engine)
    assert (run.status, run.step, str(run.current.text)) == (RunStatus.WORKING, "start", "Your address, please.")
    assert await Worker(engine).perform_due() == 0, "nothing is done while nothing has happened"
    later = await make_test_engine(parent(**WAITS), CHILD, store=await stores())
    await later.next(child.id, {"town": "Bern", "pin": "1234"})
    assert await Worker(later).perform_due() >= 1
    run = await later.load(run.id)
    assert (run.status, run.step) == (RunStatus.WAITING, "on")
    assert output(run) == {"run": child.id, "status": "completed", "answers": {"ask": {"town": "Bern"}, "thanks": {}}}
    assert [each.entry.kind for each in await later.trace(run.id)].count("put off") == 1
    assert len(await later.store.list_runs(workflow="address")) == 1


@pytest.mark.parametrize("how", ["cancelled", "expired", "failed", "timed_out"])
async def test_another_end_leads_elsewhere(how: str) -> None:
    """Nobody waits for ever for a run that somebody has ended, or that came to nothing."""
    clock = MovableClock()
    more = {"for": "3d"} if how == "timed_out" else {}
    strict = {"name": "{{ who.name }}", "strict": how == "failed"}
    document = {**CHILD, **({"expires_after": "2d"} if how == "expired" else {})}
    engine = await make_test_engine(parent(**WAITS, **more, input=strict), document, clock=clock)
    run, child = await begun(engine)
    match how:
        case "cancelled":
            await engine.cancel(child)
        case "failed":
            await engine.next(child, {"town": "Atlantis", "pin": "1"})
        case _:
            clock.move(days=2, hours=23)
            await Worker(engine).perform_due()
            clock.move(hours=1)
    await Worker(engine).perform_due()
    await engine.load(run)
    assert (run.status, run.step) == (RunStatus.COMPLETED, "other")
    assert (output(run)["status"], run.run.by_path["start"].port) == (how, how)
    if how == "timed_out":
        assert (await engine.load(child)).status is RunStatus.WAITING, "it goes on by itself"


async def test_what_ends_while_nobody_is_there_is_found() -> None:
    """Somebody went back meanwhile, so nobody could be woken: the answers are there when they come again."""
    engine = await make_test_engine(parent(**WAITS), CHILD)
    run, child = await begun(engine)
    await engine.previous(run)
    await engine.next(child, {"town": "Bern", "pin": "1"})
    assert await Worker(engine).perform_due() == 1, "the job that finds nobody"
    await engine.next(run, {"name": "Ann"})
    assert (run.step, output(run)["run"]) == ("on", child.id)
    assert len(await engine.store.list_runs(workflow="address")) == 1


@pytest.mark.parametrize(("on_remove", "status"), [("cancel", RunStatus.CANCELLED), ("keep", RunStatus.WAITING)])
async def test_going_back_ends_the_other_run_where_the_author_says_so(on_remove: str, status: RunStatus) -> None:
    """What nobody wants any more isn't to bother people; what they began isn't to be taken from them unasked."""
    engine = await make_test_engine(parent(**WAITS, on_remove=on_remove), CHILD)
    run, child = await begun(engine)
    await engine.previous(run)
    await engine.next(run, {"name": "Ben"})
    await Worker(engine).perform_due()
    assert (await engine.load(child)).status is status
    assert len(await engine.store.list_runs(workflow="address")) == 2
    assert (await engine.load(run)).step == "start"


async def test_a_deleted_run_isnt_waited_for() -> None:
    """An operator deletes what is waited for: whoever waits learns it within a day, and isn't left alone with it."""
    clock = MovableClock()
    engine = await make_test_engine(parent(**WAITS), CHILD, clock=clock)
    run, child = await begun(engine)
    await engine.delete(child.id)
    clock.move(days=1)
    await Worker(engine).perform_due()
    await engine.load(run)
    assert run.status is RunStatus.FAILED
    assert "somebody has deleted it" in (run.fault.message if run.fault else "")


async def test_what_starts_itself_comes_to_an_end() -> None:
    """A slip in a definition must not fill the store."""
    loop = {"id": "loop", "nodes": [{"id": "again", "type": "start_workflow", "workflow": "loop"}]}
    engine = await make_test_engine(loop)
    await engine.start("loop")
    runs = await engine.store.list_runs(limit=100)
    assert len(runs) == MOST_DEEP + 1
    assert [line.status for line in runs].count(RunStatus.FAILED) == 1
    (failed,) = await engine.store.list_runs(status=RunStatus.FAILED)
    assert "10 deep" in (await engine.load(failed.id)).current.error or "10 deep" in str(
        (await engine.load(failed.id)).fault
    )


async def test_what_cant_be_started_fails_the_step() -> None:
    """The workflow was revoked, or wants another input: an operator reads which, and can mend it."""
    documents = [source.from_data(parent(workflow="gone"), "order")]
    store = MemoryStore()
    engine = make_engine(Catalog.from_read(documents, Registry.installed()), store)
    run = await engine.next(await engine.start("order"), {"name": "Ann"})
    assert run.fault is not None
    assert "There is no workflow gone to start" in run.fault.message
    engine = await make_test_engine(parent(input={"name": "{{ who.name }}", "strict": "{{ who.name }}"}), CHILD)
    run = await engine.next(await engine.start("order"), {"name": "Ann"})
    assert run.fault is not None
    assert "input of workflow address can't be accepted" in run.fault.message


@pytest.mark.parametrize(
    ("node", "told"),
    [
        ({"workflow": "adress"}, "did you mean `address`?"),
        ({"input": {}}, "`address` needs the input `name`"),
        ({"input": {"name": "x", "nmae": "y"}}, "has no input `nmae`"),
        ({"input": {"name": "x", "strict": "perhaps"}}, "the input `strict` of `address` isn't accepted"),
        ({"for": "2d"}, "`for` is for `wait: true`"),
        ({"wait": True, "for": "soon"}, "must be a duration"),
        ({"next": {"failed": "other"}}, "has one way out"),
    ],
)
def test_mistakes_are_told_when_it_is_loaded(node: dict[str, Any], told: str) -> None:
    """An author learns it before a person does."""
    try:
        problems = Catalog.from_documents([parent(**node), CHILD], Registry.installed()).warnings
    except DefinitionError as error:
        problems = list(error.problems)
    assert any(told in problem.message for problem in problems), problems


async def test_how_long_is_a_duration() -> None:
    """What a run computes may be anything."""
    config = {"workflow": "address", "wait": True, "for": "{{ a }}"}
    visit = visit_of(StartWorkflowNode(), config, {"a": "soon"})
    visit.child = object()  # type: ignore[assignment]
    with pytest.raises(NodeFailed, match="What `for` gives must be a duration"):
        await StartWorkflowNode().execute(visit)


async def test_a_debug_run_plays_it_and_stores_nothing() -> None:
    """Who tries a draft starts nobody's process; with effects, the other one is played along in the trial."""
    engine = await make_test_engine(parent(**WAITS), CHILD)
    tried = Tried(engine.definitions.get("order"), engine.definitions.bundle("order"))
    now, others = engine.clock.wall(), engine.definitions
    report = await play(tried, Trial(answers={"who": {"name": "Ann"}}), engine.services, now, others=others)
    (line,) = (line for line in report.trace if line.step == "start")
    assert line.output == {"run": "example", "status": "completed", "answers": {}}
    assert report.current is not None
    assert report.current.step == "on"
    noted = {"id": "noted", "type": "log", "message": "x"}
    quick = {"id": "address", "input": {"name": {"type": "text"}}, "nodes": [noted]}
    engine = await make_test_engine(parent(**WAITS), quick)
    tried = Tried(engine.definitions.get("order"), engine.definitions.bundle("order"))
    trial = Trial(answers={"who": {"name": "Ann"}}, effects=True)
    report = await play(tried, trial, engine.services, now, others=engine.definitions)
    (line,) = (line for line in report.trace if line.step == "start")
    assert line.output is not None
    assert line.output["status"] == "completed"
    assert await engine.store.list_runs() == []


async def test_what_is_deployed_later_is_doubtful_and_no_mistake() -> None:
    """Two workflows that start each other could never be deployed otherwise."""
    registry = Registry.installed()
    documents = [source.from_data(parent(), "order")]
    (warning,) = Catalog.from_read(documents, registry).warnings
    assert (warning.severity, "deploy it first" in warning.message) == ("warning", True)
    assert Catalog.from_read(documents, registry, {"address"}).warnings == []
