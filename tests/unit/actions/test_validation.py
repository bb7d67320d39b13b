"""Configurations that somebody made to be refused."""

from __future__ import annotations

from time import process_time

import pytest

from wizard.actions.action import Action
from wizard.actions.validation import validate
from wizard.errors import ConfigurationRefused
from wizard.node import Registry

REGISTRY = Registry.installed()


def action(name: str) -> Action:
    node_type = REGISTRY.get(name)
    assert node_type is not None
    return Action(node_type, REGISTRY.fields)


def test_many_mistakes_take_as_long_as_their_number() -> None:
    """One request with a long list kept a thread of the server busy for minutes, and every other waited for it."""
    began = process_time()
    with pytest.raises(ConfigurationRefused) as refused:
        validate(action("form"), {"fields": [1] * 20_000})
    assert len(refused.value.errors) == 20_000
    assert process_time() - began < 15


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ({"fields": [{"name": "a", "lable": "A"}, 3]}, {("fields", 0, "lable"), ("fields", 1)}),
        ({"fields": [{"name": "a", "validate": [{"check": "(", "message": 1}]}]}, None),
        ({"fields": []}, {("fields",)}),
    ],
)
def test_what_is_wrong_inside_is_told_there_and_nowhere_else(
    config: dict[str, object], places: set[tuple[str | int, ...]] | None
) -> None:
    """An editor marks the field that is wrong, and not the list around it."""
    with pytest.raises(ConfigurationRefused) as refused:
        validate(action("form"), config)
    assert ("fields",) not in refused.value.errors or places == {("fields",)}
    assert places is None or set(refused.value.errors) == places


@pytest.mark.parametrize(
    ("name", "config", "place", "message"),
    [
        ("send_mail", {"To": "a@example.org"}, "To", "there is no key `To` here; did you mean `to`?"),
        ("mask", {"mark": "**"}, "mark", "`mark` must have at most 1 character"),
    ],
)
def test_a_mistake_says_what_to_write_instead(name: str, config: dict[str, object], place: str, message: str) -> None:
    """Who writes a key as the form labels it is one letter away."""
    known = action(name)
    with pytest.raises(ConfigurationRefused) as refused:
        validate(known, {**(known.example or {}), **config})
    assert refused.value.errors[place,] == message
