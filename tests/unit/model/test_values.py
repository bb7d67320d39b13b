"""Values as bytes and as JSON: nothing is changed on the way, and nothing foreign gets in."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.errors import InvalidInput, StoreError
from wizard.model.values import MAX_DEPTH, MAX_VALUE_BYTES, check_value, digest, pack, to_json, unpack

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


def same(left: Any, right: Any) -> bool:
    """Equal and of equal types, all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) and str(left) == str(right)


@given(values)
def test_what_is_stored_comes_back_as_it_was(value: Any) -> None:
    """A date stays a date and 1.10 keeps its zero: conditions must see after a restart what they saw before."""
    assert same(unpack(pack(value)), value)


@given(values, values)
def test_digests_tell_values_apart(one: Any, other: Any) -> None:
    """S10, S19: a value that changed is never taken for the old one."""
    assert (digest(one) == digest(other)) == same(one, other)


def test_digests_tell_types_apart() -> None:
    """1, true, 1.0, "1" and 1.00 are different answers."""
    alike = [1, True, 1.0, "1", Decimal(1), Decimal("1.00"), b"1", [1], {"1": 1}, None, 0, False, ""]
    assert len({digest(value) for value in alike}) == len(alike)
    assert digest(datetime(2030, 1, 1)) != digest(date(2030, 1, 1)) != digest("2030-01-01")


@given(values)
def test_anything_stored_can_be_shown_as_json(value: Any) -> None:
    """The JSON channel never fails on an answer."""
    json.dumps(to_json(value), allow_nan=False)


def test_json_is_what_a_program_expects() -> None:
    """Dates are ISO 8601, decimals keep their digits, bytes are base64."""
    value = {
        "d": date(2030, 1, 2),
        "t": time(9, 5),
        "p": Decimal("1.10"),
        "b": b"\x00\xff",
        "n": [1, (2.5, None, True)],
    }
    assert to_json(value) == {"d": "2030-01-02", "t": "09:05:00", "p": "1.10", "b": "AP8=", "n": [1, [2.5, None, True]]}
    assert to_json(datetime(2030, 1, 2, 3, tzinfo=UTC)) == "2030-01-02T03:00:00+00:00"


@pytest.mark.parametrize("value", [object(), {1, 2}, Exception("x"), 1 + 2j, range(3), print, {"x": {"y": object()}}])
def test_what_cant_be_stored_is_refused(value: Any) -> None:
    """No pickle: a value of a foreign type stops where it was made, with a message that names the type."""
    for refuse in (pack, lambda each: check_value(each, "The answer")):
        with pytest.raises(InvalidInput, match=r"can't be stored"):
            refuse(value)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (nested(MAX_DEPTH + 1), "nested more than 32 deep"),
        ("x" * MAX_VALUE_BYTES, "larger than 1,000,000 bytes"),
        (["x" * 1000] * 1000, "larger than 1,000,000 bytes"),
        ({1: "one"}, "a key that isn't text"),
        ({"a": {None: 1}}, "a key that isn't text"),
        ("\ud800", "isn't valid Unicode"),
        (["ok", "\udfff"], "isn't valid Unicode"),
        (float("nan"), "isn't finite"),
        ([float("inf")], "isn't finite"),
        (Decimal("NaN"), "isn't finite"),
        ([Decimal("sNaN")], "isn't finite"),
        ({"a": Decimal("-Infinity")}, "isn't finite"),
    ],
)
def test_values_have_bounds(value: Any, says: str) -> None:
    """One answer can't fill the disk, break the page or be read differently by another program."""
    with pytest.raises(InvalidInput, match=f"^The answer .*{says}"):
        check_value(value, "The answer")


@pytest.mark.parametrize(
    "value", [None, "é" * 1000, nested(MAX_DEPTH), 2**70, -(2**70), b"", {"": ""}, ("a", "tuple"), Decimal("1e400")]
)
def test_values_within_bounds_are_taken(value: Any) -> None:
    """Unusual is not wrong."""
    check_value(value, "The answer")
    unpack(pack(value))


odd = (
    values
    | st.just(float("nan"))
    | st.just("\ud800")
    | st.integers(2**62, 2**66)
    | st.sampled_from([999, 1001, 10_001, 1_000_001]).map("x".__mul__)
    | st.builds(object)
)


@given(st.dictionaries(st.text(max_size=3) | st.just("\ud800") | st.integers(), odd, max_size=4))
@example({"\ud800": 1})
def test_plain_answers_take_a_short_way_to_the_same_verdict(answers: dict[Any, Any]) -> None:
    """Answers are checked at every turn, so most go through quickly; what is refused is refused all the same."""

    def refused(value: Any) -> bool:
        try:
            check_value(value, "The answer")
        except InvalidInput:
            return True
        return False

    assert refused(answers) == refused([answers])


@pytest.mark.parametrize("count", [1, 200, 201, 1_000, 100_000])
def test_many_fields_are_bounded_as_well(count: int) -> None:
    """However short each of them is."""
    answers = {f"field{number}": "x" * 100 for number in range(count)}
    if len(pack(answers)) > MAX_VALUE_BYTES:
        with pytest.raises(InvalidInput, match="larger than"):
            check_value(answers, "The answer")
    else:
        check_value(answers, "The answer")


@pytest.mark.parametrize("answers", [{"x" * 2_000_000: 1}, {"x": Decimal("1" * 2_000_000)}, {"x": b"x" * 2_000_000}])
def test_one_oversized_thing_is_enough(answers: dict[str, Any]) -> None:
    """A name or a number can be as large as a text."""
    with pytest.raises(InvalidInput, match="larger than 1,000,000 bytes"):
        check_value(answers, "The answer")


def test_a_mapping_inside_another_is_looked_into() -> None:
    """Dates and lists of answers, and what is wrong two levels down."""
    check_value({"a": {"b": [1, {"c": date(2030, 1, 1)}]}}, "The answer")
    for wrong in ({"a": {"b": {1: 1}}}, {"a": {"b": object()}}, {"a": [{"b": float("inf")}]}):
        with pytest.raises(InvalidInput):
            check_value(wrong, "The answer")


def test_what_nests_without_end_is_refused() -> None:
    """A list that holds itself, made by a node, is refused instead of filling the memory."""
    endless: list[Any] = []
    endless.append(endless)
    for refuse in (pack, lambda each: check_value(each, "The output")):
        with pytest.raises(InvalidInput):
            refuse(endless)
    mapping: Any = type("Mapping", (dict,), {})({"x": 1})
    assert unpack(pack(mapping)) == {"x": 1}


def test_mappings_that_are_no_dicts_are_named() -> None:
    """A node author who returns a proxy learns what to return instead."""
    from types import MappingProxyType

    with pytest.raises(InvalidInput, match="not a dict"):
        pack({"x": MappingProxyType({})})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        pack({"x": 1})[:-1],
        pack(1) + b"\x01",
        msgpack.packb(msgpack.ExtType(99, b"")),
        msgpack.packb(msgpack.ExtType(1, b"no date")),
        msgpack.packb(msgpack.ExtType(4, b"no number")),
        msgpack.packb(msgpack.ExtType(5, b"\xff")),
        b"\x91" * 5000,
    ],
)
def test_damaged_data_is_reported_as_such(data: bytes) -> None:
    """A run whose row is damaged says so; it doesn't take the process down or turn up with other values."""
    with pytest.raises(StoreError):
        unpack(data)


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    """Whatever is in the file: a value, or StoreError."""
    with suppress(StoreError):
        unpack(data)
