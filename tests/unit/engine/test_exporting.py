"""What is exported of a run: all of it, of one moment, without secrets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.migrations import House
from wizard.channels.http.json_answers import encode
from wizard.engine import Engine
from wizard.engine.exporting import WITHHELD, exported_profile, exported_run
from wizard.engine.view import RunView
from wizard.errors import CallerError, RunNotFound, StaleRevision
from wizard.model import StoredFile
from wizard.stores.memory import MemoryStore
from wizard.testing import make_test_engine

FORM = {"id": "papers", "type": "form", "fields": [{"name": "full_name"}, {"name": "secret", "type": "password"}]}
PROOF = {"id": "proof", "type": "form", "fields": [{"name": "scan", "type": "file", "required": False}]}
BOOKED = {"id": "booked", "type": "python", "function": "book", "undo": "unbook"}
LAST = {"id": "last", "type": "form", "fields": [{"name": "fine"}]}
CASES = [{"when": 'papers.full_name == "Ann"', "goto": "booked"}, {"goto": "last"}]
WAY = {"id": "way", "type": "condition", "cases": CASES}
NODES = [FORM, PROOF, WAY, BOOKED, LAST]
WORKFLOW = {"id": "visa", "title": "Visa", "input": {"country": {"default": "CH"}}, "nodes": NODES}
UPLOAD = {"name": "scan.txt", "type": "text/plain", "content": "aGVsbG8="}


def book() -> dict[str, int]:
    return {"number": 7}


def unbook(output: dict[str, Any]) -> None:
    raise RuntimeError("not now")


@pytest.fixture
async def engine() -> Engine:
    return await make_test_engine(WORKFLOW, functions={"book": book, "unbook": unbook})


async def filled(engine: Engine) -> RunView:
    run = await engine.start("visa")
    await engine.next(run, {"full_name": "Ann", "secret": "hunter22"})
    await engine.next(run, {"scan": UPLOAD})
    return run


async def exported(engine: Engine, run: RunView) -> dict[str, Any]:
    """As it is read from a file."""
    found: dict[str, Any] = json.loads(encode(await exported_run(engine, run.id)))
    return found


async def test_all_that_a_person_gave_is_there(engine: Engine) -> None:
    """Who asks for their data gets it whole: answers, files, what they typed and never sent, documents."""
    run = await filled(engine)
    await engine.amend(run, session={"seen": True})
    await engine.previous(run, draft={"fine": "almost"})
    found = await exported(engine, run)
    steps = {each["step"]: each for each in found["steps"]}
    assert steps["papers"]["answers"] == {"full_name": "Ann", "secret": WITHHELD}
    assert (steps["last"]["draft"], steps["last"]["kept"], steps["papers"]["kept"]) == ({"fine": "almost"}, True, False)
    assert steps["booked"]["answers"] == {"number": 7}
    assert found["session"] == {"seen": True}
    assert [(each["name"], each["content"], each["bytes"]) for each in found["files"]] == [("scan.txt", "aGVsbG8=", 5)]
    assert [each["number"] for each in found["trace"]] == list(range(1, len(found["trace"]) + 1))
    assert (found["run"]["current"], found["input"]) == (run.step, {"country": "CH"})


async def test_what_left_the_path_is_there_as_well(engine: Engine) -> None:
    """An answer that is kept for the case that the person comes back is stored, and so it is theirs to see."""
    run = await filled(engine)
    await engine.change(run, "papers", {"full_name": "Bea", "secret": "hunter23"})
    found = await exported(engine, run)
    assert [(each["step"], each["tries"], each["error"]) for each in found["undos"]] == [("booked", 1, "RuntimeError")]
    assert "hunter2" not in json.dumps(found)


async def test_parked_answers_have_no_secrets_either(engine: Engine) -> None:
    """A password that left the path is a password still."""
    first = {"id": "first", "type": "form", "fields": [{"name": "more", "type": "boolean"}]}
    fork = {"id": "fork", "type": "condition", "cases": [{"when": "first.more", "goto": "papers"}, {"goto": "last"}]}
    engine = await make_test_engine({"id": "forked", "nodes": [first, fork, FORM, LAST]})
    run = await engine.start("forked")
    await engine.next(run, {"more": True})
    await engine.next(run, {"full_name": "Ann", "secret": "hunter22"})
    await engine.change(run, "first", {"more": False})
    found = await exported(engine, run)
    assert found["parked"] == {"papers": {"full_name": "Ann", "secret": WITHHELD}}


async def test_what_is_kept_from_before_a_migration_is_there_as_well() -> None:
    """An answer that the new version hasn't a field for is stored still, and so is the person's to have."""
    house = House(MemoryStore())
    text = """
id: trip
nodes:
  - {id: who, type: form, fields: [{name: name, label: Name}, {name: pet, label: Pet}, {name: pin, type: password}]}
  - {id: done, type: message, title: Thanks}
"""
    await house.deploys(text)
    run = await house.begins({"name": "Ann", "pet": "Rex", "pin": "hunter22"})
    assert (await exported(house.engine, run))["before_migration"] is None
    await house.deploys(text.replace("{name: pet, label: Pet}, ", ""))
    await house.migrates()
    told = await exported(house.engine, run)
    assert told["steps"][0]["answers"] == {"name": "Ann", "pin": WITHHELD}
    assert told["before_migration"]["steps"][0]["answers"] == {"name": "Ann", "pet": "Rex", "pin": WITHHELD}
    await house.engine.close()


async def test_why_a_run_stands_still_is_said() -> None:
    """An export is what an operator sends to who can mend it."""
    engine = await make_test_engine({"id": "visa", "nodes": [{"id": "booked", "type": "python", "function": "book"}]})
    run = await engine.start("visa")
    found = await exported(engine, run)
    assert found["run"]["fault"]["step"] == "booked"
    assert "no function" in found["run"]["fault"]["message"]


async def test_an_export_is_of_one_moment(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who goes on meanwhile doesn't get half of the one and half of the other."""
    run = await filled(engine)
    read, moves = engine.store.files, ["yes"]

    async def while_moved(run_id: str) -> Sequence[StoredFile]:
        if moves:
            await engine.next(run, {"fine": moves.pop()})
        return await read(run_id)

    monkeypatch.setattr(engine.store, "files", while_moved)
    found = await exported(engine, run)
    assert found["run"]["revision"] == run.revision
    assert found["run"]["status"] == "completed"
    assert found["trace"][-1]["revision"] == run.revision


async def test_a_run_that_never_stands_still_is_given_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than looking for ever."""
    run = await filled(engine)

    async def ahead(run_id: str) -> int:
        return 10_000

    monkeypatch.setattr(engine.store, "revision", ahead)
    with pytest.raises(StaleRevision):
        await exported_run(engine, run.id)


async def test_a_profile_is_exported_alone(engine: Engine) -> None:
    """It belongs to the person, not to any one run."""
    run = await engine.start("visa", profile_id="ann")
    await engine.amend(run, profile={"city": "Bern"})
    assert (await exported_profile(engine, "ann"))["fields"] == {"city": "Bern"}
    with pytest.raises(CallerError, match="Nothing is stored"):
        await exported_profile(engine, "bob")
    with pytest.raises(RunNotFound):
        await exported_run(engine, "nothing")
