"""What all types that only compute share."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.nodes.handing import failure_of, visit_of
from wizard.node import Registry
from wizard.nodes.computing import Computes, IntoConfig
from wizard.nodes.data.texts import TemplateNode
from wizard.nodes.items import ComputesOfItems


async def test_a_result_that_is_too_large_is_refused_where_it_is_made() -> None:
    """It must stop at its node, with a message that says why, and not break the turn when it is saved."""
    from wizard.nodes.data.groups import MergeNode

    for item, told in (("x" * 1_000, "too large"), ("ä" * 600, "The result is larger than 1,000,000 bytes")):
        config, data = {"parts": ["a", "a"]}, {"a": [item] * 800}
        assert told in await failure_of(MergeNode(), config, data)


async def test_a_result_is_kept_only_where_it_is_said() -> None:
    """A text that is for one page only must not end up in somebody's profile."""
    visit = visit_of(TemplateNode(), {"text": "x"})
    await TemplateNode().execute(visit)
    assert visit.changes == {}


@pytest.mark.parametrize("handler", [each for each in Registry.installed() if isinstance(each, Computes)])
def test_into_is_asked_last_and_an_item_is_seen_where_it_is_used(handler: Any) -> None:
    """Who fills in a form says first what is to be computed."""
    if issubclass(handler.Config, IntoConfig):
        assert list(handler.Config.model_fields)[-1] == "into"
    assert handler.pure
    assert not handler.outputs(None) - set(handler.gives)
    assert (handler.own_names(None) == {"item"}) == isinstance(handler, ComputesOfItems)
