"""Step paths: understood, and never misunderstood."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.drawing import examples
from tests.generated import definitions
from tests.invariants import reachable
from tests.workflows import Document, ask, branch, catalog, embed, flow
from wizard.errors import NotAStep
from wizard.model.path import can_follow, frame_and_node_at, is_cyclic, locate

INNER = flow("inner", ask("x"), ask("y"))
MAIN = catalog(
    flow(
        "main",
        ask("a"),
        branch("c", ("a.x == 'back'", "a"), "one"),
        embed("one", "inner"),
        embed("hh", "inner", repeat={}),
        ask("z"),
    ),
    INNER,
).get("main")


def test_a_path_names_its_node_and_the_way_there() -> None:
    """Everything the engine knows of a stored step it knows from its path."""
    assert locate(MAIN, "a~12").node.id == "a"
    place = locate(MAIN, "hh/3/y")
    assert (place.node.id, place.frame.prefix, place.frame.item, place.after) == ("y", "hh/3/", 3, None)
    page = locate(MAIN, "hh/after-0")
    assert (page.node.id, page.frame.prefix, page.after) == ("hh", "", 0)
    assert locate(MAIN, "one/x").frame.workflow.id == "inner"
    assert locate(MAIN, "hh/123456789/x").frame.item == 123_456_789


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "nowhere", "c", "one", "hh", "hh/1", "one/", "one/nowhere", "a/b", "a/", "one/x/y", "hh/x/x",
        "hh/after-1/x", "hh/after-", "hh/after-after-1", "hh/-1/x", "hh/01/x", "hh/1e3/x", "hh/²/x", "hh/1234567890/x",
        "hh/0/x",
        "a~", "a~1", "a~0", "a~02", "a~x", "a~-2", "a~2~3", "~2", "a ", "A", "a\x00", "../a", "hh//x", "hh/٣/x",
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused(path: str) -> None:
    """Paths come in with requests; each way to write one step differently would be a way around a check."""
    with pytest.raises(NotAStep):
        locate(MAIN, path)


def test_a_node_without_a_step_is_found_by_its_path_too() -> None:
    """What a condition reads decides which event is given back; it has to be the condition of the right item."""
    inner = flow("inner", ask("x"), branch("which", ("x.x == 'x'", "y"), "y"), ask("y"))
    main = catalog(flow("main", ask("a"), embed("one", "inner"), embed("hh", "inner", repeat={})), inner).get("main")
    places = {
        path: frame_and_node_at(main, path)
        for path in ("a", "one", "hh", "hh/after-2", "one/which", "hh/2/which", "hh/2/x")
    }
    assert {path: (frame.prefix, frame.item, node.id) for path, (frame, node) in places.items()} == {
        "a": ("", None, "a"),
        "one": ("", None, "one"),
        "hh": ("", None, "hh"),
        "hh/after-2": ("", None, "hh"),
        "one/which": ("one/", None, "which"),
        "hh/2/which": ("hh/2/", 2, "which"),
        "hh/2/x": ("hh/2/", 2, "x"),
    }
    for path in ("", "nowhere", "a/x", "one/nowhere", "hh/x/which", "one/which/x"):
        with pytest.raises(NotAStep):
            frame_and_node_at(main, path)


@given(
    st.text(max_size=30) | st.lists(st.sampled_from(["a", "one", "hh", "x", "1", "after-1", "~2", ""])).map("/".join)
)
def test_no_path_breaks_anything(path: str) -> None:
    """Whatever a client sends as a step, it gets an answer that it can understand."""
    with suppress(NotAStep):
        place = locate(MAIN, path)
        assert path.rsplit("/", maxsplit=1)[-1].startswith((place.node.id, "after-"))


@pytest.mark.parametrize(
    ("here", "there", "follows"),
    [
        ("a", "one/x", True),
        ("one/x", "a", False),
        ("one/x", "one/y", True),
        ("one/y", "one/x", False),
        ("a", "a~2", True),
        ("one/y", "hh/2/x", True),
        ("hh/1/y", "hh/2/x", True),
        ("hh/2/x", "hh/1/y", False),
        ("hh/1/y", "hh/after-1", True),
        ("hh/after-1", "hh/1/y", False),
        ("hh/after-1", "hh/2/x", True),
        ("hh/2/x", "hh/2/x", False),
        ("z", "hh/1/x", False),
    ],
)
def test_what_can_follow_stays_kept(here: str, there: str, follows: bool) -> None:
    """S8: reachable is what is in the same workflow instance, at some level, and follows over an edge."""
    assert can_follow(MAIN, here, there) is follows


@settings(deadline=None, max_examples=examples(50))
@given(definitions(), st.data())
def test_following_agrees_with_the_definition(documents: dict[str, Document], data: st.DataObject) -> None:
    """S8 against the same rule written down a second time, over any pair of steps."""
    workflow = catalog(*documents.values()).get("main")

    def step(document: Document) -> str:
        nodes = [node for node in document["nodes"] if node["type"] != "condition"]
        assume(nodes)
        node = data.draw(st.sampled_from(nodes))
        visit = data.draw(st.sampled_from(["", "~2"]))
        if node["type"] != "workflow":
            return f"{node['id']}{visit}"
        inner = step(documents[node["workflow"]])
        if "repeat" not in node:
            return f"{node['id']}{visit}/{inner}"
        item = data.draw(st.integers(1, 3))
        return f"{node['id']}{visit}/" + data.draw(st.sampled_from([f"{item}/{inner}", f"after-{item}"]))

    here, there = step(documents["main"]), step(documents["main"])
    assert can_follow(workflow, here, there) == reachable(documents, here, there, {})


def test_loops_are_known() -> None:
    """Only nodes in a loop have more than one visit; the others are found without counting."""
    assert is_cyclic(MAIN, "a")
    assert not is_cyclic(MAIN, "one")
