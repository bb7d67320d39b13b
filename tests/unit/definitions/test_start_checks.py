"""What is said of `on`, the events that start a workflow by themselves."""

from __future__ import annotations

import pytest

from tests.unit.checked import told

ONE = """\
id: thanks
on:
  - {event: purchase, when: %s}
nodes:
  - {id: note, type: set, values: {a: 1}}
"""


def test_what_is_right_is_nothing_to_tell() -> None:
    """An author who reads the documentation's examples into a file isn't told anything."""
    when = "event.properties.total > 100 and profile.email != null and session.id != null and event.at <= now()"
    assert told(ONE % when) == []


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ("evnt.properties.total > 1", "there is nothing called `evnt` here; did you mean `event`?"),
        ("event.propertis.total > 1", "an event has no `propertis`; did you mean `properties`?"),
        ("event.total > 1", "an event has no `total`; what it brings is in `event.properties`"),
        ("note.a == 1", "`note` can't be read here: there is no run yet, only `event`, `profile` and `session`"),
        ("input.a == 1", "`input` can't be read here: there is no run yet, only `event`, `profile` and `session`"),
    ],
)
def test_a_name_that_nothing_has_is_told(when: str, problem: str) -> None:
    """Its condition would never hold, or never be computed, and nobody would know why no run begins."""
    assert told(ONE % when) == [f"3 error: {problem}"]


def test_unknown_keys_and_types_are_told() -> None:
    """A misspelt `when` would start a run by every purchase."""
    assert told("id: a\non:\n  - {event: purchase, wen: true}\nnodes: [{id: done, type: end}]\n") == [
        "3 error: there is no key `wen` here; did you mean `when`?"
    ]
    assert told("id: a\non:\n  - {event: id}\nnodes: [{id: done, type: end}]\n") == [
        "3 error: `event.id` has a meaning of its own; give the event another type"
    ]


def test_what_an_event_can_t_hand_in_needs_a_default() -> None:
    """Otherwise each event would fail to start its run."""
    text = "id: a\non: [{event: purchase}]\ninput:\n  country: {type: text}\n  note: {default: x}\n"
    nodes = "nodes: [{id: done, type: end}]\n"
    assert told(text + nodes) == [
        "4 error: an event that starts `a` hands nothing in, and the input `country` has no default"
    ]
    assert told(text.replace("{type: text}", "{required: false}") + nodes) == []
