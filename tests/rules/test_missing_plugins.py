"""A run whose plug-in is gone, can't be imported or refuses its configuration: nothing of it is lost, everything that
doesn't need the plug-in goes on, and so does the run when the plug-in is back."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.plugins import HEAVIER, PARCELS, UNIMPORTABLE, PlugIn
from tests.visitor import visiting
from wizard.app import figures_of, make_engine, wizard_app
from wizard.definitions.catalog import Catalog, compile_bundle
from wizard.definitions.reading import source
from wizard.engine import Engine
from wizard.engine.exporting import UNKNOWN, WITHHELD, exported_profile, exported_run
from wizard.engine.worker import Worker
from wizard.errors import RunExpired, RunNotFound, WorkflowUnavailable
from wizard.model import RunStatus
from wizard.model.job import Claim, Job, JobKind
from wizard.node import Registry
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.stores.sqlite import SqliteStore
from wizard.testing import MovableClock, Person

ORDER = """
id: order
title: Order something
expires_after: 30d
delete_after: 7d
nodes:
  - {id: who, type: form, title: About you, fields: [{name: name}, {name: pin, type: password}]}
  - {id: weigh, type: scale, title: Weigh it}
  - {id: send, type: parcel, weight: 3, slow: true}
  - {id: stars, type: form, title: How was it?, fields: [{name: stars}]}
"""
PLAIN = "id: plain\nnodes: [{id: ask, type: form, fields: [{name: colour}]}, {id: done, type: end}]\n"
NESTED = """
id: outer
nodes:
  - {id: all, type: workflow, workflow: inner, repeat: {add_another: One more?}}
  - {id: done, type: end}
---
id: inner
nodes:
  - {id: what, type: form, title: What is it?, fields: [{name: what}]}
  - {id: send, type: parcel, weight: 2}
"""

BROKEN = pytest.mark.parametrize(
    ("code", "reason"),
    [
        (None, "this node type isn't installed"),
        (UNIMPORTABLE, "ModuleNotFoundError: No module named 'a_library_that_nobody_has'"),
        ("import sys; sys.exit('no licence')", "SystemExit: no licence"),
        (HEAVIER, "`insured_for` is missing"),
        (PARCELS.replace("    Config = ParcelConfig\n", ""), "the class ParcelNode has no `Config`"),
    ],
    ids=["gone", "can't be imported", "ends the process", "needs a new key", "misshapen"],
)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "runs.db")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


def started(store: Store, clock: MovableClock, *texts: str, **options: Any) -> Engine:
    """A server that was just started, with these definitions."""
    registry = Registry.installed()
    documents = [each.data for text in texts for each in source.read(text.encode(), "forms.yaml")]
    catalog = Catalog.from_documents(documents, registry) if documents else Catalog.empty(registry)
    return make_engine(catalog, store, clock=clock, **options)


def break_(plugin: PlugIn, code: str | None, version: str = "2.0") -> None:
    if code is None:
        plugin.uninstall()
    else:
        plugin.install(code, version, {"parcel": "ParcelNode"})


async def weighing(engine: Engine) -> Person:
    """Somebody who has come to the plug-in's question."""
    person = await Person.starts(engine, "order")
    await person.says(name="Ann", pin="4711")
    assert person.asked == "weigh"
    return person


async def sending(engine: Engine) -> Person:
    """Somebody whose parcel a worker is to send."""
    person = await weighing(engine)
    await person.says(grams="250", code="0815")
    assert person.run.status is RunStatus.WORKING
    return person


# -- what is told of it ------------------------------------------------------------------------------


@BROKEN
async def test_a_run_that_cannot_go_on_is_looked_at_and_names_what_is_missing(
    store: Store, clock: MovableClock, plugin: PlugIn, code: str | None, reason: str
) -> None:
    """An operator has to know which package to bring back for which run; a stack trace and a 500 tell neither."""
    run = (await sending(started(store, clock, ORDER))).run.id
    break_(plugin, code)
    engine = started(store, clock)
    view = await engine.load(run)
    assert (view.status, view.step) == (RunStatus.WORKING, "send")
    assert [line.step for line in view.path] == ["who", "weigh", "send"]
    assert view.path[0].title == "About you"
    assert (view.has_next, view.has_previous) == (False, False)
    assert "None of your answers are lost" in (view.current.error or "")
    with pytest.raises(WorkflowUnavailable) as caught:
        await engine.next(run)
    error = caught.value
    assert (error.run, error.workflow, error.version) == (run, "order", view.run.version)
    assert error.type in ("scale", "parcel")
    assert error.node in ("weigh", "send")
    assert error.package == ("wizard-parcels 2.0" if code and error.type == "parcel" else "wizard-parcels 1.0")
    assert reason in error.message
    assert "wizard-parcels 1.0" in error.message
    assert view.revision == (await engine.load(run)).revision


