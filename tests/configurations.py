"""Configurations of node types drawn at random, out of their JSON Schemas: texts that forms would tidy, values of every
kind where any may stand, expressions and templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from wizard.actions.action import Action
from wizard.actions.schema import followed

Json = dict[str, Any]
Strategy = st.SearchStrategy[Any]

TEXTS = (
    *(
        "a",
        "On",
        "no",
        "12",
        "0x1f",
        "1.50",
        "true",
        "null",
        "~",
        "{}",
        "[1]",
        '"quoted"',
        '"half',
        "[",
        "{a",
        "- x",
        "a: b",
    ),
    *(
        " x ",
        "x\n",
        "\n\nx\n",
        "a\tb",
        "a\r\nb",
        "  ",
        "e\u0301",
        "a\u200bb",
        "ä…",
        "😀",
        "# x",
        "'",
        '"\\u00e9"',
        "%",
        "---",
    ),
)
TEMPLATES = (*TEXTS, "{{ a.b }}", "Hello {{ a.b }}!", " {{ a }} ", "{% if a %}x{% endif %}", '"{{ a }}"', '{{ "x" }}')
EXPRESSIONS = ("a.b > 3", "true", '"x"', "[1, 2]", '{"a": 1}', "a", "'it\\'s'", '"\\t"', "12", True, False, 3, 1.5)
NAMES = ("a", "X-Y", "profile.name", "on", "12", "a b", "ä", "__proto__")
# What a schema alone can't tell.
FIELDS = (
    {"name": "full_name"},
    {"name": "birth", "type": "date", "max": "today()"},
    {"name": "kind", "type": "choice", "choices": ["on", "1", {"value": "x", "label": " X "}]},
    {"name": "amount", "type": "decimal", "min": 0.5, "label": "{{ a.b }}\n", "required": False},
)
HOURS = ("closed", "08:00-12:00", "08:00-12:00, 13:30-17:00")
DAYS = ("2030-12-25", "2030-01-01")
LASTING = ("P1DT2H", "1 d  2 h", "90m")
CHECKS = ({"check": "true", "message": "x\n"}, {"check": "full_name != 'x'", "message": "No"})
STATEMENTS = ("SELECT 1", "select a, b\nfrom t -- all\n", "WITH x AS (SELECT ':a') SELECT * FROM x;", "VALUES (1)")
KEYS = ("letters/{{ x.y }}.pdf", "{{ x.key }}", "a b.txt")
URLS = ("https://a.example/{{ x.y }}?b=c", "{{ x.url }}", "http://a.example/%20")
KNOWN: Mapping[tuple[str, str], Strategy] = {
    ("form", "fields"): st.lists(
        st.sampled_from(FIELDS), min_size=1, max_size=3, unique_by=lambda field: field["name"]
    ),
    ("review", "fields"): st.lists(st.sampled_from(FIELDS), max_size=2, unique_by=lambda field: field["name"]),
    ("form", "validate"): st.lists(st.sampled_from(CHECKS), max_size=2),
    ("review", "validate"): st.lists(st.sampled_from(CHECKS), max_size=2),
    ("http", "url"): st.sampled_from(URLS),
    ("webhook", "url"): st.sampled_from(URLS),
    ("sql", "statement"): st.sampled_from(STATEMENTS),
    ("put_file", "key"): st.sampled_from(KEYS),
    ("get_file", "key"): st.sampled_from(KEYS),
    ("publish", "subject"): st.sampled_from(("a.{{ x.y }}.b", "{{ x.subject }}", "a")),
    ("set", "values"): st.dictionaries(
        st.sampled_from(("a", "profile.name", "b")), st.deferred(lambda: ANYTHING), min_size=1
    ),
    ("opening_hours", "exceptions"): (EXCEPTIONS := st.dictionaries(st.sampled_from(DAYS), st.sampled_from(HOURS))),
    ("wait_until_open", "exceptions"): EXCEPTIONS,
    ("wait", "for"): st.sampled_from(("2d", "{{ a.b }}", "1h 30m")),
}
NUMBERS = st.integers(-10, 10**16) | st.sampled_from((0.5, 1.0, -2.25, 1e20))
LEAVES = st.sampled_from(TEMPLATES) | NUMBERS | st.booleans() | st.none()
ANYTHING: Strategy = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)


def configurations(action: Action) -> Strategy:
    """Configurations that the schema admits; the type's own checks may refuse some of them."""
    properties: Mapping[str, Json] = action.schema.get("properties", {})
    required = frozenset(action.schema.get("required", ()))
    keys = {
        key: KNOWN[action.type, key] if (action.type, key) in KNOWN else _values(action, shape, 0)
        for key, shape in properties.items()
    }
    return _mapping(keys, required)


