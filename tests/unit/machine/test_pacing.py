"""What counts as the same place of a loop."""

from __future__ import annotations

import pytest

from wizard.machine.pacing import place_of


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("pause", "pause"),
        ("pause~12", "pause"),
        ("again~3/pause", "again/pause"),
        ("again~3/each/2/pause~4", "again/each/2/pause"),
    ],
)
def test_all_visits_of_a_node_in_a_loop_are_at_one_place(path: str, place: str) -> None:
    """Else a wait in a sub-workflow that is opened anew each time would never be known again; and the items of a list
    would wait for one another."""
    assert place_of(path) == place
