"""The JSON Schemas of services: made plain and bounded, and what doesn't fit them (wizard.remote.shape)."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.remote.configuration import is_open
from wizard.remote.shape import exact, fitted, plain_schema, problems_in


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_what_a_schema_refers_to_is_put_in_its_place() -> None:
    """Nothing is looked up when a definition is checked, and a form can be made of what stands there."""
    schema = plain_schema(
        {
            **of(home={"$ref": "#/$defs/address", "description": "Where you live."}),
            "$defs": {"address": of(town={"$ref": "#/$defs/town"}), "town": {"type": "string"}},
        }
    )
    assert schema["properties"]["home"] == {**of(town={"type": "string"}), "description": "Where you live."}
    assert "$defs" not in schema
    assert plain_schema(schema) == schema


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "array"}, "must describe an object"),
        ({"type": "object", "additionalProperties": True}, "must describe an object"),
        (of(a={"type": "nonsense"}), "no JSON Schema"),
        (of(a={"$ref": "https://example.org/schema"}), "only what stands in its own"),
        (of(a={"$ref": "#/properties/a"}), "only what stands in its own"),
        ({**of(a={"$ref": "#/$defs/a"}), "$defs": {"a": of(a={"$ref": "#/$defs/a"})}}, "refers to itself"),
        (of(a={"$dynamicRef": "#a"}), "can't be used"),
        (of(a={"patternProperties": {"a": {}}}), "can't be used"),
        (of(a={"pattern": "(?=a)"}), "looking ahead"),
        (of(a={"enum": ["x" * 60_000]}), "larger than"),
        (of(**{f"k{n}": of(**{f"k{m}": {} for m in range(40)}) for n in range(40)}), "more than 1,000 parts"),
    ],
)
def test_a_schema_that_cant_be_kept_is_refused_when_it_is_registered(schema: dict[str, Any], why: str) -> None:
    """Later it would fail in somebody's definition, or in a run."""
    with pytest.raises(ValueError, match=why):
        plain_schema(schema)


def test_a_schema_that_grows_as_it_is_written_out_is_refused_at_once() -> None:
    """Twenty short lines can stand for millions of parts."""
    several: dict[str, Any] = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 10} for n in range(6)}
    begun = time.process_time()
    with pytest.raises(ValueError, match="parts"):
        plain_schema({**of(a={"$ref": "#/$defs/d0"}), "$defs": {**several, "d6": {}}})
    assert time.process_time() - begun < 2


def test_a_pattern_takes_no_longer_than_the_text_is() -> None:
    """The pattern is the service's and the text may be anybody's: together they could hold a server up for hours."""
    schema = plain_schema(of(a={"type": "string", "pattern": "^(a+)+$"}))
    begun = time.process_time()
    assert problems_in(schema, {"a": "a" * 50_000 + "!"}) == [(("a",), "must match ^(a+)+$")]
    assert time.process_time() - begun < 2


def test_equal_items_are_found_as_fast_as_others() -> None:
    """Each compared with each other, a long list of somebody's answers would hold up everybody on the server."""
    schema = plain_schema(of(a={"type": "array", "uniqueItems": True}))
    items = [{"number": number} for number in range(3_000)]
    began = time.process_time()
    assert problems_in(schema, {"a": items}) == []
    assert problems_in(schema, {"a": [*items, {"number": 7}]}) != []
    assert time.process_time() - began < 1


def test_what_doesnt_fit_is_told_by_its_place_and_never_quoted() -> None:
    """An author finds the key; what a person answered is in no message."""
    schema = plain_schema(
        {
            **of(
                total={"type": "number", "minimum": 1},
                kind={"enum": ["new", "old"]},
                items={"type": "array", "items": of(n={"type": "integer"})},
                mail={"type": "string", "format": "email"},
            ),
            "required": ["total"],
        }
    )
    data = {"kind": "secret", "items": [{"n": 1}, {"n": "secret"}], "mail": "secret", "zip": "secret"}
    told = dict(problems_in(schema, data))
    assert told == {
        (): "lacks `total`",
        ("kind",): 'must be one of "new", "old"',
        ("items", 1, "n"): "must be a whole number",
        ("mail",): "must be written as a email",
        ("zip",): "there is no such key here",
    }
    assert problems_in(schema, {"total": Decimal("1.5"), "kind": "old"}) == []


def test_texts_to_be_filled_in_are_taken_where_a_text_may_stand() -> None:
    """What an expression gives is only known in a run; that no text may stand there is known at once."""
    schema = plain_schema(
        of(
            country={"type": "string", "pattern": "^[A-Z]{2}$"},
            size={"anyOf": [{"type": "integer"}, {"type": "string", "enum": ["big"]}]},
            count={"type": "integer"},
        )
    )
    open_ones = {"country": "{{ a.b }}", "size": "{{ a.c }}"}
    assert problems_in(schema, open_ones, is_open) == []
    assert [place for place, _ in problems_in(schema, open_ones)] == [("country",), ("size",)]
    assert [place for place, _ in problems_in(schema, {"count": "{{ a.c }}"}, is_open)] == [("count",)]
    assert [place for place, _ in problems_in(schema, {"country": "ch", "size": "small"}, is_open)] == [
        ("country",),
        ("size",),
    ]


def test_values_come_as_the_schema_has_them() -> None:
    """A day and an amount that an expression gives fill a text; digits of a number are kept (S27)."""
    schema = plain_schema(of(day={"type": "string"}, note={"type": "string"}, total={"type": "number"}))
    made = fitted(schema, {"day": date(2026, 12, 24), "note": Decimal("1.20"), "total": Decimal("0.10")})
    assert made == {"day": "2026-12-24", "note": "1.20", "total": Decimal("0.10")}
    assert problems_in(schema, made) == []


json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abct"), inner, max_size=3),
    max_leaves=8,
)


@given(json)
def test_any_data_is_judged(data: Any) -> None:
    """Whatever an author writes or an expression gives comes to a verdict, and to nothing else."""
    schema = plain_schema(of(a={"type": "string", "minLength": 1}, b={"anyOf": [{"type": "null"}, of(c={})]}, t=False))
    problems_in(schema, data, is_open)
    assert exact(fitted(schema, data)) == fitted(schema, data)


def test_decimals_are_judged_digit_for_digit() -> None:
    """What comes as JSON has its numbers as decimals, in a schema as in a configuration: prices by the cent."""
    schema = plain_schema(of(price={"multipleOf": Decimal("0.01")}, rate={"enum": [Decimal("0.1"), 2]}))
    assert problems_in(schema, {"price": Decimal("0.07"), "rate": Decimal("0.1")}) == []
    assert problems_in(schema, {"price": Decimal("1e300")}) == []
    wrong = problems_in(schema, {"price": Decimal("0.075"), "rate": Decimal("0.2")})
    assert [place for place, _ in wrong] == [("price",), ("rate",)]
