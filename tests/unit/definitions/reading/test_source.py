"""Definition text becomes plain data with places: what authors see first when they mistype."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.definitions.reading import source as module
from wizard.definitions.reading.document import Document
from wizard.definitions.reading.source import MAX_BYTES, from_data, read
from wizard.errors import DefinitionError, Problem


def one(text: str | bytes, file: str = "a.yaml") -> Document:
    (document,) = read(text, file)
    return document


def problems(text: str | bytes, file: str = "a.yaml") -> list[Problem]:
    with pytest.raises(DefinitionError) as caught:
        read(text, file)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0x1f", 31),
        ("0o17", 15),
        ("007", "007"),
        ("8001", 8001),
        ("1_000", "1_000"),
        ("1.5", Decimal("1.5")),
        ("-.5e3", Decimal(-500)),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2026-03-27", "2026-03-27"),
        ("12:30:45", "12:30:45"),
        ("9" * 101, "9" * 101),
        ("'12'", "12"),
        ('"true"', "true"),
        ("|\n  two\n  lines", "two\nlines"),
    ],
)
def test_scalars_mean_what_they_say(text: str, value: object) -> None:
    """An author's `on`, date or postcode that silently becomes something else asks people nonsense."""
    data = one(f"value: {text}").data
    assert data == {"value": value}
    assert type(data["value"]) is type(value)


def test_a_problem_is_placed_at_its_value_or_key() -> None:
    """An author who is sent to another line looks in vain."""
    document = one("id: a\nnodes:\n  - id: first\n    title:   Hello\n")
    assert document.problem(("nodes", 0, "title"), "m") == Problem("a.yaml", 4, 14, "m")
    assert document.problem(("nodes", 0, "title"), "m", key=True) == Problem("a.yaml", 4, 5, "m")
    assert document.problem(("nodes", 0), "m") == Problem("a.yaml", 3, 5, "m")
    assert document.problem(("nodes", 0, "missing", "deeper"), "m", key=True) == Problem("a.yaml", 3, 5, "m")
    assert document.problem((), "m", severity="warning") == Problem("a.yaml", 1, 1, "m", "warning")


@pytest.mark.parametrize(
    ("text", "column"),
    [("a + b", 11), ("'a + b'", 12), ('"a + b"', 12), ('"a \\u002b b"', 7), ("|\n  a + b", 7)],
)
def test_an_offset_counts_only_where_the_text_stands_as_it_reads(text: str, column: int) -> None:
    """A column inside escaped or folded text would point at the wrong character."""
    document = one(f"when: {text}")
    assert document.problem(("when",), "m", offset=4).column == column


def test_json_places_are_like_yaml_places() -> None:
    """Authors who write JSON are sent to the same places; an escape moves nothing."""
    document = one('\t{"id": "a",\n\t"list": [1, "x + y"], "e": "\\u0061b"}', "a.json")
    assert document.data == {"id": "a", "list": [1, "x + y"], "e": "ab"}
    assert document.problem(("list",), "m", key=True) == Problem("a.json", 2, 2, "m")
    assert document.problem(("list", 1), "m", offset=2) == Problem("a.json", 2, 17, "m")
    assert document.problem(("e",), "m", offset=1).column == document.problem(("e",), "m").column


def test_several_definitions_stand_in_one_file() -> None:
    """A workflow and the small ones it embeds are often kept together; empty parts are no definitions."""
    found = read("---\nid: a\n---\nid: b\n---\n", "a.yaml")
    assert [document.data for document in found] == [{"id": "a"}, {"id": "b"}]
    assert found[1].problem(("id",), "m").line == 4


