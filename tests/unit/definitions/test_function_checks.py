"""How nodes call the application's functions, held against those that there are."""

from __future__ import annotations

from tests.unit.checked import told

CALLS = """\
id: w
nodes:
  - {id: a, type: python, function: add, arguments: {one: "1", two: "2"}, undo: forget}
  - {id: b, type: python, function: ad}
  - {id: c, type: python, function: add, arguments: {one: "1", tow: "2"}}
  - {id: d, type: python, function: look, arguments: {}}
"""


def add(one: str, two: str) -> None: ...


def look(visit: object) -> None: ...


def forget(what: object) -> None: ...


def test_calls_that_can_not_be() -> None:
    """A typing mistake in an argument fails for the first person who gets there, and for everybody behind."""
    assert told(CALLS, {"add": add, "look": look, "forget": forget}) == [
        "3 error: the function `forget` can't be called like that: it needs 'what', and is handed `output`",
        "4 error: there is no function `ad` among those that are handed over; did you mean `add`?",
        "5 error: the function `add` can't be called like that: it needs 'two', and is handed `one`, `tow`",
    ]


def test_without_functions_nothing_is_said_of_them() -> None:
    """Whoever checks a definition on a machine without the application isn't told that it has no functions."""
    assert told(CALLS) == []
