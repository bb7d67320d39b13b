"""`find` and `replace` nodes."""

import time
from typing import Any

import pytest

from tests.unit.nodes.computed import outcome, refused, value
from tests.unit.nodes.handing import visit_of
from wizard.nodes.text.patterns import FindNode, ReplaceNode


async def test_what_fits_is_found_with_its_parts() -> None:
    """An order's number out of a subject line, to look it up with."""
    made = await outcome(FindNode, text="Re: AB-1234 ü", pattern="([A-Z]{2})-(?P<number>[0-9]{1,8})(x)?")
    assert made.port == "found"
    assert made.output == {
        "value": "AB-1234",
        "groups": ["AB", "1234", None],
        "named": {"number": "1234"},
        "start": 4,
    }


@pytest.mark.parametrize("text", ["nothing here", "", None])
async def test_what_doesnt_fit_goes_another_way(text: str | None) -> None:
    """A mail without an order's number reaches a person."""
    made = await outcome(FindNode, text=text, pattern="[0-9]{4}")
    assert (made.port, set(made.output.values())) == ("not_found", {None})


async def test_capitals_can_be_left_aside() -> None:
    """What people type in capitals is found as well."""
    assert await value(FindNode, text="REF", pattern="ref") is None
    assert await value(FindNode, text="REF", pattern="ref", ignore_case=True) == "REF"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a)\1", "references back: see `\\1` at character 4"),
        ("ab(?=c)", "looking ahead or behind isn't known here: see `(?=` at character 3"),
        ("(?<!a)b", "see `(?<!` at character 1"),
        ("a)(?:b", "isn't a regular expression"),
        ("(", "isn't a regular expression"),
        ("a**", "see `**` at character 2"),
        ("a{2000}", "up to 1,000 rounds: see `{2000}` at character 2"),
    ],
)
def test_what_a_pattern_cant_have_is_told_at_load_with_its_place(pattern: str, why: str) -> None:
    """Who wrote it for another program finds at once what to change."""
    for node, more in ((FindNode(), {}), (ReplaceNode(), {"replacement": ""})):
        visit = visit_of(node, {"text": "", "pattern": pattern, **more})
        problems = list(node.check(visit.config))
        assert [place for place, _ in problems] == [("pattern",)]
        assert why in problems[0][1]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+b", "a" * 100_000),
        ("(a*)*(a|aa)*$x", "a" * 100_000),
        ("ü+x|[0-9]+y", "ü1" * 50_000),
        ("x*", "é" * 5_000),
    ],
)
async def test_the_longest_text_takes_no_time(pattern: str, text: str) -> None:
    """Nobody's text keeps a server busy, whatever an author wrote."""
    began = time.process_time()
    await value(FindNode, {"x": text}, text="{{ x }}", pattern=pattern)
    await value(ReplaceNode, {"x": text}, text="{{ x }}", pattern=pattern, replacement="")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"text": "a1b22", "pattern": "[0-9]{1,3}", "replacement": "#"}, "a#b#"),
        ({"text": "a1b22", "pattern": "[0-9]{1,3}", "replacement": "#", "only_first": True}, "a#b22"),
        ({"text": "Lee, Ann", "pattern": "([A-Za-z]{1,9}), ([A-Za-z]{1,9})", "replacement": r"\2 \1"}, "Ann Lee"),
        ({"text": "ab", "pattern": "(a)|(b)", "replacement": r"[\1\2\0\\]"}, "[aa\\][bb\\]"),
        ({"text": "abc", "pattern": "x", "replacement": "y"}, "abc"),
        ({"text": "äb", "pattern": "", "replacement": "-"}, "-ä-b-"),
        ({"text": None, "pattern": "x", "replacement": "y"}, None),
    ],
)
async def test_what_fits_is_replaced(config: dict[str, Any], text: Any) -> None:
    """Numbers of cards leave the text before it is stored."""
    assert await value(ReplaceNode, **config) == text


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"text": "a", "pattern": "a", "replacement": r"\1"}, "a backslash that is none of"),
        ({"text": "a", "pattern": "a", "replacement": "\\"}, "a backslash"),
        ({"text": "a", "pattern": "a", "replacement": 5}, "`replacement` gives must be a text"),
        ({"text": "{{ x }}", "pattern": "a", "replacement": "a", "max_length": 10}, "up to 10 are read"),
        ({"text": "{{ x }}", "pattern": "a", "replacement": "{{ long }}"}, "more than 100,000 characters"),
    ],
)
async def test_what_cant_be_replaced_names_its_key(config: dict[str, Any], why: str) -> None:
    """A replacement for each of many places can't fill the memory."""
    assert why in await refused(ReplaceNode, {"x": "a" * 500, "long": "b" * 10_000}, **config)