def test_every_misuse_is_reported_at_once() -> None:
    """One problem a run costs an author an hour; all of them cost a minute."""
    text = "a: &x 1\nb: *x\na: 2\n3: four\nc: !!str d\n? [list]\n: value\n? {m: 1}\n: [dropped]\n"
    found = [(problem.line, problem.message.partition(";")[0]) for problem in problems(text)]
    assert found == [
        (1, "anchors (`&x`) can't be used"),
        (2, "references (`*name`) can't be used"),
        (3, "`a` is here twice"),
        (4, "a key must be text"),
        (5, "tags (`tag:yaml.org,2002:str`) can't be used"),
        (6, "a key must be text"),
        (8, "a key must be text"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: b: c", 1, "must stand in quotes"),
        ("a:\n\tb: 1", 2, "not tabs"),
        ("a: @b", 1, "quotes"),
        ("a: [1, 2\nb: 3", 2, "bracket"),
        ("a: {b: [1], c: d: e}", 1, "a bracket isn't closed"),
        ("a: [b]\nc: d: e", 2, "text that holds `: ` must stand in quotes"),
        ("a:\n  - 1\n b: 2", 3, "indentation"),
        ('a: "b', 1, "quote"),
        ("%YAML 3.0\n---\na", 1, "isn't valid YAML"),
        ("", 1, "no definition"),
        ("# only a comment\n", 1, "no definition"),
        ('a: "\\0"', 1, "character"),
        ("a: b\x07", 1, "U+0007"),
        ("a: b\nc: \0", 2, "U+0000"),
        ("a: '" + "x" * 70 + "'\n'" + "k" * 70 + "': 1\n'" + "k" * 70 + "': 2", 3, "...` is here twice"),
    ],
)
def test_broken_yaml_says_where_and_what_to_do(text: str, line: int, words: str) -> None:
    """The parser's own words alone don't help somebody who never read the YAML standard."""
    (problem,) = problems(text)
    assert problem.line == line
    assert words in problem.message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{"a": 1,}', 1, "text in double quotes"),
        ('{"a": 1\n "b": 2}', 2, "`,` or `}`"),
        ('{"a" 1}', 1, "`:`"),
        ("{'a': 1}", 1, "double quotes"),
        ('{"a": "x\n"}', 1, "closed"),
        ('{"a": tru}', 1, "a value must stand here"),
        ('{"a": 1} x', 1, "more text"),
        ('{"a": NaN}', 1, "a value must stand here"),
        ('{"a": 1e999}', 1, "too large"),
        ('{"a": ' + "9" * 101 + "}", 1, "too large"),
        ('{"a": "\\u0000"}', 1, "character"),
        ('{"a": "\\ud800"}', 1, "character"),
        ('{"a": 1,\n"a": 2}', 2, "twice"),
        ("[1, 2", 1, "`,` or `]`"),
        ("  ", 1, "no definition"),
        ("null", 1, "no definition"),
    ],
)
def test_broken_json_says_where_and_what_to_do(text: str, line: int, words: str) -> None:
    """A trailing comma is the commonest mistake in JSON; it must be found in seconds."""
    (problem,) = problems(text, "a.json")
    assert problem.line == line
    assert words in problem.message


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("{when: f(a.b, g()) >= 18, goto: c}", "f(a.b, g()) >= 18"),
        ("{goto: c, when: f(a, b) and g(é, goto)}", "f(a, b) and g(é, goto)"),
        ('{when: f(a, "x", c), goto: c}', 'f(a, "x", c)'),
        ("{when: f(a,\n    b), goto: c}", "f(a, b)"),
        ("{when: 'f(a', goto: c}", "f(a"),
        ("{when: Smile (, goto: c}", "Smile ("),
    ],
)
def test_a_call_in_braces_needs_no_quotes(text: str, when: str) -> None:
    """`{when: years_between(a, b) >= 18, goto: c}` is how people write a case, and how our own documents
    do; by YAML's letter it ends at the first comma."""
    document = one(text)
    assert document.data == {"when": when, "goto": "c"}
    assert document.problem(("when",), "m").column == text.index("when") + 7


def test_a_key_without_a_value_is_no_rest_of_a_call() -> None:
    """Only what a parenthesis is open for is put together; other mistakes stay visible."""
    assert one("{a: f(x, y: 1, z)}").data == {"a": "f(x", "y": 1, "z)": None}
    assert one("{a: f(x), y}").data == {"a": "f(x)", "y": None}
    assert one("{a: [f(x], y)}").data == {"a": ["f(x"], "y)": None}


