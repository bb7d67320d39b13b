"""A comma inside parentheses belongs to the call, wherever a value stands in braces or brackets."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.definitions.reading.source import read


def data(text: str) -> Any:
    (document,) = read(text, "flow.yaml")
    return document.data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{when: f(a, b) > 1, goto: c}", {"when": "f(a, b) > 1", "goto": "c"}),
        ("{when: f(a, g(b, c), d), goto: c}", {"when": "f(a, g(b, c), d)", "goto": "c"}),
        ('{when: f(a, "b, c", d), goto: c}', {"when": 'f(a, "b, c", d)', "goto": "c"}),
        ("[f(a, b), c]", ["f(a, b)", "c"]),
        ("[[f(a, b)], {x: g(a, b)}]", [["f(a, b)"], {"x": "g(a, b)"}]),
        ("{when: f(a,\n  b), goto: c}", {"when": "f(a, b)", "goto": "c"}),
        ("{hint: 'f(a', other: b}", {"hint": "f(a", "other": "b"}),
        ("{hint: f(a, other: b}", {"hint": "f(a", "other": "b"}),
        ("[f(a]", ["f(a"]),
        ("hint: f(a\nother: b)", {"hint": "f(a", "other": "b)"}),
    ],
)
def test_commas_in_calls(text: str, value: Any) -> None:
    """An author who writes a call in braces gets the call, and nothing else is put together."""
    assert data(text) == value