async def test_whatever_would_move_the_run_is_the_same_error(store: Store, clock: MovableClock, plugin: PlugIn) -> None:
    """A caller handles one error, whichever way the run is to be moved, and the run stays as it was."""
    run = (await weighing(started(store, clock, ORDER))).run.id
    plugin.uninstall()
    engine = started(store, clock)
    before = (await engine.load(run)).run
    for move in (
        engine.next(run, {"grams": "1"}, step="weigh"),
        engine.previous(run),
        engine.change(run, "who", {"name": "Bea"}),
        engine.save(run, "who", {"name": "Bea"}),
        engine.keep(run, "who", {"name": "Bea"}),
        engine.event(run, "paid"),
        engine.amend(run, profile={"name": "Bea"}),
        engine.repair(run),
    ):
        with pytest.raises(WorkflowUnavailable):
            await move
    assert (await engine.load(run)).run == before


async def test_the_same_answer_again_is_the_same_result(store: Store, clock: MovableClock, plugin: PlugIn) -> None:
    """S19: somebody whose connection was cut learns that the answer was taken, whatever is missing since."""
    run = (await weighing(started(store, clock, ORDER))).run
    plugin.uninstall()
    engine = started(store, clock)
    again = await engine.next(run.id, {"name": "Ann", "pin": "4711"}, step="who")
    assert (again.revision, again.step) == (run.revision, "weigh")
    with pytest.raises(WorkflowUnavailable):
        await engine.next(run.id, {"name": "Bea", "pin": "4711"}, step="who")


async def test_a_name_that_a_new_version_does_not_give_any_more_stops_the_run(
    store: Store, clock: MovableClock, plugin: PlugIn
) -> None:
    """Read as null, it would send the run another way without a word."""
    told = ORDER.replace("title: How was it?", 'title: "How was {{ send.number }}?"')
    run = (await weighing(started(store, clock, told))).run.id
    plugin.install(PARCELS.replace('{"number"}', '{"receipt"}'), "2.0")
    with pytest.raises(WorkflowUnavailable, match="`send` has no value `number`"):
        await started(store, clock).next(run, {"grams": "1"}, step="weigh")


async def test_a_checker_that_has_learnt_to_refuse_more_stops_no_run(store: Store, clock: MovableClock) -> None:
    """S22: loops that a newer version refuses go on where runs are in them; a turn's bound holds there as well."""
    looping = PLAIN.replace("{id: done, type: end}", "{id: a, type: set, values: {session.x: 1}, next: ask}")
    run = (await Person.starts(started(store, clock, looping), "plain")).run
    body = await store.definition(run.run.version)
    assert body is not None
    older = MemoryStore()  # of a time in which nobody minded
    body = body.replace(b'"next":"ask"', b'"next":"a"')
    version = compile_bundle(body, Registry.installed()).version
    await older.save_definition(version, body)
    engine = started(older, clock)
    workflow = await engine._pinned.workflow_of(run.run._replace(version=version))
    assert workflow.nodes["a"].next == "a"


async def test_an_export_has_all_that_is_known_and_keeps_what_may_be_a_password(
    store: Store, clock: MovableClock, plugin: PlugIn
) -> None:
    """Somebody who asks for their data gets it, whatever is installed; which of a missing type's answers are
    passwords, only that type could say."""
    run = (await sending(started(store, clock, ORDER))).run.id
    whole = await exported_run(started(store, clock), run)
    assert whole["steps"][1]["answers"] == {"grams": "250", "code": WITHHELD}
    plugin.uninstall()
    found = await exported_run(started(store, clock), run)
    assert found["steps"][0]["answers"] == {"name": "Ann", "pin": WITHHELD}
    assert found["steps"][1]["answers"] == {"grams": UNKNOWN, "code": UNKNOWN}
    assert "wizard-parcels 1.0" in found["run"]["unavailable"]
    assert found["trace"] == whole["trace"]
    for text in ("4711", "0815"):
        assert text not in str(found)