@pytest.mark.parametrize("file", ["a.yaml", "a.json"])
def test_depth_is_bounded_before_anything_is_built(file: str) -> None:
    """A file of a million brackets must not bring the process down."""
    (problem,) = problems("[" * 500_000, file)
    assert "nested" in problem.message
    assert one("[" * 40 + "]" * 40, file)


def test_size_and_encoding_are_bounded() -> None:
    """What isn't text is refused with its place, not with a traceback."""
    assert "larger than" in problems("a" * (MAX_BYTES + 1))[0].message
    assert problems(b"a: 1\nb: \xff\n")[0] == Problem("a.yaml", 2, 4, "this isn't valid UTF-8; save it as UTF-8")
    assert one("\ufeffid: a".encode()).data == {"id": "a"}


def test_data_is_copied_and_checked() -> None:
    """An embedder's own dict may change later or hold what no file could say."""
    data = {"id": "a", "list": (1, 2.5, None, True)}
    document = from_data(data, "a")
    data["id"] = "b"
    assert document.data == {"id": "a", "list": [1, 2.5, None, True]}
    assert document.problem(("list", 1), "m") == Problem("a", 1, 1, "list.1: m")


def _ring() -> list[object]:
    ring: list[object] = []
    ring.append(ring)
    return ring


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({1: 2}, "a key isn't text"),
        ({"\ud800": 2}, "a key isn't text"),
        ({"a": object()}, "a: this value of type object"),
        (float("nan"), "type float"),
        (10**200, "type int"),
        ("\0", "type str"),
        (_ring(), "nested"),
    ],
)
def test_data_that_no_file_could_hold_is_refused(value: object, words: str) -> None:
    """It couldn't be stored under a version (S22), or would hang the loader."""
    with pytest.raises(DefinitionError, match=words):
        from_data(value, "a")


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedder's endless list is refused before it fills the memory."""
    monkeypatch.setattr(module, "MAX_VALUES", 10)
    with pytest.raises(DefinitionError, match="more than 10 values"):
        from_data([0] * 10, "a")


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), plain, min_size=1, max_size=4), st.booleans())
def test_json_is_read_as_python_reads_it(data: dict[str, object], ascii_only: bool) -> None:
    """A JSON file that other programs write must mean the same here; what can't be part of a definition
    is refused."""
    text = json.dumps(data, ensure_ascii=ascii_only, indent=1)
    try:
        found = one(text, "a.json").data
    except DefinitionError as error:
        found = str(error)
    assert found == json.loads(text, parse_float=Decimal) or "can't be part of a definition" in found


def outcome(text: str | bytes, file: str) -> bool:
    """Whether there are documents, or problems with a place and a message; anything else is raised."""
    try:
        return bool(read(text, file))
    except DefinitionError as error:
        return all(problem.line >= 1 and problem.column >= 1 and problem.message for problem in error.problems)


@given(
    st.text(alphabet="ab(),:-[]{}'\"\\,#&*!|>%@ \n\t01.\0\ud800", max_size=60), st.sampled_from(["a.yaml", "a.json"])
)
def test_no_text_breaks_the_reader(text: str, file: str) -> None:
    """Authors see problems with places, never a traceback."""
    assert outcome(text, file)


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    """A picture that was dropped into the folder of definitions is one problem, not a crash."""
    assert outcome(data, "a.yaml")


def test_a_call_that_ends_in_quotes_is_told_what_to_do() -> None:
    """YAML can't read it, and says nothing that an author of conditions understands."""
    with pytest.raises(DefinitionError) as caught:
        read('id: w\ncases: [{when: starts_with(a, "b"), goto: c}]\n', "a.yaml")
    (problem,) = caught.value.problems
    assert problem.line == 2
    assert "put a whole expression in single quotes" in problem.message
    (document,) = read("id: w\ncases: [{when: 'starts_with(a, \"b\")', goto: c}]\n", "a.yaml")
    assert document.data["cases"] == [{"when": 'starts_with(a, "b")', "goto": "c"}]
