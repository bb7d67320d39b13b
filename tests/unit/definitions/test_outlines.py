"""Outlines: what can be told of a run whose definition can't be compiled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wizard.definitions import catalog as module
from wizard.definitions.catalog import Catalog
from wizard.definitions.outlines import STAND_IN, outline, read_bundle, unavailable
from wizard.engine.view import RunView
from wizard.engine.visits import make_visit
from wizard.errors import NodeContractError, WorkflowUnavailable
from wizard.model import Run, Workflow
from wizard.model.path import locate
from wizard.node import Registry
from wizard.testing import MovableClock, Person, make_test_engine

LOOP = """
id: loop
title: Round and round
language: de
expires_after: 3d
nodes:
  - {id: ask, type: form, title: Which colour?, fields: [{name: colour}, {name: word, type: password}]}
  - {id: once_more, type: condition, cases: [{when: ask.colour == "red", goto: ask}, {goto: parts}]}
  - id: parts
    type: workflow
    workflow: part
    title: "{{ ask.colour }} parts"
    repeat: {add_another: More?, item: Part}
  - {id: last, type: form, title: "Well, {{ ask.colour }}?", fields: [{name: well}]}
---
id: part
nodes:
  - {id: deep, type: workflow, workflow: deeper}
---
id: deeper
nodes:
  - {id: size, type: form, title: Size, fields: [{name: size}]}
  - {id: noted, type: set, values: {profile.size: "{{ size.size }}"}}
"""


async def gone_through() -> tuple[Run, bytes, Workflow]:
    """A run with a loop, items of a list, and what is kept, its stored definition, and what that compiles to."""
    made = await make_test_engine(LOOP, clock=MovableClock())
    person = await Person.starts(made, "loop")
    await person.says(colour="red", word="sesame")
    await person.says(colour="blue", word="sesame")
    await person.says(size="9")
    await person.says(add_another=True)
    await person.says(size="10")
    await person.says(add_another=False)
    assert person.asked == "last"
    await person.goes_back()
    return person.run.run, made.definitions.bundle("loop"), person.run.workflow


def outlined(run: Run, body: bytes | None, *types: str) -> Workflow:
    """By a registry that knows these types alone."""
    registry = Registry(type(each) for each in Registry.installed() if each.type in types)
    return outline(run, body, registry, WorkflowUnavailable("why"))


EVERY = ("form", "condition", "workflow", "set")


@pytest.mark.parametrize("types", [EVERY, ("form",), (), ("workflow", "set")])
@pytest.mark.parametrize("body", ["stored", "damaged", "missing", "of another shape"])
async def test_every_step_of_a_run_has_its_place(types: tuple[str, ...], body: str) -> None:
    """Whatever is missing, no step that is stored is one that can't be found: a list, an export and a cancellation
    go through all of them."""
    run, stored, workflow = await gone_through()
    odd: dict[str, Any] = {"root": "loop", "definitions": {"loop": {"id": 3, "nodes": [3, {"id": 4}, {"id": "ask"}]}}}
    bodies = {"stored": stored, "damaged": b"\x00", "missing": None, "of another shape": json.dumps(odd).encode()}
    found = outlined(run, bodies[body], *types)
    assert (found.id, found.version) == ("loop", run.version)
    for step in run.steps:
        place, known = locate(found, step.path), locate(workflow, step.path)
        assert (place.node.id, place.after) == (known.node.id, known.after)
        assert [level.segment for level in place.levels] == [level.segment for level in known.levels]
        assert place.node.type == step.type
        assert (place.node.kind is known.node.kind) or place.node.handler is STAND_IN
    view = RunView(found, run, run.updated_at)
    assert view.unavailable
    assert (view.has_next, view.has_previous) == (False, False)
    assert [line.step for line in view.path + view.kept] == [step.path for step in run.steps]
    assert view.progress.min == 0
    assert view.current.step == view.step
    assert view.summary()


async def test_what_can_be_read_is_what_it_is() -> None:
    """One node that is broken costs the others nothing: their titles, and which of their answers are passwords."""
    run, stored, _ = await gone_through()
    found = outlined(run, stored, "form", "workflow")
    assert (found.title, found.language, found.expires_after is not None) == ("Round and round", "de", True)
    ask = locate(found, "ask~2").node
    assert ask.handler.secrets(ask.config) == {"word"}
    view = RunView(found, run, run.updated_at)
    assert [line.title for line in view.path][:3] == ["Which colour?", "Which colour?", "Size"]
    assert {item.value for item in view.summary()} >= {"blue", "9"}
    noted = locate(found, "parts/1/deep/noted").node
    assert noted.handler is STAND_IN
    assert not noted.handler.secrets(noted.config) - {"profile.size"}


async def test_without_the_type_all_answers_may_be_passwords() -> None:
    """Better a question too many to an operator than somebody's password in a file."""
    run, stored, _ = await gone_through()
    ask = locate(outlined(run, stored, "set"), "ask").node
    assert ask.handler.secrets(ask.config) == {"colour", "word"}


async def test_an_outline_moves_nothing() -> None:
    """A stand-in that executed something would make up an answer."""
    run, _, _ = await gone_through()
    found = outlined(run, None)
    view = RunView(found, run, run.updated_at)
    step = next(step for step in run.path if step.is_foreground)
    handler: Any = locate(found, step.path).node.handler
    visit = make_visit(found, run, step, run.updated_at)
    for call in (handler.execute, handler.remove):
        with pytest.raises(NodeContractError):
            await call(visit)
    assert handler.undoes
    assert view.run is run


@pytest.mark.parametrize(
    ("body", "error", "says"),
    [
        (None, None, "its definition isn't in the store; restore it from a backup"),
        (b"{}", ValueError("odd"), "ValueError: odd"),
        (b"[]", None, "no reason is known"),
    ],
)
async def test_the_reason_is_named_where_no_node_is_to_blame(
    body: bytes | None, error: Exception | None, says: str
) -> None:
    """A backup that was restored in part, a file system's damage: no plug-in is accused."""
    run, _, _ = await gone_through()
    why = unavailable(run, body, error, Registry.installed())
    assert says in why.message
    assert (why.type, why.package, why.node) == ("", "", "")


async def test_many_broken_nodes_are_counted() -> None:
    """A message is read, a page of it isn't."""
    run, stored, _ = await gone_through()
    why = unavailable(run, stored, None, Registry())
    assert why.message.count("isn't installed") == 3
    assert "; and 4 more" in why.message


def test_a_bundle_without_a_note_of_its_origin_is_read() -> None:
    """Those of earlier versions have none, and a note that is damaged counts for nothing."""
    for noted in ({}, {"made_with": 3}, {"made_with": {"program": "1"}}):
        bundle = read_bundle(json.dumps({"root": "a", "definitions": {"a": {}}, **noted}).encode())
        assert bundle is not None
        assert (bundle.program, bundle.packages) == ("", {})
    assert read_bundle(b'{"root": "b", "definitions": {}}') is None


def test_where_a_definition_came_from_is_no_part_of_its_version() -> None:
    """Runs pinned before an upgrade would lose their version by it."""
    first = Catalog.from_documents([{"id": "a", "nodes": [{"id": "m", "type": "message"}]}], Registry.installed())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "__version__", "99.0")
        second = Catalog.from_documents([{"id": "a", "nodes": [{"id": "m", "type": "message"}]}], Registry.installed())
    assert first.get("a").version == second.get("a").version
    assert b'"program":"99.0"' in second.bundle("a")
