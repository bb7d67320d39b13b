"""`validate_schema`: what fits, what doesn't and where, and schemas that would fetch or run for ever."""

from __future__ import annotations

import asyncio
import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.nodes.computed import outcome
from tests.unit.nodes.handing import failure_of, visit_of
from wizard.model.values import write_json
from wizard.nodes.data.schema import MOST_PROBLEMS, ValidateSchemaNode

ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"$ref": "#/$defs/item"}},
        "day": {"type": "string", "format": "date"},
    },
    "patternProperties": {"^x-": {"type": "string"}},
    "additionalProperties": False,
    "$defs": {
        "item": {
            "properties": {
                "code": {"type": "string", "pattern": "^[A-Z]{2}$"},
                "price": {"type": "number", "multipleOf": 0.05},
                "count": {"type": "integer", "minimum": 1},
            }
        }
    },
}
ITEM = {"code": "AB", "price": Decimal("0.15"), "count": 2}


async def problems(value: Any, schema: Any = ORDER) -> list[tuple[str, str]]:
    made = await outcome(ValidateSchemaNode, {"x": value}, value="{{ x }}", schema=schema)
    found = made.output["problems"]
    assert made.port == ("invalid" if found else "valid")
    return [(each["path"], each["message"]) for each in found]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"items": [ITEM], "day": date(2026, 3, 27), "x-note": "a"}, []),
        ({"items": [{**ITEM, "count": Decimal("2.0")}]}, []),
        (None, [("", "None is not of type")]),
        ({}, [("", "'items' is a required property")]),
        ({"items": [{**ITEM, "code": "ab"}]}, [("items.0.code", "doesn't fit the pattern")]),
        ({"items": [{**ITEM, "price": Decimal("0.12")}]}, [("items.0.price", "not a multiple of")]),
        ({"items": [{**ITEM, "count": True}]}, [("items.0.count", "is not of type")]),
        ({"items": [ITEM, ITEM]}, [("items", "the same item twice")]),
        ({"items": [ITEM], "other": 1}, [("", "'other', which isn't foreseen")]),
        ({"items": [ITEM], "x-note": 1}, [("x-note", "is not of type")]),
        ({"items": [ITEM], "day": "27 March"}, [("day", "is not a 'date'")]),
        ({"items": list(range(5_001))}, [("items", "more than 5,000 items")]),
    ],
)
async def test_a_value_is_as_its_schema_says_or_it_is_told_where_not(value: Any, expected: Any) -> None:
    """A partner's data that isn't as agreed goes back with what is wrong, and nowhere further."""
    found = await problems(value)
    assert len(found) == len(expected), found
    for (path, message), (where, said) in zip(found, expected, strict=True):
        assert path == where
        assert said in message


async def test_problems_are_bounded() -> None:
    """A large value that is wrong throughout fills neither the run nor the page of who looks at it."""
    found = await problems(["x" * 1_000] * 500, {"items": {"type": "integer"}})
    assert len(found) == MOST_PROBLEMS
    assert max(len(message) for _, message in found) < 210


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "strin"}, "this is no JSON Schema"),
        ({"$ref": "https://evil.example/schema"}, "references lead within it"),
        ({"$ref": "file:///etc/passwd"}, "references lead within it"),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, "there is no `#/$defs/none`"),
        ({"properties": {"a": {"$id": "https://x.example"}}}, "no `$id`"),
        ({"properties": {"a": {"pattern": "(?=a)"}}}, "looking ahead"),
        ({"patternProperties": {"(": True}}, "isn't a regular expression"),
        ({"patternProperties": {"a": True}, "unevaluatedProperties": False}, "take `additionalProperties`"),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "2020-12"),
    ],
)
def test_a_schema_that_cant_be_used_is_told_at_load(schema: Any, told: str) -> None:
    """Nothing of a schema is ever fetched, and what is wrong in it isn't found by the first person."""
    visit = visit_of(ValidateSchemaNode(), {"value": 1, "schema": schema})
    found = list(ValidateSchemaNode().check(visit.config))
    assert any(told in message for _, message in found), found
    assert all(place[0] == "schema" for place, _ in found)