async def test_a_sub_workflows_node_is_named_by_its_definition(
    store: Store, clock: MovableClock, plugin: PlugIn
) -> None:
    """What is missing may be deep inside of another definition, and of a list."""
    person = await Person.starts(started(store, clock, NESTED), "outer")
    await person.says(what="A book")
    await person.says(add_another=True)
    await person.says(what="A cup")
    assert person.path == ["all/1/what", "all/1/send", "all/after-1", "all/2/what", "all/2/send", "all/after-2"]
    break_(plugin, UNIMPORTABLE)
    engine = started(store, clock)
    view = await engine.load(person.run.id)
    assert [line.step for line in view.path] == person.path
    assert [line.title for line in view.path if line.step.endswith("what")] == ["What is it?"] * 2
    assert {"what": {"what": "A book"}}.items() <= view.answers["all"]["1"].items()
    with pytest.raises(WorkflowUnavailable, match="node send of inner") as caught:
        await engine.next(person.run.id, {"add_another": False})
    assert caught.value.node == "inner.send"
    assert [each["step"] for each in (await exported_run(engine, person.run.id))["steps"]] == person.path
    assert (await engine.cancel(person.run.id)).status is RunStatus.CANCELLED


@pytest.mark.parametrize("status", ["created", "completed"])
async def test_a_run_that_has_not_begun_or_is_over_is_looked_at_too(
    store: Store, clock: MovableClock, plugin: PlugIn, status: str
) -> None:
    """Lists link to all runs, not only to those that somebody is at."""
    engine = started(store, clock, NESTED)
    view = await engine.create("outer")
    if status == "completed":
        person = Person(engine, view)
        await engine.next(view)
        await person.says(what="A book")
        await person.says(add_another=False)
    assert view.status.value == status
    plugin.uninstall()
    found = await started(store, clock).load(view.id)
    assert (found.status.value, found.answers) == (status, view.answers)
    assert found.step == view.step
    assert (await exported_run(started(store, clock), view.id))["run"]["status"] == status


async def test_a_definition_of_a_newer_program_says_which(store: Store, clock: MovableClock) -> None:
    """After a downgrade, or beside a newer server, keys and field types may be unknown: what they are is named, and
    which version stored them."""
    run = (await Person.starts(started(store, clock, PLAIN), "plain")).run
    body = await store.definition(run.run.version)
    assert body is not None
    newer = body.replace(b'"type":"form"', b'"type":"form","colour_scheme":"dark"').replace(
        b'"name":"colour"', b'"name":"colour","type":"hologram"'
    )
    other = MemoryStore()
    await other.save_definition(run.run.version, newer.replace(b'"program":"', b'"program":"99.'))
    engine = started(other, clock)
    why = (await engine._pinned.known_of(run.run)).unavailable
    assert why is not None
    assert "there is no field type `hologram`" in why.message
    assert "there is no key `colour_scheme` here" in why.message
    assert "stored by version 99." in why.message


# -- ending it ---------------------------------------------------------------------------------------


@BROKEN
async def test_a_run_is_cancelled_and_deleted_without_its_plugin(
    store: Store, clock: MovableClock, plugin: PlugIn, code: str | None, reason: str
) -> None:
    """Who wants out mustn't be kept in by a package that somebody uninstalled."""
    run = (await weighing(started(store, clock, ORDER))).run.id
    break_(plugin, code)
    engine = started(store, clock)
    assert (await engine.cancel(run)).status is RunStatus.CANCELLED
    assert (await engine.cancel(run)).status is RunStatus.CANCELLED
    clock.move(days=8)
    await Worker(engine).perform_due()
    with pytest.raises(RunNotFound):  # `delete_after` holds as well
        await engine.load(run)
    assert not await engine.delete(run)


async def test_what_is_to_be_undone_stays_owed_until_the_plugin_is_back(
    store: Store, clock: MovableClock, plugin: PlugIn
) -> None:
    """A parcel that is on its way is taken back when somebody can do that again, and isn't given up meanwhile."""
    engine = started(store, clock, ORDER)
    person = await sending(engine)
    await person.waits()
    assert person.asked == "stars"
    (key,) = plugin.sent
    break_(plugin, UNIMPORTABLE)
    engine = started(store, clock)
    view = await engine.cancel(person.run.id, undo=True)
    assert view.status is RunStatus.CANCELLED
    for _ in range(30):
        clock.move(hours=1)
        await Worker(engine).perform_due()
    owed = [(each.step.path, each.failed) for each in (await engine.load(view.id)).run.undos]
    assert ("send", False) in owed
    plugin.install(PARCELS, "1.1")
    plugin.sent.append(key)
    clock.move(hours=1)
    engine = started(store, clock)
    await Worker(engine).perform_due()
    assert (plugin.sent, (await engine.load(view.id)).run.undos) == ([], ())


