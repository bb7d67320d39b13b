"""What the catalogue says of a node type as JSON."""

from __future__ import annotations

import pytest

from wizard.actions.catalogue import Catalogue
from wizard.actions.described import line

CATALOGUE = Catalogue.installed()


@pytest.mark.parametrize(
    ("name", "ports", "vary"),
    [
        ("if", ["yes", "no"], False),
        ("set", [], False),
        ("switch", ["near", "far", "otherwise"], True),
        ("random_split", ["short", "long"], True),
        ("start_workflow", ["cancelled", "expired", "failed", "timed_out"], True),
    ],
)
def test_ways_out_that_a_configuration_names_are_shown_by_the_example(
    name: str, ports: list[str], *, vary: bool
) -> None:
    """An editor that draws a new node has no way out to draw otherwise."""
    action = CATALOGUE.get(name)
    assert action is not None
    told = line(action)
    assert (told["ports"], told["ports_vary"]) == (ports, vary)