def _mapping(keys: Mapping[str, Strategy], required: frozenset[str]) -> Strategy:
    needed = {key: strategy for key, strategy in keys.items() if key in required}
    return st.fixed_dictionaries(needed, optional={key: keys[key] for key in keys if key not in required})


def _values(action: Action, shape: Mapping[str, Any], depth: int) -> Strategy:
    shape = followed(action.schema, shape)
    if several := shape.get("anyOf") or shape.get("oneOf"):
        return st.one_of([_values(action, each, depth + 1) for each in several])
    if "enum" in shape or "const" in shape:
        return st.sampled_from(shape.get("enum") or [shape["const"]])
    match shape.get("format"), shape.get("type"):
        case "expression", _:
            return st.sampled_from(EXPRESSIONS)
        case "template", _:
            return st.sampled_from(TEMPLATES)
        case _, "string":
            return _texts(shape)
        case _, "integer":
            return st.integers(shape.get("minimum", -1000), shape.get("maximum", 10**6))
        case _, "number":
            return st.sampled_from((0.5, 1.25, 3.0))
        case _, "boolean":
            return st.booleans()
        case _, "null":
            return st.none()
        case _, "array":
            least = shape.get("minItems", 0)
            return st.lists(_values(action, shape.get("items", {}), depth + 1), min_size=least, max_size=least + 2)
        case _, "object":
            return _objects(action, shape, depth)
    return ANYTHING


def _texts(shape: Mapping[str, Any]) -> Strategy:
    pattern = str(shape.get("pattern", ""))
    if pattern.endswith("|closed)$"):
        return st.sampled_from(HOURS)
    if examples := shape.get("examples"):  # of all that such a pattern admits, next to nothing is right
        right = [*examples, *(LASTING if "[wdhms]" in pattern else ())]
        return st.sampled_from([*right, *(f" {text}\n" for text in right)])
    if pattern:
        return st.from_regex(pattern.removesuffix("$") + r"\Z", fullmatch=True).map(lambda text: text[:60])
    least, most = shape.get("minLength", 0), shape.get("maxLength", 10_000)
    return st.sampled_from([text for text in TEXTS if least <= len(text) <= most])


def _objects(action: Action, shape: Mapping[str, Any], depth: int) -> Strategy:
    if properties := shape.get("properties"):
        keys = {key: _values(action, inner, depth + 1) for key, inner in properties.items()}
        return _mapping(keys, frozenset(shape.get("required", ())))
    least = shape.get("minProperties", 0)
    for pattern, inner in shape.get("patternProperties", {}).items():
        names = st.from_regex(pattern.removesuffix("$") + r"\Z", fullmatch=True)
        return st.dictionaries(names, _values(action, inner, depth + 1), min_size=least, max_size=least + 2)
    more = shape.get("additionalProperties", {})
    inner = _values(action, more, depth + 1) if isinstance(more, Mapping) else ANYTHING
    return st.dictionaries(st.sampled_from(NAMES), inner, min_size=least, max_size=least + 2)
