"""A live run is looked at in the form of a trial, and gone on with from any of its steps, and stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.debugging.test_playing import CONTACT, PASSPORT
from tests.unit.debugging.trials import line, taken
from wizard.debugging.debugger import Debugger
from wizard.deployments.staging import Staging
from wizard.engine import Engine
from wizard.errors import NotAStep, RunNotFound
from wizard.model.trial import Trial
from wizard.node import Registry
from wizard.stores.sqlite import SqliteStore
from wizard.testing import Person, make_test_engine

LOCAL = PASSPORT.replace('type: http, url: "https://towns.example/{{ who.name }}"', "type: python, function: town")


def town() -> dict[str, object]:
    return {"body": {"town": "Chur"}}


def debugger(engine: Engine) -> Debugger:
    registry = Registry.installed()
    return Debugger(engine, lambda: Staging(engine.store.stages, registry, engine.clock), registry)


async def at_the_end() -> tuple[Engine, Person]:
    """Ann's run, which is completed."""
    engine = await make_test_engine(LOCAL, CONTACT, functions={"town": town})
    ann = await Person.starts(engine, "passport")
    await ann.says(name="Ann", age=9)
    await ann.says(phone="117")
    assert ann.completed
    return engine, ann


async def test_a_live_run_is_told_as_it_is_recorded() -> None:
    """An operator sees which way a run took and what came of each node, and which columns nobody kept."""
    engine, ann = await at_the_end()
    report = await debugger(engine).look(ann.run.id)
    assert (report.status, report.unrecorded) == ("completed", ("input", "config", "ms"))
    assert [line.step for line in report.trace] == [
        "who",
        "note",
        "adult",
        "guardian",
        "guardian/ask",
        "lookup",
        "done",
    ]
    assert line(report, "adult").port == "otherwise"
    assert line(report, "lookup").output == {"body": {"town": "Chur"}}
    assert line(report, "note").state_after == {"event": {}, "profile": {}, "session": {"name": "Ann"}}
    assert [text.split()[1] for text in line(report, "who").log] == ["entered", "presented", "accepted"]
    assert ("adult", "guardian", "otherwise") in taken(report)
    assert ("lookup", "done", None) in taken(report)


async def test_it_is_forked_at_a_step_with_other_answers() -> None:
    """What would have come of another answer is tried on what the run had before, without touching it."""
    engine, ann = await at_the_end()
    before = await engine.store.load(ann.run.id), await engine.trace(ann.run.id)
    trial = Trial(answers={"guardian/ask": {"phone": "118"}}, results={"lookup": {"body": {"town": "Bern"}}})
    report = await debugger(engine).fork(ann.run.id, "guardian/ask", trial)
    assert report.status == "completed"
    assert line(report, "who").output == {"name": "Ann", "age": 9}
    assert "recorded" in line(report, "who").log[-1]
    assert line(report, "guardian/ask").output == {"phone": "118"}
    assert line(report, "lookup").output == {"body": {"town": "Bern"}}
    assert line(report, "lookup").state_before == {"event": {}, "profile": {}, "session": {"name": "Ann"}}
    assert ("who", "note", None) in taken(report)
    assert before == (await engine.store.load(ann.run.id), await engine.trace(ann.run.id))


async def test_it_is_forked_at_work_that_is_done_anew() -> None:
    """How a run would have gone on from another result is tried at that node."""
    engine, ann = await at_the_end()
    trial = Trial(results={"lookup": {"body": {"town": "Basel"}}})
    report = await debugger(engine).fork(ann.run.id, "lookup", trial)
    assert report.current is not None
    assert (report.status, report.current.title) == ("completed", "Basel")
    assert line(report, "guardian/ask").output == {"phone": "117"}


async def test_a_fork_that_goes_another_way_forgets_the_first() -> None:
    """Only what comes before the step is as it was."""
    engine, ann = await at_the_end()
    trial = Trial(answers={"who": {"name": "Bob", "age": 40}}, results={"lookup": {"body": {"town": "Bern"}}})
    report = await debugger(engine).fork(ann.run.id, "who", trial)
    assert [line.step for line in report.trace] == ["who", "note", "adult", "lookup", "done"]
    assert line(report, "note").state_after == {"event": {}, "profile": {}, "session": {"name": "Bob"}}


async def test_what_there_is_not_is_said() -> None:
    """A wrong id or step is told as that."""
    engine, ann = await at_the_end()
    with pytest.raises(RunNotFound):
        await debugger(engine).look("nothing")
    with pytest.raises(NotAStep):
        await debugger(engine).fork(ann.run.id, "nowhere", Trial())
    with pytest.raises(RunNotFound):
        await debugger(engine).fork(ann.run.id, "who", Trial(), workflow="another")


async def test_passwords_of_a_live_run_are_not_told() -> None:
    """Neither as recorded, nor where the run is gone on with."""
    text = """\
id: login
nodes:
  - {id: who, type: form, fields: [{name: word, type: password, label: Password}]}
  - {id: copy, type: set, values: {kept: "{{ who.word }}"}}
  - {id: sure, type: message, title: "Sure, {{ who.word }}?"}
"""
    engine = await make_test_engine(text)
    ann = await Person.starts(engine, "login")
    await ann.says(word="correct horse")
    for report in (
        await debugger(engine).look(ann.run.id),
        await debugger(engine).fork(ann.run.id, "copy", Trial()),
        await debugger(engine).fork(ann.run.id, "who", Trial(answers={"who": {"word": "battery staple"}})),
    ):
        assert "correct horse" not in str(report.trace)
        assert "battery staple" not in str(report.trace)


async def test_the_store_is_the_same_to_the_byte(tmp_path: Path) -> None:
    """Whoever tries something among live runs leaves nothing there: no run, no document, no job, no trace."""
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    engine = await make_test_engine(LOCAL, CONTACT, functions={"town": town}, store=store)
    ann = await Person.starts(engine, "passport")
    await ann.says(name="Ann", age=9)
    staging = Staging(store.stages, Registry.installed(), engine.clock)
    text = "id: hello\nnodes:\n  - {id: keep, type: set, values: {profile.name: Ann, session.seen: true}}\n"
    await staging.save("hello", text, revision=0, by="ann")
    await engine.close()
    await store.close()
    before = (tmp_path / "runs.db").read_bytes()
    await store.open()
    report = await debugger(engine).debug("hello", "draft", Trial(effects=True))
    assert (report.status, line(report, "keep").state_after) == (
        "completed",
        {"event": {}, "profile": {"name": "Ann"}, "session": {"seen": True}},
    )
    await debugger(engine).look(ann.run.id)
    await debugger(engine).fork(ann.run.id, "guardian/ask", Trial(answers={"guardian/ask": {"phone": "1"}}))
    await engine.close()
    await store.close()
    assert (tmp_path / "runs.db").read_bytes() == before
