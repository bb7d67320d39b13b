"""How far somebody is: never a number that turns out to be wrong."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.channels.web.progress import progress_text, step_of
from wizard.engine.view import Progress
from wizard.testing import make_test_engine


def ask(node: str, **more: Any) -> dict[str, Any]:
    return {"id": node, "type": "form", "title": node, "fields": [{"name": "a"}], **more}


END = {"id": "end_page", "type": "end", "title": "Done"}


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress(2, 3, 3), "Step 3 of 5"),
        (Progress(2, 3, 6), "Step 3"),
        (Progress(2, 3, 8), "Step 3"),
        (Progress(2, 3, 9), "Step 3"),
        (Progress(2, 3, None), "Step 3"),
        (Progress(2, 0, 0), "Step 3 of 3"),
    ],
)
def test_the_words(progress: Progress, text: str) -> None:
    """Where answers decide how much is to come, it says so."""
    assert step_of(3, progress, (0, 0)) == text


async def text_at(nodes: list[Any], answered: int = 0, step: str | None = None, **more: Any) -> str:
    engine = await make_test_engine({"id": "x", "nodes": nodes, **more})
    view = await engine.start("x")
    for _ in range(answered):
        await engine.next(view, {"a": "1"})
    return progress_text(view, view.run.by_path[step or view.step])


async def test_a_last_page_is_no_step() -> None:
    """ "Step 2 of 3" on the last question makes people wait for a third."""
    assert await text_at([ask("one"), ask("two"), END], 1) == "Step 2 of 2"


async def test_without_a_last_page_every_page_counts() -> None:
    """The run ends after its last question."""
    assert await text_at([ask("one"), ask("two")], 1) == "Step 2 of 2"


async def test_where_only_some_ways_have_a_last_page_the_longest_counts_it() -> None:
    """A number that may not hold is none."""
    nodes = [
        ask("one"),
        {"id": "way", "type": "condition", "cases": [{"when": 'one.a == "1"', "goto": "end"}, {"goto": "two"}]},
        ask("two"),
        END,
    ]
    assert await text_at(nodes) == "Step 1"


async def test_a_last_page_within_an_embedded_workflow_is_none_of_the_steps() -> None:
    """It ends the run as well."""
    engine = await make_test_engine(
        {"id": "x", "nodes": [ask("one"), {"id": "sub", "type": "workflow", "workflow": "inner"}]},
        {"id": "inner", "nodes": [ask("two"), END]},
    )
    view = await engine.start("x")
    assert progress_text(view, view.run.by_path["one"]) == "Step 1"


async def test_an_earlier_step_has_its_own_number() -> None:
    """Opened again, the second page is still the second."""
    nodes = [ask("one"), ask("two"), ask("three"), END]
    assert await text_at(nodes, 2, "one") == "Step 1 of 3"
    assert await text_at(nodes, 2) == "Step 3 of 3"


async def test_a_single_page_needs_no_number() -> None:
    """ "Step 1 of 1" tells nothing."""
    assert await text_at([ask("one"), END]) == ""
