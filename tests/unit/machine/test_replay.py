"""What comes along of a run to another version, by its new names, and what holds it back before anything is looked at.

Where a replay ends is tried out on whole runs: tests/unit/engine/test_migrating.py and test_migrating_any.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from immutables import Map

from tests.contract.runs import a_run, a_step, full_undo
from wizard.definitions.catalog import Catalog
from wizard.machine.replay import Stuck, carry
from wizard.model import Fault, Run, RunStatus, StepStatus, Workflow
from wizard.model.migrating import Counterpart, Counterparts
from wizard.node import Registry


def workflow(who: str, part: str, name: str) -> Workflow:
    page = {"id": "page", "type": "form", "fields": [{"name": name}]}
    nodes = [
        {"id": who, "type": "form", "fields": [{"name": name}, {"name": "names", "required": False}]},
        {"id": part, "type": "workflow", "workflow": "part", "repeat": {"for_each": f"[{who}.{name}]"}},
        {
            "id": "again",
            "type": "condition",
            "cases": [{"when": f'{who}.{name} == "x"', "goto": who}, {"goto": "done"}],
        },
        {"id": "done", "type": "end"},
    ]
    made = Catalog.from_documents(
        ({"id": "trip", "nodes": nodes}, {"id": "part", "nodes": [page]}), Registry.installed()
    )
    return made.get("trip")


OLD, NEW = workflow("who", "home", "name"), workflow("person", "house", "called")
MATCHED = Counterparts(
    {
        ("who",): Counterpart(("person",), False, {"name": "called"}),
        ("home",): Counterpart(("house",), True),
        ("home", "page"): Counterpart(("house", "page"), True, {"name": "called"}),
        ("done",): Counterpart(("done",), True),
    }
)


def carried(run: Run) -> Run:
    return carry(OLD, NEW, MATCHED, run).run


def test_everything_that_has_a_path_gets_its_new_one() -> None:
    """What keeps an old name is found by nobody any more: an answer that is lost without a word."""
    run = a_run(
        "run-1",
        a_step("who", 1, output={"name": "x", "names": None}),
        a_step("home/2/page", 2, node="page", reads={"input.item": b"1"}),
        a_step(
            "who~2",
            3,
            node="who",
            status=StepStatus.WAITING,
            output=None,
            draft={"name": "y"},
            reads={"who.name": b"2", "home": b"3"},
        ),
        parked=Map({"home/1/page": {"name": "z"}, "home/": {"keys": {b"k": 1}}, "gone/page": {"a": 1}}),
        returning="home/2/page",
        removed=frozenset({"home/3"}),
        fault=Fault("It failed.", "who~2", "NodeFailed"),
    )
    after = carried(run)
    assert [step.path for step in after.steps] == ["person", "house/2/page", "person~2"]
    assert [step.node for step in after.steps] == ["person", "page", "person"]
    assert after.steps[0].output == {"called": "x", "names": None}
    assert (after.steps[2].draft, after.steps[2].reads) == ({"called": "y"}, {"person.called": b"2", "house": b"3"})
    assert dict(after.parked) == {"house/1/page": {"called": "z"}, "house/": {"keys": {b"k": 1}}}
    assert (after.returning, after.removed) == ("house/2/page", {"house/3"})
    assert after.fault == Fault("It failed.", "person~2", "NodeFailed")
    assert (after.cursor, after.version, set(after.by_path)) == (2, NEW.version, {step.path for step in after.steps})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"undos": (full_undo(),)}, "to be undone"),
        ({"positional": True}, "earlier version of the program"),
        ({"status": RunStatus.WORKING}, "under way"),
        ({"status": RunStatus.WORKING, "cursor": -1}, "under way"),
    ],
)
def test_a_run_that_is_at_work_stays(changes: dict[str, Any], why: str) -> None:
    """What comes of the work is for the version that it was begun in."""
    with pytest.raises(Stuck, match=why):
        carried(a_run("run-1", a_step("who"), **changes))


def test_only_what_is_the_same_all_the_way_is_unchanged() -> None:
    """A page in a part that is handed something else may ask something else."""
    run = a_run("run-1", a_step("home/1/page", 1, node="page", output={"called": "x"}))
    assert carry(OLD, NEW, MATCHED, run).unchanged == {"house/1/page"}
    nodes = {**MATCHED.nodes, ("home",): Counterpart(("house",), False)}
    assert carry(OLD, NEW, Counterparts(nodes), run).unchanged == set()
