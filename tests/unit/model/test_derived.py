"""What is computed of a workflow is kept by it, and goes with it."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest

from tests.workflows import ask, catalog, embed, flow
from wizard.model import Workflow, path
from wizard.model.derived import derived
from wizard.model.path import locate


def main(name: str = "main") -> Workflow:
    person = flow("person", ask("name"))
    return catalog(flow(name, ask("a"), embed("people", "person", repeat={"times": "3"})), person).get(name)


def test_it_is_computed_once_for_each_workflow() -> None:
    """Each page asks whether a workflow has a final node, and looks through it; another version is another workflow."""
    asked = []

    @derived
    def nodes(workflow: Workflow) -> int:
        asked.append(workflow)
        return len(workflow.nodes)

    one, other = main(), main()
    assert [nodes(each) for each in (one, one, other, one)] == [2, 2, 2, 2]
    assert asked == [one, other]
    assert locate(one, "a") is locate(one, "a")


def test_a_changed_copy_computes_its_own() -> None:
    """What was computed of a definition isn't true of another one that was made from it."""
    workflow = main()
    place = locate(workflow, "a")
    copy = replace(workflow, title="Another")
    assert copy.derived == copy.places == {}
    assert locate(copy, "a") is not place


def test_it_goes_with_its_workflow() -> None:
    """Drafts are saved every few seconds: a cache that held each of them would grow until the process ends."""

    locate(main("of_this_test"), "people/1/name")
    gc.collect()
    assert not [each for each in gc.get_objects() if type(each) is Workflow and each.id == "of_this_test"]


def test_a_workflow_remembers_so_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items of a repeat are as many as somebody adds; what is remembered of all runs has a bound."""
    monkeypatch.setattr(path, "MOST_PLACES", 10)
    workflow = main()
    for number in range(1, 100):
        assert locate(workflow, f"people/{number}/name").node.id == "name"
        assert len(workflow.places) <= 10
