"""Depth and brackets, told from the text alone: a parser is spared them, and authors are spared its words."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wizard.definitions.reading.source import read
from wizard.errors import DefinitionError
from wizard.model.nesting import TooDeepError, check_json, check_yaml, load_json, yaml_pieces


def depth_in_yaml(text: str) -> int:
    """The least depth at which the text isn't too deep."""
    for most in range(len(text) + 1):
        try:
            check_yaml(text, most)
        except TooDeepError:
            continue
        return most
    raise AssertionError(text)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("a: [[1], {b: [c]}]", 3),
        ("- - - a", 3),
        ("-\t- ? a", 3),
        ("a: '[[['", 0),
        ('a: "[\\"[["', 0),
        ("a: it's [[[", 0),
        ("a: text\n  [[ that goes on\n  - [[\nb: [c]", 1),
        ("# [[[\na: b # [[[", 0),
        ("a: |\n  [[[\n\n  [[\nb: [c]", 1),
        ("- a: >2-\n     [[[\n  b: [c]", 1),
        ("a: |\nb: [c]", 1),
        ("--- |\n[[[\n---\n[a]", 1),
        ("&x k: |\n  [[", 0),
        ('{"a":"[[[", \'b\':[c]}', 2),
        ("[a, b] # [[[", 1),
        ("[a,\n # ]\n [b]]", 2),
        ("a: !t [&x [b]]", 2),
        ("http://x/[[[: b", 0),
    ],
)
def test_what_opens_is_told_from_what_only_looks_so(text: str, depth: int) -> None:
    """An author whose texts are full of brackets would be refused, or a deep document taken."""
    assert depth_in_yaml(text) == depth


fragments = st.sampled_from(
    [
        "a: ",
        "a:\n",
        "  ",
        "- ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        '"',
        "it's",
        " # c",
        "#",
        "\n",
        "\n  ",
        "\n    ",
        "\n - ",
        "text",
        "a b",
        "&x ",
        "!t ",
        "*x",
        "\\",
        "'x'",
        '"y"',
        ":",
        ": ",
        "\t",
        "---\n",
        "...\n",
        "\u2028",
        "k: >\n  ",
        "[a, b]",
        "{a: b}",
        '{"a":"b]"}',
        "é",
    ]
) | st.sampled_from(["|\n", "|2\n", "|-\n"])


@given(st.lists(fragments, max_size=14).map("".join))
def test_the_brackets_are_those_that_the_parser_finds(text: str) -> None:
    """Of whatever can be read, each bracket is known: a definition isn't refused for what it doesn't hold."""
    try:
        events = list(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError:
        return
    ends = [event.start_mark.index for event in events if isinstance(event, yaml.CollectionEndEvent)]
    closing = [at for at in ends if text[at : at + 1] in ("]", "}")]
    pieces = list(yaml_pieces(text))
    assert [piece.start for piece in pieces if piece.kind == "close"] == sorted(set(closing))
    assert sum(piece.kind == "open" for piece in pieces) == len(set(closing))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[" * 900_000, "a.yaml:1:51"),
        ("{a: " * 240_000, "a.yaml:1:201"),
        ("[\n" * 450_000, "a.yaml:51:1"),
        ("- " * 450_000, "a.yaml:1:101"),
        ("?\t" * 450_000, "a.yaml:1:101"),
        ("\n".join(" " * level + "a:" for level in range(1_400)), "a.yaml:51:51"),
        ("\n".join("- " * 40 * level + "- " * 40 for level in range(100)), "a.yaml:2:101"),
    ],
)
def test_a_deep_file_is_refused_at_its_place(text: str, place: str) -> None:
    """It would fill the memory or the stack of a server, or say something in a parser's words."""
    with pytest.raises(DefinitionError) as caught:
        read(text, "a.yaml")
    assert str(caught.value.problems[0]) == f"{place}: error: this is nested more than 50 deep"


@given(
    st.recursive(
        st.none() | st.text('"\\[]{}', max_size=5), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_depth_in_json_is_that_of_its_values(value: object) -> None:
    """An answer would be refused for brackets in its texts, or a deep one taken."""

    def depth(of: object) -> int:
        inside = list(of.values()) if isinstance(of, dict) else of
        return 1 + max(map(depth, inside)) if isinstance(inside, list) and inside else 0

    text = json.dumps(value, indent=1)
    check_json(text, depth(value))
    if depth(value):
        with pytest.raises(TooDeepError):
            check_json(text, depth(value) - 1)


def test_json_from_elsewhere_is_bounded_before_it_is_parsed() -> None:
    """Stored definitions, notifications and services' answers come through here; the parser recurses."""
    assert load_json(b'{"a": [1]}', 2) == {"a": [1]}
    assert load_json('"é"'.encode("utf-16"), 2) == "é"
    with pytest.raises(TooDeepError) as caught:
        load_json(b"[" * 1_000_000, 2)
    assert caught.value.offset == 2
    with pytest.raises(UnicodeDecodeError):
        load_json(b"\xff", 2)