async def test_a_run_expires_and_is_deleted_without_its_plugin(
    store: Store, clock: MovableClock, plugin: PlugIn
) -> None:
    """How long data is kept is a promise to the person, and no package may break it."""
    run = (await weighing(started(store, clock, ORDER))).run.id
    plugin.uninstall()
    engine = started(store, clock)
    clock.move(days=31)
    with pytest.raises(RunExpired):
        await engine.next(run, {"grams": "1"}, step="weigh")
    await Worker(engine).perform_due()
    assert (await engine.load(run)).run.status is RunStatus.EXPIRED
    clock.move(days=8)
    await Worker(engine).perform_due()
    with pytest.raises(RunNotFound):
        await engine.load(run)


# -- going on ----------------------------------------------------------------------------------------


@BROKEN
async def test_when_the_plugin_is_back_the_run_goes_on(
    store: Store,
    clock: MovableClock,
    plugin: PlugIn,
    code: str | None,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its work is put off, longer each time, however often that is tried, and then done once, with the key that it
    would have been done with."""
    person = await sending(started(store, clock, ORDER))
    break_(plugin, code)
    engine = started(store, clock)
    with caplog.at_level(logging.ERROR, "wizard.jobs"):
        for _ in range(20):
            clock.move(minutes=11)
            assert await Worker(engine).perform_due() == 1
    assert (await engine.load(person.run.id)).status is RunStatus.WORKING
    (line,) = {each.getMessage() for each in caplog.records if each.name == "wizard.jobs"}
    for text in ("job work", person.run.id, "node send (type parcel, package wizard-parcels", reason):
        assert text in line
    plugin.install(PARCELS, "1.1")
    clock.move(minutes=11)
    engine = started(store, clock)
    person = Person(engine, await engine.load(person.run.id))
    await person.waits()
    assert person.asked == "stars"
    assert len(plugin.sent) == 1
    await person.says(stars="5")
    assert person.completed
    assert person.answers["weigh"] == {"grams": "250", "code": "0815"}


async def test_pauses_grow_up_to_ten_minutes(clock: MovableClock, plugin: PlugIn) -> None:
    """Many runs of a missing plug-in mustn't keep a worker busy, nor wait for an hour once it is back."""
    store = MemoryStore()
    person = await sending(started(store, clock, ORDER))
    plugin.uninstall()
    engine = started(store, clock)
    step = person.run.run.current
    assert step is not None
    job = Job(person.run.id, JobKind.WORK, step.visit, clock())
    pauses = [await engine.perform(Claim(job, tries)) for tries in (1, 5, 100)]
    first, fifth, last = (each - clock() for each in pauses if each is not None)
    assert timedelta(seconds=2) <= first <= timedelta(seconds=5) < fifth
    assert fifth < last == timedelta(minutes=10)


async def test_a_reminder_waits_for_the_plugin(store: Store, clock: MovableClock, plugin: PlugIn) -> None:
    """It would send the run on to a node that isn't there; it isn't forgotten either."""
    late = ORDER.replace("type: scale,", "type: scale, remind_after: {after: 1h, goto: send},")
    person = await weighing(started(store, clock, late))
    plugin.uninstall()
    engine = started(store, clock)
    clock.move(hours=2)
    await Worker(engine).perform_due()
    assert (await engine.load(person.run.id)).step == "weigh"
    plugin.install(PARCELS)
    clock.move(hours=1)
    person = Person(started(store, clock), person.run)
    await person.waits()
    assert person.asked == "stars"


async def test_all_other_runs_go_on(store: Store, clock: MovableClock, plugin: PlugIn) -> None:
    """One run of a thousand whose plug-in is gone is one run's trouble: lists, exports and work of all others
    hold."""
    engine = started(store, clock, ORDER, PLAIN)
    broken = (await sending(engine)).run.id
    count = 1000 if isinstance(store, MemoryStore) else 50
    others = [(await engine.start("plain", profile_id="ann")).id for _ in range(count - 1)]
    plugin.uninstall()
    engine = started(store, clock, PLAIN)
    assert {each.id for each in await store.list_runs(limit=count)} == {broken, *others}
    exported = [await exported_run(engine, each) for each in (broken, *others)]
    assert [each["run"]["workflow"] for each in exported] == ["order"] + ["plain"] * len(others)
    for each in others[:50]:
        await engine.next(each, {"colour": "red"}, step="ask")
    assert await exported_profile(engine, "ann") if (await store.document("profile", "ann")).revision else True
    clock.move(minutes=1)
    assert await Worker(engine).perform_due() == 1
    assert (await engine.load(others[0])).status is RunStatus.COMPLETED
    assert await store.reseal() == 0


# -- channels ----------------------------------------------------------------------------------------


async def test_a_person_reads_plain_words_and_the_log_has_the_rest(
    clock: MovableClock, plugin: PlugIn, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody who filled in three pages needs to know that they are safe, and nothing of packages."""
    store = MemoryStore()
    async with visiting(wizard_app(started(store, clock, ORDER)), "/w/order") as visitor:
        await visitor.presses("next")
        await visitor.fills(name="Ann", pin="open sesame").presses("next")
        assert visitor.page.heading == "Weigh it"
        token = {each.key: each.value for each in visitor.session.cookie_jar}["wizard_run"]
        address = visitor.page.address
    run = address.split("/r/")[1].split("/")[0]
    break_(plugin, UNIMPORTABLE)
    caplog.clear()
    async with visiting(wizard_app(started(store, clock, PLAIN)), f"/r/{run}?token={token}") as visitor:
        page = visitor.page
        assert (page.status, page.heading) == (503, "This can't continue at the moment")
        assert page.headers["Retry-After"] == "300"
        assert "Your answers on earlier pages are safe" in page.html
        for text in ("parcel", "Module", "a_library", "plug-in"):
            assert text not in page.html
        assert "a_library_that_nobody_has" in caplog.text
        assert "open sesame" not in caplog.text
        plugin.install(PARCELS)
    async with visiting(wizard_app(started(store, clock)), f"/r/{run}?token={token}") as visitor:
        assert visitor.page.heading == "Weigh it"


async def test_a_program_gets_a_problem_of_its_own_type(clock: MovableClock, plugin: PlugIn) -> None:
    """A program goes by the type: it isn't its fault, nothing is lost, and to look and to end the run it can."""
    store = MemoryStore()
    engine = started(store, clock, ORDER)
    view = await engine.start("order")
    await engine.next(view, {"name": "Ann", "pin": "4711"})
    plugin.uninstall()
    headers = {"Authorization": f"Bearer {view.token}"}
    async with TestClient(TestServer(wizard_app(started(store, clock, PLAIN)))) as client:
        address = f"/api/v1/runs/{view.id}"
        body = {"step": "weigh", "answers": {"grams": "1"}}
        for key in ({}, {"Idempotency-Key": "once"}):
            answer = await client.post(f"{address}/next", json=body, headers=headers | key)
            told = await answer.json()
            assert (answer.status, told["type"]) == (503, "urn:wizard:problem:workflow-unavailable")
            assert answer.headers["Retry-After"] == "300"
            assert "parcel" not in str(told)
        state = await (await client.get(address, headers=headers)).json()
        assert (state["status"], state["current"]["step"], state["has_next"]) == ("waiting", "weigh", False)
        assert state["answers"] == {"who": {"name": "Ann"}}
        assert (await client.get(f"{address}/trace", headers=headers)).status == 200
        ended = await client.post(f"{address}/cancel", json={}, headers=headers)
        assert (ended.status, (await ended.json())["status"]) == (200, "cancelled")


async def test_moves_that_cannot_be_made_are_counted(clock: MovableClock, plugin: PlugIn) -> None:
    """An alert rings before the first person calls."""
    store = MemoryStore()
    run = (await sending(started(store, clock, ORDER))).run.id
    plugin.uninstall()
    engine = started(store, clock, settings=Settings(metrics=True))
    with pytest.raises(WorkflowUnavailable):
        await engine.previous(run)
    clock.move(hours=1)
    await Worker(engine).perform_due()
    figures = figures_of(engine)
    assert figures is not None
    text = (await figures.exposed(lambda: engine.store.backlog(clock()), ""))[0].decode()
    assert 'wizard_turns_total{move="previous",outcome="unavailable"} 1.0' in text
    assert 'wizard_turns_total{move="job",outcome="unavailable"} 1.0' in text


# -- functions ---------------------------------------------------------------------------------------


async def test_a_message_whose_function_is_missing_is_sent_when_it_is_back(
    store: Store, clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that was started without `--functions` for a night loses no reminder."""
    asked = """
id: asked
nodes:
  - id: ask
    type: form
    fields: [{name: colour}]
    remind_after: {after: 1h, message: {send: post, to: ann@example.org, subject: Hello, text: Please answer}}
"""
    sent: list[str] = []

    def post(to: str, subject: str, text: str, key: str) -> None:
        sent.append(to)

    await started(store, clock, asked, functions={"post": post}).start("asked")
    engine = started(store, clock)
    clock.move(hours=1)
    for _ in range(20):
        await Worker(engine).perform_due()
        clock.move(minutes=11)
    assert "no function 'post'" in caplog.text
    assert sent == []
    await Worker(started(store, clock, functions={"post": post})).perform_due()
    assert sent == ["ann@example.org"]