async def test_nothing_runs_for_ever() -> None:
    """A schema that refers to itself, over and over, or a value that is the worst for it."""
    began = time.process_time()
    loop = {"$ref": "#"}
    twice: dict[str, Any] = {"allOf": [{"$ref": "#/$defs/b"}] * 2}
    doubling = {"$defs": {"b": {"properties": {"a": {"allOf": [{"$ref": "#/$defs/b"}] * 2}}}}, **twice}
    deep: Any = 1
    for _ in range(25):
        deep = {"a": deep}
    config = {"value": "{{ x }}"}
    for schema, value in ((loop, 1), (doubling, deep)):
        told = await failure_of(ValidateSchemaNode(), {**config, "schema": schema}, {"x": value})
        assert "too many steps" in told
    assert await problems("a" * 900_000, {"pattern": "(a+)+b"})
    assert "1,000,000" in await failure_of(ValidateSchemaNode(), {**config, "schema": {}}, {"x": "ä" * 1_000_001})
    assert time.process_time() - began < 10
    assert write_json(deep)


@pytest.mark.parametrize("name", ["const", "enum", "default", "examples"])
def test_nothing_is_fetched_whatever_a_property_is_called(name: str) -> None:
    """A property that is called like a keyword is a schema all the same: what it refers to would be fetched by whoever
    serves, from addresses that no node may call."""
    schema = {"properties": {name: {"$ref": "http://127.0.0.1:9/elsewhere"}}}
    assert [why for _, why in mistakes(schema) if "there is no `http://127.0.0.1:9/elsewhere`" in why]
    assert mistakes({"properties": {name: {"pattern": "(?=a)"}}})


@pytest.mark.parametrize(
    "schema",
    [
        {"const": {"$ref": "http://127.0.0.1:9/x"}, "$ref": "#/const"},
        {"properties": {"a": {"default": {"$ref": "http://127.0.0.1:9/x"}}}, "$ref": "#/properties/a/default"},
        {"title": "name", "$ref": "#name"},
        {"const": {"$anchor": "name"}, "$ref": "#name"},
        {"allOf": [{}], "$ref": "#/allOf/1"},
    ],
)
def test_references_lead_to_what_was_checked_as_a_schema(schema: dict[str, Any]) -> None:
    """Data isn't checked, so that what a reference made a schema of it could say anything."""
    assert [why for _, why in mistakes(schema) if "references lead within it" in why]


def test_references_lead_to_any_schema_within() -> None:
    """Authors refer to what is there already, and to names with the characters that a pointer has to escape."""
    schema = {"allOf": [{"$ref": "#/$defs/a%20~1b"}, {"$ref": "#/allOf/2"}, {"$anchor": "n"}], "$defs": {"a /b": {}}}
    assert not mistakes(schema)
    assert not mistakes({**schema, "definitions": {"c": {"$ref": "#n"}}, "not": {"$ref": "#"}})


async def test_references_cost_what_they_take() -> None:
    """A schema that branches at each of its references keeps nobody waiting for seconds."""
    branching = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 10} for n in range(30)}
    schema = {"$ref": "#/$defs/a0", "$defs": {**branching, "a30": {}}}
    begun = time.process_time()
    failing = asyncio.create_task(failure_of(ValidateSchemaNode(), {"value": 1, "schema": schema}, {}))
    others = 0
    while not failing.done():
        await asyncio.sleep(0.005)
        others += 1
    assert "too many steps" in await failing
    assert time.process_time() - begun < 1.0
    assert others > 3  # what goes on in the same process meanwhile


async def test_multiples_of_any_size_are_told() -> None:
    """A number far beyond what it has to be a multiple of is judged like any other, and stops no run."""
    assert await problems(Decimal("1e300"), {"multipleOf": Decimal("0.1")}) == []
    assert len(await problems(Decimal("1.05"), {"multipleOf": Decimal("1e-1")})) == 1


def mistakes(schema: dict[str, Any]) -> list[Any]:
    node = ValidateSchemaNode()
    return list(node.check(node.Config.model_validate({"value": 1, "schema": schema})))
