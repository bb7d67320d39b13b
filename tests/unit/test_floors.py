"""The drawing of the house is that of the house."""

from __future__ import annotations

import pytest

from tests import floors


def test_the_drawing_is_of_todays_imports() -> None:
    """Who looks for where something belongs would go by a house that isn't there any more."""
    assert floors.PAGE.read_text() == floors.drawn(floors.PAGE.read_text()), "Run `make floors`."


def test_every_room_stands_on_a_floor() -> None:
    """A room that nobody placed may use everything, and is in no drawing."""
    assert floors.uses().keys() - {"__init__"} == {room for floor in floors.floors() for room in floor}


def test_a_room_uses_lower_floors_only() -> None:
    """What the drawing shows is what the contract says, told by another way than the contract's own."""
    drawn = floors.uses()
    levels = {room: level for level, rooms in enumerate(floors.floors()) for room in rooms}
    wrong = [(room, used) for room in levels for used in drawn[room] & levels.keys() if levels[used] <= levels[room]]
    assert wrong == []


def test_a_page_without_a_place_for_the_drawing_is_told() -> None:
    """Nothing would be written, and nobody would notice."""
    with pytest.raises(ValueError, match="no place for the drawing"):
        floors.drawn("# Architecture\n")
