"""The end node."""

from __future__ import annotations

from tests.unit.forms.asking import Around
from tests.unit.nodes.visiting import Visited
from wizard.nodes.ask.form import FormNode
from wizard.nodes.flow.end import EndNode


async def test_the_last_page() -> None:
    """It says so, so that no channel offers a way on; answers to it change nothing."""
    end = Visited(EndNode(), title="Done", text="Thank you, {{ who }}.")
    end.names = Around(who="Ada")
    outcome = await end.execute()
    assert (outcome.prompt.title, outcome.prompt.text) == ("Done", "Thank you, Ada.")
    assert outcome.prompt.ends
    assert await end.execute({"x": 1}) == outcome
    assert end.type.outputs(end.node.config) == frozenset()
    assert (await Visited(EndNode()).execute()).prompt.text == ""


def test_only_an_end_ends() -> None:
    """The engine completes the run by this mark alone."""
    assert EndNode.ends
    assert not FormNode.ends
